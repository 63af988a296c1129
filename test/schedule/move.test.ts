/** A plan moved: both or neither, by the same rules as one that is added. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Db } from '../../src/db/open.ts';
import { MisfitError } from '../../src/schedule/add.ts';
import { changeSchedule } from '../../src/schedule/move.ts';
import { addSchedule, groupKeysOf, listSchedules, type NewSchedule } from '../../src/schedule/schedules.ts';
import { lessonsAhead } from '../../src/schedule/syllabus.ts';
import { buildCounty, type County } from '../support/county.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';
import { ROOT } from '../support/school.ts';
import { lessonOf } from '../web/site.ts';

const NOW = Date.parse('2026-11-24T10:00:00+08:00');
const EVENING = Date.parse('2026-11-27T20:00:00+08:00');
const lesson = lessonOf();

describe.each(DIALECTS)('a plan that is moved, on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let county: County;
  const config = readConfig({ CHANNELS: 'wechaty:county', QUIET_HOURS: '22:00-07:00' }, ROOT);
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    county = await buildCounty(db, { account: 'wechaty:county' });
  });
  afterEach(async () => await close());

  const add = (more: Partial<NewSchedule> = {}) =>
    addSchedule(
      db,
      {
        kind: 'lesson',
        content: lesson.id,
        groups: [county.own.group],
        when: { at: EVENING },
        zone: config.zone,
        closeAfter: 2 * HOUR,
        days: 'skip-holidays',
        ...more,
      },
      'ann',
      NOW,
    );
  const move = async (when: NewSchedule['when']) => {
    const [schedule] = await listSchedules(db);
    if (!schedule) throw new Error('nothing to move');
    return await changeSchedule(db, config, [lesson], schedule, { when }, 'bob', NOW, 100);
  };

  it('is the same at another time, under another number', async () => {
    await add();
    const { schedule } = await move({ at: EVENING + DAY });
    expect(schedule).toMatchObject({
      no: 2,
      next_at: EVENING + DAY,
      close_after: 2 * HOUR,
      days: 'skip-holidays',
      created_by: 'bob',
    });
    expect(await groupKeysOf(db, schedule)).toEqual([county.own.group.key]);
    expect(await listSchedules(db)).toHaveLength(1);
    const changes = await db
      .selectFrom('audit')
      .select(['who', 'what'])
      .where('what', 'like', 'schedule.%')
      .orderBy('id')
      .execute();
    expect(changes.map(({ who, what }) => `${who} ${what}`)).toEqual([
      'ann schedule.add',
      'bob schedule.remove',
      'bob schedule.add',
    ]);
  });

  it('stays where it is when the other time does not fit', async () => {
    const before = await add();
    const refused = await move({ at: EVENING + 3 * HOUR }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(MisfitError);
    expect((refused as MisfitError).nearest?.at).toBeLessThan(EVENING + 2 * HOUR);
    expect(await listSchedules(db)).toEqual([before]);
  });

  it('keeps its days when it repeats, and all groups when it goes to all', async () => {
    await add({ kind: 'course', content: '网上卖货', groups: 'all', when: { cron: '0 20 * * 1,3' } });
    const { schedule } = await move({ cron: '30 19 * * 1,3' });
    expect(schedule).toMatchObject({ cron: '30 19 * * 1,3', all_groups: 1, kind: 'course' });
  });

  it('tells which single lessons are ahead of which group', async () => {
    await add();
    await add({ when: { at: EVENING - DAY } });
    await add({ content: 'other', groups: 'all' });
    const { own, other } = county;
    const ahead = await lessonsAhead(db, [own.group.id, other.group.id]);
    expect(ahead.get(own.group.id)).toEqual(
      new Map([
        [lesson.id, EVENING - DAY],
        ['other', EVENING],
      ]),
    );
    expect(ahead.get(other.group.id)).toEqual(new Map([['other', EVENING]]));
    expect(await lessonsAhead(db, [])).toEqual(new Map());
  });
});
