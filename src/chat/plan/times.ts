/** Times of day as people write them: 20:00, 晚上8点, 八点半, 下午三点一刻, 8pm. A pure reading of normalised text. */
import { NUMERAL, readNumeral } from './numerals.ts';

export interface SaidTime {
  readonly index: number;
  readonly text: string;
  /** Minutes since midnight that it can mean, ascending: two where morning and evening are open, none where it is no time. */
  readonly minutes: readonly number[];
}

/** From which hour to which, by the 24-hour clock, a word holds; and whether small hours are after noon. */
const PERIODS: readonly (readonly [words: string, from: number, to: number, afterNoon: boolean])[] = [
  ['凌晨|半夜|深夜|下半夜', 0, 6, false],
  ['清晨|早晨|早上|清早|大早|早', 4, 12, false],
  ['上午', 6, 12, false],
  ['中午|正午', 11, 14, true],
  ['下午|午后', 12, 19, true],
  ['傍晚', 16, 20, true],
  ['晚上|晚间|夜里|夜晚|夜间|晚|夜', 17, 23, true],
];

const PERIOD = PERIODS.map(([words]) => words).join('|');
const BEFORE = `(?<period>${PERIOD})?\\s*的?\\s*`;
const AFTER = String.raw`\s*(?<half>[ap]\.?m\.?(?![a-z]))?`;
const CLOCK = String.raw`(?<![\d.:/-])(?<hour>\d{1,2})\s*:\s*(?<minute>\d{2})(?![\d:])`;
/** 时间, 时候 and 小时 are no hours; 要点 and 快点 have no numeral. */
const HOUR = `(?<![\\d.:/第十百])(?<hour>\\d{1,2}|二?十[一二三四五六七八九]?|[零〇一二两三四五六七八九])\\s*(?:点钟|点|时(?![间候段常刻尚代]))(?!\\s*[是要]点)`;
const MINUTE = `(?:\\s*(?<part>整|半|[一1]刻|[三3]刻)|\\s*过?(?<minute>${NUMERAL})\\s*分(?!钟)|\\s*过?(?<minute2>\\d{2}|[零〇][一二三四五六七八九]|[一二三四五]?十[一二三四五六七八九]?)(?![\\d人个条题课群号月日页岁斤元块:：点分]))?`;
const BARE = String.raw`(?<![\d.:/-])(?<hour>\d{1,2})\s*(?<half>[ap]\.?m\.?(?![a-z]))`;

const FORMS = [
  new RegExp(`${BEFORE}${CLOCK}${AFTER}`, 'giu'),
  new RegExp(`${BEFORE}${HOUR}${MINUTE}`, 'giu'),
  new RegExp(`${BEFORE}${BARE}`, 'giu'),
];

const PARTS: Readonly<Record<string, number>> = { 整: 0, 半: 30, 一刻: 15, '1刻': 15, 三刻: 45, '3刻': 45 };

/** All times of day in a text, in order. */
export function findTimes(text: string): SaidTime[] {
  const found: SaidTime[] = [];
  for (const form of FORMS)
    for (const match of text.matchAll(form)) {
      const said = match[0].trimEnd();
      const lead = said.length - said.trimStart().length;
      const index = match.index + lead;
      const overlaps = found.some(
        (other) => index < other.index + other.text.length && other.index < index + said.length,
      );
      if (overlaps) continue;
      const groups = { ...match.groups, clock: /\d+\s*:/.exec(said)?.[0] };
      const minutes = isTorn(text.slice(0, index), groups) ? [] : meaningsOf(groups);
      found.push({ index, text: said.trimStart(), minutes });
    }
  return found.toSorted((a, b) => a.index - b.index);
}

/** 周二十点 and 每周一二十点: nobody can tell where the day ends and the hour begins. */
function isTorn(
  before: string,
  { period, hour = '' }: Readonly<Record<string, string | undefined>>,
): boolean {
  if (period !== undefined || !/十/u.test(hour)) return false;
  const last = before.at(-1) ?? '';
  if (hour.startsWith('二')) return /[周期拜一二三四五六七八九]/u.test(last);
  const joined = /[一二三四五六七八九]/u.test(last) ? readNumeral(last + hour) : undefined;
  return joined !== undefined && joined <= 24;
}

function meaningsOf(said: Readonly<Record<string, string | undefined>>): number[] {
  const hour = readNumeral(said.hour ?? '');
  const minute = said.part === undefined ? readNumeral(said.minute ?? said.minute2 ?? '0') : PARTS[said.part];
  if (hour === undefined || minute === undefined || hour > 23 || minute > 59) return [];
  return hoursOf(hour, said).map((one) => one * 60 + minute);
}

function hoursOf(hour: number, said: Readonly<Record<string, string | undefined>>): number[] {
  const half = said.half?.toLowerCase()[0];
  const period = PERIODS.find(([words]) => words.split('|').includes(said.period ?? ''));
  if (period) {
    const [, from, to, afterNoon] = period;
    // 晚上 12 点 and 夜里 1 点 lie on another day than the word: that is asked about.
    const meant = afterNoon && hour < 12 && hour > 0 && from >= 11 && hour + 12 <= to ? hour + 12 : hour;
    if (meant < from || meant > to) return [];
    const isOtherHalf = half !== undefined && (half === 'p') !== meant >= 12;
    return isOtherHalf ? [] : [meant];
  }
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return half === 'p' && hour > 12 ? [hour] : [];
    return [(hour % 12) + (half === 'p' ? 12 : 0)];
  }
  // 08:30 and 10:00 are of the 24-hour clock; 8:30 and 10点 may be either half of the day.
  const isWritten24 = /^\d\d:/.test(said.clock ?? '') || hour === 0 || hour >= 12;
  return isWritten24 ? [hour] : [hour, hour + 12];
}

/** `20:05` of minutes since midnight. */
export const sayMinutes = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** `早上 8:30`, `晚上 8:30`: which half of the day, where that is the question. */
export function sayHalf(minutes: number): string {
  const hour = Math.floor(minutes / 60);
  const part =
    hour < 5
      ? '凌晨'
      : hour < 9
        ? '早上'
        : hour < 12
          ? '上午'
          : hour < 13
            ? '中午'
            : hour < 18
              ? '下午'
              : '晚上';
  return `${part} ${sayMinutes(minutes)}`;
}
