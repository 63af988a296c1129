/** The rules of the wechaty adapter: hearing, waiting, calling by name, and what its default puppet leaves undone. */
import { EventEmitter } from 'node:events';

import fc from 'fast-check';
import { FileBox } from 'file-box';
import { describe, expect, it } from 'vitest';
import { PuppetWechat4u } from 'wechaty-puppet-wechat4u';

import { backoffDelay } from '../../src/channels/wechaty/backoff.ts';
import { explain } from '../../src/channels/wechaty/explain.ts';
import { isDeaf, openHearing } from '../../src/channels/wechaty/hearing.ts';
import { callNames, callsByName } from '../../src/channels/wechaty/mention.ts';
import { openPatience } from '../../src/channels/wechaty/patience.ts';
import { leaveWechat4u, sayByWechat4u } from '../../src/channels/wechaty/wechat4u.ts';
import { testClock } from '../support/clock.ts';
import { until } from '../support/wait.ts';

const MINUTE = 60_000;

describe('whether an account is deaf', () => {
  it.each([
    ['nothing was said', { unanswered: [], echoes: true }, false],
    ['one lost echo is an accident', { unanswered: [0], echoes: true }, false],
    ['two are not', { unanswered: [0, 5], echoes: true }, true],
    ['an echo may still come', { unanswered: [0, 9 * MINUTE + 1], echoes: true }, false],
    ['a puppet that never echoes gets more time', { unanswered: [0, 1, 2], echoes: false }, false],
    ['but not for ever', { unanswered: [0, 1, 2, 3], echoes: false }, true],
  ])('%s', (_name, heard, expected) => {
    expect(isDeaf(heard, 10 * MINUTE)).toBe(expected);
  });

  it('is never said of one that hears after each thing it says', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5 * MINUTE), { maxLength: 30 }), fc.nat(10 * MINUTE), (gaps, later) => {
        let now = 1;
        const hearing = openHearing(() => now);
        for (const gap of gaps) {
          hearing.said(hearing.mark());
          now += gap;
          hearing.traffic();
        }
        expect(isDeaf(hearing.heard(), now + later)).toBe(false);
      }),
    );
  });

  it('does not count a send whose echo came before the send returned, though no time passed', () => {
    const hearing = openHearing(() => 100);
    const before = hearing.mark();
    hearing.traffic();
    hearing.said(before);
    expect(hearing.heard().unanswered).toEqual([]);
    hearing.said(hearing.mark());
    expect(hearing.heard().unanswered).toEqual([100]);
  });

  it('tells signs of life from what was said', () => {
    let now = 100;
    const hearing = openHearing(() => now);
    const mark = hearing.mark();
    expect(hearing.since(mark)).toBe(false);
    hearing.sign();
    expect(hearing.since(mark)).toBe(true);
    expect(hearing.lastTrafficAt()).toBeUndefined();
    now = 150;
    hearing.traffic();
    now = 200;
    hearing.sign();
    expect([hearing.lastTrafficAt(), hearing.lastHeardAt()]).toEqual([150, 200]);
  });
});

describe('waiting', () => {
  it('before the next try lies between half and the whole of a doubling, capped time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 1e6 }),
        fc.nat(2_000),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (first, longest, attempt, random) => {
          const whole = Math.min(longest, first * 2 ** Math.min(30, Math.max(0, attempt - 1)));
          const delay = backoffDelay({ first, longest }, attempt, random);
          expect(delay).toBeGreaterThanOrEqual(Math.floor(whole / 2));
          expect(delay).toBeLessThanOrEqual(Math.ceil(whole));
        },
      ),
    );
  });

  it('for what has to come ends once, by the shorter time, and not when it came', async () => {
    const clock = testClock('2026-11-24T20:00:00+08:00');
    let over = 0;
    const patience = openPatience(clock, () => (over += 1));
    patience.expect(100);
    patience.expect(200);
    clock.advance(100);
    await until(() => over === 1);
    patience.settle();
    patience.expect(200);
    patience.expect(50);
    clock.advance(50);
    await until(() => over === 2);
    patience.settle();
    patience.expect(50);
    patience.settle();
    clock.advance(1_000);
    await new Promise(setImmediate);
    expect(over).toBe(2);
  });
});

describe('calling by name', () => {
  it.each([
    ['@小课\u2005帮助', true],
    ['在吗 @小课', true],
    ['@小课，帮助', true],
    ['@小课堂 帮助', false],
    ['小课 帮助', false],
    ['@ 小课', false],
  ])('%j', (text, expected) => {
    expect(callsByName(text, ['小课', ''])).toBe(expected);
  });

  it('is read back from what was called', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\p{L}\p{N}]{1,12}$/u), fc.string(), (name, text) => {
        expect(callsByName(callNames(text, [name]), [name])).toBe(true);
      }),
    );
  });
});

describe('why an account is not there', () => {
  it.each([
    [
      Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }),
      /没有安装 some-puppet.*WECHATY_PUPPET.*npm start/,
    ],
    [new Error('connect ECONNREFUSED 127.0.0.1:1'), /连不上聊天服务器.*看看这台机器的网络/],
    [new Error('strange'), /^连不上：strange$/],
    [new Error('x'.repeat(5_000)), /^连不上：x{200}$/],
  ])('%#', (error, expected) => {
    expect(explain(error, 'some-puppet')).toMatch(expected);
  });
});

describe('wechaty’s default puppet', () => {
  /** The puppet itself with the inside that talks to the server taken out. */
  function openPuppet(answer: unknown) {
    const said: unknown[] = [];
    let logouts = 0;
    class Inner extends EventEmitter {
      async sendMsg(...given: unknown[]) {
        said.push(given);
        return answer;
      }
      logout = async () => void (logouts += 1);
      stop() {
        void this.logout();
        this.emit('logout');
      }
    }
    const inner = new Inner();
    const puppet = new PuppetWechat4u();
    Object.assign(puppet, { wechat4u: inner });
    let started = 0;
    inner.on('logout', () => (started += 1));
    return { puppet, said, counts: () => ({ logouts, started }) };
  }

  it('tells the id that the server gave, of texts and of files', async () => {
    const { puppet, said } = openPuppet({ MsgID: '830582407297708303' });
    expect(await sayByWechat4u(puppet, '@@room', '早')).toEqual({ messageId: '830582407297708303' });
    const file = FileBox.fromBase64(Buffer.from('png').toString('base64'), 'a.png');
    expect(await sayByWechat4u(puppet, '@@room', file)).toEqual({ messageId: '830582407297708303' });
    expect(said).toMatchObject([
      ['早', '@@room'],
      [{ filename: 'a.png' }, '@@room'],
    ]);
  });

  it.each([[undefined], [{}], [{ MsgID: '' }], [{ MsgID: 830_582_407 }]])(
    'claims no id from %j',
    async (answer) => {
      expect(await sayByWechat4u(openPuppet(answer).puppet, '@@room', '早')).toEqual({});
    },
  );

  it('stays logged in when it is stopped, and stays stopped', async () => {
    const { puppet, counts } = openPuppet({});
    const asking = puppet as unknown as { getContactInterval: unknown; unknownContactId: unknown[] };
    let asked = 0;
    asking.getContactInterval = setInterval(() => (asked += 1), 1);
    asking.unknownContactId = [['@a', '']];
    leaveWechat4u(puppet);
    await puppet.onStop();
    expect(counts()).toEqual({ logouts: 0, started: 0 });
    expect(asking.unknownContactId).toEqual([]);
    const before = asked;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toBe(before);
  });

  it('is the only one that is treated so', async () => {
    const other = { messageSendText: async () => undefined };
    expect(await sayByWechat4u(other, 'room', '早')).toBeUndefined();
    expect(() => leaveWechat4u(other)).not.toThrow();
  });
});
