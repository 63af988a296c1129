/** The pace as rows, on both databases: what one process noted binds the next. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Channel, ThrottledError } from '../../src/channels/channel.ts';
import { DAY, HOUR, localDay, MINUTE, SECOND } from '../../src/clock.ts';
import { parsePace, type Pace } from '../../src/config.ts';
import type { Db } from '../../src/db/open.ts';
import type { DeliveryKind, DeliveryTable } from '../../src/db/tables.ts';
import { type Courier, makeCourier } from '../../src/delivery/courier.ts';
import { findDelivery, planDeliveries } from '../../src/delivery/ledger.ts';
import {
  listPaused,
  lookAgain,
  nextTurn,
  noteSpoken,
  noteSuccess,
  noteTrouble,
  type Speech,
} from '../../src/delivery/pace.ts';
import { beginEpoch, queueDue } from '../../src/delivery/recover.ts';
import { silentLog } from '../../src/log.ts';
import { recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { type TestClock, testClock } from '../support/clock.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const ACCOUNT = 'wechaty:county';
const ZONE = 'Asia/Shanghai';

const paceOf = (text: string): Pace => {
  const pace = parsePace(text);
  if (!pace || pace === 'off') throw new TypeError(text);
  return pace;
};

describe.each(DIALECTS)('the pace on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let clock: TestClock;
  let groups: string[];

  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    clock = testClock('2026-11-24T12:00:00+08:00');
    groups = [];
    for (const no of [1, 2, 3]) {
      const room = { account: ACCOUNT, roomId: `r${no}@x`, topic: `群${no}` };
      const group = await recordSeenGroup(db, room, clock.now());
      await setGroupEnabled(db, group.key, true, 'test', clock.now());
      groups.push(group.id);
    }
  });
  afterEach(async () => {
    await close();
  });

  const speech = (
    kind: DeliveryKind = 'lesson',
    group = 0,
    pace = paceOf('3-8s,12/min,200/day'),
  ): Speech => ({
    account: ACCOUNT,
    groupId: groups[group] ?? null,
    kind,
    zone: ZONE,
    pace,
    quietHours: { from: 22 * 60, to: 7 * 60 },
    now: clock.now(),
  });
  const speak = (given: Speech, random = 0.5) =>
    db.transaction().execute((trx) => noteSpoken(trx, given, random));

  const set = (name: 'pace' | 'quiet-hours', value: string, place = {}) =>
    setPolicy(db, name, value, place, 'test', clock.now());

  it('keeps to the pace that people set while it runs, and to its own again after', async () => {
    await setPolicy(db, 'warm-up-days', '0', {}, 'test', clock.now());
    await set('pace', '20-20s,2/min,3/day');
    expect(await speak(speech())).toBe(true);
    expect(await nextTurn(db, speech('lesson', 1))).toMatchObject({
      at: clock.now() + 20 * SECOND,
      hold: 'gap',
    });
    clock.advance(20 * SECOND);
    expect(await speak(speech('lesson', 1))).toBe(true);
    clock.advance(20 * SECOND);
    expect((await nextTurn(db, speech('reply', 2))).hold).toBe('minute');
    clock.advance(MINUTE);
    expect(await speak(speech('lesson', 2))).toBe(true);
    clock.advance(MINUTE);
    expect((await nextTurn(db, speech('digest', 1))).hold).toBe('day');
    await set('pace', '-');
    expect((await nextTurn(db, speech('digest', 1))).hold).toBeUndefined();
    await expect(set('pace', 'off')).rejects.toThrow(/expected a pace such as/);
  });

  it('brings up what waits for the pace or the morning when that is changed, and nothing else', async () => {
    const now = clock.now();
    const put = async (cause: string, reason: string | null, more: Partial<DeliveryTable> = {}) => {
      const plan = {
        cause,
        kind: 'digest',
        account: ACCOUNT,
        content: 'day',
        plannedAt: now - HOUR,
      } as const;
      await planDeliveries(db, [{ ...plan, groupId: groups[0] ?? '' }], now);
      await db
        .updateTable('delivery')
        .set({ due_at: now + 9 * HOUR, reason, ...more })
        .where('cause', '=', cause)
        .execute();
    };
    await put('night', '静默时段，明天 07:00 后接着发');
    await put('full', '账号今天发得够多了，明天 00:00 后接着发');
    await put('future', null);
    await put('away', '账号不在线，上线后接着发');
    await put('failed', '静默时段，明天 07:00 后接着发', { state: 'failed' });
    expect(await lookAgain(db, 'quiz-close', now)).toBe(0);
    expect(await lookAgain(db, 'quiet-hours', now)).toBe(2);
    const due = await db.selectFrom('delivery').select('cause').where('due_at', '=', now).execute();
    expect(due.map(({ cause }) => cause).toSorted()).toEqual(['full', 'night']);
  });

  it('keeps to the quiet hours that people set, for all or for one group', async () => {
    await set('quiet-hours', '11:00-13:00');
    expect(await nextTurn(db, speech())).toMatchObject({ at: clock.now() + HOUR, hold: 'quiet' });
    expect((await nextTurn(db, speech('reply'))).hold).toBeUndefined();
    await set('quiet-hours', 'off', { groupId: groups[1] ?? '' });
    expect((await nextTurn(db, speech('lesson', 1))).hold).toBeUndefined();
    await set('quiet-hours', 'off');
    clock.advance(11 * HOUR);
    expect((await nextTurn(db, speech())).hold).toBeUndefined();
    await set('quiet-hours', '-');
    expect((await nextTurn(db, speech())).hold).toBe('quiet');
  });

  it('gives a turn once, however many ask for it', async () => {
    const given = speech();
    const taken = await Promise.all([speak(given), speak(given), speak(given)]);
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await nextTurn(db, speech('lesson', 1))).toEqual({
      at: clock.now() + 5_500,
      hold: 'gap',
      reason: '按节奏排队，今天 12:00 后接着发',
    });
  });

  it('keeps gap, minute, day and group for any process and any order of calls', async () => {
    const call = fc.record({
      after: fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
        { weight: 2, arbitrary: fc.integer({ min: 0, max: 5 * MINUTE }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 * HOUR }) },
      ),
      group: fc.integer({ min: 0, max: 2 }),
      kind: fc.constantFrom<DeliveryKind>('lesson', 'digest', 'key', 'reply', 'ack'),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    const pace: Pace = { minGap: 500, maxGap: 1_500, perMinute: 4, perDay: 15 };
    await setPolicy(db, 'group-per-day', '5', {}, 'test', 1);
    await setPolicy(db, 'warm-up-days', '0', {}, 'test', 1);
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 20, maxLength: 60 }), async (calls) => {
        const said: { at: number; group: number; kind: DeliveryKind }[] = [];
        for (const table of ['spoken', 'pace', 'account_pace'] as const) await db.deleteFrom(table).execute();
        for (const { after, group, kind, random } of calls) {
          clock.advance(after);
          if (await speak(speech(kind, group, pace), random)) said.push({ at: clock.now(), group, kind });
        }
        for (const [index, { at, group, kind }] of said.entries()) {
          const before = said.slice(0, index);
          expect(at - (before.at(-1)?.at ?? 0)).toBeGreaterThanOrEqual(pace.minGap);
          expect(before.filter((one) => one.at > at - MINUTE).length).toBeLessThan(pace.perMinute);
          if (kind === 'reply' || kind === 'ack') continue;
          const today = before.filter((one) => localDay(one.at, ZONE) === localDay(at, ZONE));
          expect(today.length).toBeLessThan(pace.perDay);
          const same = today.filter((one) => one.group === group && !['reply', 'ack'].includes(one.kind));
          expect(same.length).toBeLessThan(5);
        }
      }),
      { numRuns: dialect === 'sqlite' ? 25 : 8 },
    );
  });

  it('grows with the account from the day on which it was first seen', async () => {
    const pace = paceOf('0-0s,1000/min,20/day');
    const said: number[] = [];
    for (let day = 0; day < 9; day += 1) {
      let count = 0;
      for (let message = 0; message < 25; message += 1) {
        clock.advance(100);
        if (await speak(speech('lesson', message % 3, pace))) count += 1;
      }
      said.push(count);
      clock.advance(DAY - 2_500);
    }
    expect(said).toEqual([4, 6, 8, 10, 13, 15, 17, 20, 20]);
    expect((await db.selectFrom('spoken').select('id').execute()).length).toBeLessThanOrEqual(60);
  });

  it('neither bursts nor falls silent when the clock is set back', async () => {
    for (let count = 0; count < 12; count += 1) {
      expect(await speak(speech(), 0)).toBe(true);
      clock.advance(3 * SECOND);
    }
    clock.advance(-HOUR);
    const held = await nextTurn(db, speech());
    expect(held.at - clock.now()).toBe(MINUTE);
    clock.advance(MINUTE);
    expect((await nextTurn(db, speech())).at).toBe(clock.now());
  });

  it('pauses when told off, lets one message try, and goes on after a success', async () => {
    expect(await noteTrouble(db, ACCOUNT, 'throttled', clock.now())).toBe(clock.now() + 30 * MINUTE);
    const held = await nextTurn(db, speech('reply'));
    expect(held).toEqual({
      at: clock.now() + 30 * MINUTE,
      hold: 'breaker',
      reason: '账号发得太频繁或接连出错，先停一停，今天 12:30 后接着发',
    });
    expect(await listPaused(db)).toEqual([{ account: ACCOUNT, until: held.at, failures: 1 }]);
    clock.set(held.at);
    expect(await speak(speech())).toBe(true);
    clock.advance(10 * SECOND);
    expect(await speak(speech('lesson', 1))).toBe(false);
    await noteSuccess(db, ACCOUNT);
    expect(await speak(speech('lesson', 1))).toBe(true);
    expect(await listPaused(db)).toEqual([]);
  });

  it('pauses after as many errors in a row as the policy says, twice as long each time', async () => {
    await setPolicy(db, 'breaker-errors', '2', {}, 'test', 1);
    await setPolicy(db, 'breaker-wait', '10m', {}, 'test', 1);
    expect(await noteTrouble(db, ACCOUNT, 'error', clock.now())).toBeUndefined();
    await noteSuccess(db, ACCOUNT);
    expect(await noteTrouble(db, ACCOUNT, 'error', clock.now())).toBeUndefined();
    expect(await noteTrouble(db, ACCOUNT, 'error', clock.now())).toBe(clock.now() + 10 * MINUTE);
    clock.advance(10 * MINUTE);
    expect(await speak(speech())).toBe(true);
    expect(await noteTrouble(db, ACCOUNT, 'error', clock.now())).toBe(clock.now() + 20 * MINUTE);
  });

  describe('and the courier', () => {
    let said: number[];
    let answer: () => Promise<{ messageId: string }>;
    beforeEach(() => {
      said = [];
      answer = async () => ({ messageId: `m${said.length}` });
    });

    const channel: Channel = {
      account: ACCOUNT,
      limits: { maxText: 2_000, paced: true },
      start: async () => undefined,
      stop: async () => undefined,
      status: () => ({ account: ACCOUNT, state: 'online', since: 0 }),
      async send() {
        const receipt = await answer();
        said.push(clock.now());
        return receipt;
      },
    };

    async function deliver(count: number, epochs = 1) {
      const couriers: Courier[] = [];
      for (let no = 0; no < epochs; no += 1)
        couriers.push(
          makeCourier({
            db,
            clock,
            log: silentLog,
            zone: ZONE,
            epoch: await beginEpoch(db, clock.now()),
            pace: paceOf('3-8s,12/min,200/day'),
            channelOf: () => channel,
            compose: async () => ({ drafts: [{ kind: 'text', body: '课' }] }),
            picturePath: (file) => file,
            random: () => 0,
            signal: new AbortController().signal,
          }),
        );
      const plans = Array.from({ length: count }, (_, index) => ({
        cause: `test:${clock.now()}:${index}`,
        kind: 'digest' as const,
        account: ACCOUNT,
        groupId: groups[index % 3] ?? '',
        plannedAt: clock.now(),
      }));
      const ids = await planDeliveries(db, plans, clock.now());
      const timer = setInterval(() => clock.advance(SECOND), 1);
      try {
        for (let round = 0; round < 40; round += 1) {
          const due = await queueDue(db, [ACCOUNT], clock.now());
          await Promise.all(
            due.map(({ id }, index) => couriers[index % epochs]?.deliver(id) ?? Promise.resolve()),
          );
          const left = await db.selectFrom('delivery').select('id').where('state', '!=', 'sent').execute();
          if (left.length === 0) break;
        }
      } finally {
        clearInterval(timer);
      }
      return ids;
    }

    it('keeps the gap between deliveries, also with two servers on one database', async () => {
      await deliver(8, 2);
      expect(said).toHaveLength(8);
      const gaps = said.slice(1).map((at, index) => at - (said[index] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3 * SECOND);
    });

    it('puts a throttled delivery back, says nothing for a while, and then says it once', async () => {
      let calls = 0;
      answer = async () => {
        calls += 1;
        if (calls === 1) throw new ThrottledError('操作过于频繁');
        return { messageId: `m${calls}` };
      };
      const began = clock.now();
      const [id = ''] = await deliver(1);
      expect(await findDelivery(db, id)).toMatchObject({ state: 'planned' });
      expect(said).toEqual([]);
      clock.set(began + 30 * MINUTE);
      await deliver(1);
      expect(said).toHaveLength(2);
      expect(calls).toBe(3);
      expect(await findDelivery(db, id)).toMatchObject({ state: 'sent' });
      expect(Math.min(...said)).toBeGreaterThanOrEqual(began + 30 * MINUTE);
    });
  });
});
