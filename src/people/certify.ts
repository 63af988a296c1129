/**
 * Certification (网络认证): which chat contact is which member. An exact match with a code from the secretary
 * is certified at once, everything else waits for the branch's secretary. What the contact did until then
 * follows them; whoever was taken for that member by name alone yields.
 */
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { CertificationTable } from '../db/tables.ts';
import { DAY } from '../clock.ts';
import { UserError } from '../errors.ts';
import type { Claim } from './claim.ts';
import { readCode, spendCode } from './codes.ts';
import { addGuest, bindIdentity, closeIdentity, type How } from './identities.ts';
import type { Member } from './members.ts';
import { type Actor, getScopedMember, isInScope, notFound, unitInScope } from './scope.ts';

export interface Contact {
  readonly account: string;
  readonly contactId: string;
}

/** Brings what contacts did under one member to another, with all that is counted from it. */
export type MoveFacts = (
  trx: Db,
  move: {
    readonly contacts: readonly Contact[];
    readonly from: string;
    readonly to: string;
    /** `certification:ID`. */
    readonly cause: string;
    readonly now: number;
  },
) => Promise<void>;

export interface Asking extends Contact {
  /** Whom the contact was taken for until now. */
  readonly member: Member;
  readonly claim: Claim;
  /** The unit of the group in which they sit, for when the roster doesn't tell. */
  readonly unitId?: string | null;
  /** How often a contact may be wrong within a day. */
  readonly tries: number;
}

export type Asked =
  | { readonly kind: 'certified'; readonly member: Member }
  | { readonly kind: 'already'; readonly member: Member }
  /** Certified as somebody else. */
  | { readonly kind: 'other'; readonly member: Member }
  | { readonly kind: 'waiting'; readonly no: number }
  | { readonly kind: 'too-many'; readonly unitId: string | null };

/** So many wrong tries at one member, from whatever contacts, stop all of them for the day. */
const TRIES_AT_MEMBER = 20;

export async function askCertification(
  db: Db,
  asking: Asking,
  moveFacts: MoveFacts,
  now: number,
): Promise<Asked> {
  return await inTransaction(db, async (trx) => {
    const { account, contactId, member, claim } = asking;
    // Who was bound without ever certifying, as all of the sandbox are, may do it still.
    const isOpen = member.certified_at === null && member.name === claim.name;
    if (!isOpen && (await isConfirmed(trx, asking)))
      return { kind: member.name === claim.name ? 'already' : 'other', member };
    const candidates = await trx
      .selectFrom('member')
      .selectAll()
      .where('name', '=', claim.name)
      .where('status', '!=', 'guest')
      .where('left_at', 'is', null)
      .limit(20)
      .execute();
    const unitId = candidates[0]?.unit_id ?? asking.unitId ?? null;
    if (await isTooOften(trx, asking, candidates, now)) return { kind: 'too-many', unitId };
    const code = claim.code === undefined ? undefined : readCode(claim.code);
    const owner =
      code === undefined
        ? undefined
        : await spendCode(
            trx,
            candidates.map(({ id }) => id),
            code,
            now,
          );
    const byCode = candidates.find(({ id }) => id === owner);
    const byNumber = candidates.find(({ number }) => number !== null && readCode(number) === code);
    const [only, another] = candidates;
    const meant = byCode ?? byNumber ?? (another ? undefined : only);
    const row = await writeRequest(trx, asking, {
      meant,
      unitId: meant?.unit_id ?? unitId,
      evidence: byCode ? 'code' : byNumber ? 'number' : only ? 'name' : 'none',
      now,
    });
    if (!byCode) return { kind: 'waiting', no: row.no };
    const self: Actor = {
      memberId: member.id,
      rank: 'member',
      roles: [],
      units: [],
      who: byCode.id,
      via: 'chat',
    };
    await certify(
      trx,
      { account, contactId, from: member, to: byCode, how: 'code', row },
      self,
      moveFacts,
      now,
    );
    return { kind: 'certified', member: byCode };
  });
}

async function isConfirmed(trx: Db, { account, contactId }: Contact): Promise<boolean> {
  const bound = await trx
    .selectFrom('identity')
    .select('confirmed')
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return bound?.confirmed === 1;
}

async function isTooOften(
  trx: Db,
  { account, contactId, tries }: Asking,
  candidates: readonly Member[],
  now: number,
): Promise<boolean> {
  const wrong = trx
    .selectFrom('certification')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('created_at', '>', now - DAY)
    .where('state', '!=', 'certified');
  const { count: own } = await wrong
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .executeTakeFirstOrThrow();
  if (Number(own) >= tries) return true;
  if (candidates.length === 0) return false;
  const { count: all } = await wrong
    .where(
      'member_id',
      'in',
      candidates.map(({ id }) => id),
    )
    .executeTakeFirstOrThrow();
  return Number(all) >= TRIES_AT_MEMBER;
}

interface Finding {
  readonly meant: Member | undefined;
  readonly unitId: string | null;
  readonly evidence: CertificationTable['evidence'];
  readonly now: number;
}

async function writeRequest(
  trx: Db,
  { account, contactId, member, claim }: Asking,
  { meant, unitId, evidence, now }: Finding,
): Promise<CertificationTable> {
  const replaced = await trx
    .updateTable('certification')
    .set({ state: 'replaced', decided_at: now })
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('state', '=', 'waiting')
    .returning('noticed_at')
    .executeTakeFirst();
  const row: CertificationTable = {
    id: newId(),
    no: await takeNumbers(trx, 'certification'),
    account,
    contact_id: contactId,
    asked_by: member.id,
    claimed_name: claim.name,
    member_id: meant?.id ?? null,
    unit_id: unitId,
    evidence,
    state: 'waiting',
    reason: null,
    created_at: now,
    // Whoever tries again and again is one entry, and the secretary has been told of it.
    noticed_at: replaced?.noticed_at ?? null,
    decided_at: null,
    decided_by: null,
  };
  await trx.insertInto('certification').values(row).execute();
  return row;
}

interface Certifying extends Contact {
  readonly from: Member;
  readonly to: Member;
  readonly how: Extract<How, 'code' | 'secretary' | 'operator'>;
  readonly row: CertificationTable;
}

/** Binds the contact to the member, brings along what they did, and lets whoever had the name yield. */
async function certify(
  trx: Db,
  { account, contactId, from, to, how, row }: Certifying,
  actor: Actor,
  moveFacts: MoveFacts,
  now: number,
): Promise<void> {
  const cause = `certification:${row.id}`;
  const contacts = await contactsBehind(trx, { account, contactId });
  await closeIdentity(trx, account, contactId, 'certified', now);
  await yieldOthers(trx, { account, memberId: to.id, cause }, moveFacts, now);
  if (from.id !== to.id) {
    await moveFacts(trx, { contacts, from: from.id, to: to.id, cause, now });
    if (from.status === 'guest') await mergeGuest(trx, from.id, to.id, now);
  }
  await bindIdentity(trx, { account, contactId, memberId: to.id, how }, now);
  await trx.updateTable('member').set({ certified_at: now }).where('id', '=', to.id).execute();
  await trx
    .updateTable('certification')
    .set({ state: 'certified', member_id: to.id, decided_at: now, decided_by: actor.who })
    .where('id', '=', row.id)
    .execute();
  await appendAudit(trx, {
    at: now,
    who: actor.who,
    via: actor.via ?? '',
    what: 'certification.certify',
    subject: to.id,
    before: { member: from.id },
    after: { no: row.no, how, account },
  });
}

/** The contact and those that it was before logins changed its id. */
async function contactsBehind(trx: Db, { account, contactId }: Contact): Promise<Contact[]> {
  const contacts: Contact[] = [{ account, contactId }];
  let at = await trx
    .selectFrom('identity')
    .select(['account', 'contact_id', 'continues'])
    .where('account', '=', account)
    .where('contact_id', '=', contactId)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  while (at?.continues) {
    at = await trx
      .selectFrom('identity')
      .select(['account', 'contact_id', 'continues'])
      .where('id', '=', at.continues)
      .executeTakeFirst();
    if (at) contacts.push({ account: at.account, contactId: at.contact_id });
  }
  return contacts;
}

/** Contacts of this account that were taken for the member without anybody's word become guests again. */
async function yieldOthers(
  trx: Db,
  { account, memberId, cause }: { account: string; memberId: string; cause: string },
  moveFacts: MoveFacts,
  now: number,
): Promise<void> {
  const others = await trx
    .selectFrom('identity')
    .select('contact_id')
    .where('account', '=', account)
    .where('member_id', '=', memberId)
    .where('confirmed', '=', 0)
    .where('closed_at', 'is', null)
    .execute();
  for (const { contact_id: contactId } of others)
    await becomeGuest(trx, { account, contactId, memberId, cause, why: 'yielded' }, moveFacts, now);
}

async function becomeGuest(
  trx: Db,
  {
    account,
    contactId,
    memberId,
    cause,
    why,
  }: Contact & { memberId: string; cause: string; why: 'yielded' | 'revoked' },
  moveFacts: MoveFacts,
  now: number,
): Promise<void> {
  const contacts = await contactsBehind(trx, { account, contactId });
  const seat = await trx
    .selectFrom('group_member')
    .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
    .select('group_member.name')
    .where('chat_group.account', '=', account)
    .where('group_member.contact_id', '=', contactId)
    .executeTakeFirst();
  const guest = await addGuest(trx, seat?.name ?? '', now);
  await closeIdentity(trx, account, contactId, why, now);
  await bindIdentity(trx, { account, contactId, memberId: guest.id, how: 'guest' }, now);
  await moveFacts(trx, { contacts, from: memberId, to: guest.id, cause, now });
}

/** A guest who turned out to be on the roster is nobody of their own any more. */
export async function mergeGuest(trx: Db, guestId: string, memberId: string, now: number): Promise<void> {
  await trx
    .updateTable('member')
    .set({ merged_into: memberId, left_at: now, left_reason: 'merged' })
    .where('id', '=', guestId)
    .where('status', '=', 'guest')
    .execute();
}

export interface ListedCertification {
  readonly no: number;
  readonly claimed_name: string;
  readonly evidence: CertificationTable['evidence'];
  /** Whom they would become; null when nobody or several are called so. */
  readonly member_id: string | null;
  readonly number: string | null;
  readonly unit: string | null;
  readonly nickname: string;
  /** Whether another contact has been certified as that member. */
  readonly taken: boolean;
  readonly created_at: number;
}

/** What waits in an actor's scope, the oldest first. */
export async function listCertifications(db: Db, actor: Actor): Promise<ListedCertification[]> {
  const rows = await db
    .selectFrom('certification')
    .innerJoin('member as asking', 'asking.id', 'certification.asked_by')
    .leftJoin('member as meant', 'meant.id', 'certification.member_id')
    .leftJoin('unit', 'unit.id', 'certification.unit_id')
    .select([
      'certification.no',
      'certification.claimed_name',
      'certification.evidence',
      'certification.member_id',
      'meant.number',
      'meant.certified_at',
      'unit.name as unit',
      'asking.name as nickname',
      'certification.created_at',
    ])
    .where('certification.state', '=', 'waiting')
    .where(unitInScope(actor, 'certification.unit_id'))
    .orderBy('certification.no')
    .execute();
  return rows.map(({ certified_at: certified, ...row }) => ({ ...row, taken: certified !== null }));
}

async function getWaiting(trx: Db, no: number, actor: Actor): Promise<CertificationTable> {
  const row = await trx
    .selectFrom('certification')
    .selectAll()
    .where('no', '=', no)
    .where('state', '=', 'waiting')
    .where(unitInScope(actor, 'certification.unit_id'))
    .executeTakeFirst();
  if (!row) throw notFound('certification', no);
  return row;
}

export interface Decided extends Contact {
  readonly no: number;
  readonly name: string;
}

/**
 * Certifies whoever waits under a number; `as` names the member (id or county's number) where the roster has
 * several of that name, or none. Throws `NotFoundError` outside the actor's scope, `UserError` when it doesn't
 * say whom they are.
 */
export async function approveCertification(
  db: Db,
  no: number,
  as: string | undefined,
  actor: Actor,
  moveFacts: MoveFacts,
  now: number,
): Promise<Decided> {
  return await inTransaction(db, async (trx) => {
    const row = await getWaiting(trx, no, actor);
    const named = as ?? row.member_id;
    if (named === null)
      throw new UserError(
        row.evidence === 'none'
          ? `名册里没有「${row.claimed_name}」：先加进名册，再 同意 ${no} 编号`
          : `名册里叫「${row.claimed_name}」的不止一个：请说明是哪一个，同意 ${no} 编号`,
      );
    const to = await getScopedMember(trx, actor, named);
    if (to.status === 'guest' || to.left_at !== null || !isInScope(actor, to.unit_id))
      throw notFound('member', named);
    const { account, contact_id: contactId } = row;
    const from = await trx
      .selectFrom('identity')
      .innerJoin('member', 'member.id', 'identity.member_id')
      .selectAll('member')
      .where('account', '=', account)
      .where('contact_id', '=', contactId)
      .where('closed_at', 'is', null)
      .executeTakeFirst();
    if (!from) throw new UserError('这个账号后来换了号，请他再认证一次');
    const how = actor.memberId === null ? 'operator' : 'secretary';
    await certify(trx, { account, contactId, from, to, how, row }, actor, moveFacts, now);
    return { no, name: to.name, account, contactId };
  });
}

/** Turns a request down. Throws `NotFoundError` outside the actor's scope. */
export async function rejectCertification(
  db: Db,
  no: number,
  reason: string,
  actor: Actor,
  now: number,
): Promise<Decided> {
  return await inTransaction(db, async (trx) => {
    const row = await getWaiting(trx, no, actor);
    await trx
      .updateTable('certification')
      .set({ state: 'rejected', reason, decided_at: now, decided_by: actor.who })
      .where('id', '=', row.id)
      .execute();
    await appendAudit(trx, {
      at: now,
      who: actor.who,
      via: actor.via ?? '',
      what: 'certification.reject',
      subject: row.member_id ?? row.asked_by,
      after: { no },
    });
    return { no, name: row.claimed_name, account: row.account, contactId: row.contact_id };
  });
}

/**
 * Takes a certification back: the contacts that were bound to the member by it become guests again, with all
 * that they did. Gives how many there were.
 */
export async function revokeCertification(
  db: Db,
  named: string,
  actor: Actor,
  moveFacts: MoveFacts,
  now: number,
): Promise<number> {
  return await inTransaction(db, async (trx) => {
    const member = await getScopedMember(trx, actor, named);
    const bound = await trx
      .selectFrom('identity')
      .select(['account', 'contact_id'])
      .where('member_id', '=', member.id)
      .where('closed_at', 'is', null)
      .execute();
    const cause = `revoke:${newId()}`;
    for (const { account, contact_id: contactId } of bound)
      await becomeGuest(
        trx,
        { account, contactId, memberId: member.id, cause, why: 'revoked' },
        moveFacts,
        now,
      );
    await trx
      .updateTable('member')
      .set({ certified_at: null, shows_party: 0 })
      .where('id', '=', member.id)
      .execute();
    await appendAudit(trx, {
      at: now,
      who: actor.who,
      via: actor.via ?? '',
      what: 'certification.revoke',
      subject: member.id,
      after: { contacts: bound.length },
    });
    return bound.length;
  });
}
