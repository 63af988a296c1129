/** Tables of the terminal: no line wider than it, nothing of a cell lost. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { drawTable, fitWidths } from '../../src/cli/parts.ts';

const WIDE = /[\u2e80-\uffe6]/gu;
const widthOf = (line: string) => [...line].length + (line.match(WIDE)?.length ?? 0);
const about = '账号的节奏、上限和间隔，一条一条来，发得慢一点，像人一样'.repeat(4);

describe('a table', () => {
  it.each([60, 80, 120])('is no wider than a terminal of %i columns, and keeps every word', (width) => {
    const drawn = drawTable(
      ['name', 'value', 'about'],
      [
        ['pace', '-', about],
        ['reviewers', '1', 'x'.repeat(200)],
      ],
      width,
    );
    for (const line of drawn.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
    const said = drawn.replaceAll(/[\s│├┼┤─┌┬┐└┴┘]/gu, '');
    expect([...said].filter((one) => one === '账')).toHaveLength(4);
    expect([...said].filter((one) => one === 'x')).toHaveLength(200);
  });

  it('is as wide as it is where nobody looks at it', () => {
    expect(drawTable(['about'], [[about]])).toContain(about);
  });

  it('takes from the widest first, and all fit where they can', () => {
    expect(fitWidths([5, 100, 10], 45)).toEqual([5, 30, 10]);
    fc.assert(
      fc.property(fc.array(fc.nat(300), { minLength: 1, maxLength: 9 }), fc.nat(200), (natural, most) => {
        const widths = fitWidths(natural, most);
        const sum = widths.reduce((all, one) => all + one, 0);
        expect(widths.every((one, at) => one <= (natural[at] ?? 0))).toBe(true);
        expect(sum <= most || widths.every((one) => one <= 6)).toBe(true);
      }),
    );
  });
});
