/** Who took part, for a span of local days, from the rollups. */
import type { Db } from '../db/open.ts';
import { type Actor, TERMINAL, unitInScope } from '../people/scope.ts';

export interface GroupParticipation {
  readonly key: string;
  readonly topic: string;
  /** People in the group, the bot left out. */
  readonly people: number;
  /** Who answered or checked in at least once. */
  readonly learned: number;
  readonly answers: number;
  readonly correct: number;
  readonly checkins: number;
}

export interface MemberParticipation {
  readonly memberId: string;
  readonly name: string;
  readonly status: string;
  readonly unit: string | null;
  readonly group: string;
  readonly answers: number;
  readonly correct: number;
  readonly checkins: number;
  /** Local days on which they answered or checked in. */
  readonly days: number;
}

/**
 * Both ends of the span belong to it. Groups are the enabled ones in the actor's scope; members are those who took
 * part there.
 */
export async function readParticipation(
  db: Db,
  from: string,
  to: string,
  actor: Actor = TERMINAL,
): Promise<{ groups: GroupParticipation[]; members: MemberParticipation[] }> {
  const groups = await db
    .selectFrom('chat_group')
    .select(['id', 'key', 'topic'])
    .where('enabled', '=', 1)
    .where(unitInScope(actor, 'chat_group.unit_id'))
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const seats = await db
    .selectFrom('group_member')
    .select(({ fn }) => ['group_id', fn.countAll<number>().as('people')])
    .where('left_at', 'is', null)
    .groupBy('group_id')
    .execute();
  const rows = await db
    .selectFrom('rollup_member_day')
    .innerJoin('member', 'member.id', 'rollup_member_day.member_id')
    .innerJoin('chat_group', 'chat_group.id', 'rollup_member_day.group_id')
    .leftJoin('unit', 'unit.id', 'member.unit_id')
    .select(({ fn }) => [
      'rollup_member_day.group_id',
      'rollup_member_day.member_id',
      'member.name',
      'member.status',
      'unit.name as unit',
      'chat_group.topic',
      fn.sum<number>('answers').as('answers'),
      fn.sum<number>('correct').as('correct'),
      fn.sum<number>('checkins').as('checkins'),
      fn.countAll<number>().as('days'),
    ])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where('chat_group.enabled', '=', 1)
    .where(unitInScope(actor, 'chat_group.unit_id'))
    .where((eb) => eb.or([eb('answers', '>', 0), eb('checkins', '>', 0)]))
    .groupBy([
      'rollup_member_day.group_id',
      'rollup_member_day.member_id',
      'member.name',
      'member.status',
      'unit.name',
      'chat_group.topic',
    ])
    .orderBy('chat_group.topic')
    .orderBy('days', 'desc')
    .orderBy('member.name')
    .execute();
  const people = new Map(seats.map((seat) => [seat.group_id, Number(seat.people)]));
  return {
    groups: groups.map((group) => {
      const own = rows.filter((row) => row.group_id === group.id);
      const sum = (key: 'answers' | 'correct' | 'checkins') =>
        own.reduce((total, row) => total + Number(row[key]), 0);
      return {
        key: group.key,
        topic: group.topic,
        people: people.get(group.id) ?? 0,
        learned: own.length,
        answers: sum('answers'),
        correct: sum('correct'),
        checkins: sum('checkins'),
      };
    }),
    members: rows.map((row) => ({
      memberId: row.member_id,
      name: row.name,
      status: row.status,
      unit: row.unit,
      group: row.topic,
      answers: Number(row.answers),
      correct: Number(row.correct),
      checkins: Number(row.checkins),
      days: Number(row.days),
    })),
  };
}
