/** Scheduling as people do it: what can't fit is refused with the nearest plan that does, what they should know is said. */
import { DAY, HOUR, SECOND, wallOf } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { quietUntil } from '../delivery/pace-rules.ts';
import { UserError } from '../errors.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { type Group, listEnabledGroups } from '../people/groups.ts';
import { type By, byOf } from '../people/units.ts';
import { expandSends, type ScheduledFor } from './expand.ts';
import { findMisfit, type FitWorld, type Misfit, redraft } from './fit.ts';
import { parseMonthly } from './monthly.ts';
import { nearestFit, type Times } from './nearby.ts';
import { type PaceConfig, readAccounts, readOutlook, readOwed } from './outlook.ts';
import { addSchedule, draftSchedule, listSchedules, type NewSchedule, type Schedule } from './schedules.ts';
import { quietOf } from './simulate.ts';
import { firingsBetween, timetableOf, unpublishedYear } from './timetable.ts';
import { sayMisfit, sayTimes, type Warning } from './words.ts';

export interface Scheduled {
  readonly schedule: Schedule;
  readonly warnings: readonly Warning[];
}

/** The plan doesn't fit. The message is for the terminal; a chat or a page says it in its own words. */
export class MisfitError extends UserError {
  override name = 'MisfitError';
  readonly misfit: Misfit;
  /** The nearest plan that fits; absent when none near it does. */
  readonly nearest: Times | undefined;

  constructor(message: string, misfit: Misfit, nearest: Times | undefined) {
    super(message);
    this.misfit = misfit;
    this.nearest = nearest;
  }
}

/** So many plans near one that doesn't fit are tried, and for so much of our own work. */
const MOST_TRIES = 2_000;
const TRY_WITHIN = 10 * SECOND;
/** How far ahead the hours of other plans are avoided. */
const TAKEN_AHEAD = 40 * DAY;

interface Fitting {
  readonly planned: ScheduledFor;
  readonly groups: readonly Group[];
  readonly world: FitWorld;
}

/**
 * Looks whether a plan fits, and writes nothing. Throws `MisfitError` with the nearest plan where it doesn't fit,
 * and `UserError` for what is wrong in itself. `tryWithin`: how long a nearer plan is looked for, ms of work; nothing else
 * happens meanwhile. `instead`: the id of a schedule in whose place it would come.
 */
export async function fitPlan(
  db: Db,
  config: PaceConfig,
  lessons: readonly Lesson[],
  added: NewSchedule,
  by: By | string,
  now: number,
  tryWithin = TRY_WITHIN,
  instead?: string,
): Promise<Fitting> {
  const draft = draftSchedule(added, byOf(by).who, now);
  const groups = added.groups === 'all' ? await listEnabledGroups(db) : added.groups;
  const planned: ScheduledFor = { schedule: draft, groups: groups.filter(({ enabled }) => enabled === 1) };
  const outlook = await readOutlook(db, lessons);
  const world: FitWorld = {
    outlook: { ...outlook, schedules: outlook.schedules.filter(({ schedule }) => schedule.id !== instead) },
    accounts: await readAccounts(db, config, planned.groups, now),
    owed: await readOwed(db, undefined),
    now,
  };
  const misfit = findMisfit(world, planned);
  if (misfit) {
    const nearest = searchNearest(misfit, planned, world, tryWithin);
    const cure = nearest
      ? `the nearest plan that fits: ${sayTimes(nearest, draft.zone)}`
      : 'nothing near it fits: name fewer groups, or give the account more room with PACE, QUIET_HOURS or "weike setting"';
    throw new MisfitError(`${sayMisfit(misfit, draft, world)}; ${cure}`, misfit, nearest);
  }
  return { planned, groups, world };
}

/** Schedules what fits. Throws what `fitPlan` throws. */
export async function scheduleFitting(
  db: Db,
  config: PaceConfig,
  lessons: readonly Lesson[],
  added: NewSchedule,
  by: By | string,
  now: number,
  tryWithin = TRY_WITHIN,
): Promise<Scheduled> {
  const { planned, groups, world } = await fitPlan(db, config, lessons, added, by, now, tryWithin);
  const warnings = await warningsFor(db, config, { ...planned, groups }, world);
  return { schedule: await addSchedule(db, added, by, now), warnings };
}

/** How long this thread has worked, ms: where others keep the machine busy, as many plans are tried as where it is idle. */
function worked(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function searchNearest(
  misfit: Misfit,
  planned: ScheduledFor,
  world: FitWorld,
  tryWithin: number,
): Times | undefined {
  const deadline = worked() + tryWithin;
  let left = MOST_TRIES;
  const gaveUp: Misfit = { ...misfit, kind: 'day' };
  const until = world.now + TAKEN_AHEAD;
  const hoursOf = (schedule: Schedule) => firingsBetween(timetableOf(schedule), world.now, until);
  const accounts = new Set(planned.groups.map(({ account }) => account));
  const beside = world.outlook.schedules.filter(({ groups }) =>
    groups.some(({ account }) => accounts.has(account) && world.accounts.get(account)?.rules),
  );
  const taken = new Set(beside.flatMap(({ schedule }) => hoursOf(schedule)));
  /** Fits behind another batch of the same hour: named when there is nothing else. */
  let crowded: Times | undefined;
  const timeOf = ({ next_at: first, zone }: Schedule) => wallOf(first ?? 0, zone) % DAY;
  const free = nearestFit(planned.schedule, misfit, (times) => {
    left -= 1;
    if (left < 0 || worked() > deadline) return gaveUp;
    const schedule = redraft(planned.schedule, times, world.now);
    if (!schedule) return { ...misfit, kind: 'quiet' };
    const found = findMisfit(world, { ...planned, schedule });
    if (found || timeOf(schedule) === timeOf(planned.schedule)) return found;
    if (!hoursOf(schedule).some((hour) => taken.has(hour))) return undefined;
    crowded ??= times;
    return { ...misfit, kind: 'into-next' };
  });
  return free ?? crowded;
}

async function warningsFor(
  db: Db,
  config: PaceConfig,
  { schedule, groups }: ScheduledFor,
  world: FitWorld,
): Promise<Warning[]> {
  const warnings = [...calendarWarnings(schedule, world.now)];
  const disabled = groups.filter(({ enabled }) => enabled === 0).map(({ key }) => key);
  if (disabled.length > 0) warnings.push({ kind: 'disabled', groups: disabled });
  const known = new Set(config.channels.map(({ account }) => account));
  const accounts = new Set(groups.map(({ account }) => account).filter((account) => !known.has(account)));
  if (accounts.size > 0) warnings.push({ kind: 'unserved', accounts: [...accounts] });
  if (schedule.monthly !== null) {
    const { what, nth } = parseMonthly(schedule.monthly);
    if (what === 'day' && nth > 28) warnings.push({ kind: 'short-months', day: nth });
    if (typeof what === 'number' && nth === 5) warnings.push({ kind: 'few-fifths' });
  }
  if (schedule.misfire === 'fold') {
    const untold = await withoutDigest(db, groups);
    if (untold.length > 0) warnings.push({ kind: 'untold', groups: untold });
  }
  const until = keyInQuiet({ schedule, groups }, world);
  if (until !== undefined) warnings.push({ kind: 'key-at-night', until, zone: config.zone });
  return warnings;
}

/** What the coming year's holidays leave open for a schedule. */
export function calendarWarnings(schedule: Schedule, now: number): Warning[] {
  const year = unpublishedYear(timetableOf(schedule), now, now + 366 * DAY);
  return year === undefined ? [] : [{ kind: 'unpublished', year, days: schedule.days }];
}

async function withoutDigest(db: Db, groups: readonly Group[]): Promise<string[]> {
  const schedules = await listSchedules(db);
  const digests = schedules.filter(({ kind, next_at: next }) => kind === 'digest' && next !== null);
  if (digests.some((digest) => digest.all_groups === 1)) return [];
  const told = new Set<string>();
  for (const { id } of digests) {
    const rows = await db
      .selectFrom('schedule_group')
      .select('group_id')
      .where('schedule_id', '=', id)
      .execute();
    for (const row of rows) told.add(row.group_id);
  }
  return groups.filter(({ id }) => !told.has(id)).map(({ key }) => key);
}

/** A key that falls due at night waits for the morning: until when, ms. */
function keyInQuiet(planned: ScheduledFor, { outlook, accounts }: FitWorld): number | undefined {
  const quietIn = ({ account, id }: Group) => {
    const standing = accounts.get(account);
    return standing && quietOf(standing, id);
  };
  const groups = planned.groups.filter((group) => quietIn(group)).slice(0, 1);
  const zone = accounts.get(groups[0]?.account ?? '')?.rules?.zone;
  const quietHours = groups[0] && quietIn(groups[0]);
  if (zone === undefined || !quietHours) return undefined;
  const alone = { ...outlook, schedules: [{ ...planned, groups }] };
  const [send] = expandSends(alone, (planned.schedule.next_at ?? 0) + HOUR);
  if (!send?.lesson || send.lesson.questions.length === 0) return undefined;
  return quietUntil(quietHours, send.nominalAt + planned.schedule.close_after, zone);
}
