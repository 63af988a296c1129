/** What may not be said of a day yet: how many were right in a quiz that still goes on would tell its answers. */
import { addDays, startOfDay } from '../clock.ts';
import type { Db } from '../db/open.ts';

/** Whether somebody answered on a group's local day in a quiz that is open at `now`, ms. */
export async function hasUnclosed(
  db: Db,
  groupId: string,
  day: string,
  zone: string,
  now: number,
): Promise<boolean> {
  const found = await db
    .selectFrom('quiz_window')
    .select('quiz_window.id')
    .where('quiz_window.group_id', '=', groupId)
    .where('quiz_window.closed_at', 'is', null)
    .where('quiz_window.closes_at', '>', now)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('answer')
          .select('answer.id')
          .whereRef('answer.window_id', '=', 'quiz_window.id')
          .where('answer.written_at', '>=', startOfDay(day, zone))
          .where('answer.written_at', '<', startOfDay(addDays(day, 1), zone)),
      ),
    )
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** In the place of what is right. */
export const UNTIL_CLOSED = '截止后公布';
