/** The planner on both databases: every hour that comes is an occurrence, and every group hears why not. */
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, isoInZone, MINUTE, SECOND } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import { type Catalogue, loadCatalogue } from '../../src/lessons/catalogue.ts';
import { type Group, recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { FATES } from '../../src/schedule/misfire.ts';
import { MOST_MISSED, planDue, rereadCalendar } from '../../src/schedule/planner.ts';
import { addSchedule, type NewSchedule, removeSchedule } from '../../src/schedule/schedules.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';
import { question } from './arbitraries.ts';
import { oracleFates, oracleFirings } from './oracle.ts';

const ZONE = 'Asia/Shanghai';
const COURSE = '茉莉之乡';
const at = (text: string) => Date.parse(`${text}+08:00`);

let catalogue: Catalogue;
beforeAll(async () => {
  catalogue = await loadCatalogue(new URL('../../lessons', import.meta.url).pathname);
});

describe.each(DIALECTS)('the planner on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let groups: Group[];
  const start = at('2026-11-24T12:00:00');

  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    groups = [];
    for (const no of [1, 2]) {
      const seen = { account: 'wechaty', roomId: `r${no}@x`, topic: `群${no}` };
      const { key } = await recordSeenGroup(db, seen, start);
      groups.push(await setGroupEnabled(db, key, true, 'test', start));
    }
  });
  afterEach(async () => {
    await close();
  });

  const add = (given: Partial<NewSchedule> & Pick<NewSchedule, 'when'>, now = start) =>
    addSchedule(db, { kind: 'course', content: COURSE, groups: 'all', zone: ZONE, ...given }, 'test', now);

  /** What became of each firing, oldest first: hour, group, state, lesson, reason. */
  async function ledger() {
    const rows = await db
      .selectFrom('occurrence')
      .innerJoin('delivery', 'delivery.occurrence_id', 'occurrence.id')
      .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
      .select(['nominal_at', 'chat_group.key', 'delivery.state', 'content', 'reason'])
      .orderBy('nominal_at')
      .orderBy('delivery.no')
      .execute();
    return rows.map(({ nominal_at: hour, key, state, content, reason }) => [
      isoInZone(hour, ZONE).slice(5, 16),
      key,
      state,
      content,
      reason,
    ]);
  }
  const nextAt = async () => {
    const row = await db.selectFrom('schedule').select('next_at').executeTakeFirstOrThrow();
    return row.next_at === null ? null : isoInZone(row.next_at, ZONE).slice(5, 16);
  };
  const lesson = (index: number) => catalogue.lessons.filter(({ course }) => course === COURSE)[index]?.id;

  it('catches up with the latest hour within its grace, and says what became of the others', async () => {
    await add({ when: { cron: '0 8,20 * * *' }, groups: groups.slice(0, 1) });
    expect(await planDue(db, catalogue.lessons, at('2026-11-26T09:00:00'))).toBe(4);
    const { reason: late } = FATES.expired;
    expect(await ledger()).toEqual([
      ['11-24T20:00', 'g1', 'expired', COURSE, late],
      ['11-25T08:00', 'g1', 'expired', COURSE, late],
      ['11-25T20:00', 'g1', 'expired', COURSE, late],
      ['11-26T08:00', 'g1', 'planned', lesson(0), null],
    ]);
    expect(await nextAt()).toBe('11-26T20:00');
    // Not a lesson was lost on the way.
    await planDue(db, catalogue.lessons, at('2026-11-26T20:00:00'));
    expect((await ledger()).at(-1)).toEqual(['11-26T20:00', 'g1', 'planned', lesson(1), null]);
  });

  it('keeps to the grace of a schedule', async () => {
    await add({ when: { cron: '0 20 * * *' }, groups: groups.slice(0, 1), grace: 30 * MINUTE });
    await planDue(db, catalogue.lessons, at('2026-11-24T20:30:00'));
    await planDue(db, catalogue.lessons, at('2026-11-25T20:30:01'));
    expect((await ledger()).map(([, , state]) => state)).toEqual(['planned', 'expired']);
  });

  it('passes over what was superseded within the grace', async () => {
    await add({ when: { cron: '0 * * * *' }, groups: groups.slice(0, 1) });
    await planDue(db, catalogue.lessons, at('2026-11-24T15:30:00'));
    const { reason } = FATES.superseded;
    expect((await ledger()).map(([hour, , state, , why]) => [hour, state, why])).toEqual([
      ['11-24T13:00', 'skipped', reason],
      ['11-24T14:00', 'skipped', reason],
      ['11-24T15:00', 'planned', null],
    ]);
  });

  it('skips, and folds into the next digest without losing the lesson', async () => {
    await add({ when: { cron: '0 20 * * *' }, misfire: 'skip', groups: groups.slice(0, 1) });
    await add({ when: { cron: '30 20 * * *' }, misfire: 'fold', groups: groups.slice(1) });
    await planDue(db, catalogue.lessons, at('2026-11-24T21:00:00'));
    expect(await ledger()).toEqual([
      ['11-24T20:00', 'g1', 'skipped', COURSE, FATES.skip.reason],
      ['11-24T20:30', 'g2', 'skipped', lesson(0), FATES.fold.reason],
    ]);
    const folded = await db.selectFrom('folded').selectAll().execute();
    expect(folded).toEqual([
      expect.objectContaining({
        group_id: groups[1]?.id,
        title: catalogue.byId.get(lesson(0) ?? '')?.title,
        nominal_at: at('2026-11-24T20:30:00'),
        told_in: null,
      }),
    ]);
    await planDue(db, catalogue.lessons, at('2026-11-25T20:30:59'));
    expect((await ledger()).slice(2).map(([hour, , state, content]) => [hour, state, content])).toEqual([
      ['11-25T20:00', 'skipped', COURSE],
      ['11-25T20:30', 'planned', lesson(0)],
    ]);
  });

  it('writes no more than so many missed hours down; the rest share a row', async () => {
    const { id } = await add({ when: { cron: '*/2 * * * *' }, groups: groups.slice(0, 1) });
    const now = start + 20 * HOUR + SECOND;
    await planDue(db, catalogue.lessons, now);
    const rows = await ledger();
    expect(rows).toHaveLength(MOST_MISSED);
    expect(rows.at(-1)).toEqual(['11-25T08:00', 'g1', 'planned', lesson(0), null]);
    const audit = await db
      .selectFrom('audit')
      .select(['what', 'subject', 'after'])
      .where('who', '=', 'planner')
      .execute();
    expect(audit).toHaveLength(1);
    expect(audit[0]).toMatchObject({ what: 'schedule.missed', subject: id });
    expect(JSON.parse(audit[0]?.after ?? '')).toEqual({
      count: 600 - MOST_MISSED,
      from: start + 2 * MINUTE,
      to: start + 200 * MINUTE,
    });
  });

  it('plans each hour once, however many plan at once', async () => {
    await add({ when: { cron: '*/10 * * * *' } });
    const now = start + 2 * HOUR;
    await Promise.all([1, 2, 3].map(() => planDue(db, catalogue.lessons, now)));
    expect(await ledger()).toHaveLength(2 * 12);
    const occurrences = await db.selectFrom('occurrence').select('nominal_at').execute();
    expect(new Set(occurrences.map((row) => row.nominal_at)).size).toBe(12);
  });

  it('says why a group gets nothing', async () => {
    await add({ when: { cron: '0 20 * * *' }, groups });
    await add({ when: { cron: '1 20 * * *' }, content: '没有这门课', groups: groups.slice(0, 1) });
    await add({ when: { cron: '2 20 * * *' }, kind: 'lesson', content: 'gone', groups: groups.slice(0, 1) });
    await setGroupEnabled(db, 'g2', false, 'test', start);
    await planDue(db, catalogue.lessons, at('2026-11-24T20:02:00'));
    expect((await ledger()).map(([, key, state, content, reason]) => [key, state, content, reason])).toEqual([
      ['g1', 'planned', lesson(0), null],
      ['g2', 'skipped', COURSE, '这个群没有启用'],
      ['g1', 'skipped', '没有这门课', '课程「没有这门课」里没有微课'],
      ['g1', 'skipped', 'gone', '微课 gone 已经不在'],
    ]);
  });

  it('brings a revision again only where it was asked to', async () => {
    const one = { kind: 'lesson', content: lesson(0) ?? '', groups: groups.slice(0, 1) } as const;
    await add({ ...one, when: { cron: '0 20 * * *' } });
    await add({ ...one, when: { cron: '5 20 * * *' } });
    await add({ ...one, when: { cron: '10 20 * * *' }, again: true });
    await planDue(db, catalogue.lessons, at('2026-11-24T20:10:00'));
    expect((await ledger()).map(([, , state, , reason]) => [state, reason])).toEqual([
      ['planned', null],
      ['skipped', '这一课这个群已经发过'],
      ['planned', null],
    ]);
  });

  it('plans nothing of a schedule that is removed', async () => {
    const { no } = await add({ when: { cron: '0 20 * * *' } });
    await removeSchedule(db, no, 'test', start);
    expect(await planDue(db, catalogue.lessons, start + 2 * DAY)).toBe(0);
    expect(await ledger()).toEqual([]);
  });

  it('does not fire on a day that has become a holiday since it was looked at', async () => {
    const { id } = await add(
      { when: { cron: '0 20 * * *' }, days: 'workdays-only' },
      at('2026-09-29T12:00:00'),
    );
    // As an earlier version of the calendar would have left it.
    const holiday = at('2026-10-01T20:00:00');
    await db.updateTable('schedule').set({ next_at: holiday }).execute();
    expect(await planDue(db, catalogue.lessons, holiday)).toBe(0);
    expect(await nextAt()).toBe('10-08T20:00');
    expect(await db.selectFrom('occurrence').selectAll().execute()).toEqual([]);
    const audit = await db
      .selectFrom('audit')
      .select(['what', 'subject'])
      .where('who', '=', 'planner')
      .execute();
    expect(audit).toEqual([{ what: 'schedule.holiday', subject: id }]);
  });

  it('finds working days that were published since, at the next start', async () => {
    await add({ when: { cron: '0 20 * * 6' }, days: 'workdays-only' }, at('2026-09-21T12:00:00'));
    expect(await nextAt()).toBe('10-10T20:00');
    // As it stood when no make-up day was known.
    await db.updateTable('schedule').set({ next_at: null }).execute();
    await rereadCalendar(db, at('2026-10-01T12:00:00'));
    expect(await nextAt()).toBe('10-10T20:00');
    // What was missed meanwhile isn't passed over by it.
    await rereadCalendar(db, at('2026-10-11T12:00:00'));
    expect(await nextAt()).toBe('10-10T20:00');
  });

  it('fires once when the clock is set back over the hour, and when it is put forward', async () => {
    await add({ when: { cron: '0 20 * * *' }, groups: groups.slice(0, 1) });
    const evening = at('2026-11-24T20:00:00');
    const looks = [-5, 0, 1, -59, -10, 0, 2, 65, 5, 61];
    for (const minutes of looks) await planDue(db, catalogue.lessons, evening + minutes * MINUTE);
    expect((await ledger()).map(([hour]) => hour)).toEqual(['11-24T20:00']);
    // Forward over the hour: it is caught up with.
    await planDue(db, catalogue.lessons, evening + DAY - 30 * MINUTE);
    await planDue(db, catalogue.lessons, evening + DAY + 30 * MINUTE);
    await planDue(db, catalogue.lessons, evening + DAY - 30 * MINUTE);
    await planDue(db, catalogue.lessons, evening + DAY);
    expect((await ledger()).map(([hour]) => hour)).toEqual(['11-24T20:00', '11-25T20:00']);
  });

  it('does with every minute what the oracle does', async () => {
    const looks = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 1, max: 120 }) },
        { weight: 2, arbitrary: fc.integer({ min: 1, max: 1_500 }) },
        // The clock is set back.
        { weight: 1, arbitrary: fc.integer({ min: -90, max: -1 }) },
      ),
      { minLength: 3, maxLength: 12 },
    );
    const rule = fc.record({
      misfire: fc.constantFrom('catch-up' as const, 'fold' as const, 'skip' as const),
      grace: fc.constantFrom(HOUR, 12 * HOUR),
    });
    await fc.assert(
      fc.asyncProperty(question, looks, rule, async ({ asked, from }, steps, policy) => {
        const instants: number[] = [];
        for (const step of steps) instants.push((instants.at(-1) ?? from) + step * MINUTE);
        const end = Math.max(...instants);
        for (const table of ['folded', 'delivery', 'occurrence', 'schedule_group', 'schedule'] as const)
          await db.deleteFrom(table).execute();
        const given = { kind: 'lesson', content: lesson(0) ?? '', again: true } as const;
        const firings = oracleFirings(asked, from + MINUTE, end);
        try {
          await add({ ...asked, ...policy, ...given, groups: groups.slice(0, 1) }, from);
        } catch (error) {
          // A rule that never comes at all is refused.
          expect((error as Error).message).toMatch(/never comes/);
          expect(firings).toEqual([]);
          return;
        }
        for (const now of instants) await planDue(db, catalogue.lessons, now);
        const rows = await db
          .selectFrom('occurrence')
          .innerJoin('delivery', 'delivery.occurrence_id', 'occurrence.id')
          .leftJoin('folded', 'folded.delivery_id', 'delivery.id')
          .select(['occurrence.nominal_at as at', 'delivery.state', 'folded.title', 'delivery.reason'])
          .orderBy('occurrence.nominal_at')
          .execute();
        expect(rows.map((row) => ({ at: row.at, state: row.state, folded: row.title !== null }))).toEqual(
          oracleFates(firings, instants, policy),
        );
        for (const { state, reason } of rows) expect(reason === null).toBe(state === 'planned');
      }),
      { numRuns: dialect === 'sqlite' ? 25 : 8 },
    );
  });
});
