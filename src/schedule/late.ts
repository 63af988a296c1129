/**
 * What was planned in time but couldn't go out within its grace, because the account was away or had said enough, meets the fate
 * of an hour that was missed. What a person decided to send goes out however late it is, and what was begun is
 * finished.
 */
import { type Db, inTransaction } from '../db/open.ts';
import { noteFolded } from '../delivery/folded.ts';
import { moveDelivery } from '../delivery/ledger.ts';
import { findRevision } from '../lessons/revisions.ts';
import { closeWindow } from '../quiz/windows.ts';
import { fateOfLate } from './misfire.ts';

/** Gives how many deliveries it ended. */
export async function endLate(db: Db, now: number): Promise<number> {
  const late = await db
    .selectFrom('delivery')
    .innerJoin('occurrence', 'occurrence.id', 'delivery.occurrence_id')
    .innerJoin('schedule', 'schedule.id', 'occurrence.schedule_id')
    .select(['delivery.id', 'schedule.misfire'])
    .where('delivery.state', 'in', ['planned', 'queued'])
    .where((eb) => eb(eb('occurrence.nominal_at', '+', eb.ref('schedule.grace')), '<', now))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('delivery_part')
            .select('seq')
            .whereRef('delivery_part.delivery_id', '=', 'delivery.id')
            .where('delivery_part.state', '!=', 'planned'),
        ),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('audit')
            .select('audit.id')
            .whereRef('audit.subject', '=', 'delivery.id')
            .where('audit.what', '=', 'delivery.resend'),
        ),
      ),
    )
    .execute();
  let ended = 0;
  for (const { id, misfire } of late) if (await endOne(db, id, fateOfLate(misfire), now)) ended += 1;
  return ended;
}

async function endOne(
  db: Db,
  id: string,
  fate: ReturnType<typeof fateOfLate>,
  now: number,
): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    const to = fate.kind === 'expired' ? 'expired' : 'skipped';
    const { reason } = fate;
    if (!(await moveDelivery(trx, id, { from: ['planned', 'queued'], to, reason }, now))) return false;
    await closeWindow(trx, id, now);
    if (fate.kind !== 'fold') return true;
    const row = await trx.selectFrom('delivery').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    const lesson = row.hash === null ? undefined : await findRevision(trx, row.hash);
    await noteFolded(trx, [
      {
        delivery_id: id,
        group_id: row.group_id ?? '',
        title: lesson?.title ?? row.content,
        nominal_at: row.planned_at,
      },
    ]);
    return true;
  });
}
