/**
 * The inbox: every inbound message is on disk before anything is done with it. Messages that arrive while a
 * commit is under way share the next one, so that a burst costs one sync per batch and not per message.
 */
import type { InboundMessage } from '../channels/channel.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { MessageTable } from '../db/tables.ts';

/** Rows of one insert: databases limit the parameters of a statement. */
const BATCH = 500;

export interface Inbox {
  /** Resolves when the message is committed; rejects when it could not be, so that the channel tries again. */
  write(message: InboundMessage): Promise<void>;
  /** Resolves when nothing is waiting to be written. */
  settled(): Promise<void>;
}

interface Waiting {
  readonly message: InboundMessage;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** `onWritten` is called after each commit that wrote something. */
export function openInbox(db: Db, now: () => number, onWritten: () => void): Inbox {
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;

  async function writeAll() {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH);
      try {
        await insertMessages(
          db,
          batch.map(({ message }) => message),
          now(),
        );
        for (const { resolve } of batch) resolve();
        onWritten();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = undefined;
  }

  return {
    write: (message) =>
      new Promise((resolve, reject) => {
        waiting.push({ message, resolve, reject });
        writing ??= Promise.resolve().then(writeAll);
      }),
    async settled() {
      while (writing) await writing;
    },
  };
}

/**
 * Writes messages of private chats and of enabled groups; a disabled group isn't read. One that is there
 * already (same account and id) stays as it is. The time of writing is never later than that of arrival.
 */
export async function insertMessages(
  db: Db,
  messages: readonly InboundMessage[],
  now: number,
): Promise<void> {
  const read = await onlyReadable(db, messages);
  if (read.length === 0) return;
  const rows = read.map((message): MessageTable => ({
    id: newId(),
    account: message.account,
    channel_id: message.id,
    room_id: message.roomId ?? null,
    contact_id: message.contactId,
    sender_name: message.senderName,
    kind: message.kind,
    text: message.text,
    mention: message.mention ? 1 : 0,
    sent_at: Math.min(message.sentAt, now),
    received_at: now,
    state: 'new',
    intent: null,
    handled_at: null,
  }));
  await db
    .insertInto('message')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['account', 'channel_id']).doNothing())
    .execute();
}

async function onlyReadable(db: Db, messages: readonly InboundMessage[]): Promise<InboundMessage[]> {
  const rooms = [...new Set(messages.flatMap(({ roomId }) => (roomId === undefined ? [] : [roomId])))];
  if (rooms.length === 0) return [...messages];
  const enabled = await db
    .selectFrom('chat_group')
    .select(['account', 'room_id'])
    .where('room_id', 'in', rooms)
    .where('enabled', '=', 1)
    .execute();
  const open = new Set(enabled.map((group) => `${group.account} ${group.room_id}`));
  return messages.filter(({ account, roomId }) => roomId === undefined || open.has(`${account} ${roomId}`));
}
