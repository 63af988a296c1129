/** What the ledger still owes, and what a dead process or a silent channel left in doubt. */
import type { Channel, ChatTarget } from '../channels/channel.ts';
import { MINUTE, SECOND } from '../clock.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { recordEcho } from './echo.ts';
import { concludeDelivery, type Delivery } from './ledger.ts';

/** How long our own message may take to come back before we say that we don't know. */
export const ECHO_WAIT = 30 * SECOND;

export const REASONS = {
  crashed: '发送途中程序中断，不确定是否到群',
  noEcho: '发出后没有看到它出现，不确定是否到群',
} as const;

/** A new boot epoch: whatever is `sending` under another one has lost its sender. */
export async function beginEpoch(db: Db, now: number): Promise<string> {
  const epoch = newId();
  await db.insertInto('boot').values({ epoch, started_at: now, ended_at: null }).execute();
  return epoch;
}

export async function endEpoch(db: Db, epoch: string, now: number): Promise<void> {
  await db.updateTable('boot').set({ ended_at: now }).where('epoch', '=', epoch).execute();
}

/**
 * Settles what a dead process of these accounts left in `sending`: a part that was begun may have been said
 * and becomes `unknown`; a delivery of which no part was begun certainly wasn't, and goes on.
 */
export async function settleDeadEpochs(
  db: Db,
  accounts: readonly string[],
  epoch: string,
  now: number,
): Promise<number> {
  if (accounts.length === 0) return 0;
  const left = await db
    .selectFrom('delivery')
    .select('id')
    .where('state', '=', 'sending')
    .where('account', 'in', [...accounts])
    .where('epoch', '!=', epoch)
    .execute();
  for (const { id } of left)
    await inTransaction(db, async (trx) => {
      await doubtParts(trx, id, 'sending');
      await concludeDelivery(trx, id, ['sending'], now, REASONS.crashed);
    });
  return left.length;
}

/** Marks as `unknown` what has awaited its echo for too long. */
export async function expireEchoes(db: Db, now: number): Promise<number> {
  const late = await db
    .selectFrom('delivery')
    .select('id')
    .where('state', '=', 'awaiting-echo')
    .where('updated_at', '<=', now - ECHO_WAIT)
    .execute();
  for (const { id } of late)
    await inTransaction(db, async (trx) => {
      await doubtParts(trx, id, 'awaiting-echo');
      await concludeDelivery(trx, id, ['awaiting-echo'], now, REASONS.noEcho);
    });
  return late.length;
}

async function doubtParts(trx: Db, deliveryId: string, from: 'sending' | 'awaiting-echo') {
  await trx
    .updateTable('delivery_part')
    .set({ state: 'unknown' })
    .where('delivery_id', '=', deliveryId)
    .where('state', '=', from)
    .execute();
}

/** Reads the channel's history, where it has one, for what is `unknown` on its account. Gives how many were found. */
export async function searchHistory(db: Db, channel: Channel, now: number): Promise<number> {
  if (!channel.history) return 0;
  const doubtful = await db
    .selectFrom('delivery_part')
    .innerJoin('delivery', 'delivery.id', 'delivery_part.delivery_id')
    .leftJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .select(['chat_group.room_id', 'delivery.contact_id', 'delivery_part.sending_at'])
    .where('delivery_part.account', '=', channel.account)
    .where('delivery_part.state', '=', 'unknown')
    .execute();
  let found = 0;
  const searched = new Set<string>();
  for (const { room_id: roomId, contact_id: contactId, sending_at: sendingAt } of doubtful) {
    const target: ChatTarget | undefined = roomId
      ? { kind: 'group', roomId }
      : contactId
        ? { kind: 'private', contactId }
        : undefined;
    if (!target || searched.has(JSON.stringify(target))) continue;
    searched.add(JSON.stringify(target));
    for (const echo of await channel.history(target, (sendingAt ?? now) - MINUTE))
      if (await recordEcho(db, echo, now)) found += 1;
  }
  return found;
}

/** Marks what is due as `queued`; gives those rows. They are to be enqueued after the commit. */
export const queueDue = (db: Db, accounts: readonly string[], now: number): Promise<Delivery[]> =>
  accounts.length === 0
    ? Promise.resolve([])
    : db
        .updateTable('delivery')
        .set({ state: 'queued', updated_at: now })
        .where('state', '=', 'planned')
        .where('due_at', '<=', now)
        .where('account', 'in', [...accounts])
        .returningAll()
        .execute();

/** Everything that should have a job: what a crash between commit and enqueue, or an emptied Redis, lost. */
export const listQueued = (db: Db, accounts: readonly string[]): Promise<Delivery[]> =>
  accounts.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('delivery')
        .selectAll()
        .where('state', '=', 'queued')
        .where('account', 'in', [...accounts])
        .orderBy('due_at')
        .execute();
