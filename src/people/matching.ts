/** What waits for a person after a login: which room is which group, which contact is whom. */
import { appendAudit } from '../db/audit.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { MatchItemTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import type { MoveFacts } from './certify.ts';
import { mergeGuest } from './certify.ts';
import { bindIdentity, closeIdentity } from './identities.ts';
import { adoptRoom, releaseHeld } from './relogin.ts';
import { type Actor, notFound, unitInScope } from './scope.ts';

export interface ListedMatch {
  readonly no: number;
  readonly kind: MatchItemTable['kind'];
  readonly account: string;
  /** Our group's key and topic. */
  readonly group: string | null;
  readonly topic: string | null;
  /** What the room is called now; for a person who they are to us. */
  readonly candidate: string;
  readonly member_id: string | null;
  readonly score: number;
  readonly reasons: readonly string[];
  readonly created_at: number;
}

const waiting = (db: Db, actor: Actor) =>
  db
    .selectFrom('match_item')
    .innerJoin('chat_group as ours', 'ours.id', 'match_item.group_id')
    .leftJoin('chat_group as room', (join) =>
      join.onRef('room.account', '=', 'match_item.account').onRef('room.room_id', '=', 'match_item.room_id'),
    )
    .leftJoin('member', 'member.id', 'match_item.member_id')
    .leftJoin('group_member as seat', (join) =>
      join
        .onRef('seat.group_id', '=', 'match_item.group_id')
        .onRef('seat.contact_id', '=', 'match_item.contact_id'),
    )
    .where('match_item.state', '=', 'waiting')
    // What somebody has pressed already waits for nobody, unless they take it back.
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('match_choice')
            .select('match_choice.id')
            .whereRef('match_choice.item_id', '=', 'match_item.id')
            .where('match_choice.undone_at', 'is', null)
            .where('match_choice.done_at', 'is', null),
        ),
      ),
    )
    .where(unitInScope(actor, 'ours.unit_id'));

/** In an actor's scope, the surest first. */
export async function listMatches(db: Db, actor: Actor): Promise<ListedMatch[]> {
  const rows = await waiting(db, actor)
    .select([
      'match_item.no',
      'match_item.kind',
      'match_item.account',
      'match_item.member_id',
      'match_item.score',
      'match_item.reasons',
      'match_item.created_at',
      'ours.key as group',
      'ours.topic',
      'room.topic as room_topic',
      'member.name as member_name',
      'seat.name as nickname',
    ])
    .orderBy('match_item.score', 'desc')
    .orderBy('match_item.no')
    .execute();
  return rows.map(({ room_topic: roomTopic, member_name: name, nickname, reasons, ...row }) => ({
    ...row,
    candidate: row.kind === 'group' ? (roomTopic ?? '') : `${nickname ?? ''} → ${name ?? ''}`,
    reasons: JSON.parse(reasons) as string[],
  }));
}

/** Throws `NotFoundError` for what doesn't wait, or not in the scope. */
export async function getItem(trx: Db, no: number, actor: Actor): Promise<MatchItemTable> {
  const found = await waiting(trx, actor)
    .selectAll('match_item')
    .where('match_item.no', '=', no)
    .executeTakeFirst();
  if (!found) throw notFound('match', no);
  return found;
}

/** Yes, it is that one. Throws `NotFoundError` outside the scope, `UserError` when it can't be any more. */
export async function acceptMatch(
  db: Db,
  no: number,
  actor: Actor,
  moveFacts: MoveFacts,
  now: number,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const item = await getItem(trx, no, actor);
    if (item.kind === 'group') await acceptRoom(trx, item, now);
    else await acceptPerson(trx, item, actor, moveFacts, now);
    await trx
      .updateTable('match_item')
      .set({ state: 'accepted', decided_at: now, decided_by: actor.who })
      .where('id', '=', item.id)
      .execute();
    await audit(trx, 'match.accept', item, actor, now);
  });
}

interface RoomOfGroup {
  readonly group_id: string;
  readonly room_id: string;
}

/** Throws `UserError` when the room can't be the group any more. */
export async function checkRoom(trx: Db, item: MatchItemTable): Promise<RoomOfGroup> {
  const { group_id: groupId, room_id: roomId } = item;
  if (groupId === null || roomId === null) throw new UserError('这一条说的群不在了');
  const room = await trx
    .selectFrom('chat_group')
    .select('id')
    .where('account', '=', item.account)
    .where('room_id', '=', roomId)
    .executeTakeFirst();
  if (!room || room.id === groupId) throw new UserError('这个群后来已经认出来了');
  const isUsed = await trx
    .selectFrom('delivery')
    .select('id')
    .where('group_id', '=', room.id)
    .executeTakeFirst();
  if (isUsed) throw new UserError('那个群已经当作另一个群在用了，不能再合到这里');
  return { group_id: groupId, room_id: roomId };
}

async function acceptRoom(trx: Db, item: MatchItemTable, now: number): Promise<void> {
  const { group_id: groupId, room_id: roomId } = await checkRoom(trx, item);
  // Whatever else this group or this room might have been, it isn't.
  await trx
    .updateTable('match_item')
    .set({ state: 'replaced', decided_at: now })
    .where('account', '=', item.account)
    .where('kind', '=', 'group')
    .where('state', '=', 'waiting')
    .where('id', '!=', item.id)
    .where((eb) => eb.or([eb('group_id', '=', groupId), eb('room_id', '=', roomId)]))
    .execute();
  await adoptRoom(trx, groupId, roomId, now);
}

async function acceptPerson(
  trx: Db,
  item: MatchItemTable,
  actor: Actor,
  moveFacts: MoveFacts,
  now: number,
): Promise<void> {
  const { account, contact_id: contactId, member_id: memberId } = item;
  if (contactId === null || memberId === null) throw new UserError('这一条说的人不在了');
  const member = await trx
    .selectFrom('member')
    .select(['status', 'erased_at', 'merged_into'])
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  if (member.erased_at !== null || member.merged_into !== null) throw new UserError('这一条说的人不在了');
  const before = await closeIdentity(trx, account, contactId, 'matched', now);
  await trx
    .updateTable('match_item')
    .set({ state: 'replaced', decided_at: now })
    .where('account', '=', account)
    .where('kind', '=', 'person')
    .where('state', '=', 'waiting')
    .where('id', '!=', item.id)
    .where((eb) => eb.or([eb('contact_id', '=', contactId), eb('member_id', '=', memberId)]))
    .execute();
  if (before && before.memberId !== memberId) {
    const move = { contacts: [{ account, contactId }], from: before.memberId, to: memberId };
    await moveFacts(trx, { ...move, cause: `match:${item.id}`, now });
    await mergeGuest(trx, before.memberId, memberId, now);
  }
  const how = member.status === 'guest' ? 'guest' : actor.memberId === null ? 'operator' : 'secretary';
  await bindIdentity(trx, { account, contactId, memberId, how }, now);
}

/** No, it isn't. A room that is none of ours then is a new one, and what was held of it is forgotten. */
export async function rejectMatch(db: Db, no: number, actor: Actor, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const item = await getItem(trx, no, actor);
    await trx
      .updateTable('match_item')
      .set({ state: 'rejected', decided_at: now, decided_by: actor.who })
      .where('id', '=', item.id)
      .execute();
    if (item.kind === 'group' && item.room_id !== null) {
      const other = await trx
        .selectFrom('match_item')
        .select('id')
        .where('account', '=', item.account)
        .where('room_id', '=', item.room_id)
        .where('state', '=', 'waiting')
        .executeTakeFirst();
      if (!other)
        await trx
          .updateTable('chat_group')
          .set({ state: 'ok' })
          .where('account', '=', item.account)
          .where('room_id', '=', item.room_id)
          .where('state', '=', 'unmatched')
          .execute();
      await releaseHeld(trx, item.account, now);
    }
    await audit(trx, 'match.reject', item, actor, now);
  });
}

const audit = (trx: Db, what: string, item: MatchItemTable, { who, via }: Actor, now: number) =>
  appendAudit(trx, {
    at: now,
    who,
    what,
    subject: item.member_id ?? item.group_id ?? item.id,
    after: { no: item.no, kind: item.kind, score: item.score },
    ...(via === undefined ? {} : { via }),
  });
