/** Schedules as rows: what is sent, to whom, when. */
import { formatDuration, HOUR, isoInZone, wallOf } from '../clock.ts';
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { DayRule, Misfire, ScheduleKind, ScheduleTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import type { Group } from '../people/groups.ts';
import { type By, byOf } from '../people/units.ts';
import { dayOfWall, dayText, holidayOn } from './calendar.ts';
import { parseMonthly, sayMonthly } from './monthly.ts';
import { nextFiring, type Timetable, timetableOf, type When } from './timetable.ts';

export type Schedule = ScheduleTable;

export const DEFAULT_CLOSE_AFTER = 24 * HOUR;
export const DEFAULT_GRACE = 12 * HOUR;

export interface NewSchedule {
  readonly kind: ScheduleKind;
  readonly content: string;
  /** `all`: whatever groups are enabled when it fires. */
  readonly groups: readonly Group[] | 'all';
  readonly when: When;
  readonly zone: string;
  readonly closeAfter?: number;
  readonly days?: DayRule;
  readonly misfire?: Misfire;
  /** How late `catch-up` may be, ms. */
  readonly grace?: number;
  /** Also to groups that have had the lesson in this revision. */
  readonly again?: boolean;
}

export interface ListedSchedule {
  readonly no: number;
  readonly id: string;
  /** `lesson:ID`, `course:NAME`, `digest:day`. */
  readonly content: string;
  /** Keys of the groups, or `["all"]`. */
  readonly groups: readonly string[];
  /** The cron expression, the rule of the month, or the time once in ISO 8601. */
  readonly when: string;
  /** ISO 8601, or null when nothing is left. */
  readonly next_at: string | null;
  readonly days: DayRule;
  readonly misfire: Misfire;
  /** How late `catch-up` may be: `12h`. */
  readonly grace: string;
  readonly again: boolean;
}

/** A schedule as it would be written, without being written. Throws `UserError` for one that can never fire. */
export function draftSchedule(added: NewSchedule, who: string, now: number): Schedule {
  const { when, zone, days = 'all', misfire = 'catch-up', again = false } = added;
  if ('at' in when && when.at <= now)
    throw new UserError('--at: that time is over; name one in the future', {
      said: '这个时间已经过了，请选以后的',
    });
  if (added.groups !== 'all' && added.groups.length === 0)
    throw new UserError('name a group with --group KEY, or --all', { said: '请选至少一个群' });
  if (misfire === 'fold' && added.kind !== 'lesson' && added.kind !== 'course')
    throw new UserError('--misfire fold: only a lesson can go into a digest; choose catch-up or skip');
  if (again && added.kind !== 'lesson')
    throw new UserError('--again is for one lesson; a course goes on with what a group has not had');
  const row: Schedule = {
    id: newId(),
    no: 0,
    kind: added.kind,
    content: added.content,
    all_groups: added.groups === 'all' ? 1 : 0,
    at: 'at' in when ? when.at : null,
    cron: 'cron' in when ? when.cron.trim().replace(/\s+/g, ' ') : null,
    monthly: 'monthly' in when ? sayMonthly(parseMonthly(when.monthly)) : null,
    days,
    misfire,
    grace: added.grace ?? DEFAULT_GRACE,
    again: again ? 1 : 0,
    zone,
    close_after: added.closeAfter ?? DEFAULT_CLOSE_AFTER,
    next_at: null,
    created_by: who,
    created_at: now,
    removed_at: null,
  };
  const nextAt = nextFiring(timetableOf(row), now);
  if (nextAt === undefined) throw new UserError(neverComes(timetableOf(row)));
  return { ...row, next_at: nextAt };
}

function neverComes({ when, zone, days }: Timetable): string {
  if ('cron' in when) return `--cron: "${when.cron}" never comes${days === 'all' ? '' : ` with --${days}`}`;
  if ('monthly' in when)
    return `--monthly: "${when.monthly}" never comes${days === 'all' ? '' : ` with --${days}`}`;
  const day = dayOfWall(wallOf(when.at, zone));
  const why = holidayOn(day) ?? '周末';
  return `--at: ${dayText(day)} is ${why} and --${days} leaves it out; --move-to-next-workday moves it instead`;
}

/** Writes a schedule down. Throws `UserError` for a time in the past or a rule that never comes. */
export async function addSchedule(
  db: Db,
  added: NewSchedule,
  by: By | string,
  now: number,
): Promise<Schedule> {
  const { who, via } = byOf(by);
  const draft = draftSchedule(added, who, now);
  return await inTransaction(db, async (trx) => {
    const row: Schedule = { ...draft, no: await takeNumbers(trx, 'schedule') };
    await trx.insertInto('schedule').values(row).execute();
    if (added.groups !== 'all')
      await trx
        .insertInto('schedule_group')
        .values(added.groups.map((group) => ({ schedule_id: row.id, group_id: group.id })))
        .execute();
    const { kind, content, all_groups: all, days, misfire, grace, again } = row;
    const after = { kind, content, when: whenOf(row), all, days, misfire, grace, again };
    await appendAudit(trx, {
      at: now,
      who,
      ...(via === undefined ? {} : { via }),
      what: 'schedule.add',
      subject: row.id,
      after,
    });
    return row;
  });
}

/** When it fires, as a person or a script reads it. */
export const whenOf = ({ cron, monthly, at, zone }: Schedule): string =>
  cron ?? monthly ?? isoInZone(at ?? 0, zone);

/** The schedules that aren't removed, by number. */
export const listSchedules = (db: Db): Promise<Schedule[]> =>
  db.selectFrom('schedule').selectAll().where('removed_at', 'is', null).orderBy('no').execute();

/** A schedule as `weike schedule list` shows it. */
export async function listedSchedule(db: Db, schedule: Schedule): Promise<ListedSchedule> {
  const { no, id, kind, content, zone, next_at: nextAt, days, misfire, grace, again } = schedule;
  return {
    no,
    id,
    content: `${kind}:${content}`,
    groups: await groupKeysOf(db, schedule),
    when: whenOf(schedule),
    next_at: nextAt === null ? null : isoInZone(nextAt, zone),
    days,
    misfire,
    grace: formatDuration(grace),
    again: again === 1,
  };
}

/** Keys of a schedule's groups, or `['all']`. */
export async function groupKeysOf(db: Db, schedule: Schedule): Promise<string[]> {
  if (schedule.all_groups === 1) return ['all'];
  const rows = await db
    .selectFrom('schedule_group')
    .innerJoin('chat_group', 'chat_group.id', 'schedule_group.group_id')
    .select('chat_group.key')
    .where('schedule_id', '=', schedule.id)
    .orderBy('chat_group.created_at')
    .orderBy('chat_group.id')
    .execute();
  return rows.map((row) => row.key);
}

/** The groups that a schedule addresses: the listed ones as they are, or all enabled ones. */
export async function groupsOf(db: Db, schedule: Schedule): Promise<Group[]> {
  const groups = db.selectFrom('chat_group').selectAll('chat_group').orderBy('created_at').orderBy('id');
  if (schedule.all_groups === 1) return await groups.where('enabled', '=', 1).execute();
  return await groups
    .innerJoin('schedule_group', 'schedule_group.group_id', 'chat_group.id')
    .where('schedule_group.schedule_id', '=', schedule.id)
    .execute();
}

/** Removes a schedule: nothing of it is planned any more; what is planned already stays. */
export async function removeSchedule(db: Db, no: number, by: By | string, now: number): Promise<Schedule> {
  const { who, via } = byOf(by);
  return await inTransaction(db, async (trx) => {
    const removed = await trx
      .updateTable('schedule')
      .set({ removed_at: now, next_at: null })
      .where('no', '=', no)
      .where('removed_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (!removed) throw new UserError(`there is no schedule ${no}: see "weike schedule list"`);
    await appendAudit(trx, {
      at: now,
      who,
      ...(via === undefined ? {} : { via }),
      what: 'schedule.remove',
      subject: removed.id,
    });
    return removed;
  });
}
