/** The words of a brief: at most 600 characters plus links, source and date beside each. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BRIEF_LIMIT, composeBrief, composeBulletin } from '../../src/news/brief.ts';
import type { Item } from '../../src/news/items.ts';
import { countCharacters } from '../../src/news/text.ts';

const item = (no: number, more: Partial<Item> = {}): Item => ({
  id: `i${no}`,
  no,
  kind: 'news',
  title: `第 ${no} 条的标题`,
  summary: '第一句。第二句。',
  url: `https://hznews.cn/${no}`,
  link_key: `hznews.cn/${no}`,
  source: '横州新闻网',
  published_at: 0,
  category: '',
  relevance: 0,
  origin: 'feed',
  origin_key: String(no),
  stopped: null,
  added_by: 'feed',
  added_at: 0,
  edited_by: null,
  expires_at: 1,
  example: 0,
  ...more,
});
const words = { title: '11月24日', sayOrigin: ({ source }: Item) => `${source} 11月24日` };
const LINK = /https?:\/\/\S+/gu;

describe('a brief', () => {
  it('reads as a person types', () => {
    expect(composeBrief([item(1), item(2, { url: '', summary: '' })], words)?.text).toBe(
      [
        '【电商动态】11月24日',
        '1. 第 1 条的标题',
        '第一句。第二句。（横州新闻网 11月24日）',
        'https://hznews.cn/1',
        '2. 第 2 条的标题（横州新闻网 11月24日）',
        '———',
        '看过请回复 已阅',
      ].join('\n'),
    );
  });

  it('of nothing is none', () => expect(composeBrief([], words)).toBeUndefined());

  it('has at most 600 characters without its links, names every source, and keeps its order', () => {
    const any = fc.record({
      title: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
      summary: fc.string({ unit: 'grapheme', maxLength: 120 }),
      url: fc.oneof(fc.constant(''), fc.webUrl()),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 15 }), (given) => {
        const items = given.map((one, no) =>
          item(no, {
            ...one,
            title: one.title.replaceAll('\n', ' '),
            summary: one.summary.replaceAll('\n', ' '),
          }),
        );
        const brief = composeBrief(items, words);
        if (!brief) return;
        let plain = brief.text;
        for (const { url } of brief.items) if (url !== '') plain = plain.replace(`\n${url}`, '');
        expect(countCharacters(plain)).toBeLessThanOrEqual(BRIEF_LIMIT);
        expect(brief.text.length).toBeLessThanOrEqual(2_000);
        expect(brief.text.split('横州新闻网 11月24日').length - 1).toBeGreaterThanOrEqual(brief.items.length);
        expect(brief.items.map(({ no }) => no)).toEqual(
          brief.items.map(({ no }) => no).toSorted((a, b) => a - b),
        );
        // What was composed of a part is the same as composed of that part alone.
        expect(composeBrief(brief.items, words)?.items).toEqual(brief.items);
      }),
    );
  });

  it('leaves out what doesn’t fit, and takes a shorter one behind it', () => {
    const long = (no: number) => item(no, { title: '长'.repeat(60), summary: '话'.repeat(80) });
    const brief = composeBrief([long(1), long(2), long(3), long(4), item(5, { summary: '' })], words);
    expect(brief?.items.map(({ no }) => no)).toEqual([1, 2, 3, 5]);
    expect(brief?.text.match(LINK)).toHaveLength(4);
  });
});

it('a bulletin has all its words', () => {
  expect(
    composeBulletin(
      item(1, { kind: 'party', title: '主题党日', summary: '周五下午。\n村部二楼。', url: '' }),
      words.sayOrigin,
    ),
  ).toBe('【党建信息】主题党日\n周五下午。\n村部二楼。\n（横州新闻网 11月24日）\n———\n看过请回复 已阅');
});
