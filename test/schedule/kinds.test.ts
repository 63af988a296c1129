/** What the planner makes of schedules that bring no lesson, of their author's word on a digest, and of one sent early. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import { FATES } from '../../src/schedule/misfire.ts';
import { HELD, openRehearsal, WITHDRAWN } from '../../src/delivery/rehearsals.ts';
import { type Group, recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { addGuest, bindIdentity } from '../../src/people/identities.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { planDue, planEarly } from '../../src/schedule/planner.ts';
import { addSchedule, type NewSchedule, type Schedule } from '../../src/schedule/schedules.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const ZONE = 'Asia/Shanghai';
const at = (text: string) => Date.parse(`${text}+08:00`);
const START = at('2026-11-24T12:00:00');
const FIRST = at('2026-11-24T20:00:00');

describe.each(DIALECTS)('planning what is no lesson on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let groups: Group[];
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    groups = [];
    for (const no of [1, 2]) {
      const { key } = await recordSeenGroup(db, { account: 'a', roomId: `r${no}`, topic: `群${no}` }, START);
      groups.push(await setGroupEnabled(db, key, true, 'test', START));
    }
  });
  afterEach(async () => await close());

  const add = (given: Pick<NewSchedule, 'kind' | 'content'> & Partial<NewSchedule>, who = 'test') =>
    addSchedule(db, { groups: 'all', zone: ZONE, when: { cron: '0 20 * * *' }, ...given }, who, START);
  const plan = (now: number) => planDue(db, [], now);
  const ledger = () =>
    db
      .selectFrom('delivery')
      .selectAll()
      .where('kind', '!=', 'notice')
      .orderBy('planned_at')
      .orderBy('no')
      .execute();
  const scheduleNow = (no: number): Promise<Schedule> =>
    db.selectFrom('schedule').selectAll().where('no', '=', no).executeTakeFirstOrThrow();

  /** Somebody who can be written to. */
  const known = async (): Promise<string> => {
    const author = await addGuest(db, '甲', START);
    await bindIdentity(db, { account: 'a', contactId: 'c1', memberId: author.id, how: 'seed' }, START);
    return author.id;
  };

  it('numbers the briefs of each group, and no bulletin', async () => {
    await add({ kind: 'brief', content: 'day' });
    await add({ kind: 'bulletin', content: 'all', groups: groups.slice(1) });
    expect(await plan(FIRST)).toBe(3);
    expect(await plan(FIRST + DAY)).toBe(3);
    expect(
      (await ledger()).map((row) => [row.kind, row.content, row.group_id, row.ordinal, row.state]),
    ).toEqual(
      [1, 2].flatMap((ordinal) => [
        ['brief', 'day', groups[0]?.id, ordinal, 'planned'],
        ['brief', 'day', groups[1]?.id, ordinal, 'planned'],
        ['bulletin', 'all', groups[1]?.id, null, 'planned'],
      ]),
    );
  });

  it('gives a digest its span and its number', async () => {
    await add({ kind: 'digest', content: 'day' });
    await add({ kind: 'digest', content: 'week' });
    await plan(FIRST);
    const [first] = groups;
    const rows = (await ledger()).filter(({ group_id: id }) => id === first?.id);
    expect(rows.map((row) => [row.content, row.period, row.ordinal, row.held_until])).toEqual([
      ['day', '2026-11-24/2026-11-24', 1, null],
      ['week', '2026-11-16/2026-11-22', 2, null],
    ]);
  });

  it('sends nothing to a group that was not recognised after a login', async () => {
    await add({ kind: 'brief', content: 'day', groups: groups.slice(0, 1) });
    await db.updateTable('chat_group').set({ state: 'quarantined' }).execute();
    await plan(FIRST);
    expect(await ledger()).toMatchObject([{ state: 'skipped', reason: expect.stringContaining('没认出') }]);
  });

  it('says of a digest that came too late what became of it, and asks nobody', async () => {
    await add({ kind: 'digest', content: 'week', groups: groups.slice(0, 1) });
    await setPolicy(db, 'digest-rehearsal', 'wait', {}, 'test', START);
    await plan(FIRST + DAY - HOUR);
    expect(await ledger()).toMatchObject([{ state: 'expired', reason: FATES.expired.reason }]);
  });

  describe('whose author has a say', () => {
    const decided = async (state: 'shown' | 'held' | 'withdrawn') => {
      const { id } = await add({ kind: 'digest', content: 'week' });
      const [firing, author] = [{ scheduleId: id, nominalAt: FIRST }, await known()];
      const open = await openRehearsal(db, firing, author, state === 'held' ? 'held' : 'shown', START);
      expect(await openRehearsal(db, firing, author, 'shown', START)).toBeUndefined();
      await db
        .updateTable('rehearsal')
        .set({ state })
        .where('id', '=', open?.id ?? '')
        .execute();
      await plan(FIRST);
      return await ledger();
    };

    it('goes when it was shown', async () => {
      const rows = await decided('shown');
      expect(rows.map(({ state }) => state)).toEqual(['planned', 'planned']);
    });

    it('waits when it is held, and for so long', async () => {
      await setPolicy(db, 'held-expiry', '3h', {}, 'test', START);
      const rows = await decided('held');
      expect(rows.map((row) => [row.state, row.reason, row.held_until, row.ordinal])).toEqual([
        ['held', HELD, FIRST + 3 * HOUR, 1],
        ['held', HELD, FIRST + 3 * HOUR, 1],
      ]);
    });

    it('does not go when it was withdrawn', async () => {
      const rows = await decided('withdrawn');
      expect(rows.map((row) => [row.state, row.reason, row.ordinal])).toEqual([
        ['skipped', WITHDRAWN, null],
        ['skipped', WITHDRAWN, null],
      ]);
    });

    it('is held for one who has to see it first and has not, once told of', async () => {
      await add({ kind: 'digest', content: 'week' }, await known());
      await setPolicy(db, 'digest-rehearsal', 'wait', {}, 'test', START);
      await plan(FIRST);
      expect((await ledger()).map(({ state }) => state)).toEqual(['held', 'held']);
      const notices = await db.selectFrom('delivery').selectAll().where('kind', '=', 'notice').execute();
      expect(notices).toMatchObject([{ contact_id: 'c1', group_id: null }]);
    });

    it('is held where its group asks for that alone', async () => {
      await add({ kind: 'digest', content: 'week', groups: groups.slice(0, 1) }, await known());
      await setPolicy(db, 'digest-rehearsal', 'wait', { groupId: groups[0]?.id ?? '' }, 'test', START);
      await plan(FIRST);
      expect(await ledger()).toMatchObject([{ state: 'held' }]);
    });

    it('goes where nobody can be asked, and where nobody has to be', async () => {
      await add({ kind: 'digest', content: 'week' }, await known());
      await plan(FIRST);
      await setPolicy(db, 'digest-rehearsal', 'wait', {}, 'test', START);
      await add({ kind: 'digest', content: 'month', when: { at: FIRST + DAY } }, 'nobody');
      await plan(FIRST + DAY);
      expect((await ledger()).filter(({ content }) => content === 'month').map(({ state }) => state)).toEqual(
        ['planned', 'planned'],
      );
      expect((await ledger())[0]).toMatchObject({ content: 'week', state: 'planned' });
    });
  });

  describe('before its hour', () => {
    it('goes at once, and the hour itself brings nothing more', async () => {
      const { no } = await add({ kind: 'brief', content: 'day' });
      const schedule = await scheduleNow(no);
      expect(await planEarly(db, schedule, [], START)).toBe(2);
      expect((await ledger()).map((row) => [row.planned_at, row.due_at, row.state])).toEqual([
        [FIRST, START, 'planned'],
        [FIRST, START, 'planned'],
      ]);
      expect((await scheduleNow(no)).next_at).toBe(FIRST + DAY);
      // Somebody presses twice.
      expect(await planEarly(db, schedule, [], START)).toBeUndefined();
      expect(await plan(FIRST)).toBe(0);
      expect(await plan(FIRST + DAY)).toBe(2);
    });

    it('ends a schedule that had one hour left, and does nothing for one that has none', async () => {
      const { no } = await add({ kind: 'brief', content: 'day', when: { at: FIRST } });
      expect(await planEarly(db, await scheduleNow(no), [], START)).toBe(2);
      expect((await scheduleNow(no)).next_at).toBeNull();
      expect(await planEarly(db, await scheduleNow(no), [], START)).toBeUndefined();
      expect(await ledger()).toHaveLength(2);
    });

    it('leaves what is held held, and what other hours brought alone', async () => {
      const { id, no } = await add({ kind: 'digest', content: 'day' });
      await add({ kind: 'brief', content: 'day' });
      await openRehearsal(db, { scheduleId: id, nominalAt: FIRST + DAY }, await known(), 'held', START);
      await plan(FIRST);
      await planEarly(db, await scheduleNow(no), [], FIRST + HOUR);
      expect((await ledger()).map((row) => [row.kind, row.state, row.due_at])).toEqual([
        ['digest', 'planned', FIRST],
        ['digest', 'planned', FIRST],
        ['brief', 'planned', FIRST],
        ['brief', 'planned', FIRST],
        ['digest', 'held', FIRST + DAY],
        ['digest', 'held', FIRST + DAY],
      ]);
    });
  });
});
