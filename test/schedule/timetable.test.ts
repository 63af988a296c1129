/** When schedules fire: tables of the hard days, and everything else against the oracle. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { HOUR, isoInZone, parseInstant } from '../../src/clock.ts';
import { readCron } from '../../src/schedule/cron.ts';
import {
  firingsBetween,
  nextFiring,
  type Timetable,
  unpublishedYear,
  type When,
} from '../../src/schedule/timetable.ts';
import { question } from './arbitraries.ts';
import { oracleFirings } from './oracle.ts';

const at = (text: string, zone: string): number => {
  const instant = parseInstant(text, zone);
  if (instant === undefined) throw new TypeError(text);
  return instant;
};

describe('a firing', () => {
  const cases: [string, When, Timetable['days'], string, string, string[]][] = [
    [
      'Asia/Shanghai',
      { cron: '0 20 * * 1,3,5' },
      'all',
      '2026-11-24',
      '2026-11-29',
      ['11-25T20:00:00+08:00', '11-27T20:00:00+08:00'],
    ],
    // The gap: forward by the gap. The hour that comes twice: the first. Never twice, never lost.
    [
      'America/New_York',
      { cron: '30 2 * * *' },
      'all',
      '2026-03-07',
      '2026-03-10',
      ['03-07T02:30:00-05:00', '03-08T03:30:00-04:00', '03-09T02:30:00-04:00'],
    ],
    [
      'America/New_York',
      { cron: '30 1 * * *' },
      'all',
      '2026-10-31',
      '2026-11-03',
      ['10-31T01:30:00-04:00', '11-01T01:30:00-04:00', '11-02T01:30:00-05:00'],
    ],
    [
      'America/New_York',
      { cron: '0 2,3 * * *' },
      'all',
      '2026-03-08',
      '2026-03-09',
      ['03-08T03:00:00-04:00'],
    ],
    [
      'America/New_York',
      { cron: '30 2,3 8 3 *' },
      'all',
      '2026-03-08',
      '2026-03-09',
      ['03-08T03:30:00-04:00'],
    ],
    [
      'America/New_York',
      { cron: '45 * 1 11 *' },
      'all',
      '2026-11-01',
      '2026-11-01T03:00',
      ['11-01T00:45:00-04:00', '11-01T01:45:00-04:00', '11-01T02:45:00-05:00'],
    ],
    [
      'Europe/Berlin',
      { cron: '0 2 * * *' },
      'all',
      '2026-03-28',
      '2026-03-31',
      ['03-28T02:00:00+01:00', '03-29T03:00:00+02:00', '03-30T02:00:00+02:00'],
    ],
    [
      'Europe/Berlin',
      { monthly: 'last sun 02:30' },
      'all',
      '2026-10-01',
      '2026-11-01',
      ['10-25T02:30:00+02:00'],
    ],
    [
      'Australia/Lord_Howe',
      { cron: '15 2 * * *' },
      'all',
      '2026-10-04',
      '2026-10-06',
      ['10-04T02:45:00+11:00', '10-05T02:15:00+11:00'],
    ],
    [
      'Australia/Lord_Howe',
      { cron: '45 1 * * *' },
      'all',
      '2026-04-05',
      '2026-04-07',
      ['04-05T01:45:00+11:00', '04-06T01:45:00+10:30'],
    ],
    // Clocks that change at midnight.
    [
      'America/Havana',
      { cron: '30 0 * * *' },
      'all',
      '2026-03-07',
      '2026-03-09',
      ['03-07T00:30:00-05:00', '03-08T01:30:00-04:00'],
    ],
    [
      'America/Nuuk',
      { cron: '30 23 * * *' },
      'all',
      '2026-03-27',
      '2026-03-30',
      ['03-27T23:30:00-02:00', '03-29T00:30:00-01:00', '03-29T23:30:00-01:00'],
    ],
    // A day that never was.
    ['Pacific/Apia', { cron: '0 20 * * 5' }, 'all', '2011-12-29', '2012-01-02', ['12-31T20:00:00+14:00']],
    // Leap days and ends of years.
    [
      'Asia/Shanghai',
      { cron: '0 20 29 2 *' },
      'all',
      '2024-01-01',
      '2032-12-31',
      ['2024-02-29T20:00:00+08:00', '2028-02-29T20:00:00+08:00', '2032-02-29T20:00:00+08:00'],
    ],
    [
      'Asia/Shanghai',
      { monthly: 'last day 23:59' },
      'all',
      '2027-12-01',
      '2028-03-01',
      ['2027-12-31T23:59:00+08:00', '2028-01-31T23:59:00+08:00', '2028-02-29T23:59:00+08:00'],
    ],
    [
      'Asia/Shanghai',
      { monthly: '31 20:00' },
      'all',
      '2026-01-01',
      '2026-06-01',
      ['01-31T20:00:00+08:00', '03-31T20:00:00+08:00', '05-31T20:00:00+08:00'],
    ],
    [
      'Asia/Shanghai',
      { cron: '0 0 1 1 *' },
      'all',
      '2026-06-01',
      '2028-06-01',
      ['2027-01-01T00:00:00+08:00', '2028-01-01T00:00:00+08:00'],
    ],
    // Holidays: National Day of 2026 is 10-01 to 10-07, worked for on 09-20 and 10-10.
    [
      'Asia/Shanghai',
      { cron: '0 20 * * *' },
      'workdays-only',
      '2026-09-30',
      '2026-10-12',
      ['09-30', '10-08', '10-09', '10-10'].map((day) => `${day}T20:00:00+08:00`),
    ],
    [
      'Asia/Shanghai',
      { cron: '0 20 * * *' },
      'skip-holidays',
      '2026-09-30',
      '2026-10-12',
      ['09-30', '10-08', '10-09', '10-10', '10-11'].map((day) => `${day}T20:00:00+08:00`),
    ],
    [
      'Asia/Shanghai',
      { cron: '0 20 * * 4,6' },
      'move-to-next-workday',
      '2026-09-30',
      '2026-10-12',
      ['10-08T20:00:00+08:00', '10-10T20:00:00+08:00'],
    ],
    [
      'Asia/Shanghai',
      { cron: '0 8,20 * * 6,0' },
      'move-to-next-workday',
      '2026-11-27',
      '2026-12-01',
      ['11-30T08:00:00+08:00', '11-30T20:00:00+08:00'],
    ],
    [
      'Asia/Shanghai',
      { monthly: 'last workday 20:00' },
      'all',
      '2026-01-01',
      '2026-11-01',
      ['01-30', '02-28', '03-31', '04-30', '05-29', '06-30', '07-31', '08-31', '09-30', '10-30'].map(
        (day) => `${day}T20:00:00+08:00`,
      ),
    ],
    [
      'Asia/Shanghai',
      { monthly: 'first workday 08:00' },
      'all',
      '2026-01-01',
      '2026-06-01',
      ['01-04', '02-02', '03-02', '04-01', '05-06'].map((day) => `${day}T08:00:00+08:00`),
    ],
    [
      'Asia/Shanghai',
      { monthly: 'first fri 20:00' },
      'move-to-next-workday',
      '2026-04-01',
      '2026-06-01',
      ['04-03T20:00:00+08:00', '05-06T20:00:00+08:00'],
    ],
    // A year that isn't published has weekends.
    [
      'Asia/Shanghai',
      { cron: '0 20 * * *' },
      'workdays-only',
      '2027-09-30',
      '2027-10-05',
      ['2027-09-30', '2027-10-01', '2027-10-04'].map((day) => `${day}T20:00:00+08:00`),
    ],
  ];
  it.each(cases)('in %s of %o, %s, from %s to %s', (zone, when, days, from, to, expected) => {
    const table = { when, zone, days };
    const firings = firingsBetween(table, at(from, zone) - 1, at(to, zone) - 1);
    const year = from.slice(0, 4);
    const short = firings
      .map((one) => isoInZone(one, zone))
      .map((text) => (expected[0]?.startsWith('2') ? text : text.replace(`${year}-`, '')));
    expect(short).toEqual(expected);
  });

  it('that is named once is that instant, moved or left out by the calendar', () => {
    const zone = 'Asia/Shanghai';
    const when = { at: at('2026-10-01T20:00', zone) };
    const next = (days: Timetable['days']) => {
      const firing = nextFiring({ when, zone, days }, at('2026-09-01', zone));
      return firing && isoInZone(firing, zone);
    };
    expect(next('all')).toBe('2026-10-01T20:00:00+08:00');
    expect(next('move-to-next-workday')).toBe('2026-10-08T20:00:00+08:00');
    expect(next('workdays-only')).toBeUndefined();
    expect(next('skip-holidays')).toBeUndefined();
    expect(nextFiring({ when, zone, days: 'all' }, when.at)).toBeUndefined();
    // The second of an hour that comes twice can be meant by its offset.
    const second = Date.parse('2026-11-01T01:30:00-05:00');
    const table: Timetable = { when: { at: second }, zone: 'America/New_York', days: 'all' };
    expect(nextFiring(table, second - HOUR)).toBe(second);
  });

  it('never comes on 30 February, and is found however far away it is', () => {
    const zone = 'Asia/Shanghai';
    const after = at('2026-11-24', zone);
    const next = (cron: string, days: Timetable['days'] = 'all') =>
      nextFiring({ when: { cron }, zone, days }, after);
    expect(next('0 20 30 2 1#1')).toBeDefined();
    expect(() => next('0 20 30 2 *')).toThrow(/isn't a cron expression/);
    expect(isoInZone(next('0 20 29 2 *') ?? 0, zone)).toBe('2028-02-29T20:00:00+08:00');
    // Make-up Saturdays are known for published years only.
    expect(next('0 20 * * 6', 'workdays-only')).toBeUndefined();
  });

  it('is what a minute-by-minute walk finds', () => {
    fc.assert(
      fc.property(question, ({ asked: given, from, to }) => {
        const expected = oracleFirings(given, from, to).map((one) => isoInZone(one, given.zone));
        const found = firingsBetween(given, from - 1, to);
        expect(found.map((one) => isoInZone(one, given.zone))).toEqual(expected);
        const walked = [];
        let next = nextFiring(given, from - 1);
        while (next !== undefined && next <= to && walked.length < 500) {
          walked.push(next);
          next = nextFiring(given, next);
        }
        expect(walked).toEqual(found.slice(0, 500));
      }),
      { numRuns: 120 },
    );
  });
});

describe('a year that is not published', () => {
  const zone = 'Asia/Shanghai';
  const after = at('2026-11-24', zone);
  const until = at('2027-11-24', zone);
  it.each<[When, Timetable['days'], number | undefined]>([
    [{ cron: '0 20 * * *' }, 'workdays-only', 2027],
    [{ cron: '0 20 * * *' }, 'all', undefined],
    [{ cron: '0 20 * 12 *' }, 'workdays-only', undefined],
    [{ monthly: 'last workday 20:00' }, 'all', 2027],
    [{ monthly: 'last fri 20:00' }, 'all', undefined],
    [{ monthly: 'last fri 20:00' }, 'skip-holidays', 2027],
    [{ at: at('2026-12-31T20:00', zone) }, 'move-to-next-workday', undefined],
    [{ at: at('2027-05-01T20:00', zone) }, 'move-to-next-workday', 2027],
  ])('is asked for by %o, %s: %s', (when, days, year) => {
    expect(unpublishedYear({ when, zone, days }, after, until)).toBe(year);
  });
});

describe('a cron expression', () => {
  it.each([
    ['', /five fields/],
    ['* * * *', /five fields/],
    ['0 0 20 * * *', /five fields/],
    ['60 20 * * *', /isn't a cron expression/],
    ['0 20 * * mondayish', /isn't a cron expression/],
    ['H 20 * * *', /H isn't known here/],
    ['0 20 * * H(1-5)', /H isn't known here/],
    ['@daily', /five fields/],
  ])('"%s" is refused', (cron, message) => {
    expect(() => readCron(cron)).toThrow(message);
  });
});
