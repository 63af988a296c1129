/** Chat groups: listed when a channel first shows them, enabled by a person, never by themselves. */
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { Selectable } from '../db/sql.ts';

import type { ChatGroupTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';

export type Group = Selectable<ChatGroupTable>;

export interface SeenRoom {
  readonly account: string;
  readonly roomId: string;
  readonly topic: string;
  readonly members?: readonly { readonly contactId: string; readonly name: string }[];
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
}

/** All groups as `weike group list` shows them; `members` counts who is there now, the bot left out. */
export async function listGroups(db: Db, key?: string): Promise<ListedGroup[]> {
  const rows = await db
    .selectFrom('chat_group')
    .leftJoin('group_member', (join) =>
      join.onRef('group_member.group_id', '=', 'chat_group.id').on('group_member.left_at', 'is', null),
    )
    .select(({ fn }) => [
      'chat_group.key',
      'chat_group.account',
      'chat_group.topic',
      'chat_group.enabled',
      fn.count('group_member.contact_id').as('members'),
    ])
    .$if(key !== undefined, (query) => query.where('chat_group.key', '=', key ?? ''))
    .groupBy(['chat_group.id'])
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
  who: string,
  now: number,
): Promise<Group> {
  return await inTransaction(db, async (trx) => {
    const group = await getGroupByKey(trx, key);
    const flag = enabled ? 1 : 0;
    if (group.enabled === flag) return group;
    await trx.updateTable('chat_group').set({ enabled: flag }).where('id', '=', group.id).execute();
    const what = enabled ? 'group.enable' : 'group.disable';
    await appendAudit(trx, {
      at: now,
      who,
      what,
      subject: group.id,
      before: { enabled: !enabled },
      after: { enabled },
    });
    return { ...group, enabled: flag };
  });
}

/**
 * Writes down a group as a channel shows it: new ones disabled, under a key of their own; known ones with
 * their topic and roster brought up to date. People who are no longer there are marked as left.
 */
export async function recordSeenGroup(db: Db, seen: SeenRoom, now: number): Promise<Group> {
  return await inTransaction(db, async (trx) => {
    const group = (await findGroup(trx, seen.account, seen.roomId)) ?? (await addGroup(trx, seen, now));
    if (group.topic !== seen.topic && seen.topic !== '')
      await trx.updateTable('chat_group').set({ topic: seen.topic }).where('id', '=', group.id).execute();
    if (seen.members) await recordSeats(trx, group.id, seen.members, now);
    return group;
  });
}

async function addGroup(trx: Db, seen: SeenRoom, now: number): Promise<Group> {
  const group: Group = {
    id: newId(),
    key: `g${await takeNumbers(trx, 'group')}`,
    account: seen.account,
    room_id: seen.roomId,
    topic: seen.topic,
    unit_id: null,
    enabled: 0,
    created_at: now,
    state: 'ok',
    seen_at: now,
  };
  await trx.insertInto('chat_group').values(group).execute();
  return group;
}

async function recordSeats(trx: Db, groupId: string, members: NonNullable<SeenRoom['members']>, now: number) {
  const before = await trx.selectFrom('group_member').selectAll().where('group_id', '=', groupId).execute();
  const there = new Map(members.map((member) => [member.contactId, member.name]));
  const gone = before.filter((seat) => seat.left_at === null && !there.has(seat.contact_id));
  for (const seat of gone)
    await trx
      .updateTable('group_member')
      .set({ left_at: now })
      .where('group_id', '=', groupId)
      .where('contact_id', '=', seat.contact_id)
      .execute();
  const known = new Map(before.map((seat) => [seat.contact_id, seat]));
  for (const [contactId, name] of there) {
    const seat = known.get(contactId);
    if (seat?.left_at === null && seat.name === name) continue;
    await recordSeat(trx, groupId, contactId, name);
  }
}

/** That somebody is in a group under a nickname: from its roster, or because they just spoke there. */
export async function recordSeat(db: Db, groupId: string, contactId: string, name: string): Promise<void> {
  await db
    .insertInto('group_member')
    .values({ group_id: groupId, contact_id: contactId, name, left_at: null })
    .onConflict((conflict) =>
      conflict.columns(['group_id', 'contact_id']).doUpdateSet({ name, left_at: null }),
    )
    .execute();
}
