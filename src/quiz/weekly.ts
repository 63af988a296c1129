/** The question that a group missed most in a week comes back as its weekly review. */
import { DAY } from '../clock.ts';
import type { Db } from '../db/open.ts';
import type { Lesson, Question } from '../lessons/lesson.ts';
import { type Asking, insertWindow, isReview, lessonOf, type NewWindow, type QuizWindow } from './windows.ts';

const SPAN = 7 * DAY;
/** Fewer answers tell nothing of a question. */
const ENOUGH = 3;
/** Share of right answers from which on a question needs no review. */
const KNOWN = 0.8;

export interface Review {
  readonly window: QuizWindow;
  readonly question: number;
}

/** The question of the last week that the group got wrong most often; `undefined` when it got all of them. */
export async function pickReview(db: Db, groupId: string, now: number): Promise<Review | undefined> {
  const windows = await db
    .selectFrom('quiz_window')
    .selectAll()
    .where('group_id', '=', groupId)
    .where('closed_at', 'is not', null)
    .where('closes_at', '>', now - SPAN)
    .orderBy('closes_at')
    .orderBy('id')
    .execute();
  let worst: (Review & { readonly share: number }) | undefined;
  for (const window of windows) {
    if (isReview(window)) continue;
    const results = await db
      .selectFrom('rollup_question')
      .selectAll()
      .where('window_id', '=', window.id)
      .orderBy('question')
      .execute();
    for (const { question, answers, correct } of results) {
      const share = correct / answers;
      if (answers >= ENOUGH && share < KNOWN && share < (worst?.share ?? 1))
        worst = { window, question, share };
    }
  }
  return worst && { window: worst.window, question: worst.question };
}

/** The question, as the only one of a quiz of its own. */
export async function readReview(
  db: Db,
  { window, question }: Review,
): Promise<{ lesson: Lesson; question: Question } | undefined> {
  const lesson = await lessonOf(db, window);
  const found = lesson?.questions.find(({ no }) => no === question);
  return lesson && found && { lesson, question: { ...found, no: 1 } };
}

/** Opens the window of a review, once, to be answered as the group has it set. */
export const openReview = (
  db: Db,
  opened: NewWindow,
  question: Question,
  { mode, attempts }: Pick<Asking, 'mode' | 'attempts'>,
): Promise<QuizWindow> =>
  insertWindow(db, opened, { drawn: JSON.stringify({ only: [question] }), orders: null, mode, attempts });
