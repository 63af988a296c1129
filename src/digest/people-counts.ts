/** What each member did while they stood on a roster, one row for each place that they stood in. */
import type { Db } from '../db/open.ts';
import type { MemberPlaceTable } from '../db/tables.ts';
import type { Span } from './spans.ts';

export interface PersonCounts {
  readonly member_id: string;
  readonly name: string;
  readonly number: string | null;
  readonly unit_id: string | null;
  readonly status: MemberPlaceTable['status'];
  readonly from_day: string;
  readonly days: number;
  readonly answers: number;
  readonly correct: number;
  readonly checkins: number;
}

export interface PeopleQuery {
  /** Only whoever did nothing anywhere in the units. */
  readonly missing?: boolean;
  readonly limit?: number;
  readonly offset?: number;
}

/** Whoever stood in one of the units on a day of the span, by name. */
export async function listPeopleCounts(
  db: Db,
  span: Pick<Span, 'from' | 'to'>,
  unitIds: readonly string[],
  { missing = false, limit, offset = 0 }: PeopleQuery = {},
): Promise<PersonCounts[]> {
  if (unitIds.length === 0) return [];
  const scope = [...unitIds];
  const done = db
    .selectFrom('member_place as stood')
    .innerJoin('rollup_member_day as day', 'day.member_id', 'stood.member_id')
    .select(({ fn }) => [
      'stood.id',
      'stood.member_id',
      fn.count<number>('day.day').distinct().as('days'),
      fn.sum<number>('day.answers').as('answers'),
      fn.sum<number>('day.correct').as('correct'),
      fn.sum<number>('day.checkins').as('checkins'),
    ])
    .where('stood.unit_id', 'in', scope)
    .where('day.day', '>=', span.from)
    .where('day.day', '<=', span.to)
    .whereRef('stood.from_day', '<=', 'day.day')
    .where((eb) => eb.or([eb('stood.to_day', 'is', null), eb('stood.to_day', '>', eb.ref('day.day'))]))
    .where((eb) => eb.or([eb('day.answers', '>', 0), eb('day.checkins', '>', 0)]))
    .groupBy(['stood.id', 'stood.member_id']);
  const rows = await db
    .with('done', () => done)
    .selectFrom('member_place as place')
    .innerJoin('member', 'member.id', 'place.member_id')
    .leftJoin('done', 'done.id', 'place.id')
    .select([
      'place.member_id',
      'place.unit_id',
      'place.status',
      'place.from_day',
      'member.name',
      'member.number',
      'done.days',
      'done.answers',
      'done.correct',
      'done.checkins',
    ])
    .where('place.unit_id', 'in', scope)
    .where('place.from_day', '<=', span.to)
    .where((eb) => eb.or([eb('place.to_day', 'is', null), eb('place.to_day', '>', span.from)]))
    // Who was put elsewhere again on the same day stood there on no day.
    .where((eb) => eb.or([eb('place.to_day', 'is', null), eb('place.to_day', '>', eb.ref('place.from_day'))]))
    .$if(missing, (query) =>
      query.where('place.member_id', 'not in', (eb) => eb.selectFrom('done').select('done.member_id')),
    )
    .orderBy('member.name')
    .orderBy('member.id')
    .orderBy('place.from_day')
    .$if(limit !== undefined, (query) => query.limit(limit ?? 0).offset(offset))
    .execute();
  return rows.map((row) => ({
    ...row,
    days: Number(row.days ?? 0),
    answers: Number(row.answers ?? 0),
    correct: Number(row.correct ?? 0),
    checkins: Number(row.checkins ?? 0),
  }));
}
