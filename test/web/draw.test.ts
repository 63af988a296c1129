/** Tables of the console: a long one is folded on a phone, and the style sheet folds where the markup says. */
import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { foldedTable } from '../../src/web/console/draw.ts';

const draw = async (rows: number) =>
  String(
    await foldedTable(
      '人',
      [{ title: '姓名', cell: (name: string) => name }],
      Array.from({ length: rows }, (_, index) => `第${index + 1}人`),
    ),
  );

it.each([
  [0, false],
  [20, false],
  [21, true],
  [100, true],
])('of %i rows are all there, folded: %s', async (rows, isFolded) => {
  const drawn = await draw(rows);
  expect(drawn.match(/<th scope="row">/g) ?? []).toHaveLength(rows);
  expect(drawn.includes('type="checkbox"')).toBe(isFolded);
  expect(drawn.includes(`看这一页全部 ${rows} 条`)).toBe(isFolded);
});

it('hides on a phone what comes after the rows that are always seen', () => {
  const css = readFileSync('src/web/static/console.css', 'utf8');
  expect(css).toMatch(
    /@media \(max-width: 639px\) \{[^@]*\.folded:not\(:has\(\.unfold :checked\)\) tbody tr:nth-child\(n \+ 21\) \{\s*display: none;/,
  );
});
