/** Drafts: two who write at once lose nothing, and nobody sees another branch's. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Db } from '../../src/db/open.ts';
import {
  dropDraft,
  getDraft,
  getDraftText,
  listDrafts,
  listVersions,
  noteReview,
  restoreDraft,
  saveDraft,
  startDraft,
} from '../../src/lessons/drafts.ts';
import { approveItem, listReviewable, submitItem, writeItem } from '../../src/lessons/review.ts';
import type { Actor } from '../../src/people/scope.ts';
import { buildCounty, type County } from '../support/county.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const head = '---\nid: cha\ntitle: 花茶\n---\n\n';
const text = (...lines: string[]) => `${head}${lines.join('\n')}\n`;

describe.each(DIALECTS)('a draft on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let county: County;
  let ann: Actor;
  let bob: Actor;
  let now = 10_000;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    county = await buildCounty(db);
    ann = await county.own.secretary.actor();
    bob = await county.own.deputy.actor();
    now = 10_000;
  });
  afterEach(async () => await close());

  const start = (source = text('一', '二', '三', '四')) =>
    startDraft(db, { source, unitId: county.own.branch.id }, ann, now);
  const save = (no: number, source: string, base: number, actor: Actor, merges = true) =>
    saveDraft(db, no, { source, base, merges }, actor, (now += 1));
  const current = async (no: number) => {
    const draft = await getDraft(db, ann, no);
    return (await getDraftText(db, draft.id, draft.version))?.source;
  };

  it('takes one text after the other, and keeps all of them', async () => {
    const { no, id } = await start();
    expect(await save(no, text('一', '二', '三', '四'), 1, ann)).toMatchObject({ kind: 'same', version: 1 });
    expect(await save(no, text('壹'), 1, ann)).toMatchObject({ kind: 'saved', version: 2 });
    expect((await listVersions(db, id)).map(({ version }) => version)).toEqual([2, 1]);
    expect((await getDraftText(db, id, 1))?.source).toBe(text('一', '二', '三', '四'));
    await restoreDraft(db, no, 1, bob, now);
    expect(await current(no)).toBe(text('一', '二', '三', '四'));
  });

  it('brings together what two wrote in different places', async () => {
    const { no } = await start();
    await save(no, text('壹', '二', '三', '四'), 1, ann);
    const saved = await save(no, text('一', '二', '三', '肆'), 1, bob);
    expect(saved.kind).toBe('merged');
    expect(await current(no)).toBe(text('壹', '二', '三', '肆'));
  });

  it('keeps aside what can not be brought together, and leaves the draft as it was', async () => {
    const { no, id } = await start();
    await save(no, text('安安的'), 1, ann);
    const saved = await save(no, text('小白的'), 1, bob);
    expect(saved.kind).toBe('aside');
    expect(await current(no)).toBe(text('安安的'));
    expect((await getDraftText(db, id, saved.kept))?.source).toBe(text('小白的'));
  });

  it('does not mix while one only types, and takes what one saved oneself for no other word', async () => {
    const { no } = await start();
    await save(no, text('壹', '二', '三', '四'), 1, ann, false);
    expect((await save(no, text('一', '二', '三', '肆'), 1, bob, false)).kind).toBe('aside');
    expect((await save(no, text('壹壹', '二', '三', '四'), 1, ann, false)).kind).toBe('saved');
    expect(await current(no)).toBe(text('壹壹', '二', '三', '四'));
  });

  it('loses neither of two who save at the same moment', async () => {
    const { no, id } = await start();
    const saved = await Promise.all([
      save(no, text('壹', '二', '三', '四'), 1, ann),
      save(no, text('一', '二', '三', '肆'), 1, bob),
    ]);
    expect(saved.map(({ kind }) => kind).toSorted()).toEqual(['merged', 'saved']);
    expect(await current(no)).toBe(text('壹', '二', '三', '肆'));
    expect((await listVersions(db, id)).length).toBe(4);
  });

  it('is not there for another branch, and as if nobody had written it', async () => {
    const { no } = await start();
    const other = await county.other.secretary.actor();
    const words = async (wanted: number) =>
      await getDraft(db, other, wanted).catch((error: Error) => error.message.replace(String(wanted), 'N'));
    expect(await words(no)).toBe(await words(999));
    await expect(save(no, text('改'), 1, other)).rejects.toThrow('没有找到');
    await expect(dropDraft(db, no, true, other, now)).rejects.toThrow('没有找到');
    expect(await listDrafts(db, other)).toEqual([]);
    expect((await listDrafts(db, bob)).map((one) => one.no)).toEqual([no]);
  });

  it('can be put away and back', async () => {
    const { no } = await start();
    await dropDraft(db, no, true, ann, now);
    expect(await listDrafts(db, ann)).toEqual([]);
    await dropDraft(db, no, false, ann, now);
    expect(await current(no)).toBe(text('一', '二', '三', '四'));
  });

  it('keeps everybody who had a hand in it from approving it', async () => {
    const { no, id } = await start();
    await save(no, text('壹', '二', '三', '四'), 1, bob);
    const source = text('安安最后改的');
    await save(no, source, 2, ann);
    const item = await writeItem(db, { kind: 'lesson', body: source, unitId: county.own.branch.id }, ann, now);
    await noteReview(db, id, item.no);
    await submitItem(db, item.no, ann, now);
    expect(await listReviewable(db, bob)).toEqual([]);
    await expect(approveItem(db, item.no, bob, now)).rejects.toThrow('要别人来审');
    const chief = await county.own.head.actor();
    expect((await approveItem(db, item.no, chief, now)).item.state).toBe('approved');
  });
});
