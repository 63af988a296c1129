/**
 * One-time codes that a secretary hands out on paper: two letters and four digits, bound to one member. Only
 * salted hashes are kept, slow ones, because a code is short; guessing is limited where it is tried.
 */
import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { ExpressionBuilder } from '../db/sql.ts';
import type { Tables } from '../db/tables.ts';
import { DAY } from '../clock.ts';
import { UserError } from '../errors.ts';
import { type Actor, scopedMembers } from './scope.ts';

/** How long a sheet of codes is good for. */
export const CODE_LIFE = 60 * DAY;

/** Without I and O, which are taken for digits. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const COST = { N: 4_096, r: 8, p: 1 };

const derive = promisify(scrypt) as (
  code: string,
  salt: string,
  length: number,
  cost: typeof COST,
) => Promise<Buffer>;
const hashOf = (code: string, salt: string) => derive(code, salt, 24, COST);

/** `AK7302`. */
export function newCode(): string {
  const letter = () => LETTERS[randomInt(LETTERS.length)] ?? 'A';
  return `${letter()}${letter()}${String(randomInt(10_000)).padStart(4, '0')}`;
}

/** As it is kept, however it was typed. */
export const readCode = (text: string): string =>
  text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s\-—_.]/gu, '');

export interface PrintedCode {
  readonly id: string;
  readonly name: string;
  readonly number: string | null;
  readonly unit: string | null;
  readonly code: string;
}

/**
 * Fresh codes for the members of these units who aren't certified yet, or for one member; those handed out
 * before stop working. The codes are given this once and can't be read again.
 */
export async function issueCodes(
  db: Db,
  whom: { readonly unitIds: readonly string[] } | { readonly memberId: string },
  actor: Actor,
  now: number,
): Promise<PrintedCode[]> {
  return await inTransaction(db, async (trx) => {
    const scoped = scopedMembers(trx, actor)
      .leftJoin('unit', 'unit.id', 'member.unit_id')
      .select('unit.name as unit')
      .where('member.status', '!=', 'guest')
      .where('member.left_at', 'is', null)
      .orderBy('unit.name')
      .orderBy('member.name')
      .orderBy('member.id');
    const members =
      'memberId' in whom
        ? await scoped.where('member.id', '=', whom.memberId).execute()
        : whom.unitIds.length === 0
          ? []
          : await scoped
              .where('member.unit_id', 'in', [...whom.unitIds])
              .where('member.certified_at', 'is', null)
              .execute();
    const printed: PrintedCode[] = [];
    for (const { id, name, number, unit } of members) {
      await revokeCodes(trx, id, now);
      const code = newCode();
      const salt = randomBytes(12).toString('base64url');
      await trx
        .insertInto('certify_code')
        .values({
          id: newId(),
          member_id: id,
          salt,
          hash: (await hashOf(code, salt)).toString('base64url'),
          issued_by: actor.who,
          issued_at: now,
          expires_at: now + CODE_LIFE,
          used_at: null,
          revoked_at: null,
        })
        .execute();
      printed.push({ id, name, number, unit, code });
    }
    if (printed.length > 0)
      await appendAudit(trx, {
        at: now,
        who: actor.who,
        via: actor.via ?? '',
        what: 'code.issue',
        subject: 'memberId' in whom ? whom.memberId : whom.unitIds.join(' '),
        after: { members: printed.map(({ id }) => id) },
      });
    return printed;
  });
}

/** The condition for a code that nobody has used or taken back. */
const isLive = (eb: ExpressionBuilder<Tables, 'certify_code'>) =>
  eb.and([eb('used_at', 'is', null), eb('revoked_at', 'is', null)]);

/** Whatever was handed out to a member works no more. */
export async function revokeCodes(trx: Db, memberId: string, now: number): Promise<void> {
  await trx
    .updateTable('certify_code')
    .set({ revoked_at: now })
    .where('member_id', '=', memberId)
    .where(isLive)
    .execute();
}

/** The code that works for a member now, if they have one. */
export const liveCodeOf = (db: Db, memberId: string): Promise<{ readonly id: string } | undefined> =>
  db
    .selectFrom('certify_code')
    .select('id')
    .where('member_id', '=', memberId)
    .where(isLive)
    .executeTakeFirst();

/**
 * Takes back that a code was handed out: it works no more, and the one that it took the place of, if any, works again
 * until its own end. Throws `UserError` when it was used or replaced since. Says whether an older one works again.
 */
export async function takeBackCode(
  db: Db,
  { memberId, codeId }: { readonly memberId: string; readonly codeId: string },
  actor: Actor,
  now: number,
): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    const ended = await trx
      .updateTable('certify_code')
      .set({ revoked_at: now })
      .where('id', '=', codeId)
      .where('member_id', '=', memberId)
      .where(isLive)
      .returning('issued_at')
      .executeTakeFirst();
    if (!ended)
      throw new UserError('that code was used or replaced since', {
        said: '这个码已经用过，或者后来又换了，收不回来',
      });
    const before = await trx
      .selectFrom('certify_code')
      .selectAll()
      .where('member_id', '=', memberId)
      .where('revoked_at', '=', ended.issued_at)
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .orderBy('id', 'desc')
      .executeTakeFirst();
    if (before)
      await trx
        .insertInto('certify_code')
        .values({ ...before, id: newId(), issued_by: actor.who, issued_at: now, revoked_at: null })
        .execute();
    await appendAudit(trx, {
      at: now,
      who: actor.who,
      via: actor.via ?? '',
      what: 'code.withdraw',
      subject: memberId,
    });
    return before !== undefined;
  });
}

/** Spends the code of one of these members; gives whose it was. */
export async function spendCode(
  trx: Db,
  memberIds: readonly string[],
  code: string,
  now: number,
): Promise<string | undefined> {
  if (memberIds.length === 0) return undefined;
  const live = await trx
    .selectFrom('certify_code')
    .selectAll()
    .where('member_id', 'in', [...memberIds])
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();
  for (const row of live) {
    const hash = await hashOf(code, row.salt);
    if (!timingSafeEqual(hash, Buffer.from(row.hash, 'base64url'))) continue;
    const spent = await trx
      .updateTable('certify_code')
      .set({ used_at: now })
      .where('id', '=', row.id)
      .where('used_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    return spent && row.member_id;
  }
  return undefined;
}
