/** A re-login with all ids changed during an open quiz: no answer is lost or misfiled, nothing is sent astray. */
import { randomUUID } from 'node:crypto';

import { afterEach, describe, expect, inject, it } from 'vitest';

import { type App, openApp } from '../../src/app.ts';
import { MINUTE, SECOND } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { rebuildRollups } from '../../src/digest/rebuild.ts';
import { silentLog } from '../../src/log.ts';
import { listMatches } from '../../src/people/matching.ts';
import { addMember } from '../../src/people/members.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { sendNow } from '../../src/schedule/send-now.ts';
import { testClock } from '../support/clock.ts';
import { readRollups } from '../support/classroom.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';
import { makeMovingChat } from '../support/moving-chat.ts';
import { ROOT } from '../support/school.ts';
import { until } from '../support/wait.ts';

const WORLD = {
  people: ['花茶-黄秀兰', '花茶-韦国强', '覃小燕', '快乐每一天', '陆有福', '蒙丽萍', '农大山'],
  rooms: [
    { topic: '花茶支部群', people: [0, 1, 2, 3] },
    { topic: '村淘支部群', people: [4, 5, 6] },
  ],
};

describe.each(DIALECTS)('a re-login during an open quiz on %s', (dialect) => {
  let end: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of end.toReversed()) await close();
    end = [];
  });

  it('keeps every answer with whoever gave it', async () => {
    const { db, close } = await openTestDb(dialect);
    end.push(close);
    const clock = testClock('2026-11-24T18:00:00+08:00');
    const config = readConfig({ LESSONS_DIR: `${ROOT}lessons`, LOG_LEVEL: 'silent' }, ROOT);
    const chat = makeMovingChat(WORLD, clock);
    const members = new Map<string, string>();
    for (const name of ['黄秀兰', '韦国强', '覃小燕', '陆有福', '蒙丽萍', '农大山'])
      members.set(name, (await addMember(db, { name }, { who: 'test' }, clock.now())).id);
    const app: App = await openApp({
      config,
      db,
      clock,
      log: silentLog,
      redis: { path: inject('redisPath') },
      channels: [chat.channel],
      queuePrefix: `t-${randomUUID()}`,
    });
    end.push(() => app.stop());
    await db.updateTable('chat_group').set({ enabled: 1 }).execute();
    const groups = await db.selectFrom('chat_group').selectAll().orderBy('key').execute();
    const lesson = app.catalogue().lessons.find(({ id }) => id === 'cunchu-huacha');
    if (!lesson) throw new Error('no lesson');
    clock.advance(SECOND);
    await sendNow(db, { lesson, groups, zone: config.zone, closeAfter: 30 * MINUTE }, 'test', clock.now());
    await app.tick();
    await until(
      () => chat.said(0).some((text) => /小测/.test(text)) && chat.said(1).some((text) => /小测/.test(text)),
    );

    await chat.say(0, 0, '1A');
    await chat.say(3, 0, '1B');
    await chat.say(4, 1, '1C');
    await app.settled();
    clock.advance(MINUTE);

    // The phone restarts; people go on answering while the rooms are being read.
    await chat.relogin(
      { rooms: ['s1@x', 's0@x'].toReversed(), people: WORLD.people.map((_, index) => `q${index}`) },
      async () => {
        await chat.say(0, 0, '2B');
        await chat.say(1, 0, '1B 2A');
        await chat.say(3, 0, '2C');
        await chat.say(4, 'bot', '2A');
        await chat.say(5, 1, '1A');
        await app.settled();
        clock.advance(SECOND);
        await app.tick();
        const states = await db.selectFrom('message').select('state').where('state', '=', 'held').execute();
        expect(states).toHaveLength(5);
      },
    );
    await app.settled();
    await chat.say(0, 0, '1B');
    await app.settled();

    const rows = await db
      .selectFrom('answer')
      .innerJoin('member', 'member.id', 'answer.member_id')
      .innerJoin('chat_group', 'chat_group.id', 'answer.group_id')
      .select(['member.name', 'chat_group.topic', 'question', 'value', 'counted'])
      .orderBy('answer.id')
      .execute();
    expect(
      rows.map((row) => `${row.topic} ${row.name} ${row.question}${row.value}${row.counted ? '' : ' no'}`),
    ).toEqual([
      '花茶支部群 黄秀兰 1A no',
      '花茶支部群 快乐每一天 1B',
      '村淘支部群 陆有福 1C',
      '花茶支部群 黄秀兰 2B',
      '花茶支部群 韦国强 1B',
      '花茶支部群 韦国强 2A',
      '花茶支部群 快乐每一天 2C',
      '村淘支部群 陆有福 2A',
      '村淘支部群 蒙丽萍 1A',
      '花茶支部群 黄秀兰 1B',
    ]);
    const owners = await db.selectFrom('answer').select('member_id').distinct().execute();
    expect(owners).toHaveLength(5);
    expect(owners.map((row) => row.member_id)).toEqual(
      expect.arrayContaining(['黄秀兰', '韦国强', '陆有福', '蒙丽萍'].map((name) => members.get(name))),
    );
    expect(await listMatches(db, TERMINAL)).toEqual([]);

    // The acknowledgement and the key find the groups under their new ids.
    clock.advance(31 * SECOND);
    await app.tick();
    await until(() => chat.said(0).some((text) => /已收到/.test(text)));
    clock.advance(30 * MINUTE);
    await app.tick();
    await until(
      () =>
        chat.said(0).some((text) => /【答案】/.test(text)) &&
        chat.said(1).some((text) => /【答案】/.test(text)),
    );
    const read = () => readRollups(db);
    const kept = await read();
    await rebuildRollups(db, config.zone);
    expect(await read()).toEqual(kept);
  });

  it('sends nothing to a group that it doesn’t recognise', async () => {
    const { db, close } = await openTestDb(dialect);
    end.push(close);
    const clock = testClock('2026-11-24T18:00:00+08:00');
    const config = readConfig({ LESSONS_DIR: `${ROOT}lessons`, LOG_LEVEL: 'silent' }, ROOT);
    const world = { people: [...WORLD.people], rooms: WORLD.rooms.map((room) => ({ ...room })) };
    const chat = makeMovingChat(world, clock);
    const app: App = await openApp({
      config,
      db,
      clock,
      log: silentLog,
      redis: { path: inject('redisPath') },
      channels: [chat.channel],
      queuePrefix: `t-${randomUUID()}`,
    });
    end.push(() => app.stop());
    await db.updateTable('chat_group').set({ enabled: 1 }).execute();
    const groups = await db.selectFrom('chat_group').selectAll().orderBy('key').execute();
    clock.advance(SECOND);
    world.rooms[0] = { topic: '电商交流', people: [0, 1, 2, 3] };
    await chat.relogin({ rooms: ['s0@x', 's1@x'], people: world.people.map((_, index) => `q${index}`) });
    const lesson = app.catalogue().lessons.find(({ id }) => id === 'cunchu-huacha');
    if (!lesson) throw new Error('no lesson');
    await sendNow(db, { lesson, groups, zone: config.zone }, 'test', clock.now());
    await app.tick();
    await until(() => chat.said(1).length > 0);
    const delivered = await until(async () => {
      const rows = await db
        .selectFrom('delivery')
        .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
        .select(['chat_group.topic', 'delivery.state', 'delivery.reason'])
        .where('delivery.kind', '=', 'lesson')
        .orderBy('chat_group.key')
        .execute();
      return rows.every(({ state }) => state === 'sent' || state === 'skipped') ? rows : undefined;
    });
    expect(delivered).toEqual([
      { topic: '花茶支部群', state: 'skipped', reason: '账号重新登录后还没认出这个群，先不发' },
      { topic: '村淘支部群', state: 'sent', reason: null },
    ]);
    expect(chat.said(0)).toEqual([]);
    expect(await listMatches(db, TERMINAL)).toHaveLength(1);
  });
});
