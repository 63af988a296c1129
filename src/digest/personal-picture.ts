/** The picture of a member's own week. It names nobody: it may outlast a wish to be forgotten by some weeks. */
import { sayParts, sayPercent, shareRight } from '../figures.ts';
import { trendChart } from './chart.ts';
import type { Point } from './digest.ts';
import { INSIDE } from './look.ts';
import { type Personal, sayThan } from './personal.ts';
import { openSheet, withUnit } from './sheet.ts';
import { saySpan } from './spans.ts';

const TREND_HEIGHT = 300;
/** Fewer columns say nothing that the figures don't. */
const LEAST_COLUMNS = 2;

export async function drawPersonal(
  week: Personal,
  trend: readonly Point[],
  { asOf }: { readonly asOf: string },
): Promise<string> {
  const right = shareRight(week);
  const sheet = openSheet();
  sheet.head('我的周报', '这周我学了什么', saySpan(week.span));
  sheet.figures(
    [
      { label: '学了', value: `${week.days}`, unit: ' 天', base: '一周 7 天' },
      {
        label: '正确率',
        ...withUnit(sayPercent(right)),
        base: week.answers > 0 ? `${sayParts(right)} 题` : '还没有作答',
      },
      { label: '连续打卡', value: `${week.streak}`, unit: ' 天', base: '到这周最后一天' },
    ],
    `学的天数${sayThan(week)}`,
  );
  if (trend.filter(({ value }) => value > 0).length >= LEAST_COLUMNS)
    sheet.chart({
      title: '每天答对几题',
      height: TREND_HEIGHT,
      svg: await trendChart(trend, { width: INSIDE, height: TREND_HEIGHT }),
    });
  return sheet.close(asOf);
}

export const describePersonal = ({ span, days }: Personal): string =>
  `我的周报 ${saySpan(span)}：学了 ${days} 天`;
