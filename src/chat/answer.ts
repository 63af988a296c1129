/** Answers to a window, wherever they were given: marked, recorded, rolled up, their points noted. */
import type { Db } from '../db/open.ts';
import { applyChanges } from '../digest/changes.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { readPolicy } from '../people/policies.ts';
import { type AnsweredMessage, type NewAnswer, recordAnswers } from '../quiz/answers.ts';
import { markAnswer, scoreAnswer } from '../quiz/mark.ts';
import type { Answers } from '../quiz/question.ts';
import { toCanonical } from '../quiz/shuffle.ts';
import { lessonToMark, ordersOf, type QuizWindow } from '../quiz/windows.ts';

export interface Answering {
  readonly window: QuizWindow;
  /** As the window asks it. */
  readonly lesson: Lesson;
  readonly message: AnsweredMessage;
  /** By the letters that the group sees. */
  readonly answers: Answers;
  readonly zone: string;
}

/** Gives the numbers of the questions that were answered. */
export async function answerWindow(trx: Db, answering: Answering, now: number): Promise<number[]> {
  const { window, message, answers, zone } = answering;
  const lesson = await lessonToMark(trx, window, answering.lesson);
  const marked = await markAll(trx, window, lesson, toCanonical(answers, lesson.questions, ordersOf(window)));
  const changes = await recordAnswers(trx, window, message, marked, now);
  await applyChanges(
    trx,
    { windowId: window.id, groupId: window.group_id, memberId: message.memberId, zone },
    changes,
  );
  return marked.map(({ question }) => question);
}

async function markAll(trx: Db, window: QuizWindow, lesson: Lesson, answers: Answers): Promise<NewAnswer[]> {
  const marked: NewAnswer[] = [];
  for (const [no, value] of Object.entries(answers)) {
    const question = lesson.questions[Number(no) - 1];
    if (!question) continue;
    const correct = markAnswer(question, value);
    // Only a multiple choice can be right in part: the others don't ask for the setting.
    const score =
      correct || question.type !== 'multi'
        ? undefined
        : scoreAnswer(question, value, await readPolicy(trx, 'multi-credit', { groupId: window.group_id }));
    const joined = question.type === 'text' ? value.join(' ') : value.join('');
    marked.push({ question: question.no, value: joined, correct, ...(score === undefined ? {} : { score }) });
  }
  return marked;
}
