/** Which members' days have to be worked out anew: noted with the fact, settled a little later. */
import type { Db } from '../db/open.ts';

export interface PointDay {
  readonly groupId: string;
  readonly memberId: string;
  readonly day: string;
}

export async function notePointsDue(trx: Db, days: readonly PointDay[]): Promise<void> {
  if (days.length === 0) return;
  await trx
    .insertInto('point_due')
    .values(days.map(({ groupId, memberId, day }) => ({ group_id: groupId, member_id: memberId, day })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
