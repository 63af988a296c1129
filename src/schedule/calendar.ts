/**
 * The working days of China: weekends, statutory holidays, and the weekends that are worked to make up for
 * them (调休). Days are numbers: whole days since 1970-01-01. A year that the State Council hasn't published
 * yet has weekends only. The package's tables are read as they are: its functions fill theirs in the process's
 * own zone, and west of Greenwich every holiday is then a day early (seen in chinese-days 1.5.7).
 */
import published from 'chinese-days/dist/chinese-days.json' with { type: 'json' };

import { DAY } from '../clock.ts';

/** `2026-12-01` of a day's number. */
export const dayText = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);

/** The number of the local day on which a wall clock (ms, as UTC would give it) stands. */
export const dayOfWall = (wall: number): number => Math.floor(wall / DAY);

/** 1 for Monday to 7 for Sunday. */
export const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;

/** By the day: `National Day,国庆节,3`. */
const holidays: Readonly<Record<string, string>> = published.holidays;
/** Weekends that are worked. */
const makeUps: Readonly<Record<string, string>> = published.workdays;

const SATURDAY = 6;

/** Whether people work: weekdays that are no holiday, and make-up weekends. */
export function isWorkday(day: number): boolean {
  const text = dayText(day);
  return text in makeUps || (weekdayOf(day) < SATURDAY && !(text in holidays));
}

/** The statutory holiday that a day belongs to, weekends within it included; `undefined` on any other day. */
export const holidayOn = (day: number): string | undefined => holidays[dayText(day)]?.split(',')[1];

/** The first working day that isn't before `day`. */
export function workdayFrom(day: number): number {
  let at = day;
  while (!isWorkday(at)) at += 1;
  return at;
}

/** Whether a year's holidays are known: its National Day is one of them. */
export const isPublished = (year: number): boolean =>
  holidayOn(dayOfWall(Date.UTC(year, 9, 1))) !== undefined;
