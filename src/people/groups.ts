/** Chat groups: listed when a channel first shows them, enabled by a person, never by themselves. */
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { Selectable } from '../db/sql.ts';

import type { ChatGroupTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { type By, byOf } from './units.ts';

export type Group = Selectable<ChatGroupTable>;

export interface SeenRoom {
  readonly account: string;
  readonly roomId: string;
  readonly topic: string;
  readonly members?: readonly SeenSeat[];
}

export interface SeenSeat {
  readonly contactId: string;
  /** The nickname in the group. */
  readonly name: string;
  readonly ownName?: string;
  readonly remark?: string;
}

export const findGroup = (db: Db, account: string, roomId: string): Promise<Group | undefined> =>
  db
    .selectFrom('chat_group')
    .selectAll()
    .where('account', '=', account)
    .where('room_id', '=', roomId)
    .executeTakeFirst();

export const getGroup = (db: Db, id: string): Promise<Group> =>
  db.selectFrom('chat_group').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

/** By the key that people use. Throws `UserError` with the keys there are. */
export async function getGroupByKey(db: Db, key: string): Promise<Group> {
  const group = await db.selectFrom('chat_group').selectAll().where('key', '=', key).executeTakeFirst();
  if (group) return group;
  const known = await db.selectFrom('chat_group').select('key').orderBy('key').limit(20).execute();
  const list = known.map((row) => row.key).join(', ');
  throw new UserError(
    `no group has the key "${key}": ${list ? `known are ${list}` : 'no channel has shown a group yet'}`,
  );
}

/** The enabled groups of an account, or of all accounts, in the order of their making. */
export const listEnabledGroups = (db: Db): Promise<Group[]> =>
  db
    .selectFrom('chat_group')
    .selectAll()
    .where('enabled', '=', 1)
    .orderBy('created_at')
    .orderBy('id')
    .execute();

export interface ListedGroup {
  readonly key: string;
  readonly account: string;
  readonly topic: string;
  readonly enabled: boolean;
  readonly members: number;
  readonly unit: string | null;
  readonly state: Group['state'];
}

/** All groups as `weike group list` shows them; `members` counts who is there now, the bot left out. */
export async function listGroups(db: Db, key?: string): Promise<ListedGroup[]> {
  const rows = await db
    .selectFrom('chat_group')
    .leftJoin('group_member', (join) =>
      join.onRef('group_member.group_id', '=', 'chat_group.id').on('group_member.left_at', 'is', null),
    )
    .leftJoin('unit', 'unit.id', 'chat_group.unit_id')
    .select(({ fn }) => [
      'chat_group.key',
      'chat_group.account',
      'chat_group.topic',
      'chat_group.enabled',
      'chat_group.state',
      'unit.name as unit',
      fn.count('group_member.contact_id').as('members'),
    ])
    .$if(key !== undefined, (query) => query.where('chat_group.key', '=', key ?? ''))
    .groupBy(['chat_group.id', 'unit.name'])
    .orderBy('chat_group.created_at')
    .orderBy('chat_group.id')
    .execute();
  return rows.map((row) => ({ ...row, enabled: row.enabled === 1, members: Number(row.members) }));
}

/** Turns a group on or off. Idempotent; the change is audited. */
export async function setGroupEnabled(
  db: Db,
  key: string,
  enabled: boolean,
  by: By | string,
  now: number,
): Promise<Group> {
  const { who, via } = byOf(by);
  return await inTransaction(db, async (trx) => {
    const group = await getGroupByKey(trx, key);
    const flag = enabled ? 1 : 0;
    if (group.enabled === flag) return group;
    await trx.updateTable('chat_group').set({ enabled: flag }).where('id', '=', group.id).execute();
    const what = enabled ? 'group.enable' : 'group.disable';
    await appendAudit(trx, {
      at: now,
      who,
      ...(via === undefined ? {} : { via }),
      what,
      subject: group.id,
      before: { enabled: !enabled },
      after: { enabled },
    });
    return { ...group, enabled: flag };
  });
}

/**
 * Writes down a group as a channel shows it, its ids taken at their word: new ones disabled, under a key of their
 * own; known ones with their topic and roster brought up to date. People who are no longer there are marked as
 * left. Where ids may have changed, `reportGroup` decides first.
 */
export async function recordSeenGroup(db: Db, seen: SeenRoom, now: number): Promise<Group> {
  return await inTransaction(db, async (trx) => {
    const found = await findGroup(trx, seen.account, seen.roomId);
    const group = found ?? (await addGroup(trx, seen, now));
    const state = group.state === 'quarantined' ? 'ok' : group.state;
    const topic = seen.topic === '' ? group.topic : seen.topic;
    if (found)
      await trx
        .updateTable('chat_group')
        .set({ topic, seen_at: now, state })
        .where('id', '=', group.id)
        .execute();
    if (seen.members) await recordSeats(trx, group.id, seen.members, now);
    return { ...group, topic, seen_at: now, state };
  });
}

export async function addGroup(
  trx: Db,
  seen: SeenRoom,
  now: number,
  state: Group['state'] = 'ok',
): Promise<Group> {
  const group: Group = {
    id: newId(),
    key: `g${await takeNumbers(trx, 'group')}`,
    account: seen.account,
    room_id: seen.roomId,
    topic: seen.topic,
    unit_id: null,
    enabled: 0,
    created_at: now,
    state,
    seen_at: now,
  };
  await trx.insertInto('chat_group').values(group).execute();
  return group;
}

/** Brings a roster up to date by contact ids; that people left or joined is an audit row of counts. */
export async function recordSeats(
  trx: Db,
  groupId: string,
  members: readonly SeenSeat[],
  now: number,
): Promise<void> {
  const before = await trx.selectFrom('group_member').selectAll().where('group_id', '=', groupId).execute();
  const there = new Map(members.map((member) => [member.contactId, member]));
  const gone = before.filter((seat) => seat.left_at === null && !there.has(seat.contact_id));
  for (const seat of gone)
    await trx
      .updateTable('group_member')
      .set({ left_at: now })
      .where('group_id', '=', groupId)
      .where('contact_id', '=', seat.contact_id)
      .execute();
  const known = new Map(before.map((seat) => [seat.contact_id, seat]));
  // Whoever was there when the group was first seen has been there all along.
  const joinedAt = before.length === 0 ? null : now;
  const fresh: SeenSeat[] = [];
  let joined = 0;
  for (const member of there.values()) {
    const seat = known.get(member.contactId);
    if (!seat) {
      fresh.push(member);
      continue;
    }
    const { own_name: ownName, remark } = toNames(member);
    const isBack = seat.left_at !== null;
    if (isBack) joined += 1;
    if (!isBack && seat.name === member.name && seat.own_name === ownName && seat.remark === remark) continue;
    await trx
      .updateTable('group_member')
      .set({
        name: member.name,
        left_at: null,
        own_name: ownName,
        remark,
        ...(isBack ? { joined_at: now } : {}),
      })
      .where('group_id', '=', groupId)
      .where('contact_id', '=', member.contactId)
      .execute();
  }
  await insertSeats(trx, groupId, fresh, joinedAt);
  joined += joinedAt === null ? 0 : fresh.length;
  await auditSeats(trx, groupId, { joined, left: gone.length }, now);
}

/** That so many left or joined; who they are stands in the seats. */
export async function auditSeats(
  trx: Db,
  groupId: string,
  counts: { readonly joined: number; readonly left: number },
  now: number,
): Promise<void> {
  if (counts.joined === 0 && counts.left === 0) return;
  await appendAudit(trx, {
    at: now,
    who: 'channel',
    via: 'channel',
    what: 'group.members',
    subject: groupId,
    after: counts,
  });
}

const toNames = ({ ownName, remark }: SeenSeat) => ({
  own_name: ownName || null,
  remark: remark || null,
});

/** Databases limit the parameters of a statement. */
const ROWS = 300;

export async function insertSeats(
  trx: Db,
  groupId: string,
  members: readonly SeenSeat[],
  joinedAt: number | null,
): Promise<void> {
  for (let at = 0; at < members.length; at += ROWS)
    await trx
      .insertInto('group_member')
      .values(
        members.slice(at, at + ROWS).map((member) => ({
          group_id: groupId,
          contact_id: member.contactId,
          name: member.name,
          left_at: null,
          joined_at: joinedAt,
          ...toNames(member),
        })),
      )
      .execute();
}

/** That somebody is in a group under a nickname: because they just spoke there. */
export async function recordSeat(db: Db, groupId: string, contactId: string, name: string): Promise<void> {
  await db
    .insertInto('group_member')
    .values({ group_id: groupId, contact_id: contactId, name, left_at: null })
    .onConflict((conflict) =>
      conflict
        .columns(['group_id', 'contact_id'])
        .doUpdateSet({ name, left_at: null })
        // Every message says so again: what is known already isn't written once more.
        .where((eb) =>
          eb.or([eb('group_member.name', '!=', name), eb('group_member.left_at', 'is not', null)]),
        ),
    )
    .execute();
}

/** Why nothing may be sent to a group now, or `undefined`. `wait`: it will be known soon. */
export async function standstillOf(
  db: Db,
  group: Group,
): Promise<{ readonly reason: string; readonly wait: boolean } | undefined> {
  if (group.state !== 'ok') return { reason: '账号重新登录后还没认出这个群，先不发', wait: false };
  const login = await lastLogin(db, group.account);
  if (!login || login.listed_at !== null || (group.seen_at ?? 0) >= login.at) return undefined;
  return { reason: '账号刚登录，正在认群', wait: true };
}

/** Since when an account has been logged in without having told all its groups: no id is sure; else `undefined`. */
export async function unlistedSince(db: Db, account: string): Promise<number | undefined> {
  const login = await lastLogin(db, account);
  return login?.listed_at === null ? login.at : undefined;
}

/** The last login of an account on which ids may change. */
export const lastLogin = (db: Db, account: string) =>
  db
    .selectFrom('account_login')
    .selectAll()
    .where('account', '=', account)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();

export interface SeatChange {
  readonly name: string;
  readonly change: 'joined' | 'left';
  readonly at: number;
}

/** Who joined or left a group since an instant, the last first. */
export async function listSeatChanges(db: Db, groupId: string, since: number): Promise<SeatChange[]> {
  const seats = await db
    .selectFrom('group_member')
    .select(['name', 'joined_at', 'left_at'])
    .where('group_id', '=', groupId)
    .where((eb) => eb.or([eb('joined_at', '>=', since), eb('left_at', '>=', since)]))
    .execute();
  return seats
    .flatMap(({ name, joined_at: joined, left_at: left }): SeatChange[] => [
      ...(joined !== null && joined >= since ? [{ name, change: 'joined' as const, at: joined }] : []),
      ...(left !== null && left >= since ? [{ name, change: 'left' as const, at: left }] : []),
    ])
    .toSorted((a, b) => b.at - a.at || a.change.localeCompare(b.change));
}

/** The first of a contact's groups that is enabled. */
export async function homeGroupOf(db: Db, account: string, contactId: string): Promise<string | undefined> {
  const seat = await db
    .selectFrom('group_member')
    .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
    .select('chat_group.id')
    .where('chat_group.account', '=', account)
    .where('chat_group.enabled', '=', 1)
    .where('group_member.contact_id', '=', contactId)
    .where('group_member.left_at', 'is', null)
    .orderBy('chat_group.created_at')
    .executeTakeFirst();
  return seat?.id;
}
