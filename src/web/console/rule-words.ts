/** Rules that repeat, between what a schedule keeps and what a form asks and a person reads. */
import { sayInstant, WEEKDAYS } from '../../chat/plan/rule.ts';
import { sayMinutes } from '../../chat/plan/times.ts';
import { MINUTE } from '../../clock.ts';
import { type MonthRule, parseMonthly } from '../../schedule/monthly.ts';
import { weekdaysOf } from '../../schedule/nearby.ts';

export interface Weekly {
  /** 1 for Monday, ascending. */
  readonly weekdays: readonly number[];
  readonly time: string;
}

const two = (text: string) => text.padStart(2, '0');

/** An expression that says one time on certain weekdays; `undefined` for what says more. */
export function readWeekly(cron: string): Weekly | undefined {
  const weekly = /^(\d+) (\d+) \* \* (\*|[0-7](?:-[0-7])?(?:,[0-7](?:-[0-7])?)*)$/.exec(cron);
  const [, minute = '', hour = '', week = ''] = weekly ?? [];
  return weekly ? { weekdays: weekdaysOf(week), time: `${two(hour)}:${two(minute)}` } : undefined;
}

/** `time` is `20:05`. */
export function cronOf(weekdays: readonly number[], time: string): string {
  const days = [...new Set(weekdays)].map((no) => no % 7).toSorted((a, b) => a - b);
  return `${timeFields(time)} * * ${days.length === 7 ? '*' : days.join(',')}`;
}

const QUARTERLY = /^(\d+) (\d+) (\d+) 1,4,7,10 \*$/;

/** On that date of each quarter's first month. */
export const quarterlyCron = (date: number, time: string): string => `${timeFields(time)} ${date} 1,4,7,10 *`;

/** Minute and hour as cron has them. */
export function timeFields(time: string): string {
  const [hour = '0', minute = '0'] = time.split(':');
  return `${Number(minute)} ${Number(hour)}`;
}

const NTH = ['第一', '第二', '第三', '第四', '第五'] as const;

/** `15 号`, `最后一天`, `第一个周五`, `最后一个工作日`: on which day of a month. */
export function sayMonthDay({ what, nth }: Pick<MonthRule, 'what' | 'nth'>): string {
  if (what === 'day') return nth < 0 ? '最后一天' : `${nth} 号`;
  const name = what === 'workday' ? '工作日' : `周${WEEKDAYS[what - 1] ?? ''}`;
  return `${nth < 0 ? '最后一' : (NTH[nth - 1] ?? '')}个${name}`;
}

/** When a schedule comes, as a person says it: `11月27日 周五 20:00`, `每周一、三、五 20:00`, `每月 15 号 09:00`. */
export function sayRule(
  { at, cron, monthly }: { at: number | null; cron: string | null; monthly: string | null },
  now: number,
  zone: string,
): string {
  if (at !== null) return sayInstant(at, now, zone);
  if (monthly !== null) {
    const rule = parseMonthly(monthly);
    const day = sayMonthDay(rule);
    return `每月${/^\d/.test(day) ? ' ' : ''}${day} ${sayMinutes(rule.time / MINUTE)}`;
  }
  const quarterly = QUARTERLY.exec(cron ?? '');
  if (quarterly) {
    const [, minute = '', hour = '', date = ''] = quarterly;
    return `一、四、七、十月 ${date} 号 ${two(hour)}:${two(minute)}`;
  }
  const weekly = readWeekly(cron ?? '');
  if (!weekly) return `按 ${cron ?? ''}`;
  const { weekdays, time } = weekly;
  if (weekdays.length === 7) return `每天 ${time}`;
  return `每周${weekdays.map((no) => WEEKDAYS[no - 1] ?? '').join('、')} ${time}`;
}
