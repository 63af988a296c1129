/** Quiz windows: from the moment a lesson's quiz goes out until it closes; one group, one delivery. */
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { QuizWindowTable } from '../db/tables.ts';

export type QuizWindow = QuizWindowTable;

export interface NewWindow {
  readonly deliveryId: string;
  readonly groupId: string;
  readonly lessonId: string;
  readonly hash: string;
  readonly opensAt: number;
  readonly closesAt: number;
}

/** Opens the window of a delivery; one that was there keeps its answers and gets the new times. */
export async function openWindow(db: Db, opened: NewWindow): Promise<void> {
  await db
    .insertInto('quiz_window')
    .values({
      id: newId(),
      delivery_id: opened.deliveryId,
      group_id: opened.groupId,
      lesson_id: opened.lessonId,
      hash: opened.hash,
      opens_at: opened.opensAt,
      closes_at: opened.closesAt,
      closed_at: null,
    })
    .onConflict((conflict) =>
      conflict
        .column('delivery_id')
        .doUpdateSet({ opens_at: opened.opensAt, closes_at: opened.closesAt, closed_at: null }),
    )
    .execute();
}

/** Closes the window of a delivery that never reached its group. */
export async function closeWindow(db: Db, deliveryId: string, now: number): Promise<void> {
  await db
    .updateTable('quiz_window')
    .set({ closed_at: now, closes_at: now })
    .where('delivery_id', '=', deliveryId)
    .where('closed_at', 'is', null)
    .execute();
}

/** The quiz that was open in any of the groups at that instant: the one opened last. */
export async function windowAt(
  db: Db,
  groupIds: readonly string[],
  at: number,
): Promise<QuizWindow | undefined> {
  if (groupIds.length === 0) return undefined;
  return await db
    .selectFrom('quiz_window')
    .selectAll()
    .where('group_id', 'in', [...groupIds])
    .where('opens_at', '<=', at)
    .where('closes_at', '>', at)
    .orderBy('opens_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

/** Windows whose time is over and whose key is still owed. */
export const listDueWindows = (db: Db, now: number): Promise<QuizWindow[]> =>
  db
    .selectFrom('quiz_window')
    .selectAll()
    .where('closed_at', 'is', null)
    .where('closes_at', '<=', now)
    .orderBy('closes_at')
    .execute();

/** Marks a window as closed; false when somebody else did. */
export async function markClosed(db: Db, windowId: string, now: number): Promise<boolean> {
  const closed = await db
    .updateTable('quiz_window')
    .set({ closed_at: now })
    .where('id', '=', windowId)
    .where('closed_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return closed !== undefined;
}
