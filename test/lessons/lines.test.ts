/** Texts compared and brought together line by line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { diffTexts, hunksOf, mergeTexts } from '../../src/lessons/lines.ts';

/** Few different lines, so that many are alike. */
const text = fc.array(fc.constantFrom('甲', '乙', '丙', '', '丁'), { maxLength: 12 }).map((lines) => lines.join('\n'));

describe('the difference of two texts', () => {
  it('gives both back, whatever they are', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffTexts(before, after);
        const side = (gone: 'gone' | 'new') =>
          lines.flatMap((line) => (line.kind === gone ? [] : [line.text])).join('\n');
        expect(side('new')).toBe(before);
        expect(side('gone')).toBe(after);
      }),
    );
  });

  it('leaves what is alike alone, however much there is', () => {
    const many = Array.from({ length: 3_000 }, (_, at) => `第 ${at} 行`);
    const changed = many.with(1_500, '换了');
    expect(hunksOf(many, changed)).toEqual([{ a0: 1_500, a1: 1_501, b0: 1_500, b1: 1_501 }]);
  });
});

describe('two changes of one text', () => {
  it.each<[name: string, base: string, mine: string, theirs: string, both: string | undefined]>([
    ['in different places', '一\n二\n三\n四', '壹\n二\n三\n四', '一\n二\n三\n肆', '壹\n二\n三\n肆'],
    ['one adds at the top, one at the end', '一\n二\n三', '零\n一\n二\n三', '一\n二\n三\n四', '零\n一\n二\n三\n四'],
    ['one takes away what the other left', '一\n二\n三\n四', '一\n三\n四', '一\n二\n三\n四\n五', '一\n三\n四\n五'],
    ['the same change', '一\n二', '一\n贰', '一\n贰', '一\n贰'],
    ['the same line', '一\n二\n三', '一\n贰\n三', '一\n二二\n三', undefined],
    ['lines that touch', '一\n二\n三', '壹\n二\n三', '一\n贰\n三', undefined],
    ['both add at one place', '一', '一\n甲', '一\n乙', undefined],
  ])('%s', (_name, base, mine, theirs, both) => {
    expect(mergeTexts(base, mine, theirs)).toBe(both);
  });

  it('loses no line of either: what one added is in it, what nobody touched as well', () => {
    fc.assert(
      fc.property(text, text, text, (base, mine, theirs) => {
        const merged = mergeTexts(base, mine, theirs);
        if (merged === undefined) return;
        const all = merged.split('\n');
        for (const side of [mine, theirs])
          for (const { kind, text: line } of diffTexts(base, side))
            if (kind === 'new') expect(all).toContain(line);
      }),
    );
  });

  it('is no change of its own when only one changed something', () => {
    fc.assert(
      fc.property(text, text, (base, other) => {
        expect(mergeTexts(base, base, other)).toBe(other);
        expect(mergeTexts(base, other, base)).toBe(other);
      }),
    );
  });
});
