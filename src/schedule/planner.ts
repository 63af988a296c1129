/**
 * Turns schedules that have come due into occurrences and planned deliveries, in one transaction per
 * schedule. Nothing about a schedule lives in memory, and only this file moves `next_at` on.
 */
import { HOUR } from '../clock.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { type NewDelivery, planDeliveries } from '../delivery/ledger.ts';
import type { Lesson } from '../lessons/lesson.ts';
import type { Group } from '../people/groups.ts';
import { nextAfter } from './cron.ts';
import { groupsOf, type Schedule } from './schedules.ts';
import { nextOrdinal, pickLesson } from './syllabus.ts';

/** How late a missed hour may still be caught up with. */
export const CATCH_UP = 12 * HOUR;

/** Plans everything whose time has come. Gives how many deliveries are new. */
export async function planDue(db: Db, lessons: readonly Lesson[], now: number): Promise<number> {
  const due = await db
    .selectFrom('schedule')
    .selectAll()
    .where('removed_at', 'is', null)
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .orderBy('no')
    .execute();
  let planned = 0;
  for (const schedule of due) planned += await planOccurrence(db, schedule, lessons, now);
  return planned;
}

async function planOccurrence(
  db: Db,
  schedule: Schedule,
  lessons: readonly Lesson[],
  now: number,
): Promise<number> {
  const nominalAt = schedule.next_at ?? now;
  // Several missed hours of one schedule are one occurrence, not a burst.
  const nextAt = schedule.cron === null ? null : (nextAfter(schedule.cron, schedule.zone, now) ?? null);
  return await inTransaction(db, async (trx) => {
    const mine = await trx
      .updateTable('schedule')
      .set({ next_at: nextAt })
      .where('id', '=', schedule.id)
      .where('next_at', '=', nominalAt)
      .where('removed_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (!mine) return 0;
    const occurrence = await trx
      .insertInto('occurrence')
      .values({ id: newId(), schedule_id: schedule.id, nominal_at: nominalAt, created_at: now })
      .onConflict((conflict) => conflict.columns(['schedule_id', 'nominal_at']).doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!occurrence) return 0;
    const plans: NewDelivery[] = [];
    for (const group of await groupsOf(trx, schedule))
      plans.push(await planFor(trx, schedule, { id: occurrence.id, nominalAt }, group, lessons, now));
    return (await planDeliveries(trx, plans, now)).length;
  });
}

interface Occurrence {
  readonly id: string;
  readonly nominalAt: number;
}

async function planFor(
  trx: Db,
  schedule: Schedule,
  occurrence: Occurrence,
  group: Group,
  lessons: readonly Lesson[],
  now: number,
): Promise<NewDelivery> {
  const plan: NewDelivery = {
    cause: `${occurrence.id}:${group.id}`,
    kind: schedule.kind === 'digest' ? 'digest' : 'lesson',
    account: group.account,
    groupId: group.id,
    occurrenceId: occurrence.id,
    content: schedule.content,
    closeAfter: schedule.close_after,
    plannedAt: occurrence.nominalAt,
  };
  const skipped = (reason: string): NewDelivery => ({ ...plan, ended: { state: 'skipped', reason } });
  if (group.enabled === 0) return skipped('这个群没有启用');
  if (now - occurrence.nominalAt > CATCH_UP)
    return { ...plan, ended: { state: 'expired', reason: '错过的时间太久，没有补发' } };
  if (schedule.kind === 'digest') return { ...plan, ordinal: await nextOrdinal(trx, group.id, 'digest') };
  const picked = await pickLesson(trx, schedule, group.id, lessons);
  if ('reason' in picked)
    return { ...skipped(picked.reason), ...(picked.lessonId ? { content: picked.lessonId } : {}) };
  return { ...plan, content: picked.id, hash: picked.hash, ordinal: await nextOrdinal(trx, group.id) };
}
