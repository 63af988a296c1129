/**
 * The bank of questions: what may be drawn by its tags. Each form that a question has had is kept; one that was
 * written in the console is drawn once as many others have looked at it as the county asks for.
 */
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { contains, type Selectable } from '../db/sql.ts';
import type { BankQuestionTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import type { Draw, Question } from '../lessons/lesson.ts';
import { type Standing, standingOf } from '../lessons/review-rules.ts';
import { readPolicy } from '../people/policies.ts';
import { notFound } from '../people/scope.ts';
import { checkItem, hashItem, type Item, toQuestion } from './item.ts';
import { seededRandom, shuffled } from './random.ts';

export interface BankItem extends Item {
  readonly id: string;
  readonly no: number;
  readonly source: string;
  /** How often it was written, from 1. */
  readonly version: number;
  /** Who wrote it as it is. */
  readonly writtenBy: string;
  /** Whether it may be drawn. */
  readonly isApproved: boolean;
  /** ms; null while it is in the bank. */
  readonly retiredAt: number | null;
}

export interface BankBy {
  readonly who: string;
  readonly via: string;
  /** Whether what they write may be drawn without anybody else's look. */
  readonly isTrusted: boolean;
}

export interface NewItem extends Item {
  /** The file and the place in it. */
  readonly source: string;
}

/** What the terminal writes is approved by whoever runs the place. */
export const terminalBy = (who: string): BankBy => ({ who, via: 'cli', isTrusted: true });

/** Adds what isn't there yet, all in one transaction. Gives for each whether it was added. */
export async function addItems(
  db: Db,
  items: readonly NewItem[],
  by: string | BankBy,
  now: number,
): Promise<boolean[]> {
  const { who, via, isTrusted } = typeof by === 'string' ? terminalBy(by) : by;
  return await inTransaction(db, async (trx) => {
    const hashes = items.map(hashItem);
    const known = await knownHashes(trx, hashes);
    const isNew = hashes.map((hash) => !known.has(hash) && Boolean(known.add(hash)));
    const fresh = items.filter((_, index) => isNew[index]);
    if (fresh.length === 0) return isNew;
    const first = await takeNumbers(trx, 'question', fresh.length);
    for (const [index, item] of fresh.entries()) {
      const id = newId();
      await trx
        .insertInto('bank_question')
        .values({
          id,
          no: first + index,
          hash: hashItem(item),
          ...columnsOf(item),
          source: item.source,
          created_by: who,
          created_at: now,
          retired_at: null,
          version: 1,
          written_by: who,
          approved_by: isTrusted ? who : null,
          approved_at: isTrusted ? now : null,
        })
        .execute();
      await writeTags(trx, id, tagsOf(item));
      await writeVersion(trx, id, 1, item, who, now);
    }
    await appendAudit(trx, {
      at: now,
      who,
      via,
      what: 'bank.import',
      subject: `${first}-${first + fresh.length - 1}`,
      after: { count: fresh.length },
    });
    return isNew;
  });
}

const columnsOf = ({ type, stem, options, key, explanation }: Item) => ({
  type,
  stem,
  options: JSON.stringify(options),
  key: JSON.stringify(key),
  explanation,
});

const tagsOf = ({ tags }: Pick<Item, 'tags'>) => [...new Set(tags.map((tag) => tag.trim()).filter(Boolean))];

async function writeTags(trx: Db, questionId: string, tags: readonly string[]): Promise<void> {
  await trx.deleteFrom('bank_tag').where('question_id', '=', questionId).execute();
  if (tags.length > 0)
    await trx
      .insertInto('bank_tag')
      .values(tags.map((tag) => ({ question_id: questionId, tag })))
      .execute();
}

const writeVersion = (trx: Db, questionId: string, version: number, item: Item, who: string, now: number) =>
  trx
    .insertInto('bank_version')
    .values({
      question_id: questionId,
      version,
      ...columnsOf(item),
      tags: JSON.stringify(tagsOf(item)),
      written_by: who,
      written_at: now,
    })
    .execute();

/** Those of the hashes that stand in the bank. */
export async function knownHashes(db: Db, hashes: readonly string[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (let at = 0; at < hashes.length; at += 500) {
    const rows = await db
      .selectFrom('bank_question')
      .select('hash')
      .where('hash', 'in', hashes.slice(at, at + 500))
      .where('retired_at', 'is', null)
      .execute();
    for (const { hash } of rows) known.add(hash);
  }
  return known;
}

/** What stands in the bank, by number; of one tag only when `tag` is given. */
export async function listItems(db: Db, tag?: string): Promise<BankItem[]> {
  const rows = await db
    .selectFrom('bank_question')
    .selectAll()
    .where('retired_at', 'is', null)
    .$if(tag !== undefined, (query) =>
      query.where('id', 'in', (eb) =>
        eb
          .selectFrom('bank_tag')
          .select('question_id')
          .where('tag', '=', tag ?? ''),
      ),
    )
    .orderBy('no')
    .execute();
  const tags = await db.selectFrom('bank_tag').selectAll().orderBy('tag').execute();
  return withTags(rows, tags);
}

/** All that was ever in it, by number. */
export async function listAllItems(db: Db): Promise<BankItem[]> {
  const rows = await db.selectFrom('bank_question').selectAll().orderBy('no').execute();
  return withTags(rows, await db.selectFrom('bank_tag').selectAll().orderBy('tag').execute());
}

export interface BankQuery {
  /** Any part of what it asks, its options or its explanation. */
  readonly text?: string;
  readonly tag?: string;
  readonly state?: 'drawn' | 'waiting' | 'retired';
  /** Numbers below that one, the last first. */
  readonly before?: number;
  readonly limit: number;
}

/** Looks questions up, the last added first. */
export async function searchItems(db: Db, query: BankQuery): Promise<BankItem[]> {
  const { text = '', tag = '', state = 'drawn', before = 0, limit } = query;
  const rows = await db
    .selectFrom('bank_question')
    .selectAll()
    .where('retired_at', state === 'retired' ? 'is not' : 'is', null)
    .$if(state === 'waiting', (found) => found.where('approved_at', 'is', null))
    .$if(before > 0, (found) => found.where('no', '<', before))
    .$if(tag !== '', (found) =>
      found.where('id', 'in', (eb) => eb.selectFrom('bank_tag').select('question_id').where('tag', '=', tag)),
    )
    .$if(text !== '', (found) =>
      found.where((eb) =>
        eb.or(
          (['stem', 'options', 'explanation'] as const).map((column) =>
            contains(`bank_question.${column}`, text),
          ),
        ),
      ),
    )
    .orderBy('no', 'desc')
    .limit(limit)
    .execute();
  if (rows.length === 0) return [];
  const tags = await db
    .selectFrom('bank_tag')
    .selectAll()
    .where(
      'question_id',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('tag')
    .execute();
  return withTags(rows, tags);
}

/** Each tag with how many questions have it, the most used first. */
export async function listTags(db: Db, limit: number): Promise<{ tag: string; count: number }[]> {
  const rows = await db
    .selectFrom('bank_tag')
    .innerJoin('bank_question', 'bank_question.id', 'bank_tag.question_id')
    .select(({ fn }) => ['tag', fn.countAll<number>().as('count')])
    .where('retired_at', 'is', null)
    .groupBy('tag')
    .orderBy('count', 'desc')
    .orderBy('tag')
    .limit(limit)
    .execute();
  return rows.map(({ tag, count }) => ({ tag, count: Number(count) }));
}

/** How many stand in the bank, and how many of them wait for somebody's look. */
export async function countItems(db: Db): Promise<{ all: number; waiting: number }> {
  const { all, approved } = await db
    .selectFrom('bank_question')
    .select(({ fn }) => [fn.countAll<number>().as('all'), fn.count<number>('approved_at').as('approved')])
    .where('retired_at', 'is', null)
    .executeTakeFirstOrThrow();
  return { all: Number(all), waiting: Number(all) - Number(approved) };
}

/** How many wait for the look of this person: not what they wrote themselves, nor what they have looked at. */
export async function countToApprove(db: Db, who: string): Promise<number> {
  const { count } = await db
    .selectFrom('bank_question')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('retired_at', 'is', null)
    .where('approved_at', 'is', null)
    .where('written_by', '!=', who)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('bank_look')
            .select('bank_look.who')
            .whereRef('bank_look.question_id', '=', 'bank_question.id')
            .whereRef('bank_look.version', '=', 'bank_question.version')
            .where('bank_look.who', '=', who),
        ),
      ),
    )
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** By its number, retired or not. Throws `NotFoundError`. */
export async function getItem(db: Db, no: number): Promise<BankItem> {
  const row = await db.selectFrom('bank_question').selectAll().where('no', '=', no).executeTakeFirst();
  if (!row) throw notFound('question', no);
  const tags = await db
    .selectFrom('bank_tag')
    .selectAll()
    .where('question_id', '=', row.id)
    .orderBy('tag')
    .execute();
  const [item] = withTags([row], tags);
  if (!item) throw notFound('question', no);
  return item;
}

export interface BankVersion extends Item {
  readonly version: number;
  readonly writtenBy: string;
  readonly writtenAt: number;
}

/** All that a question has been, the newest first. */
export async function listItemVersions(db: Db, id: string): Promise<BankVersion[]> {
  const rows = await db
    .selectFrom('bank_version')
    .selectAll()
    .where('question_id', '=', id)
    .orderBy('version', 'desc')
    .execute();
  return rows.map((row) => ({
    ...itemOf(row),
    tags: JSON.parse(row.tags) as string[],
    version: row.version,
    writtenBy: row.written_by,
    writtenAt: row.written_at,
  }));
}

/** How many answers each change of its key marked otherwise, by when it was made. */
export async function listRemarked(db: Db, id: string): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom('key_change')
    .select(['at', 'remarked'])
    .where('bank_id', '=', id)
    .execute();
  return new Map(rows.map(({ at, remarked }) => [at, remarked]));
}

function withTags(
  rows: readonly Selectable<BankQuestionTable>[],
  tags: readonly { question_id: string; tag: string }[],
): BankItem[] {
  const byQuestion = Map.groupBy(tags, (row) => row.question_id);
  return rows.map((row) => ({
    ...itemOf(row),
    id: row.id,
    no: row.no,
    source: row.source,
    tags: (byQuestion.get(row.id) ?? []).map((one) => one.tag),
    version: row.version,
    writtenBy: row.written_by,
    isApproved: row.approved_at !== null,
    retiredAt: row.retired_at,
  }));
}

const itemOf = (row: Pick<BankQuestionTable, 'type' | 'stem' | 'options' | 'key' | 'explanation'>) => ({
  type: row.type,
  stem: row.stem,
  options: JSON.parse(row.options) as string[],
  key: JSON.parse(row.key) as string[],
  explanation: row.explanation,
});

const sayFaults = (item: Item): string => [...new Set(checkItem(item).map(({ why }) => why))].join('；');

/**
 * Writes a question anew, from version `from` of it. Throws `UserError` when it can't be asked so, when another one
 * asks the same, or when somebody else has written it meanwhile. Windows that have drawn it keep what they drew. One
 * that is retired stays so, and may ask what one in the bank asks: it can't be restored beside that.
 */
export async function reviseItem(
  trx: Db,
  { item, to, from }: { readonly item: BankItem; readonly to: Item; readonly from: number },
  by: BankBy,
  now: number,
): Promise<BankItem> {
  const faults = sayFaults(to);
  if (faults !== '') throw new UserError(`${faults}。没有改动。`);
  const hash = hashItem(to);
  const twin = item.retiredAt === null ? await findTwin(trx, hash, item.id) : undefined;
  if (twin !== undefined) throw new UserError(`和第 ${twin} 题一模一样了。没有改动。`);
  const version = from + 1;
  const written = await trx
    .updateTable('bank_question')
    .set({
      hash,
      ...columnsOf(to),
      version,
      written_by: by.who,
      approved_by: by.isTrusted ? by.who : null,
      approved_at: by.isTrusted ? now : null,
    })
    .where('id', '=', item.id)
    .where('version', '=', from)
    .where('retired_at', item.retiredAt === null ? 'is' : 'is not', null)
    .returning('id')
    .executeTakeFirst();
  if (!written) throw new UserError(`第 ${item.no} 题刚刚被别人改过，请看一眼再改。您的没有存。`);
  await writeTags(trx, item.id, tagsOf(to));
  await writeVersion(trx, item.id, version, to, by.who, now);
  await appendAudit(trx, {
    at: now,
    who: by.who,
    via: by.via,
    what: 'bank.edit',
    subject: item.id,
    before: shownInAudit(item),
    after: shownInAudit(to),
  });
  return await getItem(trx, item.no);
}

const shownInAudit = ({ type, stem, options, key, explanation, tags }: Item) => ({
  type,
  stem,
  options,
  key,
  explanation,
  tags,
});

const findTwin = async (db: Db, hash: string, id: string): Promise<number | undefined> =>
  (
    await db
      .selectFrom('bank_question')
      .select('no')
      .where('hash', '=', hash)
      .where('id', '!=', id)
      .where('retired_at', 'is', null)
      .executeTakeFirst()
  )?.no;

type Looked = Pick<BankItem, 'id' | 'version' | 'writtenBy'>;

/** Databases limit the parameters of a statement. */
const LOOKED_AT_ONCE = 400;

/** How questions stand, as they are written now, by id: whose looks count, and how many more they need. */
export async function listStandings(db: Db, items: readonly Looked[]): Promise<Map<string, Standing>> {
  const needed = await readPolicy(db, 'reviewers');
  const standings = new Map<string, Standing>();
  for (let at = 0; at < items.length; at += LOOKED_AT_ONCE) {
    const some = items.slice(at, at + LOOKED_AT_ONCE);
    const ids = some.map(({ id }) => id);
    const looks = await db
      .selectFrom('bank_look')
      .select(['question_id', 'version', 'who'])
      .where('question_id', 'in', ids)
      .orderBy('at')
      .execute();
    for (const { id, version, writtenBy } of some) {
      // A version is written once: it has no rounds, and its number tells it from any other.
      const text = { hash: String(version), round: 1 };
      const votes = looks
        .filter((look) => look.question_id === id && look.version === version)
        .map(({ who }) => ({ ...text, voter: who, verdict: 'approve' as const }));
      standings.set(id, standingOf({ ...text, writers: [writtenBy] }, votes, needed));
    }
  }
  return standings;
}

/** As `listStandings`, of one. */
export async function readLooks(db: Db, item: Looked): Promise<Standing> {
  const found = (await listStandings(db, [item])).get(item.id);
  if (!found) throw new Error(`question ${item.id} has no standing`);
  return found;
}

/**
 * Somebody's look at a question as it is written now; with the last that `reviewers` asks for it may be drawn. Gives
 * how many it still needs. The terminal's is one person's, as with lessons. Throws `UserError` for whoever wrote it,
 * and when it has changed.
 */
export async function approveItem(
  db: Db,
  { no, version }: { readonly no: number; readonly version: number },
  by: BankBy,
  now: number,
): Promise<BankItem & { readonly missing: number }> {
  return await inTransaction(db, async (trx) => {
    const item = await getItem(trx, no);
    if (item.isApproved) return { ...item, missing: 0 };
    if (item.writtenBy === by.who && !by.isTrusted) throw new UserError('自己写的题要别人来看，没有改动。');
    // Two who look at once come one after the other: the second counts the first.
    const held = await trx
      .updateTable('bank_question')
      .set((eb) => ({ version: eb.ref('version') }))
      .where('id', '=', item.id)
      .where('version', '=', version)
      .where('retired_at', 'is', null)
      .returning('approved_at')
      .executeTakeFirst();
    if (!held) throw new UserError(`第 ${no} 题刚刚改过，请再看一遍。`);
    if (held.approved_at !== null) return { ...item, isApproved: true, missing: 0 };
    await trx
      .insertInto('bank_look')
      .values({ question_id: item.id, version, who: by.who, at: now })
      .onConflict((conflict) => conflict.columns(['question_id', 'version', 'who']).doNothing())
      .execute();
    const { missing } = await readLooks(trx, item);
    if (missing === 0)
      await trx
        .updateTable('bank_question')
        .set({ approved_by: by.who, approved_at: now })
        .where('id', '=', item.id)
        .execute();
    await appendAudit(trx, {
      at: now,
      who: by.who,
      via: by.via,
      what: 'bank.approve',
      subject: item.id,
      after: { version, missing },
    });
    return { ...item, isApproved: missing === 0, missing };
  });
}

/** Takes a question out of the bank; windows that have drawn it keep it. Gives whether it was there. */
export async function retireItem(db: Db, no: number, by: string | BankBy, now: number): Promise<boolean> {
  const { who, via } = typeof by === 'string' ? terminalBy(by) : by;
  return await inTransaction(db, async (trx) => {
    const retired = await trx
      .updateTable('bank_question')
      .set({ retired_at: now })
      .where('no', '=', no)
      .where('retired_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (retired) await appendAudit(trx, { at: now, who, via, what: 'bank.retire', subject: retired.id });
    return retired !== undefined;
  });
}

/** Takes it back into the bank, unless another one asks the same by now. Gives whether it was out of it. */
export async function restoreItem(db: Db, no: number, by: string | BankBy, now: number): Promise<boolean> {
  const { who, via } = typeof by === 'string' ? terminalBy(by) : by;
  return await inTransaction(db, async (trx) => {
    const item = await getItem(trx, no);
    if (item.retiredAt === null) return false;
    const twin = await findTwin(trx, hashItem(item), item.id);
    if (twin !== undefined) throw new UserError(`题库里已经有一样的第 ${twin} 题，不用恢复。`);
    const restored = await trx
      .updateTable('bank_question')
      .set({ retired_at: null })
      .where('id', '=', item.id)
      .where('version', '=', item.version)
      .returning('id')
      .executeTakeFirst();
    if (!restored) throw new UserError(`第 ${no} 题刚刚被别人改过，请看一眼再恢复。`);
    await appendAudit(trx, { at: now, who, via, what: 'bank.restore', subject: item.id });
    return true;
  });
}

/**
 * The questions that a quiz draws: the same for the same seed and bank, none twice, numbered from `first` on in the
 * order of the draws. Where the bank has fewer than asked for, all that there are. The tag with the fewest questions
 * draws first: one with many would else take those that both have.
 */
export async function drawQuestions(
  db: Db,
  draws: readonly Draw[],
  seed: string,
  first: number,
): Promise<Question[]> {
  const pools: (Draw & { readonly items: readonly BankItem[] })[] = [];
  for (const draw of draws)
    pools.push({ ...draw, items: (await listItems(db, draw.tag)).filter(({ isApproved }) => isApproved) });
  const taken = new Set<string>();
  const drawn = new Map<string, readonly BankItem[]>();
  for (const { tag, count, items } of pools.toSorted((a, b) => a.items.length - b.items.length)) {
    const left = items.filter(({ id }) => !taken.has(id));
    const own = shuffled(left, seededRandom(`${seed} ${tag}`)).slice(0, count);
    for (const { id } of own) taken.add(id);
    drawn.set(tag, own);
  }
  return draws
    .flatMap(({ tag }) => drawn.get(tag) ?? [])
    .map((item, index) => ({ ...toQuestion(item, first + index), bank: item.id }));
}
