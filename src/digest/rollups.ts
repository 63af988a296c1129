/**
 * The rollups: per window and question, per member and day, per group and day, per member and month, per unit and
 * month. They are kept in the transaction of the facts, by adding what a fact changed, so that an answer costs the same
 * whether it is the tenth or the ten millionth; `rebuild.ts` counts them anew from the facts, which gives the same figures.
 */
import { localDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import type { RollupGroupDayTable } from '../db/tables.ts';
import {
  addToUnitMonths,
  EMPTY_MONTH,
  type MemberMonth,
  settleNewMonth,
  unitMonthChange,
} from '../people/settled.ts';

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

/**
 * Adds to the figures of members' days, and with them of their months and of the groups' days. A day stands in
 * `changes` any number of times.
 */
export async function addToMemberDays(trx: Db, changes: readonly MemberDayChange[]): Promise<void> {
  const sums = sumUp(changes);
  if (sums.length === 0) return;
  // The months' rows first: whoever else changes one of these members waits here, and sees what this one did.
  await addToMonths(
    trx,
    sums.map((sum) => ({ ...sum, days: 0 })),
  );
  const before = await readDays(trx, sums);
  await addToDays(trx, sums);
  const after = new Map(before);
  for (const sum of sums) {
    const row = before.get(keyOf(sum));
    after.set(keyOf(sum), {
      ...sum,
      answers: (row?.answers ?? 0) + sum.answers,
      checkins: (row?.checkins ?? 0) + sum.checkins,
    });
  }
  await addToGroupDays(
    trx,
    sums.map((sum) => ({ ...sum, learned: one(after.get(keyOf(sum))) - one(before.get(keyOf(sum))) })),
  );
  const active = (days: typeof before, { memberId, day }: MemberDay) =>
    [...days.values()].some((row) => row.memberId === memberId && row.day === day && one(row) === 1) ? 1 : 0;
  const began = [...new Map(sums.map((sum) => [`${sum.memberId} ${sum.day}`, sum])).values()].flatMap(
    (sum) => {
      const days = active(after, sum) - active(before, sum);
      return days === 0 ? [] : [{ ...sum, days, answers: 0, correct: 0, checkins: 0 }];
    },
  );
  await addToMonths(trx, began);
}

type DayRow = MemberDay & { readonly answers: number; readonly checkins: number };

const keyOf = ({ groupId, memberId, day }: MemberDay) => `${groupId} ${memberId} ${day}`;

/** 1 for a day on which something was done. */
const one = (row: Pick<DayRow, 'answers' | 'checkins'> | undefined): number =>
  row !== undefined && (row.answers > 0 || row.checkins > 0) ? 1 : 0;

/** What the members did on these days, in these groups and in others. */
async function readDays(trx: Db, of: readonly MemberDay[]): Promise<Map<string, DayRow>> {
  const found = new Map<string, DayRow>();
  for (const [memberId, days] of Map.groupBy(of, (one) => one.memberId)) {
    const rows = await trx
      .selectFrom('rollup_member_day')
      .select(['group_id', 'day', 'answers', 'checkins'])
      .where('member_id', '=', memberId)
      .where('day', 'in', [...new Set(days.map(({ day }) => day))])
      .execute();
    for (const { group_id: groupId, ...row } of rows) {
      const known = { groupId, memberId, ...row };
      found.set(keyOf(known), known);
    }
  }
  return found;
}

async function addToDays(trx: Db, sums: readonly MemberDayChange[]): Promise<void> {
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

async function addToMonths(
  trx: Db,
  changes: readonly (MemberDayChange & { readonly days: number })[],
): Promise<void> {
  const sums = new Map<string, MemberMonth & { readonly month: string; readonly member_id: string }>();
  for (const { memberId, day, ...counts } of changes) {
    const month = day.slice(0, 7);
    const sum = sums.get(`${memberId} ${month}`) ?? EMPTY_MONTH;
    sums.set(`${memberId} ${month}`, {
      month,
      member_id: memberId,
      ...addMonth(sum, counts, 1),
    });
  }
  if (sums.size === 0) return;
  const rows = await trx
    .insertInto('rollup_member_month')
    .values([...sums.values()].map((sum) => ({ ...sum, unit_id: null })))
    .onConflict((conflict) =>
      conflict.columns(['month', 'member_id']).doUpdateSet((eb) => ({
        days: eb('rollup_member_month.days', '+', eb.ref('excluded.days')),
        answers: eb('rollup_member_month.answers', '+', eb.ref('excluded.answers')),
        correct: eb('rollup_member_month.correct', '+', eb.ref('excluded.correct')),
        checkins: eb('rollup_member_month.checkins', '+', eb.ref('excluded.checkins')),
      })),
    )
    .returningAll()
    .execute();
  const changed = [];
  for (const { month, member_id: memberId, unit_id: settled, ...after } of rows) {
    const before = addMonth(after, sums.get(`${memberId} ${month}`) ?? EMPTY_MONTH, -1);
    const isNew = settled === null && before.answers === 0 && before.checkins === 0;
    const unitId = isNew ? await settleNewMonth(trx, memberId, month) : settled;
    if (unitId !== null) changed.push(unitMonthChange({ month, unitId }, before, after));
  }
  await addToUnitMonths(trx, changed);
}

const addMonth = (a: MemberMonth, b: MemberMonth, times: 1 | -1): MemberMonth => ({
  days: a.days + times * b.days,
  answers: a.answers + times * b.answers,
  correct: a.correct + times * b.correct,
  checkins: a.checkins + times * b.checkins,
});

async function addToGroupDays(
  trx: Db,
  changes: readonly (MemberDayChange & { readonly learned: number })[],
): Promise<void> {
  const sums = new Map<string, RollupGroupDayTable>();
  for (const { groupId, day, ...counts } of changes) {
    const sum = sums.get(`${groupId} ${day}`);
    sums.set(`${groupId} ${day}`, {
      day,
      group_id: groupId,
      learned: (sum?.learned ?? 0) + counts.learned,
      answers: (sum?.answers ?? 0) + counts.answers,
      correct: (sum?.correct ?? 0) + counts.correct,
      checkins: (sum?.checkins ?? 0) + counts.checkins,
    });
  }
  await trx
    .insertInto('rollup_group_day')
    .values([...sums.values()])
    .onConflict((conflict) =>
      conflict.columns(['day', 'group_id']).doUpdateSet((eb) => ({
        learned: eb('rollup_group_day.learned', '+', eb.ref('excluded.learned')),
        answers: eb('rollup_group_day.answers', '+', eb.ref('excluded.answers')),
        correct: eb('rollup_group_day.correct', '+', eb.ref('excluded.correct')),
        checkins: eb('rollup_group_day.checkins', '+', eb.ref('excluded.checkins')),
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

/** Counts one window anew, after facts of it went to another member. */
export async function recountWindow(trx: Db, windowId: string): Promise<void> {
  await trx.deleteFrom('rollup_question').where('window_id', '=', windowId).execute();
  await trx.deleteFrom('rollup_window').where('window_id', '=', windowId).execute();
  await countWindow(trx, windowId);
}

/** Counts all days of one member anew. */
export async function recountMember(trx: Db, memberId: string, zone: string): Promise<void> {
  const rows = await trx
    .selectFrom('rollup_member_day')
    .selectAll()
    .where('member_id', '=', memberId)
    .execute();
  const gone = rows.map(({ group_id: groupId, day, answers, correct, checkins }) => ({
    groupId,
    memberId,
    day,
    answers: -answers,
    correct: -correct,
    checkins: -checkins,
  }));
  for (let at = 0; at < gone.length; at += ROWS) await addToMemberDays(trx, gone.slice(at, at + ROWS));
  await trx.deleteFrom('rollup_member_day').where('member_id', '=', memberId).execute();
  await trx.deleteFrom('rollup_member_month').where('member_id', '=', memberId).execute();
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
