/** Secret addresses of calendars: whoever has one reads what its owner may see now, and nothing else. */
import { createHash, randomBytes } from 'node:crypto';

import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
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
  inTransaction(db, (trx) => endFeed(trx, actor, now));

async function endFeed(trx: Db, actor: Actor, now: number): Promise<boolean> {
  const ended = await trx
    .updateTable('calendar_feed')
    .set({ revoked_at: now })
    .where('owner', '=', actor.who)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute();
  for (const { id } of ended) await audit(trx, 'calendar.revoke', id, actor, now);
  return ended.length > 0;
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
