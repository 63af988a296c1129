/** A month as a calendar: the weeks from Monday to Sunday, with what a member's days were. */
import { addDays, mondayOf } from '../clock.ts';
import type { Db } from '../db/open.ts';
import type { Absence } from './streak.ts';

export type DayMark = 'checkin' | 'makeup' | 'leave';

export interface CalendarDay {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** False for the days of the months before and after that fill the first and last week. */
  readonly inMonth: boolean;
  readonly mark?: DayMark;
  readonly isToday: boolean;
}

export interface Month {
  /** `YYYY-MM`. */
  readonly month: string;
  readonly weeks: readonly (readonly CalendarDay[])[];
  /** Days that were checked in, made up for ones among them. */
  readonly checkins: number;
  readonly leave: number;
}

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** The month that is meant, never one that hasn't begun; that of `today` when it is none. */
export const readMonthName = (text: string | undefined, today: string): string =>
  text !== undefined && MONTH.test(text) && text >= '2000-01' && text <= today.slice(0, 7)
    ? text
    : today.slice(0, 7);

/** `YYYY-MM`, `count` months later. */
export function addMonths(month: string, count: number): string {
  const [year = 0, no = 1] = month.split('-').map(Number);
  const at = year * 12 + no - 1 + count;
  return `${String(Math.floor(at / 12)).padStart(4, '0')}-${String((at % 12) + 1).padStart(2, '0')}`;
}

export interface MarkedDay {
  readonly day: string;
  readonly makeup: boolean;
}

/** `days` are those that count; a day of leave that was checked in all the same is a check-in. */
export function monthOf(
  month: string,
  days: readonly MarkedDay[],
  absences: readonly Absence[],
  today: string,
): Month {
  const own = Map.groupBy(days, ({ day }) => day);
  const markOf = (day: string): DayMark | undefined => {
    const marks = own.get(day);
    if (marks) return marks.every(({ makeup }) => makeup) ? 'makeup' : 'checkin';
    return absences.some(({ from, to }) => from <= day && day <= to) ? 'leave' : undefined;
  };
  const end = `${addMonths(month, 1)}-01`;
  const weeks: CalendarDay[][] = [];
  for (let monday = mondayOf(`${month}-01`); monday < end; monday = addDays(monday, 7))
    weeks.push(
      Array.from({ length: 7 }, (_, index) => {
        const day = addDays(monday, index);
        const inMonth = day.startsWith(`${month}-`);
        const mark = inMonth ? markOf(day) : undefined;
        return { day, inMonth, isToday: day === today, ...(mark ? { mark } : {}) };
      }),
    );
  const all = weeks.flat();
  return {
    month,
    weeks,
    checkins: all.filter(({ mark }) => mark === 'checkin' || mark === 'makeup').length,
    leave: all.filter(({ mark }) => mark === 'leave').length,
  };
}

/** A member's month, over all their groups. */
export async function readMonth(db: Db, memberId: string, month: string, today: string): Promise<Month> {
  const days = await db
    .selectFrom('checkin')
    .select(['day', 'makeup'])
    .where('member_id', '=', memberId)
    .where('counted', '=', 1)
    .where('day', '>=', `${month}-01`)
    .where('day', '<=', `${month}-31`)
    .execute();
  const absences = await db
    .selectFrom('absence')
    .select(['from_day', 'to_day'])
    .where('member_id', '=', memberId)
    .where('closed_at', 'is', null)
    .where('from_day', '<=', `${month}-31`)
    .where('to_day', '>=', `${month}-01`)
    .execute();
  return monthOf(
    month,
    days.map(({ day, makeup }) => ({ day, makeup: makeup === 1 })),
    absences.map(({ from_day: from, to_day: to }) => ({ from, to })),
    today,
  );
}
