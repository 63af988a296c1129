import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { longestStreak, streakAt } from '../../src/checkin/streak.ts';
import { addDays } from '../../src/clock.ts';

const START = '2027-12-25';
/** Days around a turn of the year and a leap day. */
const days = fc.uniqueArray(fc.nat(80), { maxLength: 60 }).map((all) => all.map((no) => addDays(START, no)));
const day = fc.nat(90).map((no) => addDays(START, no));

/** By counting, one day after the other. */
function countBack(marked: ReadonlySet<string>, from: string): number {
  let length = 0;
  for (let at = from; marked.has(at); at = addDays(at, -1)) length += 1;
  return length;
}

describe('a streak', () => {
  it.each([
    ['nothing', [], 0],
    ['today', ['2026-11-24'], 1],
    ['yesterday is alive until midnight', ['2026-11-23'], 1],
    ['the day before yesterday is over', ['2026-11-22'], 0],
    ['three days', ['2026-11-22', '2026-11-23', '2026-11-24'], 3],
    ['a hole ends it', ['2026-11-21', '2026-11-23', '2026-11-24'], 2],
    ['over the end of a month', ['2026-10-31', '2026-11-24'], 1],
    ['twice a day is once', ['2026-11-24', '2026-11-24'], 1],
    ['tomorrow does not count', ['2026-11-25'], 0],
  ])('%s', (_name, marked, expected) => {
    expect(streakAt(marked, '2026-11-24')).toBe(expected);
  });

  it('goes over the end of a year and a leap day', () => {
    const all = Array.from({ length: 70 }, (_, no) => addDays('2027-12-31', no));
    expect(all).toContain('2028-02-29');
    expect(streakAt(all, '2028-03-09')).toBe(70);
    expect(longestStreak(all)).toBe(70);
  });

  it('is what counting gives, in any order, with repeats', () => {
    fc.assert(
      fc.property(days, day, (all, at) => {
        const marked = new Set(all);
        const expected = marked.has(at) ? countBack(marked, at) : countBack(marked, addDays(at, -1));
        expect(streakAt([...all, ...all.toReversed()], at)).toBe(expected);
      }),
    );
  });

  it('grows by one with the next day, and the longest is never shorter', () => {
    fc.assert(
      fc.property(days, day, (all, at) => {
        const before = streakAt(all, at);
        const after = streakAt([...all, at], at);
        expect(after).toBe(all.includes(at) ? before : before + 1);
        expect(longestStreak([...all, at])).toBeGreaterThanOrEqual(after);
      }),
    );
  });

  it('is at its longest somewhere', () => {
    fc.assert(
      fc.property(days, (all) => {
        const marked = new Set(all);
        expect(longestStreak(all)).toBe(Math.max(0, ...all.map((at) => countBack(marked, at))));
      }),
    );
  });
});
