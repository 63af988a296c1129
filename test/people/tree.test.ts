import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Db } from '../../src/db/open.ts';
import { readUnitCounts } from '../../src/digest/unit-counts.ts';
import {
  addMember,
  changeMember,
  getMemberByName,
  leaveRoster,
  listMembers,
} from '../../src/people/members.ts';
import { recordSeenGroup } from '../../src/people/groups.ts';
import { looksLikeIdCard, readNumber } from '../../src/people/number.ts';
import { lineageIn, makeTree, pathIn, subtreeIn, walkTree } from '../../src/people/tree.ts';
import {
  addUnit,
  assignGroup,
  closeUnit,
  getUnitByName,
  kindInName,
  lineageOf,
  listUnits,
  moveUnit,
  renameUnit,
} from '../../src/people/units.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const BY = { who: 'test' };

describe('a tree', () => {
  /** Any parents, also loops and parents that aren't there. */
  const nodes = fc.array(fc.option(fc.nat(12), { nil: null }), { maxLength: 10 }).map((parents) =>
    parents.map((parent, index) => ({
      id: `u${index}`,
      name: `单位${index}`,
      parent_id: parent === null ? null : `u${parent}`,
    })),
  );

  it('has everybody above exactly those who have it below, and ends on a loop', () => {
    fc.assert(
      fc.property(nodes, (all) => {
        const tree = makeTree(all);
        for (const above of all)
          for (const below of all)
            expect(subtreeIn(tree, [above.id]).has(below.id)).toBe(
              lineageIn(tree, below.id).includes(above.id),
            );
        for (const { node } of walkTree(tree)) expect(pathIn(tree, node.id).endsWith(node.name)).toBe(true);
      }),
    );
  });

  it.each([
    ['花茶协会党支部', '党支部'],
    ['两新工委', '党工委'],
    ['校椅镇党委', '党委'],
    ['中共横州市委员会', '党支部'],
    ['电商党总支', '党总支'],
    ['第一党小组', '党小组'],
    ['第三支部', '党支部'],
  ])('reads from the name %s that it is a %s', (name, kind) => expect(kindInName(name)).toBe(kind));
});

describe('a number', () => {
  it.each([
    '45012719900101123X',
    '450127900101123',
    '450127 1990 0101 1234',
    '４５０１２７１９９００１０１１２３４',
  ])('that looks like an identity card’s is refused and not repeated: %s', (text) => {
    expect(looksLikeIdCard(text)).toBe(true);
    expect(() => readNumber(text)).toThrow(/identity card/);
    try {
      readNumber(text);
    } catch (error) {
      expect(String(error)).not.toMatch(/\d{4}/);
    }
  });
  it.each([
    ['a1023', 'A1023'],
    [' Ａ１０２３ ', 'A1023'],
    ['花茶-007', '花茶-007'],
    ['1234567890123456', '1234567890123456'],
  ])('%s is kept as %s', (text, kept) => expect(readNumber(text)).toBe(kept));
});

describe.each(DIALECTS)('the tree on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
  });
  afterEach(async () => {
    await close();
  });

  const unit = (name: string) => getUnitByName(db, name);
  async function build() {
    const top = await addUnit(db, { name: '两新工委' }, BY, 1);
    const north = await addUnit(db, { name: '北片党总支', parentId: top.id }, BY, 2);
    const south = await addUnit(db, { name: '南片党总支', parentId: top.id }, BY, 3);
    const tea = await addUnit(db, { name: '花茶党支部', parentId: north.id }, BY, 4);
    await addUnit(db, { name: '第一党小组', parentId: tea.id }, BY, 5);
    const shop = await addUnit(db, { name: '村淘党支部', parentId: south.id }, BY, 6);
    await addUnit(db, { name: '第一党小组', parentId: shop.id }, BY, 7);
    return { top, north, south, tea, shop };
  }

  it('is of any depth, printed from the top, found by name or path', async () => {
    const { top, north, tea } = await build();
    expect((await listUnits(db)).map(({ path, depth, kind }) => [path, depth, kind])).toEqual([
      ['两新工委', 0, '党工委'],
      ['两新工委/北片党总支', 1, '党总支'],
      ['两新工委/北片党总支/花茶党支部', 2, '党支部'],
      ['两新工委/北片党总支/花茶党支部/第一党小组', 3, '党小组'],
      ['两新工委/南片党总支', 1, '党总支'],
      ['两新工委/南片党总支/村淘党支部', 2, '党支部'],
      ['两新工委/南片党总支/村淘党支部/第一党小组', 3, '党小组'],
    ]);
    await expect(unit('第一党小组')).rejects.toThrow(/ambiguous: name one of .*花茶党支部.*村淘党支部/);
    expect((await unit('花茶党支部/第一党小组')).kind).toBe('党小组');
    await expect(unit('不在支部')).rejects.toThrow(/no unit/);
    expect(await lineageOf(db, tea.id)).toEqual([tea.id, north.id, top.id]);
  });

  it('refuses what can not be: loops, namesakes beside each other, units in the wrong place', async () => {
    const { top, north, tea } = await build();
    await expect(moveUnit(db, top, tea.id, '2026-01-01', BY, 9)).rejects.toThrow(/below itself/);
    await expect(addUnit(db, { name: '花茶党支部', parentId: north.id }, BY, 9)).rejects.toThrow(/already/);
    await expect(addUnit(db, { name: '乙党委', parentId: tea.id }, BY, 9)).rejects.toThrow(/only be 党小组/);
    await expect(addUnit(db, { name: '甲/乙' }, BY, 9)).rejects.toThrow(/no "\/"/);
    await expect(addUnit(db, { name: '甲', kind: '科室' }, BY, 9)).rejects.toThrow(/kind is one of/);
    await expect(closeUnit(db, tea, '2026-01-01', BY, 9)).rejects.toThrow(/units below: 1/);
  });

  it('closes what is empty; a closed unit is found no more', async () => {
    const { tea } = await build();
    await closeUnit(db, await unit('花茶党支部/第一党小组'), '2026-02-01', BY, 9);
    await closeUnit(db, tea, '2026-02-01', BY, 10);
    await expect(unit('花茶党支部')).rejects.toThrow(/no unit/);
    await renameUnit(db, await unit('村淘党支部'), '村播党支部', BY, 11);
    expect((await unit('村播党支部')).kind).toBe('党支部');
  });

  it('leaves the figures of last quarter as they were after members and branches have moved', async () => {
    const { north, south, tea, shop } = await build();
    const day = async (memberId: string, date: string, answers: number, groupId: string) =>
      await db
        .insertInto('rollup_member_day')
        .values({ group_id: groupId, day: date, member_id: memberId, answers, correct: answers, checkins: 1 })
        .execute();
    const group = await recordSeenGroup(db, { account: 'x', roomId: 'r@x', topic: '群' }, 1);
    const ann = await addMember(db, { name: '黄秀兰', unit: '花茶党支部', day: '2026-01-05' }, BY, 1);
    const bob = await addMember(db, { name: '韦国强', unit: '村淘党支部', day: '2026-01-05' }, BY, 1);
    await day(ann.id, '2026-02-01', 2, group.id);
    await day(ann.id, '2026-04-10', 3, group.id);
    await day(bob.id, '2026-03-31', 5, group.id);
    await day(bob.id, '2026-04-01', 7, group.id);
    const countsOf = async (from: string, to: string) => (await readUnitCounts(db, { from, to })).counts;
    const quarter = () => countsOf('2026-01-01', '2026-03-31');
    const before = await quarter();
    expect(before.get(tea.id)).toMatchObject({ base: 1, learned: 1, answers: 2 });
    expect(before.get(south.id)).toMatchObject({ base: 1, learned: 1, answers: 5, checkins: 1 });

    // Ann goes to the shops' branch in April, that branch to the north in May, Bob leaves; a newcomer comes.
    await changeMember(db, await getMemberByName(db, ann.id), { unitId: shop.id }, '2026-04-10', BY, 20);
    await moveUnit(db, shop, north.id, '2026-05-01', BY, 21);
    await leaveRoster(db, bob.id, 'transferred', '2026-05-02', BY, 22);
    await addMember(db, { name: '覃小燕', unit: '花茶党支部', day: '2026-05-03' }, BY, 23);
    expect(await quarter()).toEqual(before);

    const since = await countsOf('2026-04-01', '2026-05-31');
    expect(since.get(shop.id)).toMatchObject({ base: 2, learned: 2, answers: 10 });
    expect(since.get(south.id)).toMatchObject({ base: 2, learned: 2, answers: 10 });
    expect(since.get(north.id)).toMatchObject({ base: 3, learned: 0, answers: 0 });
    expect(since.get(tea.id)).toMatchObject({ base: 2, learned: 0 });

    await expect(
      changeMember(db, await getMemberByName(db, ann.id), { unitId: tea.id }, '2026-02-01', BY, 24),
    ).rejects.toThrow(/2026-04-10 already/);
    expect((await listMembers(db)).map(({ name }) => name).toSorted()).toEqual(['覃小燕', '黄秀兰']);
    expect((await listMembers(db, { left: true })).map(({ name }) => name)).toEqual(['韦国强']);
  });

  it('gives groups to units, dated; the first unit holds from the beginning', async () => {
    const { tea, shop } = await build();
    const group = await recordSeenGroup(db, { account: 'x', roomId: 'r@x', topic: '群' }, 1);
    await assignGroup(db, group, tea.id, '2026-03-01', BY, 2);
    await assignGroup(db, { id: group.id, unit_id: tea.id }, shop.id, '2026-04-01', BY, 3);
    const spans = await db
      .selectFrom('group_place')
      .select(['unit_id', 'from_day', 'to_day'])
      .orderBy('from_day')
      .execute();
    expect(spans).toEqual([
      { unit_id: tea.id, from_day: '0000-01-01', to_day: '2026-04-01' },
      { unit_id: shop.id, from_day: '2026-04-01', to_day: null },
    ]);
    expect((await listUnits(db)).find(({ id }) => id === shop.id)?.groups).toEqual([group.key]);
    const trail = await db.selectFrom('audit').select('what').where('subject', '=', group.id).execute();
    expect(trail.map(({ what }) => what)).toEqual(['group.unit', 'group.unit']);
  });

  it('keeps members apart by number', async () => {
    await build();
    const first = await addMember(db, { name: '黄秀兰', unit: '花茶党支部', number: 'a1' }, BY, 1);
    await expect(addMember(db, { name: '韦国强', number: 'A1' }, BY, 2)).rejects.toThrow(/somebody else/);
    await addMember(db, { name: '黄秀兰', unit: '村淘党支部', number: 'A2' }, BY, 3);
    await expect(getMemberByName(db, '黄秀兰')).rejects.toThrow(/name one of A1, A2/);
    expect((await getMemberByName(db, 'A1')).id).toBe(first.id);
  });

  it('never changes or deletes an audit row', async () => {
    await build();
    await expect(db.deleteFrom('audit').execute()).rejects.toThrow(/never deleted/);
    await expect(db.updateTable('audit').set({ who: 'x' }).execute()).rejects.toThrow(/never changed/);
    await expect(db.updateTable('audit').set({ after: '{}' }).execute()).rejects.toThrow(/never changed/);
    await db.updateTable('audit').set({ after: '"erased"' }).execute();
  });
});
