/** Which lesson a group gets next, and its number there. */
import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { planDeliveries } from '../../src/delivery/ledger.ts';
import { HAD_IT } from '../../src/delivery/ledger.ts';
import { NOT_BROUGHT, STATES } from '../../src/delivery/states.ts';
import type { Lesson } from '../../src/lessons/lesson.ts';
import type { Group } from '../../src/people/groups.ts';
import { addSchedule, removeSchedule } from '../../src/schedule/schedules.ts';
import {
  lessonsAhead,
  lessonsOfCourse,
  nextOrdinal,
  nextUntaught,
  pickLesson,
  taughtTo,
} from '../../src/schedule/syllabus.ts';
import { DIALECTS } from '../support/databases.ts';
import { ACCOUNT, openPostOffice, type PostOffice } from '../support/post-office.ts';

const lessonOf = (id: string, course: string, order: number): Lesson => ({
  id,
  title: id,
  course,
  order,
  category: '',
  author: '',
  sources: [],
  tags: [],
  minutes: 2,
  body: '',
  questions: [],
  draws: [],
  file: `${id}.md`,
  hash: id.repeat(8),
});
/** Not in the order of their course. */
const LESSONS = [
  lessonOf('b', '卖货', 2),
  lessonOf('x', '别的', 1),
  lessonOf('c', '卖货', 3),
  lessonOf('a', '卖货', 1),
];

describe.each(DIALECTS)('the syllabus on %s', (dialect) => {
  let office: PostOffice;
  beforeEach(async () => {
    office = await openPostOffice(dialect);
  });
  afterEach(async () => {
    await office.close();
  });

  const teach = async (id: string, extra: Partial<Parameters<typeof planDeliveries>[1][number]> = {}) => {
    const plan = {
      cause: `test:${randomUUID()}`,
      kind: 'lesson',
      account: ACCOUNT,
      groupId: office.groupId,
      content: id,
      hash: id.repeat(8),
      plannedAt: 0,
      ...extra,
    } as const;
    const [delivery = ''] = await planDeliveries(office.db, [plan], 0);
    return delivery;
  };
  const pick = async (kind: 'lesson' | 'course', content: string, again: 0 | 1 = 0) =>
    await pickLesson(office.db, { kind, content, again }, await taughtTo(office.db, office.groupId), LESSONS);

  it('goes through a course in its order, each lesson once', async () => {
    for (const id of ['a', 'b', 'c']) {
      expect(await pick('course', '卖货')).toMatchObject({ id });
      await teach(id);
    }
    expect(await pick('course', '卖货')).toEqual({ reason: '课程「卖货」已经学完' });
    expect(await pick('course', '没有的')).toEqual({ reason: '课程「没有的」里没有微课' });
    expect(lessonsOfCourse(LESSONS, '卖货').map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('gives a named lesson once in each revision, unless a person says again', async () => {
    expect(await pick('lesson', 'x')).toMatchObject({ id: 'x' });
    await teach('x', { hash: 'an older revision' });
    expect(await pick('lesson', 'x')).toMatchObject({ id: 'x' });
    await teach('x');
    expect(await pick('lesson', 'x')).toEqual({ reason: HAD_IT, lessonId: 'x' });
    expect(await pick('lesson', 'x', 1)).toMatchObject({ id: 'x' });
    expect(await pick('lesson', 'gone')).toEqual({ reason: '微课 gone 已经不在', lessonId: 'gone' });
  });

  it('counts what brought a lesson, to that group, and nothing else', async () => {
    const id = await teach('a');
    await teach('b', { groupId: office.other.id });
    await teach('c', { kind: 'key' });
    for (const state of STATES) {
      await office.db.updateTable('delivery').set({ state }).where('id', '=', id).execute();
      const brought = !NOT_BROUGHT.includes(state);
      expect(await taughtTo(office.db, office.groupId)).toEqual({
        ids: new Set(brought ? ['a'] : []),
        hashes: new Set(brought ? ['a'.repeat(8)] : []),
      });
    }
    expect((await nextUntaught(office.db, office.groupId, LESSONS))?.id).toBe('b');
    expect(await nextUntaught(office.db, office.other.id, LESSONS.slice(0, 1))).toBeUndefined();
  });

  it('numbers the lessons of a group, and its digests apart', async () => {
    expect(await nextOrdinal(office.db, office.groupId)).toBe(1);
    await teach('a', { ordinal: 1 });
    await teach('b', { ordinal: 2 });
    await teach('c', { ordinal: 9, groupId: office.other.id });
    await teach('x', { ordinal: 7, kind: 'digest' });
    expect(await nextOrdinal(office.db, office.groupId)).toBe(3);
    expect(await nextOrdinal(office.db, office.groupId, 'digest')).toBe(8);
  });

  it('knows the single lessons that are still to come, each at its first hour', async () => {
    const [own, other] = [office.group, office.other];
    const add = (
      content: string,
      at: number,
      groups: 'all' | Group[],
      kind: 'lesson' | 'course' = 'lesson',
    ) => addSchedule(office.db, { kind, content, groups, when: { at }, zone: 'Asia/Shanghai' }, 'test', 1);
    await add('a', 90, [own]);
    await add('a', 50, [own]);
    await add('b', 70, 'all');
    await add('c', 60, [other]);
    await add('卖货', 40, 'all', 'course');
    const { no } = await add('x', 30, [own]);
    await removeSchedule(office.db, no, 'test', 2);
    const over = await add('y', 20, [own]);
    await office.db.updateTable('schedule').set({ next_at: null }).where('id', '=', over.id).execute();
    expect(await lessonsAhead(office.db, [own.id])).toEqual(
      new Map([
        [
          own.id,
          new Map([
            ['a', 50],
            ['b', 70],
          ]),
        ],
      ]),
    );
    expect((await lessonsAhead(office.db, [own.id, other.id])).get(other.id)).toEqual(
      new Map([
        ['b', 70],
        ['c', 60],
      ]),
    );
    expect(await lessonsAhead(office.db, [])).toEqual(new Map());
  });
});
