/** An account's life: waiting for a login, logging out and in again, breaking off, going deaf. On the mock puppet. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { types } from 'wechaty-puppet';
import type { PuppetMock } from 'wechaty-puppet-mock';

import type { Channel } from '../../src/channels/channel.ts';
import { NotSentError } from '../../src/channels/channel.ts';
import { openWechaty, type WechatyOptions } from '../../src/channels/wechaty/wechaty.ts';
import { systemClock } from '../../src/clock.ts';
import { recordingSink } from '../contracts/harness.ts';
import { makeMockChat, type MockChat } from '../support/mock-chat.ts';
import { until } from '../support/wait.ts';

const CONFIG = { kind: 'wechaty', account: 'wechaty', puppet: 'wechaty-puppet-mock' } as const;
const { Waiting, Scanned, Timeout } = types.ScanStatus;

describe('the life of a wechaty account', () => {
  let dataDir: string;
  let chat: MockChat;
  let puppets: PuppetMock[];
  let channel: Channel;
  let heard: ReturnType<typeof recordingSink>;
  let codes: string[];
  let lines: { msg: string; reason?: string }[];
  /** Done to each new puppet before it starts. */
  let prepare: (puppet: PuppetMock, index: number) => void;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'weike-life-'));
    chat = makeMockChat();
    puppets = [];
    codes = [];
    lines = [];
    prepare = () => undefined;
    heard = recordingSink();
  });
  afterEach(async () => {
    await channel.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  function connect(): PuppetMock {
    const puppet = chat.connect();
    puppets.push(puppet);
    prepare(puppet, puppets.length - 1);
    return puppet;
  }

  async function start(options: Partial<WechatyOptions> = {}) {
    const log = pino(
      { base: null },
      { write: (line: string) => void lines.push(JSON.parse(line) as { msg: string }) },
    );
    channel = openWechaty(CONFIG, {
      clock: systemClock,
      log,
      dataDir,
      puppet: connect,
      onQr: (code) => codes.push(code),
      reconnect: { first: 10, longest: 40 },
      // Nobody is asked, unless the test wants it.
      probeEvery: 60_000,
      ...options,
    });
    await channel.start(heard.sink);
  }

  const online = () => until(() => channel.status().state === 'online', { what: 'the account online' });
  const newest = () => {
    const puppet = puppets.at(-1);
    if (!puppet) throw new Error('no connection yet');
    return puppet;
  };
  /** Takes the login that the mock makes by itself at every start. */
  const withoutLogin = (puppet: PuppetMock) => {
    puppet.onStart = async () => undefined;
  };
  const room = () => ({ kind: 'group', roomId: chat.rooms[0]?.id ?? '' }) as const;
  const says = (text: string) => chat.say(chat.rooms[0]?.people[0] ?? '', room(), text, false);

  describe('logging in', () => {
    it('shows each code once, waits for the scan, then for the press on the phone', async () => {
      prepare = withoutLogin;
      await start();
      await until(() => puppets.length === 1);
      const scan = (qrcode: string, status: number) => newest().emit('scan', { qrcode, status });
      await until(() => newest().state.active(), { what: 'the puppet started' });
      scan('first', Waiting);
      await until(() => channel.status().state === 'waiting-login');
      expect(channel.status()).toMatchObject({ qr: 'first', reason: '等待扫码登录' });
      scan('first', Waiting);
      scan('first', Timeout);
      scan('second', Waiting);
      await until(() => channel.status().qr === 'second');
      scan('second', Scanned);
      await until(() => channel.status().reason === '已扫码，请在手机上按确认');
      expect(codes).toEqual(['first', 'second']);
      await expect(channel.send(room(), { kind: 'text', text: '早了' })).rejects.toBeInstanceOf(NotSentError);

      newest().login('bot');
      await online();
      expect(channel.status()).toMatchObject({ name: '小课' });
      expect(channel.status()).not.toHaveProperty('qr');
      expect(channel.status()).not.toHaveProperty('reason');
      await until(() => heard.groups.length >= 2, { what: 'both groups' });
      expect(puppets).toHaveLength(1);
    });

    it('reports the groups again when the puppet is ready with all of them', async () => {
      await start();
      await online();
      await until(() => heard.groups.length === 2);
      newest().emit('ready', { data: 'ready' });
      await until(() => heard.groups.length === 4, { what: 'the groups again' });
    });

    it('says plainly why no login comes, tries again, and does not repeat the complaint', async () => {
      prepare = (puppet, index) => {
        if (index > 2) return;
        puppet.onStart = async () => {
          for (let at = 0; at < 20; at += 1)
            setTimeout(
              () => puppet.emit('error', { data: '{"message":"getaddrinfo ENOTFOUND a.cn","name":"Error"}' }),
              1,
            );
        };
      };
      await start({ recoverWithin: 30 });
      await until(() => channel.status().state === 'offline', { what: 'the account offline' });
      expect(channel.status().reason).toBe(
        '连不上聊天服务器（getaddrinfo ENOTFOUND a.cn）：看看这台机器的网络，网络通了会自己连上',
      );
      await online();
      expect(puppets).toHaveLength(4);
      expect(lines.filter(({ msg }) => msg === 'the puppet reports an error')).toHaveLength(1);
    });

    it('makes the connection anew when neither a login nor a code ever comes', async () => {
      prepare = (puppet, index) => {
        if (index === 0) withoutLogin(puppet);
      };
      await start({ loginWithin: 30 });
      await online();
      expect(puppets).toHaveLength(2);
    });
  });

  describe('while online', () => {
    it('is not disturbed by an error', async () => {
      await start({ recoverWithin: 10 });
      await online();
      newest().emit('error', { data: 'something small' });
      await until(() => lines.some(({ reason }) => reason === 'something small'), { what: 'the complaint' });
      const id = says('还在');
      await until(() => heard.messages.some((message) => message.id === id));
      expect(channel.status().state).toBe('online');
      expect(puppets).toHaveLength(1);
    });

    it('logs out, sends nothing then, and comes back with the next login', async () => {
      await start();
      await online();
      await newest().logout('kicked');
      await until(() => channel.status().state === 'offline');
      expect(channel.status().reason).toBe('账号退出了登录，请重新扫码');
      await expect(channel.send(room(), { kind: 'text', text: '晚了' })).rejects.toBeInstanceOf(NotSentError);
      newest().emit('scan', { qrcode: 'again', status: Waiting });
      await until(() => channel.status().state === 'waiting-login');
      expect(codes).toEqual(['again']);
      newest().login('bot');
      await online();
      expect(await channel.send(room(), { kind: 'text', text: '回来了' })).toEqual({});
      await until(() => heard.echoes.some(({ text }) => text === '回来了'));
      expect(puppets).toHaveLength(1);
    });

    it('notices a login that went without a word', async () => {
      await start({ probeEvery: 20 });
      await online();
      Object.defineProperty(newest(), 'isLoggedIn', { value: false, configurable: true });
      await until(() => channel.status().state === 'offline', { what: 'the account offline' });
      expect(channel.status().reason).toBe('账号退出了登录，请重新扫码');
    });

    it('makes the connection anew when the puppet asks for it, and hears again', async () => {
      await start();
      await online();
      const first = newest();
      first.emit('reset', { data: 'why not' });
      await until(() => puppets.length === 2);
      await online();
      const id = says('又听到了');
      await until(() => heard.messages.some((message) => message.id === id), { what: 'the message' });
      // A dead connection says nothing any more, and its errors end nobody.
      first.emit('message', { messageId: id });
      first.emit('error', { data: 'late' });
      expect(heard.messages.filter((message) => message.id === id)).toHaveLength(1);
    });
  });

  describe('hearing', () => {
    it('keeps signs of life apart from messages', async () => {
      await start();
      await online();
      expect(channel.status().lastTrafficAt).toBeUndefined();
      const before = channel.status().lastHeardAt ?? 0;
      await until(() => Date.now() > before);
      newest().emit('heartbeat', { data: 'beat' });
      expect(channel.status().lastHeardAt).toBeGreaterThan(before);
      expect(channel.status().lastTrafficAt).toBeUndefined();
      const id = says('一句话');
      await until(() => heard.messages.some((message) => message.id === id));
      expect(channel.status().lastTrafficAt).toBe(channel.status().lastHeardAt);
    });

    it('asks a quiet account, and believes the answer', async () => {
      let asked = 0;
      prepare = (puppet) => {
        puppet.ding = (data) => {
          asked += 1;
          puppet.emit('dong', { data: data ?? '' });
        };
      };
      await start({ probeEvery: 20 });
      await online();
      await until(() => asked >= 3, { what: 'three questions' });
      expect(channel.status().state).toBe('online');
      expect(puppets).toHaveLength(1);
    });

    it('makes the connection anew when two questions are not answered', async () => {
      const dead: string[] = [];
      prepare = (puppet, index) => {
        puppet.ding = (data) =>
          void (index === 0 ? dead.push(data ?? '') : puppet.emit('dong', { data: '' }));
      };
      await start({ probeEvery: 20 });
      await online();
      await until(() => puppets.length === 2, { what: 'a second connection' });
      expect(dead).toHaveLength(2);
      await online();
      expect(lines.some(({ reason }) => reason === 'the account gives no sign of life')).toBe(true);
    });

    it('counts as deaf what answers probes and gives no echo, and makes it anew until it hears', async () => {
      let isDeaf = false;
      prepare = (puppet) => {
        puppet.ding = (data) => void puppet.emit('dong', { data: data ?? '' });
        const emit = puppet.emit.bind(puppet) as (event: string, ...given: unknown[]) => boolean;
        Object.assign(puppet, {
          emit: (event: string, ...given: unknown[]) =>
            isDeaf && event === 'message' ? true : emit(event, ...given),
        });
      };
      await start({ probeEvery: 20, echoWithin: 20 });
      await online();
      // It echoes: that is what its silence is measured by.
      await channel.send(room(), { kind: 'text', text: '听得到' });
      await until(() => heard.echoes.length === 1, { what: 'the echo' });
      expect(channel.status()).not.toHaveProperty('deafRestarts');

      isDeaf = true;
      const sayTwo = async () => {
        await online();
        for (const text of ['没有回音', '还是没有']) await channel.send(room(), { kind: 'text', text });
      };
      for (let round = 1; round <= 2; round += 1) {
        await sayTwo();
        await until(() => channel.status().deafRestarts === round, { what: `restart ${round}` });
      }
      await until(() => puppets.length === 3, { what: 'the third connection' });
      await online();
      expect(channel.status()).toMatchObject({ deafRestarts: 2, reason: '重新连上了，还没有听到消息' });
      isDeaf = false;
      const id = says('听到了');
      await until(() => heard.messages.some((message) => message.id === id));
      expect(channel.status()).not.toHaveProperty('deafRestarts');
      expect(channel.status()).not.toHaveProperty('reason');
      const told = lines.filter(({ reason }) => reason === 'the account does not hear any more');
      expect(told).toHaveLength(2);
    });
  });

  it('waits longer after each failure, and never more than it may', async () => {
    const waits: number[] = [];
    const clock = {
      now: () => Date.now(),
      sleep: (ms: number, signal?: AbortSignal) => {
        if (ms < 1_000) waits.push(ms);
        return systemClock.sleep(ms === 20 || ms >= 1_000 ? ms : 1, signal);
      },
    };
    prepare = (puppet, index) => {
      if (index > 5) return;
      withoutLogin(puppet);
    };
    await start({ clock, reconnect: { first: 100, longest: 500 }, random: () => 0.5, loginWithin: 20 });
    await online();
    const reconnects = waits.filter((ms) => ms !== 20).slice(0, 6);
    expect(reconnects).toEqual([75, 150, 300, 375, 375, 375]);
  });
});
