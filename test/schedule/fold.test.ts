/** What was folded is told in the group's next digest, each lesson's hour exactly once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { HOUR, MINUTE, SECOND } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import type { DeliveryState, PartState } from '../../src/db/tables.ts';
import { noteFolded, takeFolded } from '../../src/delivery/folded.ts';
import { type NewDelivery, planDeliveries } from '../../src/delivery/ledger.ts';
import { composeGroupDay, type GroupDay } from '../../src/digest/daily.ts';
import { recordSeenGroup } from '../../src/people/groups.ts';
import { getGroupByKey } from '../../src/people/groups.ts';
import { addSchedule } from '../../src/schedule/schedules.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';
import { neverSaid, openSchool } from '../support/school.ts';

const ZONE = 'Asia/Shanghai';
const at = (text: string) => Date.parse(`${text}+08:00`);

describe.each(DIALECTS)('folding on %s', (dialect) => {
  describe('between digests', () => {
    let db: Db;
    let close: () => Promise<void>;
    let groupId: string;
    beforeEach(async () => {
      ({ db, close } = await openTestDb(dialect));
      groupId = (await recordSeenGroup(db, { account: 'a', roomId: 'r', topic: '群' }, 1)).id;
    });
    afterEach(async () => {
      await close();
    });

    let count = 0;
    async function plan(extra: Partial<NewDelivery>): Promise<string> {
      count += 1;
      const given = {
        cause: `c${count}`,
        kind: 'digest',
        account: 'a',
        groupId,
        plannedAt: 1,
        ...extra,
      } as const;
      const [id = ''] = await planDeliveries(db, [given], 1);
      return id;
    }
    async function fold(title: string, nominalAt: number): Promise<string> {
      const ended = { state: 'skipped', reason: '并入' } as const;
      const id = await plan({ kind: 'lesson', content: title, ended });
      await noteFolded(db, [{ delivery_id: id, group_id: groupId, title, nominal_at: nominalAt }]);
      return id;
    }
    const take = async (digest: string) => (await takeFolded(db, groupId, digest)).map(({ title }) => title);
    const setState = (id: string, state: DeliveryState) =>
      db.updateTable('delivery').set({ state }).where('id', '=', id).execute();
    const addPart = (id: string, state: PartState) =>
      db
        .insertInto('delivery_part')
        .values({
          delivery_id: id,
          seq: 0,
          account: 'a',
          kind: 'text',
          body: '简报',
          alt: '',
          hash: 'h',
          state,
          message_id: null,
          sending_at: null,
          sent_at: null,
        })
        .execute();

    it('a digest that is composed again tells the same, another one nothing of it', async () => {
      await fold('乙', 20);
      await fold('甲', 10);
      const [first, second] = [await plan({}), await plan({})];
      expect(await take(first)).toEqual(['甲', '乙']);
      expect(await take(second)).toEqual([]);
      await fold('丙', 30);
      expect(await take(first)).toEqual(['甲', '乙', '丙']);
      expect(await take(second)).toEqual([]);
    });

    it.each<[DeliveryState, PartState, boolean]>([
      ['failed', 'planned', true],
      ['expired', 'planned', true],
      ['skipped', 'planned', true],
      // Something of it may have been heard.
      ['failed', 'sent', false],
      ['skipped', 'unknown', false],
      ['unknown', 'unknown', false],
      ['sent', 'sent', false],
      ['planned', 'planned', false],
      ['held', 'planned', false],
    ])('of a digest that is %s with a part that is %s it is told again: %s', async (state, part, again) => {
      await fold('甲', 10);
      const [first, second] = [await plan({}), await plan({})];
      await take(first);
      await addPart(first, part);
      await setState(first, state);
      expect(await take(second)).toEqual(again ? ['甲'] : []);
      expect(await take(second)).toEqual(again ? ['甲'] : []);
    });

    it('a lesson that a person sent after all is not told as missed', async () => {
      const id = await fold('甲', 10);
      await setState(id, 'sent');
      expect(await take(await plan({}))).toEqual([]);
    });
  });

  it('the evening goes on: the digest tells what was missed, the course goes on with it', async () => {
    const school = await openSchool(dialect, '2026-11-24T12:00:00+08:00');
    try {
      const { db, clock } = school;
      await db.updateTable('schedule').set({ removed_at: 1, next_at: null }).execute();
      const groups = [await getGroupByKey(db, 'huacha')];
      const common = { groups, zone: ZONE } as const;
      const course = '网上卖货';
      await addSchedule(
        db,
        { ...common, kind: 'course', content: course, when: { cron: '0 13 * * *' }, misfire: 'fold' },
        'test',
        clock.now(),
      );
      await addSchedule(
        db,
        { ...common, kind: 'digest', content: 'day', when: { cron: '0 21 * * *' } },
        'test',
        clock.now(),
      );
      clock.set(at('2026-11-24T14:30:00'));
      await school.app.tick();
      const [missed, next] = school.app.catalogue().lessons.filter((lesson) => lesson.course === course);
      clock.set(at('2026-11-24T16:30:00'));
      await school.app.tick();
      clock.set(at('2026-11-24T18:30:00'));
      await school.app.tick();
      clock.set(at('2026-11-24T21:00:00'));
      await school.app.tick();
      const digest = await school.hears(/【学习简报/);
      expect(digest).toContain(`错过的课：《${missed?.title}》（13:00）`);
      neverSaid(await school.said(), /【微课/);

      for (let hour = 0; hour < 16; hour += 1) await school.pass(HOUR);
      await school.pass(SECOND);
      await school.hears(new RegExp(`【微课 第1课】${missed?.title}`));
      for (let hour = 0; hour < 8; hour += 1) await school.pass(HOUR);
      const later = await school.hears(/【学习简报 第2期】/);
      expect(later).not.toContain('错过的课');
      expect(later).toContain(`《${next?.title}》`);
    } finally {
      await school.close();
    }
  });
});

it('a lesson that was missed several times is one line', () => {
  const figures: GroupDay = {
    lessons: [],
    people: 12,
    learned: 0,
    answered: 0,
    answers: 0,
    correct: 0,
    checkedIn: 0,
  };
  const missed = [
    { title: '甲', at: at('2026-11-23T20:00:00'), link: 'https://x/l/jia' },
    { title: '甲', at: at('2026-11-24T08:00:00'), link: 'https://x/l/jia' },
    { title: '乙', at: at('2026-11-24T20:00:00') },
    ...[1, 2, 3, 4, 5].map((hour) => ({ title: '丙', at: at('2026-11-24T08:00:00') + hour * 10 * MINUTE })),
  ];
  const text = composeGroupDay('2026-11-24', figures, { zone: ZONE, missed });
  expect(text.split('\n').filter((line) => line.startsWith('错过的课'))).toEqual([
    '错过的课：《甲》（11月23日 20:00、08:00） https://x/l/jia',
    '错过的课：《乙》（20:00）',
    '错过的课：《丙》（08:10、08:20、08:30 等 5 次）',
  ]);
});
