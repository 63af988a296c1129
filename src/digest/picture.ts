/**
 * The picture of a digest as SVG: a title, one chart, three figures, the honoured by name, where it comes from.
 * Text stays text; the font comes in when it is made a PNG.
 */
import type { Digest, Honoured } from './digest.ts';
import { activity, learningRate, sayMean, sayParts, sayPercent, shareRight, valueOf } from '../figures.ts';
import { barChart, barHeight, TEXT as CHART_TEXT, trendChart } from './chart.ts';
import { letter, letterAll, measure } from './lettering.ts';
import { COLORS, EDGE, FONT, TEXT, WIDTH } from './look.ts';
import { saySpan, type SpanKind } from './spans.ts';
import { digestHead, listAhead, sayChange } from './words.ts';

export interface PictureWords {
  readonly ordinal?: number;
  readonly isCorrection?: boolean;
  /** `11月29日 21:30`: when the figures were read. */
  readonly asOf: string;
}

const INSIDE = WIDTH - 2 * EDGE;
const TREND_HEIGHT = 300;
const HONOURED = 5;
const TITLE_LINE = 58;
/** Between a name and its figure, px. */
const BETWEEN = 28;

export async function drawDigest(digest: Digest, words: PictureWords): Promise<string> {
  const pieces: string[] = [];
  let y = EDGE;
  const put = (height: number, draw: (top: number) => string) => {
    pieces.push(draw(y));
    y += height;
  };
  const head = digestHead(words).slice(1, -1);
  put(44, (top) => text(head, EDGE, top + TEXT.body, { size: TEXT.body, color: COLORS.gold }));
  for (const words of letter(digest.who, { size: TEXT.title, width: INSIDE, lines: 2 }))
    put(TITLE_LINE, (top) => text(words, EDGE, top + TEXT.title, { size: TEXT.title, weight: 700 }));
  y += 66 - TITLE_LINE;
  put(64, (top) =>
    text(saySpan(digest.span), EDGE, top + TEXT.body, { size: TEXT.body, color: COLORS.soft }),
  );
  const change = sayChange(digest);
  put(change === '' ? 188 : 164, (top) => figures(digest, top));
  if (change !== '')
    put(64, (top) =>
      text(`学的人${change}`, EDGE, top + TEXT.small, { size: TEXT.small, color: COLORS.soft }),
    );
  const chart = await chartOf(digest);
  if (chart) {
    put(56, (top) => text(chart.title, EDGE, top + TEXT.body, { size: TEXT.body, color: COLORS.soft }));
    put(chart.height + 36, (top) => place(chart.svg, EDGE, top, INSIDE, chart.height));
  }
  const named = digest.honoured.slice(0, HONOURED);
  if (named.length > 0) {
    const { height, draw } = honours(named, digest.units.length > 0);
    put(height, draw);
  }
  put(20, (top) => line(top));
  put(TEXT.small + 12, (top) =>
    text(`微课按学习记录统计，截至 ${words.asOf}`, EDGE, top + TEXT.small, {
      size: TEXT.small,
      color: COLORS.soft,
    }),
  );
  const height = Math.ceil(y + EDGE - 12);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="${FONT}">`,
    `<rect width="${WIDTH}" height="${height}" fill="${COLORS.card}"/>`,
    `<rect width="${WIDTH}" height="8" fill="${COLORS.brand}"/>`,
    ...pieces,
    '</svg>',
  ].join('\n');
}

/** What whoever can't see the picture is told. */
export const describeDigest = (digest: Digest): string =>
  `${digest.who} ${saySpan(digest.span)} 学习简报：学了 ${sayParts(learningRate(digest.counts))} 人`;

interface Chart {
  readonly title: string;
  readonly svg: string;
  readonly height: number;
}

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

/** Three figures, each with its base under it. */
function figures(digest: Digest, top: number): string {
  const { counts } = digest;
  const column = INSIDE / 3;
  const three: readonly (readonly [label: string, value: string, unit: string, base: string])[] = [
    ['参学率', ...withUnit(sayPercent(learningRate(counts))), `${sayParts(learningRate(counts))} 人`],
    [
      '正确率',
      ...withUnit(sayPercent(shareRight(counts))),
      counts.answers > 0 ? `${sayParts(shareRight(counts))} 题` : '还没有作答',
    ],
    digest.span.kind === 'day'
      ? ['打卡', `${counts.checkins}`, ' 次', `作答 ${counts.answered} 人`]
      : ['人均学习', sayMean(activity(counts)), ' 天', `共 ${counts.days} 天`],
  ];
  return three
    .map(([label, value, unit, base], at) => {
      const x = EDGE + at * column;
      const color = at === 0 ? COLORS.brand : COLORS.ink;
      return [
        text(label, x, top + TEXT.small, { size: TEXT.small, color: COLORS.soft }),
        text(value, x, top + 100, { size: TEXT.figure, weight: 700, color, after: unit }),
        text(base, x, top + 144, {
          // Of a large county it is long.
          size: Math.min(TEXT.small, ((column - 12) / measure(base, TEXT.small)) * TEXT.small),
          color: COLORS.soft,
        }),
      ].join('\n');
    })
    .join('\n');
}

/** The sign stands smaller behind its number. */
const withUnit = (percent: string): [value: string, unit: string] =>
  percent.endsWith('%') ? [percent.slice(0, -1), '%'] : [percent, ''];

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

const line = (y: number) => `<rect x="${EDGE}" y="${y}" width="${INSIDE}" height="2" fill="${COLORS.line}"/>`;

interface TextLook {
  readonly size: number;
  readonly color?: string;
  readonly weight?: number;
  readonly anchor?: 'start' | 'end';
  /** What follows the words at half their size. */
  readonly after?: string;
}

const text = (
  words: string,
  x: number,
  y: number,
  { size, color = COLORS.ink, weight = 400, anchor = 'start', after = '' }: TextLook,
) => {
  const tail = after === '' ? '' : `<tspan font-size="${Math.round(size / 2)}">${escape(after)}</tspan>`;
  return `<text x="${x}" y="${Math.round(y)}" font-size="${Math.round(size)}" font-weight="${weight}" fill="${color}" text-anchor="${anchor}">${escape(words)}${tail}</text>`;
};

/** A chart drawn elsewhere, put at its place. */
const place = (svg: string, x: number, y: number, width: number, height: number) =>
  svg.replace(
    /^<svg\s[^>]*?>/u,
    `<svg x="${x}" y="${Math.round(y)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
  );

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** The font has neither emoji nor characters outside of the planes that it covers: they are left out. */
const escape = (words: string): string =>
  words
    .replace(/[\p{Extended_Pictographic}\u{fe0f}\u{200d}\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}]/gu, (one) =>
      /[©®™\d#*]/u.test(one) ? one : '',
    )
    // eslint-disable-next-line no-control-regex
    .replace(/[\u{0}-\u{1f}\u{7f}]/gu, ' ')
    .replace(/[&<>"']/g, (mark) => ESCAPES[mark] ?? '');
