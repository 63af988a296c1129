/** What holds of chat text whatever the Markdown: nothing of it is lost, nothing of its marks is left. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { mergeParts, renderChat, renderInline } from '../../src/lessons/chat.ts';
import type { ChatPart } from '../../src/lessons/lesson.ts';

/** Words that mean nothing in Markdown, each different. */
const word = fc
  .tuple(fc.stringMatching(/^[一-龥]{1,6}$/u), fc.nat(9_999))
  .map(([text, no]) => `${text}${no}字`);

interface Piece {
  /** As Markdown. */
  readonly source: string;
  /** What a reader sees, in order. */
  readonly words: readonly string[];
}

const plain: fc.Arbitrary<Piece> = word.map((text) => ({ source: text, words: [text] }));
const marked = (before: string, after: string) =>
  word.map((text): Piece => ({ source: `${before}${text}${after}`, words: [text] }));
const span = fc.oneof(
  plain,
  marked('**', '**'),
  marked('*', '*'),
  marked('`', '`'),
  marked('~~', '~~'),
  marked('[', '](https://a.cn/x)'),
  marked('***', '***'),
);
/** Blanks between, so that emphasis has its edges. */
const line: fc.Arbitrary<Piece> = fc.array(span, { minLength: 1, maxLength: 4 }).map((spans) => ({
  source: spans.map(({ source }) => source).join(' '),
  words: spans.flatMap(({ words }) => words),
}));
const before = (mark: string) => (piece: Piece) => ({ ...piece, source: mark + piece.source });
const list = (mark: (index: number) => string) =>
  fc.array(line, { minLength: 1, maxLength: 4 }).map((items): Piece => ({
    source: items.map(({ source }, index) => `${mark(index)}${source}`).join('\n'),
    words: items.flatMap(({ words }) => words),
  }));
const table = fc
  .array(fc.tuple(word, word, word), { minLength: 2, maxLength: 4 })
  .map((rows): Piece => ({
    source: rows
      .map((cells) => `| ${cells.join(' | ')} |`)
      .toSpliced(1, 0, '|---|---|---|')
      .join('\n'),
    words: rows.flat(),
  }));
const block = fc.oneof(
  line,
  line.map(before('## ')),
  line.map(before('> ')),
  list(() => '- '),
  list((index) => `${index + 3}. `),
  table,
  word.map((text): Piece => ({ source: `\`\`\`\n${text}\n\`\`\``, words: [text] })),
);
const document = fc.array(block, { minLength: 1, maxLength: 6 }).map((blocks): Piece => ({
  // A rule between, so that two lists stay two.
  source: blocks.map(({ source }) => source).join('\n\n---\n\n'),
  words: blocks.flatMap(({ words }) => words),
}));

const textOf = (parts: readonly ChatPart[]) =>
  parts.map((part) => (part.kind === 'text' ? part.text : part.alt)).join('\n');

describe('any document, as chat text', () => {
  it('keeps every word', () => {
    fc.assert(
      fc.property(document, ({ source, words }) => {
        const text = textOf(renderChat(source));
        for (const one of words) expect(text).toContain(one);
      }),
    );
  });

  it('keeps the words outside of tables in their order', () => {
    const flowing = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines): Piece => ({
      source: lines.map(({ source }) => source).join('\n\n'),
      words: lines.flatMap(({ words }) => words),
    }));
    fc.assert(
      fc.property(flowing, ({ source, words }) => {
        const text = textOf(renderChat(source));
        let at = -1;
        for (const one of words) {
          const next = text.indexOf(one, at + 1);
          expect(next, one).toBeGreaterThan(at);
          at = next;
        }
      }),
    );
  });

  it('leaves no marks, no blank lines, and no empty part', () => {
    fc.assert(
      fc.property(document, ({ source }) => {
        const parts = renderChat(source);
        const text = textOf(parts);
        expect(text).not.toMatch(/\*|`|~~|^#|\]\(|\|-|^> |^- /m);
        expect(text).not.toMatch(/\n\s*\n/);
        for (const part of parts) if (part.kind === 'text') expect(part.text.trim()).not.toBe('');
        for (const [index, part] of parts.entries())
          if (part.kind === 'text') expect(parts[index + 1]?.kind).not.toBe('text');
      }),
    );
  });

  it('counts on from where its lists begin', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 90 }), fc.array(word, { minLength: 1, maxLength: 8 }), (first, items) => {
        const source = items.map((text, index) => `${first + index}. ${text}`).join('\n');
        const lines = textOf(renderChat(source)).split('\n');
        expect(lines).toEqual(items.map((text, index) => `${first + index}. ${text}`));
      }),
    );
  });

  it('has its pictures as parts, in their place, each with its words', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (alts) => {
        const source = alts.map((alt, index) => `前${index}\n\n![${alt}](p${index}.png)`).join('\n\n');
        expect(renderChat(source)).toEqual(
          alts.flatMap((alt, index) => [
            { kind: 'text', text: `前${index}` },
            { kind: 'picture', file: `p${index}.png`, alt },
          ]),
        );
      }),
    );
  });
});

describe('anything at all', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          ...['#', '*', '_', '`', '>', '-', '+', '1.', '|', '[', ']', '(', ')', '!', '<', '&', '\\', '~'],
          ...['\n', '\n\n', '    ', ' ', '\t', '茶', 'a', '```', '---', 'https://a.cn', 'p.png', '&amp;', '\0'],
        ),
        { maxLength: 60 },
      )
      .map((pieces) => pieces.join('')),
  );

  it('is rendered, and comes out the same each time', () => {
    fc.assert(
      fc.property(anything, (source) => {
        expect(renderChat(source)).toEqual(renderChat(source));
        expect(typeof renderInline(source)).toBe('string');
      }),
      { numRuns: 3_000 },
    );
  });

  it('keeps every letter and Chinese character that a reader would see', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('茶', '花', '字', ' ', '\n', '*', '_', '#', '>'), { maxLength: 60 }), (pieces) => {
        const source = pieces.join('');
        const seen = (text: string) => text.replaceAll(/[^茶花字]/gu, '');
        expect(seen(textOf(renderChat(source)))).toBe(seen(source));
      }),
      { numRuns: 3_000 },
    );
  });
});

it('texts that follow one another are one, whatever stands between', () => {
  const part = fc.oneof(
    fc.string().map((text): ChatPart => ({ kind: 'text', text })),
    word.map((alt): ChatPart => ({ kind: 'picture', file: 'p.png', alt })),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const merged = mergeParts(parts);
      expect(mergeParts(merged)).toEqual(merged);
      expect(merged.filter(({ kind }) => kind === 'picture')).toEqual(
        parts.filter(({ kind }) => kind === 'picture'),
      );
      const texts = (all: readonly ChatPart[]) =>
        all.flatMap((one) => (one.kind === 'text' && one.text !== '' ? one.text.split('\n') : []));
      expect(texts(merged)).toEqual(texts(parts));
    }),
  );
});
