/**
 * The inbox: every inbound message is on disk before anything is done with it. Messages that arrive together
 * or while a commit is under way share the next one, so that a burst costs one sync per batch and not per
 * message. Nothing is ever dropped: whoever writes waits for the commit, and that is what holds a flood back.
 */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';

import type { InboundMessage } from '../channels/channel.ts';
import { newId } from '../db/ids.ts';
import { isDatabaseFault } from '../db/faults.ts';
import type { Db } from '../db/open.ts';
import { readStates } from '../people/reading.ts';
import type { MessageTable } from '../db/tables.ts';

/** Rows of one insert: databases limit the parameters of a statement. */
const BATCH = 500;
/** The longest that a message waits for others to share its commit, ms. */
const GATHER = 5;

export interface Inbox {
  /**
   * Resolves when the message is committed; rejects when it could not be, so that the channel offers it again.
   * The message is held in memory until then: a caller keeps the number that it has under way bounded.
   */
  write(message: InboundMessage): Promise<void>;
  /** Resolves when everything that waited at the time of the call is written or was refused. */
  settled(): Promise<void>;
}

interface Waiting {
  readonly message: InboundMessage;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** `onWritten` is called after each commit that wrote something. */
export function openInbox(db: Db, now: () => number, onWritten: () => void): Inbox {
  const waiting: Waiting[] = [];
  /** Who asked to be told once the first `count` messages of all are dealt with. */
  let watchers: { readonly count: number; readonly tell: () => void }[] = [];
  let taken = 0;
  let dealtWith = 0;
  let isWriting = false;

  async function writeAll(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      await gather();
      const batch = waiting.splice(0, BATCH);
      await writeBatch(batch);
      dealtWith += batch.length;
      for (const { count, tell } of watchers) if (count <= dealtWith) tell();
      watchers = watchers.filter(({ count }) => count > dealtWith);
    }
    isWriting = false;
  }

  /** Waits as long as turns of the event loop bring more, up to `GATHER`: a lone message goes at once. */
  async function gather(): Promise<void> {
    const until = performance.now() + GATHER;
    // Two turns: what another part does in one of them is seen in the next.
    for (let quiet = 0; quiet < 2 && waiting.length < BATCH && performance.now() < until;) {
      const seen = waiting.length;
      await turnOfTheLoop();
      quiet = waiting.length > seen ? 0 : quiet + 1;
    }
  }

  async function writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      await insertMessages(
        db,
        batch.map(({ message }) => message),
        now(),
      );
    } catch (error) {
      if (batch.length === 1 || isDatabaseFault(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      // One that can't be stored doesn't keep the others out.
      for (const one of batch) await writeBatch([one]);
      return;
    }
    for (const { resolve } of batch) resolve();
    onWritten();
  }

  return {
    write: (message) =>
      new Promise((resolve, reject) => {
        waiting.push({ message, resolve, reject });
        taken += 1;
        if (!isWriting) void writeAll();
      }),
    settled: () =>
      new Promise((resolve) => {
        if (taken === dealtWith) resolve();
        else watchers.push({ count: taken, tell: resolve });
      }),
  };
}

/**
 * Writes messages of private chats and of enabled groups; a disabled group isn't read. One that is there
 * already (same account and id) stays as it is. The time of writing is never later than that of arrival. What comes
 * while nobody knows yet which room is which group after a login is held.
 */
export async function insertMessages(
  db: Db,
  messages: readonly InboundMessage[],
  now: number,
): Promise<void> {
  const states = await readStates(db, messages);
  const rows = messages.flatMap((message, index) => {
    const state = states[index];
    return state === undefined ? [] : [toRow(message, state, now)];
  });
  if (rows.length === 0) return;
  await db
    .insertInto('message')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['account', 'channel_id']).doNothing())
    .execute();
}

const toRow = (message: InboundMessage, state: 'new' | 'held', now: number): MessageTable => ({
  id: newId(),
  account: message.account,
  channel_id: message.id,
  room_id: message.roomId ?? null,
  contact_id: message.contactId,
  sender_name: storable(message.senderName),
  kind: message.kind,
  text: storable(message.text),
  mention: message.mention ? 1 : 0,
  sent_at: writtenAt(message.sentAt, now),
  received_at: now,
  state,
  attempts: 0,
  try_at: null,
  intent: null,
  handled_at: null,
});

/** PostgreSQL takes no U+0000 in a text, and SQLite's functions end there. */
const storable = (text: string): string => text.replaceAll('\0', '');

/** The channel's own time in whole ms: one from the future, or none at all, is the time of arrival. */
const writtenAt = (sentAt: number, now: number): number =>
  Number.isFinite(sentAt) ? Math.min(Math.round(sentAt), now) : now;
