/** wechaty in process, on the mock puppet. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ThrottledError } from '../../src/channels/channel.ts';
import { openWechaty } from '../../src/channels/wechaty/wechaty.ts';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { channelContract } from '../contracts/channel.ts';
import { type ChannelHarness, recordingSink } from '../contracts/harness.ts';
import { makeMockChat } from '../support/mock-chat.ts';
import { until } from '../support/wait.ts';

const MOCK = { kind: 'wechaty', account: 'wechaty', puppet: 'wechaty-puppet-mock' } as const;

function openMock() {
  const dataDir = mkdtempSync(join(tmpdir(), 'weike-wechaty-'));
  const chat = makeMockChat();
  const channel = openWechaty(MOCK, {
    clock: systemClock,
    log: silentLog,
    dataDir,
    puppet: chat.puppet,
  });
  const harness: ChannelHarness = {
    channel,
    rooms: chat.rooms,
    sayInRoom: async (roomId, contactId, text, options) =>
      chat.say(contactId, { roomId }, text, options?.mention ?? false),
    sayInPrivate: async (contactId, text) => chat.say(contactId, 'bot', text, false),
    seen: async (target) =>
      chat.seen(target.kind === 'group' ? { roomId: target.roomId } : { contactId: target.contactId }),
    async close() {
      await channel.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return { harness, chat, channel };
}

channelContract('wechaty on the mock puppet', async () => openMock().harness);

describe('wechaty', () => {
  it('takes a message whose payload can not be loaded at first', async () => {
    const { harness, chat } = openMock();
    const { sink, messages } = recordingSink();
    const load = chat.puppet.messageRawPayload.bind(chat.puppet);
    let refused = 0;
    chat.puppet.messageRawPayload = async (id) => {
      if (id.startsWith('said-') && refused < 2) {
        refused += 1;
        throw new Error('not there yet');
      }
      return await load(id);
    };
    await harness.channel.start(sink);
    await until(() => harness.channel.status().state === 'online');
    const [room] = harness.rooms;
    const id = await harness.sayInRoom(room?.id ?? '', room?.people[0] ?? '', '1B');
    await until(() => messages.some((message) => message.id === id), { what: 'the message' });
    expect(refused).toBe(2);
    await harness.close();
  });

  it('says that it was too often, by a class and not by the words', async () => {
    const { harness, chat } = openMock();
    await harness.channel.start(recordingSink().sink);
    await until(() => harness.channel.status().state === 'online');
    chat.puppet.messageSendText = async () => Promise.reject(new Error('操作过于频繁，请稍后再试'));
    const roomId = harness.rooms[0]?.id ?? '';
    await expect(
      harness.channel.send({ kind: 'group', roomId }, { kind: 'text', text: '课' }),
    ).rejects.toThrow(ThrottledError);
    await harness.close();
  });

  it('connects after what it has to wait for, and can be stopped while it waits', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'weike-wechaty-'));
    const { promise: after, resolve } = Promise.withResolvers<void>();
    const open = () => {
      const { puppet } = makeMockChat();
      return openWechaty(MOCK, { clock: systemClock, log: silentLog, dataDir, puppet, after });
    };
    const [patient, stopped] = [open(), open()];
    for (const channel of [patient, stopped]) await channel.start(recordingSink().sink);
    await stopped.stop();
    expect([patient.status().state, stopped.status().state]).toEqual(['starting', 'stopped']);
    resolve();
    await until(() => patient.status().state === 'online');
    expect(stopped.status().state).toBe('stopped');
    await patient.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('says how to get a puppet that is not installed', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'weike-wechaty-'));
    const config = { ...MOCK, puppet: 'wechaty-puppet-that-is-nowhere' };
    const channel = openWechaty(config, { clock: systemClock, log: silentLog, dataDir });
    await channel.start(recordingSink().sink);
    await until(() => channel.status().state === 'offline');
    expect(channel.status().reason).toMatch(/没有安装 wechaty-puppet-that-is-nowhere/);
    await channel.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
});
