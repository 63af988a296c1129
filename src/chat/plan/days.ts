/**
 * The day that is meant in a text without its hour. Weekdays are counted from Monday, as people here do; all
 * else is chrono's to read, and what is left over must not look like a date.
 */
import type { ParsedResult } from 'chrono-node';
import { hans } from 'chrono-node/zh/hans';

import { addDays, localDay, localTime, mondayOf } from '../../clock.ts';
import { NUMERAL, readNumeral } from './numerals.ts';
import { ask, type Asked, type WhenContext } from './reading.ts';
import { sayDay, WEEKDAYS, weekdayOf } from './rule.ts';

export interface SaidDay {
  readonly kind: 'day';
  /** The local day; when it is over for the hour that is meant, the next one that the words fit. */
  readonly day: string;
  readonly next?: string;
  /** The text without the words for the day. */
  readonly rest: string;
}

export type DayReading = SaidDay | Asked | { readonly kind: 'none'; readonly rest: string };

const WEEKDAY =
  /(上上|上|下+|这|本)?(?:个|一个)?(?:周|星期|礼拜)([一二三四五六日天1-7])(?![一二三四五六日天1-7次、和及,])/gu;
const SEVERAL_WEEKDAYS =
  /(?:周|星期|礼拜)[一二三四五六日天1-7](?:\s*[、,和及到至~-]?\s*(?:周|星期|礼拜)?[一二三四五六日天1-7])+(?![\d月日号点])/u;
/** Words that a date is made of: where one is left over, something was not understood. */
export const DATE_LIKE = new RegExp(
  [
    '[今明后昨前当][天日晚早]|大[后前]天|周[一二三四五六日天末1-7]|星期|礼拜|每|隔|逢',
    '[上下本这]个?(?:周|月|季|年)|[今明后去]年|月[底初中末]|年[底初末]|[上中下]旬|季度',
    '除夕|春节|元旦|国庆|中秋|端午|清明|元宵|劳动节|妇女节|儿童节|建党节|建军节|节前|节后|假期',
    '早上|晚上|上午|下午|中午|凌晨|半夜|傍晚|夜里|今晨|以后|之后|之前|以前',
    '差.{1,2}分|小时|分钟|钟头|刻钟|天[后前]|周后|个月后|截止|开始|起到|现在|马上|立刻|立即|待会|一会',
    String.raw`\d+\s*[年月日号点时分秒]|[零〇一二三四五六七八九十]+(?:月|日|号|点钟|点半)|\d{1,2}\s*:\s*\d|\d+\s*[./-]\s*\d+|[ap]m\b`,
  ].join('|'),
  'iu',
);

/** Reads the day in `text`, which is normalised and holds no hour any more. */
export function readDay(text: string, context: WhenContext): DayReading {
  const today = localDay(context.now, context.zone);
  const several = SEVERAL_WEEKDAYS.exec(text);
  if (several)
    return ask('two-days', `「${several[0]}」是几天：每周都发请写 每${several[0]}，只发一次请只写一天`);
  const weekdays = [...text.matchAll(WEEKDAY)];
  const spelled = spellDates(text.replace(WEEKDAY, ' '), today);
  if (typeof spelled !== 'string') return spelled;
  const dates = parseDays(spelled, context);
  if (weekdays.length > 1 || dates.length > 1)
    return ask('two-days', '里面有两个日子，请只写一个；课名里有日子的，用《》括起来');
  const [date] = dates;
  const rest = date
    ? `${spelled.slice(0, date.index)} ${spelled.slice(date.index + date.text.length)}`
    : spelled;
  const weekday = weekdays[0];
  if (!date && !weekday) return { kind: 'none', rest };
  if (!date) {
    if (!weekday) return { kind: 'none', rest };
    const byWeekday = dayOfWeekday(weekday, today);
    return byWeekday.kind === 'ask' ? byWeekday : { ...byWeekday, rest };
  }
  const day = dayOfResult(date);
  if (day === undefined)
    return ask('unclear-day', `「${date.text.trim()}」看不准是哪一天，请写成 12月1日 这样`);
  if (weekday && WEEKDAYS[weekdayOf(day) - 1] !== nameOfWeekday(weekday[2] ?? ''))
    return ask(
      'mismatch',
      `${sayDay(day, today).replace(' ', '是')}，不是周${nameOfWeekday(weekday[2] ?? '')}，请看一下是哪一天`,
    );
  if (day < today) return ask('past', `${sayDay(day, today)} 已经过了，请写以后的日子`);
  const isFar = !date.start.isCertain('year') && day > addDays(today, 300);
  if (isFar) {
    const last = `${Number(day.slice(0, 4)) - 1}${day.slice(4)}`;
    return ask(
      'past',
      `今年的 ${sayDay(last, today).replace(/^\d+年/, '')} 已经过了；要是说明年，请把年份写上`,
    );
  }
  return { kind: 'day', day, rest };
}

const nameOfWeekday = (said: string): string =>
  said === '天' || said === '7' ? '日' : /\d/.test(said) ? (WEEKDAYS[Number(said) - 1] ?? '') : said;

/** 周五 is the next one, today included; 本周五 and 下周五 count weeks from Monday. */
function dayOfWeekday(
  [, week = '', said = '']: RegExpExecArray,
  today: string,
): { kind: 'day'; day: string; next?: string } | Asked {
  const index = WEEKDAYS.indexOf(nameOfWeekday(said) as (typeof WEEKDAYS)[number]);
  const monday = mondayOf(today);
  if (week === '') {
    const ahead = (index + 1 - weekdayOf(today) + 7) % 7;
    return { kind: 'day', day: addDays(today, ahead), ...(ahead === 0 ? { next: addDays(today, 7) } : {}) };
  }
  const weeks = week.startsWith('上') ? -week.length : week.startsWith('下') ? week.length : 0;
  const day = addDays(monday, weeks * 7 + index);
  return day < today ? ask('past', `${sayDay(day, today)} 已经过了，请写以后的日子`) : { kind: 'day', day };
}

/** Spells out what chrono doesn't read: 2026.12.1, 12/1, 5号, 下个月5号. */
function spellDates(text: string, today: string): string | Asked {
  const [year = 0, month = 1] = today.split('-').map(Number);
  let asked: Asked | undefined;
  const inMonth = (ahead: number, date: number): string => {
    const index = month - 1 + ahead;
    const spelled = [year + Math.floor(index / 12), (index % 12) + 1, date] as const;
    if (!isDate(...spelled))
      asked = ask('unclear-day', `${spelled[1]}月没有 ${date} 号，请写成 12月1日 这样`);
    return `${spelled[0]}年${spelled[1]}月${spelled[2]}日`;
  };
  const spelled = text
    .replace(
      /([今明后])年的?(?=\s*(?:\d|[一二三四五六七八九十])+\s*[月./-])/gu,
      (_, which: string) => `${year + '今明后'.indexOf(which)}年`,
    )
    .replace(/(?<![\d.])(\d{4})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{1,2})(?![\d.])/g, '$1年$2月$3日')
    .replace(/(?<![\d./:-])(\d{1,2})\s*[./-]\s*(\d{1,2})(?![\d./:-]|\s*[-])/g, (all, m: string, d: string) =>
      isDate(2024, Number(m), Number(d)) ? `${m}月${d}日` : all,
    )
    .replace(
      new RegExp(
        `(?<![月\\d一二三四五六七八九十周期拜])(下下个?月|下个?月|本月|这个?月|当月)?的?\\s*(${NUMERAL})\\s*[号日](?![店线楼台群])`,
        'gu',
      ),
      (all, which: string | undefined, said: string) => {
        const date = readNumeral(said);
        if (date === undefined || date < 1 || date > 31) return all;
        const ahead =
          which === undefined
            ? date < Number(today.slice(8))
              ? 1
              : 0
            : which.startsWith('下下')
              ? 2
              : which.startsWith('下')
                ? 1
                : 0;
        return inMonth(ahead, date);
      },
    );
  return asked ?? spelled;
}

const isDate = (year: number, month: number, date: number): boolean => {
  const at = new Date(Date.UTC(year, month - 1, date));
  return month >= 1 && month <= 12 && date >= 1 && at.getUTCDate() === date;
};

/** chrono's readings; told the wall clock as if it were UTC, so that no other zone comes in. */
function parseDays(text: string, { now, zone }: WhenContext): ParsedResult[] {
  const wall = new Date(`${localDay(now, zone)}T${localTime(now, zone)}:00Z`);
  return hans.parse(text, { instant: wall, timezone: 0 }, { forwardDate: true });
}

/** The local day of a reading that names one and nothing else. */
function dayOfResult({ start, end }: ParsedResult): string | undefined {
  if (end || !start.isCertain('day') || start.isCertain('hour')) return undefined;
  const [year, month, date] = [start.get('year'), start.get('month'), start.get('day')];
  if (year === null || month === null || date === null || !isDate(year, month, date)) return undefined;
  return `${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
}

/** Whether chrono, too, reads this day and hour as one certain time: the last look before anything is planned. */
export function agrees(day: string, time: string, context: WhenContext): boolean {
  const [year, month, date] = day.split('-').map(Number);
  const said = `${year}年${month}月${date}日 ${time}`;
  const [only, ...more] = parseDays(said, context);
  if (!only || more.length > 0 || only.end || only.text.trim() !== said) return false;
  const { start } = only;
  const [hour, minute] = time.split(':').map(Number);
  return (
    start.isCertain('hour') &&
    start.get('year') === year &&
    start.get('month') === month &&
    start.get('day') === date &&
    start.get('hour') === hour &&
    start.get('minute') === minute
  );
}
