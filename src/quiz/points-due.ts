/** Which members' days have to be worked out anew: noted with the fact, settled a little later. */
import { HOUR } from '../clock.ts';
import type { Db } from '../db/open.ts';

export interface PointDay {
  readonly groupId: string;
  readonly memberId: string;
  readonly day: string;
}

/** Rows of one insert: databases limit the parameters of a statement. */
const ROWS = 500;
/** No zone is further from UTC than that, ms. */
const WEST = 12 * HOUR;
const EAST = 14 * HOUR;

const utcDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

export async function notePointsDue(trx: Db, days: readonly PointDay[]): Promise<void> {
  for (let at = 0; at < days.length; at += ROWS)
    await trx
      .insertInto('point_due')
      .values(
        days
          .slice(at, at + ROWS)
          .map(({ groupId, memberId, day }) => ({ group_id: groupId, member_id: memberId, day })),
      )
      // An update and not nothing: it waits for whoever settles that day now, who can't see the new fact yet.
      .onConflict((conflict) =>
        conflict
          .columns(['group_id', 'member_id', 'day'])
          .doUpdateSet((eb) => ({ day: eb.ref('excluded.day') })),
      )
      .execute();
}

/** All days on which a member did or had anything. */
export async function noteAllPointsDue(trx: Db, memberId: string): Promise<void> {
  const days = await trx
    .selectFrom('rollup_member_day')
    .select(['group_id', 'day'])
    .where('member_id', '=', memberId)
    .union(trx.selectFrom('point').select(['group_id', 'day']).where('member_id', '=', memberId))
    .execute();
  await notePointsDue(
    trx,
    days.map((row) => ({ groupId: row.group_id, memberId, day: row.day })),
  );
}

/**
 * The days of everybody who answered in that window: what was right counts from its closing on. Needs no zone: a day
 * too many, for which there is a record anyway, is only worked out once more.
 */
export async function noteWindowPointsDue(trx: Db, windowId: string): Promise<void> {
  const answered = trx.selectFrom('answer').where('window_id', '=', windowId).where('counted', '=', 1);
  const { first, last } = await answered
    .select(({ fn }) => [
      fn.min<number | null>('written_at').as('first'),
      fn.max<number | null>('written_at').as('last'),
    ])
    .executeTakeFirstOrThrow();
  if (first === null || last === null) return;
  const days = await trx
    .selectFrom('rollup_member_day')
    .innerJoin(answered.select(['group_id', 'member_id']).distinct().as('who'), (join) =>
      join
        .onRef('who.group_id', '=', 'rollup_member_day.group_id')
        .onRef('who.member_id', '=', 'rollup_member_day.member_id'),
    )
    .select(['rollup_member_day.group_id', 'rollup_member_day.member_id', 'rollup_member_day.day'])
    .where('rollup_member_day.day', '>=', utcDay(Number(first) - WEST))
    .where('rollup_member_day.day', '<=', utcDay(Number(last) + EAST))
    .execute();
  await notePointsDue(
    trx,
    days.map((row) => ({ groupId: row.group_id, memberId: row.member_id, day: row.day })),
  );
}
