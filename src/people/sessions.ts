/** Links that work once, and the sessions that they open. Only hashes are kept. */
import { createHash, randomBytes } from 'node:crypto';

import { DAY, MINUTE } from '../clock.ts';
import type { Db } from '../db/open.ts';

const LINK_LIFE = 10 * MINUTE;
const SESSION_LIFE = 30 * DAY;

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');
const newSecret = () => randomBytes(24).toString('base64url');

/** A secret for a link that works once within ten minutes. */
export async function issueLoginToken(db: Db, role: string, now: number): Promise<string> {
  const secret = newSecret();
  await db
    .insertInto('login_token')
    .values({ hash: hashOf(secret), role, created_at: now, expires_at: now + LINK_LIFE, used_at: null })
    .execute();
  return secret;
}

/** Whether the link would still work; looking doesn't spend it. */
export async function isLoginTokenLive(db: Db, secret: string, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('login_token')
    .selectAll()
    .where('hash', '=', hashOf(secret))
    .executeTakeFirst();
  return row !== undefined && row.used_at === null && row.expires_at > now;
}

/** Spends the link and opens a session: its secret and when it ends, or `undefined` when the link is spent or stale. */
export async function spendLoginToken(
  db: Db,
  secret: string,
  now: number,
): Promise<{ session: string; expiresAt: number } | undefined> {
  return await db.transaction().execute(async (trx) => {
    const spent = await trx
      .updateTable('login_token')
      .set({ used_at: now })
      .where('hash', '=', hashOf(secret))
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .returning('role')
      .executeTakeFirst();
    if (!spent) return undefined;
    const session = newSecret();
    const expiresAt = now + SESSION_LIFE;
    await trx
      .insertInto('session')
      .values({
        hash: hashOf(session),
        role: spent.role,
        created_at: now,
        expires_at: expiresAt,
        revoked_at: null,
      })
      .execute();
    return { session, expiresAt };
  });
}

/** The role of a live session, or `undefined`. */
export async function findSession(
  db: Db,
  secret: string,
  now: number,
): Promise<{ role: string } | undefined> {
  return await db
    .selectFrom('session')
    .select('role')
    .where('hash', '=', hashOf(secret))
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
}
