/**
 * Bindings after a login: whose id is believed keeps theirs, whose isn't loses it until it is known who has it now.
 * It is worked out anew from all that the login has shown whenever another group shows up, so that what a later
 * group tells also ends what an earlier one let pass.
 */
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import { auditSeats, type Group, insertSeats, type SeenRoom, type SeenSeat } from './groups.ts';
import { findSuccessors, judge, type Verdict } from './judge.ts';
import { type Login, readEvidence } from './login-seats.ts';
import { type Match, nameKey, type PairedRoom, sameRemark, type Seat } from './match.ts';
import { addItem, replacePersonItems } from './match-items.ts';

/** A group whose room is known since just now, with the seats that it had until then. */
export interface Recognised {
  readonly group: Group;
  readonly seen: SeenRoom;
  readonly before: readonly Seat[];
}

/** Brings bindings, and the seats of the groups that were recognised just now, over to the contacts of now. */
export async function settlePeople(
  trx: Db,
  login: Login,
  recognised: readonly Recognised[],
  now: number,
): Promise<void> {
  const { rooms, formerly } = await readEvidence(trx, login.account);
  const ambiguous = await readAmbiguous(trx);
  const privately = await readPrivate(trx, login, rooms);
  const verdict = judge({ rooms, roomsChanged: login.changed === 1, ambiguous, privately, formerly });
  const suspended = await suspend(trx, login, verdict, now);
  const { matched, carried } = await carryOver(trx, login, { rooms, ambiguous, verdict }, now);
  await redirectOwed(trx, login, { carried, suspended, moved: verdict.moved }, now);
  for (const { group, before, seen } of recognised) {
    // A group of which the ids of before were forgotten: nobody there can be told by one.
    const isOld =
      before.length > 0 && !rooms.some((room) => room.groupId === group.id && room.before.length > 0);
    const people = isOld
      ? { matched: new Map<string, string>(), kept: new Set<string>() }
      : { matched, kept: verdict.kept };
    await rewriteSeats(trx, group.id, { before, after: seen.members ?? [] }, people, now);
  }
}

/** Restores who is kept, carries on who is surely found again, and asks a person about the others. */
async function carryOver(
  trx: Db,
  login: Login,
  {
    rooms,
    ambiguous,
    verdict,
  }: {
    readonly rooms: readonly PairedRoom[];
    readonly ambiguous: ReadonlySet<string>;
    readonly verdict: Verdict;
  },
  now: number,
): Promise<{ matched: Map<string, string>; carried: Map<string, string> }> {
  const { kept, moved } = verdict;
  const carried = new Map<string, string>();
  const bindings = new Map<string, Binding>();
  const matched = new Map<string, string>();
  for (const id of new Set(rooms.flatMap((room) => room.before.map(({ contactId }) => contactId)))) {
    const binding = await bindingBefore(trx, login, id);
    if (!binding) continue;
    const successor = await successorOf(trx, login, binding);
    if (successor !== undefined) matched.set(id, successor);
    else if (!kept.has(id)) bindings.set(id, binding);
    else if (binding.closed_at !== null) {
      const match = { before: id, after: id, score: 100, reasons: ['账号没有变，名字也没有变'] };
      if (await carryOn(trx, binding, match, binding, now)) carried.set(id, id);
      else await ask(trx, login, { binding, match, rooms }, now);
    }
  }
  const { sure, doubtful } = findSuccessors(
    { rooms, ambiguous },
    { before: new Set([...kept, ...matched.keys()]), after: new Set([...kept, ...matched.values()]) },
  );
  const seatOf = (side: 'before' | 'after', id: string) =>
    rooms.flatMap((room) => room[side]).find(({ contactId }) => contactId === id);
  for (const match of moved === 'all' ? sure : []) {
    matched.set(match.before, match.after);
    const binding = bindings.get(match.before);
    if (!binding) continue;
    const isVouched = sameRemark(seatOf('before', match.before), seatOf('after', match.after));
    // A name can be taken by anybody: only a remark of our own keeps a binding as good as somebody's word.
    const isClaim = binding.how === 'name' || binding.how === 'guest';
    const as = {
      how: isClaim ? binding.how : 'healed',
      confirmed: binding.confirmed === 1 && isVouched ? (1 as const) : (0 as const),
    };
    if (await carryOn(trx, binding, match, as, now)) carried.set(match.before, match.after);
  }
  for (const match of moved === 'all' ? doubtful : [...sure, ...doubtful]) {
    const binding = bindings.get(match.before);
    if (binding) await ask(trx, login, { binding, match, rooms }, now);
  }
  return { matched, carried };
}

/**
 * What was owed to people in private when the login came goes where they are now, all of it at once: ids may have
 * gone round in a ring. What was owed to somebody who isn't found goes to nobody: their id may be another's.
 */
async function redirectOwed(
  trx: Db,
  login: Login,
  {
    carried,
    suspended,
    moved,
  }: {
    readonly carried: ReadonlyMap<string, string>;
    readonly suspended: ReadonlySet<string>;
    readonly moved: Verdict['moved'];
  },
  now: number,
): Promise<void> {
  const isFirst = login.listed_at === null;
  if (suspended.size + carried.size === 0 && !(isFirst && moved === 'all')) return;
  const owed = await trx
    .selectFrom('delivery')
    .select(['id', 'contact_id'])
    .where('account', '=', login.account)
    .where('contact_id', 'is not', null)
    .where('state', 'in', ['planned', 'held', 'queued'])
    .where('planned_at', '<', login.at)
    .execute();
  // What a list of all groups has led elsewhere stays there.
  const led = isFirst ? carried : new Map<string, string>();
  for (const { id, contact_id: contactId } of owed) {
    const after = led.get(contactId ?? '');
    const isLost = suspended.has(contactId ?? '') || (isFirst && moved === 'all');
    if (after === undefined && !isLost) continue;
    await trx
      .updateTable('delivery')
      .set(
        after === undefined
          ? { state: 'skipped', reason: '账号重新登录后认不出这个人，没有发', updated_at: now }
          : { contact_id: after, updated_at: now },
      )
      .where('id', '=', id)
      .execute();
  }
}

async function ask(
  trx: Db,
  login: Login,
  { binding, match, rooms }: { binding: Binding; match: Match; rooms: readonly PairedRoom[] },
  now: number,
): Promise<void> {
  const room = rooms.find(({ before }) => before.some(({ contactId }) => contactId === match.before));
  if (!room) return;
  const item = { kind: 'person', match, memberId: binding.member_id, groupId: room.groupId } as const;
  await addItem(trx, login, item, now);
}

/** Whom a contact id was bound to when this login came, unless that has ended otherwise than by it. */
async function bindingBefore(trx: Db, login: Login, contactId: string) {
  return await trx
    .selectFrom('identity')
    .selectAll()
    .where('account', '=', login.account)
    .where('contact_id', '=', contactId)
    .where('created_at', '<', login.at)
    .where((eb) =>
      eb.or([
        eb('closed_at', 'is', null),
        // What an earlier login ended was said of whoever had the id then.
        eb.and([eb('closed_why', '=', 'login'), eb('closed_at', '>=', login.at)]),
      ]),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

type Binding = NonNullable<Awaited<ReturnType<typeof bindingBefore>>>;

/** The contact under which a binding goes on already, by itself or by a person's word. */
async function successorOf(trx: Db, login: Login, binding: Binding): Promise<string | undefined> {
  const next = await trx
    .selectFrom('identity')
    .select('contact_id')
    .where('account', '=', login.account)
    .where('closed_at', 'is', null)
    .where('id', '!=', binding.id)
    .where((eb) =>
      eb.or([
        eb('continues', '=', binding.id),
        eb.and([eb('member_id', '=', binding.member_id), eb('created_at', '>=', login.at)]),
      ]),
    )
    .executeTakeFirst();
  return next?.contact_id;
}

/** Contacts who sat in no group that we know, by the name of the member that they are. */
async function readPrivate(
  trx: Db,
  login: Login,
  rooms: readonly PairedRoom[],
): Promise<Map<string, string>> {
  const seated = new Set(rooms.flatMap((room) => room.before.map(({ contactId }) => contactId)));
  const rows = await trx
    .selectFrom('identity')
    .innerJoin('member', 'member.id', 'identity.member_id')
    .select(['identity.contact_id', 'member.name'])
    .where('identity.account', '=', login.account)
    .where('identity.created_at', '<', login.at)
    .where('identity.closed_at', 'is', null)
    .execute();
  return new Map(
    rows.flatMap((row) => (seated.has(row.contact_id) ? [] : [[row.contact_id, nameKey(row.name)]])),
  );
}

/** Names that several members of the roster have. */
async function readAmbiguous(trx: Db): Promise<Set<string>> {
  const rows = await trx
    .selectFrom('member')
    .select('name')
    .where('status', '!=', 'guest')
    .where('left_at', 'is', null)
    .groupBy('name')
    .having(({ fn }) => fn.countAll(), '>', 1)
    .execute();
  return new Set(rows.map(({ name }) => nameKey(name)));
}

/** Bindings whose contact id can't be believed any more are closed; what they say isn't forgotten. */
async function suspend(
  trx: Db,
  login: Login,
  { moved, kept, unsure }: Verdict,
  now: number,
): Promise<Set<string>> {
  const open = await trx
    .selectFrom('identity')
    .leftJoin('identity as first', 'first.id', 'identity.continues')
    .select([
      'identity.id',
      'identity.contact_id',
      'identity.created_at',
      'first.contact_id as first_contact',
    ])
    .where('identity.account', '=', login.account)
    .where('identity.closed_at', 'is', null)
    .execute();
  const level = LEVELS[moved];
  const suspended = new Set<string>();
  for (const { id, contact_id: contactId, created_at: createdAt, first_contact: first } of open) {
    // Whoever came in after the login is who they are now; but what was only restored may prove wrong.
    const isRestored = first === contactId && (moved !== 'all' || login.contacts_moved < level);
    if (createdAt >= login.at && !isRestored) continue;
    if (kept.has(contactId) || (moved !== 'all' && !unsure.has(contactId))) continue;
    suspended.add(contactId);
    await trx
      .updateTable('identity')
      .set({ closed_at: now, closed_why: 'login' })
      .where('id', '=', id)
      .execute();
  }
  if (login.contacts_moved < level)
    await trx
      .updateTable('account_login')
      .set({ contacts_moved: level })
      .where('id', '=', login.id)
      .execute();
  return suspended;
}

const LEVELS = { none: 0, some: 1, all: 2 } as const;

/** A binding goes on under the contact id of now; false when somebody has come in under that one already. */
async function carryOn(
  trx: Db,
  binding: Binding,
  { after, score, reasons }: Match,
  { how, confirmed }: Pick<Binding, 'how' | 'confirmed'>,
  now: number,
): Promise<boolean> {
  const { account } = binding;
  const taken = await trx
    .selectFrom('identity')
    .select('id')
    .where('account', '=', account)
    .where('contact_id', '=', after)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  if (taken) return false;
  await trx
    .insertInto('identity')
    .values({
      id: newId(),
      account,
      contact_id: after,
      member_id: binding.member_id,
      how,
      created_at: now,
      closed_at: null,
      confirmed,
      continues: binding.id,
    })
    .execute();
  await appendAudit(trx, {
    at: now,
    who: 'channel',
    via: 'channel',
    what: 'identity.rematch',
    subject: binding.member_id,
    after: { score, reasons },
  });
  await replacePersonItems(trx, { account, contactId: after, memberId: binding.member_id }, now);
  return true;
}

/** The seats of a group under the ids of now: who stayed keeps the date of joining, the others left or joined. */
async function rewriteSeats(
  trx: Db,
  groupId: string,
  { before, after }: { readonly before: readonly Seat[]; readonly after: readonly SeenSeat[] },
  people: { readonly matched: ReadonlyMap<string, string>; readonly kept: ReadonlySet<string> },
  now: number,
): Promise<void> {
  if (after.length === 0) return;
  const nowOf = (id: string) => (people.kept.has(id) ? id : people.matched.get(id));
  const stayed = new Set(before.map(({ contactId }) => nowOf(contactId)).filter((id) => id !== undefined));
  const rows = await trx.selectFrom('group_member').selectAll().where('group_id', '=', groupId).execute();
  const joinedAt = new Map(rows.map((row) => [nowOf(row.contact_id) ?? '', row.joined_at]));
  const present = new Set(after.map(({ contactId }) => contactId));
  // An id that somebody else has now can't tell any more who left under it.
  await trx
    .deleteFrom('group_member')
    .where('group_id', '=', groupId)
    .where((eb) =>
      eb.or([
        eb('contact_id', 'in', [...present]),
        ...(people.matched.size > 0 ? [eb('contact_id', 'in', [...people.matched.keys()])] : []),
      ]),
    )
    .execute();
  const left = before.filter(({ contactId }) => nowOf(contactId) === undefined);
  for (const { contactId } of left)
    await trx
      .updateTable('group_member')
      .set({ left_at: now })
      .where('group_id', '=', groupId)
      .where('contact_id', '=', contactId)
      .where('left_at', 'is', null)
      .execute();
  const joined = after.filter(({ contactId }) => !stayed.has(contactId));
  for (const member of after.filter(({ contactId }) => stayed.has(contactId)))
    await insertSeats(trx, groupId, [member], joinedAt.get(member.contactId) ?? null);
  await insertSeats(trx, groupId, joined, now);
  await auditSeats(trx, groupId, { joined: joined.length, left: left.length }, now);
}
