/** Friend requests and invitations into groups: told to the sink, accepted when it says so. */
import { type ChannelSink, NotSentError } from '../channel.ts';
import type { Puppet } from './vendor.ts';

type Live = <T extends unknown[]>(work: (...given: T) => Promise<void> | void) => (...given: T) => void;

/** `FriendshipType.Receive` of the vendor: somebody asks; the others tell how our own requests went. */
const RECEIVED = 2;

export function listenForRequests(
  puppet: Puppet,
  account: string,
  sink: () => ChannelSink | undefined,
  live: Live,
): void {
  puppet.on(
    'friendship',
    live(async ({ friendshipId }: { friendshipId: string }) => {
      const { type, contactId } = await puppet.friendshipPayload(friendshipId);
      if (Number(type) !== RECEIVED) return;
      await sink()?.friendRequest?.({ account, id: friendshipId, contactId });
    }),
  );
  puppet.on(
    'room-invite',
    live(async ({ roomInvitationId }: { roomInvitationId: string }) => {
      const { inviterId, topic } = await puppet.roomInvitationPayload(roomInvitationId);
      await sink()?.groupInvitation?.({ account, id: roomInvitationId, inviterId, topic });
    }),
  );
}

export async function acceptFriendship(puppet: Puppet | undefined, id: string): Promise<void> {
  if (!puppet) throw new NotSentError('账号不在线');
  await puppet.friendshipAccept(id);
}

export async function acceptRoomInvitation(puppet: Puppet | undefined, id: string): Promise<void> {
  if (!puppet) throw new NotSentError('账号不在线');
  await puppet.roomInvitationAccept(id);
}
