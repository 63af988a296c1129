/** The sheet that a digest's picture is drawn on, from the top down: head, three figures, a chart, the foot. */
import { letter, measure } from './lettering.ts';
import { COLORS, EDGE, FONT, INSIDE, TEXT, WIDTH } from './look.ts';

export interface Figure {
  readonly label: string;
  readonly value: string;
  /** Behind the value, at half its size. */
  readonly unit: string;
  /** Below it. */
  readonly base: string;
}

export interface Chart {
  readonly title: string;
  readonly svg: string;
  readonly height: number;
}

/** The sign stands smaller behind its number. */
export const withUnit = (percent: string): Pick<Figure, 'value' | 'unit'> =>
  percent.endsWith('%') ? { value: percent.slice(0, -1), unit: '%' } : { value: percent, unit: '' };

const TITLE_LINE = 58;

export function openSheet() {
  const pieces: string[] = [];
  let y: number = EDGE;
  /** Gives `draw` the place that is free, and takes so much of it. */
  const put = (height: number, draw: (top: number) => string): void => {
    pieces.push(draw(y));
    y += height;
  };
  return {
    put,
    head(kind: string, title: string, when: string): void {
      put(44, (top) => text(kind, EDGE, top + TEXT.body, { size: TEXT.body, color: COLORS.gold }));
      for (const words of letter(title, { size: TEXT.title, width: INSIDE, lines: 2 }))
        put(TITLE_LINE, (top) => text(words, EDGE, top + TEXT.title, { size: TEXT.title, weight: 700 }));
      y += 66 - TITLE_LINE;
      put(64, (top) => text(when, EDGE, top + TEXT.body, { size: TEXT.body, color: COLORS.soft }));
    },
    /** Three of them, and a line about them. */
    figures(three: readonly Figure[], note: string): void {
      put(note === '' ? 188 : 164, (top) => drawFigures(three, top));
      if (note === '') return;
      put(64, (top) => text(note, EDGE, top + TEXT.small, { size: TEXT.small, color: COLORS.soft }));
    },
    chart({ title, svg, height }: Chart): void {
      put(56, (top) => text(title, EDGE, top + TEXT.body, { size: TEXT.body, color: COLORS.soft }));
      put(height + 36, (top) => place(svg, EDGE, top, INSIDE, height));
    },
    /** The SVG. */
    close(asOf: string): string {
      put(20, (top) => line(top));
      put(TEXT.small + 12, (top) =>
        text(`微课按学习记录统计，截至 ${asOf}`, EDGE, top + TEXT.small, {
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
    },
  };
}

/** Each with its base under it; the first one is the one that counts. */
function drawFigures(three: readonly Figure[], top: number): string {
  const column = INSIDE / 3;
  return three
    .map(({ label, value, unit, base }, at) => {
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

export const line = (y: number) =>
  `<rect x="${EDGE}" y="${y}" width="${INSIDE}" height="2" fill="${COLORS.line}"/>`;

interface TextLook {
  readonly size: number;
  readonly color?: string;
  readonly weight?: number;
  readonly anchor?: 'start' | 'end';
  /** What follows the words at half their size. */
  readonly after?: string;
}

export const text = (
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
