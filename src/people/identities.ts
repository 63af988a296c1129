/** Who a chat contact is: bindings of a channel's contact ids to members, closed and never changed. */
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { Member } from './members.ts';
import { nameInNickname } from './nickname.ts';

export type How = 'seed' | 'name' | 'guest' | 'code' | 'secretary' | 'operator' | 'healed';

/** By these a person vouched for it; the others may be anybody's claim. */
const CONFIRMED: readonly string[] = ['seed', 'code', 'secretary', 'operator'] satisfies How[];

export interface Binding {
  readonly account: string;
  readonly contactId: string;
  readonly memberId: string;
  readonly how: How;
  /** Told by `how` when left out. */
  readonly confirmed?: boolean;
}

/** Binds a contact to a member. The contact must not be bound yet. */
export async function bindIdentity(db: Db, binding: Binding, now: number): Promise<void> {
  const { account, contactId, memberId, how, confirmed = CONFIRMED.includes(how) } = binding;
  await db
    .insertInto('identity')
    .values({
      id: newId(),
      account,
      contact_id: contactId,
      member_id: memberId,
      how,
      created_at: now,
      closed_at: null,
      confirmed: confirmed ? 1 : 0,
    })
    .execute();
}

export type ClosedWhy = 'certified' | 'yielded' | 'login' | 'revoked' | 'erased' | 'matched';

/** Ends the binding of a contact; gives whom it was bound to. */
export async function closeIdentity(
  db: Db,
  account: string,
  contactId: string,
  why: ClosedWhy,
  now: number,
): Promise<{ memberId: string; how: string; confirmed: boolean } | undefined> {
  const closed = await db
    .updateTable('identity')
    .set({ closed_at: now, closed_why: why })
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('closed_at', 'is', null)
    .returning(['member_id', 'how', 'confirmed'])
    .executeTakeFirst();
  return closed && { memberId: closed.member_id, how: closed.how, confirmed: closed.confirmed === 1 };
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

/** Whose contact it is, where somebody vouched for that. */
export async function findVouched(db: Db, account: string, contactId: string): Promise<string | undefined> {
  const bound = await db
    .selectFrom('identity')
    .select('member_id')
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('confirmed', '=', 1)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return bound?.member_id;
}

/** Where a member is told something in private: the last contact that somebody vouched for; else nowhere. */
export const findAddress = (
  db: Db,
  memberId: string,
): Promise<{ readonly account: string; readonly contactId: string } | undefined> =>
  db
    .selectFrom('identity')
    .select(['account', 'contact_id as contactId'])
    .where('member_id', '=', memberId)
    .where('confirmed', '=', 1)
    .where('closed_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();

/**
 * Who a contact is. A contact seen for the first time is, by name and unconfirmed, the one member of the
 * roster whom the nickname names, when nobody certified and nobody else on this account is that member; else a
 * guest under the nickname. Such a binding gives no rights and yields to whoever certifies as that member.
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

/** A guest under a nickname, cut to what a name may be. */
export async function addGuest(trx: Db, nickname: string, now: number): Promise<Member> {
  const name = [...nickname.normalize('NFC').trim()].slice(0, 40).join('') || '访客';
  return await trx
    .insertInto('member')
    .values({ id: newId(), name, unit_id: null, status: 'guest', created_at: now, left_at: null })
    .returningAll()
    .executeTakeFirstOrThrow();
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
  // Whoever is certified has shown which contact is theirs: another one with the name is somebody else.
  if (!only || another || only.certified_at !== null) return undefined;
  const taken = await db
    .selectFrom('identity')
    .select('id')
    .where('member_id', '=', only.id)
    .where('account', '=', account)
    .where((eb) => eb.or([eb('closed_at', 'is', null), eb('closed_why', '=', 'login')]))
    .executeTakeFirst();
  return taken ? undefined : only;
}
