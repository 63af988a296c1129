/** Check-ins: a member's mark for one local day, in one group. */
import { addDays } from '../clock.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import { type Absence, streakWith } from './streak.ts';

export interface NewCheckin {
  readonly memberId: string;
  readonly groupId: string;
  /** The local day of writing. */
  readonly day: string;
  readonly note: string;
  /** The inbox row. */
  readonly messageId: string;
  readonly writtenAt: number;
  /** Whether it makes up for a day that was missed. */
  readonly makeup?: boolean;
}

/** Longest streak that is told; a year and a bit of rows is as far as a look back goes. */
const LOOK_BACK = 400;

/**
 * Records a check-in. Idempotent by message; the first of a member's day in a group counts, further ones
 * are kept with their notes. Gives by how much the day's count changed: the caller adds it to the rollups in the
 * same transaction.
 */
export async function recordCheckin(trx: Db, checkin: NewCheckin, now: number): Promise<0 | 1> {
  const first = await trx
    .selectFrom('checkin')
    .select('id')
    .where('member_id', '=', checkin.memberId)
    .where('group_id', '=', checkin.groupId)
    .where('day', '=', checkin.day)
    .where('counted', '=', 1)
    .executeTakeFirst();
  const inserted = await trx
    .insertInto('checkin')
    .values({
      id: newId(),
      member_id: checkin.memberId,
      group_id: checkin.groupId,
      day: checkin.day,
      note: checkin.note,
      counted: first ? 0 : 1,
      makeup: checkin.makeup ? 1 : 0,
      message_id: checkin.messageId,
      written_at: checkin.writtenAt,
      recorded_at: now,
    })
    .onConflict((conflict) => conflict.column('message_id').doNothing())
    .returning('counted')
    .executeTakeFirst();
  return inserted?.counted ?? 0;
}

/**
 * Lets a recalled check-in count no more; the next of that day counts instead, where there is one. Gives by how much
 * the day's count changed, or `undefined` when the message was no check-in or was withdrawn before.
 */
export async function withdrawCheckin(
  trx: Db,
  messageId: string,
  now: number,
): Promise<{ memberId: string; groupId: string; day: string; checkins: 0 | -1 } | undefined> {
  const withdrawn = await trx
    .updateTable('checkin')
    .set({ withdrawn_at: now })
    .where('message_id', '=', messageId)
    .where('withdrawn_at', 'is', null)
    .returning(['id', 'member_id', 'group_id', 'day', 'counted'])
    .executeTakeFirst();
  if (!withdrawn) return undefined;
  const { member_id: memberId, group_id: groupId, day } = withdrawn;
  await trx
    .updateTable('checkin_photo')
    .set({ withdrawn_at: now })
    .where('checkin_id', '=', withdrawn.id)
    .execute();
  if (withdrawn.counted === 0) return { memberId, groupId, day, checkins: 0 };
  await trx.updateTable('checkin').set({ counted: 0 }).where('id', '=', withdrawn.id).execute();
  const next = await trx
    .selectFrom('checkin')
    .select('id')
    .where('member_id', '=', memberId)
    .where('group_id', '=', groupId)
    .where('day', '=', day)
    .where('withdrawn_at', 'is', null)
    .orderBy('written_at')
    .orderBy('id')
    .executeTakeFirst();
  if (!next) return { memberId, groupId, day, checkins: -1 };
  await trx.updateTable('checkin').set({ counted: 1 }).where('id', '=', next.id).execute();
  return { memberId, groupId, day, checkins: 0 };
}

/** The days on which a member checked in anywhere, the last year, newest first. */
export async function listCheckinDays(db: Db, memberId: string, day: string): Promise<string[]> {
  const rows = await db
    .selectFrom('checkin')
    .select('day')
    .distinct()
    .where('member_id', '=', memberId)
    .where('counted', '=', 1)
    .where('day', '<=', day)
    .where('day', '>=', addDays(day, -LOOK_BACK))
    .orderBy('day', 'desc')
    .execute();
  return rows.map((row) => row.day);
}

/** A member's leave that touches the last year before a day. */
export async function absencesOf(db: Db, memberId: string, day: string): Promise<Absence[]> {
  const rows = await db
    .selectFrom('absence')
    .select(['from_day', 'to_day'])
    .where('member_id', '=', memberId)
    .where('closed_at', 'is', null)
    .where('from_day', '<=', day)
    .where('to_day', '>=', addDays(day, -LOOK_BACK))
    .execute();
  return rows.map((row) => ({ from: row.from_day, to: row.to_day }));
}

/** A member's streak on a day, over all groups; leave doesn't break it. */
export const streakOf = async (db: Db, memberId: string, day: string): Promise<number> =>
  streakWith(await listCheckinDays(db, memberId, day), day, await absencesOf(db, memberId, day));
