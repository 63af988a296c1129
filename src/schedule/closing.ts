/** Closes quizzes whose time is over: the key is owed to the group, through the ledger like everything else. */
import { type Db, inTransaction } from '../db/open.ts';
import { type Delivery, findDelivery, planDeliveries } from '../delivery/ledger.ts';
import { makeCards } from '../quiz/practice.ts';
import { listDueWindows, markClosed, type QuizWindow } from '../quiz/windows.ts';

/** A lesson that never reached its group needs no key. */
const REACHED: readonly Delivery['state'][] = ['sent', 'awaiting-echo', 'unknown'];
/** What is left of a lesson may go out after its hour: the key comes after the last of it, not never. */
const UNDER_WAY: readonly Delivery['state'][] = ['planned', 'held', 'queued', 'sending'];

/** Gives how many windows were closed. */
export async function closeDueWindows(db: Db, now: number): Promise<number> {
  let closed = 0;
  for (const window of await listDueWindows(db, now)) if (await closeOne(db, window, now)) closed += 1;
  return closed;
}

async function closeOne(db: Db, window: QuizWindow, now: number): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    const lesson = await findDelivery(trx, window.delivery_id);
    if (lesson && UNDER_WAY.includes(lesson.state)) return false;
    if (!(await markClosed(trx, window.id, now))) return false;
    await makeCards(trx, window, now);
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
