/** Boards: who earned most in a span of days. Equal results share a place. */
import type { Db } from '../db/open.ts';
import { percentOf, type Ratio } from '../figures.ts';
import { type Shown, SHOWN } from '../people/shown.ts';

export interface MemberPlace {
  readonly place: number;
  readonly memberId: string;
  readonly shown: Shown;
  readonly tenths: number;
  /** Local days with any points. */
  readonly days: number;
}

export interface Span {
  /** Both ends belong to it. */
  readonly from: string;
  readonly to: string;
}

/** Members of some groups by what they earned there, most first. */
export async function memberBoard(
  db: Db,
  groupIds: readonly string[],
  { from, to }: Span,
): Promise<MemberPlace[]> {
  if (groupIds.length === 0) return [];
  const rows = await db
    .selectFrom('point')
    .innerJoin('member', 'member.id', 'point.member_id')
    .select(({ fn }) => [
      'point.member_id',
      ...SHOWN,
      fn.sum<number>('tenths').as('tenths'),
      fn.count<number>('day').distinct().as('days'),
    ])
    .where('group_id', 'in', [...groupIds])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where('voided_at', 'is', null)
    .groupBy(['point.member_id', ...SHOWN])
    .execute();
  const places = rows.map((row) => ({
    memberId: row.member_id,
    shown: row,
    tenths: Number(row.tenths),
    days: Number(row.days),
  }));
  places.sort((a, b) => b.tenths - a.tenths || (a.shown.name < b.shown.name ? -1 : 1));
  return withPlaces(places, ({ tenths }) => tenths);
}

export interface UnitPlace {
  readonly place: number;
  readonly unitId: string;
  readonly name: string;
  /** Members on the roster. */
  readonly heads: number;
  /**
   * Of them those with any points in the span. No figure of `figures.ts`: who learned without earning anything counts
   * there and not here, and so does who left or came within the span.
   */
  readonly withPoints: Ratio;
  /** Tenths of a point per head. */
  readonly perHead: number;
}

/**
 * Branches by points per head, or by how many of their members have any: so that a small branch can win. Guests are
 * nobody's members; a unit without members has no place.
 */
export async function unitBoard(
  db: Db,
  by: 'per-head' | 'with-points',
  { from, to }: Span,
): Promise<UnitPlace[]> {
  const heads = await db
    .selectFrom('member')
    .innerJoin('unit', 'unit.id', 'member.unit_id')
    .select(({ fn }) => ['unit.id', 'unit.name', fn.countAll<number>().as('heads')])
    .where('member.left_at', 'is', null)
    .where('member.status', '!=', 'guest')
    .groupBy(['unit.id', 'unit.name'])
    .execute();
  const earned = await db
    .selectFrom('point')
    .innerJoin('member', 'member.id', 'point.member_id')
    .select(({ fn }) => [
      'member.unit_id',
      fn.sum<number>('tenths').as('tenths'),
      fn.count<number>('point.member_id').distinct().as('active'),
    ])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where('voided_at', 'is', null)
    .where('member.left_at', 'is', null)
    .where('member.status', '!=', 'guest')
    .groupBy('member.unit_id')
    .execute();
  const byUnit = new Map(earned.map((row) => [row.unit_id, row]));
  const places = heads.map((unit) => {
    const row = byUnit.get(unit.id);
    const count = Number(unit.heads);
    return {
      unitId: unit.id,
      name: unit.name,
      heads: count,
      withPoints: { part: Number(row?.active ?? 0), base: count },
      perHead: Math.round(Number(row?.tenths ?? 0) / count),
    };
  });
  // Who is said to be equal shares a place.
  const value = (one: Omit<UnitPlace, 'place'>) =>
    by === 'with-points' ? (percentOf(one.withPoints) ?? 0) : one.perHead;
  places.sort((a, b) => value(b) - value(a) || (a.name < b.name ? -1 : 1));
  return withPlaces(places, value);
}

/** `rows` stand in order; equal values share the place of the first of them: 1, 2, 2, 4. */
function withPlaces<T>(rows: readonly T[], value: (row: T) => number): (T & { place: number })[] {
  let place = 0;
  return rows.map((row, index) => {
    const before = rows[index - 1];
    if (before === undefined || value(before) !== value(row)) place = index + 1;
    return { ...row, place };
  });
}
