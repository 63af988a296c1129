/** The rules of digests: figures, spans and words. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addDays, mondayOf } from '../../src/clock.ts';
import {
  activity,
  addCounts,
  answerRate,
  coverage,
  learningRate,
  NO_COUNTS,
  sayMean,
  sayPercent,
  shareRight,
  valueOf,
} from '../../src/figures.ts';
import {
  addMonths,
  countDays,
  monthsOf,
  periodOf,
  piecesOf,
  saySpan,
  SPAN_KINDS,
  spanAround,
  spanBefore,
  spanOfDigest,
  spanOfPeriod,
} from '../../src/digest/spans.ts';
import { tellsTheSame } from '../../src/digest/compare.ts';
import { composeGroupDay } from '../../src/digest/daily.ts';
import { composeDigest, listAhead } from '../../src/digest/words.ts';
import { branchDigest, countyDigest, emptyDigest } from '../support/digests.ts';

const count = fc.nat({ max: 1_000_000 });

describe('figures', () => {
  it('are what their formulas say', () => {
    const counts = { base: 40, learned: 30, answered: 24, answers: 90, correct: 72, days: 100, checkins: 60 };
    expect([learningRate, answerRate, shareRight, activity].map((figure) => valueOf(figure(counts)))).toEqual(
      [0.75, 0.6, 0.8, 2.5],
    );
    expect(
      coverage([
        { base: 3, learned: 1 },
        { base: 2, learned: 0 },
        // Nobody stands there: it can't be covered.
        { base: 0, learned: 0 },
      ]),
    ).toEqual({ part: 1, base: 2 });
    expect(valueOf(learningRate(NO_COUNTS))).toBeUndefined();
    expect([sayPercent(learningRate(NO_COUNTS)), sayMean(activity(NO_COUNTS))]).toEqual(['—', '—']);
    expect(addCounts(counts, counts).days).toBe(200);
  });

  it('say 100% only of all and 0% only of none', () => {
    fc.assert(
      fc.property(count, count, (a, b) => {
        const ratio = { part: Math.min(a, b), base: Math.max(a, b, 1) };
        const said = sayPercent(ratio);
        expect(said === '100%').toBe(ratio.part === ratio.base);
        expect(said === '0%').toBe(ratio.part === 0);
        expect(Math.abs(Number(said.slice(0, -1)) - (100 * ratio.part) / ratio.base)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

const day = fc.nat({ max: 20_000 }).map((days) => addDays('2000-01-01', days));
const kind = fc.constantFrom(...SPAN_KINDS);

describe('spans', () => {
  it('hold their day, follow one another without a gap, and come back from their period', () => {
    fc.assert(
      fc.property(kind, day, (of, at) => {
        const span = spanAround(of, at);
        expect(span.from <= at && at <= span.to).toBe(true);
        const before = spanBefore(span);
        expect(addDays(before.to, 1)).toBe(span.from);
        expect(spanAround(of, span.to)).toEqual(span);
        expect(spanOfPeriod(of, periodOf(span))).toEqual(span);
        const pieces = piecesOf(span);
        if (of !== 'day') {
          expect(pieces[0]?.from).toBe(span.from);
          expect(pieces.reduce((sum, { from, to }) => sum + countDays(from, to), 0)).toBe(
            countDays(span.from, span.to),
          );
        } else expect(pieces).toHaveLength(7);
        expect(pieces.at(-1)?.to).toBe(span.to);
      }),
    );
  });

  it('of a digest are mostly over on its day', () => {
    fc.assert(
      fc.property(kind, day, (of, at) => {
        const span = spanOfDigest(of, at);
        expect(span.from <= at).toBe(true);
        const over = span.to <= at ? 1 : countDays(span.from, at) / countDays(span.from, span.to);
        expect(over).toBeGreaterThan(0.5);
        expect([spanAround(of, at), spanBefore(spanAround(of, at))]).toContainEqual(span);
      }),
    );
    // The same week, on Sunday evening and on Monday morning.
    expect(spanOfDigest('week', '2026-11-29')).toEqual(spanOfDigest('week', '2026-11-30'));
    expect(spanOfDigest('month', '2026-12-01')).toEqual({
      kind: 'month',
      from: '2026-11-01',
      to: '2026-11-30',
    });
    expect(spanOfDigest('quarter', '2027-01-02')).toEqual({
      kind: 'quarter',
      from: '2026-10-01',
      to: '2026-12-31',
    });
  });

  it('are named as people name them', () => {
    const said = SPAN_KINDS.map((of) => saySpan(spanAround(of, '2026-12-30')));
    expect(said).toEqual(['12月30日', '12月28日—1月3日', '2026年12月', '2026年第4季度']);
    expect(saySpan(spanAround('week', '2026-11-24'))).toBe('11月23日—29日');
    expect(mondayOf('2026-11-24')).toBe('2026-11-23');
    expect(addMonths('2026-11', 2)).toBe('2027-01');
    expect(addMonths('2026-01', -1)).toBe('2025-12');
    expect(monthsOf(spanAround('quarter', '2024-02-29'))).toEqual(['2024-01', '2024-02', '2024-03']);
  });
});

describe('a digest in words', () => {
  it('of a branch tells the figures with their bases, the lessons and the honoured', () => {
    expect(composeDigest(branchDigest('week'), { ordinal: 3, next: '周三 20:00《包装》' })).toBe(
      [
        '【学习简报 第3期】花茶协会党支部 11月23日—29日',
        '• 学了 24 / 28 人（86%），比上周多 3 人',
        '• 作答 23 / 28 人，答对 120 / 144 题（83%）',
        '• 人均学习 2.6 天，打卡 48 次',
        '• 3 课：《茉莉花茶怎么存才不跑香》、《直播间话术三忌》、《退货纠纷怎么谈》',
        '———',
        '光荣榜',
        '• 黄秀兰：学 6 天，答对 18 题',
        '• 韦国强：学 5 天，答对 17 题',
        '• 覃小燕：学 4 天，答对 16 题',
        '• 陆有福：学 3 天，答对 15 题',
        '• 欧阳文婷：学 2 天，答对 14 题',
        '下一课：周三 20:00《包装》',
      ].join('\n'),
    );
  });

  it('of a county names who comes first, how many there are, and nobody who comes last', () => {
    const digest = countyDigest('month');
    const words = composeDigest(digest, { isCorrection: true, missed: ['错过的课：《甲》（20:00）'] });
    expect(words).toMatch(/^【学习简报 更正】横州市电子商务行业党委 2026年11月\n/);
    expect(words).toContain('• 学了 156 / 228 人（68%），比上月少 4 人');
    expect(words).toContain('• 党组织 9 / 10 个有人学');
    expect(words).toContain('错过的课：《甲》（20:00）');
    expect(words).toContain('参学率靠前（共 10 个）\n• 花茶协会党支部 28 / 28 人（100%）\n');
    for (const { name } of digest.units.slice(5)) expect(words).not.toContain(name);
  });

  it('of nothing is friendly, and shames nobody', () => {
    const words = composeDigest(emptyDigest('week'));
    expect(words).toBe(
      '【学习简报】花茶协会党支部 11月23日—29日\n• 学了 0 / 28 人（0%）\n———\n还没有人作答或打卡，课都还在，有空看一眼。',
    );
  });

  it('never names a unit in which nobody has learned, nor the lower half of many', () => {
    const { units } = countyDigest('month');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: units.length }), (many) => {
        const ahead = listAhead(units.slice(0, many));
        expect(ahead.length).toBeLessThanOrEqual(Math.max(3, Math.ceil(many / 2)));
        expect(ahead.every(({ counts }) => counts.learned > 0)).toBe(true);
      }),
    );
    expect(listAhead(units.slice(-1))).toEqual([]);
  });
});

describe('two digests', () => {
  const missed = ['错过的课：《甲》（20:00）'];
  const day = { lessons: [], people: 12, learned: 3, answered: 2, answers: 6, correct: 5, checkedIn: 2 };

  it('tell the same where only the mark, what comes next and what was missed is another', () => {
    for (const digest of [branchDigest('week'), countyDigest('month'), emptyDigest('week')]) {
      const before = composeDigest(digest, { ordinal: 3, next: '周三 20:00《包装》', missed });
      expect(tellsTheSame(before, composeDigest(digest, { ordinal: 4, isCorrection: true }))).toBe(true);
      // Cut by a channel.
      expect(tellsTheSame(before.replace('\n• ', '\n\n• '), composeDigest(digest))).toBe(true);
    }
    const zone = 'Asia/Shanghai';
    const lesson = { title: '甲', at: 1_795_000_000_000 };
    expect(
      tellsTheSame(
        composeGroupDay('2026-11-24', day, { zone, ordinal: 1, missed: [lesson], next: '周五《乙》' }),
        composeGroupDay('2026-11-24', day, { zone, ordinal: 2, isCorrection: true }),
      ),
    ).toBe(true);
  });

  it('tell another thing wherever a figure or a name is another', () => {
    const before = branchDigest('week');
    const { counts, honoured } = before;
    fc.assert(
      fc.property(
        fc.constantFrom('base', 'learned', 'answered', 'answers', 'correct', 'checkins' as const),
        fc.integer({ min: 1, max: 50 }),
        (name, more) => {
          const now = { ...before, counts: { ...counts, [name]: counts[name] + more } };
          expect(tellsTheSame(composeDigest(before), composeDigest(now))).toBe(false);
        },
      ),
    );
    for (const now of [{ honoured: honoured.slice(1) }, { lessons: [] }, { who: '别的党支部' }])
      expect(tellsTheSame(composeDigest(before), composeDigest({ ...before, ...now }))).toBe(false);
  });
});
