/**
 * The picture of a digest as SVG: a title, one chart, three figures, the honoured by name, where it comes from.
 * Text stays text; the font comes in when it is made a PNG.
 */
import type { Digest, Honoured } from './digest.ts';
import { activity, learningRate, sayMean, sayParts, sayPercent, shareRight, valueOf } from '../figures.ts';
import { barChart, barHeight, TEXT as CHART_TEXT, trendChart } from './chart.ts';
import { letterAll, measure } from './lettering.ts';
import { COLORS, EDGE, INSIDE, TEXT, WIDTH } from './look.ts';
import { type Chart, type Figure, line, openSheet, text, withUnit } from './sheet.ts';
import { saySpan, type SpanKind } from './spans.ts';
import { UNTIL_CLOSED } from './unclosed.ts';
import { digestHead, listAhead, sayChange } from './words.ts';

export interface PictureWords {
  readonly ordinal?: number;
  readonly isCorrection?: boolean;
  /** `11月29日 21:30`: when the figures were read. */
  readonly asOf: string;
}

const TREND_HEIGHT = 300;
const HONOURED = 5;
/** Between a name and its figure, px. */
const BETWEEN = 28;

export async function drawDigest(digest: Digest, words: PictureWords): Promise<string> {
  const sheet = openSheet();
  sheet.head(digestHead(words).slice(1, -1), digest.who, saySpan(digest.span));
  const change = sayChange(digest);
  sheet.figures(figuresOf(digest), change === '' ? '' : `学的人${change}`);
  const chart = await chartOf(digest);
  if (chart) sheet.chart(chart);
  const named = digest.honoured.slice(0, HONOURED);
  if (named.length > 0) {
    const { height, draw } = honours(named, digest.units.length > 0);
    sheet.put(height, draw);
  }
  return sheet.close(words.asOf);
}

/** What whoever can't see the picture is told. */
export const describeDigest = (digest: Digest): string =>
  `${digest.who} ${saySpan(digest.span)} 学习简报：学了 ${sayParts(learningRate(digest.counts))} 人`;

async function chartOf(digest: Digest): Promise<Chart | undefined> {
  const { units, trend, span } = digest;
  if (units.length > 0) {
    const shown = listAhead(units);
    if (shown.length === 0) return undefined;
    const labels = shown.map(({ counts }) => `${sayParts(learningRate(counts))} 人`);
    const room = INSIDE - Math.max(...labels.map((label) => measure(label, CHART_TEXT))) - BETWEEN;
    const titles = letterAll(
      shown.map(({ name }) => name),
      { size: CHART_TEXT, width: room, lines: 2 },
    );
    const row = barHeight(Math.max(...titles.map(({ length }) => length)));
    const height = shown.length * row;
    const bars = shown.map(({ counts }, at) => ({
      title: titles[at]?.join('\n') ?? '',
      value: valueOf(learningRate(counts)) ?? 0,
      label: labels[at] ?? '',
    }));
    const title =
      units.length > shown.length
        ? `各党组织参学，前 ${shown.length} 个（共 ${units.length} 个）`
        : '各党组织参学';
    return { title, height, svg: await barChart(bars, { width: INSIDE, height }) };
  }
  const busy = trend.filter(({ value }) => value > 0).length;
  // Of a day, one column says what the figures have said.
  if (busy === 0 || (span.kind === 'day' && busy === 1)) return undefined;
  return {
    title: TREND_TITLES[span.kind],
    height: TREND_HEIGHT,
    svg: await trendChart(trend, { width: INSIDE, height: TREND_HEIGHT }),
  };
}

const TREND_TITLES: Readonly<Record<SpanKind, string>> = {
  day: '近七天学习人次',
  week: '每天学习人次',
  month: '每天学习人次',
  quarter: '每月学习人次',
};

const figuresOf = ({ counts, span, unclosed }: Digest): readonly Figure[] => [
  {
    label: '参学率',
    ...withUnit(sayPercent(learningRate(counts))),
    base: `${sayParts(learningRate(counts))} 人`,
  },
  unclosed
    ? { label: '答题', value: `${counts.answers}`, unit: ' 道', base: `对错${UNTIL_CLOSED}` }
    : {
        label: '正确率',
        ...withUnit(sayPercent(shareRight(counts))),
        base: counts.answers > 0 ? `${sayParts(shareRight(counts))} 题` : '还没有作答',
      },
  span.kind === 'day'
    ? { label: '打卡', value: `${counts.checkins}`, unit: ' 次', base: `作答 ${counts.answered} 人` }
    : { label: '人均学习', value: sayMean(activity(counts)), unit: ' 天', base: `共 ${counts.days} 天` },
];

const HONOURED_LINE = 58;
/** Of a name that takes two. */
const NAME_LINE = 44;

/** Names at the left, what they did at the right; a long name takes two lines. */
function honours(
  named: readonly Honoured[],
  isUnits: boolean,
): { height: number; draw: (top: number) => string } {
  const width = INSIDE - Math.max(...named.map(({ words }) => measure(words, TEXT.body))) - BETWEEN;
  const names = letterAll(
    named.map(({ name }) => name),
    { size: TEXT.head, width, lines: 2 },
  );
  const heights = names.map((lines) => HONOURED_LINE + (lines.length - 1) * NAME_LINE);
  const draw = (top: number) => {
    const pieces = [
      line(top),
      text(isUnits ? '全员参学' : '光荣榜', EDGE, top + 28 + TEXT.body * 0.9, {
        size: TEXT.body,
        color: COLORS.gold,
      }),
    ];
    let y = top + 84 + TEXT.head * 0.8;
    for (const [at, { words }] of named.entries()) {
      for (const [row, name] of (names[at] ?? []).entries())
        pieces.push(text(name, EDGE, y + row * NAME_LINE, { size: TEXT.head, weight: 500 }));
      pieces.push(text(words, WIDTH - EDGE, y, { size: TEXT.body, color: COLORS.soft, anchor: 'end' }));
      y += heights[at] ?? HONOURED_LINE;
    }
    return pieces.join('\n');
  };
  return { height: 84 + heights.reduce((sum, height) => sum + height, 0) + 16, draw };
}
