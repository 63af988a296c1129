/** What `/healthz` tells: down, degraded or well, and nothing that is a key. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Channel, ChannelStatus } from '../src/channels/channel.ts';
import { systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import { readHealth } from '../src/health.ts';
import { recordSeenGroup } from '../src/people/groups.ts';
import { NotSentError } from '../src/channels/channel.ts';
import { DIALECTS, openTestDb, type TestDb } from './support/databases.ts';
import { until } from './support/wait.ts';

const channelIn = (status: Partial<ChannelStatus>, paced = false): Channel => ({
  account: 'wechaty:county',
  limits: { maxText: 2_000, paced },
  start: async () => undefined,
  stop: async () => undefined,
  status: () => ({ account: 'wechaty:county', state: 'online', since: 1, ...status }),
  send: async () => {
    throw new NotSentError('not here');
  },
});
const FAULT = { file: 'a.md', line: 1, message: '错', cure: '改' };

describe.each(DIALECTS)('the health on %s', (dialect) => {
  let test: TestDb;
  let isClosed: boolean;
  beforeEach(async () => {
    test = await openTestDb(dialect);
    isClosed = false;
  });
  afterEach(async () => {
    if (isClosed) test = { ...test, db: (await openTestDb('sqlite')).db };
    await test.close();
  });

  const read = async (channel: Channel, { answers = true, faults = [] as (typeof FAULT)[], env = {} } = {}) =>
    await readHealth({
      config: readConfig(env, '/srv'),
      db: test.db,
      clock: systemClock,
      channels: [channel],
      app: {
        queue: { add: async () => undefined, ping: async () => answers, close: async () => undefined },
        catalogue: () => ({ lessons: [], faults, byId: new Map(), sources: new Map() }),
      },
    });

  it('is ok when everything is', async () => {
    expect(await read(channelIn({ lastTrafficAt: 5, lastHeardAt: 6 }))).toMatchObject({
      status: 'ok',
      parts: {
        database: 'ok',
        queue: 'ok',
        unknownDeliveries: 0,
        channels: [
          { account: 'wechaty:county', state: 'online', since: 1, lastTrafficAt: 5, lastHeardAt: 6 },
        ],
      },
    });
  });

  it.each<[string, Partial<ChannelStatus>]>([
    ['offline', { state: 'offline', reason: '掉线' }],
    ['waiting for its login', { state: 'waiting-login', reason: '等待扫码登录' }],
    ['deaf until a moment ago', { state: 'online', deafRestarts: 2, reason: '还没有听到消息' }],
  ])('is degraded when a channel is %s, and says why', async (_what, status) => {
    const health = await read(channelIn(status));
    expect(health).toMatchObject({ status: 'degraded', parts: { channels: [status] } });
  });

  it('is degraded when a lesson has a fault, and down when the queue or the database is', async () => {
    expect((await read(channelIn({}), { faults: [FAULT] })).status).toBe('degraded');
    expect(await read(channelIn({}), { answers: false })).toMatchObject({
      status: 'down',
      parts: { database: 'ok', queue: 'down' },
    });
    await test.db.destroy();
    isClosed = true;
    // What the database said serves everybody who asks within a second.
    const down = await until(async () => {
      const health = await read(channelIn({}));
      return health.status === 'down' ? health : undefined;
    });
    expect(down).toMatchObject({ status: 'down', parts: { database: 'down', queue: 'ok' } });
  });

  it('is degraded while a group in use isn’t recognised after a login', async () => {
    const seen = { account: 'wechaty:county', roomId: 'r@x', topic: '花茶支部群' };
    await recordSeenGroup(test.db, seen, 1);
    await test.db.updateTable('chat_group').set({ state: 'quarantined' }).execute();
    // A group that is off is nobody's loss.
    expect(await read(channelIn({}))).toMatchObject({ status: 'ok', parts: { quarantinedGroups: 0 } });
    await test.db.updateTable('chat_group').set({ enabled: 1 }).execute();
    const health = await until(async () => {
      const now = await read(channelIn({}));
      return now.status === 'degraded' ? now : undefined;
    });
    expect(health.parts.quarantinedGroups).toBe(1);
  });

  it('never shows the login code', async () => {
    const health = await read(channelIn({ state: 'waiting-login', qr: 'https://login.example/secret' }));
    expect(JSON.stringify(health)).not.toContain('secret');
  });

  it('says why no link goes out on a real channel', async () => {
    const open = { PUBLIC_URL: 'https://weike.example.cn' };
    expect((await read(channelIn({}, true))).parts.links).toMatch(/PUBLIC_URL is this machine only/);
    expect((await read(channelIn({}, true), { env: open })).parts.links).toBeUndefined();
    expect((await read(channelIn({}, false))).parts.links).toBeUndefined();
  });
});
