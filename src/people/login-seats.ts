/**
 * What a login is judged by: who sat in each group when it came, and who was shown there first after it. It stays
 * as it was however late the last group shows up, while the seats themselves go on changing.
 */
import type { Db } from '../db/open.ts';
import type { Selectable } from '../db/sql.ts';
import type { AccountLoginTable } from '../db/tables.ts';
import { lastLogin, type SeenSeat } from './groups.ts';
import { nameKey, type PairedRoom, type Seat } from './match.ts';

export type Login = Selectable<AccountLoginTable>;

const ofAccount = (trx: Db, account: string) =>
  trx.selectFrom('chat_group').select('id').where('account', '=', account);

/**
 * Keeps who sits where as a new login begins. A group that the login before never showed is kept as it was then;
 * when that one moved ids, only the names of it go on meaning anything.
 */
export async function keepSeatsBefore(trx: Db, account: string): Promise<void> {
  const before = await lastLogin(trx, account);
  const groups = ofAccount(trx, account);
  const shown = groups.where('state', '=', 'ok').where('seen_at', '>=', before?.at ?? 0);
  await trx
    .deleteFrom('login_seat')
    .where((eb) =>
      eb.or([eb.and([eb('side', '=', 'after'), eb('group_id', 'in', groups)]), eb('group_id', 'in', shown)]),
    )
    .execute();
  if (before !== undefined && (before.changed === 1 || before.contacts_moved > 0)) {
    const kept = trx
      .selectFrom('login_seat')
      .select('group_id')
      .where('side', '=', 'before')
      .where('group_id', 'in', groups);
    await trx.deleteFrom('login_seat').where('side', '=', 'old').where('group_id', 'in', kept).execute();
    await trx
      .updateTable('login_seat')
      .set({ side: 'old' })
      .where('side', '=', 'before')
      .where('group_id', 'in', groups)
      .execute();
  }
  await trx
    .insertInto('login_seat')
    .columns(['group_id', 'side', 'contact_id', 'name', 'own_name', 'remark'])
    .expression((eb) =>
      eb
        .selectFrom('group_member')
        .select((of) => ['group_id', of.val('before').as('side'), 'contact_id', 'name', 'own_name', 'remark'])
        .where('left_at', 'is', null)
        .where('group_id', 'in', shown),
    )
    .execute();
}

/** Databases limit the parameters of a statement. */
const ROWS = 300;

/** Keeps who was shown in a room first; what comes later in the same login changes nothing. */
export async function noteShown(trx: Db, groupId: string, members: readonly SeenSeat[]): Promise<void> {
  const seats = [...new Map(members.map((member) => [member.contactId, member])).values()];
  if (seats.length === 0 || (await isShown(trx, groupId))) return;
  for (let at = 0; at < seats.length; at += ROWS)
    await trx
      .insertInto('login_seat')
      .values(
        seats.slice(at, at + ROWS).map(({ contactId, name, ownName, remark }) => ({
          group_id: groupId,
          side: 'after' as const,
          contact_id: contactId,
          name,
          own_name: ownName || null,
          remark: remark || null,
        })),
      )
      .execute();
}

export async function isShown(trx: Db, groupId: string): Promise<boolean> {
  const seat = await trx
    .selectFrom('login_seat')
    .select('contact_id')
    .where('group_id', '=', groupId)
    .where('side', '=', 'after')
    .executeTakeFirst();
  return seat !== undefined;
}

/** A room that waited to be recognised is another group's now. */
export const forgetShown = (trx: Db, groupId: string) =>
  trx.deleteFrom('login_seat').where('group_id', '=', groupId).execute();

/**
 * All rooms of the account as they were and as the login has shown them so far; and the names in groups that no
 * login has shown for so long that their ids mean nothing.
 */
export async function readEvidence(
  trx: Db,
  account: string,
): Promise<{ rooms: PairedRoom[]; formerly: Set<string> }> {
  const rows = await trx
    .selectFrom('login_seat')
    .innerJoin('chat_group', 'chat_group.id', 'login_seat.group_id')
    .selectAll('login_seat')
    .where('chat_group.account', '=', account)
    .orderBy('login_seat.group_id')
    .orderBy('login_seat.contact_id')
    .execute();
  const rooms = new Map<string, { groupId: string; before: Seat[]; after: Seat[] }>();
  const formerly = new Set<string>();
  for (const { group_id: groupId, side, contact_id: contactId, name, own_name: ownName, remark } of rows) {
    if (side === 'old') {
      formerly.add(nameKey(name));
      continue;
    }
    const room = rooms.get(groupId) ?? { groupId, before: [], after: [] };
    rooms.set(groupId, room);
    const seat = { contactId, nickname: name, ownName: ownName ?? undefined, remark: remark ?? undefined };
    room[side].push(seat);
  }
  return { rooms: [...rooms.values()], formerly };
}
