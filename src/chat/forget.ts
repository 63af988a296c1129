/** Forgets what people said when it was neither answer, check-in, command nor unclear answer. */
import { DAY } from '../clock.ts';
import type { Db } from '../db/open.ts';

export const KEPT = 7 * DAY;

/** Clears the text of such messages after a week. The row stays: its id tells a late duplicate. */
export async function forgetTalk(db: Db, now: number): Promise<void> {
  await db
    .updateTable('message')
    .set({ text: null })
    .where('state', '=', 'handled')
    .where('text', 'is not', null)
    .where('received_at', '<', now - KEPT)
    .where('intent', '=', '{"kind":"none"}')
    .execute();
}
