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

/** By how much a message changed what counts in a window. */
export interface AnswerChanges {
  /** 1 when it is the first that counts of this member there, else 0. */
  readonly members: number;
  /** One line for each answer that began (1) or ceased (-1) to count, or was kept without counting (0). */
  readonly lines: readonly AnswerChange[];
}

export interface AnswerChange {
  readonly question: number;
  /** When the answer was written, ms: its local day is the one that changes. */
  readonly writtenAt: number;
  readonly answers: -1 | 0 | 1;
  /** Of `answers` those that are right. */
  readonly correct: -1 | 0 | 1;
}

/**
 * Records what one message answered. Idempotent by message. Of a member's answers to a question the one
 * written last counts, whatever order they arrived in. Gives what changed: the caller adds it to the rollups in
 * the same transaction.
 */
export async function recordAnswers(
  trx: Db,
  window: QuizWindow,
  message: AnsweredMessage,
  answers: readonly NewAnswer[],
  now: number,
): Promise<AnswerChanges> {
  const recorded = await trx
    .selectFrom('answer')
    .select('question')
    .where('message_id', '=', message.messageId)
    .execute();
  const known = new Set(recorded.map(({ question }) => question));
  const fresh = answers.filter(({ question }) => !known.has(question));
  if (fresh.length === 0) return { members: 0, lines: [] };

  const counting = await trx
    .selectFrom('answer')
    .select(['id', 'question', 'correct', 'written_at'])
    .where('window_id', '=', window.id)
    .where('member_id', '=', message.memberId)
    .where('counted', '=', 1)
    .execute();
  const countingFor = new Map(counting.map((answer) => [answer.question, answer]));
  const judged = fresh.map((answer) => {
    const before = countingFor.get(answer.question);
    return { ...answer, before, counts: !before || before.written_at <= message.writtenAt };
  });

  const replaced = judged.flatMap(({ before, counts }) => (before && counts ? [before] : []));
  if (replaced.length > 0)
    await trx
      .updateTable('answer')
      .set({ counted: 0 })
      .where(
        'id',
        'in',
        replaced.map(({ id }) => id),
      )
      .execute();
  await trx
    .insertInto('answer')
    .values(
      judged.map(({ question, value, correct, counts }) => ({
        id: newId(),
        window_id: window.id,
        group_id: window.group_id,
        member_id: message.memberId,
        question,
        value,
        correct: flag(correct),
        counted: flag(counts),
        message_id: message.messageId,
        written_at: message.writtenAt,
        recorded_at: now,
      })),
    )
    .execute();

  return {
    members: counting.length === 0 ? 1 : 0,
    lines: [
      ...replaced.map(({ question, correct, written_at: writtenAt }): AnswerChange => ({
        question,
        writtenAt,
        answers: -1,
        correct: correct === 1 ? -1 : 0,
      })),
      ...judged.map(({ question, correct, counts }): AnswerChange => ({
        question,
        writtenAt: message.writtenAt,
        answers: flag(counts),
        correct: flag(counts && correct),
      })),
    ],
  };
}

const flag = (truth: boolean): 0 | 1 => (truth ? 1 : 0);

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
