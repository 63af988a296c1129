/** What the puppet knows of messages, rooms and people, in the words of the port. */
import type { Echo, InboundMessage, SeenGroup, SeenMember } from '../channel.ts';
import { callsByName } from './mention.ts';
import type { Puppet, Vendor } from './vendor.ts';

/** Seconds or milliseconds, whichever the puppet gives. */
const toMs = (timestamp: number): number => Math.round(timestamp < 1e11 ? timestamp * 1_000 : timestamp);

type Payload = Awaited<ReturnType<Puppet['messagePayload']>>;

const senderOf = (payload: Payload): string => payload.talkerId ?? payload.fromId ?? '';

/** A message as the port has it: somebody else's, or our own come back. */
export async function readMessage(
  puppet: Puppet,
  vendor: Vendor,
  account: string,
  id: string,
): Promise<{ inbound: InboundMessage } | { echo: Echo } | undefined> {
  const payload = await puppet.messagePayload(id);
  const contactId = senderOf(payload);
  const roomId = payload.roomId || undefined;
  const kind = kindOf(payload.type, vendor);
  const at = toMs(payload.timestamp);
  if (contactId === '') return undefined;
  if (contactId === puppet.currentUserId) {
    const to = payload.listenerId ?? payload.toId ?? '';
    if (kind !== 'text' && kind !== 'picture') return undefined;
    const target = roomId ? { kind: 'group' as const, roomId } : { kind: 'private' as const, contactId: to };
    return { echo: { account, id, target, kind, text: kind === 'text' ? (payload.text ?? '') : '', at } };
  }
  const text = kind === 'text' || kind === 'recall' ? (payload.text ?? '') : '';
  const inbound: InboundMessage = {
    account,
    id,
    ...(roomId ? { roomId } : {}),
    contactId,
    senderName: await nameOf(puppet, contactId, roomId),
    kind,
    text,
    mention: roomId !== undefined && kind === 'text' && (await isMentioned(puppet, payload, roomId, text)),
    sentAt: at,
  };
  return { inbound };
}

function kindOf(type: number, { messageTypes }: Vendor): InboundMessage['kind'] {
  if (type === messageTypes.text) return 'text';
  if (type === messageTypes.image) return 'picture';
  return type === messageTypes.recalled ? 'recall' : 'other';
}

/** The nickname in the room, else the own name, else the id: a name that can't be had loses no message. */
export async function nameOf(puppet: Puppet, contactId: string, roomId?: string): Promise<string> {
  try {
    const member = roomId === undefined ? undefined : await puppet.roomMemberPayload(roomId, contactId);
    const name = member?.roomAlias || member?.name || (await puppet.contactPayload(contactId)).name;
    return name.trim() || contactId;
  } catch {
    return contactId;
  }
}

/** By ids where the puppet gives them; else by name, unless somebody else in the room has the same. */
async function isMentioned(puppet: Puppet, payload: Payload, roomId: string, text: string): Promise<boolean> {
  const ids = 'mentionIdList' in payload ? (payload.mentionIdList ?? []) : [];
  if (ids.length > 0) return ids.includes(puppet.currentUserId);
  if (!text.includes('@')) return false;
  const names = await namesOfSelf(puppet, roomId);
  if (!callsByName(text, names)) return false;
  const { members = [] } = await readGroup(puppet, '', roomId);
  return !members.some(({ name }) => names.includes(name));
}

async function namesOfSelf(puppet: Puppet, roomId: string): Promise<string[]> {
  const own = await nameOf(puppet, puppet.currentUserId);
  const here = await nameOf(puppet, puppet.currentUserId, roomId);
  return [...new Set([own, here])];
}

/** By which somebody is known again when all ids have changed. */
async function readNames(puppet: Puppet, contactId: string): Promise<Pick<SeenMember, 'ownName' | 'remark'>> {
  try {
    const { name, alias } = await puppet.contactPayload(contactId);
    return { ...(name ? { ownName: name } : {}), ...(alias ? { remark: alias } : {}) };
  } catch {
    return {};
  }
}

/** A room with its topic and everybody but the bot. */
export async function readGroup(puppet: Puppet, account: string, roomId: string): Promise<SeenGroup> {
  const room = await puppet.roomPayload(roomId);
  const ids = (await puppet.roomMemberList(roomId)).filter((id) => id !== puppet.currentUserId);
  const members = await Promise.all(
    ids.map(async (contactId) => ({
      contactId,
      name: await nameOf(puppet, contactId, roomId),
      ...(await readNames(puppet, contactId)),
    })),
  );
  return { account, roomId, topic: room.topic ?? '', members };
}
