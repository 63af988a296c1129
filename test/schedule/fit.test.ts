/** Plans that can't fit are refused, with one that does; what fits is scheduled. */
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { addDays, DAY, HOUR, localDay, MINUTE, parseInstant } from '../../src/clock.ts';
import { type Config, readConfig } from '../../src/config.ts';
import type { Db } from '../../src/db/open.ts';
import { type Catalogue, loadCatalogue } from '../../src/lessons/catalogue.ts';
import { type Group, recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { type Scheduled, scheduleFitting } from '../../src/schedule/add.ts';
import { previewSends } from '../../src/schedule/preview.ts';
import { addSchedule, type NewSchedule } from '../../src/schedule/schedules.ts';
import type { When } from '../../src/schedule/timetable.ts';
import { sayWarning } from '../../src/schedule/words.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const ZONE = 'Asia/Shanghai';
const NOW = Date.parse('2026-11-24T12:00:00+08:00');
const at = (text: string): When => ({ at: parseInstant(text, ZONE) ?? 0 });

let catalogue: Catalogue;
beforeAll(async () => {
  catalogue = await loadCatalogue(new URL('../../lessons', import.meta.url).pathname);
});

const configOf = (pace: string, more: Record<string, string> = {}): Config =>
  readConfig({ CHANNELS: 'wechaty,sandbox', PACE: pace, ...more }, '/');
const USUAL = configOf('3-8s,12/min,200/day');

/** The plan that a refusal names. */
function proposed(message: string): When {
  const [, once, cron, monthly] =
    /: (?:--at (\S+)|--cron '([^']+)'|--monthly '([^']+)')$/.exec(message) ?? [];
  if (once !== undefined) return at(once);
  if (cron !== undefined) return { cron };
  if (monthly !== undefined) return { monthly };
  throw new TypeError(`no plan in: ${message}`);
}

describe.each(DIALECTS)('a plan on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    await setPolicy(db, 'warm-up-days', '0', {}, 'test', NOW);
    // A message a group, where it isn't about pictures.
    await setPolicy(db, 'digest-picture', 'longer', {}, 'test', NOW);
  });
  afterEach(async () => {
    await close();
  });

  async function addGroups(count: number, account = 'wechaty', seenAt = NOW): Promise<Group[]> {
    const groups = [];
    for (let no = 0; no < count; no += 1) {
      const seen = { account, roomId: `r${no}@x`, topic: `群${no}` };
      const { key } = await recordSeenGroup(db, seen, seenAt);
      groups.push(await setGroupEnabled(db, key, true, 'test', seenAt));
    }
    return groups;
  }

  const digest = (when: When, more: Partial<NewSchedule> = {}): NewSchedule => ({
    kind: 'digest',
    content: 'day',
    groups: 'all',
    zone: ZONE,
    when,
    ...more,
  });
  const plan = (added: NewSchedule, config = USUAL): Promise<Scheduled> =>
    scheduleFitting(db, config, catalogue.lessons, added, 'test', NOW);
  const refusal = (added: NewSchedule, config = USUAL): Promise<string> =>
    plan(added, config).then(
      () => 'it was scheduled',
      (error: Error) => error.message,
    );

  it('inside the quiet hours is refused, with the nearest hour outside', async () => {
    await addGroups(3);
    const cases: [When, RegExp, When][] = [
      [
        at('2026-12-01T23:30'),
        /^2026-12-01 23:30 lies in the quiet hours 22:00-07:00 of wechaty;/,
        at('2026-12-01T21:55'),
      ],
      [at('2026-12-01T05:00'), /lies in the quiet hours/, at('2026-12-01T07:00')],
      [{ cron: '15 22 * * 1,3,5' }, /^2026-11-25 22:15 lies/, { cron: '55 21 * * 1,3,5' }],
      [{ cron: '0 6 1 * *' }, /lies in the quiet hours/, { cron: '0 7 1 * *' }],
      [{ monthly: 'last workday 22:00' }, /lies in the quiet hours/, { monthly: 'last workday 21:55' }],
      [{ cron: '0 */3 * * *' }, /lies in the quiet hours/, { cron: '0 8-20 * * *' }],
    ];
    for (const [when, message, nearest] of cases) {
      const said = await refusal(digest(when));
      expect(said).toMatch(message);
      expect(proposed(said)).toEqual(nearest);
    }
    expect(await db.selectFrom('schedule').selectAll().execute()).toEqual([]);
  });

  it('is as free as its zone and quiet hours say', async () => {
    await addGroups(1);
    const noon = configOf('3-8s,12/min,200/day', { QUIET_HOURS: '12:00-14:00' });
    expect(proposed(await refusal(digest(at('2026-12-01T13:30')), noon))).toEqual(at('2026-12-01T14:00'));
    const never = configOf('3-8s,12/min,200/day', { QUIET_HOURS: 'off' });
    await plan(digest(at('2026-12-01T03:00')), never);
  });

  it('is as free as each of its groups is, where one has quiet hours of its own', async () => {
    const [early, usual, never] = await addGroups(3);
    if (!early || !usual || !never) throw new Error('no groups');
    await setPolicy(db, 'quiet-hours', '20:00-08:30', { groupId: early.id }, 'test', NOW);
    await setPolicy(db, 'quiet-hours', 'off', { groupId: never.id }, 'test', NOW);
    const evening = at('2026-12-01T20:30');
    const said = await refusal(digest(evening));
    expect(said).toMatch(/^2026-12-01 20:30 lies in the quiet hours 20:00-08:30 of wechaty;/);
    expect(proposed(said)).toEqual(at('2026-12-01T19:55'));
    await plan(digest(evening, { groups: [usual, never] }));
    expect(await refusal(digest(at('2026-12-02T23:30'), { groups: [usual, never] }))).toMatch(/22:00-07:00/);
    const { schedule } = await plan(digest(at('2026-12-02T23:30'), { groups: [never] }));
    const sends = await previewSends(db, USUAL, catalogue.lessons, NOW, NOW + 30 * DAY);
    expect(sends.filter((one) => one.schedule.no === schedule.no).map((one) => one.at)).toEqual([
      Date.parse('2026-12-02T23:30:00+08:00'),
    ]);
    await setPolicy(db, 'quiet-hours', undefined, { groupId: never.id }, 'test', NOW);
    expect(await refusal(digest(at('2026-12-03T23:30'), { groups: [never] }))).toMatch(/22:00-07:00/);
  });

  it('that would run into the night, or into the next batch, is refused', async () => {
    // 30 groups take 29 gaps of 6 s: just under three minutes.
    await addGroups(30);
    const night = await refusal(digest(at('2026-12-01T21:58')));
    expect(night).toMatch(/^this at 2026-12-01 21:58 would run into the quiet hours 22:00-07:00 of wechaty;/);
    expect(proposed(night)).toEqual(at('2026-12-01T21:53'));
    const { schedule } = await plan(digest(at('2026-12-01T20:00')));
    const into = await refusal(digest(at('2026-12-01T19:58')));
    expect(into).toMatch(
      /^this at 2026-12-01 19:58 would take wechaty until 20:00, into what is due at 20:00;/,
    );
    expect(proposed(into)).toEqual(at('2026-12-01T20:03'));
    // The later one is pushed aside just as well.
    const other = await refusal(digest(at('2026-12-01T20:01')));
    expect(other).toMatch(new RegExp(`^schedule ${schedule.no}, with this beside it, at 2026-12-01 20:00`));
    expect(proposed(other)).toEqual(at('2026-12-01T20:06'));
    await plan(digest(at('2026-12-01T20:06')));
    // Two batches at one hour fit, one after the other; but nobody is led there.
    await plan(digest(at('2026-12-01T20:06')));
    expect(proposed(await refusal(digest(at('2026-12-01T20:11'))))).toEqual(at('2026-12-01T20:16'));
  });

  it('beyond a day of the account is refused, with the nearest day', async () => {
    await addGroups(30);
    const small = configOf('3-8s,12/min,50/day');
    await plan(digest({ cron: '0 20 * * 2' }), small);
    const once = await refusal(digest(at('2026-12-01T12:00')), small);
    expect(once).toMatch(/^on 2026-12-01 .*needs more than the 50 messages that wechaty may send that day;/);
    expect(proposed(once)).toEqual(at('2026-12-02T12:00'));
    const daily = await refusal(digest({ cron: '0 12 * * *' }), small);
    expect(proposed(daily)).toEqual({ cron: '0 12 * * 0,1,3,4,5,6' });
    const week = await refusal(digest({ cron: '0 12 * * 2' }), small);
    expect(proposed(week)).toEqual({ cron: '0 12 * * 3' });
    const month = await refusal(digest({ monthly: 'first tue 12:00' }), small);
    expect(proposed(month)).toEqual({ monthly: 'first wed 12:00' });
    const dated = await refusal(digest({ monthly: '1 12:00' }), small);
    expect(proposed(dated)).toEqual({ monthly: '2 12:00' });
    for (const said of [once, daily, week, month, dated]) {
      const { schedule } = await plan(digest(proposed(said)), small);
      await db.deleteFrom('schedule').where('id', '=', schedule.id).execute();
    }
  });

  it('counts pictures, keys and what was said today', async () => {
    await addGroups(10);
    const [lesson] = catalogue.lessons;
    // A lesson is one message, its key another one.
    const added: NewSchedule = {
      ...digest(at('2026-11-24T20:00')),
      kind: 'lesson',
      content: lesson?.id ?? '',
      closeAfter: HOUR,
    };
    await plan({ ...added, closeAfter: 2 * DAY }, configOf('3-8s,12/min,10/day'));
    await db.updateTable('schedule').set({ removed_at: 1 }).execute();
    await db
      .insertInto('spoken')
      .values({ id: 'x', account: 'wechaty', group_id: null, answer: 1, at: NOW - HOUR })
      .execute();
    expect(proposed(await refusal(added, configOf('3-8s,12/min,10/day')))).toEqual(at('2026-11-25T20:00'));
  });

  it('counts the picture of a digest, by the setting of each group', async () => {
    const [first, second] = await addGroups(10);
    if (!first || !second) throw new Error('no groups');
    const evening = digest(at('2026-12-01T20:00'));
    const room = (perDay: number) => configOf(`3-8s,12/min,${perDay}/day`);
    await setPolicy(db, 'digest-picture', undefined, {}, 'test', NOW);
    expect(await refusal(evening, room(19))).toMatch(/needs more than the 19 messages/);
    await setPolicy(db, 'digest-picture', 'off', { groupId: first.id }, 'test', NOW);
    await setPolicy(db, 'digest-picture', 'longer', { groupId: second.id }, 'test', NOW);
    expect(await refusal(evening, room(17))).toMatch(/needs more than the 17 messages/);
    await plan(evening, room(18));
    await db.updateTable('schedule').set({ removed_at: 1, next_at: null }).execute();
    const week = { ...evening, content: 'week' };
    expect(await refusal(week, room(18))).toMatch(/needs more than the 18 messages/);
    await plan(week, room(19));
  });

  it('of a new account keeps to its ramp', async () => {
    await setPolicy(db, 'warm-up-days', '7', {}, 'test', NOW);
    await addGroups(60);
    const said = await refusal(digest(at('2026-11-24T20:00')));
    expect(said).toMatch(
      /on 2026-11-24 this needs more than the 40 messages that wechaty may send that day, a new account's share of 200;/,
    );
    // 40 on the first day, 62 on the second.
    expect(proposed(said)).toEqual(at('2026-11-25T20:00'));
    await plan(digest(at('2026-11-25T20:00')));
    expect(proposed(await refusal(digest({ cron: '0 12 * * *' })))).toEqual({
      cron: '0 12 * * 0,1,2,4,5,6',
    });
  });

  it('beyond a day of a group is refused', async () => {
    await addGroups(2);
    await setPolicy(db, 'group-per-day', '2', {}, 'test', NOW);
    await plan(digest({ cron: '0 13 * * *' }));
    await plan(digest({ cron: '0 14 * * *' }));
    const said = await refusal(digest(at('2026-12-01T15:00')));
    expect(said).toMatch(
      /brings group g1 more messages than its policy group-per-day allows; nothing near it fits:/,
    );
  });

  it('that no plan could bring says so', async () => {
    await addGroups(30);
    const said = await refusal(digest(at('2026-12-01T12:00')), configOf('3-8s,12/min,20/day'));
    expect(said).toMatch(
      /^on 2026-12-01 this needs more than the 20 messages.*; nothing near it fits: name fewer groups/,
    );
  });

  it('is not blamed for what did not fit before it', async () => {
    await addGroups(2);
    await addSchedule(db, digest({ cron: '0 23 * * *' }), 'older', NOW);
    await plan(digest({ cron: '0 20 * * *' }));
  });

  it('for accounts without a pace is free, and each account is looked at by itself', async () => {
    const free = await addGroups(40, 'sandbox');
    await plan(digest(at('2026-12-01T23:30'), { groups: free }));
    await plan(digest({ cron: '* * * * *' }, { groups: free }));
    const paced = await addGroups(1);
    await plan(digest(at('2026-12-01T20:00'), { groups: paced }));
    const both = await refusal(digest(at('2026-12-01T23:30'), { groups: [...free, ...paced] }));
    expect(proposed(both)).toEqual(at('2026-12-01T21:55'));
  });

  it('tells what a person should know', async () => {
    const [one, other] = await addGroups(2);
    const two = await setGroupEnabled(db, other?.key ?? '', false, 'test', NOW);
    const [lesson] = catalogue.lessons;
    const warnings = async (more: Partial<NewSchedule>, config = USUAL) => {
      const given = { ...digest({ cron: '0 20 * * *' }), kind: 'lesson', content: lesson?.id ?? '' } as const;
      return (await plan({ ...given, ...more }, config)).warnings.map(sayWarning);
    };
    expect(await warnings({})).toEqual([]);
    expect(await warnings({ days: 'workdays-only' })).toEqual([
      'the holidays of 2027 are not published yet: until an update of weike knows them, only its Saturdays and Sundays count as days off',
    ]);
    expect(await warnings({ days: 'skip-holidays', when: { cron: '5 20 * * *' } })).toEqual([
      'the holidays of 2027 are not published yet: until an update of weike knows them, nothing is skipped in it',
    ]);
    expect(await warnings({ groups: [one, two].filter((each) => each !== undefined) })).toEqual([
      `disabled, gets nothing until "weike group enable": ${two.key}`,
    ]);
    expect(await warnings({ closeAfter: 3 * HOUR, when: { cron: '10 20 * * *' } })).toEqual([
      'its quiz closes in the quiet hours: the key is posted at 07:00',
    ]);
    expect(await warnings({ misfire: 'fold', when: { cron: '15 20 * * *' } })).toEqual([
      `no digest is scheduled to tell of what is missed: ${one?.key}`,
    ]);
    expect(await warnings({ when: { monthly: '31 20:20' } })).toEqual([
      "months without a day 31 are left out; 'last day' is the last one of each",
    ]);
    await plan(digest({ cron: '30 21 * * *' }));
    expect(await warnings({ misfire: 'fold', when: { cron: '25 20 * * *' } })).toEqual([]);
    const elsewhere = configOf('3-8s,12/min,200/day', { CHANNELS: 'sandbox' });
    expect(await warnings({ when: { cron: '35 20 * * *' } }, elsewhere)).toEqual([
      'not in CHANNELS, so nobody sends there: wechaty',
    ]);
  });

  it('with something wrong in it is refused, and nothing is written', async () => {
    const cases: [string, Partial<NewSchedule>, RegExp][] = [
      ['a time in the past', { when: { at: NOW } }, /^--at: that time is over/],
      ['no group', { groups: [] }, /^name a group/],
      [
        'a day that the calendar leaves out',
        { when: at('2027-01-02T20:00'), days: 'workdays-only' },
        /^--at: 2027-01-02 is 周末 and --workdays-only leaves it out/,
      ],
      [
        'a rule that never comes',
        { when: { cron: '0 20 * * 6' }, days: 'workdays-only' },
        /^--cron: "0 20 \* \* 6" never comes with --workdays-only/,
      ],
      ['a digest folded into itself', { misfire: 'fold' }, /^--misfire fold: only a lesson/],
      ['a digest again', { again: true }, /^--again is for one lesson/],
      ['a rule that is none', { when: { monthly: 'sometimes' } }, /^--monthly: expected/],
      ['a cron that is none', { when: { cron: 'sometimes' } }, /^--cron: expected five fields/],
    ];
    await addGroups(1);
    for (const [what, more, message] of cases)
      expect(await refusal({ ...digest({ cron: '0 20 * * *' }), ...more }), what).toMatch(message);
    expect(await db.selectFrom('schedule').selectAll().execute()).toEqual([]);
  });

  it('that is scheduled goes out on its day and by day; a refusal names one that is then accepted', async () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    const two = (value: number) => String(value).padStart(2, '0');
    const when: fc.Arbitrary<When> = fc.oneof(
      fc
        .tuple(fc.integer({ min: 1, max: 9 }), minute)
        .map(([days, time]) =>
          at(`${addDays('2026-11-24', days)}T${two(Math.floor(time / 60))}:${two(time % 60)}`),
        ),
      fc
        .tuple(minute, fc.constantFrom('*', '1,3,5', '2', '1-5', '6,0'))
        .map(([time, week]) => ({ cron: `${time % 60} ${Math.floor(time / 60)} * * ${week}` })),
      fc
        .tuple(minute, fc.constantFrom('first fri', 'last workday', '15', 'last day'))
        .map(([time, day]) => ({ monthly: `${day} ${two(Math.floor(time / 60))}:${two(time % 60)}` })),
    );
    const config = configOf('3-8s,12/min,40/day');
    await addGroups(12);
    await fc.assert(
      fc.asyncProperty(fc.array(when, { minLength: 1, maxLength: 4 }), async (plans) => {
        await db.deleteFrom('schedule').execute();
        for (const one of plans) {
          const said = await refusal(digest(one), config);
          if (said === 'it was scheduled' || said.includes('nothing near it fits')) continue;
          expect(await refusal(digest(proposed(said)), config)).toBe('it was scheduled');
        }
        const sends = await previewSends(db, config, catalogue.lessons, NOW, NOW + 20 * DAY);
        for (const { at: planned, nominalAt } of sends) {
          expect(localDay(planned, ZONE)).toBe(localDay(nominalAt, ZONE));
          expect(planned - nominalAt).toBeLessThan(5 * MINUTE);
        }
      }),
      { numRuns: dialect === 'sqlite' ? 20 : 6 },
    );
  });
});
