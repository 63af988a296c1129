/**
 * Where units, members and groups belong, as spans of local days: a transfer closes one span and opens the
 * next, so that a report of last quarter counts everybody where they were then. The columns `unit.parent_id`,
 * `member.unit_id`, `member.status` and `chat_group.unit_id` say how it is now; only this file sets both.
 */
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { MemberPlaceTable, UnitTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { settleMonths } from './settled.ts';
import { gatherIn, makeTree, TOGETHER, type Tree } from './tree.ts';

/** The day from which something holds of which nothing earlier is known. */
export const EVER = '0000-01-01';

type PlaceTable = 'unit_place' | 'member_place' | 'group_place';
const KEYS = { unit_place: 'unit_id', member_place: 'member_id', group_place: 'group_id' } as const;

/** Ends the open span on `day` (its first day without). Throws `UserError` when it began later than that. */
async function endSpan(trx: Db, table: PlaceTable, subject: string, day: string): Promise<void> {
  // The three tables differ in what they say, not in how a span is closed.
  const spans = trx;
  const key = KEYS[table] as 'unit_id';
  const of = table as 'unit_place';
  const open = await spans
    .selectFrom(of)
    .select(['id', 'from_day'])
    .where(key, '=', subject)
    .where('to_day', 'is', null)
    .executeTakeFirst();
  if (!open) return;
  if (open.from_day > day)
    throw new UserError(`it was moved on ${open.from_day} already: name that day or a later one`, {
      said: `${open.from_day} 已经调动过一次，日期请选那天或以后`,
    });
  await spans.updateTable(of).set({ to_day: day }).where('id', '=', open.id).execute();
}

/** Puts a unit under another, or at the top, from `day` on. */
export async function placeUnit(
  trx: Db,
  unitId: string,
  parentId: string | null,
  day: string,
): Promise<void> {
  await endSpan(trx, 'unit_place', unitId, day);
  await trx
    .insertInto('unit_place')
    .values({ id: newId(), unit_id: unitId, parent_id: parentId, from_day: day, to_day: null })
    .execute();
  await trx.updateTable('unit').set({ parent_id: parentId }).where('id', '=', unitId).execute();
}

/** A closed unit has no place any more. */
export const endUnit = (trx: Db, unitId: string, day: string): Promise<void> =>
  endSpan(trx, 'unit_place', unitId, day);

export interface Standing {
  readonly unitId: string | null;
  readonly status: MemberPlaceTable['status'];
}

/** Whoever left comes back on that day at the earliest: on no day does anybody stand in two places. */
async function refuseBefore(trx: Db, memberId: string, day: string): Promise<void> {
  const ended = await trx
    .selectFrom('member_place')
    .select('to_day')
    .where('member_id', '=', memberId)
    .where('to_day', '>', day)
    .orderBy('to_day', 'desc')
    .executeTakeFirst();
  if (ended)
    throw new UserError(`they were on the roster until ${ended.to_day}: name that day or a later one`, {
      said: `${ended.to_day} 之前还在名册上，日期请选那天或以后`,
    });
}

/**
 * From `day` on a member stands in this unit with this status. Throws `UserError` when what was known of them before
 * goes on after that day.
 */
export async function placeMember(
  trx: Db,
  memberId: string,
  { unitId, status }: Standing,
  day: string,
): Promise<void> {
  await endSpan(trx, 'member_place', memberId, day);
  await refuseBefore(trx, memberId, day);
  await trx
    .insertInto('member_place')
    .values({ id: newId(), member_id: memberId, unit_id: unitId, status, from_day: day, to_day: null })
    .execute();
  await trx.updateTable('member').set({ unit_id: unitId, status }).where('id', '=', memberId).execute();
  await settleMonths(trx, memberId, day.slice(0, 7));
}

/** Somebody who has left the roster stands nowhere from `day` on. */
export async function endMember(trx: Db, memberId: string, day: string): Promise<void> {
  await endSpan(trx, 'member_place', memberId, day);
  await settleMonths(trx, memberId, day.slice(0, 7));
}

/** From `day` on a group belongs to this unit, or to none. */
export async function placeGroup(
  trx: Db,
  groupId: string,
  unitId: string | null,
  day: string,
): Promise<void> {
  await endSpan(trx, 'group_place', groupId, day);
  await trx
    .insertInto('group_place')
    .values({ id: newId(), group_id: groupId, unit_id: unitId, from_day: day, to_day: null })
    .execute();
  await trx.updateTable('chat_group').set({ unit_id: unitId }).where('id', '=', groupId).execute();
}

/** The tree as it is now, closed units left out; in the order of their making. */
export async function readTree(db: Db): Promise<Tree<UnitTable>> {
  const units = await db
    .selectFrom('unit')
    .selectAll()
    .where('closed_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return makeTree(units);
}

export interface TreeSpan {
  /** Local days, both of them in it. */
  readonly from: string;
  readonly to: string;
  readonly tree: Tree;
}

/** Several units that nothing of theirs is above, taken as one. */
export interface Together {
  readonly unitIds: readonly string[];
  /** What they are called together. */
  readonly name: string;
}

/** A unit by its id, or several as one; each with everything below. */
export type Whose = string | Together;

/** The id under which a tree that was read for it has it. */
export const idOf = (whose: Whose): string => (typeof whose === 'string' ? whose : TOGETHER);

interface PlacedUnit {
  readonly id: string;
  readonly name: string;
  readonly parent_id: string | null;
  readonly from_day: string;
  readonly to_day: string | null;
}

const placesBetween = (db: Db, from: string, to: string) =>
  db
    .selectFrom('unit_place')
    .innerJoin('unit', 'unit.id', 'unit_place.unit_id')
    .select(['unit.id', 'unit.name', 'unit_place.parent_id', 'unit_place.from_day', 'unit_place.to_day'])
    .where('unit_place.from_day', '<=', to)
    .where((eb) => eb.or([eb('unit_place.to_day', 'is', null), eb('unit_place.to_day', '>', from)]))
    .orderBy('unit.created_at')
    .orderBy('unit.id');

/** Units and whatever stood below them, or below one of those, on any of the days: a query for each level. */
async function readPlacesBelow(
  db: Db,
  topIds: readonly string[],
  from: string,
  to: string,
): Promise<PlacedUnit[]> {
  const known = new Set(topIds);
  if (known.size === 0) return [];
  const places = await placesBetween(db, from, to)
    .where('unit.id', 'in', [...known])
    .execute();
  for (let level = [...known]; level.length > 0;) {
    const under = await placesBetween(db, from, to).where('unit_place.parent_id', 'in', level).execute();
    level = [...new Set(under.map(({ id }) => id))].filter((id) => !known.has(id));
    for (const id of level) known.add(id);
    places.push(...under);
  }
  // Of those that came from elsewhere, where they stood before.
  const elsewhere = await placesBetween(db, from, to)
    .where('unit.id', 'in', [...known])
    .where((eb) =>
      eb.or([eb('unit_place.parent_id', 'is', null), eb('unit_place.parent_id', 'not in', [...known])]),
    )
    .where('unit.id', 'not in', [...topIds])
    .execute();
  // One of several may have stood below another of them.
  const keyOf = ({ id, from_day: begun, to_day: ended }: PlacedUnit) => `${id} ${begun} ${ended ?? ''}`;
  return [...new Map([...places, ...elsewhere].map((place) => [keyOf(place), place])).values()];
}

/**
 * The trees that held from one local day to another, both included: one span for every change in between. With `whose`
 * only of that unit, or of those, and what was below on any of the days.
 */
export async function readTreeSpans(db: Db, from: string, to: string, whose?: Whose): Promise<TreeSpan[]> {
  const places =
    whose === undefined
      ? await placesBetween(db, from, to).execute()
      : await readPlacesBelow(db, typeof whose === 'string' ? [whose] : whose.unitIds, from, to);
  const changes = new Set(
    places.flatMap((place) => [place.from_day, place.to_day]).filter((day) => day !== null),
  );
  const starts = [from, ...[...changes].filter((day) => day > from && day <= to).toSorted()];
  return starts.map((start, index) => {
    const next = starts[index + 1];
    const nodes = places.filter(
      ({ from_day: begun, to_day: ended }) => begun <= start && (ended === null || ended > start),
    );
    const tree = makeTree(nodes);
    return {
      from: start,
      to: next === undefined ? to : dayBefore(next),
      tree: typeof whose === 'object' ? gatherIn(tree, whose.unitIds, whose.name) : tree,
    };
  });
}

function dayBefore(day: string): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() - 1);
  return at.toISOString().slice(0, 10);
}

/** Of spans that cover more, those that lie in these days. */
export const clipSpans = (spans: readonly TreeSpan[], from: string, to: string): TreeSpan[] =>
  spans
    .filter((span) => span.from <= to && span.to >= from)
    .map((span) => ({
      ...span,
      from: span.from < from ? from : span.from,
      to: span.to > to ? to : span.to,
    }));
