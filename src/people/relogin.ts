/**
 * What happens to groups and people when an account logs in and all its ids may have changed. Our keys stay: each
 * room is matched to a group and each contact to a binding, by what they are called (`match.ts`). Until that is
 * decided nothing is sent to a group and nothing that is said there is handled; what is said is kept.
 */
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import {
  addGroup,
  findGroup,
  type Group,
  lastLogin,
  recordSeats,
  recordSeenGroup,
  type SeenRoom,
  type SeenSeat,
} from './groups.ts';
import { forgetShown, isShown, keepSeatsBefore, type Login, noteShown } from './login-seats.ts';
import { isSameRoom, type Match, matchGroups, nameKey, type Room, scoreGroups, type Seat } from './match.ts';
import { addItem } from './match-items.ts';
import { type Recognised, settlePeople } from './relogin-people.ts';

/** A new login: until its groups are listed, no id of before is believed. */
export async function beginLogin(db: Db, account: string, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    await keepSeatsBefore(trx, account);
    await trx
      .insertInto('account_login')
      .values({ id: newId(), account, at: now, listed_at: null, changed: 0 })
      .execute();
  });
}

/**
 * Takes what a channel shows of one group. A group that is plainly the same goes on at once; what can't be told
 * from the one room alone waits for the list of all. Without a login there is nothing to doubt.
 */
export async function reportGroup(db: Db, seen: SeenRoom, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const login = await lastLogin(trx, seen.account);
    const group = await findGroup(trx, seen.account, seen.roomId);
    if (!login) return void (await recordSeenGroup(trx, seen, now));
    const isListed = login.listed_at !== null;
    if (group && (group.seen_at ?? 0) >= login.at && group.state !== 'unmatched') {
      const isFirst = (seen.members ?? []).length > 0 && !(await isShown(trx, group.id));
      return isFirst
        ? await showMembers(trx, login, { group, seen }, now)
        : void (await recordSeenGroup(trx, seen, now));
    }
    if (!isListed && group && group.state !== 'unmatched' && (await isPlainlySame(trx, group, seen))) {
      await recordSeenGroup(trx, seen, now);
      return await noteShown(trx, group.id, seen.members ?? []);
    }
    if (!group && (await unseenGroups(trx, login)).length === 0) {
      const added = await recordSeenGroup(trx, seen, now);
      return await noteShown(trx, added.id, seen.members ?? []);
    }
    if (isListed) await settle(trx, login, [seen], false, now);
  });
}

/** A group that was known by its room already tells only now who is in it. */
async function showMembers(
  trx: Db,
  login: Login,
  { group, seen }: { readonly group: Group; readonly seen: SeenRoom },
  now: number,
): Promise<void> {
  const before = await readSeats(trx, group.id);
  await recordSeenGroup(trx, { account: seen.account, roomId: seen.roomId, topic: seen.topic }, now);
  await noteShown(trx, group.id, seen.members ?? []);
  await settlePeople(trx, login, [{ group, seen, before }], now);
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
  // Of two with one name nobody can tell here whether they have changed places.
  const kinds = new Set([...before.values()].map(({ nickname }) => nameKey(nickname)));
  if (kinds.size < before.size) return false;
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

interface Paired extends Recognised {
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
  const verified = await verifiedIds(trx, login);
  const rooms = [...new Map(seen.map((room) => [room.roomId, room])).values()].filter(
    ({ roomId }) => !verified.has(roomId),
  );
  if (rooms.length === 0) return whole ? await settlePeople(trx, login, [], now) : undefined;
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
    ? groups.length > pairs.length && (verified.size + pairs.length) * 2 < rooms.length + verified.size
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
    for (const match of maybe) await addItem(trx, login, { kind: 'group', match }, now);
  }
  for (const { group, seen: room } of pairs) await noteShown(trx, group.id, room.members ?? []);
  await settlePeople(trx, changed ? { ...login, changed: 1 } : login, pairs, now);
}

/** Rooms that this login has shown to be the group that they were, or to be new. */
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
  await forgetShown(trx, candidate.id);
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
  await noteShown(trx, group.id, room.members ?? []);
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
    how: { score: 100, reasons: ['有人确认'] },
  };
  await bindRooms(trx, login, [pair], now, candidate.id);
  await noteShown(trx, group.id, members);
  await settlePeople(trx, login, [pair], now);
  await releaseHeld(trx, group.account, now);
}
