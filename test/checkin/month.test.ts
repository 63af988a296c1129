/** The calendar of a month. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addMonths, monthOf, readMonthName } from '../../src/checkin/month.ts';
import { addDays, mondayOf } from '../../src/clock.ts';

const months = fc
  .tuple(fc.integer({ min: 2000, max: 2099 }), fc.integer({ min: 1, max: 12 }))
  .map(([year, month]) => `${year}-${String(month).padStart(2, '0')}`);

describe('a month', () => {
  it('has each of its days once, in whole weeks from Monday, whatever was done', () => {
    fc.assert(
      fc.property(
        months,
        fc.array(fc.integer({ min: -40, max: 40 })),
        fc.integer({ min: 0, max: 9 }),
        (month, given, leave) => {
          const first = `${month}-01`;
          const days = given.map((offset) => ({ day: addDays(first, offset), makeup: offset % 3 === 0 }));
          const away = [{ from: addDays(first, 3), to: addDays(first, 3 + leave) }];
          const { weeks, checkins, leave: onLeave } = monthOf(month, days, away, addDays(first, 5));
          const all = weeks.flat();
          expect(
            weeks.every((week) => week.length === 7 && mondayOf(week[0]?.day ?? '') === week[0]?.day),
          ).toBe(true);
          expect(all.map(({ day }) => day)).toEqual(all.map((_, at) => addDays(all[0]?.day ?? '', at)));
          const inside = all.filter(({ inMonth }) => inMonth);
          expect(inside[0]?.day).toBe(first);
          expect(addDays(inside.at(-1)?.day ?? '', 1)).toBe(`${addMonths(month, 1)}-01`);
          expect(all.filter(({ inMonth, mark }) => !inMonth && mark)).toEqual([]);
          const done = new Set(days.map(({ day }) => day).filter((day) => day.startsWith(`${month}-`)));
          expect(checkins).toBe(done.size);
          expect(onLeave).toBe(
            inside.filter(
              ({ day }) => !done.has(day) && day >= addDays(first, 3) && day <= addDays(first, 3 + leave),
            ).length,
          );
          expect(all.filter(({ isToday }) => isToday)).toHaveLength(1);
        },
      ),
    );
  });

  it('is made up for only when nothing else counted that day', () => {
    const days = [
      { day: '2026-11-03', makeup: true },
      { day: '2026-11-03', makeup: false },
      { day: '2026-11-04', makeup: true },
    ];
    const { weeks } = monthOf('2026-11', days, [], '2026-11-20');
    const markOf = (wanted: string) => weeks.flat().find(({ day }) => day === wanted)?.mark;
    expect([markOf('2026-11-03'), markOf('2026-11-04'), markOf('2026-11-05')]).toEqual([
      'checkin',
      'makeup',
      undefined,
    ]);
  });

  it('is named by people only as far as it has begun', () => {
    const today = '2026-11-25';
    expect(readMonthName('2026-10', today)).toBe('2026-10');
    expect(readMonthName('2026-11', today)).toBe('2026-11');
    for (const other of [
      undefined,
      '',
      '2026-12',
      '2027-01',
      '2026-00',
      '2026-13',
      '1999-12',
      '2026-1',
      '2026-10 ',
    ])
      expect(readMonthName(other, today)).toBe('2026-11');
  });

  it('goes over the turn of a year and back', () => {
    expect(addMonths('2026-12', 1)).toBe('2027-01');
    expect(addMonths('2026-01', -1)).toBe('2025-12');
    fc.assert(
      fc.property(months, fc.integer({ min: -300, max: 300 }), (month, count) => {
        expect(addMonths(addMonths(month, count), -count)).toBe(month);
      }),
    );
  });
});
