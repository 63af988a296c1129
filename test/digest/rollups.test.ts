/**
 * The rollups as a property: whatever is said in whatever order, the figures that were kept are those that are
 * counted anew, and those that a plain model of the rules gives.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { handleNew } from '../../src/chat/handle.ts';
import { insertMessages } from '../../src/chat/inbox.ts';
import { DAY, HOUR, localDay, MINUTE } from '../../src/clock.ts';
import { rebuildRollups, verifyRollups } from '../../src/digest/rebuild.ts';
import { type Classroom, openClassroom, readRollups, type Room, says, ZONE } from '../support/classroom.ts';
import { DIALECTS } from '../support/databases.ts';

/** What the answers of `SOURCE` are worth. */
const RIGHT: Readonly<Record<number, string>> = { 1: 'B', 2: 'AB', 3: '对' };

interface Said {
  readonly who: string;
  readonly room: 0 | 1;
  /** In private the quiz of the person's groups counts that opened last. */
  readonly inPrivate: boolean;
  readonly values: readonly (readonly [question: number, value: string])[];
  readonly checkin: boolean;
  /** Minutes after the quiz opened; it is open for two hours, over midnight. */
  readonly minute: number;
  /** How often the chat delivers it. */
  readonly times: number;
}

const value = fc.oneof(
  fc.tuple(fc.constant(1), fc.constantFrom('A', 'B')),
  fc.tuple(fc.constant(2), fc.constantFrom('A', 'B', 'AB', 'ABC')),
  fc.tuple(fc.constant(3), fc.constantFrom('对', '错')),
);

const said: fc.Arbitrary<Said> = fc.record({
  who: fc.constantFrom('ann', 'bob', 'eva'),
  room: fc.constantFrom(0, 1),
  inPrivate: fc.boolean(),
  values: fc.uniqueArray(value, { maxLength: 3, selector: ([question]) => question }),
  checkin: fc.boolean(),
  minute: fc.integer({ min: -10, max: 130 }),
  times: fc.constantFrom(1, 1, 1, 2, 3),
});

/** How many are handled between two arrivals, so that batches fall everywhere. */
const pile = fc.array(said, { minLength: 1, maxLength: 8 });
const day = fc.array(pile, { minLength: 1, maxLength: 6 });

const OPENS = Date.parse('2026-11-24T23:00:00+08:00');

describe.each(DIALECTS)('the rollups on %s', (dialect) => {
  let classroom: Classroom;
  beforeAll(async () => {
    classroom = await openClassroom(dialect, '2026-11-25T02:00:00+08:00');
  });
  afterAll(async () => {
    await classroom.close();
  });

  const textOf = ({ values, checkin }: Said) =>
    `${checkin ? '打卡 ' : ''}${values.map(([question, given]) => `${question}${given}`).join(' ')}`;

  async function play(rooms: readonly Room[], piles: readonly (readonly Said[])[], run: string) {
    for (const room of rooms)
      for (const who of ['ann', 'bob', 'eva'])
        await classroom.db
          .insertInto('group_member')
          .values({ group_id: room.groupId, contact_id: `${run}-${who}`, name: who, left_at: null })
          .execute();
    for (const one of piles) {
      const messages = one.flatMap((line) => {
        const message = says(textOf(line), OPENS + line.minute * MINUTE, {
          contactId: `${run}-${line.who}`,
          senderName: line.who,
          ...(line.inPrivate ? {} : { roomId: rooms[line.room]?.roomId ?? '' }),
        });
        return Array.from({ length: line.times }, () => message);
      });
      await insertMessages(classroom.db, messages, classroom.clock.now());
      // Some come again after they were handled.
      await handleNew(classroom.parts);
      await insertMessages(classroom.db, messages, classroom.clock.now());
      await handleNew(classroom.parts);
      classroom.clock.advance(1);
    }
  }

  /** The rules in plain words: the last written of a member's answers to a question counts, at a tie the later come. */
  function expected(rooms: readonly Room[], piles: readonly (readonly Said[])[]) {
    const counted = new Map<string, { line: Said; room: number; question: number; given: string }>();
    for (const line of piles.flat()) {
      // Both quizzes are open at the same times; the second room's opened last.
      const room = line.inPrivate ? 1 : line.room;
      if (line.minute < 0 || line.minute >= 120) continue;
      for (const [question, given] of line.values) {
        const key = `${room} ${line.who} ${question}`;
        const before = counted.get(key);
        if (before && before.line.minute > line.minute) continue;
        counted.set(key, { line, room, question, given });
      }
    }
    const all = [...counted.values()];
    return rooms.map((_, room) => {
      const own = all.filter((one) => one.room === room);
      return {
        members: new Set(own.map(({ line }) => line.who)).size,
        answers: own.length,
        correct: own.filter(({ question, given }) => RIGHT[question] === given).length,
        days: new Map(
          Object.entries(Object.groupBy(own, ({ line }) => localDay(OPENS + line.minute * MINUTE, ZONE))).map(
            ([at, lines]) => [at, lines?.length ?? 0],
          ),
        ),
      };
    });
  }

  it('keeps what counting anew gives', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(day, async (piles) => {
        run += 1;
        const rooms = [
          await classroom.openRoom(OPENS, OPENS + 2 * HOUR),
          await classroom.openRoom(OPENS, OPENS + 2 * HOUR),
        ];
        await play(rooms, piles, `${dialect}-${run}`);
        const kept = await readRollups(classroom.db);
        expect(await verifyRollups(classroom.db, ZONE)).toEqual([]);
        await rebuildRollups(classroom.db, ZONE);
        expect(await readRollups(classroom.db)).toEqual(kept);

        for (const [at, figures] of expected(rooms, piles).entries()) {
          const window = kept.windows.find(({ window_id: id }) => id === rooms[at]?.windowId);
          const { members, answers, correct } = window ?? { members: 0, answers: 0, correct: 0 };
          expect({ members, answers, correct }).toEqual({
            members: figures.members,
            answers: figures.answers,
            correct: figures.correct,
          });
          for (const local of [localDay(OPENS, ZONE), localDay(OPENS + DAY, ZONE)]) {
            const days = kept.days.filter((row) => row.group_id === rooms[at]?.groupId && row.day === local);
            expect(days.reduce((sum, row) => sum + row.answers, 0)).toBe(figures.days.get(local) ?? 0);
          }
        }
      }),
      { numRuns: dialect === 'sqlite' ? 60 : 15 },
    );
  }, 120_000);

  it('counts a check-in once a day and group, and a correction on its own day', async () => {
    const room = await classroom.openRoom(OPENS, OPENS + 2 * HOUR);
    const hear = async (text: string, minute: number) => {
      const message = says(text, OPENS + minute * MINUTE, {
        contactId: 'one',
        senderName: '韦国强',
        roomId: room.roomId,
      });
      await insertMessages(classroom.db, [message], classroom.clock.now());
      await handleNew(classroom.parts);
    };
    const days = async () =>
      (await readRollups(classroom.db)).days
        .filter((row) => row.group_id === room.groupId)
        .map(({ day: local, answers, correct, checkins }) => [local, answers, correct, checkins]);
    await hear('打卡 1B', 30);
    await hear('打卡', 40);
    expect(await days()).toEqual([['2026-11-24', 1, 1, 1]]);
    await hear('1A 2AB', 70);
    expect(await days()).toEqual([
      ['2026-11-24', 0, 0, 1],
      ['2026-11-25', 2, 1, 0],
    ]);
    await hear('打卡', 71);
    // Written before the correction: kept, and not counted.
    await hear('1B', 31);
    const kept = await days();
    expect(kept).toEqual([
      ['2026-11-24', 0, 0, 1],
      ['2026-11-25', 2, 1, 1],
    ]);
    await rebuildRollups(classroom.db, ZONE);
    expect(await days()).toEqual(kept);
  });

  it('finds every figure that is not what the facts say, and puts it right', async () => {
    const { db } = classroom;
    const rooms = [
      await classroom.openRoom(OPENS, OPENS + 2 * HOUR),
      await classroom.openRoom(OPENS, OPENS + 2 * HOUR),
    ];
    const lines = rooms.flatMap(({ roomId }) => [
      says('打卡 1B', OPENS + 30 * MINUTE, { contactId: 'two', senderName: '覃小燕', roomId }),
      says('2AB', OPENS + 90 * MINUTE, { contactId: 'two', senderName: '覃小燕', roomId }),
    ]);
    await insertMessages(db, lines, classroom.clock.now());
    await handleNew(classroom.parts);
    const kept = await readRollups(db);
    const own = kept.days.filter(({ group_id: id }) => rooms.some(({ groupId }) => groupId === id));
    const memberId = own[0]?.member_id ?? '';
    // Two groups, two days: four rows of days, and yet two days of the month.
    expect(own).toHaveLength(4);
    expect(kept.months.find(({ member_id: id }) => id === memberId)).toEqual({
      month: '2026-11',
      member_id: memberId,
      days: 2,
      answers: 4,
      correct: 4,
      checkins: 2,
      unit_id: null,
    });
    expect(kept.groupDays.filter(({ group_id: id }) => id === rooms[0]?.groupId)).toEqual([
      { day: '2026-11-24', group_id: rooms[0]?.groupId, learned: 1, answers: 1, correct: 1, checkins: 1 },
      { day: '2026-11-25', group_id: rooms[0]?.groupId, learned: 1, answers: 1, correct: 1, checkins: 0 },
    ]);

    const [groupId = '', windowId = ''] = [rooms[0]?.groupId, rooms[0]?.windowId];
    await db
      .updateTable('rollup_member_day')
      .set({ answers: 7 })
      .where('group_id', '=', groupId)
      .where('day', '=', '2026-11-24')
      .execute();
    await db
      .insertInto('rollup_member_day')
      .values({
        group_id: groupId,
        day: '2020-02-29',
        member_id: memberId,
        answers: 1,
        correct: 0,
        checkins: 0,
      })
      .execute();
    await db
      .deleteFrom('rollup_group_day')
      .where('group_id', '=', groupId)
      .where('day', '=', '2026-11-25')
      .execute();
    await db.updateTable('rollup_member_month').set({ days: 9 }).where('member_id', '=', memberId).execute();
    await db.updateTable('rollup_window').set({ members: 5 }).where('window_id', '=', windowId).execute();
    await db
      .deleteFrom('rollup_question')
      .where('window_id', '=', windowId)
      .where('question', '=', 2)
      .execute();
    // Says nothing that isn't so.
    await db
      .insertInto('rollup_question')
      .values({ window_id: windowId, question: 3, answers: 0, correct: 0 })
      .execute();

    const done: number[] = [];
    const found = await verifyRollups(db, ZONE, { progress: (share) => void done.push(share) });
    const sayKey = (key: string) => key.replace(groupId, 'G').replace(memberId, 'M').replace(windowId, 'W');
    expect(found.map(({ table, key }) => `${table} ${sayKey(key)}`).toSorted()).toEqual([
      'rollup_group_day G 2026-11-25',
      'rollup_member_day G 2020-02-29 M',
      'rollup_member_day G 2026-11-24 M',
      'rollup_member_month 2020-02 M',
      'rollup_member_month 2026-11 M',
      'rollup_question W 2',
      'rollup_window W',
    ]);
    expect(found.find(({ table }) => table === 'rollup_window')).toMatchObject({
      kept: { members: 5, answers: 2, correct: 2 },
      counted: { members: 1, answers: 2, correct: 2 },
    });
    expect(done.at(-1)).toBe(1);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(await verifyRollups(db, ZONE, { most: 2 })).toHaveLength(2);

    await rebuildRollups(db, ZONE);
    expect(await verifyRollups(db, ZONE)).toEqual([]);
    expect(await readRollups(db)).toEqual(kept);
  });
});
