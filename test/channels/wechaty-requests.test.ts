/** What a puppet tells of friend requests and invitations, and how they are accepted. */
import { types } from 'wechaty-puppet';
import { afterEach, beforeEach, expect, it } from 'vitest';

import type { FriendRequest, GroupInvitation } from '../../src/channels/channel.ts';
import { NotSentError } from '../../src/channels/channel.ts';
import {
  acceptFriendship,
  acceptRoomInvitation,
  listenForRequests,
} from '../../src/channels/wechaty/requests.ts';
import { makeMockChat, type MockChat } from '../support/mock-chat.ts';
import { until } from '../support/wait.ts';

const requests: FriendRequest[] = [];
const invitations: GroupInvitation[] = [];
let chat: MockChat;

beforeEach(() => {
  requests.length = 0;
  invitations.length = 0;
  chat = makeMockChat();
  const puppet = chat.puppet as never;
  listenForRequests(
    puppet,
    'wechaty',
    () => ({
      message: async () => undefined,
      echo: async () => undefined,
      group: async () => undefined,
      friendRequest: async (request) => void requests.push(request),
      groupInvitation: async (invitation) => void invitations.push(invitation),
    }),
    (work) =>
      (...given) =>
        void work(...given),
  );
});
afterEach(() => {
  chat.puppet.removeAllListeners();
});

it('tells of somebody who asks, not of our own requests', async () => {
  const payloads: Record<string, object> = {
    asks: { id: 'asks', contactId: 'p01', type: types.Friendship.Receive, ticket: 't', timestamp: 1 },
    ours: { id: 'ours', contactId: 'p02', type: types.Friendship.Confirm, timestamp: 1 },
  };
  chat.puppet.friendshipPayload = (async (id: string) => payloads[id]) as never;
  chat.puppet.emit('friendship', { friendshipId: 'ours' });
  chat.puppet.emit('friendship', { friendshipId: 'asks' });
  await until(() => requests.length > 0);
  expect(requests).toEqual([{ account: 'wechaty', id: 'asks', contactId: 'p01' }]);
});

it('tells of an invitation, and accepts what it is told to', async () => {
  const done: string[] = [];
  chat.puppet.roomInvitationPayload = (async (id: string) => ({
    id,
    inviterId: 'p01',
    topic: '电商群',
  })) as never;
  chat.puppet.roomInvitationAccept = async (id: string) => void done.push(id);
  chat.puppet.friendshipAccept = async (id: string) => void done.push(id);
  chat.puppet.emit('room-invite', { roomInvitationId: 'i1' });
  await until(() => invitations.length > 0);
  expect(invitations).toEqual([{ account: 'wechaty', id: 'i1', inviterId: 'p01', topic: '电商群' }]);
  await acceptRoomInvitation(chat.puppet, 'i1');
  await acceptFriendship(chat.puppet, 'f1');
  expect(done).toEqual(['i1', 'f1']);
  await expect(acceptFriendship(undefined, 'f1')).rejects.toThrow(NotSentError);
});
