/**
 * Who may reach the bot: friend requests of people in enabled groups are accepted at a person's pace, invitations
 * into groups wait for an admin, strangers get one polite line and nothing more.
 */
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { FriendRequestTable, GroupInvitationTable } from '../db/tables.ts';
import { DAY, MINUTE, SECOND } from '../clock.ts';
import { UserError } from '../errors.ts';
import { readPolicy } from './policies.ts';
import { type Actor, isAtLeast, notFound } from './scope.ts';

/** Nobody reads a request within a second; between two of them goes more than a minute. */
const FIRST = { least: 20 * SECOND, jitter: 60 * SECOND };
const NEXT = { least: 90 * SECOND, jitter: 3 * MINUTE };

/** Whether a contact sits in a group that is enabled, or in any that isn't recognised yet. */
async function isAcquainted(db: Db, account: string, contactId: string): Promise<boolean> {
  const seat = await db
    .selectFrom('group_member')
    .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
    .select('chat_group.id')
    .where('chat_group.account', '=', account)
    .where('chat_group.enabled', '=', 1)
    .where('group_member.contact_id', '=', contactId)
    .where('group_member.left_at', 'is', null)
    .executeTakeFirst();
  return seat !== undefined;
}

/** Writes a friend request down; `random` in [0, 1) for the pace. Idempotent. */
export async function recordFriendRequest(
  db: Db,
  request: { readonly account: string; readonly id: string; readonly contactId: string },
  now: number,
  random: number,
): Promise<FriendRequestTable['state']> {
  return await inTransaction(db, async (trx) => {
    const { account, id, contactId } = request;
    const isWelcome = await isAcquainted(trx, account, contactId);
    const state = isWelcome ? 'waiting' : 'ignored';
    await trx
      .insertInto('friend_request')
      .values({
        id: newId(),
        account,
        channel_id: id,
        contact_id: contactId,
        state,
        due_at: isWelcome ? await dueAt(trx, account, now, random) : null,
        created_at: now,
        decided_at: isWelcome ? null : now,
      })
      .onConflict((conflict) => conflict.columns(['account', 'channel_id']).doNothing())
      .execute();
    return state;
  });
}

async function dueAt(trx: Db, account: string, now: number, random: number): Promise<number> {
  const { last } = await trx
    .selectFrom('friend_request')
    .select(({ fn }) => fn.max('due_at').as('last'))
    .where('account', '=', account)
    .executeTakeFirstOrThrow();
  const first = now + FIRST.least + Math.round(FIRST.jitter * random);
  return last === null ? first : Math.max(first, last + NEXT.least + Math.round(NEXT.jitter * random));
}

/** The friend requests of an account whose time has come, within what it may accept a day. */
export async function listDueFriends(db: Db, account: string, now: number): Promise<FriendRequestTable[]> {
  const most = await readPolicy(db, 'friends-a-day');
  const { count } = await db
    .selectFrom('friend_request')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account', '=', account)
    .where('state', '=', 'accepted')
    .where('decided_at', '>', now - DAY)
    .executeTakeFirstOrThrow();
  if (Number(count) >= most) return [];
  return await db
    .selectFrom('friend_request')
    .selectAll()
    .where('account', '=', account)
    .where('state', '=', 'waiting')
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(1)
    .execute();
}

export async function settleFriend(
  db: Db,
  id: string,
  state: Extract<FriendRequestTable['state'], 'accepted' | 'failed'>,
  now: number,
): Promise<void> {
  await db.updateTable('friend_request').set({ state, decided_at: now }).where('id', '=', id).execute();
}

/** Writes an invitation into a group down; gives its number when it is new. */
export async function recordInvitation(
  db: Db,
  invitation: {
    readonly account: string;
    readonly id: string;
    readonly inviterId: string;
    readonly topic: string;
  },
  now: number,
): Promise<number | undefined> {
  return await inTransaction(db, async (trx) => {
    const { account, id: channelId } = invitation;
    const known = await trx
      .selectFrom('group_invitation')
      .select('no')
      .where('account', '=', account)
      .where('channel_id', '=', channelId)
      .executeTakeFirst();
    if (known) return undefined;
    const no = await takeNumbers(trx, 'invitation');
    await trx
      .insertInto('group_invitation')
      .values({
        id: newId(),
        no,
        account,
        channel_id: channelId,
        inviter_id: invitation.inviterId,
        topic: invitation.topic,
        state: 'waiting',
        created_at: now,
        decided_at: null,
        decided_by: null,
      })
      .execute();
    return no;
  });
}

export type Invitation = GroupInvitationTable;

/** Invitations that wait, for whoever rules the county: a group that nobody has yet belongs to no unit. */
export async function listInvitations(db: Db, actor: Actor): Promise<Invitation[]> {
  if (!isAtLeast(actor, 'county')) return [];
  return await db
    .selectFrom('group_invitation')
    .selectAll()
    .where('state', '=', 'waiting')
    .orderBy('no')
    .execute();
}

/** Accepts (the server does it at its next round) or turns down. Throws `NotFoundError`. */
export async function decideInvitation(
  db: Db,
  no: number,
  accepted: boolean,
  actor: Actor,
  now: number,
): Promise<Invitation> {
  return await inTransaction(db, async (trx) => {
    const decided = isAtLeast(actor, 'county')
      ? await trx
          .updateTable('group_invitation')
          .set({ state: accepted ? 'accepting' : 'rejected', decided_at: now, decided_by: actor.who })
          .where('no', '=', no)
          .where('state', '=', 'waiting')
          .returningAll()
          .executeTakeFirst()
      : undefined;
    if (!decided) throw notFound('invitation', no);
    await appendAudit(trx, {
      at: now,
      who: actor.who,
      via: actor.via ?? '',
      what: accepted ? 'invitation.accept' : 'invitation.reject',
      subject: decided.id,
      after: { account: decided.account },
    });
    return decided;
  });
}

/**
 * Takes a decision back: the invitation waits again. Throws `UserError` once the channel is told that we come: who is
 * in a group can only be asked out of it there.
 */
export async function reopenInvitation(db: Db, no: number, actor: Actor, now: number): Promise<Invitation> {
  return await inTransaction(db, async (trx) => {
    const known = isAtLeast(actor, 'county')
      ? await trx.selectFrom('group_invitation').selectAll().where('no', '=', no).executeTakeFirst()
      : undefined;
    if (!known) throw notFound('invitation', no);
    const reopened = await trx
      .updateTable('group_invitation')
      .set({ state: 'waiting', decided_at: null, decided_by: null })
      .where('id', '=', known.id)
      .where('state', 'in', ['accepting', 'rejected'])
      .where('decided_by', '=', actor.who)
      .returningAll()
      .executeTakeFirst();
    if (!reopened)
      throw new UserError('the invitation was answered already', {
        said: '已经进群了，收不回来。不用它，就在群里把小课移出去',
      });
    await appendAudit(trx, {
      at: now,
      who: actor.who,
      via: actor.via ?? '',
      what: 'invitation.reopen',
      subject: known.id,
      before: { state: known.state },
      after: { account: known.account },
    });
    return reopened;
  });
}

/** How long after a person's yes nobody is told of it yet, so that it can be taken back, ms. */
export const SECOND_THOUGHTS = 30 * SECOND;

/** What a person has accepted a moment ago and the channel has not been told yet. */
export const listAccepting = (db: Db, account: string, now: number): Promise<Invitation[]> =>
  db
    .selectFrom('group_invitation')
    .selectAll()
    .where('account', '=', account)
    .where('state', 'in', ['accepting', 'joining'])
    .where('decided_at', '<=', now - SECOND_THOUGHTS)
    .orderBy('no')
    .execute();

/** From now on it can't be taken back. Says whether it still holds. */
export async function beginJoining(db: Db, id: string): Promise<boolean> {
  const begun = await db
    .updateTable('group_invitation')
    .set({ state: 'joining' })
    .where('id', '=', id)
    .where('state', 'in', ['accepting', 'joining'])
    .returning('id')
    .executeTakeFirst();
  return begun !== undefined;
}

export async function settleInvitation(db: Db, id: string, state: 'accepted' | 'failed'): Promise<void> {
  await db.updateTable('group_invitation').set({ state }).where('id', '=', id).execute();
}

/**
 * Whether whoever writes in private is a stranger: in no enabled group of the account and on no roster. While an
 * account has groups that aren't recognised, nobody is.
 */
export async function isStranger(
  db: Db,
  { account, contactId }: { readonly account: string; readonly contactId: string },
): Promise<boolean> {
  if (await isAcquainted(db, account, contactId)) return false;
  const bound = await db
    .selectFrom('identity')
    .innerJoin('member', 'member.id', 'identity.member_id')
    .select('identity.id')
    .where('identity.account', '=', account)
    .where('identity.contact_id', '=', contactId)
    .where('identity.closed_at', 'is', null)
    .where('member.status', '!=', 'guest')
    .executeTakeFirst();
  if (bound) return false;
  const unsure = await db
    .selectFrom('chat_group')
    .select('id')
    .where('account', '=', account)
    .where('state', '!=', 'ok')
    .executeTakeFirst();
  return unsure === undefined;
}

/** Whether a stranger is to get the one line now; true once. */
export async function greetOnce(
  db: Db,
  { account, contactId }: { readonly account: string; readonly contactId: string },
  now: number,
): Promise<boolean> {
  const first = await db
    .insertInto('greeted')
    .values({ account, contact_id: contactId, at: now })
    .onConflict((conflict) => conflict.columns(['account', 'contact_id']).doNothing())
    .returning('at')
    .executeTakeFirst();
  return first !== undefined;
}
