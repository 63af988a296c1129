/** Scheduling as people do it: what can't fit is refused with the nearest plan that does, what they should know is said. */
import { DAY, HOUR, localDay, localTime, SECOND } from '../clock.ts';
import type { QuietHours } from '../config.ts';
import type { Db } from '../db/open.ts';
import { capOfDay, quietUntil } from '../delivery/pace-rules.ts';
import { UserError } from '../errors.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { type Group, listEnabledGroups } from '../people/groups.ts';
import { expandSends, type ScheduledFor } from './expand.ts';
import { findMisfit, type FitWorld, type Misfit, redraft } from './fit.ts';
import { parseMonthly } from './monthly.ts';
import { nearestFit, sayLocal, type Times } from './nearby.ts';
import { isPacedAccount, type PaceConfig, readAccounts, readOutlook, readOwed } from './outlook.ts';
import { addSchedule, draftSchedule, listSchedules, type NewSchedule, type Schedule } from './schedules.ts';
import { timetableOf, unpublishedYear } from './timetable.ts';

export interface Scheduled {
  readonly schedule: Schedule;
  /** What the person should know though it is scheduled, in English. */
  readonly warnings: readonly string[];
}

/** So many plans near one that doesn't fit are tried, and for so long. */
const MOST_TRIES = 2_000;
const TRY_WITHIN = 5 * SECOND;

/** Schedules what fits. Throws `UserError` with what is wrong, and with the nearest plan where it doesn't fit. */
export async function scheduleFitting(
  db: Db,
  config: PaceConfig,
  lessons: readonly Lesson[],
  added: NewSchedule,
  who: string,
  now: number,
): Promise<Scheduled> {
  const draft = draftSchedule(added, who, now);
  const groups = added.groups === 'all' ? await listEnabledGroups(db) : added.groups;
  const planned: ScheduledFor = { schedule: draft, groups: groups.filter(({ enabled }) => enabled === 1) };
  const world: FitWorld = {
    outlook: await readOutlook(db, lessons),
    accounts: await readAccounts(db, config, planned.groups, now),
    owed: await readOwed(db, undefined),
    now,
  };
  const misfit = findMisfit(world, planned);
  if (misfit) throw new UserError(`${explain(misfit, planned, world)}; ${proposal(misfit, planned, world)}`);
  const warnings = await warningsFor(db, config, { ...planned, groups }, world);
  return { schedule: await addSchedule(db, added, who, now), warnings };
}

/** As it is typed after the command. */
function optionOf({ at, cron, monthly }: Times, zone: string): string {
  if (cron !== null) return `--cron '${cron}'`;
  if (monthly !== null) return `--monthly '${monthly}'`;
  return `--at ${sayLocal(at ?? 0, zone)}`;
}

function proposal(misfit: Misfit, planned: ScheduledFor, world: FitWorld): string {
  const deadline = performance.now() + TRY_WITHIN;
  let left = MOST_TRIES;
  const gaveUp: Misfit = { ...misfit, kind: 'day' };
  const nearest = nearestFit(planned.schedule, misfit, (times) => {
    left -= 1;
    if (left < 0 || performance.now() > deadline) return gaveUp;
    const schedule = redraft(planned.schedule, times, world.now);
    return schedule ? findMisfit(world, { ...planned, schedule }) : { ...misfit, kind: 'quiet' };
  });
  return nearest
    ? `the nearest plan that fits: ${optionOf(nearest, planned.schedule.zone)}`
    : 'nothing near it fits: name fewer groups, or give the account more room with PACE, QUIET_HOURS or "weike setting"';
}

const two = (value: number) => String(value).padStart(2, '0');
const clockOf = (minute: number) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
const sayQuiet = ({ from, to }: QuietHours) => `${clockOf(from)}-${clockOf(to)}`;

function explain(misfit: Misfit, planned: ScheduledFor, { accounts }: FitWorld): string {
  const { kind, account, schedule, nominalAt, group, endsAt, into } = misfit;
  const { zone } = schedule;
  const { rules, standing } = accounts.get(account) ?? {};
  const day = localDay(nominalAt, zone);
  const hour = `${day} ${localTime(nominalAt, zone)}`;
  const whose =
    schedule.id === planned.schedule.id ? 'this' : `schedule ${schedule.no}, with this beside it,`;
  const quiet = rules?.quietHours ? sayQuiet(rules.quietHours) : '';
  switch (kind) {
    case 'quiet':
      return `${hour} lies in the quiet hours ${quiet} of ${account}`;
    case 'day': {
      const cap = rules?.pace
        ? capOfDay(rules.pace.perDay, rules.warmUpDays, standing?.firstDay ?? day, day)
        : 0;
      const isNew =
        rules?.pace && cap < rules.pace.perDay ? `, a new account's share of ${rules.pace.perDay}` : '';
      return `on ${day} ${whose} needs more than the ${cap} messages that ${account} may send that day${isNew}`;
    }
    case 'group-day':
      return `on ${day} ${whose} brings group ${group.key} more messages than its policy group-per-day allows`;
    case 'into-quiet':
      return `${whose} at ${hour} would run into the quiet hours ${quiet} of ${account}`;
    case 'into-next':
      return `${whose} at ${hour} would take ${account} until ${localTime(endsAt, zone)}, into what is due at ${localTime(into ?? endsAt, zone)}`;
  }
}

async function warningsFor(
  db: Db,
  config: PaceConfig,
  { schedule, groups }: ScheduledFor,
  world: FitWorld,
): Promise<string[]> {
  const warnings: string[] = [];
  const year = unpublishedYear(timetableOf(schedule), world.now, world.now + 366 * DAY);
  if (year !== undefined) warnings.push(unpublished(year, schedule));
  const off = groups.filter(({ enabled }) => enabled === 0).map(({ key }) => key);
  if (off.length > 0) warnings.push(`disabled, gets nothing until "weike group enable": ${off.join(', ')}`);
  const known = new Set(config.channels.map(({ account }) => account));
  const unserved = [...new Set(groups.map(({ account }) => account))].filter(
    (account) => !known.has(account),
  );
  if (unserved.length > 0) warnings.push(`not in CHANNELS, so nobody sends there: ${unserved.join(', ')}`);
  if (schedule.monthly !== null) {
    const { what, nth } = parseMonthly(schedule.monthly);
    if (what === 'day' && nth > 28)
      warnings.push(`months without a day ${nth} are left out; 'last day' is the last one of each`);
    if (typeof what === 'number' && nth === 5)
      warnings.push('most months have no fifth one and are left out');
  }
  if (schedule.misfire === 'fold') {
    const untold = await withoutDigest(db, groups);
    if (untold.length > 0)
      warnings.push(`no digest is scheduled to tell of what is missed: ${untold.join(', ')}`);
  }
  const late = keyInQuiet(config, { schedule, groups }, world);
  if (late !== undefined) warnings.push(late);
  return warnings;
}

/** Also for lists: the holidays that a schedule will ask for are not all known. */
export function calendarWarning(schedule: Schedule, now: number): string | undefined {
  const year = unpublishedYear(timetableOf(schedule), now, now + 366 * DAY);
  return year === undefined ? undefined : unpublished(year, schedule);
}

function unpublished(year: number, { days }: Schedule): string {
  const then =
    days === 'skip-holidays'
      ? 'nothing is skipped in it'
      : 'only its Saturdays and Sundays count as days off';
  return `the holidays of ${year} are not published yet: until an update of weike knows them, ${then}`;
}

async function withoutDigest(db: Db, groups: readonly Group[]): Promise<string[]> {
  const digests = (await listSchedules(db)).filter(
    ({ kind, next_at: next }) => kind === 'digest' && next !== null,
  );
  if (digests.some((digest) => digest.all_groups === 1)) return [];
  const rows =
    digests.length === 0
      ? []
      : await db
          .selectFrom('schedule_group')
          .select('group_id')
          .where(
            'schedule_id',
            'in',
            digests.map(({ id }) => id),
          )
          .execute();
  const told = new Set(rows.map((row) => row.group_id));
  return groups.filter(({ id }) => !told.has(id)).map(({ key }) => key);
}

/** A key that falls due at night waits for the morning. */
function keyInQuiet(config: PaceConfig, planned: ScheduledFor, world: FitWorld): string | undefined {
  const { quietHours, zone } = config;
  if (!quietHours) return undefined;
  const groups = planned.groups.filter(({ account }) => isPacedAccount(config, account));
  const alone = { ...world.outlook, schedules: [{ schedule: planned.schedule, groups: groups.slice(0, 1) }] };
  const [send] = expandSends(alone, (planned.schedule.next_at ?? 0) + HOUR);
  if (!send?.lesson || send.lesson.questions.length === 0) return undefined;
  const until = quietUntil(quietHours, send.nominalAt + planned.schedule.close_after, zone);
  return until === undefined
    ? undefined
    : `its quiz closes in the quiet hours: the key is posted at ${localTime(until, zone)}`;
}
