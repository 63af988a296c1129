/**
 * Entering the console: links that work once, codes that a desk shows and its owner sends to the bot, and the
 * sessions that both open. Of every secret only a hash is kept; tries are limited by rows, so that a restart
 * forgives nothing.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';

import { DAY, MINUTE } from '../clock.ts';
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { TriedTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { notFound } from './scope.ts';

export const LINK_LIFE = 10 * MINUTE;
export const CODE_LIFE = 10 * MINUTE;
/** A phone is somebody's own; a desk may be anybody's. */
const SESSION_LIFE: Readonly<Record<'link' | 'desk', number>> = { link: 30 * DAY, desk: 7 * DAY };

/** How often within `LIMIT_SPAN` one person, or one address, may do what is limited. */
const LIMITS: Readonly<Record<TriedTable['what'], number>> = {
  link: 5,
  'wrong-code': 5,
  'desk-code': 60,
  'wrong-link': 30,
};
export const LIMIT_SPAN = 10 * MINUTE;
/** Desks that show a code at the same time, in all. */
const MOST_CODES = 500;

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');
const newSecret = () => randomBytes(24).toString('base64url');

/** Where a request came from, as it may be kept: it tells addresses apart and names none. */
export const hashOfAddress = (address: string): string => hashOf(`address:${address}`).slice(0, 24);

async function isLimited(db: Db, what: TriedTable['what'], who: string, now: number): Promise<boolean> {
  const { count } = await db
    .selectFrom('tried')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('what', '=', what)
    .where('who', '=', who)
    .where('at', '>', now - LIMIT_SPAN)
    .executeTakeFirstOrThrow();
  return Number(count) >= LIMITS[what];
}

const noteTry = (db: Db, what: TriedTable['what'], who: string, now: number) =>
  db.insertInto('tried').values({ id: newId(), what, who, at: now }).execute();

/** What limits nothing any more. */
export async function forgetTries(db: Db, now: number): Promise<void> {
  await db
    .deleteFrom('tried')
    .where('at', '<', now - DAY)
    .execute();
  await db
    .deleteFrom('desk_code')
    .where('expires_at', '<', now - DAY)
    .execute();
}

/** A secret for a link of the terminal's, which is nobody's and opens everything; once, within ten minutes. */
export async function issueLoginToken(db: Db, role: string, now: number): Promise<string> {
  return await insertToken(db, role, null, now);
}

async function insertToken(db: Db, role: string, memberId: string | null, now: number): Promise<string> {
  const secret = newSecret();
  await db
    .insertInto('login_token')
    .values({
      hash: hashOf(secret),
      role,
      created_at: now,
      expires_at: now + LINK_LIFE,
      used_at: null,
      member_id: memberId,
    })
    .execute();
  return secret;
}

/**
 * A secret for a member's link: once, within ten minutes, and the one before it works no more. `undefined` when
 * they asked too often; `unlimited` for the terminal.
 */
export async function issueMemberLink(
  db: Db,
  memberId: string,
  now: number,
  { unlimited = false } = {},
): Promise<string | undefined> {
  return await inTransaction(db, async (trx) => {
    if (!unlimited && (await isLimited(trx, 'link', memberId, now))) return undefined;
    await noteTry(trx, 'link', memberId, now);
    await endLinksOf(trx, memberId, now);
    return await insertToken(trx, 'member', memberId, now);
  });
}

/** The role of a link that gives a member's own record, and opens no session. */
const RECORD = 'record';

/** A secret for a member's own record: once, within ten minutes. `undefined` when they asked too often. */
export async function issueRecordLink(db: Db, memberId: string, now: number): Promise<string | undefined> {
  return await inTransaction(db, async (trx) => {
    if (await isLimited(trx, 'link', memberId, now)) return undefined;
    await noteTry(trx, 'link', memberId, now);
    return await insertToken(trx, RECORD, memberId, now);
  });
}

/** Spends such a link; gives whose record it is, or `undefined` when it is spent or stale. */
export async function spendRecordLink(
  db: Db,
  secret: string,
  now: number,
  from = '',
): Promise<string | undefined> {
  return await inTransaction(db, async (trx) => {
    const spent = await spendToken(trx, { secret, from, isRecord: true }, now);
    if (!spent?.member_id) return undefined;
    const { member_id: memberId } = spent;
    await appendAudit(trx, {
      at: now,
      who: memberId,
      via: 'console',
      what: 'member.data',
      subject: memberId,
    });
    return memberId;
  });
}

const endLinksOf = (db: Db, memberId: string, now: number) =>
  db
    .updateTable('login_token')
    .set({ expires_at: now })
    .where('member_id', '=', memberId)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();

/** Whether the link would still work; looking doesn't spend it. */
export async function isLoginTokenLive(
  db: Db,
  secret: string,
  now: number,
  { isRecord = false } = {},
): Promise<boolean> {
  const row = await db
    .selectFrom('login_token')
    .selectAll()
    .where('hash', '=', hashOf(secret))
    .executeTakeFirst();
  return (
    row !== undefined && (row.role === RECORD) === isRecord && row.used_at === null && row.expires_at > now
  );
}

export interface Opened {
  /** The secret that the browser keeps. */
  readonly session: string;
  /** ms. */
  readonly expiresAt: number;
}

/** The browser that a session is opened for. */
export interface Browser {
  /** In a few words, for its owner to know it by. */
  readonly agent: string;
  /** See `hashOfAddress`. */
  readonly from: string;
}

const NOBODY: Browser = { agent: '', from: '' };

/**
 * Spends the link and opens a session, or `undefined` when the link is spent or stale. After too many wrong ones
 * from one address none is looked at.
 */
export async function spendLoginToken(
  db: Db,
  secret: string,
  now: number,
  { agent, from }: Browser = NOBODY,
): Promise<Opened | undefined> {
  return await inTransaction(db, async (trx) => {
    const spent = await spendToken(trx, { secret, from, isRecord: false }, now);
    return (
      spent &&
      (await openSession(trx, { role: spent.role, memberId: spent.member_id, how: 'link', agent }, now))
    );
  });
}

async function spendToken(
  trx: Db,
  { secret, from, isRecord }: { readonly secret: string; readonly from: string; readonly isRecord: boolean },
  now: number,
) {
  if (from !== '' && (await isLimited(trx, 'wrong-link', from, now))) return undefined;
  const spent = await trx
    .updateTable('login_token')
    .set({ used_at: now })
    .where('hash', '=', hashOf(secret))
    .where('role', isRecord ? '=' : '!=', RECORD)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(['role', 'member_id'])
    .executeTakeFirst();
  if (!spent && from !== '') await noteTry(trx, 'wrong-link', from, now);
  return spent;
}

async function openSession(
  trx: Db,
  opened: { role: string; memberId: string | null; how: 'link' | 'desk'; agent: string },
  now: number,
): Promise<Opened> {
  const { role, memberId, how, agent } = opened;
  const session = newSecret();
  const expiresAt = now + SESSION_LIFE[how];
  const no = await takeNumbers(trx, 'session');
  await trx
    .insertInto('session')
    .values({
      hash: hashOf(session),
      role,
      created_at: now,
      expires_at: expiresAt,
      revoked_at: null,
      no,
      member_id: memberId,
      how,
      agent,
    })
    .execute();
  await appendAudit(trx, {
    at: now,
    who: memberId ?? 'admin-link',
    via: 'console',
    what: 'session.open',
    subject: `session:${no}`,
    after: { how, agent },
  });
  return { session, expiresAt };
}

export interface DeskCode {
  /** Six digits. */
  readonly code: string;
  /** The secret that the browser keeps while it waits. */
  readonly browser: string;
  readonly expiresAt: number;
}

/** A code for a browser to show; `undefined` when there were too many from there, or in all. */
export async function startDeskCode(
  db: Db,
  { agent, from }: Browser,
  now: number,
): Promise<DeskCode | undefined> {
  return await inTransaction(db, async (trx) => {
    if (await isLimited(trx, 'desk-code', from, now)) return undefined;
    const live = await trx
      .selectFrom('desk_code')
      .select('code_hash')
      .where('claimed_at', 'is', null)
      .where('expires_at', '>', now)
      .execute();
    if (live.length >= MOST_CODES) return undefined;
    await noteTry(trx, 'desk-code', from, now);
    const taken = new Set(live.map((row) => row.code_hash));
    let code = newCode();
    while (taken.has(hashOf(code))) code = newCode();
    const browser = newSecret();
    const expiresAt = now + CODE_LIFE;
    await trx
      .insertInto('desk_code')
      .values({
        id: newId(),
        code_hash: hashOf(code),
        browser_hash: hashOf(browser),
        agent,
        created_at: now,
        expires_at: expiresAt,
        member_id: null,
        claimed_at: null,
        spent_at: null,
      })
      .execute();
    return { code, browser, expiresAt };
  });
}

const newCode = () => String(randomInt(1_000_000)).padStart(6, '0');

/** How a browser that shows a code stands. */
export async function readDeskCode(
  db: Db,
  browser: string,
  now: number,
): Promise<'waiting' | 'claimed' | 'gone'> {
  const row = await db
    .selectFrom('desk_code')
    .select(['claimed_at', 'spent_at', 'expires_at'])
    .where('browser_hash', '=', hashOf(browser))
    .executeTakeFirst();
  if (!row || row.spent_at !== null || row.expires_at <= now) return 'gone';
  return row.claimed_at === null ? 'waiting' : 'claimed';
}

export type Claim =
  | { readonly kind: 'claimed'; readonly agent: string }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-many' };

/** A member sent this code: the browser that shows it becomes theirs. After too many wrong ones none is taken. */
export async function claimDeskCode(db: Db, code: string, memberId: string, now: number): Promise<Claim> {
  return await inTransaction(db, async (trx): Promise<Claim> => {
    if (await isLimited(trx, 'wrong-code', memberId, now)) return { kind: 'too-many' };
    const claimed = await trx
      .updateTable('desk_code')
      .set({ member_id: memberId, claimed_at: now })
      .where('code_hash', '=', hashOf(code))
      .where('claimed_at', 'is', null)
      .where('expires_at', '>', now)
      .returning('agent')
      .executeTakeFirst();
    if (claimed) return { kind: 'claimed', agent: claimed.agent };
    await noteTry(trx, 'wrong-code', memberId, now);
    return { kind: 'wrong' };
  });
}

/** Opens the session of a browser whose code was sent; once. */
export async function spendDeskCode(db: Db, browser: string, now: number): Promise<Opened | undefined> {
  return await inTransaction(db, async (trx) => {
    const spent = await trx
      .updateTable('desk_code')
      .set({ spent_at: now })
      .where('browser_hash', '=', hashOf(browser))
      .where('claimed_at', 'is not', null)
      .where('spent_at', 'is', null)
      .where('expires_at', '>', now)
      .returning(['member_id', 'agent'])
      .executeTakeFirst();
    return spent
      ? await openSession(
          trx,
          { role: 'member', memberId: spent.member_id, how: 'desk', agent: spent.agent },
          now,
        )
      : undefined;
  });
}

export interface FoundSession {
  readonly role: string;
  /** Null for the terminal's link. */
  readonly memberId: string | null;
}

/** A live session, or `undefined`. */
export async function findSession(db: Db, secret: string, now: number): Promise<FoundSession | undefined> {
  const row = await db
    .selectFrom('session')
    .select(['role', 'member_id'])
    .where('hash', '=', hashOf(secret))
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row && { role: row.role, memberId: row.member_id };
}

export interface ListedSession {
  readonly no: number | null;
  readonly member: string | null;
  readonly how: 'link' | 'desk';
  readonly agent: string;
  /** ms. */
  readonly created_at: number;
  readonly expires_at: number;
}

/** The sessions that are open now, the newest first. */
export const listSessions = (db: Db, now: number): Promise<ListedSession[]> =>
  db
    .selectFrom('session')
    .leftJoin('member', 'member.id', 'session.member_id')
    .select([
      'session.no',
      'member.name as member',
      'session.how',
      'session.agent',
      'session.created_at',
      'session.expires_at',
    ])
    .where('session.revoked_at', 'is', null)
    .where('session.expires_at', '>', now)
    .orderBy('session.created_at', 'desc')
    .orderBy('session.no', 'desc')
    .execute();

/** Ends the session of that number. Throws `NotFoundError` when it isn't open. */
export async function revokeSession(db: Db, no: number, who: string, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const revoked = await trx
      .updateTable('session')
      .set({ revoked_at: now })
      .where('no', '=', no)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', now)
      .returning('no')
      .executeTakeFirst();
    if (!revoked) throw notFound('session', no);
    await auditRevoked(trx, [no], who, 'cli', now);
  });
}

/** Ends every session of a member, and their link if one is out. Gives how many sessions there were. */
export async function revokeSessionsOf(
  db: Db,
  memberId: string,
  who: string,
  via: string,
  now: number,
): Promise<number> {
  return await inTransaction(db, async (trx) => {
    await endLinksOf(trx, memberId, now);
    const revoked = await trx
      .updateTable('session')
      .set({ revoked_at: now })
      .where('member_id', '=', memberId)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', now)
      .returning('no')
      .execute();
    // A code that was sent and not taken up yet would open one more.
    await trx
      .updateTable('desk_code')
      .set({ expires_at: now })
      .where('member_id', '=', memberId)
      .where('spent_at', 'is', null)
      .execute();
    await auditRevoked(
      trx,
      revoked.map(({ no }) => no ?? 0),
      who,
      via,
      now,
    );
    return revoked.length;
  });
}

/** Ends the session of the browser that asks. */
export async function endSession(db: Db, secret: string, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const ended = await trx
      .updateTable('session')
      .set({ revoked_at: now })
      .where('hash', '=', hashOf(secret))
      .where('revoked_at', 'is', null)
      .returning(['no', 'member_id'])
      .executeTakeFirst();
    if (ended) await auditRevoked(trx, [ended.no ?? 0], ended.member_id ?? 'admin-link', 'console', now);
  });
}

async function auditRevoked(
  trx: Db,
  numbers: readonly number[],
  who: string,
  via: string,
  now: number,
): Promise<void> {
  for (const no of numbers)
    await appendAudit(trx, { at: now, who, via, what: 'session.revoke', subject: `session:${no}` });
}

/** What a browser calls itself, the particular before what it only claims to be like. */
const BROWSERS = [
  ['MicroMessenger', '微信'],
  ['Edg', 'Edge'],
  ['Firefox', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const;
const SYSTEMS = [
  ['HarmonyOS', 'HarmonyOS'],
  ['Windows', 'Windows'],
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Mac OS', 'Mac'],
  ['Linux', 'Linux'],
] as const;

/** `Chrome，Windows`: what a browser says of itself, in a few words. */
export function sayAgent(userAgent: string): string {
  const known = [BROWSERS, SYSTEMS].flatMap((names) => {
    const found = names.find(([token]) => userAgent.includes(token));
    return found ? [found[1]] : [];
  });
  return known.length > 0 ? known.join('，') : '不认识的浏览器';
}

/** A session's number as it is typed. Throws `UserError`. */
export function readSessionNo(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UserError(`expected a session's number, got "${text}"`);
  return Number(text);
}
