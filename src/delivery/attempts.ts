/** Each try at sending, as evidence: who tried, what, when, and what came of it. */
import { createHash } from 'node:crypto';

import type { Db } from '../db/open.ts';
import type { DeliveryAttemptTable, DeliveryPartTable, DeliveryState } from '../db/tables.ts';

/** Hex SHA-256 over the hashes of the parts that an attempt is going to say, in order. */
export function attemptHash(parts: readonly Pick<DeliveryPartTable, 'hash'>[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.hash}\n`);
  return hash.digest('hex');
}

/** In the commit that claims the delivery. */
export async function beginAttempt(
  trx: Db,
  attempt: Pick<DeliveryAttemptTable, 'delivery_id' | 'attempt' | 'epoch' | 'body_hash'>,
  now: number,
): Promise<void> {
  await trx
    .insertInto('delivery_attempt')
    .values({ ...attempt, began_at: now, ended_at: null, outcome: null, reason: null })
    .execute();
}

/** Closes the attempt that is open, if one is. */
export async function endAttempt(
  trx: Db,
  deliveryId: string,
  ended: { readonly outcome: DeliveryState; readonly reason: string | null },
  now: number,
): Promise<void> {
  await trx
    .updateTable('delivery_attempt')
    .set({ ...ended, ended_at: now })
    .where('delivery_id', '=', deliveryId)
    .where('ended_at', 'is', null)
    .execute();
}

export const listAttempts = (db: Db, deliveryId: string): Promise<DeliveryAttemptTable[]> =>
  db
    .selectFrom('delivery_attempt')
    .selectAll()
    .where('delivery_id', '=', deliveryId)
    .orderBy('attempt')
    .execute();
