/**
 * Plans near one that doesn't fit, nearest first: the same at another time of day, then on another day. Whoever
 * tries them says why each doesn't fit, so that hopeless ones are left out.
 */
import { DAY, instantOfWall, isoInZone, MINUTE, parseInstant, wallOf } from '../clock.ts';
import { weekdayOf, dayOfWall } from './calendar.ts';
import type { Misfit } from './fit.ts';
import { type MonthRule, parseMonthly, sayMonthly } from './monthly.ts';
import type { Schedule } from './schedules.ts';

/** The part of a schedule that says when. */
export type Times = Pick<Schedule, 'at' | 'cron' | 'monthly'>;

/** Gives the misfit of a plan, or `undefined` when it fits. */
export type Try = (times: Times) => Misfit | undefined;

const ONCE = { at: null, cron: null, monthly: null } as const;
const STEP = 5 * MINUTE;
/** Whole days, so many to each side. */
const DAYS_AROUND = 60;

/** The nearest plan that fits, or `undefined` when none of those near it does. */
export function nearestFit(schedule: Schedule, misfit: Misfit, tries: Try): Times | undefined {
  const repeated =
    schedule.cron !== null
      ? nearCron(schedule.cron, schedule.zone, misfit, tries)
      : schedule.monthly !== null
        ? nearMonthly(parseMonthly(schedule.monthly), misfit, tries)
        : undefined;
  return repeated ?? nearOnce(schedule, tries);
}

/** 0, then ever further away to both sides. */
function* around(limit: number, step: number): Generator<number> {
  yield 0;
  for (let distance = step; distance <= limit; distance += step) {
    yield distance;
    yield -distance;
  }
}

const isOfDay = ({ kind }: Misfit): boolean => kind === 'day' || kind === 'group-day';

/** Another time of the same day, else the same time or another on a day as near as possible. */
function nearOnce(schedule: Schedule, tries: Try): Times | undefined {
  const { zone } = schedule;
  const wall = wallOf(schedule.at ?? schedule.next_at ?? 0, zone);
  const midnight = dayOfWall(wall) * DAY;
  for (const days of around(DAYS_AROUND, 1))
    for (const shift of around(DAY, STEP)) {
      const time = wall - midnight + shift;
      if (time < 0 || time >= DAY) continue;
      const at = instantOfWall(midnight + days * DAY + time, zone);
      // Only what can be typed as a local time is worth naming.
      if (parseInstant(sayLocal(at, zone), zone) !== at) continue;
      const misfit = tries({ ...ONCE, at });
      if (!misfit) return { ...ONCE, at };
      if (isOfDay(misfit)) break;
    }
  return undefined;
}

/** `2026-12-01T20:00`, as it is typed after --at. */
export const sayLocal = (at: number, zone: string): string =>
  isoInZone(at, zone)
    .replace(/:00(?:Z|[+-]\d\d:\d\d)$/, '')
    .replace(/(?:Z|[+-]\d\d:\d\d)$/, '');

const isNumber = (field: string): boolean => /^\d+$/.test(field);

function nearCron(cron: string, zone: string, first: Misfit, tries: Try): Times | undefined {
  const [minute = '', hour = '', ...days] = cron.split(' ');
  let misfit: Misfit | undefined = first;
  const attempt = (time: string, day: readonly string[]): Times | undefined => {
    const times = { ...ONCE, cron: `${time} ${day.join(' ')}` };
    misfit = tries(times);
    return misfit ? undefined : times;
  };
  for (const day of nearDays(days, () => misfit && weekdayIn(misfit, zone)))
    for (const time of nearTimes(minute, hour)) {
      const found = attempt(time, day);
      if (found) return found;
      if (misfit && isOfDay(misfit)) break;
    }
  return undefined;
}

const weekdayIn = ({ nominalAt }: Misfit, zone: string): number =>
  weekdayOf(dayOfWall(wallOf(nominalAt, zone)));

/** Minute and hour as cron has them: one time shifted, or several thinned out. */
function* nearTimes(minute: string, hour: string): Generator<string> {
  if (isNumber(minute) && isNumber(hour)) {
    const time = (Number(hour) * 60 + Number(minute)) * MINUTE;
    for (const shift of around(DAY, STEP)) {
      const at = (time + shift) / MINUTE;
      if (at >= 0 && at < 1440) yield `${at % 60} ${Math.floor(at / 60)}`;
    }
    return;
  }
  const single = isNumber(minute) ? minute : '0';
  const clocks = Array.from({ length: 24 }, (_, index) => index);
  if (!isNumber(hour)) {
    // The waking hours, then every third, then one.
    yield `${minute} 8-20`;
    yield `${single} 8-20`;
    yield `${single} 8-20/3`;
    yield `${single} 8,20`;
  }
  const about = isNumber(hour) ? Number(hour) : 20;
  for (const one of clocks.toSorted((a, b) => Math.abs(a - about) - Math.abs(b - about)))
    yield `${single} ${one}`;
}

/** Day, month and weekday as cron has them. `full` tells on which weekday (1 to 7) the last try had too much. */
function* nearDays(days: readonly string[], full: () => number | undefined): Generator<readonly string[]> {
  yield days;
  const [date = '*', month = '*', week = '*'] = days;
  if (date === '*') {
    let left = weekdaysOf(week);
    const all = left;
    for (
      let weekday = full();
      weekday !== undefined && left.includes(weekday) && left.length > 1;
      weekday = full()
    ) {
      const without = weekday;
      left = left.filter((one) => one !== without);
      yield [
        date,
        month,
        left
          .map((one) => one % 7)
          .toSorted((a, b) => a - b)
          .join(','),
      ];
    }
    if (all.length === 7) return;
    for (const shift of around(3, 1)) {
      if (shift === 0) continue;
      const moved = all.map((one) => (one + shift + 7) % 7).toSorted((a, b) => a - b);
      yield [date, month, moved.join(',')];
    }
    return;
  }
  if (week !== '*' || !isNumber(date)) return;
  for (const shift of around(14, 1)) {
    const moved = Number(date) + shift;
    if (shift !== 0 && moved >= 1 && moved <= 28) yield [String(moved), month, week];
  }
}

/** 1 Monday to 7 Sunday, of cron's field for them; all where that is more than a list of numbers. */
export function weekdaysOf(field: string): number[] {
  const all = [1, 2, 3, 4, 5, 6, 7];
  if (!/^[0-7](?:-[0-7])?(?:,[0-7](?:-[0-7])?)*$/.test(field)) return all;
  const named = field.split(',').flatMap((one) => {
    const [from = 0, to = from] = one.split('-').map(Number);
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
  });
  return all.filter((one) => named.some((other) => other % 7 === one % 7));
}

function nearMonthly(rule: MonthRule, first: Misfit, tries: Try): Times | undefined {
  let misfit: Misfit | undefined = first;
  for (const day of nearRules(rule))
    for (const shift of around(DAY, STEP)) {
      const time = rule.time + shift;
      if (time < 0 || time >= DAY) continue;
      const times = { ...ONCE, monthly: sayMonthly({ ...day, time }) };
      misfit = tries(times);
      if (!misfit) return times;
      if (isOfDay(misfit)) break;
    }
  return undefined;
}

/** The same rule, then those a few days off. */
function* nearRules(rule: MonthRule): Generator<MonthRule> {
  yield rule;
  for (const shift of around(14, 1)) {
    if (shift === 0) continue;
    if (typeof rule.what === 'number') {
      if (Math.abs(shift) <= 3) yield { ...rule, what: ((rule.what - 1 + shift + 7) % 7) + 1 };
    } else if (rule.nth > 0 && rule.nth + shift >= 1 && rule.nth + shift <= (rule.what === 'day' ? 28 : 5))
      yield { ...rule, nth: rule.nth + shift };
  }
}
