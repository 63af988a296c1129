/** How the inbox is handled, on both databases: by the time of writing, once, and never given up lightly. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { handleNew, retryFailed, TRIES_AFTER } from '../../src/chat/handle.ts';
import { insertMessages } from '../../src/chat/inbox.ts';
import { HOUR, MINUTE, SECOND } from '../../src/clock.ts';
import { openDatabase } from '../../src/db/open.ts';
import { rebuildRollups } from '../../src/digest/rebuild.ts';
import { type Classroom, openClassroom, readRollups, type Room, says, ZONE } from '../support/classroom.ts';
import { DIALECTS } from '../support/databases.ts';
import { obstruct } from '../support/obstruct.ts';

describe.each(DIALECTS)('handling on %s', (dialect) => {
  let classroom: Classroom;
  let room: Room;
  let opens: number;
  beforeEach(async () => {
    classroom = await openClassroom(dialect);
    opens = classroom.clock.now();
    room = await classroom.openRoom(opens, opens + HOUR);
  });
  afterEach(async () => {
    await classroom.close();
  });

  const hear = (...messages: Parameters<typeof insertMessages>[1]) =>
    insertMessages(classroom.db, messages, classroom.clock.now());
  const say = (text: string, at: number, given: Parameters<typeof says>[2] = {}) =>
    says(text, at, { roomId: room.roomId, ...given });
  const answers = () =>
    classroom.db
      .selectFrom('answer')
      .select(['question', 'value', 'correct', 'counted'])
      .orderBy('id')
      .execute();
  const states = () =>
    classroom.db
      .selectFrom('message')
      .select(['state', 'attempts', 'try_at'])
      .orderBy('received_at')
      .orderBy('id')
      .execute();

  it('handles after a start what a crash left', async () => {
    await hear(say('1B', opens), say('打卡', opens, { contactId: 'bob', senderName: '韦国强' }));
    // Another process, with its own connection.
    const db = await openDatabase(classroom.config, 0);
    expect(await handleNew({ ...classroom.parts, db })).toBe(2);
    expect(await handleNew({ ...classroom.parts, db })).toBe(0);
    await db.destroy();
    expect(await answers()).toEqual([{ question: 1, value: 'B', correct: 1, counted: 1 }]);
  });

  it('counts an answer that was written before the close and arrives after it', async () => {
    classroom.clock.advance(3 * HOUR);
    await hear(say('1B', opens + 59 * MINUTE), say('2AB', opens + 61 * MINUTE, { contactId: 'bob' }));
    await handleNew(classroom.parts);
    expect(await answers()).toEqual([{ question: 1, value: 'B', correct: 1, counted: 1 }]);
  });

  it('lets the later written of two count, whatever order they arrive in', async () => {
    classroom.clock.advance(10 * MINUTE);
    await hear(say('1B', opens + 5 * MINUTE));
    await handleNew(classroom.parts);
    await hear(say('1A', opens + 4 * MINUTE));
    await handleNew(classroom.parts);
    expect(await answers()).toEqual([
      { question: 1, value: 'B', correct: 1, counted: 1 },
      { question: 1, value: 'A', correct: 0, counted: 0 },
    ]);
    const { windows } = await readRollups(classroom.db);
    expect(windows).toEqual([{ window_id: room.windowId, members: 1, answers: 1, correct: 1 }]);
  });

  it('takes a message from the future as written when it arrived', async () => {
    // Past the close by its own time; the quiz is open now.
    await hear(say('1B', opens + 5 * HOUR));
    await handleNew(classroom.parts);
    expect(await answers()).toHaveLength(1);
    // One that claims yesterday's hour was written before the quiz.
    await hear(say('1A', opens - 24 * HOUR));
    await handleNew(classroom.parts);
    expect(await answers()).toHaveLength(1);
  });

  it('records a message once, however often it is handled', async () => {
    await hear(say('打卡 1B', opens));
    await handleNew(classroom.parts);
    const before = await readRollups(classroom.db);
    await classroom.db.updateTable('message').set({ state: 'new' }).execute();
    await handleNew(classroom.parts);
    expect(await answers()).toHaveLength(1);
    expect(await readRollups(classroom.db)).toEqual(before);
  });

  it('keeps an older answer from taking back what counts when it is handled once more', async () => {
    await hear(say('1A', opens, { id: 'first' }));
    await handleNew(classroom.parts);
    await hear(say('1B', opens, { id: 'second' }));
    await handleNew(classroom.parts);
    await classroom.db
      .updateTable('message')
      .set({ state: 'new' })
      .where('channel_id', '=', 'first')
      .execute();
    await handleNew(classroom.parts);
    expect(await answers()).toEqual([
      { question: 1, value: 'A', correct: 0, counted: 0 },
      { question: 1, value: 'B', correct: 1, counted: 1 },
    ]);
  });

  // Several servers share PostgreSQL; of SQLite's folders each has one.
  it.runIf(dialect === 'postgres')('handles once what two processes take at the same time', async () => {
    const people = Array.from({ length: 60 }, (_, at) => `person${at}`);
    await hear(...people.map((contactId) => say('1B 2A', opens, { contactId, senderName: contactId })));
    const other = await openDatabase(classroom.config, 0);
    // A lost race is an error of the database and belongs to the next round.
    const race = () =>
      Promise.allSettled([handleNew(classroom.parts), handleNew({ ...classroom.parts, db: other })]);
    await race();
    await race();
    await handleNew(classroom.parts);
    await other.destroy();
    expect((await states()).every(({ state }) => state === 'handled')).toBe(true);
    const kept = await readRollups(classroom.db);
    expect(kept.windows).toEqual([{ window_id: room.windowId, members: 60, answers: 120, correct: 60 }]);
    await rebuildRollups(classroom.db, ZONE);
    expect(await readRollups(classroom.db)).toEqual(kept);
  });

  describe('when a message can not be handled', () => {
    /** Whoever speaks on that account trips a fault of ours. */
    const FAULTY = 'wechaty:faulty';
    const faulty = () => ({
      ...classroom.parts,
      botNames: (account: string) => {
        if (account === FAULTY) throw new TypeError('a fault of ours');
        return ['小课'];
      },
    });

    it('handles the others, tries it later and later, and gives it up for people to see', async () => {
      await hear(says('帮助', opens, { account: FAULTY }));
      await hear(say('1B', opens), say('2AB', opens));
      await handleNew(faulty());
      expect(await answers()).toHaveLength(2);
      for (const [at, wait] of TRIES_AFTER.entries()) {
        const now = classroom.clock.now();
        expect(await states()).toMatchObject([
          { state: 'new', attempts: at + 1, try_at: now + wait },
          {},
          {},
        ]);
        classroom.clock.advance(wait - 1);
        expect(await handleNew(faulty())).toBe(0);
        classroom.clock.advance(1);
        expect(await handleNew(faulty())).toBe(1);
      }
      expect(await states()).toMatchObject([{ state: 'failed', attempts: TRIES_AFTER.length + 1 }, {}, {}]);
      classroom.clock.advance(24 * HOUR);
      expect(await handleNew(faulty())).toBe(0);
    });

    it('does not hold up what comes after it', async () => {
      await hear(...Array.from({ length: 250 }, () => says('帮助', opens, { account: FAULTY })));
      await handleNew(faulty());
      classroom.clock.advance(SECOND - 1);
      await hear(say('1B', opens));
      expect(await handleNew(faulty())).toBe(1);
      expect(await answers()).toHaveLength(1);
    });

    it('gives it one more chance after a restart', async () => {
      await hear(says('帮助', opens, { account: FAULTY }));
      for (const wait of [0, ...TRIES_AFTER]) {
        classroom.clock.advance(wait);
        await handleNew(faulty());
      }
      expect(await states()).toMatchObject([{ state: 'failed' }]);
      expect(await retryFailed(classroom.db)).toBe(1);
      await handleNew(faulty());
      expect(await states()).toMatchObject([{ state: 'failed', attempts: TRIES_AFTER.length + 1 }]);
      expect(await retryFailed(classroom.db)).toBe(1);
      await handleNew(classroom.parts);
      expect(await states()).toMatchObject([{ state: 'handled' }]);
      expect(await retryFailed(classroom.db)).toBe(0);
    });

    it('never blames a message for a database that is down', async () => {
      await hear(say('1B', opens));
      for (const parts of [classroom.parts, classroom.parts, classroom.parts]) {
        const { interrupt, release } = await obstruct(classroom, dialect);
        const handling = handleNew(parts);
        handling.catch(() => undefined);
        await interrupt();
        await expect(handling).rejects.toThrow(/locked|terminat/);
        await release();
      }
      expect(await states()).toMatchObject([{ state: 'new', attempts: 0, try_at: null }]);
      expect(await handleNew(classroom.parts)).toBe(1);
      expect(await answers()).toHaveLength(1);
    });

    it('counts no failure that it can not write down', async () => {
      await hear(says('帮助', opens, { account: FAULTY }));
      const { db } = classroom.parts;
      await db.schema.alterTable('message').renameColumn('attempts', 'gone').execute();
      await expect(handleNew(faulty())).rejects.toThrow(/attempts/);
      await db.schema.alterTable('message').renameColumn('gone', 'attempts').execute();
      expect(await states()).toMatchObject([{ state: 'new', attempts: 0, try_at: null }]);
    });
  });

  it('lets the rest of the process live while it works through a backlog', async () => {
    await hear(...Array.from({ length: 400 }, (_, at) => say('1B', opens, { contactId: `c${at}` })));
    let turns = 0;
    let isDone = false;
    const others = (async () => {
      while (!isDone) {
        await new Promise((resolve) => setImmediate(resolve));
        turns += 1;
      }
    })();
    expect(await handleNew(classroom.parts)).toBe(400);
    isDone = true;
    await others;
    // At the least after each page of a hundred; without that it would be one turn.
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it('gives way between two transactions', async () => {
    await hear(...Array.from({ length: 250 }, () => say('今天风大', opens)));
    let waits = 0;
    const handled = await handleNew({
      ...classroom.parts,
      async giveWay() {
        // Nothing is being handled now: somebody else's write is not held up.
        await classroom.db.transaction().execute(async () => undefined);
        waits += 1;
      },
    });
    expect(handled).toBe(250);
    expect(waits).toBeGreaterThanOrEqual(3);
  });

  it('leaves what arrives meanwhile to the next call', async () => {
    await hear(...Array.from({ length: 150 }, () => say('今天风大', opens)));
    classroom.clock.advance(1);
    let late = 0;
    const handled = await handleNew({
      ...classroom.parts,
      botNames: () => {
        if (late === 0) setImmediate(() => void hear(say('1B', opens)).then(() => (late += 1)));
        return ['小课'];
      },
    });
    expect(handled).toBe(150);
  });
});
