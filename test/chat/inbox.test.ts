/** The inbox on both databases: on disk before it is acknowledged, one commit for many, never a drop. */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openInbox } from '../../src/chat/inbox.ts';
import { HOUR, MINUTE } from '../../src/clock.ts';
import { type Classroom, openClassroom, says } from '../support/classroom.ts';
import { DIALECTS } from '../support/databases.ts';
import { obstruct } from '../support/obstruct.ts';
import { until } from '../support/wait.ts';

describe.each(DIALECTS)('the inbox on %s', (dialect) => {
  let room: Classroom;
  let commits: number;
  const open = () =>
    openInbox(
      room.db,
      () => room.clock.now(),
      () => (commits += 1),
    );
  beforeEach(async () => {
    room = await openClassroom(dialect);
    commits = 0;
  });
  afterEach(async () => {
    await room.close();
  });

  const rows = () => room.db.selectFrom('message').selectAll().orderBy('channel_id').execute();

  it('writes a burst in one commit', async () => {
    const inbox = open();
    await Promise.all(Array.from({ length: 300 }, () => inbox.write(says('1A', room.clock.now()))));
    expect(await rows()).toHaveLength(300);
    expect(commits).toBe(1);
  });

  it('lets messages that come turn after turn share a commit, and none wait for company', async () => {
    const inbox = open();
    const writes: Promise<void>[] = [];
    for (let at = 0; at < 20; at += 1) {
      writes.push(inbox.write(says('1A', room.clock.now())));
      await turnOfTheLoop();
    }
    await Promise.all(writes);
    expect(await rows()).toHaveLength(20);
    expect(commits).toBeLessThan(20);
    commits = 0;
    // Nobody else comes: it is written all the same.
    await inbox.write(says('2B', room.clock.now()));
    expect(commits).toBe(1);
  });

  it('keeps a message once that comes twice, together or later', async () => {
    const inbox = open();
    const message = says('1A', room.clock.now());
    await Promise.all([inbox.write(message), inbox.write(message)]);
    await inbox.write({ ...message, text: '1B' });
    expect(await rows()).toMatchObject([{ channel_id: message.id, text: '1A' }]);
    // The same id on another account is another message.
    await inbox.write({ ...message, account: 'wechaty:north' });
    expect(await rows()).toHaveLength(2);
  });

  it('takes the channel’s own time, but none from the future and none that is no time', async () => {
    const now = room.clock.now();
    const inbox = open();
    await inbox.write(says('1', now - 3 * HOUR, { id: 'a' }));
    await inbox.write(says('2', now + HOUR, { id: 'b' }));
    await inbox.write(says('3', Number.NaN, { id: 'c' }));
    await inbox.write(says('4', now - 0.4, { id: 'd' }));
    expect((await rows()).map((row) => row.sent_at - now)).toEqual([-3 * HOUR, 0, 0, 0]);
  });

  it('reads nothing in a group that is unknown or disabled', async () => {
    const { roomId } = await room.openRoom(0, HOUR);
    const inbox = open();
    await inbox.write(says('1A', 0, { id: 'a', roomId: 'elsewhere' }));
    await inbox.write(says('1A', 0, { id: 'b', roomId }));
    await room.db.updateTable('chat_group').set({ enabled: 0 }).execute();
    await inbox.write(says('1A', 0, { id: 'c', roomId }));
    expect((await rows()).map((row) => row.channel_id)).toEqual(['b']);
  });

  it('stores whatever people type', async () => {
    const inbox = open();
    const long = '茶'.repeat(100_000);
    for (const text of ["'; drop table message; --", '\u{1f375}\u200d\u{1f33c}', 'a\0b', '\ud800', long])
      await inbox.write(says(text, 0, { senderName: `${text.slice(0, 20)}\0` }));
    const kept = await room.db.selectFrom('message').select(['text', 'sender_name']).orderBy('id').execute();
    expect(kept.map(({ text }) => text)).toEqual([
      "'; drop table message; --",
      '\u{1f375}\u200d\u{1f33c}',
      'ab',
      '\ufffd',
      long,
    ]);
  });

  it('lets one that can not be stored reject alone', async () => {
    const inbox = open();
    const writes = [says('1A', 0), says('2B', 0, { contactId: null as never }), says('3C', 0)].map(
      (message) => inbox.write(message),
    );
    const results = await Promise.allSettled(writes);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await rows()).map(({ text }) => text)).toEqual(['1A', '3C']);
  });

  it('rejects while the database refuses, and takes the same message afterwards', async () => {
    const inbox = open();
    const messages = [says('1A', 0), says('2B', 0)];
    const { release, interrupt } = await obstruct(room, dialect);
    const writes = Promise.allSettled(messages.map((message) => inbox.write(message)));
    await interrupt();
    const results = await writes;
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await release();
    expect(await rows()).toEqual([]);
    await Promise.all(messages.map((message) => inbox.write(message)));
    expect(await rows()).toHaveLength(2);
  });

  it('says when what waited is written, also in a flood that does not end', async () => {
    const inbox = open();
    let written = 0;
    let isFlooding = true;
    const flood = Array.from({ length: 20 }, async () => {
      while (isFlooding) {
        await inbox.write(says('1A', room.clock.now()));
        written += 1;
        await turnOfTheLoop();
      }
    });
    await until(() => written > 100);
    await inbox.settled();
    isFlooding = false;
    await Promise.all(flood);
    await inbox.settled();
    expect(await rows()).toHaveLength(written);
  });

  it('gives a message the time of the test clock when it arrives', async () => {
    const inbox = open();
    room.clock.advance(MINUTE);
    await inbox.write(says('1A', room.clock.now() - MINUTE));
    expect(await rows()).toMatchObject([
      { received_at: room.clock.now(), sent_at: room.clock.now() - MINUTE, state: 'new', attempts: 0 },
    ]);
  });
});
