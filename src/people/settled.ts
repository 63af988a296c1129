/**
 * Which unit a member's month belongs to: the one in which they stood for all of it, none when they came or went within
 * it. The sums of units by month (`rollup_unit_month`) hold those months; this file moves them when somebody's place
 * changes, also when it changes for days long past. What was done by those who moved is read by member and day.
 */
import { type Db, dialectOf } from '../db/open.ts';
import type { RollupUnitMonthTable } from '../db/tables.ts';

/** A member's month as the sums count it. */
export interface MemberMonth {
  readonly days: number;
  readonly answers: number;
  readonly correct: number;
  readonly checkins: number;
}

export const EMPTY_MONTH: MemberMonth = { days: 0, answers: 0, correct: 0, checkins: 0 };

/** What the sums of a unit gain when a month of one of its members was `before` and is `after`. */
export const unitMonthChange = (
  { month, unitId }: { readonly month: string; readonly unitId: string },
  before: MemberMonth,
  after: MemberMonth,
): RollupUnitMonthTable => ({
  month,
  unit_id: unitId,
  learned: Number(after.days > 0) - Number(before.days > 0),
  answered: Number(after.answers > 0) - Number(before.answers > 0),
  days: after.days - before.days,
  answers: after.answers - before.answers,
  correct: after.correct - before.correct,
  checkins: after.checkins - before.checkins,
});

/** Adds to the sums. A unit's month stands in `changes` any number of times. */
export async function addToUnitMonths(trx: Db, changes: readonly RollupUnitMonthTable[]): Promise<void> {
  const sums = new Map<string, RollupUnitMonthTable>();
  for (const change of changes) {
    const key = `${change.unit_id} ${change.month}`;
    const sum = sums.get(key);
    sums.set(key, {
      ...change,
      learned: (sum?.learned ?? 0) + change.learned,
      answered: (sum?.answered ?? 0) + change.answered,
      days: (sum?.days ?? 0) + change.days,
      answers: (sum?.answers ?? 0) + change.answers,
      correct: (sum?.correct ?? 0) + change.correct,
      checkins: (sum?.checkins ?? 0) + change.checkins,
    });
  }
  if (sums.size === 0) return;
  await trx
    .insertInto('rollup_unit_month')
    // Always in the same order: nobody waits for somebody who waits for them.
    .values([...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum))
    .onConflict((conflict) =>
      conflict.columns(['month', 'unit_id']).doUpdateSet((eb) => ({
        learned: eb('rollup_unit_month.learned', '+', eb.ref('excluded.learned')),
        answered: eb('rollup_unit_month.answered', '+', eb.ref('excluded.answered')),
        days: eb('rollup_unit_month.days', '+', eb.ref('excluded.days')),
        answers: eb('rollup_unit_month.answers', '+', eb.ref('excluded.answers')),
        correct: eb('rollup_unit_month.correct', '+', eb.ref('excluded.correct')),
        checkins: eb('rollup_unit_month.checkins', '+', eb.ref('excluded.checkins')),
      })),
    )
    .execute();
}

interface Place {
  readonly unit_id: string | null;
  readonly from_day: string;
  readonly to_day: string | null;
}

/**
 * The unit in which somebody with these places stood on every day of a month; no month has a day 32. Of several, which
 * only an older version wrote, the first by its id.
 */
export const unitOfMonth = (places: readonly Place[], month: string): string | null =>
  places
    .filter(({ from_day: from, to_day: to }) => from <= `${month}-01` && (to === null || to > `${month}-31`))
    .flatMap(({ unit_id: unitId }) => unitId ?? [])
    .toSorted()[0] ?? null;

/** The places of a member, held still until the transaction ends. */
async function holdPlaces(trx: Db, memberId: string, lock: 'share' | 'change'): Promise<Place[]> {
  if (dialectOf(trx) === 'postgres') {
    const member = trx.selectFrom('member').select('id').where('id', '=', memberId);
    await (lock === 'share' ? member.forShare() : member.forNoKeyUpdate()).execute();
  }
  return await trx
    .selectFrom('member_place')
    .select(['unit_id', 'from_day', 'to_day'])
    .where('member_id', '=', memberId)
    .execute();
}

/** Says of a month that has just begun for a member to whose sums it goes. Gives the unit. */
export async function settleNewMonth(trx: Db, memberId: string, month: string): Promise<string | null> {
  const unitId = unitOfMonth(await holdPlaces(trx, memberId, 'share'), month);
  if (unitId !== null)
    await trx
      .updateTable('rollup_member_month')
      .set({ unit_id: unitId })
      .where('member_id', '=', memberId)
      .where('month', '=', month)
      .execute();
  return unitId;
}

/** After a change of a member's place: puts their months, from one on, to the sums where they belong now. */
export async function settleMonths(trx: Db, memberId: string, since: string): Promise<void> {
  const places = await holdPlaces(trx, memberId, 'change');
  const months = trx
    .selectFrom('rollup_member_month')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('month', '>=', since)
    .orderBy('month');
  // Nobody adds to them between what is read here and what is moved.
  const rows = await (dialectOf(trx) === 'postgres' ? months.forUpdate() : months).execute();
  const changes: RollupUnitMonthTable[] = [];
  for (const row of rows) {
    const { month, unit_id: before } = row;
    const after = unitOfMonth(places, month);
    if (after === before) continue;
    if (before !== null) changes.push(unitMonthChange({ month, unitId: before }, row, EMPTY_MONTH));
    if (after !== null) changes.push(unitMonthChange({ month, unitId: after }, EMPTY_MONTH, row));
    await trx
      .updateTable('rollup_member_month')
      .set({ unit_id: after })
      .where('member_id', '=', memberId)
      .where('month', '=', month)
      .execute();
  }
  await addToUnitMonths(trx, changes);
}
