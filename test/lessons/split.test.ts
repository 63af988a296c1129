import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { splitText } from '../../src/lessons/split.ts';

const bare = (text: string) => text.replace(/\s+/gu, '');
const words = fc.string({ unit: fc.constantFrom('茶', '花', '。', '，', '\n', '\n\n', ' ', 'a', '👨‍👩‍👧', '🇨🇳', 'é', '👍🏽'), maxLength: 400 });

describe('splitting a long text', () => {
  it('loses nothing but blanks, keeps to the limit, and cuts between graphemes', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 20, max: 200 }), (text, limit) => {
        const pieces = splitText(text, limit);
        expect(bare(pieces.join(''))).toBe(bare(text));
        const graphemes = new Set([...new Intl.Segmenter('zh').segment(text)].map(({ segment }) => segment));
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(limit);
          for (const { segment } of new Intl.Segmenter('zh').segment(piece)) expect(graphemes).toContain(segment);
        }
      }),
    );
  });

  it('cuts at a paragraph before a line, at a line before a sentence', () => {
    expect(splitText(`${'茶'.repeat(15)}\n\n${'花'.repeat(15)}`, 20)).toEqual(['茶'.repeat(15), '花'.repeat(15)]);
    expect(splitText('一二三四五六七八九。一二三四五六七八九。一二三四五', 20)).toEqual(['一二三四五六七八九。一二三四五六七八九。', '一二三四五']);
  });
});
