import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { streakAt, streakWith } from '../../src/checkin/streak.ts';
import { addDays } from '../../src/clock.ts';
import { awardDay, type DayFacts, type PointRules, sayPoints } from '../../src/quiz/points.ts';

const RULES: PointRules = {
  lesson: 5,
  right: 2,
  checkin: 1,
  streak: 5,
  streakDays: 7,
  makeup: 50,
  dayCap: 30,
};
const right = (id: string, score = 1_000, makeup = false) => ({ id, score, makeup });
const sum = (facts: DayFacts, rules = RULES) =>
  awardDay(facts, rules).reduce((total, { tenths }) => total + tenths, 0);

describe('what a day earns', () => {
  it('is told by the table, each award by its fact', () => {
    const facts: DayFacts = {
      lessons: [{ windowId: 'w', makeup: false }],
      answers: [right('a'), right('b', 0), right('c', 500)],
      checkin: { id: 'k', makeup: false, streak: 14 },
    };
    expect(awardDay(facts, RULES)).toEqual([
      { rule: 'lesson', fact: 'w', tenths: 50 },
      { rule: 'right', fact: 'a', tenths: 20 },
      { rule: 'right', fact: 'c', tenths: 10 },
      { rule: 'checkin', fact: 'k', tenths: 10 },
      { rule: 'streak', fact: 'k 14', tenths: 50 },
    ]);
  });

  it('is half for what was made up for', () => {
    expect(
      sum({
        lessons: [{ windowId: 'w', makeup: true }],
        answers: [right('a', 1_000, true)],
        checkin: { id: 'k', makeup: true, streak: 1 },
      }),
    ).toBe(25 + 10 + 5);
  });

  it('is capped, what comes last first', () => {
    const answers = Array.from({ length: 20 }, (_, no) => right(`a${no}`));
    const awards = awardDay({ lessons: [], answers, checkin: { id: 'k', makeup: false, streak: 7 } }, RULES);
    expect(awards).toHaveLength(15);
    expect(awards.every(({ rule }) => rule === 'right')).toBe(true);
  });

  it('never passes the cap, never falls below nothing, and never shrinks by one right answer more', () => {
    const facts = fc.array(
      fc.record({ id: fc.uuid(), score: fc.integer({ min: 0, max: 1_000 }), makeup: fc.boolean() }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(facts, fc.nat({ max: 40 }), (answers, dayCap) => {
        const rules = { ...RULES, dayCap };
        const total = sum({ lessons: [], answers }, rules);
        expect(total).toBeGreaterThanOrEqual(0);
        if (dayCap > 0) expect(total).toBeLessThanOrEqual(dayCap * 10);
        expect(sum({ lessons: [], answers: [...answers, right('more')] }, rules)).toBeGreaterThanOrEqual(
          total,
        );
      }),
    );
  });

  it('is said as people say it', () => {
    expect([0, 10, 25, 125].map(sayPoints)).toEqual(['0', '1', '2.5', '12.5']);
  });
});

describe('a run of days with leave', () => {
  const day = '2026-11-24';
  const back = (count: number) => addDays(day, -count);

  it('goes on over leave and counts only days that are marked', () => {
    const days = [day, back(1), back(5), back(6)];
    expect(streakWith(days, day, [])).toBe(2);
    expect(streakWith(days, day, [{ from: back(4), to: back(2) }])).toBe(4);
    expect(streakWith([back(3)], day, [{ from: back(2), to: day }])).toBe(1);
    expect(streakWith([], day, [{ from: back(2), to: day }])).toBe(0);
    expect(streakWith([back(3)], day, [{ from: back(1), to: day }])).toBe(0);
  });

  it('without leave is the plain run, and leave never makes it shorter', () => {
    const offsets = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 30 });
    const away = fc.array(
      fc.record({ from: fc.integer({ min: 0, max: 40 }), length: fc.integer({ min: 0, max: 5 }) }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(offsets, away, (marked, leave) => {
        const days = marked.map(back);
        expect(streakWith(days, day, [])).toBe(streakAt(days, day));
        const absences = leave.map(({ from, length }) => ({ from: back(from + length), to: back(from) }));
        expect(streakWith(days, day, absences)).toBeGreaterThanOrEqual(streakAt(days, day));
      }),
    );
  });
});
