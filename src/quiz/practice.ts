/**
 * Practice: what a member got wrong comes back when they are about to forget it (FSRS, through ts-fsrs). Only for
 * those who said yes, only so many a day, and only in private.
 */
import { type Card, createEmptyCard, fsrs, Rating } from 'ts-fsrs';

import { DAY } from '../clock.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { PracticeCardTable } from '../db/tables.ts';
import type { Question } from '../lessons/lesson.ts';
import { hashItem } from './item.ts';
import { markAnswer } from './mark.ts';
import { lessonOf, type QuizWindow } from './windows.ts';

const scheduler = fsrs({ enable_fuzz: false, request_retention: 0.9, maximum_interval: 365 });

/** What was got wrong is asked again after a day at the earliest: at once, it is only repeated. */
const FIRST = DAY;

export const newCard = (now: number): Card => createEmptyCard(new Date(now));

/** The memory after an answer; `card` as it was kept. */
export const reviewCard = (card: Card, correct: boolean, now: number): Card =>
  scheduler.next(card, new Date(now), correct ? Rating.Good : Rating.Again).card;

const readCard = (row: PracticeCardTable): Card => JSON.parse(row.card) as Card;

/** Makes a card of everything that members who agreed got wrong in a closed window. Gives how many were made. */
export async function makeCards(db: Db, window: QuizWindow, now: number, memberId?: string): Promise<number> {
  const wrong = await db
    .selectFrom('answer')
    .innerJoin('consent', 'consent.member_id', 'answer.member_id')
    .select(['answer.member_id', 'answer.question'])
    .where('answer.window_id', '=', window.id)
    .where('answer.counted', '=', 1)
    .where('answer.correct', '=', 0)
    .where('consent.kind', '=', 'practice')
    .where('consent.withdrawn_at', 'is', null)
    .$if(memberId !== undefined, (query) => query.where('answer.member_id', '=', memberId ?? ''))
    .execute();
  if (wrong.length === 0) return 0;
  const lesson = await lessonOf(db, window);
  let made = 0;
  for (const answer of wrong) {
    const question = lesson?.questions.find(({ no }) => no === answer.question);
    if (!lesson || !question) continue;
    const inserted = await db
      .insertInto('practice_card')
      .values({
        id: newId(),
        member_id: answer.member_id,
        question_hash: hashItem(question),
        lesson_id: lesson.id,
        question: JSON.stringify({ ...question, no: 1 }),
        card: JSON.stringify(newCard(now)),
        due_at: now + FIRST,
        created_at: now,
        closed_at: null,
      })
      .onConflict((conflict) =>
        conflict.columns(['member_id', 'question_hash']).where('closed_at', 'is', null).doNothing(),
      )
      .returning('id')
      .executeTakeFirst();
    if (inserted) made += 1;
  }
  return made;
}

/** Cards of the windows of the last weeks, for somebody who has just agreed. */
export async function makeCardsFor(db: Db, memberId: string, now: number): Promise<number> {
  const windows = await missedBy(db, memberId)
    .where('closes_at', '>', now - 60 * DAY)
    .execute();
  let made = 0;
  for (const window of windows) made += await makeCards(db, window, now, memberId);
  return made;
}

/** Cards of everything that somebody got wrong in a lesson, whenever that was. */
export async function makeCardsOfLesson(
  db: Db,
  memberId: string,
  lessonId: string,
  now: number,
): Promise<void> {
  const windows = await missedBy(db, memberId).where('lesson_id', '=', lessonId).execute();
  for (const window of windows) await makeCards(db, window, now, memberId);
}

/** The closed quizzes in which somebody got anything wrong. */
const missedBy = (db: Db, memberId: string) =>
  db
    .selectFrom('quiz_window')
    .selectAll('quiz_window')
    .where('closed_at', 'is not', null)
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('answer')
        .select('window_id')
        .where('member_id', '=', memberId)
        .where('counted', '=', 1)
        .where('correct', '=', 0),
    );

/** The card that is due longest. */
export const findDueCard = (db: Db, memberId: string, now: number): Promise<PracticeCardTable | undefined> =>
  db
    .selectFrom('practice_card')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('closed_at', 'is', null)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('id')
    .executeTakeFirst();

export const questionOf = (card: PracticeCardTable): Question => JSON.parse(card.question) as Question;

/** How many cards a member was asked since an instant. */
export async function countAsked(db: Db, memberId: string, since: number): Promise<number> {
  const { asked } = await db
    .selectFrom('practice_review')
    .select(({ fn }) => fn.countAll<number>().as('asked'))
    .where('member_id', '=', memberId)
    .where('asked_at', '>=', since)
    .executeTakeFirstOrThrow();
  return Number(asked);
}

export async function noteAsked(db: Db, card: PracticeCardTable, now: number): Promise<void> {
  await db
    .insertInto('practice_review')
    .values({
      id: newId(),
      card_id: card.id,
      member_id: card.member_id,
      asked_at: now,
      answered_at: null,
      value: null,
      correct: null,
      message_id: null,
    })
    .execute();
}

/** Marks an answer to a card and puts off the card for as long as the memory should last. */
export async function answerCard(
  db: Db,
  card: PracticeCardTable,
  answer: { readonly value: readonly string[]; readonly messageId: string },
  now: number,
): Promise<boolean> {
  const correct = markAnswer(questionOf(card), answer.value);
  const next = reviewCard(readCard(card), correct, now);
  // A day at least: minutes would be a second message at once.
  const due = Math.max(new Date(next.due).getTime(), now + FIRST);
  await db
    .updateTable('practice_card')
    .set({ card: JSON.stringify(next), due_at: due })
    .where('id', '=', card.id)
    .execute();
  await db
    .updateTable('practice_review')
    .set({
      answered_at: now,
      value: answer.value.join(''),
      correct: correct ? 1 : 0,
      message_id: answer.messageId,
    })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('practice_review')
        .select('id')
        .where('card_id', '=', card.id)
        .where('answered_at', 'is', null)
        .orderBy('asked_at', 'desc')
        .limit(1),
    )
    .execute();
  return correct;
}
