/**
 * Keys of programs that read and change things through `/api/v1`. A key is somebody's: it may do what their roles
 * allow at the moment of the call, and no more than its own scope; it ends by itself.
 */
import { createHash, randomBytes } from 'node:crypto';

import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { ApiTokenTable } from '../db/tables.ts';
import { DAY, MINUTE } from '../clock.ts';
import { UserError } from '../errors.ts';
import { type Actor, isAtLeast, notFound, readActor, TERMINAL } from './scope.ts';
import { type By, byOf } from './units.ts';

export type TokenScope = ApiTokenTable['scope'];

/** What a key's text begins with, so that one that leaked is recognised as such. */
const PREFIX = 'weike_';
/** A key lasts for a year at the most, ms. */
export const LONGEST_LIFE = 366 * DAY;
/** When it was last used is noted at most so often, ms. */
const NOTED_EACH = MINUTE;
const LONGEST_NAME = 60;

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

export interface NewToken {
  /** What it is for. */
  readonly name: string;
  /** Whose roles it has; null for the whole county. */
  readonly memberId: string | null;
  readonly scope: TokenScope;
  /** ms. */
  readonly life: number;
}

/** Gives the secret: it is kept nowhere. Throws `UserError` for a life or a name that can't be. */
export async function issueToken(
  db: Db,
  { name, memberId, scope, life }: NewToken,
  by: By | string,
  now: number,
): Promise<{ readonly no: number; readonly secret: string; readonly expiresAt: number }> {
  const words = name.trim();
  if (words === '' || words.length > LONGEST_NAME)
    throw new UserError(`--name: expected 1 to ${LONGEST_NAME} characters`);
  if (!(life > 0 && life <= LONGEST_LIFE)) throw new UserError('--for: expected at most 366d');
  return await inTransaction(db, async (trx) => {
    if (memberId !== null && !isAtLeast(await readActor(trx, memberId, now), 'secretary'))
      throw new UserError(
        'that member holds no role: a key of theirs could do nothing; see "weike role grant"',
      );
    const [id, no] = [newId(), await takeNumbers(trx, 'api_token')];
    const secret = PREFIX + randomBytes(32).toString('base64url');
    const expiresAt = now + life;
    await trx
      .insertInto('api_token')
      .values({
        id,
        no,
        hash: hashOf(secret),
        name: words,
        member_id: memberId,
        scope,
        created_by: byOf(by).who,
        created_at: now,
        expires_at: expiresAt,
        revoked_at: null,
        used_at: null,
      })
      .execute();
    await appendAudit(trx, {
      at: now,
      ...byOf(by),
      what: 'token.issue',
      subject: id,
      after: { no, name: words, member: memberId, scope, expiresAt },
    });
    return { no, secret, expiresAt };
  });
}

/** Those that work now, the newest first. */
export const listTokens = (db: Db, now: number) =>
  db
    .selectFrom('api_token')
    .leftJoin('member', 'member.id', 'api_token.member_id')
    .select([
      'api_token.no',
      'api_token.name',
      'member.name as member',
      'api_token.scope',
      'api_token.created_at',
      'api_token.expires_at',
      'api_token.used_at',
    ])
    .where('api_token.revoked_at', 'is', null)
    .where('api_token.expires_at', '>', now)
    .orderBy('api_token.no', 'desc')
    .execute();

/** Throws `NotFoundError` when none with that number works. */
export async function revokeToken(db: Db, no: number, by: By | string, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const revoked = await trx
      .updateTable('api_token')
      .set({ revoked_at: now })
      .where('no', '=', no)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', now)
      .returning('id')
      .executeTakeFirst();
    if (!revoked) throw notFound('token', no);
    await appendAudit(trx, { at: now, ...byOf(by), what: 'token.revoke', subject: revoked.id });
  });
}

export interface FoundToken {
  readonly no: number;
  readonly actor: Actor;
  readonly scope: TokenScope;
}

/** What a key may do now; `undefined` for one that is nobody's, is over, or whose owner has no role any more. */
export async function findToken(db: Db, secret: string, now: number): Promise<FoundToken | undefined> {
  if (!secret.startsWith(PREFIX)) return undefined;
  const row = await db
    .selectFrom('api_token')
    .selectAll()
    .where('hash', '=', hashOf(secret))
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (!row) return undefined;
  const actor: Actor =
    row.member_id === null
      ? { ...TERMINAL, who: `token ${row.no}`, via: 'api' }
      : await readActor(db, row.member_id, now, 'api');
  if (!isAtLeast(actor, 'secretary')) return undefined;
  if (row.used_at === null || now - row.used_at >= NOTED_EACH)
    await db.updateTable('api_token').set({ used_at: now }).where('id', '=', row.id).execute();
  return { no: row.no, actor, scope: row.scope };
}
