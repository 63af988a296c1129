/**
 * Answers that are tapped on a page: the same windows, records and marking as what is typed. Each tap is a row of the
 * inbox like any message, so that every answer has one; the id that the page gives it tells a tap sent twice.
 */
import { HOUR } from '../clock.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { UserError } from '../errors.ts';
import type { Question } from '../lessons/lesson.ts';
import { readPolicy } from '../people/policies.ts';
import type { Answers, OpenQuestion } from '../quiz/question.ts';
import { readAnswer } from '../quiz/read.ts';
import { findWindow, lessonOf, type QuizWindow } from '../quiz/windows.ts';
import { answerWindow } from './answer.ts';

/** The account of the inbox under which taps stand. */
export const WEB = 'web';
const LONGEST_VALUE = 100;
/** A page that was offline sends what was tapped then; it is believed for so long. */
const OFFLINE = 12 * HOUR;

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

/** Records a tap. Throws `UserError` when the window isn't there, is over for good, or the value is none of its. */
export async function recordTap(db: Db, tap: Tap, zone: string, now: number): Promise<Tapped> {
  return await inTransaction(db, async (trx) => {
    const window = await findWindow(trx, tap.windowId);
    const lesson = window && (await lessonOf(trx, window));
    if (!lesson) throw new UserError('这次小测不在了。');
    const tappedAt = Math.min(now, Math.max(tap.tappedAt, now - OFFLINE));
    const makeup = await isMakeup(trx, window, tappedAt);
    const answers: Record<number, readonly string[]> = {};
    for (const [no, value] of Object.entries(tap.values)) {
      const question = lesson.questions.find((one) => one.no === Number(no));
      if (!question) throw new UserError(`没有第 ${no} 题。`);
      answers[question.no] = readValue(question, value);
    }
    if (Object.keys(answers).length === 0) throw new UserError('还没有选。');
    const messageId = await writeTap(trx, tap, tappedAt, answers, now);
    if (messageId === undefined) return { answered: Object.keys(answers).map(Number), makeup };
    const message = { messageId, memberId: tap.memberId, writtenAt: tappedAt, makeup };
    return { answered: await answerWindow(trx, { window, lesson, message, answers, zone }, now), makeup };
  });
}

async function isMakeup(trx: Db, window: QuizWindow, at: number): Promise<boolean> {
  if (at < window.opens_at) throw new UserError('这次小测还没开始。');
  if (at < window.closes_at) return false;
  const days = await readPolicy(trx, 'makeup-days', { groupId: window.group_id });
  if (at >= window.closes_at + days * 24 * HOUR) throw new UserError('这次小测已经截止，也过了补学的时间。');
  return true;
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
  { tapId, memberId }: Tap,
  tappedAt: number,
  answers: Answers,
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
      intent: JSON.stringify({ kind: 'answer', answers }),
      handled_at: now,
    })
    .onConflict((conflict) => conflict.columns(['account', 'channel_id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id;
}
