import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { correlation, itemStats, type Response } from '../../src/quiz/item-stats.ts';

const ITEMS = [
  { no: 1, type: 'single', key: ['A'] },
  { no: 2, type: 'single', key: ['B'] },
  { no: 3, type: 'single', key: ['C'] },
];

/** `ABC`: what somebody chose, `-` for nothing. */
const response = (letters: string): Response =>
  new Map(
    [...letters].flatMap((value, index) => {
      if (value === '-') return [];
      const correct = ITEMS[index]?.key[0] === value;
      return [[index + 1, { value, correct, score: correct ? 1_000 : 0 }] as const];
    }),
  );
const stats = (...rows: string[]) => itemStats(ITEMS, rows.map(response));
const times = (count: number, row: string) => Array.from({ length: count }, () => row);

describe('item statistics', () => {
  it('count, and tell facility and the point-biserial against the rest', () => {
    const [first] = stats('ABC', 'ABD', 'DAA', 'D-A');
    expect(first).toMatchObject({ answers: 4, facility: 0.5, chosen: { A: 2, D: 2 } });
    // Right answers have rests of 2000 and 1000, wrong ones 0 and 0.
    expect(first?.discrimination).toBeCloseTo(correlation([1, 1, 0, 0], [2, 1, 0, 0]) ?? 0, 10);
    expect(first?.discrimination).toBeCloseTo(0.904534, 5);
  });

  it('are undefined where nothing varies', () => {
    const [first, second] = stats('ABC', 'ABC');
    expect(first?.discrimination).toBeUndefined();
    expect(second?.facility).toBe(1);
    expect(itemStats(ITEMS, [])[0]).toMatchObject({ answers: 0, facility: undefined, flags: [] });
  });

  it.each([
    ['too easy', [...times(30, 'ABC'), ...times(1, 'DBC')], ['too-easy']],
    ['too hard', [...times(12, 'DBC'), ...times(12, 'DAC'), ...times(1, 'ABC')], ['too-hard']],
    ['a key that those who know get wrong', [...times(10, 'DBC'), ...times(10, 'AAA')], ['key-suspect']],
    [
      'a key that most contradict',
      [...times(14, 'DBC'), ...times(3, 'ABA'), ...times(3, 'BAA')],
      ['too-hard', 'key-suspect'],
    ],
    ['good', [...times(8, 'ABC'), ...times(4, 'DAA'), ...times(3, 'ABA'), ...times(2, 'BAC')], []],
    ['too few to tell', times(9, 'DBC'), []],
  ])('flag one that is %s', (_name, rows, flags) => {
    expect(stats(...rows)[0]?.flags).toEqual(flags);
  });

  it('count the letters of a multiple choice', () => {
    const [item] = itemStats(
      [{ no: 1, type: 'multi', key: ['A', 'B'] }],
      ['AB', 'AC', 'A'].map(
        (value) => new Map([[1, { value, correct: value === 'AB', score: value === 'AB' ? 1_000 : 500 }]]),
      ),
    );
    expect(item?.chosen).toEqual({ A: 3, B: 1, C: 1 });
    expect(item?.facility).toBeCloseTo(2 / 3, 10);
  });

  it('lie within their bounds', () => {
    const rows = fc.array(fc.stringMatching(/^[A-D-]{3}$/), { maxLength: 40 });
    fc.assert(
      fc.property(rows, (given) => {
        for (const { facility, discrimination, answers, chosen } of stats(...given)) {
          if (facility !== undefined) expect(facility >= 0 && facility <= 1).toBe(true);
          if (discrimination !== undefined) expect(Math.abs(discrimination)).toBeLessThanOrEqual(1 + 1e-9);
          expect(Object.values(chosen).reduce((sum, count) => sum + count, 0)).toBe(answers);
        }
      }),
    );
  });
});
