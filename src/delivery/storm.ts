/**
 * The storm guard: after a long outage what has become due is held and shown, rather than poured into the
 * groups. An outage is time in which no server had the account online.
 */
import { type Db, inTransaction } from '../db/open.ts';
import type { DeliveryKind } from '../db/tables.ts';
import { saySpan } from '../clock.ts';
import { readPolicy } from '../people/policies.ts';

/** Replies to people go out whenever that is possible. */
const NEVER_HELD: readonly DeliveryKind[] = ['reply', 'ack'];

/** How often a sign of life is written, ms. */
const PULSE = 20_000;

/**
 * Notes that the account is online at `now`. When it was away for longer than the policy `storm-guard`, what
 * has become due meanwhile is held. Call it before anything is queued, and after schedules were planned.
 * Gives how many deliveries are held.
 */
export async function guardStorm(db: Db, account: string, now: number): Promise<number> {
  const pulse = await db
    .selectFrom('account_pulse')
    .select('seen_at')
    .where('account', '=', account)
    .executeTakeFirst();
  const away = pulse === undefined ? 0 : now - pulse.seen_at;
  // A clock that was set back is no outage; the mark follows it.
  if (pulse !== undefined && away >= 0 && away < PULSE) return 0;
  return await inTransaction(db, async (trx) => {
    const guard = away < PULSE * 2 ? Infinity : await readPolicy(trx, 'storm-guard');
    const held = away > guard ? await holdDue(trx, account, away, now) : 0;
    await trx
      .insertInto('account_pulse')
      .values({ account, seen_at: now })
      .onConflict((conflict) => conflict.column('account').doUpdateSet({ seen_at: now }))
      .execute();
    return held;
  });
}

async function holdDue(trx: Db, account: string, away: number, now: number): Promise<number> {
  const expiry = await readPolicy(trx, 'held-expiry');
  const held = await trx
    .updateTable('delivery')
    .set(({ eb }) => ({
      state: 'held',
      reason: `停了 ${saySpan(away)}，先扣下，等人放行`,
      held_until: eb('planned_at', '+', expiry),
      updated_at: now,
    }))
    .where('account', '=', account)
    .where('state', 'in', ['planned', 'queued'])
    .where('kind', 'not in', [...NEVER_HELD])
    .where('planned_at', '<=', now)
    .returning('id')
    .execute();
  return held.length;
}

/** What nobody released in time. Gives how many. */
export async function expireHeld(db: Db, now: number): Promise<number> {
  const expired = await db
    .updateTable('delivery')
    .set({ state: 'expired', reason: '扣下后没有人放行，过期作废', held_until: null, updated_at: now })
    .where('state', '=', 'held')
    .where('held_until', '<=', now)
    .returning('id')
    .execute();
  return expired.length;
}
