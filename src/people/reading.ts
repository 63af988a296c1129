/** Which messages are read: those of private chats and enabled groups, once it is known which room is which. */
import type { Db } from '../db/open.ts';
import { lastLogin } from './groups.ts';

interface Said {
  readonly account: string;
  readonly roomId?: string;
  readonly contactId: string;
}

/**
 * For each message `new` (to be handled), `held` (kept until it is known where it belongs) or `undefined` (not to be
 * read). Without a login under which ids may have changed nothing is ever held.
 */
export async function readStates(db: Db, messages: readonly Said[]): Promise<('new' | 'held' | undefined)[]> {
  const accounts = [...new Set(messages.map(({ account }) => account))];
  const unlisted = new Map<string, number>();
  for (const account of accounts) {
    const login = await lastLogin(db, account);
    if (login && login.listed_at === null) unlisted.set(account, login.at);
  }
  const rooms = [...new Set(messages.flatMap(({ roomId }) => (roomId === undefined ? [] : [roomId])))];
  const groups =
    rooms.length === 0
      ? []
      : await db
          .selectFrom('chat_group')
          .select(['account', 'room_id', 'enabled', 'state', 'seen_at'])
          .where('room_id', 'in', rooms)
          .execute();
  const byRoom = new Map(groups.map((group) => [`${group.account} ${group.room_id}`, group]));
  const known = unlisted.size === 0 ? new Set<string>() : await readKnownContacts(db, unlisted);
  const withGroups = unlisted.size === 0 ? new Set<string>() : await readAccountsWithGroups(db, unlisted);
  return messages.map(({ account, roomId, contactId }) => {
    const since = unlisted.get(account);
    if (roomId === undefined)
      return since === undefined || !withGroups.has(account) || known.has(`${account} ${contactId}`)
        ? 'new'
        : 'held';
    const group = byRoom.get(`${account} ${roomId}`);
    if (group?.state === 'unmatched') return 'held';
    const isSeen = since === undefined || (group?.seen_at ?? 0) >= since;
    if (isSeen) return group?.enabled === 1 && group.state === 'ok' ? 'new' : undefined;
    return group ? (group.enabled === 1 ? 'held' : undefined) : withGroups.has(account) ? 'held' : undefined;
  });
}

/** Contacts in groups that the login has shown to be the same. */
async function readKnownContacts(db: Db, unlisted: ReadonlyMap<string, number>): Promise<Set<string>> {
  const known = new Set<string>();
  for (const [account, since] of unlisted) {
    const seats = await db
      .selectFrom('group_member')
      .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
      .select('group_member.contact_id')
      .distinct()
      .where('chat_group.account', '=', account)
      .where('chat_group.seen_at', '>=', since)
      .where('group_member.left_at', 'is', null)
      .execute();
    for (const { contact_id: contactId } of seats) known.add(`${account} ${contactId}`);
  }
  return known;
}

/** Accounts that have anything to be taken for something else. */
async function readAccountsWithGroups(db: Db, unlisted: ReadonlyMap<string, number>): Promise<Set<string>> {
  const rows = await db
    .selectFrom('chat_group')
    .select('account')
    .distinct()
    .where('account', 'in', [...unlisted.keys()])
    .where('enabled', '=', 1)
    .execute();
  return new Set(rows.map(({ account }) => account));
}
