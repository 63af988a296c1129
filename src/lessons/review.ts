/**
 * Lessons and notices that people write: draft, submitted, approved by others than their author, each for one
 * text. A change after that takes the approval back. Whoever may not see an item hears that it isn't there.
 */
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { ReviewItemTable, ReviewKind, ReviewState, ReviewTextTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { readPolicy } from '../people/policies.ts';
import { type Actor, isAtLeast, isInScope, notFound, unitInScope } from '../people/scope.ts';
import { picturesOf } from './catalogue.ts';
import { writersOf } from './drafts.ts';
import { splitFrontMatter } from './front-matter.ts';
import type { Lesson } from './lesson.ts';
import { normaliseSource, parseLesson } from './parse.ts';
import { isKeptPicture } from './pictures.ts';
import { hashOfNotice, type Standing, standingOf } from './review-rules.ts';
import { recordRevision, setHead, voidHead } from './revisions.ts';
import { fileOfWritten, isWritten } from './written-file.ts';

export type ReviewItem = ReviewItemTable;

export const STATE_NAMES: Readonly<Record<ReviewState, string>> = {
  draft: '草稿',
  submitted: '待审',
  approved: '已通过',
  returned: '已退回',
  withdrawn: '已撤回',
};

export const KIND_NAMES: Readonly<Record<ReviewKind, string>> = { lesson: '微课', notice: '通知' };

/** Why a lesson or notice of that state isn't sent. */
export const WITHHELD: Readonly<Record<Exclude<ReviewState, 'approved'>, string>> = {
  draft: '还没有送审，没有发',
  submitted: '还没有审过，没有发',
  returned: '被退回了，没有发',
  withdrawn: '已经撤回，没有发',
};
export const CHANGED = '审过以后改过，还没有重新审，没有发';

const LONGEST_NOTICE = 1_000;

export interface Written {
  readonly kind: ReviewKind;
  /** Of a lesson its Markdown: a whole source with front matter, or the title in the first line. */
  readonly body: string;
  /** Whose it is; null for the county's. */
  readonly unitId: string | null;
  /** To which groups a notice goes. */
  readonly groupIds?: readonly string[];
}

interface Content {
  readonly title: string;
  readonly body: string;
  readonly hash: string;
  readonly lesson?: Lesson;
}

/** Writes a draft down. Throws `UserError` with every fault of the text. */
export async function writeItem(db: Db, written: Written, actor: Actor, now: number): Promise<ReviewItem> {
  return await inTransaction(db, async (trx) => {
    const no = await takeNumbers(trx, 'review');
    const { kind, groupIds = [], unitId } = written;
    const content = readContent(kind, written.body, groupIds, { fallbackId: `w${no}`, author: await nameOf(trx, actor) });
    if (content.lesson) await refuseTakenId(trx, content.lesson.id, undefined);
    const item: ReviewItem = {
      id: newId(),
      no,
      kind,
      lesson_id: content.lesson?.id ?? null,
      title: content.title,
      hash: content.hash,
      unit_id: unitId,
      author: actor.who,
      state: 'draft',
      round: 0,
      created_at: now,
      submitted_at: null,
      decided_at: null,
      reason: null,
    };
    await trx.insertInto('review_item').values(item).execute();
    await writeText(trx, item.id, content, actor, now);
    await writeGroups(trx, item.id, groupIds);
    await audit(trx, 'review.write', item, actor, now, { kind, hash: content.hash });
    return item;
  });
}

/** Gives an item another text; whatever approval it had is void from now on. It has to be submitted again. */
export async function reviseItem(
  db: Db,
  no: number,
  revised: { readonly body: string; readonly groupIds?: readonly string[] },
  actor: Actor,
  now: number,
): Promise<ReviewItem> {
  return await inTransaction(db, async (trx) => {
    const item = await getOwnItem(trx, no, actor);
    const groupIds = revised.groupIds ?? (await groupsOfItem(trx, item.id));
    const content = readContent(item.kind, revised.body, groupIds, {
      fallbackId: item.lesson_id ?? `w${no}`,
      author: await nameOf(trx, actor),
    });
    if (content.lesson && content.lesson.id !== item.lesson_id)
      throw new UserError(`这一课的 id 是 ${item.lesson_id ?? ''}，改内容时请不要换 id`);
    if (content.hash === item.hash && item.state !== 'withdrawn') return item;
    const wasApproved = item.state === 'approved';
    const after = { ...item, title: content.title, hash: content.hash, state: 'draft', decided_at: null } as const;
    await change(trx, item, {
      title: content.title,
      hash: content.hash,
      state: 'draft',
      decided_at: null,
      reason: null,
    });
    await writeText(trx, item.id, content, actor, now);
    await writeGroups(trx, item.id, groupIds);
    if (wasApproved && item.lesson_id !== null)
      await voidHead(trx, item.lesson_id, item.hash, `这一课${CHANGED}`, now);
    await audit(trx, 'review.revise', item, actor, now, { hash: content.hash, voided: wasApproved });
    return after;
  });
}

/** Hands a draft in; where nobody has to review it, it is approved at once. */
export async function submitItem(db: Db, no: number, actor: Actor, now: number): Promise<ReviewItem> {
  return await inTransaction(db, async (trx) => {
    const item = await getOwnItem(trx, no, actor);
    if (item.state !== 'draft' && item.state !== 'returned')
      throw new UserError(`${no} 号现在是「${STATE_NAMES[item.state]}」，不用再送审`);
    const round = item.round + 1;
    const handedIn = { state: 'submitted', round, submitted_at: now, decided_at: null, reason: null } as const;
    await change(trx, item, handedIn);
    await audit(trx, 'review.submit', item, actor, now, { hash: item.hash });
    return await settle(trx, { ...item, ...handedIn }, actor, now);
  });
}

/** The author takes it back; nothing of it is sent any more. */
export async function withdrawItem(db: Db, no: number, actor: Actor, now: number): Promise<ReviewItem> {
  return await inTransaction(db, async (trx) => {
    const item = await getOwnItem(trx, no, actor);
    if (item.state === 'withdrawn') return item;
    await change(trx, item, { state: 'withdrawn', decided_at: now });
    if (item.lesson_id !== null && item.state === 'approved')
      await voidHead(trx, item.lesson_id, item.hash, `这一课${WITHHELD.withdrawn}`, now);
    await audit(trx, 'review.withdraw', item, actor, now, { hash: item.hash });
    return { ...item, state: 'withdrawn', decided_at: now };
  });
}

export interface Approval {
  readonly item: ReviewItem;
  readonly standing: Standing;
}

/**
 * Approves the text that an item has now. `hash`: only that one, because it was shown. Throws `NotFoundError`
 * outside the actor's scope, `UserError` for the author, for a text that changed meanwhile, and when it isn't
 * submitted.
 */
export async function approveItem(
  db: Db,
  no: number,
  actor: Actor,
  now: number,
  hash?: string,
): Promise<Approval> {
  return await inTransaction(db, async (trx) => {
    const item = await getReviewable(trx, no, actor);
    if (hash !== undefined && hash !== item.hash)
      throw new UserError(`${no} 号的内容刚刚改过，请再看一遍：待审 ${no}`);
    // Two who approve at once come one after the other: the second counts the first.
    await change(trx, item, { state: item.state });
    await vote(trx, item, 'approve', null, actor, now);
    await audit(trx, 'review.approve', item, actor, now, { hash: item.hash });
    const settled = await settle(trx, item, actor, now);
    return { item: settled, standing: await standing(trx, settled) };
  });
}

/** Sends it back to its author. */
export async function returnItem(
  db: Db,
  no: number,
  reason: string,
  actor: Actor,
  now: number,
): Promise<ReviewItem> {
  return await inTransaction(db, async (trx) => {
    const item = await getReviewable(trx, no, actor);
    const why = reason.trim().slice(0, 200);
    await vote(trx, item, 'return', why === '' ? null : why, actor, now);
    await change(trx, item, { state: 'returned', decided_at: now, reason: why === '' ? null : why });
    await audit(trx, 'review.return', item, actor, now, { hash: item.hash });
    return { ...item, state: 'returned', decided_at: now, reason: why === '' ? null : why };
  });
}

/** Approves what has all the votes that it needs, by what the actor just did. */
async function settle(trx: Db, item: ReviewItem, { via }: Actor, now: number): Promise<ReviewItem> {
  const { missing, approvers } = await standing(trx, item);
  if (missing > 0) return item;
  await change(trx, item, { state: 'approved', decided_at: now });
  if (item.kind === 'lesson') await release(trx, item, approvers, now);
  await appendAudit(trx, {
    at: now,
    who: approvers.at(-1) ?? item.author,
    what: 'review.approved',
    subject: item.id,
    after: { no: item.no, hash: item.hash, approvers },
    ...(via === undefined ? {} : { via }),
  });
  return { ...item, state: 'approved', decided_at: now };
}

/** Makes the approved text of a lesson the one that may be sent. */
async function release(trx: Db, item: ReviewItem, approvers: readonly string[], now: number): Promise<void> {
  const lessonId = item.lesson_id ?? '';
  await refuseTakenId(trx, lessonId, item.id);
  const { body } = await getText(trx, item.id, item.hash);
  const { lesson } = parseLesson(body, fileOfWritten(lessonId));
  if (!lesson) throw new UserError('这一课的内容有错，不能通过，请退回修改');
  await recordRevision(trx, lesson, body, approvers.join(' ') || item.author, now);
  await setHead(trx, lesson.id, lesson.hash, now);
}

async function standing(trx: Db, item: ReviewItem): Promise<Standing> {
  const votes = await trx.selectFrom('review_vote').selectAll().where('item_id', '=', item.id).execute();
  const { written_by: writer } = await getText(trx, item.id, item.hash);
  const place = item.unit_id === null ? {} : { unitId: item.unit_id };
  const needed = await readPolicy(trx, 'reviewers', place);
  const writers = [item.author, writer, ...(await writersOf(trx, item.no))];
  return standingOf({ ...item, writers }, votes, needed);
}

export const readStanding = (db: Db, item: ReviewItem): Promise<Standing> => standing(db, item);

async function vote(
  trx: Db,
  item: ReviewItem,
  verdict: 'approve' | 'return',
  reason: string | null,
  actor: Actor,
  now: number,
): Promise<void> {
  await trx
    .insertInto('review_vote')
    .values({
      id: newId(),
      item_id: item.id,
      hash: item.hash,
      round: item.round,
      voter: actor.who,
      verdict,
      reason,
      at: now,
    })
    .execute();
}

/** Changes a row that is still as it was read: two people at once can't undo each other. */
async function change(trx: Db, item: ReviewItem, to: Partial<ReviewItem>): Promise<void> {
  const changed = await trx
    .updateTable('review_item')
    .set(to)
    .where('id', '=', item.id)
    .where('hash', '=', item.hash)
    .where('state', '=', item.state)
    .returning('id')
    .executeTakeFirst();
  if (!changed) throw new UserError(`${item.no} 号刚刚被别人动过，请再看一遍`);
}

async function writeText(
  trx: Db,
  itemId: string,
  { title, body, hash }: Content,
  actor: Actor,
  now: number,
): Promise<void> {
  await trx
    .insertInto('review_text')
    .values({ item_id: itemId, hash, title, body, written_by: actor.who, written_at: now })
    .onConflict((conflict) => conflict.columns(['item_id', 'hash']).doNothing())
    .execute();
}

async function writeGroups(trx: Db, itemId: string, groupIds: readonly string[]): Promise<void> {
  await trx.deleteFrom('review_group').where('item_id', '=', itemId).execute();
  const rows = [...new Set(groupIds)].map((groupId) => ({ item_id: itemId, group_id: groupId }));
  if (rows.length > 0) await trx.insertInto('review_group').values(rows).execute();
}

export async function groupsOfItem(db: Db, itemId: string): Promise<string[]> {
  const rows = await db.selectFrom('review_group').select('group_id').where('item_id', '=', itemId).execute();
  return rows.map((row) => row.group_id).toSorted();
}

/** The words of an item as they had that hash. */
export const getText = (db: Db, itemId: string, hash: string): Promise<ReviewTextTable> =>
  db
    .selectFrom('review_text')
    .selectAll()
    .where('item_id', '=', itemId)
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow();

export const findItem = (db: Db, id: string): Promise<ReviewItem | undefined> =>
  db.selectFrom('review_item').selectAll().where('id', '=', id).executeTakeFirst();

/** Why a lesson that was written here may not be sent; `undefined` when it may, or when nobody wrote one. */
export async function whyWithheld(db: Db, lessonId: string): Promise<string | undefined> {
  const item = await db
    .selectFrom('review_item')
    .leftJoin('lesson_head', 'lesson_head.lesson_id', 'review_item.lesson_id')
    .select(['state', 'lesson_head.why'])
    .where('review_item.lesson_id', '=', lessonId)
    .executeTakeFirst();
  if (!item || item.state === 'approved') return undefined;
  return item.why ?? `这一课${WITHHELD[item.state]}`;
}

/** What an actor may see: their own, and as secretary or more what is of their units. */
const scopedItems = (db: Db, actor: Actor) =>
  db
    .selectFrom('review_item')
    .selectAll()
    .where((eb) =>
      eb.or([
        eb('author', '=', actor.who),
        ...(isAtLeast(actor, 'secretary') ? [unitInScope(actor, 'review_item.unit_id')] : []),
      ]),
    );

/** By its number. Throws `NotFoundError`. */
export async function getItem(db: Db, no: number, actor: Actor): Promise<ReviewItem> {
  const item = await scopedItems(db, actor).where('no', '=', no).executeTakeFirst();
  if (!item) throw notFound('review', no);
  return item;
}

/** Its author's, or the terminal's. */
async function getOwnItem(db: Db, no: number, actor: Actor): Promise<ReviewItem> {
  const item = await getItem(db, no, actor);
  if (item.author !== actor.who && actor.rank !== 'operator')
    throw new UserError(`${no} 号不是你写的；要改请退回给作者：退回 ${no} 原因`);
  return item;
}

async function getReviewable(db: Db, no: number, actor: Actor): Promise<ReviewItem> {
  const item = await getItem(db, no, actor);
  const text = await getText(db, item.id, item.hash);
  const writers = [item.author, text.written_by, ...(await writersOf(db, item.no))];
  if (writers.includes(actor.who))
    throw new UserError(`${no} 号是你自己写的，要别人来审`);
  if (!isAtLeast(actor, 'secretary') || !(actor.units === 'all' || isInScope(actor, item.unit_id)))
    throw notFound('review', no);
  if (item.state !== 'submitted') throw new UserError(`${no} 号现在是「${STATE_NAMES[item.state]}」，不是待审`);
  return item;
}

/** What waits for this person's word, the oldest first. */
export async function listReviewable(db: Db, actor: Actor): Promise<ReviewItem[]> {
  if (!isAtLeast(actor, 'secretary')) return [];
  return await db
    .selectFrom('review_item')
    .selectAll('review_item')
    .innerJoin('review_text', (join) =>
      join
        .onRef('review_text.item_id', '=', 'review_item.id')
        .onRef('review_text.hash', '=', 'review_item.hash'),
    )
    .where('state', '=', 'submitted')
    .where('author', '!=', actor.who)
    .where('written_by', '!=', actor.who)
    .where(unitInScope(actor, 'review_item.unit_id'))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('lesson_draft')
            .innerJoin('lesson_draft_text', 'lesson_draft_text.draft_id', 'lesson_draft.id')
            .select('lesson_draft.id')
            .whereRef('lesson_draft.review_no', '=', 'review_item.no')
            .where('lesson_draft_text.written_by', '=', actor.who),
        ),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('review_vote')
            .select('review_vote.id')
            .whereRef('review_vote.item_id', '=', 'review_item.id')
            .whereRef('review_vote.round', '=', 'review_item.round')
            .where('review_vote.voter', '=', actor.who)
            .where('review_vote.verdict', '=', 'approve'),
        ),
      ),
    )
    .orderBy('no')
    .execute();
}

/** All that an actor may see, the newest first. */
export const listItems = (
  db: Db,
  actor: Actor,
  { state, limit = 50 }: { readonly state?: ReviewState; readonly limit?: number } = {},
): Promise<ReviewItem[]> => {
  const items = scopedItems(db, actor).orderBy('no', 'desc').limit(limit);
  return (state === undefined ? items : items.where('state', '=', state)).execute();
};

/** Remembers that somebody was shown this text: only then is a bare 通过 a word about it. */
export async function noteSeen(
  db: Db,
  { id, hash }: Pick<ReviewItem, 'id' | 'hash'>,
  who: string,
  now: number,
): Promise<void> {
  await db
    .insertInto('review_seen')
    .values({ item_id: id, hash, who, at: now })
    .onConflict((conflict) => conflict.columns(['item_id', 'hash', 'who']).doNothing())
    .execute();
}

export async function hasSeen(
  db: Db,
  { id, hash }: Pick<ReviewItem, 'id' | 'hash'>,
  who: string,
): Promise<boolean> {
  const seen = await db
    .selectFrom('review_seen')
    .select('at')
    .where('item_id', '=', id)
    .where('hash', '=', hash)
    .where('who', '=', who)
    .executeTakeFirst();
  return seen !== undefined;
}

async function nameOf(db: Db, { memberId }: Actor): Promise<string> {
  if (memberId === null) return '';
  const member = await db.selectFrom('member').select('name').where('id', '=', memberId).executeTakeFirst();
  return member?.name ?? '';
}

function readContent(
  kind: ReviewKind,
  text: string,
  groupIds: readonly string[],
  made: { readonly fallbackId: string; readonly author: string },
): Content {
  // No database keeps a NUL or half a character.
  const clean = normaliseSource(text.toWellFormed().replaceAll('\0', '')).trim();
  return kind === 'notice' ? readNotice(clean, groupIds) : readLesson(clean, made);
}

function readNotice(body: string, groupIds: readonly string[]): Content {
  if (body === '') throw new UserError('通知里还没有内容');
  if ([...body].length > LONGEST_NOTICE) throw new UserError(`通知太长了，最多 ${LONGEST_NOTICE} 个字`);
  if (groupIds.length === 0) throw new UserError('通知没有可以发的群');
  const [first = ''] = body.split('\n');
  const title = [...first].length > 20 ? `${[...first].slice(0, 20).join('')}…` : first;
  return { title, body, hash: hashOfNotice(body, groupIds) };
}

function readLesson(text: string, made: { readonly fallbackId: string; readonly author: string }): Content {
  const source = splitFrontMatter(text).yaml === undefined ? withFrontMatter(text, made) : text;
  const { lesson, faults } = parseLesson(source, fileOfWritten(made.fallbackId));
  if (!lesson) {
    const said = faults.slice(0, 5).map(({ line, message, cure }) => `• 第 ${line} 行：${message}。${cure}`);
    throw new UserError(['这一课还有错：', ...said].join('\n'));
  }
  if (!picturesOf(lesson).every(isKeptPicture))
    throw new UserError('在这里写的课不能带图片，在网页上传的除外；请去掉再发');
  return { title: lesson.title, body: normaliseSource(source), hash: lesson.hash, lesson };
}

/** The first line is the title. */
function withFrontMatter(text: string, { fallbackId, author }: { fallbackId: string; author: string }): string {
  const [first = '', ...rest] = text.split('\n');
  const title = first.replace(/^#+\s*/, '').trim();
  const head = [`id: ${fallbackId}`, `title: ${JSON.stringify(title)}`, `author: ${JSON.stringify(author)}`];
  return `---\n${head.join('\n')}\n---\n\n${rest.join('\n').trim()}\n`;
}

/** An id that a file of the folder or another item has is not to be had. */
async function refuseTakenId(trx: Db, lessonId: string, itemId: string | undefined): Promise<void> {
  const head = await trx
    .selectFrom('lesson_head')
    .innerJoin('lesson_revision', 'lesson_revision.hash', 'lesson_head.hash')
    .select('file')
    .where('lesson_head.lesson_id', '=', lessonId)
    .executeTakeFirst();
  const other = await trx
    .selectFrom('review_item')
    .select('id')
    .where('lesson_id', '=', lessonId)
    .executeTakeFirst();
  if ((head && !isWritten(head.file)) || (other && other.id !== itemId))
    throw new UserError(`id「${lessonId}」已经是别的课的了，请换一个`);
}

const audit = (
  trx: Db,
  what: string,
  { id, no }: ReviewItem,
  { who, via }: Actor,
  now: number,
  after: Record<string, unknown>,
) =>
  appendAudit(trx, {
    at: now,
    who,
    what,
    subject: id,
    after: { no, ...after },
    ...(via === undefined ? {} : { via }),
  });
