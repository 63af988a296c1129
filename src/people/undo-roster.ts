/**
 * What was just done to one person on the roster, taken back: a change of its own, from the same local day on, so that
 * nobody stands for a day where they never were. Only the last change can be: whoever changed something since meant it.
 */
import { appendAudit } from '../db/audit.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { Selectable } from '../db/sql.ts';
import type { AuditTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { revokeCodes } from './codes.ts';
import { changeMember, MISTAKE, type Member, type RosterStatus } from './members.ts';
import { endMember } from './places.ts';
import type { By } from './units.ts';

const CHANGES = [
  'member.add',
  'member.change',
  'member.return',
  'member.leave',
  'member.unadd',
  'member.erase',
] as const;

/** The row of the audit that says what was last done to a member on the roster. */
export const lastRosterChange = (db: Db, memberId: string): Promise<Selectable<AuditTable> | undefined> =>
  db
    .selectFrom('audit')
    .selectAll()
    .where('subject', '=', memberId)
    .where('what', 'in', [...CHANGES])
    .orderBy('id', 'desc')
    .executeTakeFirst();

/** What the audit doesn't hold, because it leaves with the person. */
export interface Personal {
  readonly name: string;
  readonly number: string | null;
}

interface Standing {
  readonly unit: string | null;
  readonly status: RosterStatus;
  readonly mobile: boolean;
}

export type Undone =
  | { readonly kind: 'removed' }
  | { readonly kind: 'changed' }
  /** `roles`: how many they held and hold no more. */
  | { readonly kind: 'returned'; readonly roles: number };

/**
 * Takes back the change that the audit's row `was` tells of. Throws `UserError` when it isn't the last one any more or somebody else's, or
 * when somebody who was added has come to be known by an account.
 */
export async function undoRosterChange(
  db: Db,
  member: Member,
  was: string,
  personal: Personal,
  by: By,
  now: number,
): Promise<Undone> {
  return await inTransaction(db, async (trx) => {
    const last = await lastRosterChange(trx, member.id);
    if (last?.id !== was || last.who !== by.who)
      throw new UserError('it was changed again since', { said: '后来又改过，没有改回去。请看一看再改' });
    const after = JSON.parse(last.after ?? '{}') as { day?: string };
    switch (last.what) {
      case 'member.add':
        await removeAdded(trx, member, by, now);
        return { kind: 'removed' };
      case 'member.change': {
        const before = JSON.parse(last.before ?? '{}') as Standing;
        const { unit: unitId, status, mobile } = before;
        await changeMember(trx, member, { ...personal, unitId, status, mobile }, after.day ?? '', by, now);
        return { kind: 'changed' };
      }
      case 'member.leave': {
        await changeMember(trx, member, {}, after.day ?? '', by, now);
        const ended = await trx
          .selectFrom('role_grant')
          .select('id')
          .where('member_id', '=', member.id)
          .where('to_at', '=', last.at)
          .execute();
        return { kind: 'returned', roles: ended.length };
      }
      default:
        throw new UserError('that can not be taken back', { said: '这一步收不回来' });
    }
  });
}

/**
 * Whoever was added by mistake was on the roster on no day, and their number is free again. Throws `UserError` when an
 * account is known as them: what that one did is theirs.
 */
async function removeAdded(trx: Db, member: Member, by: By, now: number): Promise<void> {
  const bound = await trx
    .selectFrom('identity')
    .select('id')
    .where('member_id', '=', member.id)
    .executeTakeFirst();
  if (bound)
    throw new UserError('an account is known as them already', {
      said: '已经有账号认作此人了，收不回来。真不在了请按「离开名册」',
    });
  const place = await trx
    .selectFrom('member_place')
    .select('from_day')
    .where('member_id', '=', member.id)
    .where('to_day', 'is', null)
    .executeTakeFirst();
  if (place) await endMember(trx, member.id, place.from_day);
  await revokeCodes(trx, member.id, now);
  await trx
    .updateTable('member')
    .set({ left_at: now, left_reason: MISTAKE, number: null })
    .where('id', '=', member.id)
    .execute();
  await appendAudit(trx, { at: now, ...by, what: 'member.unadd', subject: member.id });
}
