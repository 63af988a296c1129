/** Closes quizzes whose time is over: the key is owed to the group, through the ledger like everything else. */
import { type Db, inTransaction } from '../db/open.ts';
import { type Delivery, findDelivery, planDeliveries } from '../delivery/ledger.ts';
import { makeCards } from '../quiz/practice.ts';
import { listDueWindows, markClosed, type QuizWindow } from '../quiz/windows.ts';

/** A lesson that never reached its group needs no key. */
const REACHED: readonly Delivery['state'][] = ['sent', 'awaiting-echo', 'unknown'];

/** Gives how many windows were closed. */
export async function closeDueWindows(db: Db, now: number): Promise<number> {
  let closed = 0;
  for (const window of await listDueWindows(db, now)) if (await closeOne(db, window, now)) closed += 1;
  return closed;
}

async function closeOne(db: Db, window: QuizWindow, now: number): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    if (!(await markClosed(trx, window.id, now))) return false;
    await makeCards(trx, window, now);
    const lesson = await findDelivery(trx, window.delivery_id);
    if (!lesson || !REACHED.includes(lesson.state)) return true;
    await planDeliveries(
      trx,
      [
        {
          cause: `key:${window.id}`,
          kind: 'key',
          account: lesson.account,
          groupId: window.group_id,
          content: window.id,
          hash: window.hash,
          ...(lesson.ordinal === null ? {} : { ordinal: lesson.ordinal }),
          plannedAt: window.closes_at,
        },
      ],
      now,
    );
    return true;
  });
}
