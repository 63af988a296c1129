/**
 * The rollups: per window and question, per member and day. They are kept in the transaction of the facts, by
 * adding what a fact changed, so that an answer costs the same whether it is the tenth or the ten millionth; and
 * they can be counted anew from the facts, which gives the same figures.
 */
import { localDay } from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';

/** What a fact adds to a window, question by question; negative where an answer ceased to count. */
export interface WindowChange {
  /** Members who began to count. */
  readonly members: number;
  readonly questions: readonly QuestionCount[];
}

export interface QuestionCount {
  readonly question: number;
  readonly answers: number;
  readonly correct: number;
}

/** Adds to the figures of a window and its questions. A question stands in `questions` any number of times. */
export async function addToWindow(trx: Db, windowId: string, change: WindowChange): Promise<void> {
  const byQuestion = new Map<number, QuestionCount>();
  let [answers, correct] = [0, 0];
  for (const line of change.questions) {
    const sum = byQuestion.get(line.question);
    byQuestion.set(line.question, {
      question: line.question,
      answers: (sum?.answers ?? 0) + line.answers,
      correct: (sum?.correct ?? 0) + line.correct,
    });
    answers += line.answers;
    correct += line.correct;
  }
  if (byQuestion.size === 0) return;
  await trx
    .insertInto('rollup_window')
    .values({ window_id: windowId, members: change.members, answers, correct })
    .onConflict((conflict) =>
      conflict.column('window_id').doUpdateSet((eb) => ({
        members: eb('rollup_window.members', '+', eb.ref('excluded.members')),
        answers: eb('rollup_window.answers', '+', eb.ref('excluded.answers')),
        correct: eb('rollup_window.correct', '+', eb.ref('excluded.correct')),
      })),
    )
    .execute();
  await trx
    .insertInto('rollup_question')
    .values([...byQuestion.values()].map((line) => ({ window_id: windowId, ...line })))
    .onConflict((conflict) =>
      conflict.columns(['window_id', 'question']).doUpdateSet((eb) => ({
        answers: eb('rollup_question.answers', '+', eb.ref('excluded.answers')),
        correct: eb('rollup_question.correct', '+', eb.ref('excluded.correct')),
      })),
    )
    .execute();
}

export interface MemberDay {
  readonly groupId: string;
  readonly memberId: string;
  /** The local day on which the facts were written. */
  readonly day: string;
}

/** What a fact adds to a member's day; an answer belongs to the local day on which it was written. */
export interface MemberDayChange extends MemberDay {
  readonly answers: number;
  readonly correct: number;
  readonly checkins: number;
}

/** Adds to the figures of members' days. A day stands in `changes` any number of times. */
export async function addToMemberDays(trx: Db, changes: readonly MemberDayChange[]): Promise<void> {
  const sums = sumUp(changes);
  if (sums.length === 0) return;
  await trx
    .insertInto('rollup_member_day')
    .values(
      sums.map(({ groupId, memberId, day, answers, correct, checkins }) => ({
        group_id: groupId,
        day,
        member_id: memberId,
        answers,
        correct,
        checkins,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['group_id', 'day', 'member_id']).doUpdateSet((eb) => ({
        answers: eb('rollup_member_day.answers', '+', eb.ref('excluded.answers')),
        correct: eb('rollup_member_day.correct', '+', eb.ref('excluded.correct')),
        checkins: eb('rollup_member_day.checkins', '+', eb.ref('excluded.checkins')),
      })),
    )
    .execute();
}

function sumUp(changes: readonly MemberDayChange[]): MemberDayChange[] {
  const sums = new Map<string, MemberDayChange>();
  for (const change of changes) {
    const key = `${change.groupId} ${change.memberId} ${change.day}`;
    const sum = sums.get(key);
    sums.set(key, {
      ...change,
      answers: (sum?.answers ?? 0) + change.answers,
      correct: (sum?.correct ?? 0) + change.correct,
      checkins: (sum?.checkins ?? 0) + change.checkins,
    });
  }
  return [...sums.values()];
}

/**
 * Forgets all rollups and counts them anew from the facts, one window and one member at a time. On PostgreSQL
 * no server may record facts meanwhile; SQLite sees to that itself.
 */
export async function rebuildRollups(db: Db, zone: string): Promise<void> {
  await inTransaction(db, async (trx) => {
    await trx.deleteFrom('rollup_question').execute();
    await trx.deleteFrom('rollup_window').execute();
    await trx.deleteFrom('rollup_member_day').execute();
    const windows = await trx.selectFrom('answer').select('window_id').distinct().execute();
    for (const row of windows) await countWindow(trx, row.window_id);
    const members = await trx
      .selectFrom('answer')
      .select('member_id')
      .union(trx.selectFrom('checkin').select('member_id'))
      .execute();
    for (const row of members) await countMember(trx, row.member_id, zone);
  });
}

/** Counts one window anew, after facts of it went to another member. */
export async function recountWindow(trx: Db, windowId: string): Promise<void> {
  await trx.deleteFrom('rollup_question').where('window_id', '=', windowId).execute();
  await trx.deleteFrom('rollup_window').where('window_id', '=', windowId).execute();
  await countWindow(trx, windowId);
}

/** Counts all days of one member anew. */
export async function recountMember(trx: Db, memberId: string, zone: string): Promise<void> {
  await trx.deleteFrom('rollup_member_day').where('member_id', '=', memberId).execute();
  await countMember(trx, memberId, zone);
}

async function countWindow(trx: Db, windowId: string): Promise<void> {
  const counted = trx.selectFrom('answer').where('window_id', '=', windowId).where('counted', '=', 1);
  const questions = await counted
    .select(({ fn }) => [
      'question',
      fn.countAll<number>().as('answers'),
      fn.sum<number>('correct').as('correct'),
    ])
    .groupBy('question')
    .execute();
  const { members } = await counted
    .select(({ fn }) => fn.count<number>('member_id').distinct().as('members'))
    .executeTakeFirstOrThrow();
  await addToWindow(trx, windowId, { members, questions });
}

async function countMember(trx: Db, memberId: string, zone: string): Promise<void> {
  const answers = await trx
    .selectFrom('answer')
    .select(['group_id', 'written_at', 'counted', 'correct'])
    .where('member_id', '=', memberId)
    .execute();
  const checkins = await trx
    .selectFrom('checkin')
    .select(['group_id', 'day', 'counted'])
    .where('member_id', '=', memberId)
    .execute();
  const days = sumUp([
    ...answers.map(({ group_id: groupId, written_at: at, counted, correct }) => ({
      groupId,
      memberId,
      day: localDay(at, zone),
      answers: counted,
      correct: counted * correct,
      checkins: 0,
    })),
    ...checkins.map(({ group_id: groupId, day, counted }) => ({
      groupId,
      memberId,
      day,
      answers: 0,
      correct: 0,
      checkins: counted,
    })),
  ]);
  // Databases limit the parameters of a statement.
  for (let at = 0; at < days.length; at += ROWS) await addToMemberDays(trx, days.slice(at, at + ROWS));
}

const ROWS = 500;
