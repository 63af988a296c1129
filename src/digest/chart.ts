/** The one chart of a digest, drawn by ECharts without a screen: columns over time, or bars by unit. */
import type { EChartsOption } from 'echarts';

import { COLORS, FONT } from './look.ts';

export interface Bar {
  readonly title: string;
  /** 0 to 1. */
  readonly value: number;
  /** What stands at its end: `24 / 28`. */
  readonly label: string;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** px. */
export const TEXT = 28;
const LINE = 36;

/** Columns with their values on top, of many only the highest's; nothing but a base line around them. */
export const trendChart = (
  points: readonly { readonly title: string; readonly value: number }[],
  size: Size,
): Promise<string> => {
  const isLong = points.length > 12;
  const most = Math.max(...points.map(({ value }) => value));
  const peak = points.findIndex(({ value }) => value === most);
  return draw(
    {
      grid: { left: 0, right: 0, top: 44, bottom: 44 },
      xAxis: {
        type: 'category',
        data: points.map(({ title }) => title),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: COLORS.line, width: 2 } },
        axisLabel: {
          color: COLORS.soft,
          fontSize: TEXT,
          fontFamily: FONT,
          margin: 14,
          ...(isLong ? { interval: Math.ceil(points.length / 6) - 1 } : { interval: 0 }),
        },
      },
      yAxis: { type: 'value', show: false, min: 0, max: Math.max(1, ...points.map(({ value }) => value)) },
      series: [
        {
          type: 'bar',
          data: points.map(({ value }) => value),
          barCategoryGap: isLong ? '30%' : '45%',
          itemStyle: { color: COLORS.brand, borderRadius: [4, 4, 0, 0] },
          label: {
            show: true,
            position: 'top',
            color: COLORS.ink,
            fontSize: TEXT,
            fontFamily: FONT,
            formatter: ({ value, dataIndex }) =>
              Number(value) > 0 && (!isLong || dataIndex === peak) ? `${Number(value)}` : '',
          },
        },
      ],
    },
    size,
  );
};

/** What a bar and so many lines of words above it need, px. */
export const barHeight = (lines: number): number => 52 + lines * LINE;
const BAR = 20;
/** Where the words end above the bar. */
const ABOVE = -8;

/** Bars from the top down, each on the ground of the whole, with its title (of one line or more) and label above it. */
export const barChart = (bars: readonly Bar[], size: Size): Promise<string> => {
  const label = {
    show: true,
    fontSize: TEXT,
    lineHeight: LINE,
    fontFamily: FONT,
    verticalAlign: 'bottom',
  } as const;
  const row = size.height / bars.length;
  // The bar lies at the foot of its row.
  const sunk = Math.round((row - BAR) / 2) - 8;
  return draw(
    {
      grid: { left: 0, right: 0, top: sunk, bottom: -sunk },
      xAxis: { type: 'value', show: false, min: 0, max: 1 },
      yAxis: { type: 'category', show: false, inverse: true, data: bars.map(({ title }) => title) },
      series: [
        {
          // The ground: as wide as the whole, so that titles and labels stand at the same edges.
          type: 'bar',
          data: bars.map(() => 1),
          barWidth: BAR,
          itemStyle: { color: COLORS.ground, borderRadius: 4 },
          label: {
            ...label,
            position: [0, ABOVE],
            color: COLORS.ink,
            formatter: ({ dataIndex }) => bars[dataIndex]?.title ?? '',
          },
        },
        {
          type: 'bar',
          data: bars.map(() => 1),
          barWidth: BAR,
          barGap: '-100%',
          itemStyle: { color: 'transparent' },
          label: {
            ...label,
            position: ['100%', ABOVE],
            align: 'right',
            color: COLORS.soft,
            formatter: ({ dataIndex }) => bars[dataIndex]?.label ?? '',
          },
        },
        {
          type: 'bar',
          data: bars.map(({ value }) => value),
          barWidth: BAR,
          barGap: '-100%',
          itemStyle: { color: COLORS.brand, borderRadius: 4 },
        },
      ],
    },
    size,
  );
};

async function draw(option: EChartsOption, { width, height }: Size): Promise<string> {
  const [{ init, use }, { BarChart }, { GridComponent }, { SVGRenderer }] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  use([BarChart, GridComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
