/** What the ledger still owes, and what a dead process or a silent channel left in doubt. */
import type { Channel, ChatTarget } from '../channels/channel.ts';
import { MINUTE, SECOND } from '../clock.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { recordEcho } from './echo.ts';
import { concludeDelivery, type Delivery, findDelivery, settlePart } from './ledger.ts';

/** How long our own message may take to come back before we say that we don't know. */
export const ECHO_WAIT = 30 * SECOND;

/** How long after a login, and after a send, the history may still lack what was said. */
export const SYNC_WINDOW = 2 * MINUTE;

export const REASONS = {
  crashed: '发送途中程序中断，不确定是否到群',
  noEcho: '发出后没有看到它出现，不确定是否到群',
  notThere: '群消息里没有它，重新发',
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
 * Settles what nobody is sending any more, though it says `sending`: that of a dead process of these accounts,
 * and that of our own which isn't active. A part that was begun may have been said and becomes `unknown`; a
 * delivery of which no part was begun certainly wasn't, and goes on.
 */
export async function settleOrphans(
  db: Db,
  accounts: readonly string[],
  own: { readonly epoch: string; readonly isActive: (deliveryId: string) => boolean },
  now: number,
): Promise<number> {
  if (accounts.length === 0) return 0;
  const left = await db
    .selectFrom('delivery')
    .select('id')
    .where('state', '=', 'sending')
    .where('account', 'in', [...accounts])
    .execute();
  let settled = 0;
  for (const { id } of left)
    await inTransaction(db, async (trx) => {
      const delivery = await findDelivery(trx, id);
      if (delivery?.state !== 'sending') return;
      if (delivery.epoch === own.epoch && own.isActive(id)) return;
      settled += 1;
      await doubtParts(trx, id, 'sending');
      await concludeDelivery(trx, id, ['sending'], now, REASONS.crashed);
    });
  return settled;
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

interface Doubtful {
  readonly target: ChatTarget;
  readonly deliveryId: string;
  readonly seq: number;
  /** ms. */
  readonly sendingAt: number;
  /** Whether the process that sent it is gone: then no call of it is on its way any more. */
  readonly isDead: boolean;
}

async function listDoubtful(db: Db, account: string, epoch: string): Promise<Doubtful[]> {
  const rows = await db
    .selectFrom('delivery_part')
    .innerJoin('delivery', 'delivery.id', 'delivery_part.delivery_id')
    .leftJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .select([
      'chat_group.room_id',
      'delivery.contact_id',
      'delivery.epoch',
      'delivery_part.delivery_id',
      'delivery_part.seq',
      'delivery_part.sending_at',
    ])
    .where('delivery_part.account', '=', account)
    .where('delivery_part.state', '=', 'unknown')
    .where('delivery.state', '=', 'unknown')
    .orderBy('delivery_part.sending_at')
    .execute();
  return rows.flatMap((row): Doubtful[] => {
    const target: ChatTarget | undefined = row.room_id
      ? { kind: 'group', roomId: row.room_id }
      : row.contact_id
        ? { kind: 'private', contactId: row.contact_id }
        : undefined;
    if (!target) return [];
    const { delivery_id: deliveryId, seq, sending_at: sendingAt } = row;
    return [{ target, deliveryId, seq, sendingAt: sendingAt ?? 0, isDead: row.epoch !== epoch }];
  });
}

/**
 * Reads the channel's history, where it has one, for what is `unknown` on its account: what stands there was
 * sent; what a dead process began and what doesn't stand there after the sync window was not, and is planned
 * again. Gives how many parts were decided.
 */
export async function searchHistory(db: Db, channel: Channel, epoch: string, now: number): Promise<number> {
  if (!channel.history) return 0;
  const doubtful = await listDoubtful(db, channel.account, epoch);
  let decided = 0;
  for (const [key, parts] of Map.groupBy(doubtful, ({ target }) => JSON.stringify(target))) {
    const since = Math.min(...parts.map(({ sendingAt }) => sendingAt)) - MINUTE;
    const echoes = await channel.history(JSON.parse(key) as ChatTarget, since);
    for (const echo of echoes) if (await recordEcho(db, echo, now)) decided += 1;
    const isSynced = now - channel.status().since >= SYNC_WINDOW;
    for (const part of parts)
      if (isSynced && part.isDead && now - part.sendingAt >= SYNC_WINDOW)
        if (await planAgain(db, part, now)) decided += 1;
  }
  return decided;
}

/** The history doesn't have it: it was never said. */
async function planAgain(db: Db, { deliveryId, seq }: Doubtful, now: number): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    const state = await settlePart(trx, { delivery_id: deliveryId, seq }, { state: 'planned' }, now, [
      'unknown',
    ]);
    if (state !== 'planned') return false;
    await concludeDelivery(trx, deliveryId, ['unknown'], now, REASONS.notThere);
    return true;
  });
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
