/**
 * Time is passed in. Instants are integer milliseconds since the epoch (UTC); local days are `YYYY-MM-DD`
 * text in a named IANA zone. Rules take `now: number`; only the root and long-lived parts hold a `Clock`.
 */
import { DateTime, IANAZone } from 'luxon';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` of this clock's time, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted || ms <= 0) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done);
    }),
};

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const isZone = (zone: string): boolean => IANAZone.isValidZone(zone);

const inZone = (at: number, zone: string) => DateTime.fromMillis(at, { zone });

/** `2026-12-01`, the local day of an instant. */
export const localDay = (at: number, zone: string): string =>
  new Date(wallOf(at, zone)).toISOString().slice(0, 10);

/** `20:05`, the local time of day. */
export const localTime = (at: number, zone: string): string =>
  new Date(wallOf(at, zone)).toISOString().slice(11, 16);

/** Minutes since local midnight by the wall clock, 0 to 1439. */
export const minuteOfDay = (at: number, zone: string): number => {
  const ofDay = wallOf(at, zone) % DAY;
  return Math.floor((ofDay < 0 ? ofDay + DAY : ofDay) / MINUTE);
};

/** `2026-12-01T20:00:00+08:00`: ISO 8601 with the zone's offset, for exports and machines. */
export const isoInZone = (at: number, zone: string): string =>
  inZone(at, zone).toISO({ suppressMilliseconds: true }) ?? '';

/**
 * The instant at which a zone's clocks show a wall-clock time, given as the milliseconds that UTC would give
 * it. A time inside a daylight-saving gap moves forward by the gap; one that happens twice is the first.
 * (luxon itself takes the second one when it is asked in winter.)
 */
export function instantOfWall(wall: number, zone: string): number {
  const [before, after] = offsetsAround(wall, zone);
  const first = Math.max(before, after);
  for (const offset of [first, Math.min(before, after)])
    if (offsetAt(wall - offset, zone) === offset) return wall - offset;
  return wall - Math.min(before, after);
}

/** The same for several times of the local day that begins at wall-clock `midnight`, given in ms since it. */
export function instantsOfDay(midnight: number, times: readonly number[], zone: string): number[] {
  if (times.length < 2) return times.map((time) => instantOfWall(midnight + time, zone));
  const offset = offsetAt(midnight - DAY, zone);
  if (offsetAt(midnight + 2 * DAY, zone) === offset) return times.map((time) => midnight + time - offset);
  return times.map((time) => instantOfWall(midnight + time, zone));
}

/** What the zone's clocks show at an instant, as the milliseconds that UTC would give it. */
export const wallOf = (at: number, zone: string): number => at + offsetAt(at, zone);

/** No zone changes its clocks within a quarter of an hour (since 1972): one look holds for all of it. */
const QUARTER = 15 * MINUTE;
const OFFSETS_KEPT = 100_000;
const offsets = new Map<string, Map<number, number>>();

/** Ahead of UTC, ms. Looking it up is slow, and asked for at every turn. */
function offsetAt(at: number, zone: string): number {
  const quarter = Math.floor(at / QUARTER);
  const known = offsets.get(zone) ?? new Map<number, number>();
  const before = known.get(quarter);
  if (before !== undefined) return before;
  const offset = Math.round(IANAZone.create(zone).offset(quarter * QUARTER) * MINUTE);
  if (known.size >= OFFSETS_KEPT) known.clear();
  offsets.set(zone, known.set(quarter, offset));
  return offset;
}

/** The first instant after `from`, up to `to`, at which the zone's clocks are put forward or back; all ms. */
export function changeBetween(from: number, to: number, zone: string): number | undefined {
  const offset = offsetAt(from, zone);
  if (offsetAt(to, zone) === offset) return undefined;
  let at = from - (from % QUARTER) + QUARTER;
  while (offsetAt(at, zone) === offset) at += QUARTER;
  return at;
}

/** The zone's offsets a day before and after: a clock change that concerns `wall` lies between. */
const offsetsAround = (wall: number, zone: string): [number, number] => [
  offsetAt(wall - DAY, zone),
  offsetAt(wall + DAY, zone),
];

/** The instant of local midnight that begins `day`. In a zone that skips midnight, the first instant of the day. */
export const startOfDay = (day: string, zone: string): number =>
  instantOfWall(Date.parse(`${day}T00:00:00Z`), zone);

/** The local day `count` days after `day` (negative: before); `''` for what is no day. */
export function addDays(day: string, count: number): string {
  const at = Date.parse(day) + count * DAY;
  return Number.isNaN(at) ? '' : new Date(at).toISOString().slice(0, 10);
}

/** Monday of the week in which `day` lies. */
export const mondayOf = (day: string): string =>
  DateTime.fromISO(day, { zone: 'utc' }).startOf('week').toFormat('yyyy-MM-dd');

/**
 * The instant that a person means by `2026-12-01T20:00` (local, in `zone`) or by a full ISO 8601 time with
 * its own offset. `undefined` when it isn't a date. A local time inside a daylight-saving gap moves forward
 * by the gap; one that happens twice is the first.
 */
export function parseInstant(text: string, zone: string): number | undefined {
  const iso = text.trim().replace(' ', 'T');
  const at = DateTime.fromISO(iso, { zone: 'utc' });
  if (!at.isValid) return undefined;
  const hasOffset = /T.*(?:Z|[+-]\d\d(?::?\d\d)?)$/i.test(iso);
  return hasOffset ? at.toMillis() : instantOfWall(at.toMillis(), zone);
}

/** Formats of dates that are met in feeds and on pages beside ISO 8601 and RFC 2822; a time may be missing. */
const DATES = [
  'yyyy/M/d H:mm:ss',
  'yyyy/M/d H:mm',
  'yyyy/M/d',
  'yyyy-M-d H:mm:ss',
  'yyyy-M-d H:mm',
  'yyyy-M-d',
  'yyyy年M月d日 H:mm:ss',
  'yyyy年M月d日 H:mm',
  'yyyy年M月d日',
  'EEE, d MMM yyyy HH:mm:ss',
  'd MMM yyyy HH:mm:ss',
  'EEE MMM d HH:mm:ss yyyy',
] as const;

/**
 * The instant that somebody else's text means, ms; `undefined` when it is none. Without an offset, and with
 * the ambiguous `CST` of Chinese servers, it is local in `zone`.
 */
export function readDate(text: string, zone: string): number | undefined {
  if (text.length > 200 || /^\s*\d{0,7}\s*$/.test(text)) return undefined;
  const words = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/\sCST\b/, '')
    .replace(/\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]+/i, '$1');
  const iso = DateTime.fromISO(
    words.replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T').replace(/ (?=[+-]\d|Z$)/, ''),
    { zone },
  );
  if (iso.isValid) return iso.toMillis();
  const hasOffset = /(?:[+-]\d{4}|\b[A-Z]{1,4})$/.test(words);
  const mail = hasOffset ? DateTime.fromRFC2822(words) : undefined;
  if (mail?.isValid) return mail.toMillis();
  for (const format of DATES) {
    const at = DateTime.fromFormat(words, format, { zone, locale: 'en' });
    if (at.isValid) return at.toMillis();
  }
  // A wrong weekday, or a name of a zone behind the year, as some servers write.
  const loose = DateTime.fromRFC2822(words.replace(/^[A-Za-z]+,? (?=\d)/, ''));
  return loose.isValid ? loose.toMillis() : undefined;
}

const WEEKDAYS = ['一', '二', '三', '四', '五', '六', '日'] as const;

/** What a person reads: `今天 20:00`, `明天 08:30`, `12月1日 周二 20:00`, with the year when it is another one. */
export function sayWhen(at: number, now: number, zone: string): string {
  return `${sayDay(localDay(at, zone), localDay(now, zone))} ${localTime(at, zone)}`;
}

/** What a person reads for a local day: `今天`, `明天`, `昨天`, `12月1日 周二`, with the year when it is another one. */
export function sayDay(day: string, today: string): string {
  if (day === today) return '今天';
  if (day === addDays(today, 1)) return '明天';
  if (day === addDays(today, -1)) return '昨天';
  const { year, month, day: date, weekday } = DateTime.fromISO(day, { zone: 'utc' });
  const prefix = day.slice(0, 4) === today.slice(0, 4) ? '' : `${year}年`;
  return `${prefix}${month}月${date}日 周${WEEKDAYS[weekday - 1] ?? ''}`;
}

/** `2h`, `30m`, `90s`, `1d` or a sum such as `1h30m`, in milliseconds; `undefined` when it isn't a duration. */
export function parseDuration(text: string): number | undefined {
  const units: Record<string, number> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };
  if (!/^(\d+[smhd])+$/.test(text.trim())) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhd])/g))
    total += Number(count) * (units[unit ?? ''] ?? 0);
  return total > 0 ? total : undefined;
}

/** What `parseDuration` reads, of whole seconds: `12h`, `1h30m`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms / SECOND) * SECOND;
  let text = '';
  for (const [unit, size] of [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
    ['s', SECOND],
  ] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text || '0s';
}

/** `2 小时`, `1 天 3 小时`, `5 分钟`, `30 秒`: a span as people say it, at most two units, never `0`. */
export function saySpan(ms: number): string {
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 1) return `${Math.max(1, Math.round(ms / SECOND))} 秒`;
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  if (days) return hours ? `${days} 天 ${hours} 小时` : `${days} 天`;
  if (hours) return rest ? `${hours} 小时 ${rest} 分` : `${hours} 小时`;
  return `${rest} 分钟`;
}
