/** Which members' days have to be worked out anew: noted with the fact, settled a little later. */
import type { Db } from '../db/open.ts';

export interface PointDay {
  readonly groupId: string;
  readonly memberId: string;
  readonly day: string;
}

/** Rows of one insert: databases limit the parameters of a statement. */
const ROWS = 500;

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
