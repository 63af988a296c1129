/** What the sandbox does beyond the contract of all channels: its world, its log, and what survives a crash. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openSandbox, type SandboxChannel } from '../../src/channels/sandbox/sandbox.ts';
import { seedSandbox } from '../../src/channels/sandbox/seed.ts';
import { SANDBOX_WORLD } from '../../src/channels/sandbox/world.ts';
import { systemClock } from '../../src/clock.ts';
import { UserError } from '../../src/errors.ts';
import { nameInNickname } from '../../src/people/nickname.ts';
import { recordingSink } from '../contracts/harness.ts';
import { DIALECTS, openTestDb, type TestDb } from '../support/databases.ts';

const ROOM = { roomId: 'huacha@sandbox' };

describe('the made-up world', () => {
  const people = SANDBOX_WORLD.rooms.flatMap((room) => room.people);

  it('has three groups of twelve, each with a name of their own that the nickname tells', () => {
    expect(SANDBOX_WORLD.rooms.map((room) => room.people.length)).toEqual([12, 12, 12]);
    expect(new Set(people.map(({ name }) => name)).size).toBe(36);
    expect(new Set(people.map(({ id }) => id)).size).toBe(36);
    for (const { name, nickname } of people) expect(nameInNickname(nickname)).toBe(name);
  });
});

describe.each(DIALECTS)('the log of the sandbox on %s', (dialect) => {
  let test: TestDb;
  let sandbox: SandboxChannel;
  let heard: ReturnType<typeof recordingSink>;
  beforeEach(async () => {
    test = await openTestDb(dialect);
    sandbox = openSandbox({ db: test.db, clock: systemClock });
    heard = recordingSink();
    await sandbox.start(heard.sink);
  });
  afterEach(async () => {
    await sandbox.stop();
    await test.close();
  });

  it('is seeded once, however often', async () => {
    await seedSandbox(test.db, 1);
    await seedSandbox(test.db, 2);
    const seats = await test.db.selectFrom('sandbox_seat').selectAll().execute();
    expect(seats).toHaveLength(36);
  });

  it('keeps the order in which things were said at the same moment', async () => {
    const told: string[] = [];
    sandbox.subscribe(ROOM, ({ id }) => told.push(id));
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, index) => sandbox.say('huacha-01', ROOM, `第 ${index} 句`)),
    );
    const messages = await sandbox.messages(ROOM, { limit: 100 });
    expect(messages.map(({ text }) => text)).toEqual(ids.map((_, index) => `第 ${index} 句`));
    expect(told).toEqual(ids);
    expect(ids.toSorted()).toEqual(ids);
  });

  it('reads after an id, before an id, and several chats together', async () => {
    const ids: string[] = [];
    for (let at = 0; at < 6; at += 1)
      ids.push(await sandbox.say('huacha-01', at % 2 ? 'private' : ROOM, `${at}`));
    await sandbox.say('huacha-02', 'private', '别人的');
    const both = [ROOM, { contactId: 'huacha-01' }];
    const texts = async (span: { before?: string; after?: string; limit: number }) =>
      (await sandbox.messages(both, span)).map(({ text }) => text).join('');
    expect(await texts({ limit: 10 })).toBe('012345');
    expect(await texts({ limit: 2 })).toBe('45');
    expect(await texts({ after: ids[1] ?? '', limit: 2 })).toBe('23');
    expect(await texts({ before: ids[4] ?? '', limit: 2 })).toBe('23');
  });

  it('offers again at the next start what a crash kept from the inbox, and nothing of the bot', async () => {
    const crashing = openSandbox({ db: test.db, clock: systemClock });
    const before = await crashing.say('huacha-01', ROOM, '崩溃以前说的 @小课');
    await sandbox.send({ kind: 'group', ...ROOM }, { kind: 'text', text: '小课说的' });
    const next = openSandbox({ db: test.db, clock: systemClock });
    const again = recordingSink();
    await next.start(again.sink);
    expect(again.messages).toMatchObject([{ id: before, ...ROOM, contactId: 'huacha-01', mention: true }]);
    expect(again.echoes).toEqual([]);
    await next.stop();
  });

  it('knows what it said, for whoever has to find out after a crash', async () => {
    const since = Date.now();
    await sandbox.say('huacha-01', ROOM, '不是小课说的');
    const { messageId } = await sandbox.send({ kind: 'group', ...ROOM }, { kind: 'text', text: '小课说的' });
    const target = { kind: 'group', ...ROOM } as const;
    expect(await sandbox.history?.(target, since)).toMatchObject([
      { id: messageId, text: '小课说的', target },
    ]);
    expect(await sandbox.history?.(target, Date.now() + 60_000)).toEqual([]);
    expect(await sandbox.history?.({ kind: 'private', contactId: 'huacha-01' }, 0)).toEqual([]);
  });

  it('says one thing once for one key, also after a restart', async () => {
    const id = await sandbox.say('huacha-01', ROOM, '打卡', { key: 'k1k1k1k1' });
    await sandbox.stop();
    const next = openSandbox({ db: test.db, clock: systemClock });
    await next.start(recordingSink().sink);
    expect(await next.say('huacha-01', ROOM, '打卡', { key: 'k1k1k1k1' })).toBe(id);
    expect(await next.messages(ROOM, { limit: 9 })).toHaveLength(1);
    await next.stop();
  });

  it('lets nobody speak in a group that they are not in', async () => {
    await expect(sandbox.say('cuntao-01', ROOM, '我不在这')).rejects.toBeInstanceOf(UserError);
    await expect(sandbox.say('nobody', 'private', '谁')).rejects.toBeInstanceOf(UserError);
    expect(await sandbox.messages(ROOM, { limit: 9 })).toEqual([]);
  });

  it('sends only pictures from the lessons’ folder', async () => {
    const withFolder = openSandbox({ db: test.db, clock: systemClock, lessonsDir: '/srv/lessons' });
    await withFolder.start(recordingSink().sink);
    const send = (path: string) =>
      withFolder.send({ kind: 'group', ...ROOM }, { kind: 'picture', path, alt: '图' });
    for (const path of ['/etc/passwd', '/srv/lessons', '/srv/lessons/../secret.png', '/srv/lessons-2/a.png'])
      await expect(send(path)).rejects.toThrow('图片不在课程文件夹里');
    await withFolder.stop();
  });

  it('stops telling whoever no longer listens', async () => {
    const told: string[] = [];
    const end = sandbox.subscribe(ROOM, ({ text }) => told.push(text));
    await sandbox.say('huacha-01', ROOM, '一');
    end();
    end();
    await sandbox.say('huacha-01', ROOM, '二');
    expect(told).toEqual(['一']);
  });
});
