/** Carries out what was decided about friend requests and invitations, and tells admins of new ones. */
import type { Channel } from '../channels/channel.ts';
import { SECOND } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';
import {
  beginJoining,
  listAccepting,
  listDueFriends,
  settleFriend,
  settleInvitation,
} from '../people/reach.ts';
import { tellDeciders } from './notices.ts';

export const STRANGER = [
  '你好，我是小课，只为党支部群里的成员服务。',
  '如果你是成员，请发：认证 姓名 认证码（认证码找支部书记要）。',
].join('\n');

const ANSWER_WITHIN = 10 * SECOND;

export interface ReachParts {
  readonly db: Db;
  readonly log: Log;
  readonly now: () => number;
}

/** One friend at most and all accepted invitations of an account that is online. */
export async function carryOut({ db, log, now }: ReachParts, channel: Channel): Promise<void> {
  if (channel.status().state !== 'online') return;
  for (const request of channel.acceptFriend ? await listDueFriends(db, channel.account, now()) : []) {
    const failure = await attempt(() => channel.acceptFriend?.(request.channel_id));
    await settleFriend(db, request.id, failure === undefined ? 'accepted' : 'failed', now());
    if (failure !== undefined)
      log.warn({ account: channel.account, reason: failure }, 'a friend request could not be accepted');
  }
  for (const invitation of channel.acceptInvitation ? await listAccepting(db, channel.account, now()) : []) {
    if (!(await beginJoining(db, invitation.id))) continue;
    const failure = await attempt(() => channel.acceptInvitation?.(invitation.channel_id));
    await settleInvitation(db, invitation.id, failure === undefined ? 'accepted' : 'failed');
    if (failure !== undefined)
      log.warn({ account: channel.account, reason: failure }, 'an invitation could not be accepted');
  }
}

/** Gives why it failed. A channel that doesn't answer holds nobody up. */
async function attempt(work: () => Promise<void> | undefined): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer'), ANSWER_WITHIN);
  });
  try {
    return await Promise.race([Promise.resolve(work()).then(() => undefined, reasonOf), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tells those who rule the county that somebody wants the bot in a group. */
export const tellOfInvitation = async (db: Db, no: number, topic: string, now: number): Promise<number> =>
  await tellDeciders(
    db,
    null,
    {
      cause: `invitation:${no}`,
      text: `有人邀请我进群「${topic}」。同意：weike invitation accept ${no}；不同意：weike invitation reject ${no}。`,
    },
    now,
  );
