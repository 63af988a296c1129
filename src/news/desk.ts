/**
 * The desk: what has come in is kept or rejected by a person; what is kept may be sent. A decision holds for the
 * whole county or for a unit and all below it; the nearest one above a group counts there.
 */
import { createHash } from 'node:crypto';

import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, dialectOf, inTransaction } from '../db/open.ts';
import type { DeliveryState, NewsDecisionTable, NewsKind } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { readUrl } from './fetch.ts';
import {
  EXAMPLE,
  type FoundItem,
  type Item,
  LONGEST_CATEGORY,
  LONGEST_NOTICE,
  LONGEST_SOURCE,
  LONGEST_TITLE,
  LONGEST_URL,
  openIntake,
  takeIn,
} from './items.ts';
import { canonicalLink } from './link.ts';
import { countCharacters, oneLine, tidy } from './text.ts';

/** As the desk sorts them: a kept item that went to a group is `sent`; one that grew old before is `expired`. */
export type DeskState = 'new' | 'kept' | 'rejected' | 'sent' | 'expired';

export const DESK_STATES: readonly DeskState[] = ['new', 'kept', 'rejected', 'sent', 'expired'];

export const DESK_STATE_NAMES: Readonly<Record<DeskState, string>> = {
  new: '还没定',
  kept: '已留',
  rejected: '不要了',
  sent: '已发',
  expired: '过期了',
};

/** The whole county. */
export const COUNTY = '';

/** Who decides, and for which units: their ids, or `[COUNTY]`. */
export interface Decider {
  readonly who: string;
  readonly units: readonly string[];
  readonly via?: string;
}

export const AT_THE_TERMINAL: Decider = { who: 'cli', units: [COUNTY], via: 'cli' };

export type Decision = NewsDecisionTable;

export interface DeskItem extends Item {
  /** Whether it has gone to a group, or may have. */
  readonly isSent: boolean;
  readonly state: DeskState;
  /** What was decided where, the county first. */
  readonly decisions: readonly Decision[];
}

/** What holds in a place: `lineage` are the ids of its unit and of all above it, the nearest first. */
export function verdictFor(
  { stopped }: Pick<Item, 'stopped'>,
  decisions: readonly Decision[],
  lineage: readonly string[],
): 'new' | 'kept' | 'rejected' {
  for (const unitId of [...lineage, COUNTY]) {
    const found = decisions.find((decision) => decision.unit_id === unitId);
    if (found) return found.verdict;
  }
  return stopped === null ? 'new' : 'rejected';
}

type Known = Item & { readonly isSent: boolean };

function stateOf(
  item: Known,
  decisions: readonly Decision[],
  lineage: readonly string[],
  now: number,
): DeskState {
  const verdict = verdictFor(item, decisions, lineage);
  if (verdict === 'rejected') return 'rejected';
  // What another branch has kept and sent is still open here.
  if (verdict === 'kept' && item.isSent) return 'sent';
  return item.expires_at <= now ? 'expired' : verdict;
}

export interface DeskFilter {
  readonly state?: DeskState;
  readonly kind?: NewsKind;
  /** Seen from this unit; from the county when left out. */
  readonly lineage?: readonly string[];
  readonly limit?: number;
}

/** How far back the desk looks, items. */
const MOST_LOOKED_AT = 2_000;

/** What concerns the county most stands first, of equals the newest. */
export async function listDesk(
  db: Db,
  { state, kind, lineage = [], limit = 100 }: DeskFilter,
  now: number,
): Promise<DeskItem[]> {
  let query = db.selectFrom('news_item').selectAll().orderBy('added_at', 'desc').orderBy('no', 'desc');
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (state === 'expired') query = query.where('expires_at', '<=', now);
  if (state === 'new' || state === 'kept') query = query.where('expires_at', '>', now);
  const items = await withDecisions(db, await query.limit(MOST_LOOKED_AT).execute());
  return items
    .map((item) => ({ ...item, state: stateOf(item, item.decisions, lineage, now) }))
    .filter((item) => state === undefined || item.state === state)
    .toSorted((a, b) => b.relevance - a.relevance || b.published_at - a.published_at || b.no - a.no)
    .slice(0, limit);
}

/** Items with what was decided about them. */
export async function withDecisions(
  db: Db,
  items: readonly Item[],
): Promise<(Known & { readonly decisions: readonly Decision[] })[]> {
  const decisions: Decision[] = [];
  const sent = new Set<string>();
  // Databases limit the parameters of a statement.
  for (let at = 0; at < items.length; at += 500) {
    const ids = items.slice(at, at + 500).map(({ id }) => id);
    const decided = db.selectFrom('news_decision').selectAll().where('item_id', 'in', ids).orderBy('unit_id');
    decisions.push(...(await decided.execute()));
    for (const id of await listSent(db, ids)) sent.add(id);
  }
  const byItem = Map.groupBy(decisions, (decision) => decision.item_id);
  return items.map((item) => ({
    ...item,
    isSent: sent.has(item.id),
    decisions: byItem.get(item.id) ?? [],
  }));
}

/** In these states a delivery has brought its content, or may have. */
const WENT_OUT: readonly DeliveryState[] = ['sending', 'awaiting-echo', 'sent', 'unknown'];

/** Which of these items have gone to a group, or may have. */
async function listSent(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('news_sending')
    .innerJoin('delivery', 'delivery.id', 'news_sending.delivery_id')
    .select('item_id')
    .distinct()
    .where('item_id', 'in', [...ids])
    .where('delivery.state', 'in', [...WENT_OUT])
    .execute();
  return rows.map((row) => row.item_id);
}

/** By the number that people name, as it stands for a unit. Throws `UserError`. */
export async function getDeskItem(
  db: Db,
  no: number,
  now: number,
  lineage: readonly string[] = [],
): Promise<DeskItem> {
  const item = await findDeskItem(db, no, now, lineage);
  if (!item) throw new UserError(`没有 ${no} 号动态`);
  return item;
}

/** As `getDeskItem`; `undefined` where there is none. */
export async function findDeskItem(
  db: Db,
  no: number,
  now: number,
  lineage: readonly string[] = [],
): Promise<DeskItem | undefined> {
  const found = await db.selectFrom('news_item').selectAll().where('no', '=', no).executeTakeFirst();
  const [item] = found ? await withDecisions(db, [found]) : [];
  return item && { ...item, state: stateOf(item, item.decisions, lineage, now) };
}

/** As `getDeskItem`, for whoever is about to change something: of two at once the second finds what the first has left. */
async function openItem(trx: Db, no: number, now: number): Promise<DeskItem> {
  const row = trx.selectFrom('news_item').select('id').where('no', '=', no);
  if (dialectOf(trx) === 'postgres') await row.forUpdate().execute();
  return await getDeskItem(trx, no, now);
}

export interface Keeping {
  readonly reviewers: number;
  /** `wordsHash` of what was looked at; whatever stands there when left out. */
  readonly words?: string;
}

/**
 * Keeps an item: from now on it may be sent there. What a feed or a page said is kept by one person. What somebody
 * wrote or changed needs `reviewers` people who had no hand in it, each for these very words; until they are enough,
 * it stays new and `missing` says how many are. The terminal may always. Idempotent. Throws `UserError`, also when the
 * words aren't those that were looked at.
 */
export async function keepItem(
  db: Db,
  no: number,
  by: Decider,
  { reviewers, words }: Keeping,
  now: number,
): Promise<DeskItem & { readonly missing: number }> {
  return await inTransaction(db, async (trx) => {
    const item = await openItem(trx, no, now);
    if (item.expires_at <= now) throw new UserError(`${no} 号已经过期，不能再发`);
    if (words !== undefined && words !== wordsHash(item))
      throw new UserError(`${no} 号的文字刚刚改过，还没有留用，请看一眼再定`);
    const missing = by.via === 'cli' ? 0 : await vote(trx, item, by, reviewers, now);
    return { ...(missing > 0 ? item : await decide(trx, item, 'kept', by, now)), missing };
  });
}

/** By which words are recognised that were read before they are changed. */
export const wordsHash = ({ title, summary, source }: Item) =>
  createHash('sha256')
    .update(JSON.stringify([title, summary, source]))
    .digest('hex');

/** Who had a hand in an item's words. */
export const writersOf = ({
  origin,
  added_by: addedBy,
  edited_by: editedBy,
}: Pick<Item, 'origin' | 'added_by' | 'edited_by'>): string[] => [
  ...(origin === 'hand' ? [addedBy] : []),
  ...(editedBy === null ? [] : [editedBy]),
];

/** Gives how many more votes are needed. A writer's own counts for nothing: without enough others they are refused. */
async function vote(trx: Db, item: Item, by: Decider, needed: number, now: number): Promise<number> {
  const { who } = by;
  const writers = writersOf(item);
  if (writers.length === 0 || needed === 0) return 0;
  const hash = wordsHash(item);
  const isWriter = writers.includes(who);
  const added = isWriter
    ? undefined
    : await trx
        .insertInto('news_vote')
        .values({ item_id: item.id, hash, voter: who, at: now })
        .onConflict((conflict) => conflict.columns(['item_id', 'hash', 'voter']).doNothing())
        .returning('voter')
        .executeTakeFirst();
  const votes = await trx
    .selectFrom('news_vote')
    .select('voter')
    .where('item_id', '=', item.id)
    .where('hash', '=', hash)
    .execute();
  const missing = Math.max(0, needed - votes.filter(({ voter }) => !writers.includes(voter)).length);
  if (isWriter && missing > 0) throw new UserError('自己写的、改过的，要请别人来定');
  if (added && missing > 0) await audit(trx, 'news.vote', item, { after: { hash } }, by, now);
  return missing;
}

/** Whoever doesn't want an item, or not yet, doesn't count any more among those who agreed to it. */
async function dropVote(trx: Db, item: Item, { who }: Decider): Promise<boolean> {
  const dropped = await trx
    .deleteFrom('news_vote')
    .where('item_id', '=', item.id)
    .where('voter', '=', who)
    .returning('hash')
    .execute();
  return dropped.length > 0;
}

/** Most of what people wrote that is looked through for what still waits. */
const MOST_WRITTEN = 200;

/** What somebody wrote or changed and nobody has decided about yet, with who has agreed to these very words. The oldest first. */
export async function listWritten(
  db: Db,
  now: number,
): Promise<(DeskItem & { readonly voters: readonly string[] })[]> {
  const found = await db
    .selectFrom('news_item')
    .selectAll()
    .where((eb) => eb.or([eb('origin', '=', 'hand'), eb('edited_by', 'is not', null)]))
    .where('expires_at', '>', now)
    .orderBy('no', 'desc')
    .limit(MOST_WRITTEN)
    .execute();
  const open = (await withDecisions(db, found))
    .map((item) => ({ ...item, state: stateOf(item, item.decisions, [], now) }))
    .filter(({ state, decisions }) => state === 'new' && decisions.length === 0)
    .toReversed();
  if (open.length === 0) return [];
  const votes = await db
    .selectFrom('news_vote')
    .select(['item_id', 'hash', 'voter'])
    .where(
      'item_id',
      'in',
      open.map(({ id }) => id),
    )
    .execute();
  return open.map((item) => {
    const hash = wordsHash(item);
    const of = votes.filter((vote) => vote.item_id === item.id && vote.hash === hash);
    return { ...item, voters: of.map(({ voter }) => voter) };
  });
}

/** Rejects an item there. What went out already stays where it is. Idempotent. */
export const rejectItem = (db: Db, no: number, by: Decider, now: number): Promise<DeskItem> =>
  inTransaction(db, async (trx) => {
    const item = await openItem(trx, no, now);
    await dropVote(trx, item, by);
    return await decide(trx, item, 'rejected', by, now);
  });

/** Leaves it open again whether an item is sent there. Idempotent. */
export const reopenItem = (db: Db, no: number, by: Decider, now: number): Promise<DeskItem> =>
  inTransaction(db, async (trx) => {
    const item = await openItem(trx, no, now);
    const hadVoted = await dropVote(trx, item, by);
    let reopened = 0;
    for (const unitId of by.units) {
      const before = await trx
        .deleteFrom('news_decision')
        .where('item_id', '=', item.id)
        .where('unit_id', '=', unitId)
        .returning('verdict')
        .executeTakeFirst();
      if (!before) continue;
      reopened += 1;
      const change = { before: { verdict: before.verdict }, after: { unit: unitId } };
      await audit(trx, 'news.reopen', item, change, by, now);
    }
    if (hadVoted && reopened === 0) await audit(trx, 'news.reopen', item, { after: {} }, by, now);
    return await getDeskItem(trx, no, now);
  });

/** What was decided where, before somebody decided anew; nothing where a unit isn't named. */
export type Before = ReadonlyMap<string, Decision['verdict']>;

/**
 * Takes one's own decision back: what was decided before holds again. Throws `UserError` when somebody else has decided
 * since, and where what was kept would have to be approved anew.
 */
export const takeBackDecision = (
  db: Db,
  no: number,
  by: Decider,
  { before, ...keeping }: Keeping & { readonly before: Before },
  now: number,
): Promise<DeskItem> =>
  inTransaction(db, async (trx) => {
    const item = await openItem(trx, no, now);
    if (item.decisions.some((one) => by.units.includes(one.unit_id) && one.decided_by !== by.who))
      throw new UserError(`${no} 号后来别人又定过，没有改动`);
    for (const unitId of by.units) {
      const there = { ...by, units: [unitId] };
      const verdict = before.get(unitId);
      if (verdict === 'rejected') await rejectItem(trx, no, there, now);
      else if (verdict === undefined) await reopenItem(trx, no, there, now);
      else if ((await keepItem(trx, no, there, keeping, now)).missing > 0)
        throw new UserError(`${no} 号要请别人来定，没有改动`);
    }
    return await getDeskItem(trx, no, now);
  });

async function decide(
  trx: Db,
  item: DeskItem,
  verdict: Decision['verdict'],
  by: Decider,
  now: number,
): Promise<DeskItem> {
  for (const unitId of by.units) {
    const before = item.decisions.find((decision) => decision.unit_id === unitId);
    if (before?.verdict === verdict) continue;
    const decided = { verdict, decided_by: by.who, decided_at: now };
    await trx
      .insertInto('news_decision')
      .values({ item_id: item.id, unit_id: unitId, ...decided })
      .onConflict((conflict) => conflict.columns(['item_id', 'unit_id']).doUpdateSet(decided))
      .execute();
    const change = {
      ...(before ? { before: { verdict: before.verdict } } : {}),
      after: { verdict, unit: unitId },
    };
    await audit(trx, verdict === 'kept' ? 'news.keep' : 'news.reject', item, change, by, now);
  }
  return await getDeskItem(trx, item.no, now);
}

const audit = (
  trx: Db,
  what: string,
  { id }: Item,
  change: { readonly before?: object; readonly after: object },
  { who, via }: Decider,
  now: number,
) =>
  appendAudit(trx, {
    at: now,
    who,
    what,
    subject: id,
    ...change,
    ...(via === undefined ? {} : { via }),
  });

export interface Edit {
  /** `wordsHash` of what was looked at; whatever stands there when left out. */
  readonly from?: string;
  readonly title?: string;
  readonly summary?: string;
  readonly source?: string;
  readonly category?: string;
}

const LONGEST: Readonly<Record<NewsKind, number>> = {
  news: 200,
  party: LONGEST_NOTICE,
  notice: LONGEST_NOTICE,
};

/**
 * Changes an item's words. What was kept has to be kept anew, unless the terminal changes it: nobody approved
 * these words. Throws `UserError` for what doesn't fit, and once it was sent.
 */
export async function editItem(
  db: Db,
  no: number,
  { from, ...edit }: Edit,
  by: Decider,
  now: number,
): Promise<DeskItem> {
  return await inTransaction(db, async (trx) => {
    const item = await openItem(trx, no, now);
    if (item.isSent) throw new UserError(`${no} 号已经发过，不能再改`);
    if (from !== undefined && from !== wordsHash(item))
      throw new UserError(`${no} 号刚刚被别人改过，请看一眼再改`);
    // Whoever changes its words takes it back wherever it was kept.
    const isTheirs = by.units.includes(COUNTY) || item.decisions.every(isNotKeptBeyond(by.units));
    if (!isTheirs) throw new UserError(`${no} 号别的地方也留用了，要改请找县里的管理员`);
    const words = readEdit(edit, item.kind);
    if (Object.keys(words).length === 0) throw new UserError('要改什么？可以改标题、摘要、来源、分类');
    if (item.example === 1 && words.title !== undefined && !words.title.includes(EXAMPLE))
      throw new UserError(`示例的标题要留着${EXAMPLE}，它是编出来的`);
    const isExample = words.title?.includes(EXAMPLE) ? { example: 1 as const } : {};
    await trx
      .updateTable('news_item')
      .set({ ...words, ...isExample, edited_by: by.who })
      .where('id', '=', item.id)
      .execute();
    if (by.via !== 'cli')
      await trx
        .deleteFrom('news_decision')
        .where('item_id', '=', item.id)
        .where('verdict', '=', 'kept')
        .execute();
    const { title, summary, source, category } = item;
    const change = { before: { title, summary, source, category }, after: words };
    await audit(trx, 'news.edit', item, change, by, now);
    return await getDeskItem(trx, no, now);
  });
}

const isNotKeptBeyond =
  (units: readonly string[]) =>
  ({ unit_id: unitId, verdict }: Decision): boolean =>
    verdict !== 'kept' || units.includes(unitId);

function readEdit({ title, summary, source, category }: Omit<Edit, 'from'>, kind: NewsKind): Edit {
  const line = (key: keyof Omit<Edit, 'from'>, name: string, text: string | undefined, most: number) => {
    if (text === undefined) return {};
    const words = key === 'summary' && kind !== 'news' ? tidy(text) : oneLine(text);
    if (words === '' && key !== 'category') throw new UserError(`${name}不能是空的`);
    const count = countCharacters(words);
    if (count > most) throw new UserError(`${name}最多 ${most} 个字，现在有 ${count} 个`);
    return { [key]: words };
  };
  return {
    ...line('title', '标题', title, LONGEST_TITLE),
    ...line('summary', kind === 'news' ? '摘要' : '内容', summary, LONGEST[kind]),
    ...line('source', '来源', source, LONGEST_SOURCE),
    ...line('category', '分类', category, LONGEST_CATEGORY),
  };
}

export interface Written {
  readonly kind: NewsKind;
  readonly title: string;
  readonly summary: string;
  readonly source: string;
  /** By its words when left out. */
  readonly category?: string;
  readonly url?: string;
  readonly published?: number;
}

/** Writes an item by hand. What the terminal writes is kept for the county; a person's waits for another. Throws `UserError`. */
export async function writeItem(db: Db, written: Written, by: Decider, now: number): Promise<DeskItem> {
  const words = readEdit(written, written.kind);
  const url = written.url === undefined ? undefined : readUrl(written.url).href;
  if (url !== undefined && url.length > LONGEST_URL)
    throw new UserError(`网址太长，最多 ${LONGEST_URL} 个字符`);
  return await inTransaction(db, async (trx) => {
    const item = await takeInByHand(
      trx,
      {
        kind: written.kind,
        title: words.title ?? '',
        summary: words.summary ?? '',
        source: words.source ?? '',
        category: words.category ?? '',
        origin: 'hand',
        originKey: newId(),
        ...(url === undefined ? {} : { url }),
        ...(written.published === undefined ? {} : { published: written.published }),
      },
      by.who,
      now,
    );
    await audit(trx, 'news.add', item, { after: words }, by, now);
    if (by.via === 'cli') return await keepItem(trx, item.no, by, { reviewers: 0 }, now);
    return await getDeskItem(trx, item.no, now);
  });
}

/** As `takeIn`, for a person who waits for an answer. Throws `UserError` with what is there already. */
export async function takeInByHand(trx: Db, found: FoundItem, who: string, now: number): Promise<Item> {
  const taken = await takeIn(trx, await openIntake(trx, now), found, who, now);
  if (taken.kind === 'added') return taken.item;
  if (taken.kind === 'dropped')
    throw new UserError(taken.why === 'old' ? '这条消息太旧，已经过了发送的期限' : '这条消息没有标题');
  const known = await trx
    .selectFrom('news_item')
    .select(['no', 'title'])
    .where('id', '=', taken.itemId)
    .executeTakeFirstOrThrow();
  throw new UserError(`已经有了：${known.no} 号《${known.title}》`);
}

/** The item with that address, however it is written. */
export const findByLink = (db: Db, url: string): Promise<Item | undefined> => {
  const key = canonicalLink(url);
  return key === ''
    ? Promise.resolve(undefined)
    : db.selectFrom('news_item').selectAll().where('link_key', '=', key).executeTakeFirst();
};
