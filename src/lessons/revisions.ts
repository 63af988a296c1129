/**
 * The revisions that may be sent, by content hash. A file in the lessons' folder counts as approved by the
 * operator who put it there; its whole source is kept, so that what was planned can be sent as it was.
 */
import type { Db } from '../db/open.ts';
import type { Lesson } from './lesson.ts';
import { parseLesson } from './parse.ts';

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
  const row = await db
    .selectFrom('lesson_revision')
    .select(['source', 'file'])
    .where('hash', '=', hash)
    .executeTakeFirst();
  return row && parseLesson(row.source, row.file).lesson;
}
