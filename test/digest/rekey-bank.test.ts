/** Keys of the bank put right: every quiz that drew the question is marked anew, and everything that counts follows. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import { rebuildRollups, verifyRollups } from '../../src/digest/rebuild.ts';
import { applyBankEdit, planBankEdit } from '../../src/digest/rekey-bank.ts';
import {
  addItems,
  getItem,
  listItems,
  listItemVersions,
  type NewItem,
  restoreItem,
  retireItem,
} from '../../src/quiz/bank.ts';
import { bankQuestionsOf } from '../../src/quiz/bank-asked.ts';
import { hashItem } from '../../src/quiz/item.ts';
import { markAnswer, scoreAnswer } from '../../src/quiz/mark.ts';
import { noteAllPointsDue } from '../../src/quiz/points-due.ts';
import { settlePoints } from '../../src/quiz/settle.ts';
import { openReview } from '../../src/quiz/weekly.ts';
import { findWindow, lessonOf, type QuizWindow } from '../../src/quiz/windows.ts';
import { addPupil, closeDrawn, drawingLesson, giveAnswer, openDrawn, ZONE } from '../support/bank.ts';
import { readRollups } from '../support/classroom.ts';
import { DIALECTS, openTestDb, type TestDb } from '../support/databases.ts';

const NOW = Date.parse('2026-11-24T20:00:00+08:00');
const BY = { who: 'cli', via: 'cli', isTrusted: true };

const single = (stem: string, tag: string, key = 'B'): NewItem => ({
  type: 'single',
  stem,
  options: ['甲', '乙', '丙'],
  key: [key],
  explanation: '',
  tags: [tag],
  source: 'test',
});
const multi = (stem: string, tag: string): NewItem => ({
  ...single(stem, tag),
  type: 'multi',
  key: ['A', 'B'],
});

async function rekey(
  db: Db,
  no: number,
  key: readonly string[],
  more: { stem?: string; reworded?: boolean; mayGrow?: boolean } = {},
) {
  const item = await getItem(db, no);
  const to = { ...item, key, stem: more.stem ?? item.stem };
  const edit = { no, version: item.version, to, reworded: more.reworded ?? false };
  const plan = await planBankEdit(db, edit);
  const done = await applyBankEdit(db, edit, BY, { zone: ZONE, now: NOW + 3 * DAY });
  if (!more.mayGrow) expect(done.remarked).toBe(plan.answers);
  return plan;
}

const pointsOf = async (db: Db) =>
  (
    await db
      .selectFrom('point')
      .select(['member_id', 'group_id', 'day', 'rule', 'fact', 'tenths'])
      .where('voided_at', 'is', null)
      .execute()
  )
    .map((row) => JSON.stringify({ ...row, tenths: Number(row.tenths) }))
    .toSorted();

/** Everything that follows from the answers and the keys as they stand. */
async function expectAllFollows(db: Db, members: readonly string[]) {
  const windows = await db.selectFrom('quiz_window').selectAll().execute();
  const asked = new Map<string, Awaited<ReturnType<typeof lessonOf>>>();
  for (const window of windows) asked.set(window.id, await lessonOf(db, window));
  const answers = await db.selectFrom('answer').selectAll().execute();
  const questionOf = (answer: (typeof answers)[number]) => {
    const question = asked.get(answer.window_id)?.questions.find(({ no }) => no === answer.question);
    if (!question) throw new Error('an answer to nothing');
    return question;
  };
  for (const answer of answers) {
    const value = /^[A-H]+$/.test(answer.value) ? [...answer.value] : [answer.value];
    const question = questionOf(answer);
    expect(answer.correct).toBe(markAnswer(question, value) ? 1 : 0);
    expect(answer.score).toBe(scoreAnswer(question, value, 'all-or-nothing'));
  }
  expect(await verifyRollups(db, ZONE)).toEqual([]);
  const kept = await readRollups(db);
  await rebuildRollups(db, ZONE);
  expect(await readRollups(db)).toEqual(kept);

  // The trail of each answer leads without a gap to what it is now.
  const trail = await db
    .selectFrom('answer_remark')
    .innerJoin('key_change', 'key_change.id', 'answer_remark.key_change_id')
    .selectAll('answer_remark')
    .orderBy('key_change.id')
    .execute();
  for (const [id, remarks] of Map.groupBy(trail, (one) => one.answer_id)) {
    for (const [index, one] of remarks.entries())
      if (index > 0) expect(one.correct_before).toBe(remarks[index - 1]?.correct_after);
    expect(remarks.at(-1)?.correct_after).toBe(answers.find((one) => one.id === id)?.correct);
  }

  // Points: as if all were worked out anew.
  await settlePoints(db, ZONE, NOW + 4 * DAY);
  const points = await pointsOf(db);
  for (const member of members) await noteAllPointsDue(db, member);
  await settlePoints(db, ZONE, NOW + 5 * DAY);
  expect(await pointsOf(db)).toEqual(points);

  // Practice: a card for what is wrong in a closed quiz, by the key that holds, and none by any other.
  const closed = new Set(windows.filter((one) => one.closed_at !== null).map(({ id }) => id));
  const wrong = new Set(
    answers
      .filter((one) => one.counted === 1 && one.correct === 0 && closed.has(one.window_id))
      .map((one) => `${one.member_id} ${hashItem(questionOf(one))}`),
  );
  const cards = await db.selectFrom('practice_card').selectAll().where('closed_at', 'is', null).execute();
  expect(new Set(cards.map((card) => `${card.member_id} ${card.question_hash}`))).toEqual(wrong);
}

describe.each(DIALECTS)('a key of the bank put right on %s', (dialect) => {
  describe('as a property', () => {
    let test: TestDb;
    beforeAll(async () => {
      test = await openTestDb(dialect);
    });
    afterAll(async () => await test.close());

    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('answer' as const),
          who: fc.nat(2),
          window: fc.nat(2),
          question: fc.integer({ min: 1, max: 4 }),
          value: fc.constantFrom('A', 'B', 'C', 'AB', 'ABC'),
          minute: fc.integer({ min: 0, max: 300 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('edit' as const),
          item: fc.nat(3),
          key: fc.constantFrom('A', 'B', 'C', 'AB', 'AC', 'BC'),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), window: fc.nat(2) }) },
    );

    it('leaves what counting anew gives, whatever was said and put right in whatever order', async () => {
      const { db } = test;
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
          run += 1;
          const tag = `标签${dialect}${run}`;
          const items = [
            single(`甲问 ${tag}`, tag),
            single(`乙问 ${tag}`, tag),
            multi(`丙问 ${tag}`, tag),
            multi(`丁问 ${tag}`, tag),
          ];
          await addItems(db, items, 'cli', NOW);
          const bank = await listItems(db, tag);
          const members = [];
          for (const name of ['甲', '乙', '丙']) members.push(await addPupil(db, `${name}${run}`, NOW));
          const windows: QuizWindow[] = [];
          for (const at of [0, 1, 2])
            windows.push(
              await openDrawn(db, {
                source: drawingLesson(`p${run}-${at % 2}`, tag, 3),
                // Over midnight, so that days differ.
                opensAt: NOW + at * 90 * MINUTE,
              }),
            );
          const closed = new Set<number>();
          for (const one of steps) {
            if (one.kind === 'answer') {
              const window = windows[one.window];
              const question = window && (await lessonOf(db, window))?.questions[one.question - 1];
              // A card that was made at the closing stays, whatever is answered later.
              if (!window || !question || closed.has(one.window)) continue;
              const value =
                question.type === 'truefalse'
                  ? '对'
                  : question.type === 'single'
                    ? (one.value[0] ?? 'A')
                    : one.value;
              await giveAnswer(db, window.id, {
                memberId: members[one.who] ?? '',
                question: one.question,
                value,
                at: window.opens_at + one.minute * MINUTE,
              });
            } else if (one.kind === 'close') {
              closed.add(one.window);
              await closeDrawn(db, windows[one.window]?.id ?? '', NOW + 2 * DAY);
            } else {
              const item = bank[one.item];
              if (!item) continue;
              const key = item.type === 'single' ? [one.key[0] ?? 'A'] : [...one.key];
              await rekey(db, item.no, key);
            }
          }
          await expectAllFollows(db, members);
          for (const { id } of windows)
            for (const question of bankQuestionsOf((await findWindow(db, id)) ?? { drawn: null })) {
              const item = bank.find((one) => one.id === question.bank);
              expect(question.key).toEqual((await getItem(db, item?.no ?? 0)).key);
            }
        }),
        { numRuns: dialect === 'sqlite' ? 30 : 6 },
      );
    }, 180_000);
  });

  describe('in particular', () => {
    let test: TestDb;
    let pupil: string;
    beforeEach(async () => {
      test = await openTestDb(dialect);
      pupil = await addPupil(test.db, '黄秀兰', NOW);
    });
    afterEach(async () => await test.close());

    const ask = (tag: string, opensAt = NOW) =>
      openDrawn(test.db, { source: drawingLesson('chouti', tag, 1), opensAt });
    const markOf = async (windowId: string) =>
      (
        await test.db
          .selectFrom('answer')
          .select(['correct'])
          .where('window_id', '=', windowId)
          .orderBy('written_at')
          .execute()
      ).map(({ correct }) => correct);

    it('says beforehand what it will change, and changes nothing by saying it', async () => {
      const { db } = test;
      await addItems(db, [single('放哪里', '保鲜')], 'cli', NOW);
      const [open, closed] = [await ask('保鲜'), await ask('保鲜', NOW - DAY)];
      await giveAnswer(db, open.id, { memberId: pupil, question: 2, value: 'A', at: NOW + 1 });
      await giveAnswer(db, open.id, { memberId: pupil, question: 2, value: 'B', at: NOW + 2 });
      await giveAnswer(db, closed.id, { memberId: pupil, question: 2, value: 'A', at: NOW - DAY + 1 });
      await closeDrawn(db, closed.id, NOW);
      const item = await getItem(db, 1);
      const plan = await planBankEdit(db, {
        no: 1,
        version: 1,
        to: { ...item, key: ['A'] },
        reworded: false,
      });
      expect(plan).toMatchObject({ open: 1, left: 0, answers: 3, members: 1, right: 1, wrong: 1 });
      expect(plan.windows).toHaveLength(2);
      expect(await markOf(open.id)).toEqual([0, 1]);
      expect((await getItem(db, 1)).key).toEqual(['B']);
      expect(await db.selectFrom('key_change').selectAll().execute()).toEqual([]);

      await rekey(db, 1, ['A']);
      expect(await markOf(open.id)).toEqual([1, 0]);
      expect(await markOf(closed.id)).toEqual([1]);
      const [change] = await db.selectFrom('key_change').selectAll().execute();
      expect(change).toMatchObject({
        bank_id: item.id,
        question: 0,
        key: '["A"]',
        before: '["B"]',
        remarked: 3,
      });
      expect((await listItemVersions(db, item.id)).map(({ version, key }) => [version, key])).toEqual([
        [2, ['A']],
        [1, ['B']],
      ]);
      const audited = await db.selectFrom('audit').select(['what', 'subject']).orderBy('id').execute();
      expect(audited.slice(-2)).toEqual([
        { what: 'bank.edit', subject: item.id },
        { what: 'key.change', subject: item.id },
      ]);
      // An answer to the open quiz is marked by the new key from then on.
      await giveAnswer(db, open.id, { memberId: pupil, question: 2, value: 'A', at: NOW + 3 });
      expect((await markOf(open.id)).at(-1)).toBe(1);
      await expectAllFollows(db, [pupil]);
    });

    it('finds what was drawn before its id was kept there, and leaves another question of the same words alone', async () => {
      const { db } = test;
      await addItems(db, [single('放哪里', '旧'), { ...single('放哪里', '别的'), key: ['C'] }], 'cli', NOW);
      const [old, other] = [await ask('旧'), await ask('别的')];
      for (const { id, drawn } of [old, other])
        await db
          .updateTable('quiz_window')
          .set({ drawn: (drawn ?? '').replace(/,"bank":"[^"]*"/, '') })
          .where('id', '=', id)
          .execute();
      await giveAnswer(db, old.id, { memberId: pupil, question: 2, value: 'A', at: NOW + 1 });
      await giveAnswer(db, other.id, { memberId: pupil, question: 2, value: 'A', at: NOW + 1 });
      expect((await rekey(db, 1, ['A'])).windows.map(({ window }) => window.id)).toEqual([old.id]);
      expect(await markOf(old.id)).toEqual([1]);
      expect(await markOf(other.id)).toEqual([0]);
      // From then on it is known by its id.
      expect((await rekey(db, 1, ['B'])).windows.map(({ window }) => window.id)).toEqual([old.id]);
      await expectAllFollows(db, [pupil]);
    });

    it('leaves the cards of a question of the same words, of which it took the key and gave it back', async () => {
      const { db } = test;
      await addItems(db, [single('放哪里', '旧')], 'cli', NOW - DAY);
      const old = await ask('旧');
      await retireItem(db, 1, 'cli', NOW);
      await addItems(db, [{ ...single('放哪里', '新'), key: ['C'] }], 'cli', NOW);
      const other = await ask('新', NOW + HOUR);
      for (const { id } of [old, other]) {
        await giveAnswer(db, id, { memberId: pupil, question: 2, value: 'A', at: NOW + 2 * HOUR });
        await closeDrawn(db, id, NOW + DAY);
      }
      const cards = async () =>
        await db.selectFrom('practice_card').select('id').where('closed_at', 'is', null).execute();
      expect(await cards()).toHaveLength(2);
      await rekey(db, 1, ['C']);
      expect(await cards()).toHaveLength(1);
      await rekey(db, 1, ['B']);
      expect(await cards()).toHaveLength(2);
      await expectAllFollows(db, [pupil]);
    });

    it('marks anew what a retired one was asked, also where the right one stands in the bank by now', async () => {
      const { db } = test;
      await addItems(db, [single('放哪里', '旧')], 'cli', NOW - DAY);
      const old = await ask('旧');
      await giveAnswer(db, old.id, { memberId: pupil, question: 2, value: 'C', at: NOW + 1 });
      await closeDrawn(db, old.id, NOW + HOUR);
      await retireItem(db, 1, 'cli', NOW + HOUR);
      await addItems(db, [{ ...single('放哪里', '新'), key: ['C'] }], 'cli', NOW + HOUR);
      const other = await ask('新', NOW + 2 * HOUR);
      await giveAnswer(db, other.id, { memberId: pupil, question: 2, value: 'C', at: NOW + 2 * HOUR + 1 });
      // As it was kept before the ids were.
      await db
        .updateTable('quiz_window')
        .set({ drawn: (other.drawn ?? '').replace(/,"bank":"[^"]*"/, '') })
        .where('id', '=', other.id)
        .execute();
      expect((await rekey(db, 1, ['C'])).windows.map(({ window }) => window.id)).toEqual([old.id]);
      expect(await markOf(old.id)).toEqual([1]);
      expect(await getItem(db, 1)).toMatchObject({ key: ['C'], version: 2, retiredAt: NOW + HOUR });
      expect((await listItems(db)).map(({ no }) => no)).toEqual([2]);
      await expect(restoreItem(db, 1, 'cli', NOW + DAY)).rejects.toThrow(/一样的第 2 题/);
      // Back again: what the other one was asked stays its own.
      expect((await rekey(db, 1, ['A'])).windows.map(({ window }) => window.id)).toEqual([old.id]);
      expect([await markOf(old.id), await markOf(other.id)]).toEqual([[0], [1]]);
      expect(await restoreItem(db, 1, 'cli', NOW + DAY)).toBe(true);
      await expectAllFollows(db, [pupil]);
    });

    it('leaves quizzes alone that asked in other words, unless told to take them along', async () => {
      const { db } = test;
      await addItems(db, [single('下面哪个对', '字')], 'cli', NOW);
      const window = await ask('字');
      await giveAnswer(db, window.id, { memberId: pupil, question: 2, value: 'A', at: NOW + 1 });
      const plan = await rekey(db, 1, ['A'], { stem: '下面哪个不对' });
      expect(plan).toMatchObject({ windows: [], left: 1, reworded: 1, answers: 0 });
      expect(await markOf(window.id)).toEqual([0]);
      // Taken along: whoever presses has seen that only a slip of the pen was mended.
      await rekey(db, 1, ['C']);
      expect((await rekey(db, 1, ['A'], { reworded: true })).windows).toHaveLength(1);
      expect(await markOf(window.id)).toEqual([1]);
      await expectAllFollows(db, [pupil]);
    });

    it('follows the options when they stand in another order now', async () => {
      const { db } = test;
      await addItems(db, [single('放哪里', '序')], 'cli', NOW);
      const window = await ask('序');
      await giveAnswer(db, window.id, { memberId: pupil, question: 2, value: 'C', at: NOW + 1 });
      const item = await getItem(db, 1);
      // 丙 is right, and stands first now: C where it was asked.
      const to = { ...item, options: ['丙', '乙', '甲'], key: ['A'] };
      const edit = { no: 1, version: 1, to, reworded: false };
      await applyBankEdit(db, edit, BY, { zone: ZONE, now: NOW });
      expect(await markOf(window.id)).toEqual([1]);
      const same = { ...to, options: ['甲', '乙', '丙'], key: ['C'] };
      expect((await planBankEdit(db, { ...edit, version: 2, to: same })).windows).toEqual([]);
      const others = { ...to, options: ['丙', '乙', '丁'] };
      expect(await planBankEdit(db, { ...edit, version: 2, to: others })).toMatchObject({
        left: 1,
        reworded: 0,
      });
    });

    it('marks the question of the week anew as well', async () => {
      const { db } = test;
      await addItems(db, [single('放哪里', '周')], 'cli', NOW);
      const window = await ask('周');
      const question = bankQuestionsOf(window)[0];
      if (!question) throw new Error('nothing drawn');
      const { delivery_id: deliveryId } = await ask('周', NOW + DAY);
      await db.deleteFrom('quiz_window').where('delivery_id', '=', deliveryId).execute();
      const review = await openReview(
        db,
        {
          deliveryId,
          groupId: window.group_id,
          lessonId: window.lesson_id,
          hash: window.hash,
          opensAt: NOW + DAY,
          closesAt: NOW + DAY + HOUR,
        },
        { ...question, no: 1 },
        { mode: 'open', attempts: 0 },
      );
      await giveAnswer(db, review.id, { memberId: pupil, question: 1, value: 'C', at: NOW + DAY + 1 });
      expect((await rekey(db, 1, ['C'])).windows).toHaveLength(2);
      expect(await markOf(review.id)).toEqual([1]);
      await expectAllFollows(db, [pupil]);
    });

    it('marks by the new key what is answered while it is put right', async () => {
      const { db } = test;
      await addItems(db, [single('放哪里', '同时')], 'cli', NOW);
      const windows = [await ask('同时'), await ask('同时', NOW + 1), await ask('同时', NOW + 2)];
      const pupils = [pupil];
      for (const name of ['乙', '丙', '丁']) pupils.push(await addPupil(db, name, NOW));
      const said = windows.flatMap((window) =>
        pupils.map(
          (memberId) => () => giveAnswer(db, window.id, { memberId, question: 2, value: 'A', at: NOW + 10 }),
        ),
      );
      await Promise.all([
        ...said.slice(0, 5).map((say) => say()),
        rekey(db, 1, ['A'], { mayGrow: true }),
        ...said.slice(5).map((say) => say()),
      ]);
      const marks = await db.selectFrom('answer').select('correct').execute();
      expect(marks.map(({ correct }) => correct)).toEqual(said.map(() => 1));
      await expectAllFollows(db, pupils);
    });

    it('lets only one of two who edit the same version through, and says why', async () => {
      const { db } = test;
      await addItems(db, [single('放哪里', '争'), single('放这里', '争')], 'cli', NOW);
      const item = await getItem(db, 1);
      const edit = (key: string) => ({ no: 1, version: 1, to: { ...item, key: [key] }, reworded: false });
      await applyBankEdit(db, edit('A'), BY, { zone: ZONE, now: NOW });
      await expect(applyBankEdit(db, edit('C'), BY, { zone: ZONE, now: NOW })).rejects.toThrow(
        /刚刚被别人改过/,
      );
      await expect(
        applyBankEdit(db, { ...edit('X'), version: 2 }, BY, { zone: ZONE, now: NOW }),
      ).rejects.toThrow(/不存在的选项/);
      const twin = { ...edit('B'), version: 2, to: { ...item, stem: '放这里' } };
      await expect(applyBankEdit(db, twin, BY, { zone: ZONE, now: NOW })).rejects.toThrow(/第 2 题一模一样/);
      expect((await getItem(db, 1)).key).toEqual(['A']);
    });
  });
});
