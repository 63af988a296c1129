import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { HOUR } from '../../src/clock.ts';
import { recordRevision } from '../../src/lessons/revisions.ts';
import { parseLesson } from '../../src/lessons/parse.ts';
import { recordSeenGroup } from '../../src/people/groups.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import { addItems, drawQuestions, listItems, type NewItem, retireItem } from '../../src/quiz/bank.ts';
import { lessonOf, openWindow, ordersOf } from '../../src/quiz/windows.ts';
import { DIALECTS, openTestDb, type TestDb } from '../support/databases.ts';

const item = (no: number, tags: readonly string[] = ['保鲜']): NewItem => ({
  type: 'single',
  stem: `第 ${no} 问`,
  options: ['甲', '乙', '丙', '丁'],
  key: ['B'],
  explanation: '',
  tags,
  source: `test ${no}`,
});

const SOURCE = `---
id: a
title: 存茶
---

正文

## 小测

抽题：保鲜 3；花茶 1

1. 对不对？

   答案：对
`;

describe.each(DIALECTS)('the bank on %s', (dialect) => {
  let test: TestDb;
  beforeEach(async () => {
    test = await openTestDb(dialect);
  });
  afterEach(async () => {
    await test.close();
  });

  const items = Array.from({ length: 12 }, (_, no) => item(no, no < 10 ? ['保鲜'] : ['花茶', '保鲜']));

  it('takes each question once, whatever the order of its options', async () => {
    expect(await addItems(test.db, items, 'cli', 1)).toEqual(items.map(() => true));
    const turned = { ...item(0), options: ['丁', '乙', '丙', '甲'] };
    const fresh = item(99);
    expect(await addItems(test.db, [turned, fresh, fresh], 'cli', 2)).toEqual([false, true, false]);
    const listed = await listItems(test.db);
    expect(listed.map(({ no }) => no)).toEqual(Array.from({ length: 13 }, (_, at) => at + 1));
    expect(await listItems(test.db, '花茶')).toHaveLength(2);
    expect(listed[11]?.tags).toEqual(['保鲜', '花茶']);
  });

  it('draws no retired question, and takes it in again', async () => {
    await addItems(test.db, [item(1)], 'cli', 1);
    expect(await retireItem(test.db, 1, 'cli', 2)).toBe(true);
    expect(await retireItem(test.db, 1, 'cli', 3)).toBe(false);
    expect(await drawQuestions(test.db, [{ tag: '保鲜', count: 3 }], 'w', 1)).toEqual([]);
    expect(await addItems(test.db, [item(1)], 'cli', 4)).toEqual([true]);
    const audited = await test.db.selectFrom('audit').select('what').orderBy('at').execute();
    expect(audited.map(({ what }) => what)).toEqual(['bank.import', 'bank.retire', 'bank.import']);
  });

  it('draws the same for the same seed, none twice, and others for another', async () => {
    await addItems(test.db, items, 'cli', 1);
    const draws = [
      { tag: '花茶', count: 1 },
      { tag: '保鲜', count: 4 },
    ];
    const drawn = await drawQuestions(test.db, draws, 'one', 3);
    expect(drawn.map(({ no }) => no)).toEqual([3, 4, 5, 6, 7]);
    expect(new Set(drawn.map(({ stem }) => stem)).size).toBe(5);
    expect(await drawQuestions(test.db, draws, 'one', 3)).toEqual(drawn);
    const others = await Promise.all(
      ['two', 'three', 'four'].map((seed) => drawQuestions(test.db, draws, seed, 3)),
    );
    expect(new Set([drawn, ...others].map((one) => JSON.stringify(one))).size).toBeGreaterThan(1);
    expect(await drawQuestions(test.db, [{ tag: '花茶', count: 9 }], 'one', 1)).toHaveLength(2);
  });

  it('leaves a tag with few questions its own, whatever another draws', async () => {
    await addItems(test.db, items, 'cli', 1);
    const draws = [
      { tag: '保鲜', count: 9 },
      { tag: '花茶', count: 2 },
    ];
    for (let seed = 0; seed < 40; seed += 1) {
      const drawn = await drawQuestions(test.db, draws, `seed ${seed}`, 1);
      expect(drawn).toHaveLength(11);
      expect(new Set(drawn.map(({ stem }) => stem)).size).toBe(11);
      expect(
        drawn
          .slice(9)
          .map(({ stem }) => stem)
          .toSorted(),
      ).toEqual(['第 10 问', '第 11 问']);
    }
  });

  it('gives a window its questions once, and they stay when the bank changes', async () => {
    await addItems(test.db, items, 'cli', 1);
    const { lesson } = parseLesson(SOURCE, 'a.md');
    if (!lesson) throw new Error('the lesson has a fault');
    await recordRevision(test.db, lesson, SOURCE, 'operator', 1);
    const group = await recordSeenGroup(test.db, { account: 'sandbox', roomId: 'r', topic: '群' }, 1);
    const [deliveryId = ''] = await planDeliveries(
      test.db,
      [
        {
          cause: 'x',
          kind: 'lesson',
          account: 'sandbox',
          groupId: group.id,
          content: 'a',
          hash: lesson.hash,
          plannedAt: 1,
        },
      ],
      1,
    );
    const opening = {
      deliveryId,
      groupId: group.id,
      lessonId: 'a',
      hash: lesson.hash,
      opensAt: 1,
      closesAt: HOUR,
    };
    const window = await openWindow(test.db, opening, { mode: 'private', attempts: 2, shuffle: true });
    expect(window).toMatchObject({ mode: 'private', attempts: 2 });
    const asked = await lessonOf(test.db, window);
    expect(asked?.questions.map(({ no, type }) => [no, type])).toEqual([
      [1, 'truefalse'],
      [2, 'single'],
      [3, 'single'],
      [4, 'single'],
      [5, 'single'],
    ]);
    expect(Object.keys(ordersOf(window))).toEqual(['2', '3', '4', '5']);
    for (const { no } of items.map((_, at) => ({ no: at + 1 }))) await retireItem(test.db, no, 'cli', 2);
    const again = await openWindow(
      test.db,
      { ...opening, closesAt: 2 * HOUR },
      { mode: 'open', attempts: 0, shuffle: false },
    );
    expect(again).toEqual({ ...window, closes_at: 2 * HOUR });
  });
});
