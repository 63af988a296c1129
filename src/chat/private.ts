/** Quizzes in a private chat: made up for, or practised. Each answer is marked and told at once. */
import { startOfDay, localDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { composeQuestion, exampleOf, keyOf } from '../lessons/compose.ts';
import { renderInline } from '../lessons/chat.ts';
import type { Lesson, Question } from '../lessons/lesson.ts';
import { readPolicy } from '../people/policies.ts';
import { answerCard, countAsked, findDueCard, noteAsked, questionOf } from '../quiz/practice.ts';
import { closePrivateQuiz, openPrivateQuiz, type PrivateQuiz } from '../quiz/private.ts';
import type { Answers } from '../quiz/question.ts';
import { findWindow, lessonOf, ordersOf, type QuizWindow } from '../quiz/windows.ts';
import { answerWindow } from './answer.ts';

/** Questions as they are sent, with the form of an answer. */
export function sayQuiz(questions: readonly Question[], window?: Pick<QuizWindow, 'orders'>): string {
  const orders = window ? ordersOf(window) : {};
  const lines = questions.flatMap((question) =>
    composeQuestion(question, orders).map((part) => (part.kind === 'text' ? part.text : part.alt)),
  );
  return [...lines, `回复如 ${exampleOf(questions)}`].join('\n');
}

export interface Asked {
  readonly quiz: PrivateQuiz;
  readonly lesson: Pick<Lesson, 'questions'>;
}

/** What it asks; `undefined` when that is gone. */
export async function readPrivateQuiz(db: Db, quiz: PrivateQuiz): Promise<Asked | undefined> {
  if (quiz.card_id !== null) {
    const card = await db
      .selectFrom('practice_card')
      .selectAll()
      .where('id', '=', quiz.card_id)
      .executeTakeFirst();
    return card && { quiz, lesson: { questions: [questionOf(card)] } };
  }
  const window = quiz.window_id === null ? undefined : await findWindow(db, quiz.window_id);
  const lesson = window && (await lessonOf(db, window));
  return lesson && { quiz, lesson };
}

export interface PrivateAnswer {
  readonly memberId: string;
  readonly messageId: string;
  readonly writtenAt: number;
  readonly answers: Answers;
  readonly zone: string;
}

/** Records an answer to what was asked in private, and says what to reply. */
export const answerPrivate = (trx: Db, asked: Asked, answer: PrivateAnswer, now: number): Promise<string> =>
  asked.quiz.kind === 'practice'
    ? answerPractice(trx, asked, answer, now)
    : answerMakeup(trx, asked, answer, now);

async function answerMakeup(trx: Db, { quiz }: Asked, answer: PrivateAnswer, now: number): Promise<string> {
  const window = quiz.window_id === null ? undefined : await findWindow(trx, quiz.window_id);
  const lesson = window && (await lessonOf(trx, window));
  if (!lesson) return '这一课的内容不在了，补不了。';
  const { memberId, messageId, writtenAt, answers, zone } = answer;
  const message = { memberId, messageId, writtenAt, makeup: true };
  await answerWindow(trx, { window, lesson, message, answers, zone }, now);
  const counted = await trx
    .selectFrom('answer')
    .select(['question', 'correct'])
    .where('window_id', '=', window.id)
    .where('member_id', '=', memberId)
    .where('counted', '=', 1)
    .execute();
  const left = lesson.questions.filter(({ no }) => !counted.some(({ question }) => question === no));
  if (left.length > 0) return `记下了，还差第 ${left.map(({ no }) => no).join('、')} 题。`;
  await closePrivateQuiz(trx, quiz.id, now);
  const right = counted.filter(({ correct }) => correct === 1).length;
  const keys = lesson.questions.map((question) => {
    const isRight = counted.some(({ question: no, correct }) => no === question.no && correct === 1);
    return `${isRight ? '✓' : '✗'} ${question.no}. ${keyOf(question, ordersOf(window))}`;
  });
  return [`补学完成：答对 ${right} / ${lesson.questions.length} 题`, ...keys].join('\n');
}

async function answerPractice(trx: Db, { quiz }: Asked, answer: PrivateAnswer, now: number): Promise<string> {
  const card = await trx
    .selectFrom('practice_card')
    .selectAll()
    .where('id', '=', quiz.card_id ?? '')
    .executeTakeFirstOrThrow();
  const correct = await answerCard(
    trx,
    card,
    { value: answer.answers[1] ?? [], messageId: answer.messageId },
    now,
  );
  await closePrivateQuiz(trx, quiz.id, now);
  const question = questionOf(card);
  const told = correct ? '答对了，记住了。' : `正确答案：${keyOf(question)}`;
  const why = question.explanation === '' ? [] : [renderInline(question.explanation)];
  const next = await askCard(trx, answer.memberId, answer.zone, now);
  return [told, ...why, ...(next === undefined ? ['今天就练到这里。'] : ['———', next])].join('\n');
}

/** The next card that is due, within what a day allows; opens it. */
export async function askCard(
  trx: Db,
  memberId: string,
  zone: string,
  now: number,
): Promise<string | undefined> {
  const most = await readPolicy(trx, 'practice-per-day');
  if ((await countAsked(trx, memberId, startOfDay(localDay(now, zone), zone))) >= most) return undefined;
  const card = await findDueCard(trx, memberId, now);
  if (!card) return undefined;
  await noteAsked(trx, card, now);
  await openPrivateQuiz(trx, { memberId, kind: 'practice', cardId: card.id }, now);
  return sayQuiz([questionOf(card)]);
}
