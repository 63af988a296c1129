/** Lessons that were written in chat or console: in the catalogue as soon, and as long, as they are approved. */
import type { Db } from '../db/open.ts';
import { type Catalogue, loadCatalogue } from './catalogue.ts';
import type { Lesson } from './lesson.ts';
import { findRevision } from './revisions.ts';
import { isWritten } from './written-file.ts';

/** Those that may be sent now, the oldest first. */
export async function listWritten(db: Db): Promise<Lesson[]> {
  const heads = await db
    .selectFrom('review_item')
    .innerJoin('lesson_head', 'lesson_head.lesson_id', 'review_item.lesson_id')
    .innerJoin('lesson_revision', 'lesson_revision.hash', 'lesson_head.hash')
    .select(['lesson_head.hash', 'lesson_revision.file'])
    .where('review_item.kind', '=', 'lesson')
    .where('lesson_head.withdrawn_at', 'is', null)
    .orderBy('review_item.no')
    .execute();
  const lessons: Lesson[] = [];
  for (const { hash, file } of heads) {
    const lesson = isWritten(file) ? await findRevision(db, hash) : undefined;
    if (lesson) lessons.push(lesson);
  }
  return lessons;
}

/** Changes whenever the list does, and costs no parsing. */
export async function stampWritten(db: Db): Promise<string> {
  const heads = await db
    .selectFrom('review_item')
    .innerJoin('lesson_head', 'lesson_head.lesson_id', 'review_item.lesson_id')
    .select(['lesson_head.hash', 'lesson_head.withdrawn_at'])
    .where('review_item.kind', '=', 'lesson')
    .orderBy('review_item.no')
    .execute();
  return heads.map(({ hash, withdrawn_at: away }) => `${hash}:${away ?? ''}`).join(' ');
}

/** A file of the folder is the operator's word: it goes before one of the same id that was written. */
export function withWritten(catalogue: Catalogue, written: readonly Lesson[]): Catalogue {
  const added = written.filter(({ id }) => !catalogue.byId.has(id));
  if (added.length === 0) return catalogue;
  const lessons = [...catalogue.lessons, ...added];
  return { ...catalogue, lessons, byId: new Map(lessons.map((lesson) => [lesson.id, lesson])) };
}

/** All that can be sent: the folder's lessons, and those that were written here and approved. */
export const readCatalogue = async (db: Db, dir: string): Promise<Catalogue> =>
  withWritten(await loadCatalogue(dir), await listWritten(db));
