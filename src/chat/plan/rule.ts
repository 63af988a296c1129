/** When something is sent, as a schedule takes it and as a person reads it back. */
import { localDay, localTime } from '../../clock.ts';

/** Once, by a cron expression, or by a rule of the month such as `first fri 20:00`. */
export type Rule = { readonly at: number } | { readonly cron: string } | { readonly monthly: string };

/** What holidays do to it. */
export type Days = 'all' | 'workdays-only' | 'skip-holidays' | 'move-to-next-workday';

export interface SaidWhen {
  readonly rule: Rule;
  readonly days: Days;
  /** Ready to read: `11月27日 周五 20:00`, `每周一、三、五 20:00`. */
  readonly say: string;
}

export const WEEKDAYS = ['一', '二', '三', '四', '五', '六', '日'] as const;

/** 1 for Monday to 7 for Sunday, of a local day. */
export const weekdayOf = (day: string): number => ((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7) + 1;

/** `11月27日 周五`, with the year when it is another one than today's. */
export function sayDay(day: string, today: string): string {
  const [year = '', month = '', date = ''] = day.split('-');
  const other = today.startsWith(year) ? '' : `${year}年`;
  return `${other}${Number(month)}月${Number(date)}日 周${WEEKDAYS[weekdayOf(day) - 1] ?? ''}`;
}

/** `11月27日 周五 20:00`: the whole of it, whatever is said of today and tomorrow. */
export const sayInstant = (at: number, now: number, zone: string): string =>
  `${sayDay(localDay(at, zone), localDay(now, zone))} ${localTime(at, zone)}`;

export const sayOnce = (at: number, now: number, zone: string): SaidWhen => ({
  rule: { at },
  days: 'all',
  say: sayInstant(at, now, zone),
});
