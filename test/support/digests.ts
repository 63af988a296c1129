/** Digests with made-up figures of every kind, for tests of words and pictures. */
import type { Digest } from '../../src/digest/digest.ts';
import { NO_COUNTS } from '../../src/figures.ts';
import { piecesOf, type SpanKind, spanAround } from '../../src/digest/spans.ts';

const counts = (base: number, learned: number) => ({
  base,
  learned,
  answered: Math.max(0, learned - 1),
  answers: learned * 6,
  correct: learned * 5,
  days: learned * 3,
  checkins: learned * 2,
});

const UNITS = [
  ['花茶协会党支部', 28, 28],
  ['校椅镇电商服务站党支部', 31, 29],
  ['六景镇村淘党支部', 24, 20],
  ['横州市茉莉花产业电子商务协会联合党支部', 40, 31],
  ['云表镇党支部', 22, 15],
  ['百合镇党支部', 18, 11],
  ['那阳镇党支部', 15, 8],
  ['南乡镇党支部', 20, 9],
  ['平马镇党支部', 16, 5],
  ['新福镇党支部', 14, 0],
] as const;

const BEST = ['黄秀兰', '韦国强', '覃小燕', '陆有福', '欧阳文婷'];

const trendOf = (kind: SpanKind) =>
  piecesOf(spanAround(kind, '2026-11-24')).map(({ title }, at) => ({ title, value: (at * 7 + 5) % 23 }));

/** A branch's or a group's. */
export function branchDigest(kind: SpanKind, more: Partial<Digest> = {}): Digest {
  return {
    span: spanAround(kind, '2026-11-24'),
    who: '花茶协会党支部',
    of: 'unit',
    counts: counts(28, 24),
    before: counts(28, 21),
    units: [],
    trend: trendOf(kind),
    honoured: BEST.map((name, at) => ({ name, words: `学 ${6 - at} 天，答对 ${18 - at} 题` })),
    lessons: ['茉莉花茶怎么存才不跑香', '直播间话术三忌', '退货纠纷怎么谈'],
    ...more,
  };
}

/** Of a unit with others below it. */
export function countyDigest(kind: SpanKind, more: Partial<Digest> = {}): Digest {
  return {
    ...branchDigest(kind),
    who: '横州市电子商务行业党委',
    counts: counts(228, 156),
    before: counts(226, 160),
    units: UNITS.map(([name, base, learned]) => ({ unitId: name, name, counts: counts(base, learned) })),
    coverage: { part: 9, base: 10 },
    honoured: [{ name: '花茶协会党支部', words: '28 / 28 人' }],
    ...more,
  };
}

export const emptyDigest = (kind: SpanKind): Digest =>
  branchDigest(kind, {
    counts: { ...NO_COUNTS, base: 28 },
    honoured: [],
    lessons: [],
    trend: trendOf(kind).map(({ title }) => ({ title, value: 0 })),
  });
