/**
 * Units' figures for a span of local days, from the rollups. What a member did counts for the unit in which
 * they stood that day, and for the units above it as the tree was that day: a transfer changes no figure of the
 * days before it.
 */
import type { Db } from '../db/open.ts';
import { readTreeSpans } from '../people/places.ts';
import { lineageIn } from '../people/tree.ts';

export interface UnitFigures {
  readonly unitId: string;
  /** On the roster there or below on the last day of the span. */
  readonly members: number;
  /** Of the roster, who answered or checked in at least once. */
  readonly learned: number;
  readonly answers: number;
  readonly correct: number;
  readonly checkins: number;
}

interface Sum {
  readonly members: Set<string>;
  readonly learned: Set<string>;
  answers: number;
  correct: number;
  checkins: number;
}

/** By unit's id; both ends of the span belong to it. Units that were in the tree on any of its days are there. */
export async function readUnitFigures(db: Db, from: string, to: string): Promise<Map<string, UnitFigures>> {
  const sums = new Map<string, Sum>();
  const sumOf = (unitId: string): Sum => {
    const known = sums.get(unitId);
    if (known) return known;
    const fresh: Sum = { members: new Set(), learned: new Set(), answers: 0, correct: 0, checkins: 0 };
    sums.set(unitId, fresh);
    return fresh;
  };
  const spans = await readTreeSpans(db, from, to);
  for (const { tree, ...days } of spans) {
    for (const unitId of tree.nodes.keys()) sumOf(unitId);
    for (const row of await readRows(db, days.from, days.to))
      for (const unitId of lineageIn(tree, row.unit_id ?? '')) {
        const sum = sumOf(unitId);
        sum.learned.add(row.member_id);
        sum.answers += Number(row.answers);
        sum.correct += Number(row.correct);
        sum.checkins += Number(row.checkins);
      }
  }
  const last = spans.at(-1);
  if (last)
    for (const row of await readRoster(db, to))
      for (const unitId of lineageIn(last.tree, row.unit_id ?? '')) sumOf(unitId).members.add(row.member_id);
  return new Map(
    [...sums].map(([unitId, { members, learned, ...counts }]) => [
      unitId,
      { unitId, members: members.size, learned: learned.size, ...counts },
    ]),
  );
}

/** What each member did while they stood in each unit. */
const readRows = (db: Db, from: string, to: string) =>
  db
    .selectFrom('rollup_member_day as done')
    .innerJoin('member_place as place', (join) =>
      join
        .onRef('place.member_id', '=', 'done.member_id')
        .onRef('place.from_day', '<=', 'done.day')
        .on((eb) => eb.or([eb('place.to_day', 'is', null), eb('place.to_day', '>', eb.ref('done.day'))])),
    )
    .select(({ fn }) => [
      'place.unit_id',
      'done.member_id',
      fn.sum<number>('done.answers').as('answers'),
      fn.sum<number>('done.correct').as('correct'),
      fn.sum<number>('done.checkins').as('checkins'),
    ])
    .where('done.day', '>=', from)
    .where('done.day', '<=', to)
    .where((eb) => eb.or([eb('done.answers', '>', 0), eb('done.checkins', '>', 0)]))
    .groupBy(['place.unit_id', 'done.member_id'])
    .execute();

/** Who stood where on a local day. */
const readRoster = (db: Db, day: string) =>
  db
    .selectFrom('member_place')
    .select(['unit_id', 'member_id'])
    .where('from_day', '<=', day)
    .where((eb) => eb.or([eb('to_day', 'is', null), eb('to_day', '>', day)]))
    .execute();
