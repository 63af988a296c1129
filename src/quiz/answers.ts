/** Recording answers: all are kept, the last one written before closing counts. */
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { QuizWindow } from './windows.ts';

export interface NewAnswer {
  readonly question: number;
  /** `AC`, `对`, or the word. */
  readonly value: string;
  readonly correct: boolean;
}

export interface AnsweredMessage {
  /** The inbox row. */
  readonly messageId: string;
  readonly memberId: string;
  readonly writtenAt: number;
}

/**
 * Records what one message answered. Idempotent by message. Of a member's answers to a question the one
 * written last counts, whatever order they arrived in. Gives the instants of writing of every answer that began
 * or ceased to count: the caller rolls up their days and the window in the same transaction.
 */
export async function recordAnswers(
  trx: Db,
  window: QuizWindow,
  message: AnsweredMessage,
  answers: readonly NewAnswer[],
  now: number,
): Promise<number[]> {
  const touched: number[] = [];
  for (const { question, value, correct } of answers) {
    const counted = await trx
      .selectFrom('answer')
      .select(['id', 'written_at', 'message_id'])
      .where('window_id', '=', window.id)
      .where('member_id', '=', message.memberId)
      .where('question', '=', question)
      .where('counted', '=', 1)
      .executeTakeFirst();
    if (counted?.message_id === message.messageId) continue;
    const isLast = !counted || counted.written_at <= message.writtenAt;
    if (counted && isLast) {
      await trx.updateTable('answer').set({ counted: 0 }).where('id', '=', counted.id).execute();
      touched.push(counted.written_at);
    }
    touched.push(message.writtenAt);
    await trx
      .insertInto('answer')
      .values({
        id: newId(),
        window_id: window.id,
        group_id: window.group_id,
        member_id: message.memberId,
        question,
        value,
        correct: correct ? 1 : 0,
        counted: isLast ? 1 : 0,
        message_id: message.messageId,
        written_at: message.writtenAt,
        recorded_at: now,
      })
      .onConflict((conflict) => conflict.columns(['message_id', 'question']).doNothing())
      .execute();
  }
  return touched;
}

export interface QuestionResult {
  readonly question: number;
  readonly answers: number;
  readonly correct: number;
}

/** Per question how many answered and how many rightly, from the rollup. */
export const listQuestionResults = (db: Db, windowId: string): Promise<QuestionResult[]> =>
  db
    .selectFrom('rollup_question')
    .select(['question', 'answers', 'correct'])
    .where('window_id', '=', windowId)
    .orderBy('question')
    .execute();
