/** Pictures of digests: the words in the drawing, its size, and that something is to be seen where it should be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Digest, honourMembers } from '../../src/digest/digest.ts';
import { encodeIndexed } from '../../src/digest/indexed-png.ts';
import { COLORS, WIDTH } from '../../src/digest/look.ts';
import { describeDigest, drawDigest } from '../../src/digest/picture.ts';
import { renderPng } from '../../src/digest/png.ts';
import { fit, letter, letterAll, measure } from '../../src/digest/lettering.ts';
import { drawPersonal } from '../../src/digest/personal-picture.ts';
import { SPAN_KINDS, spanAround } from '../../src/digest/spans.ts';
import { branchDigest, countyDigest, emptyDigest } from '../support/digests.ts';
import { readPng } from '../support/png.ts';

const AS_OF = { asOf: '11月29日' };

/** The words of a drawing, a piece of text a line. */
const wordsIn = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([\s\S]*?)<\/text>/gu)].map(([, inside = '']) =>
    inside
      .replaceAll(/<[^>]*>/gu, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
      .trim(),
  );

const sizeOf = (svg: string) => {
  const [, width, height] = /^<svg [^>]*width="(\d+)" height="(\d+)"/u.exec(svg) ?? [];
  return { width: Number(width), height: Number(height) };
};

describe('the picture of a digest', () => {
  it('says who, when, three figures with their bases, the change, the honoured, and where it is from', async () => {
    const words = wordsIn(await drawDigest(branchDigest('week'), { ...AS_OF, ordinal: 3 }));
    expect(words.slice(0, 12)).toEqual([
      '学习简报 第3期',
      '花茶协会党支部',
      '11月23日—29日',
      '参学率',
      '86%',
      '24 / 28 人',
      '正确率',
      '83%',
      '120 / 144 题',
      '人均学习',
      '2.6 天',
      '共 72 天',
    ]);
    expect(words).toContain('学的人比上周多 3 人');
    expect(words).toContain('每天学习人次');
    for (const weekday of ['周一', '周二', '周三', '周四', '周五', '周六', '周日'])
      expect(words).toContain(weekday);
    expect(words.slice(words.indexOf('光荣榜'))).toEqual([
      '光荣榜',
      '黄秀兰',
      '学 6 天，答对 18 题',
      '韦国强',
      '学 5 天，答对 17 题',
      '覃小燕',
      '学 4 天，答对 16 题',
      '陆有福',
      '学 3 天，答对 15 题',
      '欧阳文婷',
      '学 2 天，答对 14 题',
      '微课按学习记录统计，截至 11月29日',
    ]);
  });

  it('has a column a day of a month, labelled sparsely, and a column a month of a quarter', async () => {
    const month = wordsIn(await drawDigest(branchDigest('month'), AS_OF));
    expect(month.filter((words) => /^\d+日$/u.test(words))).toEqual([
      '1日',
      '6日',
      '11日',
      '16日',
      '21日',
      '26日',
    ]);
    const quarter = wordsIn(await drawDigest(branchDigest('quarter'), AS_OF));
    expect(quarter.filter((words) => /^\d+月$/u.test(words))).toEqual(['10月', '11月', '12月']);
    expect(quarter).toContain('每月学习人次');
  });

  it('names the units that come first with their bases, and no unit that comes last', async () => {
    const digest = countyDigest('month');
    const words = wordsIn(await drawDigest(digest, AS_OF));
    expect(words).toContain('各党组织参学，前 5 个（共 10 个）');
    for (const { name, counts } of digest.units.slice(0, 5)) {
      expect(words.join('')).toContain(name);
      expect(words).toContain(`${counts.learned} / ${counts.base} 人`);
    }
    for (const { name } of digest.units.slice(5)) expect(words.join('\n')).not.toContain(name);
    expect(words.slice(words.indexOf('全员参学'), -1)).toEqual(['全员参学', '花茶协会党支部', '28 / 28 人']);
  });

  it('marks a correction, and keeps names from breaking out of the drawing', async () => {
    const hostile = '</text><script>alert(1)</script>&"🌸茶';
    const svg = await drawDigest(
      branchDigest('week', { who: hostile, honoured: [{ name: hostile, words: '学 1 天' }] }),
      { ...AS_OF, ordinal: 4, isCorrection: true },
    );
    expect(svg).not.toContain('<script');
    expect(wordsIn(svg)[0]).toBe('学习简报 第4期 更正');
    // The font has no emoji: they are left out, and nothing stands in their place.
    expect(svg).not.toContain('🌸');
    readPng(await renderPng(svg));
  });

  const samples: [name: string, digest: Digest][] = [
    ...SPAN_KINDS.map((kind): [string, Digest] => [`a branch's ${kind}`, branchDigest(kind)]),
    ["a department's month", countyDigest('month')],
    ["a county's quarter", countyDigest('quarter')],
    ['nothing at all', emptyDigest('week')],
    [
      'long names',
      branchDigest('week', { who: '广西壮族自治区横州市茉莉花产业电子商务行业联合党总支部委员会' }),
    ],
  ];
  it.each(samples)('is as wide as it should be, and full of what it says: %s', async (_, digest) => {
    const svg = await drawDigest(digest, { ...AS_OF, ordinal: 12 });
    const { width, height } = sizeOf(svg);
    const png = await renderPng(svg);
    // Everybody in the group pays for its bytes.
    expect(png.length).toBeLessThan(45_000);
    const pixels = readPng(png);
    expect([pixels.width, pixels.height]).toEqual([WIDTH, height]);
    expect(width).toBe(WIDTH);
    // A bubble on a phone: no longer than two screens.
    expect(height).toBeGreaterThan(400);
    expect(height).toBeLessThan(1_700);
    // Something is written in the title's line, in the figures and at the foot; the margins are free.
    const isDark = (color: string) => Number.parseInt(color.slice(1, 3), 16) < 140;
    const inBand = (y: number, tall: number) => pixels.count(isDark, { x: 40, y, width: 670, height: tall });
    expect(inBand(90, 60)).toBeGreaterThan(800);
    expect(inBand(250, 120)).toBeGreaterThan(800);
    expect(inBand(height - 70, 50)).toBeGreaterThan(300);
    const isInk = (color: string) => color !== COLORS.card && color !== COLORS.brand;
    expect(pixels.count(isInk, { x: 0, y: 8, width: 36, height: height - 8 })).toBe(0);
    expect(pixels.count(isInk, { x: WIDTH - 36, y: 8, width: 36, height: height - 8 })).toBe(0);
    const green = pixels.count((color) => color === COLORS.brand, {
      x: 0,
      y: 420,
      width: WIDTH,
      height: height - 420,
    });
    if (digest.counts.learned > 0) expect(green).toBeGreaterThan(2_000);
    else expect(green).toBe(0);
  });

  it('is, with its palette, pixel by pixel what was drawn', () => {
    const color = fc.tuple(fc.nat({ max: 255 }), fc.nat({ max: 255 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(
        fc.array(color, { minLength: 1, maxLength: 64 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (colors, width, height, seed) => {
          const chosen = Array.from(
            { length: width * height },
            (_, at) => colors[(at * 7 + seed) % colors.length] ?? [0, 0, 0],
          );
          const rgba = Uint8Array.from(chosen.flatMap((one) => [...one, 255]));
          const read = readPng(encodeIndexed({ width, height, rgba }));
          expect([read.width, read.height]).toEqual([width, height]);
          for (const [at, one] of chosen.entries())
            expect(read.at(at % width, Math.floor(at / width))).toBe(`#${Buffer.from(one).toString('hex')}`);
        },
      ),
    );
    // Of more colours than a palette holds, near ones become one.
    const many = Uint8Array.from({ length: 4_096 * 4 }, (_, at) => (at * 37 + (at >> 3)) & 255);
    const read = readPng(encodeIndexed({ width: 64, height: 64, rgba: many }));
    const off = (at: number) =>
      [1, 3, 5].map((from, channel) =>
        Math.abs(
          Number.parseInt(read.at(at % 64, at >> 6).slice(from, from + 2), 16) -
            (many[at * 4 + channel] ?? 0),
        ),
      );
    for (let at = 0; at < 4_096; at += 1) expect(Math.max(...off(at))).toBeLessThan(128);
  });

  it('is described for whoever can not see it', () => {
    expect(describeDigest(branchDigest('week'))).toBe(
      '花茶协会党支部 11月23日—29日 学习简报：学了 24 / 28 人',
    );
  });

  it('of one’s own week tells days, share and streak, and names nobody', async () => {
    const week = {
      name: '黄秀兰',
      span: spanAround('week', '2026-11-24'),
      days: 4,
      daysBefore: 2,
      answers: 12,
      correct: 10,
      streak: 3,
    };
    const trend = branchDigest('week').trend.map((point, at) => ({ ...point, value: at % 4 }));
    const svg = await drawPersonal(week, trend, AS_OF);
    const words = wordsIn(svg);
    expect(words.slice(0, 13)).toEqual([
      '我的周报',
      '这周我学了什么',
      '11月23日—29日',
      '学了',
      '4 天',
      '一周 7 天',
      '正确率',
      '83%',
      '10 / 12 题',
      '连续打卡',
      '3 天',
      '到这周最后一天',
      '学的天数比上周多 2 天',
    ]);
    expect(words).toContain('每天答对几题');
    expect(svg).not.toContain('黄秀兰');
    const png = await renderPng(svg);
    expect(png.length).toBeLessThan(30_000);
    expect(readPng(png).width).toBe(WIDTH);
    const few = wordsIn(await drawPersonal({ ...week, answers: 0, correct: 0 }, [], AS_OF));
    expect(few).toContain('还没有作答');
    expect(few).not.toContain('每天答对几题');
  });

  const LONG = ['一', '二'].map((no) => `横州市茉莉花产业电子商务行业联合第${no}党支部`);

  it('of long names keeps them whole and apart: of who it is, of the bars and of the honoured', async () => {
    const digest = countyDigest('month');
    const long = {
      ...digest,
      who: '广西壮族自治区横州市电子商务行业综合委员会',
      units: digest.units.map((unit, at) => ({ ...unit, name: LONG[at] ?? unit.name })),
      honoured: LONG.map((name) => ({ name, words: '28 / 28 人' })),
    };
    const svg = await drawDigest(long, AS_OF);
    const words = wordsIn(svg);
    const all = words.join('');
    expect(all).toContain(long.who);
    expect(all).not.toContain('…');
    // Once as a bar and once as honoured, each in two lines of about the same length.
    for (const name of LONG) expect(all.split(name)).toHaveLength(3);
    for (const line of words.filter((one) => LONG.some((name) => name.startsWith(one))))
      expect(line.length).toBeGreaterThan(8);
    expect(sizeOf(svg).height).toBeLessThan(1_700);
    expect((await renderPng(svg)).length).toBeLessThan(60_000);
  });

  it('has no text that is too small for a bubble, and nothing longer than its column', async () => {
    for (const digest of [
      ...SPAN_KINDS.flatMap((kind) => [branchDigest(kind), countyDigest(kind)]),
      emptyDigest('week'),
      countyDigest('quarter', {
        counts: { ...countyDigest('quarter').counts, base: 100_000, learned: 99_999, answers: 9_999_999 },
      }),
    ]) {
      const svg = await drawDigest(digest, AS_OF);
      for (const [whole, size] of svg.matchAll(/<text[^>]*?font-size[=:]"?(\d+)/gu))
        expect([whole, Number(size) >= 20]).toEqual([whole, true]);
      const bases = [...svg.matchAll(/x="(\d+)" y="\d+" font-size="(\d+)"[^>]*"start">([\d /]+ [人题])</gu)];
      expect(bases.length).toBeGreaterThan(0);
      for (const [, x, size, said = ''] of bases)
        expect(Number(x) + measure(said, Number(size))).toBeLessThan(708);
    }
  });

  it('of a day with one column has none: the figures have said it', async () => {
    const trend = branchDigest('day').trend.map(({ title }, at) => ({ title, value: at === 6 ? 3 : 0 }));
    const words = wordsIn(await drawDigest(branchDigest('day', { trend }), AS_OF));
    expect(words).not.toContain('近七天学习人次');
    expect(wordsIn(await drawDigest(branchDigest('week', { trend }), AS_OF))).toContain('每天学习人次');
  });

  it('keeps every name within its lines, and two names two', () => {
    const name = fc
      .array(fc.constantFrom(...'横州市茉莉花产业电子商务协会联合第一二党支部委员AB12'), {
        minLength: 1,
        maxLength: 70,
      })
      .map((all) => all.join(''));
    const room = { size: 28, width: 460, lines: 2 };
    fc.assert(
      fc.property(name, name, (a, b) => {
        const drawn = letterAll([a, b], room);
        for (const lines of drawn) {
          expect(lines.length).toBeLessThanOrEqual(2);
          for (const line of lines) expect(measure(line, 28)).toBeLessThanOrEqual(460);
        }
        if (a !== b) expect(drawn[0]?.join('')).not.toBe(drawn[1]?.join(''));
        if (measure(a, 28) <= 460) expect(letter(a, room)).toEqual([a]);
      }),
    );
    // They differ in the middle, where both were shortened.
    const twins = ['甲', '乙'].map((one) => `${'长'.repeat(30)}${one}${'长'.repeat(30)}`);
    const [first, second] = letterAll(twins, room).map((lines) => lines.join(''));
    expect(first).toContain('甲');
    expect(second).toContain('乙');
  });

  it('cuts what is too long for its place', () => {
    expect(fit('花茶支部', 20, 80)).toBe('花茶支部');
    expect(fit('花茶协会支部', 20, 80)).toBe('花茶协…');
    expect(fit('', 20, 80)).toBe('');
    expect(fit('abcdefgh', 20, 40)).toBe('a…');
  });
});

describe('what is drawn', () => {
  const svgOf = (words: string, weight: number) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="750" height="100"><rect width="750" height="100" fill="#fff"/>` +
    `<text x="20" y="70" font-family="Noto Sans SC" font-size="48" font-weight="${weight}">${words}</text></svg>`;
  const inkOf = async (words: string, weight = 400) =>
    readPng(await renderPng(svgOf(words, weight))).count((color) => color !== '#ffffff');

  it('has its weights, and each character that there is, also a rare one', async () => {
    const [regular, medium, bold] = await Promise.all(
      [400, 500, 700].map((weight) => inkOf('韦国强', weight)),
    );
    expect(medium).toBeGreaterThan(regular ?? Infinity);
    expect(bold).toBeGreaterThan(medium ?? Infinity);
    // What the font lacks is an empty box, the same for all.
    const [rare, other] = [await inkOf('龘龘龘'), await inkOf('㙍㙍㙍')];
    expect(rare).toBeGreaterThan(regular ?? Infinity);
    expect(other).toBeGreaterThan(0);
    expect(other).not.toBe(rare);
  });

  it('is each asker’s own, and a drawing that is none stops nobody', async () => {
    const words = ['一', '龘', '花茶', '三'];
    const alone: number[] = [];
    for (const one of words) alone.push(await inkOf(one));
    const all = await Promise.allSettled([
      ...words.map((one) => inkOf(one)),
      renderPng('<svg'),
      ...words.map((one) => inkOf(one)),
    ]);
    expect(all.map((one) => (one.status === 'fulfilled' ? one.value : 'none'))).toEqual([
      ...alone,
      'none',
      ...alone,
    ]);
  });
});

describe('the honoured', () => {
  const best = (name: string, days: number, correct: number) => ({
    member_id: name,
    name,
    status: 'full' as const,
    shows_party: 0 as const,
    certified_at: null,
    days,
    correct,
  });
  it('are never some of those who did the same', () => {
    const five = ['甲', '乙', '丙', '丁'].map((name, at) => best(name, 9 - at, 1));
    expect(
      honourMembers([...five, best('戊', 1, 1), best('己', 1, 1)], 'week').map(({ name }) => name),
    ).toEqual(five.map(({ name }) => expect.stringContaining(name)));
    const same = ['甲', '乙', '丙', '丁', '戊', '己', '庚'].map((name) => best(name, 1, 0));
    const named = honourMembers(same, 'month');
    expect(named).toHaveLength(5);
    expect(named.at(-1)?.name).toMatch(/戊.* 等 7 人/);
    expect(honourMembers([], 'day')).toEqual([]);
    expect(honourMembers([best('甲', 1, 2), best('乙', 1, 0)], 'day').map(({ words }) => words)).toEqual([
      '答对 2 题',
      '学了',
    ]);
  });
});
