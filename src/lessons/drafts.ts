/**
 * Lessons while they are being written: every text that a draft has had is kept, whoever wrote it. Whoever saves
 * what was written from an older text has it brought together with the newer one; where that can't be done theirs is
 * kept aside, and nobody's is lost.
 */
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { LessonDraftTable, LessonDraftTextTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { type Actor, notFound, unitInScope } from '../people/scope.ts';
import { mergeTexts } from './lines.ts';
import { normaliseSource } from './parse.ts';
import { readPieces } from './source.ts';

export type Draft = LessonDraftTable;
export type DraftText = LessonDraftTextTable;

const LONGEST = 200_000;

/** Of their units, and their own. */
const scoped = (db: Db, actor: Actor) =>
  db
    .selectFrom('lesson_draft')
    .selectAll('lesson_draft')
    .where('dropped_at', 'is', null)
    .where((eb) =>
      eb.or([eb('created_by', '=', actor.who), unitInScope(actor, 'lesson_draft.unit_id')]),
    );

/** The last changed first. */
export const listDrafts = (db: Db, actor: Actor, limit = 50): Promise<Draft[]> =>
  scoped(db, actor).orderBy('updated_at', 'desc').limit(limit).execute();

/** By its number. Throws `NotFoundError`, outside the scope as well. */
export async function getDraft(db: Db, actor: Actor, no: number): Promise<Draft> {
  const draft = await scoped(db, actor).where('no', '=', no).executeTakeFirst();
  if (!draft) throw notFound('draft', no);
  return draft;
}

export const getDraftText = (db: Db, draftId: string, version: number): Promise<DraftText | undefined> =>
  db
    .selectFrom('lesson_draft_text')
    .selectAll()
    .where('draft_id', '=', draftId)
    .where('version', '=', version)
    .executeTakeFirst();

/** All texts but their words, the newest first. */
export const listVersions = (db: Db, draftId: string, limit = 200) =>
  db
    .selectFrom('lesson_draft_text')
    .select(['version', 'written_by', 'written_at', 'how', 'base'])
    .where('draft_id', '=', draftId)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();

export async function startDraft(
  db: Db,
  { source, unitId, reviewNo = null }: { source: string; unitId: string | null; reviewNo?: number | null },
  actor: Actor,
  now: number,
): Promise<Draft> {
  return await inTransaction(db, async (trx) => {
    const text = cleaned(source);
    const draft: Draft = {
      id: newId(),
      no: await takeNumbers(trx, 'draft'),
      unit_id: unitId,
      title: titleOf(text),
      version: 1,
      review_no: reviewNo,
      created_by: actor.who,
      created_at: now,
      updated_by: actor.who,
      updated_at: now,
      dropped_at: null,
    };
    await trx.insertInto('lesson_draft').values(draft).execute();
    await writeText(trx, draft.id, { version: 1, source: text, how: 'typed', base: 0 }, actor, now);
    await audit(trx, 'draft.write', draft, actor, now);
    return draft;
  });
}

export interface Saved {
  /**
   * `same`: nothing had changed; `saved`: the draft is that text now; `merged`: with what others wrote meanwhile;
   * `aside`: kept, but the draft is still as others left it.
   */
  readonly kind: 'same' | 'saved' | 'merged' | 'aside';
  /** The draft's text now. */
  readonly version: number;
  readonly source: string;
  /** Under which version what was sent is kept. */
  readonly kept: number;
}

/**
 * Saves a text that was written from version `base`. `merges`: whether it may be brought together with a newer one.
 * Throws `UserError` for what is too long, `NotFoundError` outside the scope.
 */
export async function saveDraft(
  db: Db,
  no: number,
  saving: { readonly source: string; readonly base: number; readonly merges: boolean },
  actor: Actor,
  now: number,
): Promise<Saved> {
  return await inTransaction(db, async (trx) => {
    const draft = await lockDraft(trx, actor, no);
    const head = (await getDraftText(trx, draft.id, draft.version))?.source ?? '';
    const mine = cleaned(saving.source);
    if (mine === head) return { kind: 'same', version: draft.version, source: head, kept: draft.version };
    const last = await lastVersion(trx, draft.id);
    const version = last + 1;
    const base = await getDraftText(trx, draft.id, saving.base);
    const isHead = saving.base === draft.version;
    const merged = !isHead && saving.merges && base ? mergeTexts(base.source, mine, head) : undefined;
    // What one saved oneself meanwhile isn't another's word: a page that hasn't heard of it yet says more.
    if (isHead || (merged === undefined && (await isAllBy(trx, draft, saving.base, actor.who)))) {
      await writeText(trx, draft.id, { version, source: mine, how: 'typed', base: saving.base }, actor, now);
      await moveHead(trx, draft, version, mine, actor, now);
      return { kind: 'saved', version, source: mine, kept: version };
    }
    await writeText(trx, draft.id, { version, source: mine, how: 'aside', base: saving.base }, actor, now);
    if (merged === undefined) return { kind: 'aside', version: draft.version, source: head, kept: version };
    if (merged === head) return { kind: 'merged', version: draft.version, source: head, kept: version };
    const both = version + 1;
    await writeText(trx, draft.id, { version: both, source: merged, how: 'merged', base: draft.version }, actor, now);
    await moveHead(trx, draft, both, merged, actor, now);
    return { kind: 'merged', version: both, source: merged, kept: version };
  });
}

/** Whether nobody else has written what came after a version. */
async function isAllBy(trx: Db, { id, version }: Draft, base: number, who: string): Promise<boolean> {
  const other = await trx
    .selectFrom('lesson_draft_text')
    .select('version')
    .where('draft_id', '=', id)
    .where('version', '>', base)
    .where('version', '<=', version)
    .where('written_by', '!=', who)
    .executeTakeFirst();
  return base > 0 && other === undefined;
}

/** Makes an earlier text the draft's own again, as a new one. */
export async function restoreDraft(
  db: Db,
  no: number,
  version: number,
  actor: Actor,
  now: number,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const draft = await lockDraft(trx, actor, no);
    const text = await getDraftText(trx, draft.id, version);
    if (!text) throw notFound('draft', no);
    const next = (await lastVersion(trx, draft.id)) + 1;
    await writeText(trx, draft.id, { version: next, source: text.source, how: 'restored', base: version }, actor, now);
    await moveHead(trx, draft, next, text.source, actor, now);
    await audit(trx, 'draft.restore', draft, actor, now);
  });
}

/** Puts a draft away, or back: its texts stay. Throws `UserError` once it was handed in. */
export async function dropDraft(db: Db, no: number, dropped: boolean, actor: Actor, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const draft = await trx
      .selectFrom('lesson_draft')
      .selectAll()
      .where('no', '=', no)
      .where((eb) => eb.or([eb('created_by', '=', actor.who), unitInScope(actor, 'lesson_draft.unit_id')]))
      .executeTakeFirst();
    if (!draft) throw notFound('draft', no);
    if (draft.review_no !== null) throw new UserError('这一课已经送审过，要收回请到审核里撤回。');
    await trx
      .updateTable('lesson_draft')
      .set({ dropped_at: dropped ? now : null })
      .where('id', '=', draft.id)
      .execute();
    await audit(trx, dropped ? 'draft.drop' : 'draft.restore', draft, actor, now);
  });
}

/** Notes under which number a draft was handed in. */
export const noteReview = (db: Db, draftId: string, reviewNo: number) =>
  db.updateTable('lesson_draft').set({ review_no: reviewNo }).where('id', '=', draftId).execute();

/** Everybody who had a hand in what was handed in under a number: none of them approves it. */
export async function writersOf(db: Db, reviewNo: number): Promise<string[]> {
  const rows = await db
    .selectFrom('lesson_draft_text')
    .innerJoin('lesson_draft', 'lesson_draft.id', 'lesson_draft_text.draft_id')
    .select('written_by')
    .distinct()
    .where('review_no', '=', reviewNo)
    .execute();
  return rows.map(({ written_by: who }) => who);
}

/** Two who save at once come one after the other. */
async function lockDraft(trx: Db, actor: Actor, no: number): Promise<Draft> {
  const draft = await getDraft(trx, actor, no);
  const locked = await trx
    .updateTable('lesson_draft')
    .set((eb) => ({ version: eb.ref('version') }))
    .where('id', '=', draft.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return locked;
}

async function lastVersion(trx: Db, draftId: string): Promise<number> {
  const { last } = await trx
    .selectFrom('lesson_draft_text')
    .select(({ fn }) => fn.max('version').as('last'))
    .where('draft_id', '=', draftId)
    .executeTakeFirstOrThrow();
  return Number(last ?? 0);
}

const writeText = (
  trx: Db,
  draftId: string,
  text: Pick<DraftText, 'version' | 'source' | 'how' | 'base'>,
  { who }: Actor,
  now: number,
) =>
  trx
    .insertInto('lesson_draft_text')
    .values({ draft_id: draftId, written_by: who, written_at: now, ...text })
    .execute();

const moveHead = (trx: Db, { id }: Draft, version: number, source: string, { who }: Actor, now: number) =>
  trx
    .updateTable('lesson_draft')
    .set({ version, title: titleOf(source), updated_by: who, updated_at: now })
    .where('id', '=', id)
    .execute();

/** No database keeps a NUL or half a character. Throws `UserError` when it is too long. */
function cleaned(source: string): string {
  if (source.length > LONGEST) throw new UserError('太长了，一课几百字就好。没有保存，请先删掉一些。');
  return normaliseSource(source.toWellFormed().replaceAll('\0', ''));
}

const titleOf = (source: string): string => readPieces(source).title || '还没有名字的课';

const audit = (trx: Db, what: string, { id, no }: Draft, { who, via = '' }: Actor, now: number) =>
  appendAudit(trx, { at: now, who, via, what, subject: id, after: { no } });
