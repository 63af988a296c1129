/** Sending a lesson now: an occurrence of its own, through the same ledger. */
import { newId, takeNumbers } from '../db/ids.ts';
import { appendAudit } from '../db/audit.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { planDeliveries } from '../delivery/ledger.ts';
import { UserError } from '../errors.ts';
import type { Lesson } from '../lessons/lesson.ts';
import type { Group } from '../people/groups.ts';
import { type By, byOf } from '../people/units.ts';
import { DEFAULT_CLOSE_AFTER, DEFAULT_GRACE, type Schedule } from './schedules.ts';
import { nextOrdinal, taughtTo } from './syllabus.ts';

export interface SentNow {
  readonly occurrence: string;
  readonly deliveries: readonly string[];
}

/**
 * Plans a lesson for each group at once. Throws `UserError`, and plans nothing, when a group isn't enabled
 * or has had this content before.
 */
export async function sendNow(
  db: Db,
  send: {
    readonly lesson: Lesson;
    readonly groups: readonly Group[];
    readonly zone: string;
    readonly closeAfter?: number;
    /** Also where the group has had this revision. */
    readonly again?: boolean;
  },
  by: By | string,
  now: number,
): Promise<SentNow> {
  const { lesson, groups, zone, closeAfter = DEFAULT_CLOSE_AFTER, again = false } = send;
  return await inTransaction(db, async (trx) => {
    for (const group of groups) {
      if (group.enabled === 0)
        throw new UserError(`group ${group.key} is disabled: "weike group enable ${group.key}" first`, {
          said: `「${group.topic}」没有启用，先启用再发`,
        });
      if (!again && (await taughtTo(trx, group.id)).hashes.has(lesson.hash))
        throw new UserError(
          `group ${group.key} has had lesson ${lesson.id} in this revision already: nothing was sent; --again sends it once more`,
          { said: `「${group.topic}」已经学过这一课，没有再发` },
        );
    }
    const schedule: Schedule = {
      id: newId(),
      no: await takeNumbers(trx, 'schedule'),
      kind: 'lesson',
      content: lesson.id,
      all_groups: 0,
      at: now,
      cron: null,
      monthly: null,
      days: 'all',
      misfire: 'catch-up',
      grace: DEFAULT_GRACE,
      again: again ? 1 : 0,
      zone,
      close_after: closeAfter,
      next_at: null,
      created_by: byOf(by).who,
      created_at: now,
      // Not a plan that anybody would look for in a list: it is done as it is made.
      removed_at: now,
    };
    await trx.insertInto('schedule').values(schedule).execute();
    const occurrence = newId();
    await trx
      .insertInto('occurrence')
      .values({ id: occurrence, schedule_id: schedule.id, nominal_at: now, created_at: now })
      .execute();
    const plans = [];
    for (const group of groups)
      plans.push({
        cause: `${occurrence}:${group.id}`,
        kind: 'lesson' as const,
        account: group.account,
        groupId: group.id,
        occurrenceId: occurrence,
        content: lesson.id,
        hash: lesson.hash,
        ordinal: await nextOrdinal(trx, group.id),
        closeAfter,
        plannedAt: now,
        again,
      });
    const deliveries = await planDeliveries(trx, plans, now);
    await appendAudit(trx, {
      at: now,
      ...byOf(by),
      what: 'lesson.send',
      subject: lesson.id,
      after: { occurrence, groups: groups.map(({ key }) => key) },
    });
    return { occurrence, deliveries };
  });
}
