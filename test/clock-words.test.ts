/** Times and spans as a person reads them, durations as a person writes them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  addDays,
  DAY,
  HOUR,
  isoInZone,
  isZone,
  localDay,
  localTime,
  minuteOfDay,
  MINUTE,
  mondayOf,
  parseDuration,
  parseInstant,
  sayDay,
  saySpan,
  sayWhen,
  SECOND,
  startOfDay,
  systemClock,
} from '../src/clock.ts';

const ZONE = 'Asia/Shanghai';
const NOW = Date.parse('2026-11-24T20:05:00+08:00');
const zone = fc.constantFrom(
  ZONE,
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
);
const instant = fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2060-01-01') });
const day = fc.nat(20_000).map((no) => addDays('1990-01-01', no));

describe('when', () => {
  it.each([
    ['2026-11-24T00:00:00+08:00', '今天 00:00'],
    ['2026-11-24T23:59:59+08:00', '今天 23:59'],
    ['2026-11-25T00:00:00+08:00', '明天 00:00'],
    ['2026-11-23T23:59:00+08:00', '昨天 23:59'],
    ['2026-12-01T20:00:00+08:00', '12月1日 周二 20:00'],
    ['2026-11-22T08:00:00+08:00', '11月22日 周日 08:00'],
    ['2027-01-01T00:00:00+08:00', '2027年1月1日 周五 00:00'],
    ['2025-11-24T20:05:00+08:00', '2025年11月24日 周一 20:05'],
  ])('%s is %s', (at, expected) => {
    expect(sayWhen(Date.parse(at), NOW, ZONE)).toBe(expected);
  });

  it('is said of days as of instants', () => {
    fc.assert(
      fc.property(instant, instant, zone, (at, now, there) => {
        const said = sayDay(localDay(at, there), localDay(now, there));
        expect(sayWhen(at, now, there)).toBe(`${said} ${localTime(at, there)}`);
      }),
    );
  });
});

describe('a span', () => {
  it.each([
    [0, '1 秒'],
    [400, '1 秒'],
    [29 * SECOND, '29 秒'],
    [45 * SECOND, '1 分钟'],
    [5 * MINUTE, '5 分钟'],
    [59.4 * MINUTE, '59 分钟'],
    [HOUR, '1 小时'],
    [HOUR + 30 * MINUTE, '1 小时 30 分'],
    [DAY, '1 天'],
    [DAY + 3 * HOUR + 20 * MINUTE, '1 天 3 小时'],
    [400 * DAY, '400 天'],
  ])('%d ms is %s', (ms, expected) => {
    expect(saySpan(ms)).toBe(expected);
  });

  it('always says something, of two units at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 * DAY }), (ms) => {
        expect(saySpan(ms)).toMatch(/^[1-9]\d* (秒|分钟|小时|天)( [1-9]\d* (小时|分))?$/);
      }),
    );
  });
});

describe('a duration', () => {
  it.each([
    ['2h', 2 * HOUR],
    ['90s', 90 * SECOND],
    ['1h30m', 90 * MINUTE],
    [' 1d ', DAY],
    ['1d1h1m1s', DAY + HOUR + MINUTE + SECOND],
  ])('%j', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', '0h', '0s', 'h', '2', '2 h', '-2h', '2.5h', '2w', '2h x', '1e3s'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('local days', () => {
  it('begin at their first instant and end where the next begins', () => {
    fc.assert(
      fc.property(day, zone, (one, there) => {
        const begin = startOfDay(one, there);
        expect(localDay(begin, there)).toBe(one);
        expect(localDay(begin - 1, there)).toBe(addDays(one, -1));
        expect(localDay(startOfDay(addDays(one, 1), there) - 1, there)).toBe(one);
      }),
    );
  });

  it('go forth and back, and weeks begin on Monday', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -800, max: 800 }), (one, count) => {
        expect(addDays(addDays(one, count), -count)).toBe(one);
        const monday = mondayOf(one);
        expect(new Date(`${monday}T00:00:00Z`).getUTCDay()).toBe(1);
        expect(monday <= one && one < addDays(monday, 7)).toBe(true);
      }),
    );
  });

  it('are what the platform says, to the minute', () => {
    fc.assert(
      fc.property(instant, zone, (at, there) => {
        const parts = new Intl.DateTimeFormat('sv-SE', {
          timeZone: there,
          dateStyle: 'short',
          timeStyle: 'short',
        }).format(at);
        expect(`${localDay(at, there)} ${localTime(at, there)}`).toBe(parts);
        const [hour = 0, minute = 0] = localTime(at, there).split(':').map(Number);
        expect(minuteOfDay(at, there)).toBe(hour * 60 + minute);
      }),
    );
  });

  it('are read back from ISO 8601 with the zone', () => {
    fc.assert(
      fc.property(instant, zone, (at, there) => {
        expect(Date.parse(isoInZone(at, there))).toBe(at);
        expect(parseInstant(isoInZone(at, there), 'Asia/Tokyo')).toBe(at);
      }),
    );
    expect(isoInZone(NOW, ZONE)).toBe('2026-11-24T20:05:00+08:00');
  });

  it.each(['Asia/Shanghai', 'UTC', 'America/Argentina/Buenos_Aires'])('%s is a zone', (name) => {
    expect(isZone(name)).toBe(true);
  });
  it.each(['', 'Peking', 'Asia', 'Asia/Shanghai '])('%j is none', (name) => {
    expect(isZone(name)).toBe(false);
  });
});

describe('the system’s clock', () => {
  it('sleeps, not at all for no time, and no longer than it is let', async () => {
    const before = systemClock.now();
    await systemClock.sleep(20);
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(19);
    await systemClock.sleep(-5);
    const stop = new AbortController();
    const sleeping = systemClock.sleep(60_000, stop.signal);
    stop.abort();
    await sleeping;
    await systemClock.sleep(60_000, stop.signal);
    expect(systemClock.now() - before).toBeLessThan(30_000);
  });
});
