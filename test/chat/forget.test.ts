/** What is forgotten of what people say, when, and what never is. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { countTalk, forgetTalk } from '../../src/chat/forget.ts';
import { DAY, HOUR } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import type { MessageTable } from '../../src/db/tables.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const NOW = Date.parse('2026-11-24T10:00:00+08:00');
const NOTHING = '{"kind":"none"}';

describe.each(DIALECTS)('what people said, on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
  });
  afterEach(async () => await close());

  const write = (id: string, age: number, more: Partial<MessageTable> = {}) =>
    db
      .insertInto('message')
      .values({
        id,
        account: 'sandbox',
        channel_id: id,
        room_id: 'r',
        contact_id: 'c',
        sender_name: '张三',
        kind: 'text',
        text: '今天茉莉花真香',
        mention: 0,
        sent_at: NOW - age,
        received_at: NOW - age,
        state: 'handled',
        attempts: 0,
        try_at: null,
        intent: NOTHING,
        handled_at: NOW - age,
        ...more,
      })
      .execute();
  const kept = async () => {
    const rows = await db.selectFrom('message').select(['id', 'text']).orderBy('id').execute();
    return rows.filter(({ text }) => text !== null).map(({ id }) => id);
  };

  it('is forgotten after a week when it was talk; the row stays, and nothing else is touched', async () => {
    await write('old', 7 * DAY + 1);
    await write('just', 7 * DAY);
    await write('young', HOUR);
    await write('answer', 90 * DAY, { intent: '{"kind":"answer"}' });
    await write('checkin', 90 * DAY, { intent: '{"kind":"checkin"}' });
    await write('new', 90 * DAY, { state: 'new', intent: null });
    await forgetTalk(db, NOW);
    expect(await kept()).toEqual(['answer', 'checkin', 'just', 'new', 'young']);
    expect((await db.selectFrom('message').select('id').execute()).length).toBe(6);
    await forgetTalk(db, NOW + 1);
    expect(await kept()).toEqual(['answer', 'checkin', 'new', 'young']);
  });

  it('is kept as long as the county says from the next round on, and not brought back by a longer span', async () => {
    await write('a', 2 * DAY);
    await write('b', 10 * DAY);
    await setPolicy(db, 'talk-kept', '30d', {}, 'test', NOW);
    await forgetTalk(db, NOW);
    expect(await kept()).toEqual(['a', 'b']);
    await setPolicy(db, 'talk-kept', '1d', {}, 'test', NOW);
    await forgetTalk(db, NOW);
    expect(await kept()).toEqual([]);
    await setPolicy(db, 'talk-kept', '30d', {}, 'test', NOW);
    await forgetTalk(db, NOW);
    expect(await kept()).toEqual([]);
    await expect(setPolicy(db, 'talk-kept', '31d', {}, 'test', NOW)).rejects.toThrow(/talk-kept/);
    await expect(setPolicy(db, 'talk-kept', '23h', {}, 'test', NOW)).rejects.toThrow(/talk-kept/);
  });

  it('is counted beforehand exactly as it then goes', async () => {
    expect(await countTalk(db, NOW, [DAY])).toEqual({ all: 0, nextDay: 0, goes: new Map([[DAY, 0]]) });
    for (const [index, age] of [HOUR, DAY + 1, 3 * DAY, 6 * DAY + HOUR, 20 * DAY].entries())
      await write(`m${index}`, age);
    await write('answer', 90 * DAY, { intent: '{"kind":"answer"}' });
    const spans = [1, 3, 7, 14].map((days) => days * DAY);
    const before = await countTalk(db, NOW, spans);
    expect(before).toEqual({
      all: 5,
      oldest: NOW - 20 * DAY,
      nextDay: 2,
      goes: new Map([
        [DAY, 4],
        [3 * DAY, 2],
        [7 * DAY, 1],
        [14 * DAY, 1],
      ]),
    });
    await setPolicy(db, 'talk-kept', '3d', {}, 'test', NOW);
    await forgetTalk(db, NOW);
    expect((await countTalk(db, NOW, [])).all).toBe(before.all - (before.goes.get(3 * DAY) ?? 0));
  });
});
