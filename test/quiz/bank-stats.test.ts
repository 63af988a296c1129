/** The bank as it is looked up, and how good its questions are over all quizzes that drew them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR } from '../../src/clock.ts';
import { listAudit } from '../../src/db/audit.ts';
import { applyBankEdit } from '../../src/digest/rekey-bank.ts';
import { setPolicy } from '../../src/people/policies.ts';
import {
  addItems,
  approveItem,
  countItems,
  countToApprove,
  drawQuestions,
  getItem,
  listItemVersions,
  listTags,
  type NewItem,
  readLooks,
  restoreItem,
  retireItem,
  searchItems,
  terminalBy,
} from '../../src/quiz/bank.ts';
import { listBankStats, listItemStats } from '../../src/quiz/item-responses.ts';
import { dropUpload, forgetUploads, getUpload, keepUpload } from '../../src/people/uploads.ts';
import { addPupil, drawingLesson, giveAnswer, openDrawn, ZONE } from '../support/bank.ts';
import { DIALECTS, openTestDb, type TestDb } from '../support/databases.ts';

const NOW = Date.parse('2026-11-24T20:00:00+08:00');
const BY = { who: 'cli', via: 'cli', isTrusted: true };
const item = (stem: string, tags: readonly string[], more: Partial<NewItem> = {}): NewItem => ({
  type: 'single',
  stem,
  options: ['甲', '乙', '丙'],
  key: ['B'],
  explanation: '',
  tags,
  source: 'test',
  ...more,
});

describe.each(DIALECTS)('the bank as it is looked up on %s', (dialect) => {
  let test: TestDb;
  beforeEach(async () => {
    test = await openTestDb(dialect);
  });
  afterEach(async () => await test.close());

  it('finds by words in any case, by tag and state, in pages', async () => {
    const { db } = test;
    await addItems(
      db,
      [item('茉莉 Tea 100%', ['茶']), item('拍照_一', ['照', '茶']), item('拍照!二', ['照'])],
      'cli',
      1,
    );
    await addItems(db, [item('等人看', ['新'])], { who: 'm', via: 'console', isTrusted: false }, 2);
    await retireItem(db, 3, 'cli', 3);
    const numbers = async (query: Partial<Parameters<typeof searchItems>[1]>) =>
      (await searchItems(db, { limit: 10, ...query })).map(({ no }) => no);
    expect(await numbers({})).toEqual([4, 2, 1]);
    expect(await numbers({ text: 'TEA' })).toEqual([1]);
    expect(await numbers({ text: '0%' })).toEqual([1]);
    expect(await numbers({ text: '_' })).toEqual([2]);
    expect(await numbers({ text: '丙', tag: '茶' })).toEqual([2, 1]);
    expect(await numbers({ state: 'waiting' })).toEqual([4]);
    expect(await numbers({ state: 'retired' })).toEqual([3]);
    expect(await numbers({ before: 4, limit: 1 })).toEqual([2]);
    expect(await countItems(db)).toEqual({ all: 3, waiting: 1 });
    expect(await listTags(db, 2)).toEqual([
      { tag: '茶', count: 2 },
      { tag: '新', count: 1 },
    ]);
    await expect(
      approveItem(db, { no: 4, version: 1 }, { who: 'm', via: '', isTrusted: false }, 4),
    ).rejects.toThrow(/自己写的/);
    await expect(
      approveItem(db, { no: 4, version: 2 }, { who: 'n', via: '', isTrusted: false }, 4),
    ).rejects.toThrow(/刚刚改过/);
    expect(
      await approveItem(db, { no: 4, version: 1 }, { who: 'n', via: '', isTrusted: false }, 4),
    ).toMatchObject({
      isApproved: true,
    });
    expect(await restoreItem(db, 3, 'cli', 5)).toBe(true);
    expect(await restoreItem(db, 3, 'cli', 5)).toBe(false);
    await expect(getItem(db, 99)).rejects.toThrow(/没有找到这个题/);
  });

  it('lets one be drawn by as many looks as are asked for, each of another person at the words of now', async () => {
    const { db } = test;
    const by = (who: string) => ({ who, via: 'console', isTrusted: false });
    await setPolicy(db, 'reviewers', '2', {}, 'test', 1);
    await addItems(db, [item('一', ['甲']), item('二', ['甲'])], by('m'), 1);
    const look = (who: string, version = 1) => approveItem(db, { no: 1, version }, by(who), 2);
    const isDrawn = async () => (await drawQuestions(db, [{ tag: '甲', count: 9 }], 'x', 1)).length === 1;
    for (const who of ['n', 'n']) expect(await look(who)).toMatchObject({ isApproved: false, missing: 1 });
    await expect(look('m')).rejects.toThrow(/自己写的/);
    expect(await isDrawn()).toBe(false);
    // What one has looked at, and what one wrote, doesn't wait for one any more.
    expect([await countToApprove(db, 'n'), await countToApprove(db, 'o')]).toEqual([1, 2]);
    expect(await readLooks(db, await getItem(db, 1))).toEqual({ approvers: ['n'], missing: 1 });
    expect(await look('o')).toMatchObject({ isApproved: true, missing: 0 });
    expect(await isDrawn()).toBe(true);
    // Other words: nobody has looked at them, and who looked at the old ones may.
    const first = await getItem(db, 1);
    const edit = { no: 1, version: 1, to: { ...first, stem: '三' }, reworded: false };
    await applyBankEdit(db, edit, by('o'), { zone: ZONE, now: 3 });
    expect(await isDrawn()).toBe(false);
    await expect(look('n')).rejects.toThrow(/刚刚改过/);
    await expect(look('o', 2)).rejects.toThrow(/自己写的/);
    // The terminal's look is one person's.
    const operator = () => approveItem(db, { no: 1, version: 2 }, terminalBy('cli'), 4);
    expect(await operator()).toMatchObject({ isApproved: false, missing: 1 });
    // Fewer asked for since: it is drawn with the next press, whoever's.
    await setPolicy(db, 'reviewers', '1', {}, 'test', 5);
    expect(await operator()).toMatchObject({ isApproved: true, missing: 0 });
    const { id } = await getItem(db, 1);
    const looks = (await listAudit(db, id)).filter(({ what }) => what === 'bank.approve');
    expect(looks.map(({ who, via, after }) => [who, via, JSON.parse(after ?? '')])).toEqual([
      ['n', 'console', { version: 1, missing: 1 }],
      ['n', 'console', { version: 1, missing: 1 }],
      ['o', 'console', { version: 1, missing: 0 }],
      ['cli', 'cli', { version: 2, missing: 1 }],
      ['cli', 'cli', { version: 2, missing: 0 }],
    ]);
  });

  it('counts both of two who look at the same moment', async () => {
    const { db } = test;
    await setPolicy(db, 'reviewers', '2', {}, 'test', 1);
    await addItems(db, [item('一', ['甲'])], { who: 'm', via: 'console', isTrusted: false }, 1);
    const looked = await Promise.all(
      ['n', 'o'].map((who) =>
        approveItem(db, { no: 1, version: 1 }, { who, via: 'console', isTrusted: false }, 2),
      ),
    );
    expect(looked.map(({ missing }) => missing).toSorted((a, b) => a - b)).toEqual([0, 1]);
    expect((await getItem(db, 1)).isApproved).toBe(true);
  });

  it('keeps all that a question has been, with its tags', async () => {
    const { db } = test;
    await addItems(db, [item('一', ['甲', '乙'])], 'cli', 1);
    const first = await getItem(db, 1);
    await applyBankEdit(
      db,
      { no: 1, version: 1, to: { ...first, stem: '二', tags: ['丙'] }, reworded: false },
      { who: 'm', via: 'console', isTrusted: false },
      { zone: ZONE, now: 2 },
    );
    expect(await getItem(db, 1)).toMatchObject({
      stem: '二',
      tags: ['丙'],
      version: 2,
      isApproved: false,
      writtenBy: 'm',
    });
    expect(
      (await listItemVersions(db, first.id)).map(({ stem, tags, writtenBy }) => [stem, tags, writtenBy]),
    ).toEqual([
      ['二', ['丙'], 'm'],
      ['一', ['甲', '乙'], 'cli'],
    ]);
  });

  it('counts each question over its quizzes as counting by hand does, within groups and days', async () => {
    const { db } = test;
    await addItems(db, [item('一', ['茶']), item('二', ['茶'], { key: ['A'] })], 'cli', 1);
    const windows = [];
    for (const [at, no] of [0, DAY, 2 * DAY].entries())
      windows.push(await openDrawn(db, { source: drawingLesson(`q${at}`, '茶', 2), opensAt: NOW + no }));
    const pupils = [];
    for (let no = 0; no < 12; no += 1) pupils.push(await addPupil(db, `人${no}`, NOW));
    const given: { window: number; question: number; value: string }[] = [];
    for (const [index, window] of windows.entries())
      for (const [no, memberId] of pupils.entries())
        for (const question of [2, 3]) {
          const value = 'ABC'[(no * (index + 1) + question) % 3] ?? 'A';
          given.push({ window: index, question, value });
          await giveAnswer(db, window.id, { memberId, question, value, at: window.opens_at + no });
        }
    const stems = windows.map((window) =>
      Object.fromEntries(
        (JSON.parse(window.drawn ?? '[]') as { no: number; stem: string }[]).map(({ no, stem }) => [
          no,
          stem,
        ]),
      ),
    );
    const byHand = (stem: string, of: readonly number[]) => {
      const own = given.filter(
        ({ window, question }) => of.includes(window) && stems[window]?.[question] === stem,
      );
      const right = own.filter(({ value }) => value === (stem === '一' ? 'B' : 'A')).length;
      const count = (letter: string) => own.filter(({ value }) => value === letter).length;
      return {
        answers: own.length,
        facility: right / own.length,
        chosen: Object.fromEntries(
          ['A', 'B', 'C'].filter((one) => count(one) > 0).map((one) => [one, count(one)]),
        ),
      };
    };
    const all = await listBankStats(db);
    expect(all.map(({ item: { no }, asked }) => [no, asked.length])).toEqual([
      [1, 3],
      [2, 3],
    ]);
    for (const { item: of, stats } of all) {
      const { answers, facility, chosen } = byHand(of.stem, [0, 1, 2]);
      expect(stats).toMatchObject({ answers, chosen });
      expect(stats.facility).toBeCloseTo(facility, 10);
    }
    const [middle] = await listBankStats(db, { from: NOW + HOUR, to: NOW + DAY + HOUR }, 1);
    expect(middle?.stats).toMatchObject({ answers: 12, chosen: byHand('一', [1]).chosen });
    const [own] = await listBankStats(db, { groupIds: [windows[2]?.group_id ?? ''] }, 2);
    expect(own?.stats).toMatchObject({ answers: 12, chosen: byHand('二', [2]).chosen });
    expect(await listBankStats(db, { groupIds: [] })).toEqual([]);
    // The lessons' own questions, within the same.
    expect((await listItemStats(db)).map(({ windows: asked }) => asked.length)).toEqual([1, 1, 1]);
    expect(await listItemStats(db, undefined, { from: NOW + HOUR, to: NOW + DAY + HOUR })).toHaveLength(1);
    expect(await listItemStats(db, undefined, { groupIds: [] })).toEqual([]);

    // In the letters that it has now, and by the key that holds now.
    const before = byHand('一', [0, 1, 2]);
    const first = await getItem(db, 1);
    await applyBankEdit(
      db,
      { no: 1, version: 1, to: { ...first, options: ['丙', '乙', '甲'], key: ['A'] }, reworded: false },
      BY,
      { zone: ZONE, now: NOW + 3 * DAY },
    );
    const [turned] = await listBankStats(db, {}, 1);
    expect(turned?.stats.chosen).toEqual({ A: before.chosen.C, B: before.chosen.B, C: before.chosen.A });
    expect(turned?.stats.facility).toBeCloseTo((before.chosen.C ?? 0) / before.answers, 10);
  });
});

describe.each(DIALECTS)('uploads on %s', (dialect) => {
  let test: TestDb;
  beforeEach(async () => {
    test = await openTestDb(dialect);
  });
  afterEach(async () => await test.close());

  it('come back as they were, to their owner, for a day', async () => {
    const { db } = test;
    const bytes = Uint8Array.from({ length: 1_000 }, (_, at) => at % 256);
    const upload = { kind: 'roster', name: '名册 "x".xlsx', bytes, options: { partial: true } } as const;
    const id = await keepUpload(db, upload, 'ann', NOW);
    const get = (owner: string, at: number, kind: 'roster' | 'bank' = 'roster') =>
      getUpload(db, { id, kind, owner }, at);
    const found = await get('ann', NOW + DAY - 1);
    expect(found).toMatchObject({ kind: 'roster', name: upload.name, options: upload.options });
    expect(new Uint8Array(found.bytes)).toEqual(bytes);
    await expect(get('bob', NOW)).rejects.toThrow(/重新选文件/);
    await expect(get('ann', NOW, 'bank')).rejects.toThrow(/重新选文件/);
    await expect(get('ann', NOW + DAY)).rejects.toThrow(/重新选文件/);
    await forgetUploads(db, NOW + DAY);
    expect(await db.selectFrom('upload').select('id').execute()).toEqual([]);
    const again = await keepUpload(db, upload, 'ann', NOW);
    await dropUpload(db, again);
    await expect(getUpload(db, { id: again, kind: 'roster', owner: 'ann' }, NOW)).rejects.toThrow(/已经收过/);
  });
});
