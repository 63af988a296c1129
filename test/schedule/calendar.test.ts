/** China's working days, and the rules of a month. */
import { execFileSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE } from '../../src/clock.ts';
import {
  dayText,
  holidayOn,
  isPublished,
  isWorkday,
  weekdayOf,
  workdayFrom,
} from '../../src/schedule/calendar.ts';
import { type MonthRule, parseMonthly, readMonthly, sayMonthly } from '../../src/schedule/monthly.ts';

const no = (text: string) => Date.parse(text) / DAY;

describe('a day', () => {
  it.each([
    ['2026-09-30', true, undefined],
    ['2026-10-01', false, '国庆节'],
    // A Sunday within the holiday belongs to it.
    ['2026-10-04', false, '国庆节'],
    ['2026-10-08', true, undefined],
    // Weekends worked to make up for it.
    ['2026-09-20', true, undefined],
    ['2026-10-10', true, undefined],
    ['2026-10-11', false, undefined],
    ['2026-02-14', true, undefined],
    ['2026-02-15', false, '春节'],
    ['2026-11-28', false, undefined],
    // Not published yet: weekends only.
    ['2027-10-01', true, undefined],
    ['2027-10-02', false, undefined],
  ])('%s: works %s, holiday %s', (text, works, holiday) => {
    expect(isWorkday(no(text))).toBe(works);
    expect(holidayOn(no(text))).toBe(holiday);
  });

  it('is followed by its next working day', () => {
    expect(dayText(workdayFrom(no('2026-10-01')))).toBe('2026-10-08');
    expect(dayText(workdayFrom(no('2026-10-08')))).toBe('2026-10-08');
    expect(dayText(workdayFrom(no('2026-11-28')))).toBe('2026-11-30');
  });

  it('has a weekday, before 1970 too', () => {
    expect(
      ['1969-12-31', '1970-01-01', '2026-11-29', '2026-11-30'].map((text) => weekdayOf(no(text))),
    ).toEqual([3, 4, 7, 1]);
  });

  it('has holidays in published years only', () => {
    expect([2003, 2004, 2025, 2026, 2027, 2100].filter(isPublished)).toEqual([2004, 2025, 2026]);
  });

  it('is the same wherever the process runs', () => {
    const code = `
      const { isWorkday, holidayOn } = await import('./src/schedule/calendar.ts');
      const days = ['2026-09-30', '2026-10-01', '2026-10-08', '2026-10-10', '2026-11-28'];
      process.stdout.write(JSON.stringify(days.map((day) => {
        const no = Date.parse(day) / 86400000;
        return [isWorkday(no), holidayOn(no) ?? null];
      })));`;
    const ask = (TZ: string) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', code], {
        cwd: new URL('../../', import.meta.url).pathname,
        env: { ...process.env, TZ },
        encoding: 'utf8',
      });
    const expected = '[[true,null],[false,"国庆节"],[true,null],[true,null],[false,null]]';
    for (const zone of ['America/Los_Angeles', 'UTC', 'Pacific/Kiritimati']) expect(ask(zone)).toBe(expected);
  });
});

describe('a rule of the month', () => {
  it.each([
    ['first fri 20:00', 'first fri 20:00'],
    ['First Friday 8:05', 'first fri 08:05'],
    ['third wednesday 00:00', 'third wed 00:00'],
    ['last sun 23:59', 'last sun 23:59'],
    ['last workday 20:00', 'last workday 20:00'],
    ['second workday 20:00', 'second workday 20:00'],
    ['15 20:00', '15 20:00'],
    ['day 15 20:00', '15 20:00'],
    ['1st 20:00', '1 20:00'],
    ['last day 20:00', 'last day 20:00'],
    ['first day 20:00', '1 20:00'],
    ['第一个周五 20:00', 'first fri 20:00'],
    ['第三个星期日 20:00', 'third sun 20:00'],
    ['第2个周天20:00', 'second sun 20:00'],
    ['每月第一个周五的20:00', 'first fri 20:00'],
    ['最后一个工作日 20:00', 'last workday 20:00'],
    ['最后一个周六 9:30', 'last sat 09:30'],
    ['第五个礼拜二 20:00', 'fifth tue 20:00'],
    ['首个工作日 08：00', 'first workday 08:00'],
    ['最后一天 20:00', 'last day 20:00'],
    ['每月15日 20:00', '15 20:00'],
    ['１５号 ２０：００', '15 20:00'],
  ])('%s is %s', (text, said) => {
    expect(sayMonthly(parseMonthly(text))).toBe(said);
  });

  it.each([
    '',
    'friday',
    'first 20:00',
    'first fri',
    'first fridge 20:00',
    'sixth fri 20:00',
    '0 20:00',
    '32 20:00',
    'first fri 24:00',
    'first fri 20:60',
    'first fri 20',
    '15 120:00',
    'last 15 20:00',
    '第六个周五 20:00',
    '周五 20:00',
    '第一个 20:00',
  ])('"%s" is none', (text) => {
    expect(() => parseMonthly(text)).toThrow(/--monthly: expected 'first fri 20:00'/);
  });

  it('is read as it is said', () => {
    const rule: fc.Arbitrary<MonthRule> = fc
      .record({
        what: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constantFrom('workday' as const, 'day' as const)),
        nth: fc.constantFrom(-1, 1, 2, 3, 4, 5),
        date: fc.integer({ min: 1, max: 31 }),
        minute: fc.integer({ min: 0, max: 1439 }),
      })
      .map(({ what, nth, date, minute }) => ({
        what,
        nth: what === 'day' && nth > 0 ? date : nth,
        time: minute * MINUTE,
      }));
    fc.assert(
      fc.property(rule, (given) => {
        expect(parseMonthly(sayMonthly(given))).toEqual(given);
      }),
    );
  });

  it('comes once a month at most, and at its time', () => {
    const year = Array.from({ length: 365 }, (_, index) => no('2026-01-01') + index);
    const months = (text: string) =>
      year
        .filter((day) => readMonthly(parseMonthly(text))(day).length > 0)
        .map((day) => dayText(day).slice(5));
    expect(readMonthly(parseMonthly('15 20:00'))(no('2026-05-15'))).toEqual([20 * HOUR]);
    expect(months('fifth sun 20:00')).toEqual(['03-29', '05-31', '08-30', '11-29']);
    expect(months('30 20:00')).toHaveLength(11);
    expect(months('last day 20:00')).toHaveLength(12);
    expect(months('second workday 20:00').slice(0, 5)).toEqual(['01-05', '02-03', '03-03', '04-02', '05-07']);
  });
});
