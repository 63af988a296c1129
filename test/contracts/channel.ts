/** The one suite that every channel adapter passes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { NotSentError, RefusedError } from '../../src/channels/channel.ts';
import { until } from '../support/wait.ts';
import { type ChannelHarness, recordingSink } from './harness.ts';

/** The smallest PNG there is: one transparent pixel. */
export const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

export function channelContract(
  name: string,
  open: () => Promise<ChannelHarness>,
  folder?: () => string,
): void {
  describe(`the channel contract: ${name}`, () => {
    let harness: ChannelHarness;
    let heard: ReturnType<typeof recordingSink>;

    beforeEach(async () => {
      harness = await open();
      heard = recordingSink();
      await harness.channel.start(heard.sink);
      await until(() => harness.channel.status().state === 'online', {
        what: 'the channel online',
        within: 20_000,
      });
      await until(() => heard.groups.length >= harness.rooms.length, { what: 'all groups', within: 20_000 });
    });
    afterEach(async () => {
      await harness.close();
    });

    const room = () => {
      const [first] = harness.rooms;
      if (!first) throw new Error('a harness needs a room');
      return first;
    };
    const person = () => room().people[0] ?? '';

    it('reports its groups with topic and people, the bot left out', () => {
      for (const { id, topic, people } of harness.rooms) {
        const seen = heard.groups.findLast((group) => group.roomId === id);
        expect(seen).toMatchObject({ account: harness.channel.account, topic });
        expect(seen?.members?.map(({ contactId }) => contactId).toSorted()).toEqual([...people].toSorted());
        expect(seen?.members?.every((member) => member.name !== '')).toBe(true);
      }
    });

    it('brings what is said in a group, once, with everything about it', async () => {
      const before = Date.now();
      const id = await harness.sayInRoom(room().id, person(), '1A 2C');
      const message = await until(() => heard.messages.find((one) => one.id === id), { what: 'the message' });
      expect(message).toMatchObject({
        account: harness.channel.account,
        roomId: room().id,
        contactId: person(),
        kind: 'text',
        text: '1A 2C',
        mention: false,
      });
      expect(message.senderName).not.toBe('');
      expect(Math.abs(message.sentAt - before)).toBeLessThan(60_000);
      expect(heard.messages.filter((one) => one.id === id)).toHaveLength(1);
    });

    it('tells when the bot is mentioned', async () => {
      const id = await harness.sayInRoom(room().id, person(), '帮助', { mention: true });
      const message = await until(() => heard.messages.find((one) => one.id === id));
      expect(message.mention).toBe(true);
      expect(message.text).toContain('帮助');
    });

    it('brings what is said in private, without a room', async () => {
      const id = await harness.sayInPrivate(person(), '我的');
      const message = await until(() => heard.messages.find((one) => one.id === id));
      expect(message).toMatchObject({ contactId: person(), text: '我的', mention: false });
      expect(message.roomId).toBeUndefined();
    });

    it('says a text unchanged, and hears itself as an echo and never as a message', async () => {
      const text = '【微课 第1课】茉莉花\n• 密封：用罐 👨‍👩‍👧\n———\n1. 开封后？\nA 罐  B 袋';
      const target = { kind: 'group', roomId: room().id } as const;
      const receipt = await harness.channel.send(target, { kind: 'text', text });
      await until(async () => (await harness.seen(target)).some((one) => one.text === text));
      const echo = await until(() => heard.echoes.find((one) => one.text === text), { what: 'the echo' });
      expect(echo).toMatchObject({ account: harness.channel.account, target, kind: 'text' });
      if (receipt.messageId !== undefined) expect(receipt.messageId).toBe(echo.id);
      expect(heard.messages.some((one) => one.text === text)).toBe(false);
    });

    it('says a text of its greatest length', async () => {
      const text = '茶'.repeat(harness.channel.limits.maxText);
      const target = { kind: 'group', roomId: room().id } as const;
      await harness.channel.send(target, { kind: 'text', text });
      await until(async () => (await harness.seen(target)).some((one) => one.text === text));
    });

    it('answers in private', async () => {
      const target = { kind: 'private', contactId: person() } as const;
      await harness.channel.send(target, { kind: 'text', text: '已记下第 1 题。' });
      await until(async () => (await harness.seen(target)).some((one) => one.text === '已记下第 1 题。'));
      const echo = await until(() => heard.echoes.find((one) => one.text === '已记下第 1 题。'));
      expect(echo.target).toEqual(target);
    });

    it('sends a picture', async () => {
      const dir = folder?.() ?? mkdtempSync(join(tmpdir(), 'weike-picture-'));
      const path = join(dir, 'pixel.png');
      writeFileSync(path, PIXEL);
      const target = { kind: 'group', roomId: room().id } as const;
      await harness.channel.send(target, { kind: 'picture', path, alt: '一个点' });
      await until(async () => (await harness.seen(target)).some(({ kind }) => kind === 'picture'));
      await until(() => heard.echoes.find(({ kind }) => kind === 'picture'), {
        what: 'the echo of the picture',
      });
      rmSync(path);
    });

    it('is certain that nothing was said where it is not', async () => {
      const sending = harness.channel.send(
        { kind: 'group', roomId: 'nowhere@room' },
        { kind: 'text', text: '有人吗' },
      );
      const error = await sending.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error instanceof NotSentError || error instanceof RefusedError).toBe(true);
    });

    it('offers a message again when the disk refused it', async () => {
      const take = heard.sink.message;
      let refused = 0;
      Object.assign(heard.sink, {
        message: async (message: Parameters<typeof take>[0]) => {
          if (refused < 2) {
            refused += 1;
            throw new Error('disk full');
          }
          await take(message);
        },
      });
      const id = await harness.sayInRoom(room().id, person(), '打卡');
      await until(() => heard.messages.find((one) => one.id === id), { what: 'the message after all' });
      expect(refused).toBe(2);
    });

    it('brings every message of a burst', async () => {
      const ids: string[] = [];
      for (let at = 0; at < 200; at += 1) {
        const speaker = room().people[at % room().people.length] ?? '';
        ids.push(await harness.sayInRoom(room().id, speaker, `第 ${at} 句`));
      }
      await until(() => ids.every((id) => heard.messages.some((one) => one.id === id)), { what: 'all 200' });
    });

    it('sends nothing while it is offline, and again when it is back', async () => {
      if (!harness.goOffline || !harness.goOnline) return;
      await harness.goOffline();
      const target = { kind: 'group', roomId: room().id } as const;
      await until(() => harness.channel.status().state !== 'online', {
        within: 20_000,
        what: 'the channel offline',
      });
      expect(harness.channel.status().reason).toBeTruthy();
      await expect(harness.channel.send(target, { kind: 'text', text: '掉线时' })).rejects.toBeInstanceOf(
        NotSentError,
      );
      await harness.goOnline();
      await until(() => harness.channel.status().state === 'online', {
        within: 20_000,
        what: 'the channel back',
      });
      const id = await harness.sayInRoom(room().id, person(), '回来了');
      await until(() => heard.messages.find((one) => one.id === id), { what: 'a message after the break' });
    }, 60_000);

    it('stops at once, twice if asked, and reports nothing after', async () => {
      await harness.channel.stop();
      await harness.channel.stop();
      expect(harness.channel.status().state).toBe('stopped');
      const count = heard.messages.length;
      await harness.sayInRoom(room().id, person(), '有人吗').catch(() => undefined);
      await expect(
        harness.channel.send({ kind: 'group', roomId: room().id }, { kind: 'text', text: '晚了' }),
      ).rejects.toBeInstanceOf(NotSentError);
      expect(heard.messages).toHaveLength(count);
    });
  });
}
