/** The roster, and who a chat contact is. */
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { MemberStatus, MemberTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { nameInNickname } from './nickname.ts';
import { ensureUnit } from './units.ts';

export type Member = MemberTable;

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
  /** The organisation unit's name; made when it isn't there yet. */
  readonly unit?: string;
  readonly status?: Exclude<MemberStatus, 'guest'>;
}

export interface ListedMember {
  readonly id: string;
  readonly name: string;
  readonly unit: string | null;
  readonly status: string;
}

/** Adds a person to the roster. Throws `UserError` for an empty or overlong name. */
export async function addMember(
  db: Db,
  { name, unit, status = 'full' }: NewMember,
  who: string,
  now: number,
): Promise<ListedMember> {
  const trimmed = name.normalize('NFC').trim();
  if (!trimmed || [...trimmed].length > 40)
    throw new UserError('a member needs a name of 1 to 40 characters');
  return await inTransaction(db, async (trx) => {
    const unitId = unit ? await ensureUnit(trx, unit, now) : null;
    const member: Member = {
      id: newId(),
      name: trimmed,
      unit_id: unitId,
      status,
      created_at: now,
      left_at: null,
    };
    await trx.insertInto('member').values(member).execute();
    await appendAudit(trx, {
      at: now,
      who,
      what: 'member.add',
      subject: member.id,
      after: { unit: unitId, status },
    });
    return { id: member.id, name: trimmed, unit: unit ?? null, status };
  });
}

/** The roster and the guests, as `weike member list` shows them. */
export const listMembers = (db: Db): Promise<ListedMember[]> =>
  db
    .selectFrom('member')
    .leftJoin('unit', 'unit.id', 'member.unit_id')
    .select(['member.id', 'member.name', 'unit.name as unit', 'member.status'])
    .where('member.left_at', 'is', null)
    .orderBy('unit.name')
    .orderBy('member.name')
    .orderBy('member.id')
    .execute();

/** Binds a contact to a member. The contact must not be bound yet. */
export async function bindIdentity(
  db: Db,
  binding: { account: string; contactId: string; memberId: string; how: string },
  now: number,
): Promise<void> {
  await db
    .insertInto('identity')
    .values({
      id: newId(),
      account: binding.account,
      contact_id: binding.contactId,
      member_id: binding.memberId,
      how: binding.how,
      created_at: now,
      closed_at: null,
    })
    .execute();
}

export const findMemberOf = (db: Db, account: string, contactId: string): Promise<Member | undefined> =>
  db
    .selectFrom('identity')
    .innerJoin('member', 'member.id', 'identity.member_id')
    .selectAll('member')
    .where('identity.account', '=', account)
    .where('identity.contact_id', '=', contactId)
    .where('identity.closed_at', 'is', null)
    .executeTakeFirst();

/**
 * Who a contact is. A contact seen for the first time is the one member of the roster whom the nickname
 * names, when nobody else on this account is bound to that member; else a guest under the nickname.
 * What a guest did stays theirs when they are recognised later.
 */
export async function memberOf(
  db: Db,
  contact: { account: string; contactId: string; nickname: string },
  now: number,
): Promise<Member> {
  return await inTransaction(db, async (trx) => {
    const bound = await findMemberOf(trx, contact.account, contact.contactId);
    if (bound) return bound;
    const named = await findByNickname(trx, contact.account, contact.nickname);
    const member = named ?? (await addGuest(trx, contact.nickname, now));
    const how = named ? 'name' : 'guest';
    await bindIdentity(
      trx,
      { account: contact.account, contactId: contact.contactId, memberId: member.id, how },
      now,
    );
    return member;
  });
}

async function addGuest(trx: Db, nickname: string, now: number): Promise<Member> {
  const name = nickname.trim().slice(0, 40) || '访客';
  const guest: Member = { id: newId(), name, unit_id: null, status: 'guest', created_at: now, left_at: null };
  await trx.insertInto('member').values(guest).execute();
  return guest;
}

async function findByNickname(db: Db, account: string, nickname: string): Promise<Member | undefined> {
  const name = nameInNickname(nickname);
  if (!name) return undefined;
  const [only, another] = await db
    .selectFrom('member')
    .selectAll()
    .where('name', '=', name)
    .where('status', '!=', 'guest')
    .where('left_at', 'is', null)
    .limit(2)
    .execute();
  if (!only || another) return undefined;
  const taken = await db
    .selectFrom('identity')
    .select('id')
    .where('member_id', '=', only.id)
    .where('account', '=', account)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return taken ? undefined : only;
}
