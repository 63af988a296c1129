/** How many days in a row. */
import { addDays } from '../clock.ts';

/**
 * The length of the run of days that ends on `day`, or on the day before when `day` itself isn't marked
 * (the streak is still alive until midnight). Days are `YYYY-MM-DD`, in any order, repeats allowed.
 */
export function streakAt(days: Iterable<string>, day: string): number {
  const marked = new Set(days);
  let at = marked.has(day) ? day : addDays(day, -1);
  let length = 0;
  while (marked.has(at)) {
    length += 1;
    at = addDays(at, -1);
  }
  return length;
}

export interface Absence {
  /** Both ends belong to it. */
  readonly from: string;
  readonly to: string;
}

/**
 * The same with leave: a day of leave neither breaks a run nor adds to it. A run doesn't begin on leave.
 */
export function streakWith(days: Iterable<string>, day: string, absences: readonly Absence[]): number {
  const marked = new Set(days);
  const isAway = (at: string) => absences.some(({ from, to }) => from <= at && at <= to);
  let at = marked.has(day) || isAway(day) ? day : addDays(day, -1);
  let length = 0;
  while (marked.has(at) || isAway(at)) {
    if (marked.has(at)) length += 1;
    at = addDays(at, -1);
  }
  return length;
}

/** The longest run of days in a set. */
export function longestStreak(days: Iterable<string>): number {
  const marked = new Set(days);
  let longest = 0;
  for (const day of marked) {
    if (marked.has(addDays(day, 1))) continue;
    longest = Math.max(longest, streakAt(marked, day));
  }
  return longest;
}
