/**
 * The sums of units by month, as a property: whatever people say, take back, and wherever they are put from whatever
 * day on, the sums are those that are counted anew, and a unit's month is what a plain count of the facts gives.
 */
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { handleNew } from '../../src/chat/handle.ts';
import { insertMessages } from '../../src/chat/inbox.ts';
import { addDays, HOUR, localDay, MINUTE, startOfDay } from '../../src/clock.ts';
import { MIGRATIONS } from '../../src/db/migrations/index.ts';
import { type Db, inTransaction, openDatabase } from '../../src/db/open.ts';
import { type Counts, NO_COUNTS } from '../../src/figures.ts';
import { addToMemberDays } from '../../src/digest/rollups.ts';
import { rebuildRollups, verifyRollups } from '../../src/digest/rebuild.ts';
import { type Span, spanAround } from '../../src/digest/spans.ts';
import { readUnitCounts } from '../../src/digest/unit-counts.ts';
import { UserError } from '../../src/errors.ts';
import { addMember, bindIdentity } from '../../src/people/members.ts';
import { endMember, placeMember } from '../../src/people/places.ts';
import { TOGETHER } from '../../src/people/tree.ts';
import { addUnit } from '../../src/people/units.ts';
import {
  ACCOUNT,
  type Classroom,
  openClassroom,
  readRollups,
  type Room,
  says,
  ZONE,
} from '../support/classroom.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const BY = { who: 'test' };
const BRANCHES = ['东支部', '西支部'];
const PEOPLE = ['黄秀兰', '韦国强', '覃小燕'];
/** Both ends of both months, and days about them. */
const DAYS = [
  '2026-09-30',
  '2026-10-01',
  '2026-10-15',
  '2026-10-31',
  '2026-11-01',
  '2026-11-17',
  '2026-11-30',
];
const MONTHS = ['2026-10', '2026-11'];

type Step =
  | { readonly kind: 'say'; readonly who: number; readonly day: string; readonly text: string }
  | { readonly kind: 'recall'; readonly which: number }
  | { readonly kind: 'place'; readonly who: number; readonly day: string; readonly to: number | null }
  | { readonly kind: 'end'; readonly who: number; readonly day: string };

const who = fc.nat(PEOPLE.length - 1);
const onDay = fc.constantFrom(...DAYS);
const say: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('say' as const),
  who,
  day: onDay,
  text: fc.constantFrom('1B', '1A', '2AB 3错', '打卡', '打卡 1B'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: say },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('recall' as const), which: fc.nat(9) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('place' as const),
      who,
      day: onDay,
      to: fc.constantFrom(0, 1, null),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), who, day: onDay }) },
);

type Days = Pick<Span, 'from' | 'to'>;

/** The month or days of some units by the facts alone, for those who stood in one of them on the day. */
async function countPlainly(db: Db, units: readonly string[], within: string | Days): Promise<Counts> {
  const places = await db
    .selectFrom('member_place')
    .selectAll()
    .where('unit_id', 'in', [...units])
    .execute();
  const stood = (memberId: string, day: string) =>
    places.some(
      (place) =>
        place.member_id === memberId &&
        place.from_day <= day &&
        (place.to_day === null || place.to_day > day),
    );
  const { from, to } = typeof within === 'string' ? spanAround('month', `${within}-01`) : within;
  const days: string[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  const isOurs = (fact: { member_id: string; day: string }) =>
    days.includes(fact.day) && stood(fact.member_id, fact.day);
  const answers = (await db.selectFrom('answer').selectAll().where('counted', '=', 1).execute())
    .map((row) => ({ ...row, day: localDay(row.written_at, ZONE) }))
    .filter(isOurs);
  const checkins = (await db.selectFrom('checkin').selectAll().where('counted', '=', 1).execute()).filter(
    isOurs,
  );
  const all = [...answers, ...checkins];
  return {
    base: new Set(places.map((place) => place.member_id).filter((id) => days.some((day) => stood(id, day))))
      .size,
    learned: new Set(all.map((fact) => fact.member_id)).size,
    answered: new Set(answers.map((fact) => fact.member_id)).size,
    answers: answers.length,
    correct: answers.filter(({ correct }) => correct === 1).length,
    days: new Set(all.map((fact) => `${fact.member_id} ${fact.day}`)).size,
    checkins: checkins.length,
  };
}

describe.each(DIALECTS)('the months of units on %s', (dialect) => {
  let classroom: Classroom;
  let unitIds: string[];
  beforeAll(async () => {
    classroom = await openClassroom(dialect, '2026-12-03T08:00:00+08:00');
    const county = await addUnit(classroom.db, { name: '县委', kind: '党委' }, BY, 1);
    const below = BRANCHES.map((name) =>
      addUnit(classroom.db, { name, kind: '党支部', parentId: county.id }, BY, 1),
    );
    unitIds = (await Promise.all(below)).map(({ id }) => id);
  });
  afterAll(async () => await classroom.close());

  async function enrol(run: string, room: Room): Promise<string[]> {
    const ids: string[] = [];
    for (const [at, name] of PEOPLE.entries()) {
      const contactId = `${run}-${at}`;
      // One has stood nowhere so far.
      const unit = BRANCHES[at];
      const added = { name: `${name}${run}`, ...(unit === undefined ? {} : { unit: `县委/${unit}` }) };
      const { id } = await addMember(classroom.db, added, BY, 1);
      await bindIdentity(classroom.db, { account: ACCOUNT, contactId, memberId: id, how: 'secretary' }, 1);
      await classroom.db
        .insertInto('group_member')
        .values({ group_id: room.groupId, contact_id: contactId, name, left_at: null })
        .execute();
      ids.push(id);
    }
    return ids;
  }

  async function play(run: string, steps: readonly Step[]): Promise<void> {
    const { db, clock, parts } = classroom;
    const room = await classroom.openRoom(startOfDay('2026-09-29', ZONE), startOfDay('2026-12-02', ZONE));
    const ids = await enrol(run, room);
    const said: ReturnType<typeof says>[] = [];
    for (const [at, one] of steps.entries()) {
      if (one.kind === 'place' || one.kind === 'end') {
        const id = ids[one.who] ?? '';
        const moving = inTransaction(db, async (trx) => {
          if (one.kind === 'end') await endMember(trx, id, one.day);
          else {
            const unitId = one.to === null ? null : (unitIds[one.to] ?? null);
            await placeMember(trx, id, { unitId, status: 'full' }, one.day);
          }
        });
        // Nobody is moved from a day before their last move on.
        await moving.catch((error: unknown) => {
          if (!(error instanceof UserError)) throw error;
        });
        continue;
      }
      const earlier = one.kind === 'recall' ? said[one.which] : undefined;
      if (one.kind === 'recall' && !earlier) continue;
      const message =
        one.kind === 'say'
          ? says(one.text, startOfDay(one.day, ZONE) + 8 * HOUR + at * MINUTE, {
              contactId: `${run}-${one.who}`,
              senderName: PEOPLE[one.who] ?? '',
              roomId: room.roomId,
            })
          : says(earlier?.id ?? '', (earlier?.sentAt ?? 0) + MINUTE, {
              kind: 'recall',
              contactId: earlier?.contactId ?? '',
              senderName: earlier?.senderName ?? '',
              roomId: room.roomId,
            });
      if (one.kind === 'say') said.push(message);
      await insertMessages(db, [message], clock.now());
      await handleNew(parts);
    }
  }

  it('are what counting anew gives, after any moves and words', async () => {
    let run = 0;
    let summed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        run += 1;
        await play(`${dialect}${run}`, steps);
        const { db } = classroom;
        expect(await verifyRollups(db, ZONE)).toEqual([]);
        const { days, groupDays, months, unitMonths } = await readRollups(db);
        const done: number[] = [];
        await rebuildRollups(db, ZONE, (share) => void done.push(share));
        expect(done).toEqual(done.toSorted((a, b) => a - b));
        expect(done.at(-1)).toBe(1);
        expect(await readRollups(db)).toMatchObject({ days, groupDays, months, unitMonths });
        summed = unitMonths.length;
        for (const month of MONTHS) {
          const { counts } = await readUnitCounts(db, spanAround('month', `${month}-01`));
          for (const unitId of unitIds)
            expect(counts.get(unitId) ?? NO_COUNTS).toEqual(await countPlainly(db, [unitId], month));
          // Somebody in charge of both: who went from one to the other is one.
          const both = { unitIds, name: '两个支部' };
          for (const span of [spanAround('month', `${month}-01`), spanAround('week', `${month}-17`)]) {
            const { counts: sums } = await readUnitCounts(db, span, both);
            expect(sums.get(TOGETHER) ?? NO_COUNTS).toEqual(await countPlainly(db, unitIds, span));
          }
        }
      }),
      { numRuns: dialect === 'sqlite' ? 60 : 15 },
    );
    expect(summed).toBeGreaterThan(2);
  }, 120_000);

  it('have nobody in two places, and nobody where they were for no day', async () => {
    const { db } = classroom;
    const { id } = await addMember(db, { name: `一次${dialect}`, unit: '县委/东支部' }, BY, 1);
    const place = (to: string | undefined, day: string) =>
      inTransaction(db, (trx) => placeMember(trx, id, { unitId: to ?? null, status: 'full' }, day));
    const october = async () => (await readUnitCounts(db, spanAround('month', '2026-10-01'))).counts;
    const [east = '', west = ''] = unitIds;
    const before = await october();
    await place(west, '2026-10-15');
    await place(east, '2026-10-15');
    expect(await october()).toEqual(before);
    await inTransaction(db, (trx) => endMember(trx, id, '2026-11-17'));
    await expect(place(west, '2026-11-16')).rejects.toThrow(/on the roster until 2026-11-17/);
    await place(west, '2026-11-17');
    expect(await verifyRollups(db, ZONE)).toEqual([]);
  });

  it('are found and put right where they are not what members did, or where they stood', async () => {
    const { db } = classroom;
    await play(`${dialect}-wrong`, [
      { kind: 'say', who: 0, day: '2026-11-17', text: '打卡 1B' },
      { kind: 'say', who: 1, day: '2026-11-17', text: '1B' },
    ]);
    const kept = await readRollups(db);
    const [east = '', west = ''] = unitIds;
    await db
      .updateTable('rollup_unit_month')
      .set((eb) => ({ learned: eb('learned', '+', 1) }))
      .where('month', '=', '2026-11')
      .where('unit_id', '=', east)
      .execute();
    const row = await db
      .selectFrom('rollup_member_month')
      .selectAll()
      .where('month', '=', '2026-11')
      .where('unit_id', '=', west)
      .executeTakeFirstOrThrow();
    await db
      .updateTable('rollup_member_month')
      .set({ unit_id: east })
      .where('member_id', '=', row.member_id)
      .where('month', '=', '2026-11')
      .execute();
    const found = await verifyRollups(db, ZONE);
    expect(found.map(({ table, key }) => `${table} ${key}`).toSorted()).toEqual(
      [
        `rollup_unit_month 2026-11 ${east}`,
        // Its sums are right, but a month of its own says that it went elsewhere.
        `rollup_unit_month 2026-11 ${west}`,
      ].toSorted(),
    );
    await rebuildRollups(db, ZONE);
    expect(await verifyRollups(db, ZONE)).toEqual([]);
    expect(await readRollups(db)).toEqual(kept);
  });

  it('stay right when somebody is moved while what they said is recorded', async () => {
    const { db } = classroom;
    const name = `同时${dialect}`;
    const { id } = await addMember(db, { name, unit: '县委/东支部' }, BY, 1);
    const room = await classroom.openRoom(startOfDay('2026-09-29', ZONE), startOfDay('2026-12-02', ZONE));
    const at = { groupId: room.groupId, memberId: id, correct: 1, checkins: 0 };
    const told = DAYS.slice(1).flatMap((day) =>
      Array.from({ length: 5 }, () => ({ ...at, day, answers: 1 })),
    );
    const unitId = unitIds[1] ?? null;
    await Promise.all([
      ...told.map((change) => inTransaction(db, (trx) => addToMemberDays(trx, [change]))),
      inTransaction(db, (trx) => placeMember(trx, id, { unitId, status: 'full' }, '2026-10-15')),
    ]);
    // No facts stand behind these days: the months and the sums of units are compared with the days.
    const found = (await verifyRollups(db, ZONE)).map(({ table }) => table);
    expect(found).toContain('rollup_member_day');
    expect(found).not.toContain('rollup_member_month');
    expect(found).not.toContain('rollup_unit_month');
    await rebuildRollups(db, ZONE);
  });
});

describe.each(DIALECTS)('a database from before the months of units on %s', (dialect) => {
  let test: Awaited<ReturnType<typeof openTestDb>>;
  beforeEach(async () => {
    test = await openTestDb(dialect);
  });
  afterEach(async () => await test.close());

  it('has them after the migration, those who moved left out', async () => {
    const { db } = test;
    const unit = await addUnit(db, { name: '东支部', kind: '党支部' }, BY, 1);
    const other = await addUnit(db, { name: '西支部', kind: '党支部' }, BY, 1);
    const ids: string[] = [];
    for (const name of PEOPLE) ids.push((await addMember(db, { name, unit: '东支部' }, BY, 1)).id);
    await inTransaction(db, (trx) =>
      placeMember(trx, ids[2] ?? '', { unitId: other.id, status: 'full' }, '2026-11-10'),
    );
    // Two places at once, as an older version let somebody have who came back before they had left.
    const place = { member_id: ids[0] ?? '', unit_id: unit.id, status: 'full' as const };
    await db
      .insertInto('member_place')
      .values({ id: 'twice', ...place, from_day: '2026-09-01', to_day: '2026-12-24' })
      .execute();
    // As it was before: without the table, the column and the indexes.
    await sql`drop table rollup_unit_month`.execute(db);
    await sql`drop index member_place_member`.execute(db);
    await sql`drop index rollup_member_month_member`.execute(db);
    await sql`alter table rollup_member_month drop column unit_id`.execute(db);
    await db.deleteFrom('migration').where('name', '=', '0018_unit_months').execute();
    for (const month of MONTHS)
      for (const [at, id] of ids.entries())
        await sql`insert into rollup_member_month (month, member_id, days, answers, correct, checkins)
          values (${month}, ${id}, 2, ${at * 3}, ${at}, 1)`.execute(db);

    const again = await openDatabase(test.config, 2);
    const months = await again.selectFrom('rollup_unit_month').selectAll().orderBy('month').execute();
    const applied = await again.selectFrom('migration').select('name').orderBy('name').execute();
    await again.destroy();
    expect(applied.map(({ name }) => name)).toEqual(MIGRATIONS.map(({ name }) => name));
    const of = { unit_id: unit.id };
    expect(months).toEqual([
      { month: '2026-10', ...of, learned: 3, answered: 2, days: 6, answers: 9, correct: 3, checkins: 3 },
      { month: '2026-11', ...of, learned: 2, answered: 1, days: 4, answers: 3, correct: 1, checkins: 2 },
    ]);
  });
});
