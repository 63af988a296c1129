/** The roster: who is on it, in which unit, with which status. */
import type { ExpressionBuilder, Selectable } from '../db/sql.ts';

import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { MemberPlaceTable, MemberStatus, MemberTable, Tables } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { readNumber } from './number.ts';
import { endMember, EVER, placeMember } from './places.ts';
import { endRoles } from './roles.ts';
import type { By } from './units.ts';
import { ensureUnit } from './units.ts';

export { bindIdentity, findMemberOf, memberOf } from './identities.ts';

export type Member = Selectable<MemberTable>;
export type RosterStatus = MemberPlaceTable['status'];

/** In the interface, in the order of the glossary. */
export const STATUS_NAMES: Readonly<Record<MemberStatus, string>> = {
  full: '正式党员',
  probationary: '预备党员',
  prospective: '发展对象',
  applicant: '入党积极分子',
  masses: '群众',
  guest: '访客',
};

export interface NewMember {
  readonly name: string;
  /** The organisation unit's name or path; a plain name is made when it isn't there yet. */
  readonly unit?: string;
  readonly status?: RosterStatus;
  /** The county's own number. */
  readonly number?: string;
  readonly mobile?: boolean;
  /** From which local day they are on the roster; from the beginning of time when left out. */
  readonly day?: string;
}

export interface ListedMember {
  readonly id: string;
  readonly name: string;
  readonly unit: string | null;
  readonly status: string;
  readonly number: string | null;
  readonly mobile: boolean;
  readonly certified: boolean;
}

/** As it is kept. Throws `UserError` for an empty or overlong name. */
export function readName(name: string): string {
  const trimmed = name.normalize('NFC').trim();
  if (!trimmed || [...trimmed].length > 40 || /\p{Cc}/u.test(trimmed))
    throw new UserError('a member needs a name of 1 to 40 characters', { said: '姓名要有 1 到 40 个字' });
  return trimmed;
}

/** Adds a person to the roster. Throws `UserError` for a bad name or number, and for a number that is taken. */
export async function addMember(db: Db, added: NewMember, by: By, now: number): Promise<ListedMember> {
  const { unit, status = 'full', mobile = false, day = EVER } = added;
  const name = readName(added.name);
  const number = added.number === undefined ? null : readNumber(added.number);
  return await inTransaction(db, async (trx) => {
    const unitId = unit ? await ensureUnit(trx, unit, now) : null;
    if (number !== null) await refuseTaken(trx, number);
    const id = newId();
    await trx
      .insertInto('member')
      .values({
        id,
        name,
        unit_id: unitId,
        status,
        created_at: now,
        left_at: null,
        number,
        mobile: mobile ? 1 : 0,
      })
      .execute();
    await placeMember(trx, id, { unitId, status }, day);
    await appendAudit(trx, {
      at: now,
      ...by,
      what: 'member.add',
      subject: id,
      after: { unit: unitId, status, mobile },
    });
    return { id, name, unit: unit ?? null, status, number, mobile, certified: false };
  });
}

async function refuseTaken(trx: Db, number: string, memberId = ''): Promise<void> {
  const taken = await trx
    .selectFrom('member')
    .select('id')
    .where('number', '=', number)
    .where('id', '!=', memberId)
    .executeTakeFirst();
  if (taken)
    throw new UserError(`the number ${number} is somebody else's already`, {
      said: `编号 ${number} 已经是别人的了，请核对后再填`,
    });
}

/** The roster and the guests, as `weike member list` shows them; with `left` only those who have left. */
export async function listMembers(db: Db, { left = false } = {}): Promise<ListedMember[]> {
  const rows = await db
    .selectFrom('member')
    .leftJoin('unit', 'unit.id', 'member.unit_id')
    .select([
      'member.id',
      'member.name',
      'unit.name as unit',
      'member.status',
      'member.number',
      'member.mobile',
      'member.certified_at',
    ])
    .where('member.left_at', left ? 'is not' : 'is', null)
    .where(isMeant)
    .where('member.merged_into', 'is', null)
    .where('member.erased_at', 'is', null)
    .orderBy('unit.name')
    .orderBy('member.name')
    .orderBy('member.id')
    .execute();
  return rows.map(({ certified_at: certified, mobile, ...row }) => ({
    ...row,
    mobile: mobile === 1,
    certified: certified !== null,
  }));
}

/** By id, number or, when only one is called so, name. Throws `UserError` with the choices. */
export async function getMemberByName(db: Db, named: string): Promise<Member> {
  const found = await db
    .selectFrom('member')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', named), eb('number', '=', named), eb('name', '=', named)]))
    .where('status', '!=', 'guest')
    .where('erased_at', 'is', null)
    .where(isMeant)
    .execute();
  const exact = found.find(({ id, number }) => id === named || number === named);
  const [only, another] = found;
  if (exact ?? (only && !another)) return exact ?? (only as Member);
  if (!only) throw new UserError(`nobody on the roster is "${named}": see "weike member list"`);
  const choices = found.map(({ id, number }) => number ?? id).join(', ');
  throw new UserError(`several are called "${named}": name one of ${choices}`);
}

export interface MemberChange {
  readonly name?: string;
  readonly number?: string | null;
  readonly unitId?: string | null;
  readonly status?: RosterStatus;
  readonly mobile?: boolean;
}

/**
 * Changes what the roster says of a member, from a local day on. The audit says what changed, but names and
 * numbers only as changed: they leave with the person. Gives whether anything changed.
 */
export async function changeMember(
  db: Db,
  member: Member,
  change: MemberChange,
  day: string,
  by: By,
  now: number,
): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    if (member.status === 'guest')
      throw new UserError('a guest is not on the roster', { said: '这个人不在名册上，先认人再改' });
    const before = { unitId: member.unit_id, status: member.status, mobile: member.mobile === 1 };
    const after = {
      unitId: change.unitId === undefined ? before.unitId : change.unitId,
      status: change.status ?? before.status,
      mobile: change.mobile ?? before.mobile,
    };
    const renamed = change.name === undefined ? member.name : readName(change.name);
    const number = change.number === undefined ? member.number : change.number && readNumber(change.number);
    const isBack = member.left_at !== null;
    const personal = [
      ...(renamed === member.name ? [] : ['name']),
      ...(number === member.number ? [] : ['number']),
    ];
    const isMoved = isBack || after.unitId !== before.unitId || after.status !== before.status;
    if (!isMoved && after.mobile === before.mobile && personal.length === 0) return false;
    if (number !== null && number !== member.number) await refuseTaken(trx, number, member.id);
    if (isMoved) await placeMember(trx, member.id, after, day);
    await trx
      .updateTable('member')
      .set({ name: renamed, number, mobile: after.mobile ? 1 : 0, left_at: null, left_reason: null })
      .where('id', '=', member.id)
      .execute();
    await appendAudit(trx, {
      at: now,
      ...by,
      what: isBack ? 'member.return' : 'member.change',
      subject: member.id,
      before: { unit: before.unitId, status: before.status, mobile: before.mobile },
      after: { unit: after.unitId, status: after.status, mobile: after.mobile, day, changed: personal },
    });
    return true;
  });
}

export type LeftReason = 'transferred' | 'left';

/** Why somebody left who was added by mistake: nobody of the roster, nor of those who were on it. */
export const MISTAKE = 'mistake';
/** The condition on `member` for everybody else. */
export const isMeant = (eb: ExpressionBuilder<Tables, 'member'>) =>
  eb.or([eb('member.left_reason', 'is', null), eb('member.left_reason', '!=', MISTAKE)]);

/** Takes somebody off the roster from a local day on; what they did stays theirs, their roles end. */
export async function leaveRoster(
  db: Db,
  memberId: string,
  reason: LeftReason,
  day: string,
  by: By,
  now: number,
): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    const left = await trx
      .updateTable('member')
      .set({ left_at: now, left_reason: reason })
      .where('id', '=', memberId)
      .where('status', '!=', 'guest')
      .where('left_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (!left) return false;
    await endMember(trx, memberId, day);
    await endRoles(trx, memberId, by.who, now);
    await appendAudit(trx, {
      at: now,
      ...by,
      what: 'member.leave',
      subject: memberId,
      after: { reason, day },
    });
    return true;
  });
}
