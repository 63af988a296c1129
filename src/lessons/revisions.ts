/**
 * The revisions that may be sent, by content hash. A file in the lessons' folder counts as approved by the
 * operator who put it there; its whole source is kept, so that what was planned can be sent as it was.
 */
import { type Db, inTransaction } from '../db/open.ts';
import type { LessonHeadTable } from '../db/tables.ts';
import type { Catalogue } from './catalogue.ts';
import type { Lesson } from './lesson.ts';
import { parseLesson } from './parse.ts';
import { isWritten } from './written-file.ts';

/** Records the source of a lesson under its hash. Idempotent. */
export async function recordRevision(db: Db, lesson: Lesson, source: string, approvedBy: string, now: number): Promise<void> {
  await db
    .insertInto('lesson_revision')
    .values({
      hash: lesson.hash,
      lesson_id: lesson.id,
      title: lesson.title,
      course: lesson.course,
      file: lesson.file,
      source,
      approved_by: approvedBy,
      recorded_at: now,
    })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute();
}

/** The lesson as it stood in that revision; `undefined` when it was never recorded. */
export async function findRevision(db: Db, hash: string): Promise<Lesson | undefined> {
  const known = parsed.get(hash);
  if (known) return known;
  const row = await db
    .selectFrom('lesson_revision')
    .select(['source', 'file'])
    .where('hash', '=', hash)
    .executeTakeFirst();
  return row && parseOnce(hash, row.source, row.file);
}

/** What was read lately, by hash, which stands for one source for ever: every answer asks for its lesson, and no revision is ever taken out. */
const parsed = new Map<string, Lesson>();
const KEPT_PARSED = 100;

function parseOnce(hash: string, source: string, file: string): Lesson | undefined {
  const { lesson } = parseLesson(source, file);
  if (!lesson) return undefined;
  const [oldest] = parsed.keys();
  if (parsed.size >= KEPT_PARSED && oldest !== undefined) parsed.delete(oldest);
  parsed.set(hash, lesson);
  return lesson;
}

/** The revision of a lesson that may be sent now; `undefined` when there never was one. */
export const findHead = (db: Db, lessonId: string): Promise<LessonHeadTable | undefined> =>
  db.selectFrom('lesson_head').selectAll().where('lesson_id', '=', lessonId).executeTakeFirst();

/** Makes a recorded revision the one that may be sent. */
export async function setHead(db: Db, lessonId: string, hash: string, now: number): Promise<void> {
  await db
    .insertInto('lesson_head')
    .values({ lesson_id: lessonId, hash, since: now, withdrawn_at: null })
    .onConflict((conflict) =>
      conflict.column('lesson_id').doUpdateSet({ hash, since: now, withdrawn_at: null, why: null }),
    )
    .execute();
}

/** Takes the approval of a lesson back, if that is the revision that has it; `why` is for people, in Chinese. */
export async function voidHead(
  db: Db,
  lessonId: string,
  hash: string,
  why: string,
  now: number,
): Promise<void> {
  await db
    .updateTable('lesson_head')
    .set({ withdrawn_at: now, why })
    .where('lesson_id', '=', lessonId)
    .where('hash', '=', hash)
    .where('withdrawn_at', 'is', null)
    .execute();
}

/**
 * Records what the lessons' folder holds: new revisions become the approved ones, lessons whose file is gone
 * are withdrawn. A file that can't be read at the moment keeps the revision that it had.
 */
export async function recordCatalogue(
  db: Db,
  { lessons, faults, sources }: Catalogue,
  who: string,
  now: number,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const heads = await trx
      .selectFrom('lesson_head')
      .innerJoin('lesson_revision', 'lesson_revision.hash', 'lesson_head.hash')
      .select(['lesson_head.lesson_id', 'lesson_head.hash', 'withdrawn_at', 'file'])
      .execute();
    const known = new Map(heads.map((head) => [head.lesson_id, head]));
    for (const lesson of lessons) {
      const head = known.get(lesson.id);
      if (head?.hash === lesson.hash && head.withdrawn_at === null) continue;
      await recordRevision(trx, lesson, sources.get(lesson.hash) ?? '', who, now);
      await setHead(trx, lesson.id, lesson.hash, now);
    }
    const there = new Set(lessons.map(({ id }) => id));
    const faulty = new Set(faults.map(({ file }) => file));
    const gone = heads.filter(
      (head) =>
        head.withdrawn_at === null &&
        !there.has(head.lesson_id) &&
        !faulty.has(head.file) &&
        !isWritten(head.file),
    );
    for (const { lesson_id: lessonId } of gone)
      await trx
        .updateTable('lesson_head')
        .set({ withdrawn_at: now })
        .where('lesson_id', '=', lessonId)
        .execute();
  });
}
