/**
 * What happens to groups and people when an account logs in and all its ids may have changed. Our keys stay: each
 * room is matched to a group and each contact to a binding, by what they are called (`match.ts`). Until that is
 * decided nothing is sent to a group and nothing that is said there is handled; what is said is kept.
 */
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { AccountLoginTable, MatchItemTable } from '../db/tables.ts';
import type { Selectable } from '../db/sql.ts';
import {
  addGroup,
  auditSeats,
  findGroup,
  type Group,
  insertSeats,
  lastLogin,
  recordSeats,
  recordSeenGroup,
  type SeenRoom,
  type SeenSeat,
} from './groups.ts';
import {
  countNames,
  findShift,
  isSameRoom,
  type Match,
  matchGroups,
  matchPeople,
  nameKey,
  type PairedRoom,
  personsOf,
  type Room,
  scoreGroups,
  sameRemark,
  type Seat,
} from './match.ts';

type Login = Selectable<AccountLoginTable>;

/** A new login: until its groups are listed, no id of before is believed. */
export async function beginLogin(db: Db, account: string, now: number): Promise<void> {
  await db
    .insertInto('account_login')
    .values({ id: newId(), account, at: now, listed_at: null, changed: 0 })
    .execute();
}

/**
 * Takes what a channel shows of one group. A group that is plainly the same goes on at once; what can't be told
 * from the one room alone waits for the list of all. Without a login there is nothing to doubt.
 */
export async function reportGroup(db: Db, seen: SeenRoom, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const login = await lastLogin(trx, seen.account);
    const group = await findGroup(trx, seen.account, seen.roomId);
    if (!login || (group && (group.seen_at ?? 0) >= login.at && group.state !== 'unmatched'))
      return void (await recordSeenGroup(trx, seen, now));
    if (group && group.state !== 'unmatched' && (await isPlainlySame(trx, group, seen)))
      return void (await recordSeenGroup(trx, seen, now));
    if (!group && (await unseenGroups(trx, login)).length === 0)
      return void (await recordSeenGroup(trx, seen, now));
    if (login.listed_at !== null) await settle(trx, login, [seen], false, now);
  });
}

/** Takes the list of all groups after a login: now every doubt is decided, or handed to a person. */
export async function finishLogin(
  db: Db,
  account: string,
  seen: readonly SeenRoom[],
  now: number,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const login = await lastLogin(trx, account);
    if (!login) return;
    await settle(trx, login, seen, true, now);
    await trx.updateTable('account_login').set({ listed_at: now }).where('id', '=', login.id).execute();
    await releaseHeld(trx, account, now);
  });
}

/** Groups of the account that this login hasn't shown yet. */
const unseenGroups = (trx: Db, login: Login): Promise<Group[]> =>
  trx
    .selectFrom('chat_group')
    .selectAll()
    .where('account', '=', login.account)
    .where('state', '!=', 'unmatched')
    .where((eb) => eb.or([eb('seen_at', 'is', null), eb('seen_at', '<', login.at)]))
    .orderBy('created_at')
    .orderBy('id')
    .execute();

/**
 * The topic is the same and no other group has it, nobody goes by another name, and nobody whom we know from
 * elsewhere has come in.
 */
async function isPlainlySame(trx: Db, group: Group, seen: SeenRoom): Promise<boolean> {
  if (group.topic !== seen.topic || !seen.members) return false;
  const twin = await trx
    .selectFrom('chat_group')
    .select('id')
    .where('account', '=', group.account)
    .where('topic', '=', group.topic)
    .where('id', '!=', group.id)
    .executeTakeFirst();
  if (twin) return false;
  const before = new Map((await readSeats(trx, group.id)).map((seat) => [seat.contactId, seat]));
  const fresh = seen.members.filter(({ contactId }) => !before.has(contactId));
  const kept = seen.members.filter(({ contactId }) => before.has(contactId));
  if (kept.some(({ contactId, name }) => nameKey(before.get(contactId)?.nickname ?? '') !== nameKey(name)))
    return false;
  if (before.size > 0 && kept.length * 2 < before.size) return false;
  if (fresh.length === 0) return true;
  const elsewhere = await trx
    .selectFrom('group_member')
    .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
    .select('group_member.contact_id')
    .where('chat_group.account', '=', group.account)
    .where('chat_group.id', '!=', group.id)
    .where(
      'group_member.contact_id',
      'in',
      fresh.slice(0, 500).map(({ contactId }) => contactId),
    )
    .executeTakeFirst();
  const names = new Set([...before.values()].map(({ nickname }) => nameKey(nickname)));
  return !elsewhere && fresh.length <= 500 && !fresh.some(({ name }) => names.has(nameKey(name)));
}

async function readSeats(trx: Db, groupId: string): Promise<Seat[]> {
  const seats = await trx
    .selectFrom('group_member')
    .selectAll()
    .where('group_id', '=', groupId)
    .where('left_at', 'is', null)
    .execute();
  return seats.map((seat) => ({
    contactId: seat.contact_id,
    nickname: seat.name,
    ownName: seat.own_name ?? undefined,
    remark: seat.remark ?? undefined,
  }));
}

const toSeat = ({ contactId, name, ownName, remark }: SeenSeat): Seat => ({
  contactId,
  nickname: name,
  ownName,
  remark,
});

interface Paired {
  readonly group: Group;
  readonly seen: SeenRoom;
  readonly before: readonly Seat[];
  readonly after: readonly Seat[];
  readonly how: Pick<Match, 'score' | 'reasons'>;
}

/** Decides on the rooms that aren't known to be the same yet. `whole`: they are all that the account has. */
async function settle(
  trx: Db,
  login: Login,
  seen: readonly SeenRoom[],
  whole: boolean,
  now: number,
): Promise<void> {
  const groups = await unseenGroups(trx, login);
  const seenBefore = await verifiedIds(trx, login);
  const rooms = [...new Map(seen.map((room) => [room.roomId, room])).values()].filter(
    ({ roomId }) => !seenBefore.has(roomId),
  );
  if (rooms.length === 0) return;
  const verified = await verifiedRooms(trx, login);
  const seats = new Map<string, Seat[]>();
  for (const group of groups) seats.set(group.id, await readSeats(trx, group.id));
  const known = await Promise.all(
    groups.map(async (group): Promise<Room> => ({
      id: group.id,
      topic: group.topic,
      seats: seats.get(group.id) ?? [],
      lastWords: await readLastWords(trx, group.account, group.room_id, ['new', 'handled', 'failed']),
    })),
  );
  const shown = await Promise.all(
    rooms.map(async (room): Promise<Room> => ({
      id: room.roomId,
      topic: room.topic,
      seats: (room.members ?? []).map(toSeat),
      lastWords: await readLastWords(trx, room.account, room.roomId, ['held']),
    })),
  );

  const scores = scoreGroups(known, shown);
  const pairs: Paired[] = [];
  const pair = (group: Group, room: SeenRoom, how: Paired['how']) =>
    pairs.push({
      group,
      seen: room,
      before: seats.get(group.id) ?? [],
      after: (room.members ?? []).map(toSeat),
      how,
    });
  for (const [index, group] of groups.entries()) {
    const at = rooms.findIndex(({ roomId }) => roomId === group.room_id);
    const [before, after, room] = [known[index], shown[at], rooms[at]];
    if (before && after && room && isSameRoom(before, after, scores))
      pair(group, room, { score: 100, reasons: ['群号没有变'] });
  }
  // Of the rooms there are now the fewer are known by their id: then ids have changed. That groups of ours are
  // missing says nothing: some protocols list a room only when somebody speaks there.
  const changed = whole
    ? groups.length > pairs.length && (verified.length + pairs.length) * 2 < rooms.length + verified.length
    : login.changed === 1;
  if (changed && login.changed === 0)
    await trx.updateTable('account_login').set({ changed: 1 }).where('id', '=', login.id).execute();

  const settledGroups = new Set(pairs.map(({ group }) => group.id));
  const settledRooms = new Set(pairs.map(({ seen: room }) => room.roomId));
  const matches = matchGroups(
    scores.filter(({ before, after }) => !settledGroups.has(before) && !settledRooms.has(after)),
  );
  const doubtful = [...matches.doubtful];
  for (const match of matches.sure) {
    const group = groups.find(({ id }) => id === match.before);
    const room = rooms.find(({ roomId }) => roomId === match.after);
    if (!group || !room) continue;
    // One new room beside groups that are as they were may be a copy of one: that is for a person to say.
    if (changed) pair(group, room, match);
    else doubtful.push(match);
  }
  await bindRooms(trx, login, pairs, now);
  const unpaired: PairedRoom[] = [
    ...groups
      .filter(({ id }) => !pairs.some(({ group }) => group.id === id))
      .map(({ id }) => ({ groupId: id, before: seats.get(id) ?? [], after: [] })),
    ...shown
      .filter(({ id }) => !pairs.some(({ seen: room }) => room.roomId === id))
      .map((room) => ({ groupId: `room ${room.id}`, before: [], after: room.seats })),
  ];
  await settlePeople(trx, login, { pairs, verified, unpaired, changed, whole }, now);

  const done = new Set(pairs.map(({ group }) => group.id));
  const doneRooms = new Set(pairs.map(({ seen: room }) => room.roomId));
  for (const group of groups) {
    if (done.has(group.id)) continue;
    const isDoubted = doubtful.some(({ before }) => before === group.id);
    const isTaken = rooms.some(({ roomId }) => roomId === group.room_id);
    if (changed || isDoubted || isTaken) await quarantine(trx, login, group, now);
  }
  for (const room of rooms.filter(({ roomId }) => !doneRooms.has(roomId))) {
    const maybe = doubtful.filter(({ after }) => after === room.roomId);
    await keepRoom(trx, room, maybe.length > 0 && changed, now);
    for (const match of maybe) await addItem(trx, login.account, { kind: 'group', match }, now);
  }
}

async function verifiedIds(trx: Db, login: Login): Promise<Set<string>> {
  const groups = await trx
    .selectFrom('chat_group')
    .select('room_id')
    .where('account', '=', login.account)
    .where('state', '=', 'ok')
    .where('seen_at', '>=', login.at)
    .execute();
  return new Set(groups.map((group) => group.room_id));
}

/** Groups that this login has shown to be the same, with their seats. */
async function verifiedRooms(trx: Db, login: Login): Promise<PairedRoom[]> {
  const groups = await trx
    .selectFrom('chat_group')
    .selectAll()
    .where('account', '=', login.account)
    .where('state', '=', 'ok')
    .where('seen_at', '>=', login.at)
    .execute();
  return await Promise.all(
    groups.map(async (group) => {
      const seats = await readSeats(trx, group.id);
      return { groupId: group.id, before: seats, after: seats };
    }),
  );
}

const LAST_WORDS = 20;

/** What was said there last: the one thing about a room that nobody else can bring along. */
async function readLastWords(
  trx: Db,
  account: string,
  roomId: string,
  states: readonly ('new' | 'held' | 'handled' | 'failed')[],
): Promise<string[]> {
  const rows = await trx
    .selectFrom('message')
    .select(['sender_name', 'text'])
    .where('account', '=', account)
    .where('room_id', '=', roomId)
    .where('state', 'in', [...states])
    .where('kind', '=', 'text')
    .where('text', 'is not', null)
    .orderBy('sent_at', 'desc')
    .limit(LAST_WORDS)
    .execute();
  return rows.map(({ sender_name: name, text }) => `${name}: ${text ?? ''}`);
}

/** Gives each group the room that it is now. Ids may go round in a ring: they are freed first. */
async function bindRooms(
  trx: Db,
  login: Login,
  pairs: readonly Paired[],
  now: number,
  candidateId?: string,
): Promise<void> {
  const moved = pairs.filter(({ group, seen }) => group.room_id !== seen.roomId);
  for (const { group } of moved) await freeRoom(trx, login, group);
  for (const { group, seen, how } of pairs) {
    const holder = await findGroup(trx, login.account, seen.roomId);
    if (holder && holder.id !== group.id) {
      if (holder.state === 'unmatched' || holder.id === candidateId) await dropCandidate(trx, holder);
      else await freeRoom(trx, login, holder);
    }
    await trx
      .updateTable('chat_group')
      .set({
        room_id: seen.roomId,
        topic: seen.topic === '' ? group.topic : seen.topic,
        seen_at: now,
        state: 'ok',
      })
      .where('id', '=', group.id)
      .execute();
    if (group.room_id === seen.roomId) continue;
    // What was said before the login and isn't handled yet belongs to the group, whatever its room is called now.
    await trx
      .updateTable('message')
      .set({ room_id: seen.roomId })
      .where('account', '=', login.account)
      .where('room_id', '=', group.room_id)
      .where('state', '=', 'new')
      .where('received_at', '<', login.at)
      .execute();
    await appendAudit(trx, {
      at: now,
      who: 'channel',
      via: 'channel',
      what: 'group.rematch',
      subject: group.id,
      after: { score: how.score, reasons: how.reasons },
    });
  }
}

const freeRoom = (trx: Db, login: Login, group: Group) =>
  trx
    .updateTable('chat_group')
    .set({ room_id: `before:${login.id}:${group.room_id}` })
    .where('id', '=', group.id)
    .execute();

/** The row under which a room waited to be recognised isn't needed any more: nothing was ever done in it. */
async function dropCandidate(trx: Db, candidate: Group): Promise<void> {
  await trx
    .updateTable('match_item')
    .set({ state: 'replaced' })
    .where('account', '=', candidate.account)
    .where('room_id', '=', candidate.room_id)
    .where('state', '=', 'waiting')
    .execute();
  await trx.deleteFrom('group_member').where('group_id', '=', candidate.id).execute();
  await trx.deleteFrom('group_place').where('group_id', '=', candidate.id).execute();
  await trx.deleteFrom('chat_group').where('id', '=', candidate.id).execute();
}

async function quarantine(trx: Db, login: Login, group: Group, now: number): Promise<void> {
  const isHeld = await findGroup(trx, group.account, group.room_id);
  if (isHeld && !group.room_id.startsWith('before:')) await freeRoom(trx, login, group);
  if (group.state === 'quarantined') return;
  await trx.updateTable('chat_group').set({ state: 'quarantined' }).where('id', '=', group.id).execute();
  await appendAudit(trx, {
    at: now,
    who: 'channel',
    via: 'channel',
    what: 'group.quarantine',
    subject: group.id,
  });
}

/** A room that is none of ours, or may be: then what is said there is kept until a person has decided. */
async function keepRoom(trx: Db, room: SeenRoom, isMaybe: boolean, now: number): Promise<void> {
  const state = isMaybe ? 'unmatched' : 'ok';
  const found = await findGroup(trx, room.account, room.roomId);
  const group = found ?? (await addGroup(trx, room, now, state));
  if (found)
    await trx
      .updateTable('chat_group')
      .set({ state, seen_at: now, topic: room.topic })
      .where('id', '=', found.id)
      .execute();
  await recordSeats(trx, group.id, room.members ?? [], now);
}

type NewItem =
  | { readonly kind: 'group'; readonly match: Match }
  | { readonly kind: 'person'; readonly match: Match; readonly memberId: string; readonly groupId: string };

async function addItem(trx: Db, account: string, item: NewItem, now: number): Promise<void> {
  const { match } = item;
  const about = {
    account,
    kind: item.kind,
    group_id: item.kind === 'group' ? match.before : item.groupId,
    member_id: item.kind === 'person' ? item.memberId : null,
    room_id: item.kind === 'group' ? match.after : null,
    contact_id: item.kind === 'person' ? match.after : null,
  } satisfies Partial<MatchItemTable>;
  const same = trx
    .selectFrom('match_item')
    .select('id')
    .where('account', '=', account)
    .where('state', '=', 'waiting');
  const waiting =
    item.kind === 'group'
      ? await same.where('group_id', '=', match.before).where('room_id', '=', match.after).executeTakeFirst()
      : await same
          .where('member_id', '=', item.memberId)
          .where('contact_id', '=', match.after)
          .executeTakeFirst();
  if (waiting) return;
  await trx
    .insertInto('match_item')
    .values({
      id: newId(),
      no: await takeNumbers(trx, 'match'),
      ...about,
      score: match.score,
      reasons: JSON.stringify(match.reasons),
      state: 'waiting',
      created_at: now,
      decided_at: null,
      decided_by: null,
    })
    .execute();
}

/** Whom a contact id was bound to when this login came, unless that has ended otherwise. */
async function bindingBefore(trx: Db, login: Login, contactId: string) {
  return await trx
    .selectFrom('identity')
    .selectAll()
    .where('account', '=', login.account)
    .where('contact_id', '=', contactId)
    .where('created_at', '<', login.at)
    .where((eb) => eb.or([eb('closed_at', 'is', null), eb('closed_why', '=', 'login')]))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

type Binding = NonNullable<Awaited<ReturnType<typeof bindingBefore>>>;

/** The contact under which a binding goes on already. */
async function successorOf(trx: Db, binding: Binding): Promise<string | undefined> {
  const next = await trx
    .selectFrom('identity')
    .select('contact_id')
    .where('continues', '=', binding.id)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return next?.contact_id;
}

interface Rooms {
  readonly pairs: readonly Paired[];
  /** Shown by this login to be the same as before. */
  readonly verified: readonly PairedRoom[];
  /** Our groups of which the room isn't known, and rooms of which the group isn't. */
  readonly unpaired: readonly PairedRoom[];
  /** Whether the rooms' ids have changed. */
  readonly changed: boolean;
  /** Whether this is the list of all: later single rooms change nothing for those who were settled by it. */
  readonly whole: boolean;
}

/** Brings bindings and seats over to the contacts that people are now. */
async function settlePeople(
  trx: Db,
  login: Login,
  { pairs, verified, unpaired, changed, whole }: Rooms,
  now: number,
): Promise<void> {
  // Seats of before an earlier login name contacts by ids that may have gone to others since.
  const stale = new Set<string>();
  for (const { group } of pairs) if (await isStale(trx, login, group)) stale.add(group.id);
  const rooms: PairedRoom[] = pairs
    .filter(({ group }) => !stale.has(group.id))
    .map(({ group, before, after }) => ({ groupId: group.id, before, after }));
  const everything = [...rooms, ...unpaired];
  const { replaced, shifted, moved } = findShift(everything);
  const [before, after] = [personsOf(everything, 'before'), personsOf(everything, 'after')];
  const anchored = new Set(verified.flatMap((room) => room.after.map(({ contactId }) => contactId)));
  const known = changed ? before.size : new Set([...before.keys(), ...anchored]).size;
  // Most contacts gone or under other names: then ids mean nothing any more.
  const isChanged = changed || (replaced.size + shifted.size) * 2 > known;
  const strangers = await findStrangers(trx, login, { before, after, anchored });
  const isTouched = isChanged || moved.size > 0 || strangers.length > 0;
  const ambiguous = await readAmbiguous(trx);
  const counts = countNames(before);
  const isNamesake = (id: string) =>
    [...(before.get(id)?.nicknames.values() ?? [])].some(
      (nickname) => (counts.get(nameKey(nickname)) ?? 0) > 1 || ambiguous.has(nameKey(nickname)),
    );
  // Same id, same person: unless ids have moved, and then not for namesakes, of whom nobody can tell.
  const kept = new Set(
    [...before.keys()].filter(
      (id) =>
        ((whole || !changed) && anchored.has(id)) ||
        (!isChanged && after.has(id) && (!isTouched || (!shifted.has(id) && !isNamesake(id)))),
    ),
  );
  const bindings = new Map<string, Binding>();
  const matched = new Map<string, string>();
  for (const id of personsOf(rooms, 'before').keys()) {
    const binding = kept.has(id) ? undefined : await bindingBefore(trx, login, id);
    if (!binding) continue;
    const successor = await successorOf(trx, binding);
    if (successor === undefined) bindings.set(id, binding);
    else matched.set(id, successor);
  }
  const { sure, doubtful } = matchPeople(
    rooms,
    ambiguous,
    {
      before: new Set([...kept, ...matched.keys()]),
      after: new Set([...kept, ...matched.values(), ...anchored]),
    },
    [...unpaired, ...verified.map((room) => ({ ...room, before: [] }))],
  );
  const unsure = [...before.keys()].filter((id) => !kept.has(id));
  const ended = isChanged ? 'all' : isTouched ? [...unsure, ...strangers] : [];
  if (whole || !changed) await suspend(trx, login, ended, { kept: new Set([...kept, ...anchored]), now });

  const seatOf = (side: 'before' | 'after', id: string) =>
    rooms.flatMap((room) => room[side]).find(({ contactId }) => contactId === id);
  for (const match of isChanged ? sure : []) {
    matched.set(match.before, match.after);
    const binding = bindings.get(match.before);
    const vouched = sameRemark(seatOf('before', match.before), seatOf('after', match.after));
    if (binding) await carryOn(trx, binding, match, vouched, now);
  }
  for (const match of isChanged ? doubtful : [...sure, ...doubtful]) {
    const binding = bindings.get(match.before);
    const room = rooms.find((one) => one.before.some(({ contactId }) => contactId === match.before));
    if (!binding || !room) continue;
    const { member_id: memberId } = binding;
    await addItem(trx, login.account, { kind: 'person', match, memberId, groupId: room.groupId }, now);
  }
  const nobody = { matched: new Map<string, string>(), kept: new Set<string>() };
  for (const { group, before: seats, seen } of pairs)
    await rewriteSeats(
      trx,
      group.id,
      seats,
      seen.members ?? [],
      stale.has(group.id) ? nobody : { matched, kept },
      now,
    );
}

/**
 * Contacts who come into a room under the name of somebody who was there, while we knew their id as somebody else
 * with whom we only spoke in private: that id has gone to another person.
 */
async function findStrangers(
  trx: Db,
  login: Login,
  {
    before,
    after,
    anchored,
  }: {
    readonly before: ReturnType<typeof personsOf>;
    readonly after: ReturnType<typeof personsOf>;
    readonly anchored: ReadonlySet<string>;
  },
): Promise<string[]> {
  const names = new Set(
    [...before.values()].flatMap(({ nicknames }) => [...nicknames.values()].map(nameKey)),
  );
  const strangers: string[] = [];
  for (const { contactId, nicknames } of after.values()) {
    if (before.has(contactId) || anchored.has(contactId)) continue;
    if (![...nicknames.values()].some((nickname) => names.has(nameKey(nickname)))) continue;
    const binding = await bindingBefore(trx, login, contactId);
    if (binding?.closed_at === null) strangers.push(contactId);
  }
  return strangers;
}

async function isStale(trx: Db, login: Login, group: Group): Promise<boolean> {
  const between = await trx
    .selectFrom('account_login')
    .select('id')
    .where('account', '=', login.account)
    .where('at', '>', group.seen_at ?? 0)
    .where('at', '<', login.at)
    .where('changed', '=', 1)
    .executeTakeFirst();
  return between !== undefined;
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
  contacts: 'all' | readonly string[],
  { kept, now }: { readonly kept: ReadonlySet<string>; readonly now: number },
): Promise<void> {
  const open = await trx
    .selectFrom('identity')
    .select(['id', 'contact_id'])
    .where('account', '=', login.account)
    .where('closed_at', 'is', null)
    // Whoever came in after the login is who they are now.
    .where('created_at', '<', login.at)
    .execute();
  const named = contacts === 'all' ? undefined : new Set(contacts);
  for (const { id, contact_id: contactId } of open) {
    if (kept.has(contactId) || (named && !named.has(contactId))) continue;
    await trx
      .updateTable('identity')
      .set({ closed_at: now, closed_why: 'login' })
      .where('id', '=', id)
      .execute();
  }
}

/** A binding goes on under another contact id. Only a remark of our own keeps it as good as somebody's word. */
async function carryOn(
  trx: Db,
  binding: Binding,
  { after, score, reasons }: Match,
  vouched: boolean,
  now: number,
): Promise<void> {
  const { account, contact_id: before } = binding;
  const taken = await trx
    .selectFrom('identity')
    .select('id')
    .where('account', '=', account)
    .where('contact_id', '=', after)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  if (taken) return;
  const isClaim = binding.how === 'name' || binding.how === 'guest';
  await trx
    .insertInto('identity')
    .values({
      id: newId(),
      account,
      contact_id: after,
      member_id: binding.member_id,
      how: isClaim ? binding.how : 'healed',
      created_at: now,
      closed_at: null,
      confirmed: binding.confirmed === 1 && vouched ? 1 : 0,
      continues: binding.id,
    })
    .execute();
  // What is still owed to them in private goes where they are now.
  await trx
    .updateTable('delivery')
    .set({ contact_id: after })
    .where('account', '=', account)
    .where('contact_id', '=', before)
    .where('state', 'in', ['planned', 'held', 'queued'])
    .execute();
  await appendAudit(trx, {
    at: now,
    who: 'channel',
    via: 'channel',
    what: 'identity.rematch',
    subject: binding.member_id,
    after: { score, reasons },
  });
}

/** The seats of a group under the ids of now: who stayed keeps the date of joining, the others left or joined. */
async function rewriteSeats(
  trx: Db,
  groupId: string,
  before: readonly Seat[],
  after: readonly SeenSeat[],
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

/** What was held is handled where it is known now what it belongs to, and forgotten where nobody reads. */
export async function releaseHeld(trx: Db, account: string, now: number): Promise<void> {
  const rooms = await trx
    .selectFrom('message')
    .select('room_id')
    .distinct()
    .where('account', '=', account)
    .where('state', '=', 'held')
    .execute();
  for (const { room_id: roomId } of rooms) {
    const group = roomId === null ? undefined : await findGroup(trx, account, roomId);
    if (group?.state === 'unmatched') continue;
    const isRead = roomId === null || (group?.enabled === 1 && group.state === 'ok');
    await trx
      .updateTable('message')
      .set(
        isRead
          ? { state: 'new' }
          : { state: 'handled', text: null, intent: '{"kind":"none"}', handled_at: now },
      )
      .where('account', '=', account)
      .where('room_id', roomId === null ? 'is' : '=', roomId)
      .where('state', '=', 'held')
      .execute();
  }
}

/** Takes a person's word for it that a room is a group: everything goes on as if it had been sure. */
export async function adoptRoom(trx: Db, groupId: string, roomId: string, now: number): Promise<void> {
  const group = await trx
    .selectFrom('chat_group')
    .selectAll()
    .where('id', '=', groupId)
    .executeTakeFirstOrThrow();
  const login = await lastLogin(trx, group.account);
  const candidate = await findGroup(trx, group.account, roomId);
  if (!login || !candidate) return;
  const members = (await readSeats(trx, candidate.id)).map(
    ({ contactId, nickname, ownName, remark }): SeenSeat => ({
      contactId,
      name: nickname,
      ...(ownName === undefined ? {} : { ownName }),
      ...(remark === undefined ? {} : { remark }),
    }),
  );
  const seen: SeenRoom = { account: group.account, roomId, topic: candidate.topic, members };
  const pair: Paired = {
    group,
    seen,
    before: await readSeats(trx, group.id),
    after: members.map(toSeat),
    how: { score: 100, reasons: ['有人确认'] },
  };
  const verified = await verifiedRooms(trx, login);
  await bindRooms(trx, login, [pair], now, candidate.id);
  const rooms = { pairs: [pair], verified, unpaired: [], changed: login.changed === 1, whole: false };
  await settlePeople(trx, login, rooms, now);
  await releaseHeld(trx, group.account, now);
}
