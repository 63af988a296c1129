/** Changing a plan: the old one is taken away and scheduled anew as it is to be, both or neither. */
import { type Db, inTransaction } from '../db/open.ts';
import type { Lesson } from '../lessons/lesson.ts';
import type { By } from '../people/units.ts';
import { type Scheduled, scheduleFitting } from './add.ts';
import type { PaceConfig } from './outlook.ts';
import { groupsOf, type NewSchedule, removeSchedule, type Schedule } from './schedules.ts';
import { timetableOf } from './timetable.ts';

/** What a schedule would be added with. */
export async function redo(db: Db, schedule: Schedule): Promise<NewSchedule> {
  return {
    kind: schedule.kind,
    content: schedule.content,
    groups: schedule.all_groups === 1 ? 'all' : await groupsOf(db, schedule),
    when: timetableOf(schedule).when,
    zone: schedule.zone,
    closeAfter: schedule.close_after,
    days: schedule.days,
    misfire: schedule.misfire,
    grace: schedule.grace,
    again: schedule.again === 1,
  };
}

/**
 * Schedules otherwise what is scheduled: at another time, to other groups. Throws `MisfitError` with the nearest plan
 * where that doesn't fit, and changes nothing then. `tryWithin`: how long a nearer plan is looked for, ms.
 */
export async function changeSchedule(
  db: Db,
  config: PaceConfig,
  lessons: readonly Lesson[],
  schedule: Schedule,
  changes: Partial<NewSchedule>,
  by: By | string,
  now: number,
  tryWithin: number,
): Promise<Scheduled> {
  return await inTransaction(db, async (trx) => {
    const added = { ...(await redo(trx, schedule)), ...changes };
    await removeSchedule(trx, schedule.no, by, now);
    return await scheduleFitting(trx, config, lessons, added, by, now, tryWithin);
  });
}
