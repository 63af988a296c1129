/**
 * Recording answers: all are kept, the last one written before closing counts, or the last of the first few where a
 * group allows no more. One given afterwards, to make up for it, counts only where there is none in time.
 */
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import { FULL } from './mark.ts';
import type { QuizWindow } from './windows.ts';

/** The account of the inbox under which stands what was tapped on a page. */
export const WEB = 'web';

export interface NewAnswer {
  readonly question: number;
  /** `AC`, `对`, or the word. */
  readonly value: string;
  readonly correct: boolean;
  /** In thousandths of a right answer; by `correct` when it is left out. */
  readonly score?: number;
}

export interface AnsweredMessage {
  /** The inbox row. */
  readonly messageId: string;
  readonly memberId: string;
  readonly writtenAt: number;
  /** Whether it was given after closing, to make up for what was missed. */
  readonly makeup?: boolean;
}

/** By how much a message changed what counts in a window. */
export interface AnswerChanges {
  /** 1 when it is the first that counts of this member there, -1 when the last ceased to, else 0. */
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
    .select(['id', 'question', 'correct', 'written_at', 'makeup'])
    .where('window_id', '=', window.id)
    .where('member_id', '=', message.memberId)
    .where('counted', '=', 1)
    .execute();
  const countingFor = new Map(counting.map((answer) => [answer.question, answer]));
  const spent = window.attempts > 0 && !message.makeup ? await attemptsOf(trx, window, message) : [];
  const judged = fresh.map((answer) => {
    const before = countingFor.get(answer.question);
    const earlier = spent.filter(({ question }) => question === answer.question).length;
    const isOpen = message.makeup
      ? !before || before.makeup === 1
      : window.attempts === 0 || earlier < window.attempts;
    return { ...answer, before, counts: isOpen && (!before || before.written_at <= message.writtenAt) };
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
      judged.map(({ question, value, correct, score, counts }) => ({
        id: newId(),
        window_id: window.id,
        group_id: window.group_id,
        member_id: message.memberId,
        question,
        value,
        correct: flag(correct),
        score: score ?? FULL * flag(correct),
        counted: flag(counts),
        makeup: flag(message.makeup === true),
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

/** The answers that a member has given there so far. */
const attemptsOf = (trx: Db, window: QuizWindow, { memberId }: AnsweredMessage) =>
  trx
    .selectFrom('answer')
    .select('question')
    .where('window_id', '=', window.id)
    .where('member_id', '=', memberId)
    .where('withdrawn_at', 'is', null)
    .where('makeup', '=', 0)
    .execute();

export interface Withdrawn {
  readonly windowId: string;
  readonly groupId: string;
  readonly memberId: string;
  /** How many answers. */
  readonly withdrawn: number;
  readonly changes: AnswerChanges;
}

/**
 * Lets the answers of a recalled message count no more, and what was answered before it count again. Gives what
 * changed by window. The rows stay.
 */
export async function withdrawAnswers(trx: Db, messageId: string, now: number): Promise<Withdrawn[]> {
  const withdrawn = await trx
    .updateTable('answer')
    .set({ withdrawn_at: now })
    .where('message_id', '=', messageId)
    .where('withdrawn_at', 'is', null)
    .returning(['id', 'window_id', 'group_id', 'member_id', 'question', 'correct', 'counted', 'written_at'])
    .execute();
  const [first] = withdrawn;
  if (!first) return [];
  const { window_id: windowId, group_id: groupId, member_id: memberId } = first;
  const before = await countMembers(trx, windowId, memberId);
  const lines: AnswerChange[] = [];
  for (const answer of withdrawn) {
    await trx.updateTable('answer').set({ counted: 0 }).where('id', '=', answer.id).execute();
    lines.push({
      question: answer.question,
      writtenAt: answer.written_at,
      answers: answer.counted === 1 ? -1 : 0,
      correct: answer.counted === 1 && answer.correct === 1 ? -1 : 0,
    });
    if (answer.counted === 0) continue;
    const next = await countBestAnswer(trx, { windowId, question: answer.question, memberId });
    if (next)
      lines.push({
        question: answer.question,
        writtenAt: next.written_at,
        answers: 1,
        correct: next.correct,
      });
  }
  const after = await countMembers(trx, windowId, memberId);
  return [
    { windowId, groupId, memberId, withdrawn: withdrawn.length, changes: { members: after - before, lines } },
  ];
}

export interface AnswerPlace {
  readonly windowId: string;
  readonly question: number;
  readonly memberId: string;
}

/**
 * Lets that answer of a member count which should: the last one written in time, of as many as the window allows, else
 * the last one that makes up for it; none that was recalled. None of them may count when it is called.
 */
export async function countBestAnswer(
  trx: Db,
  { windowId, question, memberId }: AnswerPlace,
): Promise<{ id: string; correct: 0 | 1; written_at: number } | undefined> {
  const window = await trx
    .selectFrom('quiz_window')
    .select('attempts')
    .where('id', '=', windowId)
    .executeTakeFirst();
  const left = await trx
    .selectFrom('answer')
    .select(['id', 'correct', 'written_at', 'makeup'])
    .where('window_id', '=', windowId)
    .where('question', '=', question)
    .where('member_id', '=', memberId)
    .where('withdrawn_at', 'is', null)
    .orderBy('written_at')
    .orderBy('recorded_at')
    .orderBy('id')
    .execute();
  const inTime = left.filter(({ makeup }) => makeup === 0);
  const attempts = window?.attempts ?? 0;
  const best = (attempts > 0 ? inTime.slice(0, attempts) : inTime).at(-1) ?? left.at(-1);
  if (best) await trx.updateTable('answer').set({ counted: 1 }).where('id', '=', best.id).execute();
  return best;
}

/** 1 when anything of that member counts there, else 0. */
async function countMembers(trx: Db, windowId: string, memberId: string): Promise<0 | 1> {
  const row = await trx
    .selectFrom('answer')
    .select('id')
    .where('window_id', '=', windowId)
    .where('member_id', '=', memberId)
    .where('counted', '=', 1)
    .limit(1)
    .executeTakeFirst();
  return row ? 1 : 0;
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

/**
 * What a member answered that counts so far in quizzes that are still open: how much of it is right isn't told yet,
 * since whoever knows it knows the key.
 */
export async function countUnpublished(
  db: Db,
  memberId: string,
): Promise<{ readonly answers: number; readonly correct: number }> {
  const row = await db
    .selectFrom('answer')
    .innerJoin('quiz_window', 'quiz_window.id', 'answer.window_id')
    .select(({ fn }) => [fn.countAll().as('answers'), fn.sum<number | null>('answer.correct').as('correct')])
    .where('answer.member_id', '=', memberId)
    .where('answer.counted', '=', 1)
    .where('quiz_window.closed_at', 'is', null)
    .executeTakeFirstOrThrow();
  return { answers: Number(row.answers), correct: Number(row.correct ?? 0) };
}
