/** Who approves what, for which text, and when that is void. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { listAudit } from '../../src/db/audit.ts';
import type { Db } from '../../src/db/open.ts';
import { hashOfNotice, standingOf, type Vote } from '../../src/lessons/review-rules.ts';
import {
  approveItem,
  getItem,
  listItems,
  listReviewable,
  returnItem,
  reviseItem,
  submitItem,
  withdrawItem,
  writeItem,
} from '../../src/lessons/review.ts';
import { findHead, recordCatalogue } from '../../src/lessons/revisions.ts';
import { listWritten, withWritten } from '../../src/lessons/written.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { type Actor, TERMINAL } from '../../src/people/scope.ts';
import { buildCounty, type County } from '../support/county.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

describe('what an approval is', () => {
  const text = { hash: 'h', round: 1, writers: ['author', 'editor'] };
  const yes = (voter: string, more: Partial<Vote> = {}): Vote => ({
    hash: 'h',
    round: 1,
    voter,
    verdict: 'approve',
    ...more,
  });

  it.each<[name: string, votes: Vote[], needed: number, missing: number]>([
    ['nobody', [], 1, 1],
    ['nobody has to', [], 0, 0],
    ['somebody else', [yes('ann')], 1, 0],
    ['the author', [yes('author')], 1, 1],
    ['whoever wrote this text', [yes('editor')], 1, 1],
    ['one person twice', [yes('ann'), yes('ann')], 2, 1],
    ['two people', [yes('ann'), yes('bob')], 2, 0],
    ['somebody, of another text', [yes('ann', { hash: 'x' })], 1, 1],
    ['somebody, before it was handed in again', [yes('ann', { round: 0 })], 1, 1],
    ['somebody who returned it', [yes('ann', { verdict: 'return' })], 1, 1],
  ])('%s', (_name, votes, needed, missing) => {
    expect(standingOf(text, votes, needed).missing).toBe(missing);
  });

  it('counts only others, this text and this round, whatever votes there are', () => {
    const vote = fc.record({
      hash: fc.constantFrom('h', 'x'),
      round: fc.integer({ min: 0, max: 2 }),
      voter: fc.constantFrom('author', 'editor', 'ann', 'bob', 'eva'),
      verdict: fc.constantFrom('approve' as const, 'return' as const),
    });
    fc.assert(
      fc.property(fc.array(vote), fc.integer({ min: 0, max: 3 }), (votes, needed) => {
        const { approvers, missing } = standingOf(text, votes, needed);
        for (const voter of approvers) {
          expect(text.writers).not.toContain(voter);
          expect(votes).toContainEqual({ hash: 'h', round: 1, voter, verdict: 'approve' });
        }
        expect(new Set(approvers).size).toBe(approvers.length);
        expect(missing).toBe(Math.max(0, needed - approvers.length));
      }),
    );
  });

  it('pins a notice with its groups, in whatever order', () => {
    expect(hashOfNotice('开会', ['a', 'b'])).toBe(hashOfNotice('开会', ['b', 'a', 'a']));
    expect(hashOfNotice('开会', ['a'])).not.toBe(hashOfNotice('开会', ['a', 'b']));
    expect(hashOfNotice('开会', ['a'])).not.toBe(hashOfNotice('开 会', ['a']));
  });
});

const LESSON = '夏天怎么存花茶\n\n放冰箱要密封。\n\n## 小测\n\n1. 放冰箱要密封。\n\n   答案：对\n';

describe.each(DIALECTS)('review on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let county: County;
  let author: Actor;
  let deputy: Actor;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    county = await buildCounty(db);
    author = await county.own.secretary.actor();
    deputy = await county.own.deputy.actor();
  });
  afterEach(async () => {
    await close();
  });

  const write = async (body = LESSON, kind: 'lesson' | 'notice' = 'lesson') => {
    const groupIds = kind === 'notice' ? [county.own.group.id] : [];
    const item = await writeItem(db, { kind, body, unitId: county.own.branch.id, groupIds }, author, 10);
    return await submitItem(db, item.no, author, 11);
  };
  const headOf = async (lessonId: string | null) => await findHead(db, lessonId ?? '');

  it('approves a lesson by somebody else’s word, and only then it can be sent', async () => {
    const item = await write();
    expect(item).toMatchObject({ state: 'submitted', title: '夏天怎么存花茶', lesson_id: 'w1' });
    expect(await headOf('w1')).toBeUndefined();
    expect(await listWritten(db)).toEqual([]);
    await expect(approveItem(db, item.no, author, 12)).rejects.toThrow(/你自己写的/);
    const { item: approved } = await approveItem(db, item.no, deputy, 13);
    expect(approved.state).toBe('approved');
    expect(await headOf('w1')).toMatchObject({ hash: item.hash, withdrawn_at: null });
    const [lesson] = await listWritten(db);
    expect(lesson).toMatchObject({ id: 'w1', title: '夏天怎么存花茶', author: '甲书记' });
    expect(lesson?.questions).toHaveLength(1);
    const trail = await listAudit(db, item.id);
    expect(trail.map(({ what, who }) => `${what} ${who}`)).toEqual([
      `review.write ${author.who}`,
      `review.submit ${author.who}`,
      `review.approve ${deputy.who}`,
      `review.approved ${deputy.who}`,
    ]);
    expect(trail.map(({ via }) => via)).toEqual([author.via, author.via, deputy.via, deputy.via]);
    expect(deputy.via).toBe('chat');
  });

  it('takes two who approve at once one after the other', async () => {
    await setPolicy(db, 'reviewers', '2', {}, 'cli', 1);
    const item = await write();
    const reviewers = [deputy, await county.chief.actor()];
    await Promise.all(reviewers.map(async (one) => await approveItem(db, item.no, one, 12)));
    expect((await getItem(db, item.no, author)).state).toBe('approved');
    expect(await headOf('w1')).toMatchObject({ hash: item.hash });
  });

  it('is void after a change, until the new text is approved', async () => {
    const item = await write();
    await approveItem(db, item.no, deputy, 12);
    const changed = await reviseItem(db, item.no, { body: LESSON.replace('密封', '包好') }, author, 13);
    expect(changed).toMatchObject({ state: 'draft' });
    expect(await headOf('w1')).toMatchObject({ withdrawn_at: 13, why: expect.stringMatching(/改过/) as string });
    expect(await listWritten(db)).toEqual([]);
    await submitItem(db, item.no, author, 14);
    expect((await getItem(db, item.no, author)).state).toBe('submitted');
    await approveItem(db, item.no, deputy, 15);
    expect(await headOf('w1')).toMatchObject({ hash: changed.hash, withdrawn_at: null, why: null });

    // Back to a text that was approved once: that was another round.
    await reviseItem(db, item.no, { body: LESSON }, author, 16);
    expect(await submitItem(db, item.no, author, 16)).toMatchObject({ state: 'submitted', hash: item.hash });
    expect(await listWritten(db)).toEqual([]);
  });

  it('needs as many as the unit’s policy says, inherited from above', async () => {
    await setPolicy(db, 'reviewers', '2', { unitId: county.own.department.id }, 'test', 5);
    const item = await write();
    const { standing } = await approveItem(db, item.no, deputy, 12);
    expect(standing.missing).toBe(1);
    await approveItem(db, item.no, deputy, 12);
    expect((await getItem(db, item.no, author)).state).toBe('submitted');
    const { item: approved } = await approveItem(db, item.no, await county.own.head.actor(), 13);
    expect(approved.state).toBe('approved');

    await setPolicy(db, 'reviewers', '0', { unitId: county.own.branch.id }, 'test', 14);
    const free = await write(LESSON.replace('夏天', '冬天'));
    expect(free.state).toBe('approved');
    expect((await listAudit(db, free.id)).at(-1)).toMatchObject({ what: 'review.approved', who: author.who });
  });

  it('starts anew after it was returned', async () => {
    await setPolicy(db, 'reviewers', '2', {}, 'test', 5);
    const item = await write();
    await approveItem(db, item.no, deputy, 12);
    const back = await returnItem(db, item.no, '第二题不清楚', await county.own.head.actor(), 13);
    expect(back).toMatchObject({ state: 'returned', reason: '第二题不清楚' });
    await submitItem(db, item.no, author, 14);
    const { standing } = await approveItem(db, item.no, await county.own.head.actor(), 15);
    expect(standing.missing).toBe(1);
  });

  it('approves only what was shown', async () => {
    const item = await write();
    await reviseItem(db, item.no, { body: LESSON.replace('密封', '包好') }, author, 12);
    await submitItem(db, item.no, author, 13);
    await expect(approveItem(db, item.no, deputy, 14, item.hash)).rejects.toThrow(/刚刚改过/);
  });

  it('takes back what its author takes back', async () => {
    const item = await write();
    await approveItem(db, item.no, deputy, 12);
    await withdrawItem(db, item.no, author, 13);
    expect(await headOf('w1')).toMatchObject({ withdrawn_at: 13 });
    await expect(approveItem(db, item.no, deputy, 14)).rejects.toThrow(/已撤回/);
  });

  it('is seen and decided within its scope; elsewhere it is not there', async () => {
    const item = await write();
    const seen = async (actor: Actor) => (await listReviewable(db, actor)).map(({ no }) => no);
    expect(await seen(author)).toEqual([]);
    expect(await seen(deputy)).toEqual([item.no]);
    expect(await seen(await county.own.head.actor())).toEqual([item.no]);
    expect(await seen(await county.chief.actor())).toEqual([item.no]);
    expect(await seen(TERMINAL)).toEqual([item.no]);
    expect(await listItems(db, author)).toHaveLength(1);
    for (const one of [county.other.secretary, county.other.head, county.own.member, county.other.member]) {
      const actor = await one.actor();
      expect(await seen(actor)).toEqual([]);
      const calls = (no: number) => [
        () => getItem(db, no, actor),
        () => approveItem(db, no, actor, 12),
        () => returnItem(db, no, '', actor, 12),
        () => reviseItem(db, no, { body: LESSON }, actor, 12),
        () => submitItem(db, no, actor, 12),
        () => withdrawItem(db, no, actor, 12),
      ];
      for (const [index, call] of calls(item.no).entries()) {
        const said = async (run: () => Promise<unknown>) =>
          await run().then(
            () => 'done',
            (error: Error) => `${error.name}: ${error.message.replace(/\d+/g, '…')}`,
          );
        expect(await said(call)).toBe(await said(calls(999)[index] ?? call));
        expect(await said(call)).toMatch(/^NotFoundError/);
      }
    }
    expect((await getItem(db, item.no, author)).state).toBe('submitted');
  });

  it('names the faults of a lesson, and keeps hostile text as text', async () => {
    const wrong = ['', '只有标题', '题\n\n## 小测\n\n1. 哪个？\n\n   - [ ] 甲\n   - [ ] 乙\n', '图\n\n![看](x.png)'];
    for (const body of wrong)
      await expect(
        writeItem(db, { kind: 'lesson', body, unitId: null }, author, 10),
        body,
      ).rejects.toThrow(/还有错|不能带图片/);
    const sly = 'x"\ncourse: 党员基础\n---\n正文\0\ud800';
    const item = await writeItem(db, { kind: 'lesson', body: sly, unitId: null }, author, 10);
    expect(item.title).toBe('x"');
    await expect(
      writeItem(db, { kind: 'notice', body: ' ', unitId: null, groupIds: ['g'] }, author, 10),
    ).rejects.toThrow(/没有内容/);
    await expect(
      writeItem(db, { kind: 'notice', body: '茶'.repeat(1001), unitId: null, groupIds: ['g'] }, author, 10),
    ).rejects.toThrow(/太长/);
  });

  it('leaves the folder’s lessons and their ids to the operator', async () => {
    const item = await write();
    await approveItem(db, item.no, deputy, 12);
    const none = { lessons: [], faults: [], byId: new Map(), sources: new Map() };
    await recordCatalogue(db, none, 'operator', 13);
    const written = await listWritten(db);
    expect(written).toHaveLength(1);
    expect(withWritten(none, written).byId.has('w1')).toBe(true);

    const [lesson] = written;
    if (!lesson) throw new Error('no lesson');
    const file = { ...lesson, id: 'cha', file: 'cha.md', hash: 'f'.repeat(64) };
    const folder = { ...none, lessons: [file], byId: new Map([['cha', file]]), sources: new Map([[file.hash, 'x']]) };
    await recordCatalogue(db, folder, 'operator', 14);
    const taken = '---\nid: cha\ntitle: 抢名字\n---\n\n正文\n';
    await expect(
      writeItem(db, { kind: 'lesson', body: taken, unitId: null }, author, 15),
    ).rejects.toThrow(/已经是别的课/);
  });
});
