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
