/** The look ahead: it keeps what the pace promises, and it is what the courier then does, to the second. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Channel } from '../../src/channels/channel.ts';
import { type Clock, DAY, HOUR, isoInZone, localDay, MINUTE, SECOND } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Db } from '../../src/db/open.ts';
import { makeComposer } from '../../src/delivery/compose.ts';
import { makeCourier } from '../../src/delivery/courier.ts';
import { capOfDay, CLOSED, quietUntil } from '../../src/delivery/pace-rules.ts';
import { beginEpoch, queueDue } from '../../src/delivery/recover.ts';
import { addToMemberDays } from '../../src/digest/rollups.ts';
import { loadCatalogue } from '../../src/lessons/catalogue.ts';
import { picturePath } from '../../src/lessons/pictures.ts';
import { recordCatalogue } from '../../src/lessons/revisions.ts';
import { silentLog } from '../../src/log.ts';
import { getGroup, recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { addMember } from '../../src/people/members.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { closeDueWindows } from '../../src/schedule/closing.ts';
import { Heap } from '../../src/schedule/heap.ts';
import { planDue } from '../../src/schedule/planner.ts';
import { nextLessonOf, previewSends } from '../../src/schedule/preview.ts';
import { addSchedule } from '../../src/schedule/schedules.ts';
import { type Account, type Due, simulate } from '../../src/schedule/simulate.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const ZONE = 'Asia/Shanghai';
const NOON = Date.parse('2026-11-24T12:00:00+08:00');
const quietHours = { from: 22 * 60, to: 7 * 60 };

const account = (changed: Partial<Account> = {}): Account => ({
  rules: {
    zone: ZONE,
    pace: { minGap: 3 * SECOND, maxGap: 8 * SECOND, perMinute: 12, perDay: 200 },
    quietHours,
    warmUpDays: 0,
  },
  groupPerDay: () => 30,
  standing: {
    nextAllowedAt: 0,
    lastMinute: [],
    today: 0,
    groupsToday: new Map(),
    firstDay: '2026-01-01',
    breaker: CLOSED,
  },
  ...changed,
});

const due = (what: string, at: number, more: Partial<Due<string>> = {}): Due<string> => ({
  what,
  groupId: what,
  kind: 'lesson',
  at,
  messages: 1,
  ...more,
});

const times = (given: Account, dues: readonly Due<string>[], now = NOON) =>
  simulate(given, dues, now).map(
    ({ what, startsAt, endsAt, delay }) =>
      `${what} ${isoInZone(startsAt, ZONE).slice(8, 19)}${endsAt > startsAt ? `+${(endsAt - startsAt) / SECOND}` : ''}${delay ? ` ${delay}` : ''}`,
  );

describe('a serial account', () => {
  it('says one after the other, the gap as its mean in whole seconds', () => {
    const dues = [due('a', NOON), due('b', NOON, { messages: 3 }), due('c', NOON + 10 * SECOND)];
    expect(times(account(), dues)).toEqual(['a 24T12:00:00', 'b 24T12:00:06+12', 'c 24T12:00:24']);
  });

  it('lets a key go before lessons, and a lesson before a digest', () => {
    const dues = [
      due('digest', NOON, { kind: 'digest' }),
      due('quiz', NOON, { keyAfter: 7 * SECOND }),
      due('late', NOON + 8 * SECOND),
    ];
    // The quiz's key is due at :07 and goes out at :12.
    expect(times(account(), dues)).toEqual(['quiz 24T12:00:00', 'digest 24T12:00:06', 'late 24T12:00:18']);
  });

  it('waits for the morning, for tomorrow, and for a breaker', () => {
    const evening = NOON + 10 * HOUR - 6 * SECOND;
    expect(times(account(), [due('a', evening), due('b', evening, { messages: 2 })], evening)).toEqual([
      'a 24T21:59:54',
      'b 25T07:00:00+6 quiet',
    ]);
    const full = account({ standing: { ...account().standing, today: 199 } });
    expect(times(full, [due('a', NOON), due('b', NOON)])).toEqual(['a 24T12:00:00', 'b 25T07:00:00 day']);
    const busy = account({ standing: { ...account().standing, groupsToday: new Map([['a', 30]]) } });
    expect(times(busy, [due('a', NOON), due('b', NOON)])).toEqual([
      'b 24T12:00:00',
      'a 25T07:00:00 group-day',
    ]);
    const breaker = { failures: 1, opens: 1, openUntil: NOON + HOUR, probeAt: null };
    const paused = account({ standing: { ...account().standing, breaker } });
    expect(times(paused, [due('a', NOON)])).toEqual(['a 24T13:00:00']);
  });

  it('says everything at its hour where no pace holds', () => {
    const { rules: _none, ...free } = account();
    const night = NOON + 11 * HOUR;
    expect(times(free, [due('a', NOON), due('b', NOON), due('c', night), due('d', NOON - HOUR)])).toEqual([
      'a 24T12:00:00',
      'b 24T12:00:00',
      'c 24T23:00:00',
      'd 24T12:00:00',
    ]);
  });

  it('stops where it is told to', () => {
    const dues = ['a', 'b', 'c'].map((what) => due(what, NOON));
    const { rules: _none, ...free } = account();
    for (const one of [account(), free])
      expect(simulate(one, dues, NOON, ({ what }) => what === 'b').map(({ what }) => what)).toEqual([
        'a',
        'b',
      ]);
  });

  it('says all of it, each once, and never more than the pace allows', () => {
    const dues = fc.array(
      fc.record({
        group: fc.integer({ min: 0, max: 4 }),
        kind: fc.constantFrom('lesson' as const, 'digest' as const, 'key' as const),
        after: fc.integer({ min: 0, max: 3 * 1440 }),
      }),
      { minLength: 1, maxLength: 120 },
    );
    const limits = fc.record({
      gap: fc.integer({ min: 1, max: 20 }),
      perMinute: fc.integer({ min: 1, max: 8 }),
      perDay: fc.integer({ min: 3, max: 30 }),
      warmUpDays: fc.integer({ min: 0, max: 5 }),
      groupPerDay: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(dues, limits, (given, { gap, perMinute, perDay, warmUpDays, groupPerDay }) => {
        const pace = { minGap: gap * SECOND, maxGap: gap * SECOND, perMinute, perDay };
        const firstDay = '2026-11-24';
        const one = account({
          rules: { zone: ZONE, pace, quietHours, warmUpDays },
          groupPerDay: () => groupPerDay,
          standing: { ...account().standing, firstDay },
        });
        const all = given.map(({ group, kind, after }, index) =>
          due(String(index), NOON + after * MINUTE, { kind, groupId: `g${group}` }),
        );
        const played = simulate(one, all, NOON);
        expect(played.map(({ what }) => Number(what)).toSorted((a, b) => a - b)).toEqual(
          all.map((_, index) => index),
        );
        for (const [index, { what, startsAt }] of played.entries()) {
          const before = played.slice(0, index);
          const last = before.at(-1);
          if (last) expect(startsAt - last.startsAt).toBeGreaterThanOrEqual(gap * SECOND);
          expect(startsAt).toBeGreaterThanOrEqual(all[Number(what)]?.at ?? 0);
          expect(quietUntil(quietHours, startsAt, ZONE)).toBeUndefined();
          expect(before.filter((each) => each.startsAt > startsAt - MINUTE).length).toBeLessThan(perMinute);
          const day = localDay(startsAt, ZONE);
          const today = before.filter((each) => localDay(each.startsAt, ZONE) === day);
          expect(today.length).toBeLessThan(capOfDay(perDay, warmUpDays, firstDay, day));
          const groupOf = (no: string) => all[Number(no)]?.groupId;
          expect(today.filter((each) => groupOf(each.what) === groupOf(what)).length).toBeLessThan(
            groupPerDay,
          );
        }
      }),
      { numRuns: 150 },
    );
  });
});

it('a heap gives the least first, whatever is put in and taken out meanwhile', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 50 }))), (steps) => {
      const heap = new Heap<number>((a, b) => a - b);
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) expect(heap.take()).toBe(model.shift());
        else {
          heap.push(step);
          model.push(step);
          model.sort((a, b) => a - b);
        }
        expect(heap.peek()).toBe(model[0]);
      }
    }),
  );
});

describe.each(DIALECTS)('a preview on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let now: number;
  const config = readConfig({ CHANNELS: 'wechaty', PACE: '4-8s,12/min,200/day' }, '/');
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    now = NOON;
    for (const no of [1, 2, 3, 4]) {
      const seen = { account: 'wechaty', roomId: `r${no}@x`, topic: `群${no}` };
      const { key } = await recordSeenGroup(db, seen, now);
      await setGroupEnabled(db, key, no < 4, 'test', now);
    }
    await setPolicy(db, 'warm-up-days', '0', {}, 'test', now);
  });
  afterEach(async () => {
    await close();
  });

  /** Sleeping moves it; a send never takes time. */
  const clock: Clock = {
    now: () => now,
    async sleep(ms, signal) {
      if (ms >= HOUR)
        return await new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
      now += ms;
    },
  };

  it('names the second at which the courier says it', async () => {
    const lessonsDir = new URL('../../lessons', import.meta.url).pathname;
    const catalogue = await loadCatalogue(lessonsDir);
    await recordCatalogue(db, catalogue, 'test', now);
    const common = { groups: 'all', zone: ZONE } as const;
    const add = (kind: 'course' | 'digest', content: string, cron: string, closeAfter = DAY) =>
      addSchedule(db, { ...common, kind, content, when: { cron }, closeAfter }, 'test', now);
    await add('course', '网上卖货', '0 13 * * *', 8 * HOUR);
    await add('course', '茉莉之乡', '0 13 * * *');
    await add('digest', 'day', '0 21 * * *');
    // Somebody has learned in each group: a digest is its words and a picture.
    const { id: memberId } = await addMember(db, { name: '韦国强', unit: '甲支部' }, { who: 'test' }, now);
    const groups = await db.selectFrom('chat_group').select('id').execute();
    const day = { memberId, day: '2026-11-24', answers: 0, correct: 0, checkins: 1 };
    await addToMemberDays(
      db,
      groups.map(({ id: groupId }) => ({ ...day, groupId })),
    );
    const dataDir = mkdtempSync(join(tmpdir(), 'weike-simulate-'));
    const until = now + 12 * HOUR;
    const previewed = await previewSends(db, config, catalogue.lessons, now, until);
    expect(previewed).toHaveLength(9);

    const said: { at: number; room: string; text: string }[] = [];
    const channel: Channel = {
      account: 'wechaty',
      limits: { maxText: 2_000, paced: true },
      start: async () => undefined,
      stop: async () => undefined,
      status: () => ({ account: 'wechaty', state: 'online', since: 0 }),
      async send(target, part) {
        const text = part.kind === 'text' ? part.text : '';
        said.push({ at: now, room: target.kind === 'group' ? target.roomId : '', text });
        return { messageId: `m${said.length}` };
      },
    };
    const courier = makeCourier({
      db,
      clock,
      log: silentLog,
      zone: ZONE,
      epoch: await beginEpoch(db, now),
      ...(config.pace ? { pace: config.pace } : {}),
      quietHours,
      channelOf: () => channel,
      compose: makeComposer({
        zone: ZONE,
        dataDir,
        linkBase: () => undefined,
        nextLesson: async () => undefined,
      }),
      picturePath: (file) => picturePath({ lessonsDir, dataDir }, file),
      random: () => 0.5,
      signal: new AbortController().signal,
      sendTimeout: DAY,
    });
    /** The next job, as the queue would hand it out. */
    const nextJob = async () => {
      await planDue(db, catalogue.lessons, now);
      await closeDueWindows(db, now);
      await queueDue(db, ['wechaty'], now);
      const queued = await db.selectFrom('delivery').selectAll().where('state', '=', 'queued').execute();
      const order = ['key', 'lesson', 'digest'];
      return queued.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.no - b.no)[0];
    };
    for (const hour of ['13:00', '21:00']) {
      now = Date.parse(`2026-11-24T${hour}:00+08:00`);
      for (let job = await nextJob(); job; job = await nextJob()) await courier.deliver(job.id);
    }
    rmSync(dataDir, { recursive: true });
    const begun = said.filter(({ text }) => /^【(?:微课|学习简报)/.test(text));
    const expected = previewed.map(({ at, group }) => ({ at: isoInZone(at, ZONE), room: group.room_id }));
    expect(begun.map(({ at, room }) => ({ at: isoInZone(at, ZONE), room }))).toEqual(expected);
    expect(said.filter(({ text }) => text.startsWith('【答案】'))).toHaveLength(3);
    expect(isoInZone(previewed[0]?.at ?? 0, ZONE)).toBe('2026-11-24T13:00:00+08:00');
    expect(previewed.map(({ nominalAt }) => isoInZone(nominalAt, ZONE).slice(11, 16))).toEqual([
      ...Array.from({ length: 6 }, () => '13:00'),
      ...Array.from({ length: 3 }, () => '21:00'),
    ]);
  });

  it('moves a course on, leaves out what was had, and knows what comes next in a group', async () => {
    const { lessons } = await loadCatalogue(new URL('../../lessons', import.meta.url).pathname);
    const course = lessons.filter((lesson) => lesson.course === '茉莉之乡');
    const common = { groups: 'all', zone: ZONE } as const;
    await addSchedule(
      db,
      { ...common, kind: 'course', content: '茉莉之乡', when: { cron: '0 20 * * *' } },
      'test',
      now,
    );
    await addSchedule(
      db,
      { ...common, kind: 'lesson', content: course[1]?.id ?? '', when: { at: now + HOUR } },
      'test',
      now,
    );
    const sends = await previewSends(db, config, lessons, now, now + 30 * DAY);
    const own = sends.filter(({ group }) => group.key === 'g1').map(({ content }) => content);
    const rest = course.filter((_, index) => index !== 1).map(({ id }) => id);
    expect(own).toEqual([course[1]?.id, ...rest]);
    expect(sends.some(({ group }) => group.key === 'g4')).toBe(false);
    const { group } = sends[0] ?? {};
    expect(group && (await getGroup(db, group.id)).key).toBe('g1');
    const next = await nextLessonOf(db, lessons, group?.id ?? '', now + HOUR, now + DAY);
    expect(next).toMatchObject({ content: course[0]?.id, nominalAt: NOON + 8 * HOUR });
    expect(await nextLessonOf(db, lessons, group?.id ?? '', now + 29 * DAY, now + 30 * DAY)).toBeUndefined();
  });
});
