/** Feeds of every format and encoding, broken and hostile ones: a feed or a fault, and soon. */
import { readdirSync, readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isoInZone } from '../../src/clock.ts';
import { FeedFault, sayFault } from '../../src/news/fault.ts';
import { LARGEST_FEED, parseFeed } from '../../src/news/parse.ts';
import { parseApart } from '../../src/news/parse-apart.ts';

const ZONE = 'Asia/Shanghai';
const CORPUS = new URL('corpus/', import.meta.url);

interface ItemCase {
  readonly id: string;
  readonly title: string;
  readonly link: string | null;
  readonly published: string | null;
  readonly summary: string;
}

interface Case {
  readonly contentType?: string;
  readonly title?: string;
  readonly count?: number;
  readonly first?: ItemCase;
  readonly second?: ItemCase;
  readonly fault?: string;
  /** Either a feed or a fault will do. */
  readonly any?: true;
}

const read = (file: string) => readFileSync(new URL(file, CORPUS));
const cases = JSON.parse(read('cases.json').toString()) as Record<string, Case>;

function outcome(bytes: Uint8Array, contentType?: string) {
  try {
    return parseFeed({ bytes, zone: ZONE, ...(contentType === undefined ? {} : { contentType }) });
  } catch (error) {
    if (!(error instanceof FeedFault)) throw error;
    expect(error.message).not.toBe('');
    expect(sayFault(error)).toMatch(/\p{Script=Han}/u);
    return error.code;
  }
}

const shown = (item: ReturnType<typeof parseFeed>['items'][number] | undefined) =>
  item && {
    id: item.id,
    title: item.title,
    link: item.link ?? null,
    published: item.published === undefined ? null : isoInZone(item.published, ZONE),
    summary: item.summary,
  };

describe('the corpus of feeds', () => {
  it('has a case for every file', () => {
    expect(
      readdirSync(CORPUS)
        .filter((file) => file !== 'cases.json')
        .toSorted(),
    ).toEqual(Object.keys(cases).toSorted());
  });

  it.each(Object.entries(cases))('%s', (file, one) => {
    const feed = outcome(read(file), one.contentType);
    if (one.any) return;
    if (one.fault !== undefined) return expect(feed).toBe(one.fault);
    if (typeof feed === 'string') return expect.unreachable(`fault ${feed}`);
    if (one.title !== undefined) expect(feed.title).toBe(one.title);
    if (one.count !== undefined) expect(feed.items).toHaveLength(one.count);
    if (one.first) expect(shown(feed.items[0])).toEqual(one.first);
    if (one.second) expect(shown(feed.items[1])).toEqual(one.second);
  });

  it('pollutes no prototype', () => {
    for (const file of ['prototype.xml', 'prototype.json', 'hostile-links.xml']) outcome(read(file));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

const wrap = (inside: string) =>
  Buffer.from(`<rss version="2.0"><channel><title>大</title>${inside}</channel></rss>`);

/** Each is made to cost time or memory. */
const HUGE: Readonly<Record<string, () => Buffer>> = {
  'ten thousand items': () =>
    wrap(
      Array.from(
        { length: 10_000 },
        (_, no) =>
          `<item><title>第 ${no} 条</title><link>https://n.example.cn/${no}</link><description>一句。两句。三句。</description></item>`,
      ).join(''),
    ),
  'one title of a million entities': () => wrap(`<item><title>${'&amp;'.repeat(1_000_000)}</title></item>`),
  'a text of four MB': () =>
    wrap(`<item><title>长</title><description>${'茉莉花'.repeat(450_000)}</description></item>`),
  'tags that never close': () => wrap('<item><title>x'.repeat(100_000)),
  'elements as deep as they go': () => wrap('<a>'.repeat(500_000)),
  'HTML as deep as it goes': () =>
    wrap(`<item><title>x</title><description>${'&lt;div&gt;'.repeat(300_000)}</description></item>`),
  'comments that never close': () => wrap('<!--'.repeat(500_000)),
  'sections that never close': () => wrap(`<item><title>${'<![CDATA['.repeat(300_000)}`),
  'a hundred thousand attributes': () =>
    Buffer.from(`<rss version="2.0" ${'a="1" '.repeat(100_000)}><channel></channel></rss>`),
  'blanks inside a tag': () =>
    Buffer.from(`<rss version="2.0"${' '.repeat(4_000_000)}><channel></channel></rss>`),
  'a million angle brackets': () => wrap(`<item><description>${'<'.repeat(1_000_000)}</description></item>`),
  'JSON as deep as it goes': () =>
    Buffer.from(`{"version":"https://jsonfeed.org/version/1","items":${'['.repeat(3_000_000)}`),
  'JSON of many items': () =>
    Buffer.from(
      JSON.stringify({
        version: 'https://jsonfeed.org/version/1.1',
        title: '多',
        items: Array.from({ length: 20_000 }, (_, id) => ({
          id: `${id}`,
          title: '条',
          content_text: '一句。',
        })),
      }),
    ),
  'letters with a mountain of marks': () =>
    wrap(`<item><title>a${'\u0301'.repeat(1_000_000)}</title></item>`),
  'a megabyte of zeros': () => Buffer.alloc(1_000_000),
};

describe('huge feeds', () => {
  it.each(Object.entries(HUGE))('%s ends soon', async (_, make) => {
    const began = performance.now();
    const end = await parseApart({ bytes: make(), zone: ZONE }, 60_000).then(
      (feed) => feed.items.length,
      (error: unknown) => {
        if (!(error instanceof FeedFault)) throw error;
        return error.code;
      },
    );
    expect(end).not.toBe('too-long');
    expect(performance.now() - began).toBeLessThan(25_000);
  });

  it('reads all of ten thousand items', async () => {
    const feed = await parseApart({ bytes: HUGE['ten thousand items']?.() ?? Buffer.alloc(0), zone: ZONE });
    expect(feed.items).toHaveLength(10_000);
    expect(feed.items[9_999]?.summary).toBe('一句。两句。');
  });

  it('refuses what is larger than the limit', () => {
    expect(outcome(Buffer.alloc(LARGEST_FEED + 1, 0x20))).toBe('too-large');
  });

  it('gives a parser that takes too long up, and goes on living', async () => {
    const bytes = HUGE['ten thousand items']?.() ?? Buffer.alloc(0);
    await expect(parseApart({ bytes, zone: ZONE }, 1)).rejects.toMatchObject({ code: 'too-long' });
    await expect(parseApart({ bytes: read('utf8.xml'), zone: ZONE })).resolves.toMatchObject({
      title: '横州电商快讯',
    });
  });
});

const TOKENS = [
  '<rss version="2.0">',
  '</rss>',
  '<channel>',
  '</channel>',
  '<item>',
  '</item>',
  '<title>',
  '</title>',
  '<link>',
  '</link>',
  '<description>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '<?xml version="1.0" encoding="gb2312"?>',
  '<!DOCTYPE x [',
  '<feed xmlns="http://www.w3.org/2005/Atom">',
  '<entry>',
  '</entry>',
  '</feed>',
  '<rdf:RDF>',
  '</rdf:RDF>',
  '&amp;',
  '&#x41;',
  '&#99999999;',
  '&x;',
  '<',
  '>',
  '"',
  '=',
  ' ',
  '{',
  '}',
  '[',
  ']',
  '"items":',
  '"version":"https://jsonfeed.org/version/1"',
  ',',
  '茉莉花。',
  '__proto__',
  '\u0000',
  '\ufeff',
  '<a b="c">',
  '/>',
  '<title type="xhtml">',
  '<link href="//[::1"/>',
] as const;

describe('fuzzed feeds', () => {
  const within = (bytes: Uint8Array) => {
    const began = performance.now();
    const end = outcome(bytes);
    expect(performance.now() - began).toBeLessThan(10_000);
    if (typeof end === 'string') return;
    for (const item of end.items) {
      expect(item.id.length).toBeLessThanOrEqual(1_000);
      expect(item.summary.length).toBeLessThan(2_000);
      expect(item.link ?? 'https://x').toMatch(/^https?:\/\//);
      expect(item.published ?? 0).not.toBeNaN();
    }
  };

  it('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), within), { numRuns: 500 });
  });

  it('pieces of feeds in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }), (tokens) =>
        within(Buffer.from(tokens.join(''))),
      ),
      { numRuns: 1_500 },
    );
  });

  it('good feeds with bytes flipped, dropped and doubled', () => {
    const good = Object.entries(cases).flatMap(([file, { fault, any }]) =>
      fault || any ? [] : [read(file)],
    );
    const change = fc.record({
      at: fc.nat(),
      how: fc.constantFrom('flip', 'drop', 'double'),
      size: fc.integer({ min: 1, max: 40 }),
      byte: fc.nat(255),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...good),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (feed, changes) => {
          let bytes = Buffer.from(feed);
          for (const { at, how, size, byte } of changes) {
            const from = at % bytes.length;
            if (how === 'flip') bytes[from] = byte;
            else if (how === 'drop')
              bytes = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + size)]);
            else bytes = Buffer.concat([bytes.subarray(0, from + size), bytes.subarray(from)]);
            if (bytes.length === 0) return;
          }
          within(bytes);
        },
      ),
      { numRuns: 1_500 },
    );
  });
});
