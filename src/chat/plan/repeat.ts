/** What comes again: 每周一三五, 每天, 工作日, 每月第一个周五. Ours to read: chrono knows none of it. */
import { NUMERAL, readNumeral } from './numerals.ts';
import { ask, type Asked } from './reading.ts';
import type { Days, Rule } from './rule.ts';
import { WEEKDAYS } from './rule.ts';
import { sayMinutes } from './times.ts';

export interface Repeat {
  readonly kind: 'repeat';
  readonly days: Days;
  readonly ruleAt: (minutes: number) => Rule;
  /** `每周一、三、五 20:00`. */
  readonly sayAt: (minutes: number) => string;
  /** The text without the words for it. */
  readonly rest: string;
}

const DAY = '[一二三四五六日天1-7]';
const WEEK = '(?:周|星期|礼拜)';
const TO = '[到至~-]';
const KNOWN = '能排的有 每天、每个工作日、每周一三五、每月15号、每月第一个周五、每月最后一个工作日';

/** Whether a text speaks of something that comes again at all. */
export const speaksOfRepeat = (text: string): boolean =>
  /每|天天|工作日|逢|隔[周天日]|[单双]周|[一二两三四五六七八九十\d]+次/u.test(text);

/** Reads it from `text`, which is normalised and holds no hour any more. */
export function readRepeat(text: string): Repeat | Asked {
  const { days, rest: plain } = readHolidays(text);
  const unknown =
    /隔|每(?:两|二|三|四|2|3|4|几|半|季|年|逢双|小时|分钟|次|晚课|个?季度|个?周末)|[单双]周|[一二两三四五六七八九十\d]+次/u.exec(
      plain,
    );
  if (unknown) return ask('unknown-repeat', `「${unknown[0]}」这样的我还排不了。${KNOWN}`);
  for (const read of [readDaily, readWorkdays, readMonthly, readWeekly]) {
    const found = read(plain);
    if (found) return 'why' in found ? found : { ...found, days: found.days === 'all' ? days : found.days };
  }
  return ask('unknown-repeat', `没看懂多久发一次。${KNOWN}`);
}

/** 节假日不发 and 节假日顺延, taken out of the text. */
function readHolidays(text: string): { days: Days; rest: string } {
  const holiday = /[,，]?\s*(?:遇|逢)?(?:法定)?节?假日?(?:期间)?(不发|除外|停发|顺延|往后推)/u;
  const match = /节|假/u.test(text) ? holiday.exec(text) : null;
  if (!match) return { days: 'all', rest: text };
  const days = /顺延|推/u.test(match[1] ?? '') ? 'move-to-next-workday' : 'skip-holidays';
  return { days, rest: text.replace(match[0], ' ') };
}

const SAID_DAYS: Readonly<Record<Days, string>> = {
  all: '',
  'workdays-only': '',
  'skip-holidays': '（节假日不发）',
  'move-to-next-workday': '（遇节假日顺延）',
};

/** `节假日…` behind what comes again. */
export const sayDays = (days: Days): string => SAID_DAYS[days];

const cronAt =
  (weekdays: string) =>
  (minutes: number): Rule => ({
    cron: `${minutes % 60} ${Math.floor(minutes / 60)} * * ${weekdays}`,
  });

const repeat = (rest: string, ruleAt: Repeat['ruleAt'], say: string, days: Days = 'all'): Repeat => ({
  kind: 'repeat',
  days,
  ruleAt,
  sayAt: (minutes) => `${say} ${sayMinutes(minutes)}`,
  rest,
});

function readDaily(text: string): Repeat | undefined {
  const match = /每一?[天日](?!次)|天天/u.exec(text);
  return match ? repeat(without(text, match[0]), cronAt('*'), '每天') : undefined;
}

function readWorkdays(text: string): Repeat | undefined {
  if (/月/u.test(text)) return undefined;
  const match = /每?个?工作日/u.exec(text);
  return match ? repeat(without(text, match[0]), cronAt('*'), '每个工作日', 'workdays-only') : undefined;
}

const NTH = ['一', '二', '三', '四', '五'] as const;
const NTH_WORDS = ['first', 'second', 'third', 'fourth', 'fifth'] as const;
const DAY_WORDS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

function readMonthly(text: string): Repeat | Asked | undefined {
  if (!/每个?月/u.test(text)) return undefined;
  const monthly = (head: string, what: string, say: string): Repeat =>
    repeat(without(text, head), (minutes) => ({ monthly: `${what} ${sayMinutes(minutes)}` }), `每月${say}`);

  const nth = new RegExp(
    `每个?月的?(?:第(?<nth>[一二三四五1-5])|(?<last>最后(?:的?一)?))个?的?(?:(?<work>工作日)|(?<any>[天日])|${WEEK}(?<day>${DAY}))`,
    'u',
  ).exec(text);
  if (nth?.groups) {
    const { nth: which, last, work, any, day } = nth.groups;
    const index =
      which === undefined
        ? -1
        : /\d/.test(which)
          ? Number(which) - 1
          : NTH.indexOf(which as (typeof NTH)[number]);
    const order = last === undefined ? (NTH_WORDS[index] ?? '') : 'last';
    const said = last === undefined ? `第${NTH[index] ?? ''}个` : '最后一个';
    if (work) return monthly(nth[0], `${order} workday`, `${said}工作日`);
    if (any)
      return monthly(nth[0], `${order} day`, last === undefined ? `第${NTH[index] ?? ''}天` : '最后一天');
    const at = weekdayIndex(day ?? '');
    return monthly(nth[0], `${order} ${DAY_WORDS[at] ?? ''}`, `${said}周${WEEKDAYS[at] ?? ''}`);
  }

  const date = new RegExp(`每个?月的?(?<date>${NUMERAL})[号日](?![、,和及到至~-]?\\d)`, 'u').exec(text);
  const number = date?.groups && readNumeral(date.groups.date ?? '');
  if (date && number !== undefined && number >= 1 && number <= 31) {
    const short = number > 28 ? '（没有这一天的月份不发）' : '';
    return monthly(date[0], String(number), `${number}号${short}`);
  }
  return ask(
    'unknown-repeat',
    '每月的哪一天？请写成 每月15号、每月第一个周五、每月最后一天 或 每月最后一个工作日',
  );
}

const weekdayIndex = (said: string): number =>
  said === '天' || said === '7'
    ? 6
    : /\d/.test(said)
      ? Number(said) - 1
      : WEEKDAYS.indexOf(said as (typeof WEEKDAYS)[number]);

function readWeekly(text: string): Repeat | Asked | undefined {
  const every = new RegExp(`(?:每个?|逢)${WEEK}(?:的)?`, 'u').exec(text);
  if (!every) return undefined;
  const after = text.slice(every.index + every[0].length);
  const span = new RegExp(`^(?<from>${DAY})\\s*${TO}\\s*${WEEK}?(?<to>${DAY})(?!${DAY})`, 'u').exec(after);
  const list = new RegExp(`^${DAY}(?:\\s*[、,和及与]?\\s*(?:每?${WEEK})?${DAY})*(?![、,]?${DAY})`, 'u').exec(
    after,
  );
  const said = span ?? list;
  if (!said) return ask('no-day', '每周的哪一天？比如 每周五，或 每周一三五');
  const days = span
    ? daysFromTo(span)
    : [...new Set([...said[0].matchAll(new RegExp(DAY, 'gu'))].map(([day]) => weekdayIndex(day)))];
  const sorted = days.toSorted((a, b) => a - b);
  const words = every[0] + said[0];
  const cron = sorted
    .map((day) => (day + 1) % 7)
    .toSorted((a, b) => a - b)
    .join(',');
  const say = sorted.length === 7 ? '每天' : `每周${sorted.map((day) => WEEKDAYS[day] ?? '').join('、')}`;
  return repeat(without(text, words), cronAt(sorted.length === 7 ? '*' : cron), say);
}

/** 周五到周一 goes over the week's end. */
function daysFromTo({ groups }: RegExpExecArray): number[] {
  const from = weekdayIndex(groups?.from ?? '');
  const to = weekdayIndex(groups?.to ?? '');
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, step) => (from + step) % 7);
}

const without = (text: string, words: string): string => text.replace(words, ' ');
