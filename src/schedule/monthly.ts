/** What cron can't say portably: the first Friday of a month, its last working day, its last day, its 15th. */
import { DAY, HOUR, MINUTE } from '../clock.ts';
import { UserError } from '../errors.ts';
import { dayOfWall, isWorkday, weekdayOf } from './calendar.ts';
import type { DayTimes } from './cron.ts';

export interface MonthRule {
  /** A weekday (1 Monday to 7 Sunday), any working day, or any day. */
  readonly what: number | 'workday' | 'day';
  /** The first is 1; -1 is the last. A month that has no such day is left out. */
  readonly nth: number;
  /** ms since midnight by the wall clock. */
  readonly time: number;
}

const EXAMPLES = `'first fri 20:00', 'last workday 20:00', '15 20:00' or 'last day 20:00'`;
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'] as const;

/** All words for the same thing: the text as people type it, and what it stands for. */
const NTH = new Map<string, number>([
  ...ORDINALS.map((word, index): [string, number] => [word, index + 1]),
  ...['一', '二', '三', '四', '五'].flatMap((han, index): [string, number][] => [
    [`第${han}`, index + 1],
    [`第${index + 1}`, index + 1],
  ]),
  ['首', 1],
  ['last', -1],
  ['最后一', -1],
  ['最后', -1],
]);
const WHAT = new Map<string, MonthRule['what']>([
  ...WEEKDAYS.flatMap((word, index): [string, number][] => [
    [word, index + 1],
    [word.slice(0, 3), index + 1],
  ]),
  ...[...'一二三四五六日'].flatMap((han, index): [string, number][] =>
    ['周', '星期', '礼拜'].map((week) => [week + han, index + 1]),
  ),
  ['周天', 7],
  ['星期天', 7],
  ['礼拜天', 7],
  ['workday', 'workday'],
  ['工作日', 'workday'],
  ['day', 'day'],
  ['天', 'day'],
  ['日', 'day'],
]);

/** Reads a rule in English or Chinese. Throws `UserError` with examples. */
export function parseMonthly(text: string): MonthRule {
  const clean = text.normalize('NFKC').trim().toLowerCase().replace(/\s+/g, ' ');
  const time = /^(?<day>.+?)的? ?\b(?<hour>[01]?\d|2[0-3]):(?<minute>[0-5]\d)$/.exec(clean)?.groups;
  const day = time?.day === undefined ? undefined : readDay(time.day.trim());
  if (!time || !day) throw new UserError(`--monthly: expected ${EXAMPLES}, got "${text}"`);
  return { ...day, time: Number(time.hour) * HOUR + Number(time.minute) * MINUTE };
}

function readDay(text: string): Omit<MonthRule, 'time'> | undefined {
  const words = text.replace(/^每个?月的?/, '').trim();
  const date = /^(?:day )?(?<no>\d{1,2})(?:st|nd|rd|th|日|号)?$/.exec(words)?.groups?.no;
  if (date !== undefined)
    return Number(date) >= 1 && Number(date) <= 31 ? { what: 'day', nth: Number(date) } : undefined;
  for (const [word, nth] of NTH) {
    if (!words.startsWith(word)) continue;
    const what = WHAT.get(
      words
        .slice(word.length)
        .replace(/^个?的?/, '')
        .trim(),
    );
    if (what !== undefined) return { what, nth };
  }
  return undefined;
}

/** As it is stored and listed: `first fri 20:00`, `last workday 20:00`, `15 20:00`. */
export function sayMonthly({ what, nth, time }: MonthRule): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(Math.floor(time / HOUR))}:${two((time % HOUR) / MINUTE)}`;
  if (what === 'day' && nth > 0) return `${nth} ${clock}`;
  const name = typeof what === 'number' ? WEEKDAYS[what - 1]?.slice(0, 3) : what;
  return `${nth < 0 ? 'last' : ORDINALS[nth - 1]} ${name} ${clock}`;
}

/** Which wall-clock times a local day has under a rule. */
export function readMonthly(rule: MonthRule): DayTimes {
  const times = [rule.time];
  return (day) => (isTheDay(rule, day) ? times : []);
}

function isTheDay({ what, nth }: MonthRule, day: number): boolean {
  const at = new Date(day * DAY);
  const date = at.getUTCDate();
  const last = dayOfWall(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0));
  if (what === 'day') return nth < 0 ? day === last : date === nth;
  const isOne = (other: number) => (what === 'workday' ? isWorkday(other) : weekdayOf(other) === what);
  if (!isOne(day)) return false;
  const count = (from: number, to: number) => {
    let found = 0;
    for (let other = from; other <= to; other += 1) if (isOne(other)) found += 1;
    return found;
  };
  return nth < 0 ? count(day + 1, last) === 0 : count(day - date + 1, day) === nth;
}
