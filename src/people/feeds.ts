/** Secret addresses of calendars: whoever has one reads what its owner may see now, and nothing else. */
import { createHash, randomBytes } from 'node:crypto';

import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { MINUTE } from '../clock.ts';
import { UserError } from '../errors.ts';
import { type Actor, isAtLeast, readActor, TERMINAL } from './scope.ts';

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

/** Gives the secret: it is kept nowhere. An address that the owner had before ends with it. */
export async function issueFeed(db: Db, actor: Actor, now: number): Promise<string> {
  return await inTransaction(db, async (trx) => {
    await endFeed(trx, actor, now);
    const secret = randomBytes(24).toString('base64url');
    const id = newId();
    await trx
      .insertInto('calendar_feed')
      .values({
        id,
        hash: hashOf(secret),
        owner: actor.who,
        member_id: actor.memberId,
        created_at: now,
        revoked_at: null,
      })
      .execute();
    await audit(trx, 'calendar.issue', id, actor, now);
    return secret;
  });
}

/** Ends the owner's address. Says whether there was one. */
export const revokeFeed = (db: Db, actor: Actor, now: number): Promise<boolean> =>
  inTransaction(db, async (trx) => (await endFeed(trx, actor, now)) !== undefined);

/** How long after its end an address can go on, ms. */
const RESUMED_WITHIN = 10 * MINUTE;

/**
 * An address that was stopped or replaced a moment ago goes on as it was; one that took its place ends. Throws
 * `UserError` when there is none, or it is too long ago.
 */
export async function resumeFeed(db: Db, id: string, actor: Actor, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const stopped = await trx
      .selectFrom('calendar_feed')
      .selectAll()
      .where('id', '=', id)
      .where('owner', '=', actor.who)
      .where('revoked_at', '>', now - RESUMED_WITHIN)
      .executeTakeFirst();
    const again =
      stopped &&
      (await trx
        .selectFrom('calendar_feed')
        .select('id')
        .where('hash', '=', stopped.hash)
        .where('id', '>', stopped.id)
        .executeTakeFirst());
    if (!stopped || again)
      throw new UserError('that address can not go on', { said: '那个地址收不回来了，请另要一个' });
    await endFeed(trx, actor, now);
    const next = newId();
    await trx
      .insertInto('calendar_feed')
      .values({ ...stopped, id: next, revoked_at: null })
      .execute();
    await audit(trx, 'calendar.resume', next, actor, now);
  });
}

/** The owner's address that ended last, to be resumed. */
export async function lastStopped(db: Db, owner: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('calendar_feed')
    .select('id')
    .where('owner', '=', owner)
    .where('revoked_at', 'is not', null)
    .orderBy('revoked_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return row?.id;
}

/** Gives the address that has ended, if there was one. */
async function endFeed(trx: Db, actor: Actor, now: number): Promise<string | undefined> {
  const ended = await trx
    .updateTable('calendar_feed')
    .set({ revoked_at: now })
    .where('owner', '=', actor.who)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute();
  for (const { id } of ended) await audit(trx, 'calendar.revoke', id, actor, now);
  return ended[0]?.id;
}

/** Since when the owner has an address, ms. */
export async function feedSince(db: Db, owner: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('calendar_feed')
    .select('created_at')
    .where('owner', '=', owner)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return row?.created_at;
}

/** Whose plans it shows, with what they may see now; `undefined` for an address that is nobody's, or not any more. */
export async function readerOfFeed(db: Db, secret: string, now: number): Promise<Actor | undefined> {
  const row = await db
    .selectFrom('calendar_feed')
    .select(['owner', 'member_id'])
    .where('hash', '=', hashOf(secret))
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  if (row.member_id === null) return { ...TERMINAL, who: row.owner, via: 'feed' };
  const actor = await readActor(db, row.member_id, now, 'feed');
  return isAtLeast(actor, 'secretary') ? actor : undefined;
}

const audit = (trx: Db, what: string, subject: string, { who, via = '' }: Actor, now: number) =>
  appendAudit(trx, { at: now, who, via, what, subject });
