/** The answers of which item statistics are made: those that count, given in time, by the revision they belong to. */
import type { Db } from '../db/open.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { type ItemStats, itemStats, type Response } from './item-stats.ts';
import { isReview, lessonOf } from './windows.ts';

export interface RevisionStats {
  readonly lesson: Lesson;
  readonly stats: readonly ItemStats[];
}

/** Of each revision that was asked, the questions of its own; what a window drew is another one in each. */
export async function listItemStats(db: Db, lessonId?: string): Promise<RevisionStats[]> {
  const windows = await db
    .selectFrom('quiz_window')
    .selectAll()
    .$if(lessonId !== undefined, (query) => query.where('lesson_id', '=', lessonId ?? ''))
    .orderBy('lesson_id')
    .orderBy('opens_at')
    .execute();
  const found: RevisionStats[] = [];
  for (const [, asked] of Map.groupBy(
    windows.filter((window) => !isReview(window)),
    ({ hash }) => hash,
  )) {
    const last = asked.at(-1);
    const lesson = last && (await lessonOf(db, last));
    if (!lesson) continue;
    const own = new Set(
      (last.drawn === null ? lesson.questions : lesson.questions.filter(({ line }) => line > 0)).map(
        ({ no }) => no,
      ),
    );
    const responses: Response[] = [];
    for (const window of asked) responses.push(...(await readResponses(db, window.id)));
    const items = lesson.questions.filter(({ no }) => own.has(no));
    found.push({ lesson, stats: itemStats(items, responses) });
  }
  return found;
}

async function readResponses(db: Db, windowId: string): Promise<Response[]> {
  const answers = await db
    .selectFrom('answer')
    .select(['member_id', 'question', 'value', 'correct', 'score'])
    .where('window_id', '=', windowId)
    .where('counted', '=', 1)
    .where('makeup', '=', 0)
    .execute();
  return [...Map.groupBy(answers, (answer) => answer.member_id).values()].map(
    (own) =>
      new Map(
        own.map(({ question, value, correct, score }) => [
          question,
          { value, correct: correct === 1, score },
        ]),
      ),
  );
}
