/**
 * When a schedule fires. Days and times are worked out on the wall clock of the schedule's zone and only then
 * turned into instants, so that a time in the gap of a clock change moves forward by the gap and one that comes
 * twice is the first: never twice, never lost.
 */
import { DAY, instantOfWall, instantsOfDay, wallOf } from '../clock.ts';
import type { DayRule, ScheduleTable } from '../db/tables.ts';
import { dayOfWall, holidayOn, isPublished, isWorkday, workdayFrom } from './calendar.ts';
import { type DayTimes, readCron } from './cron.ts';
import { parseMonthly, readMonthly } from './monthly.ts';

export type When = { readonly at: number } | { readonly cron: string } | { readonly monthly: string };

export interface Timetable {
  readonly when: When;
  readonly zone: string;
  readonly days: DayRule;
}

export function timetableOf({
  at,
  cron,
  monthly,
  zone,
  days,
}: Pick<ScheduleTable, 'at' | 'cron' | 'monthly' | 'zone' | 'days'>): Timetable {
  const when = cron !== null ? { cron } : monthly !== null ? { monthly } : { at: at ?? 0 };
  return { when, zone, days };
}

/** How far the next firing is looked for: 29 February on a given weekday may be 40 years away. */
const HORIZON = 41 * 366;

/** The first firing after `after`, ms; `undefined` when there is none. Throws `UserError` for a rule that is none. */
export function nextFiring(table: Timetable, after: number): number | undefined {
  if ('at' in table.when) return firingsOnce(table, table.when.at).find((at) => at > after);
  const instants = instantsOf(table);
  const today = dayOfWall(wallOf(after, table.zone));
  // From yesterday: a time that a gap moved may have come out on the day after its own.
  for (let day = today - 1; day <= today + HORIZON; day += 1) {
    const first = least(instants(day), after);
    if (first !== undefined) return least([first, ...instants(day + 1)], after);
  }
  return undefined;
}

/** The firings in (after, until], ascending, each once. */
export function firingsBetween(table: Timetable, after: number, until: number): number[] {
  if (until <= after) return [];
  const dayOf = (at: number) => dayOfWall(wallOf(at, table.zone));
  const found: number[] = [];
  if ('at' in table.when) found.push(...firingsOnce(table, table.when.at));
  else {
    const instants = instantsOf(table);
    for (let day = dayOf(after) - 1; day <= dayOf(until); day += 1) found.push(...instants(day));
  }
  return [...new Set(found.filter((at) => at > after && at <= until))].toSorted((a, b) => a - b);
}

const least = (instants: readonly number[], after: number): number | undefined => {
  const later = instants.filter((at) => at > after);
  return later.length === 0 ? undefined : Math.min(...later);
};

/** A time that is named once stays the instant that it is, unless its day isn't one to fire on. */
function firingsOnce({ zone, days }: Timetable, at: number): number[] {
  if (days === 'all') return [at];
  const wall = wallOf(at, zone);
  const day = dayOfWall(wall);
  if (days === 'move-to-next-workday')
    return [isWorkday(day) ? at : instantOfWall(wall + (workdayFrom(day) - day) * DAY, zone)];
  return firesOn(days, day) ? [at] : [];
}

/** The instants at which the wall-clock times of a local day come. */
function instantsOf({ when, zone, days }: Timetable): (day: number) => number[] {
  const times = ruled('cron' in when ? readCron(when.cron) : readMonthlyRule(when), days);
  return (day) => instantsOfDay(day * DAY, times(day), zone);
}

const readMonthlyRule = (when: When): DayTimes =>
  'monthly' in when ? readMonthly(parseMonthly(when.monthly)) : () => [];

const firesOn = (days: DayRule, day: number): boolean =>
  days === 'workdays-only' ? isWorkday(day) : days !== 'skip-holidays' || holidayOn(day) === undefined;

/** The times of a day once the calendar of working days has had its say. */
function ruled(times: DayTimes, days: DayRule): DayTimes {
  if (days !== 'move-to-next-workday') return (day) => (firesOn(days, day) ? times(day) : []);
  return (day) => {
    if (!isWorkday(day)) return [];
    const all = new Set(times(day));
    for (let before = day - 1; !isWorkday(before); before -= 1)
      for (const time of times(before)) all.add(time);
    return [...all];
  };
}

/** Whether the calendar of working days decides anything. */
export const asksCalendar = ({ when, days }: Timetable): boolean =>
  days !== 'all' || ('monthly' in when && parseMonthly(when.monthly).what === 'workday');

/**
 * The first year in (after, until] for which a timetable asks for holidays that aren't published yet, so that
 * only its weekends count; `undefined` when it asks for none.
 */
export function unpublishedYear(table: Timetable, after: number, until: number): number | undefined {
  if (!asksCalendar(table)) return undefined;
  const { zone } = table;
  const yearOf = (at: number) => new Date(wallOf(at, zone)).getUTCFullYear();
  const asked: Timetable = { ...table, days: 'all' };
  for (let year = yearOf(after); year <= yearOf(until); year += 1) {
    if (isPublished(year)) continue;
    const before = Math.max(after, instantOfWall(Date.UTC(year, 0), zone) - 1);
    const first = nextFiring(asked, before);
    if (first !== undefined && first <= until && yearOf(first) === year) return year;
  }
  return undefined;
}
