/**
 * Answers that are tapped on a page: the same windows, records and marking as what is typed. Each tap is a row of the
 * inbox like any message, so that every answer has one; the id that the page gives it tells a tap sent twice.
 */
import { DAY, HOUR } from '../clock.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { UserError } from '../errors.ts';
import type { Lesson, Question } from '../lessons/lesson.ts';
import { readPolicy } from '../people/policies.ts';
import { WEB } from '../quiz/answers.ts';
import { findOwnWindow, type Given, readGiven } from '../quiz/mine.ts';
import { answerCard, questionOf } from '../quiz/practice.ts';
import { closePrivateQuiz, findPrivateQuiz } from '../quiz/private.ts';
import type { Answers, OpenQuestion } from '../quiz/question.ts';
import { readAnswer } from '../quiz/read.ts';
import { toCanonical } from '../quiz/shuffle.ts';
import { lessonOf, ordersOf, type QuizWindow } from '../quiz/windows.ts';
import { answerWindow } from './answer.ts';

const LONGEST_VALUE = 100;
/** A page that was offline sends what was tapped then; it is believed for so long. */
const OFFLINE = 12 * HOUR;
/** More than anybody changes their mind. */
const MOST_ROWS = 300;

export interface Tap {
  readonly windowId: string;
  readonly memberId: string;
  /** Made by the page, unique for each tap. */
  readonly tapId: string;
  /** By question number what was chosen, in the letters that the page showed, or written. */
  readonly values: Readonly<Record<number, readonly string[]>>;
  /** When it was tapped, ms, by the page's clock. */
  readonly tappedAt: number;
}

export interface Tapped {
  readonly answered: readonly number[];
  /** Whether the quiz was closed already: it counts as made up for. */
  readonly makeup: boolean;
}

/**
 * Records a tap. Throws `UserError` when the window isn't theirs to answer, is over for good, or the value is none of
 * its. What says again what counts already is no further answer: a form sends all of its questions every time.
 */
export async function recordTap(db: Db, tap: Tap, zone: string, now: number): Promise<Tapped> {
  return await inTransaction(db, async (trx) => {
    const window = await findOwnWindow(trx, tap.memberId, tap.windowId);
    const lesson = window && (await lessonOf(trx, window));
    if (!lesson) throw new UserError('没有这次小测，或者它不在你的群里。');
    const { makeup, writtenAt } = await placeInTime(trx, window, tap.tappedAt, now);
    const answers: Record<number, readonly string[]> = {};
    for (const [no, value] of Object.entries(tap.values)) {
      const question = lesson.questions.find((one) => one.no === Number(no));
      if (!question) throw new UserError(`没有第 ${no} 题。`);
      answers[question.no] = readValue(question, value);
    }
    const answered = Object.keys(answers).map(Number);
    if (answered.length === 0) throw new UserError('还没有选。');
    if (await isKnown(trx, tap)) return { answered, makeup };
    const given = await readGiven(trx, window.id, tap.memberId);
    if (given.rows >= MOST_ROWS) throw new UserError('改的次数太多了，先这样吧。');
    const fresh = dropUnchanged(answers, lesson, window, given, makeup);
    if (makeup) refuseDone(lesson, given, fresh);
    if (Object.keys(fresh).length === 0) return { answered, makeup };
    const messageId = await writeTap(trx, tap, writtenAt, { kind: 'answer', answers: fresh }, now);
    if (messageId === undefined) return { answered, makeup };
    const message = { messageId, memberId: tap.memberId, writtenAt, makeup };
    await answerWindow(trx, { window, lesson, message, answers: fresh, zone }, now);
    return { answered, makeup };
  });
}

/**
 * When it counts as tapped. A page's clock may be wrong or set back by hand: it is believed only as long as the key is
 * still secret. What comes afterwards makes up for what was missed, whenever it says it was tapped.
 */
async function placeInTime(
  trx: Db,
  window: QuizWindow,
  tappedAt: number,
  now: number,
): Promise<{ makeup: boolean; writtenAt: number }> {
  if (now < window.opens_at) throw new UserError('这次小测还没开始。');
  const at = Math.min(now, Math.max(tappedAt, now - OFFLINE, window.opens_at));
  if (now < window.closes_at || (window.closed_at === null && at < window.closes_at))
    return { makeup: false, writtenAt: at };
  const days = await readPolicy(trx, 'makeup-days', { groupId: window.group_id });
  if (now >= window.closes_at + days * DAY) throw new UserError('这次小测已经截止，也过了补学的时间。');
  return { makeup: true, writtenAt: Math.max(at, window.closes_at) };
}

const isKnown = async (trx: Db, { memberId, tapId }: Pick<Tap, 'memberId' | 'tapId'>): Promise<boolean> =>
  (await trx
    .selectFrom('message')
    .select('id')
    .where('account', '=', WEB)
    .where('channel_id', '=', `${memberId} ${tapId}`)
    .executeTakeFirst()) !== undefined;

/** By the letters that the group sees, without what counts already in the same words. */
function dropUnchanged(
  answers: Answers,
  lesson: Lesson,
  window: QuizWindow,
  { counted }: Given,
  makeup: boolean,
): Answers {
  const canonical = toCanonical(answers, lesson.questions, ordersOf(window));
  const isSame = (no: number) => {
    const before = counted.get(no);
    const separator = lesson.questions.find((one) => one.no === no)?.type === 'text' ? ' ' : '';
    // What was answered in time stays: nothing of it is left to make up for.
    return (
      before !== undefined && (before.value === canonical[no]?.join(separator) || (makeup && !before.makeup))
    );
  };
  return Object.fromEntries(Object.entries(answers).filter(([no]) => !isSame(Number(no))));
}

/** Once all of it is answered the page shows what is right: nothing can be changed then. */
function refuseDone(lesson: Lesson, { counted }: Given, fresh: Answers): void {
  if (Object.keys(fresh).length > 0 && lesson.questions.every(({ no }) => counted.has(no)))
    throw new UserError('这一课补完了，答案已经看得到，不能再改。');
}

/** As the question takes it: letters among its options, 对 or 错, a number, a word. */
function readValue(question: Question, value: readonly string[]): readonly string[] {
  const wrong = () => new UserError(`第 ${question.no} 题的答案填得不对。`);
  const joined = value.join('').trim();
  if (joined === '' || joined.length > LONGEST_VALUE) throw wrong();
  if (question.type === 'text') return [joined.replaceAll('\0', '')];
  const open: OpenQuestion = { type: question.type, options: question.options.length };
  // The same rules as for what is typed, said outright.
  const reading = readAnswer(question.type === 'number' ? `答案是${joined}` : joined, [open]);
  const read = reading.kind === 'answer' ? reading.answers[1] : undefined;
  if (!read) throw wrong();
  return read;
}

/** The inbox row; `undefined` when that tap was recorded before. */
async function writeTap(
  trx: Db,
  { tapId, memberId }: Pick<Tap, 'tapId' | 'memberId'>,
  tappedAt: number,
  intent: { readonly kind: 'answer' | 'practice'; readonly answers: Answers },
  now: number,
): Promise<string | undefined> {
  const row = await trx
    .insertInto('message')
    .values({
      id: newId(),
      account: WEB,
      channel_id: `${memberId} ${tapId}`,
      room_id: null,
      contact_id: memberId,
      sender_name: '',
      kind: 'other',
      text: '',
      mention: 0,
      sent_at: tappedAt,
      received_at: now,
      state: 'handled',
      attempts: 0,
      try_at: null,
      intent: JSON.stringify(intent),
      handled_at: now,
    })
    .onConflict((conflict) => conflict.columns(['account', 'channel_id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id;
}

export interface PracticeTap {
  readonly memberId: string;
  readonly cardId: string;
  readonly tapId: string;
  readonly value: readonly string[];
}

/** Answers the card that a member is being asked; gives the review's id. Throws `UserError` when another one is asked. */
export async function recordPracticeTap(db: Db, tap: PracticeTap, now: number): Promise<string> {
  return await inTransaction(db, async (trx) => {
    const asked = await findPrivateQuiz(trx, tap.memberId, now);
    const card = await trx
      .selectFrom('practice_card')
      .selectAll()
      .where('id', '=', tap.cardId)
      .where('member_id', '=', tap.memberId)
      .executeTakeFirst();
    if (!card || !asked || asked.card_id !== card.id) throw new UserError('这道题已经答过，或者过时了。');
    const answers = { 1: readValue(questionOf(card), tap.value) };
    const messageId = await writeTap(trx, tap, now, { kind: 'practice', answers }, now);
    if (messageId === undefined) throw new UserError('这道题已经答过了。');
    await answerCard(trx, card, { value: answers[1], messageId }, now);
    await closePrivateQuiz(trx, asked.id, now);
    const review = await trx
      .selectFrom('practice_review')
      .select('id')
      .where('message_id', '=', messageId)
      .executeTakeFirstOrThrow();
    return review.id;
  });
}
