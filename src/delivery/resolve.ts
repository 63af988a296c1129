/** What a person decides about a delivery: it arrived, it is to be sent, it is to be dropped. */
import { appendAudit } from '../db/audit.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { DeliveryState } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { type By, byOf } from '../people/units.ts';
import { closeWindow } from '../quiz/windows.ts';
import { hasBrought } from './brought.ts';
import { concludeDelivery, type Delivery, findDelivery, moveDelivery } from './ledger.ts';
import { NOT_BROUGHT } from './states.ts';

export type Decision = 'sent' | 'resend' | 'drop';

export const DECISIONS: readonly Decision[] = ['sent', 'resend', 'drop'];

/** From which states each decision can be taken. */
export const DECIDABLE: Readonly<Record<Decision, readonly DeliveryState[]>> = {
  sent: ['unknown', 'awaiting-echo'],
  resend: ['unknown', 'failed', 'held', 'expired', 'skipped'],
  drop: ['unknown', 'failed', 'held', 'planned', 'queued'],
};

/** By the number that people name. Throws `UserError`. */
export async function getDeliveryByNo(db: Db, no: number): Promise<Delivery> {
  const delivery = await db.selectFrom('delivery').selectAll().where('no', '=', no).executeTakeFirst();
  if (!delivery) throw new UserError(`there is no delivery ${no}: see "weike delivery list"`);
  return delivery;
}

/**
 * Carries a decision out and audits it. Throws `UserError` when the delivery is in a state in which it can't be
 * taken. Gives the delivery as it is then: `sent` goes on with the parts that are left, `resend` is planned for now.
 */
export async function resolveDelivery(
  db: Db,
  no: number,
  decision: Decision,
  by: By | string,
  now: number,
): Promise<Delivery> {
  return await inTransaction(db, async (trx) => {
    const delivery = await getDeliveryByNo(trx, no);
    const from = DECIDABLE[decision];
    if (!from.includes(delivery.state))
      throw new UserError(
        `delivery ${no} is ${delivery.state}: --as ${decision} is for ${from.join(', ')}; nothing was changed`,
      );
    if (decision === 'sent') await believe(trx, delivery, now);
    else if (decision === 'resend') await sendAgain(trx, delivery, now);
    else await drop(trx, delivery, now);
    const after = (await findDelivery(trx, delivery.id)) ?? delivery;
    await appendAudit(trx, {
      at: now,
      ...byOf(by),
      what: `delivery.${decision}`,
      subject: delivery.id,
      before: { state: delivery.state, reason: delivery.reason },
      after: { state: after.state },
    });
    return after;
  });
}

/** A person saw it there. */
async function believe(trx: Db, delivery: Delivery, now: number): Promise<void> {
  await trx
    .updateTable('delivery_part')
    .set((eb) => ({ state: 'sent', sent_at: eb.ref('sending_at') }))
    .where('delivery_id', '=', delivery.id)
    .where('state', 'in', ['unknown', 'awaiting-echo'])
    .execute();
  await concludeDelivery(trx, delivery.id, ['unknown', 'awaiting-echo'], now);
}

async function sendAgain(trx: Db, delivery: Delivery, now: number): Promise<void> {
  const { group_id: groupId, hash, again } = delivery;
  if (delivery.kind === 'lesson' && again === 0 && (await hasBrought(trx, groupId, hash, delivery.id)))
    throw new UserError(
      `delivery ${delivery.no}: the group has had this revision by another delivery; "weike send --again" sends it once more`,
    );
  if (delivery.kind === 'digest' && again === 0 && (await hasSameDigest(trx, delivery)))
    throw new UserError(
      `delivery ${delivery.no}: the group has had this digest by another delivery; "weike digest correct" sends its figures anew, marked`,
    );
  await trx
    .updateTable('delivery_part')
    .set({ state: 'planned' })
    .where('delivery_id', '=', delivery.id)
    .where('state', '=', 'unknown')
    .execute();
  const reason = '有人决定再发';
  await moveDelivery(trx, delivery.id, { from: DECIDABLE.resend, to: 'planned', dueAt: now, reason }, now);
}

/** Whether another delivery has brought the group the digest of the same span, or is about to. */
async function hasSameDigest(
  trx: Db,
  { id, group_id: groupId, content, period }: Delivery,
): Promise<boolean> {
  if (period === null) return false;
  const other = await trx
    .selectFrom('delivery')
    .select('id')
    .where('kind', '=', 'digest')
    .where('group_id', '=', groupId)
    .where('content', '=', content)
    .where('period', '=', period)
    .where('again', '=', 0)
    .where('state', 'not in', [...NOT_BROUGHT])
    .where('id', '!=', id)
    .executeTakeFirst();
  return other !== undefined;
}

async function drop(trx: Db, delivery: Delivery, now: number): Promise<void> {
  const reason = '有人决定不发';
  await moveDelivery(trx, delivery.id, { from: DECIDABLE.drop, to: 'skipped', reason }, now);
  await closeWindow(trx, delivery.id, now);
}
