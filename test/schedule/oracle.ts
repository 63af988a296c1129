/**
 * A second, simple opinion on when a schedule fires and what becomes of each firing: it walks the minutes one by
 * one and reads cron, months, holidays and misfires in its own way. It shares no code with what it judges.
 */
import { readFileSync } from 'node:fs';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const DAY = 1440 * MINUTE;

const holidays = new Set<string>();
const workdays = new Set<string>();
for (const year of [2023, 2024, 2025, 2026]) {
  const file = new URL(`../../node_modules/chinese-days/dist/years/${year}.json`, import.meta.url).pathname;
  const days = JSON.parse(readFileSync(file, 'utf8')) as Record<'holidays' | 'workdays', object>;
  for (const day of Object.keys(days.holidays)) holidays.add(day);
  for (const day of Object.keys(days.workdays)) workdays.add(day);
}

export interface Asked {
  readonly zone: string;
  /** Five fields, or a rule such as `first fri 20:00`. */
  readonly when: { readonly cron: string } | { readonly monthly: string };
  readonly days: 'all' | 'workdays-only' | 'skip-holidays' | 'move-to-next-workday';
}

/** Every minute in [from, to] at which it fires. Both are whole minutes. */
export function oracleFirings({ zone, when, days }: Asked, from: number, to: number): number[] {
  const offset = offsetsOf(zone);
  const matches = 'cron' in when ? cronReader(when.cron) : monthReader(when.monthly);
  const found = new Set<number>();
  // A day earlier, so that it is known which wall-clock times have been.
  let latest = -Infinity;
  for (let at = from - 2 * DAY; at <= to; at += MINUTE) {
    const wall = at + offset(at);
    if (latest === -Infinity) latest = wall - MINUTE;
    if (wall <= latest) continue;
    const skipped = wall - latest - MINUTE;
    for (let lost = latest + MINUTE; lost < wall; lost += MINUTE)
      if (fires(lost, days, matches)) found.add(lost + skipped - offset(at));
    latest = wall;
    if (fires(wall, days, matches)) found.add(at);
  }
  return [...found].filter((at) => at >= from && at <= to).toSorted((a, b) => a - b);
}

function fires(wall: number, days: Asked['days'], matches: (wall: number) => boolean): boolean {
  if (days !== 'move-to-next-workday') {
    if (!matches(wall)) return false;
    if (days === 'workdays-only') return works(wall);
    return days === 'all' || !holidays.has(textOf(wall));
  }
  if (matches(wall)) return works(wall);
  if (!works(wall)) return false;
  for (let before = wall - DAY; !works(before); before -= DAY) if (matches(before)) return true;
  return false;
}

const textOf = (wall: number) => new Date(wall).toISOString().slice(0, 10);

function works(wall: number): boolean {
  const text = textOf(wall);
  if (workdays.has(text)) return true;
  return !holidays.has(text) && ![0, 6].includes(new Date(wall).getUTCDay());
}

const known = new Map<string, (at: number) => number>();

/** ms ahead of UTC, asked of the platform once per quarter of an hour. */
function offsetsOf(zone: string): (at: number) => number {
  const before = known.get(zone);
  if (before) return before;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const offsets = new Map<number, number>();
  const offset = (at: number) => {
    const quarter = Math.floor(at / QUARTER) * QUARTER;
    const asked = offsets.get(quarter);
    if (asked !== undefined) return asked;
    const [, day, month, year, hour, minute, second] = (
      /(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)/.exec(format.format(quarter)) ?? []
    ).map(Number);
    const wall = Date.UTC(year ?? 0, (month ?? 1) - 1, day, (hour ?? 0) % 24, minute, second);
    offsets.set(quarter, wall - quarter);
    return wall - quarter;
  };
  known.set(zone, offset);
  return offset;
}

const lengthOfMonth = (date: Date) =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();

/** The numbers of a field of lists, ranges and steps. */
function numbersOf(field: string, low: number, high: number): Set<number> {
  const numbers = new Set<number>();
  for (const item of field.split(',')) {
    const [range = '', step] = item.split('/');
    const [from = low, to] = range === '*' ? [low, high] : range.split('-').map(Number);
    const last = to ?? (step === undefined ? from : high);
    for (let value = from; value <= last; value += Number(step ?? 1)) numbers.add(value);
  }
  return numbers;
}

/** Also `L` for the last day, `5#1` and `5L` for a weekday of the month. */
function cronReader(cron: string): (wall: number) => boolean {
  const [minute = '', hour = '', date = '', month = '', week = ''] = cron.split(' ');
  const minutes = numbersOf(minute, 0, 59);
  const hours = numbersOf(hour, 0, 23);
  const dates = numbersOf(date, 1, 31);
  const months = numbersOf(month, 1, 12);
  const weekdays = numbersOf(week, 0, 7);
  return (wall) => {
    const at = new Date(wall);
    if (!minutes.has(at.getUTCMinutes()) || !hours.has(at.getUTCHours())) return false;
    if (!months.has(at.getUTCMonth() + 1)) return false;
    const [day, length, weekday] = [at.getUTCDate(), lengthOfMonth(at), at.getUTCDay()];
    const dateFits = date === 'L' ? day === length : dates.has(day);
    const weekFits = week.includes('#')
      ? weekday === Number(week[0]) && Math.ceil(day / 7) === Number(week[2])
      : week.endsWith('L')
        ? weekday === Number(week[0]) && day + 7 > length
        : weekdays.has(weekday) || (weekday === 0 && weekdays.has(7));
    return date === '*' ? weekFits : week === '*' ? dateFits : dateFits || weekFits;
  };
}

function monthReader(rule: string): (wall: number) => boolean {
  const words = rule.split(' ');
  const [hour, minute] = (words.pop() ?? '').split(':').map(Number);
  const [nth = '', what = 'day'] = words.length === 1 ? [words[0]] : words;
  const no = { first: 1, second: 2, third: 3, fourth: 4, fifth: 5 }[nth] ?? Number(nth);
  const weekday = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].indexOf(what);
  return (wall) => {
    const at = new Date(wall);
    if (at.getUTCHours() !== hour || at.getUTCMinutes() !== minute) return false;
    const [day, length] = [at.getUTCDate(), lengthOfMonth(at)];
    if (what === 'day') return nth === 'last' ? day === length : day === no;
    if (weekday >= 0)
      return at.getUTCDay() === weekday && (nth === 'last' ? day + 7 > length : Math.ceil(day / 7) === no);
    const working = [];
    for (let other = 1; other <= length; other += 1)
      if (works(wall + (other - day) * DAY)) working.push(other);
    return day === (nth === 'last' ? working.at(-1) : working[no - 1]);
  };
}

export interface OracleFate {
  readonly at: number;
  /** What a group's delivery of it becomes. */
  readonly state: 'planned' | 'skipped' | 'expired';
  readonly folded: boolean;
}

/**
 * What becomes of the firings when somebody looks at these instants only, in this order. The clock may be set
 * back between two looks.
 */
export function oracleFates(
  firings: readonly number[],
  looks: readonly number[],
  rule: { readonly misfire: 'catch-up' | 'fold' | 'skip'; readonly grace: number },
): OracleFate[] {
  const fates: OracleFate[] = [];
  let seen = -Infinity;
  for (const look of looks) {
    const come = firings.filter((at) => at > seen && at <= look);
    if (look > seen) seen = look;
    for (const at of come) {
      const late = look - at;
      const isLast = at === come.at(-1);
      if (late <= MINUTE) fates.push({ at, state: 'planned', folded: false });
      else if (rule.misfire === 'skip') fates.push({ at, state: 'skipped', folded: false });
      else if (rule.misfire === 'fold') fates.push({ at, state: 'skipped', folded: true });
      else if (late > rule.grace) fates.push({ at, state: 'expired', folded: false });
      else fates.push({ at, state: isLast ? 'planned' : 'skipped', folded: false });
    }
  }
  return fates;
}
