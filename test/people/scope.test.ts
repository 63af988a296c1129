import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Db } from '../../src/db/open.ts';
import type { RoleName } from '../../src/db/tables.ts';
import { recordSeenGroup } from '../../src/people/groups.ts';
import { bindIdentity } from '../../src/people/identities.ts';
import { addMember, leaveRoster, memberOf } from '../../src/people/members.ts';
import { grantRole, listDeciders, listRoles, readRole, revokeRole } from '../../src/people/roles.ts';
import {
  type Actor,
  canSee,
  canTouch,
  getScopedGroup,
  getScopedMember,
  getScopedUnit,
  readActor,
  readActorOf,
  scopedGroups,
  scopedMembers,
  scopedUnits,
  TERMINAL,
} from '../../src/people/scope.ts';
import { addUnit, assignGroup, lineageOf, moveUnit } from '../../src/people/units.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const BY = { who: 'test' };

it.each([
  ['支部书记', 'secretary'],
  ['书记', 'secretary'],
  ['党支部书记', 'secretary'],
  ['部门管理员', 'department'],
  ['county', 'county'],
  ['副书记', undefined],
  ['组织委员', undefined],
])('%s is the role %s', (text, role) => expect(readRole(text)).toBe(role));

describe.each(DIALECTS)('scope on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
  });
  afterEach(async () => {
    await close();
  });

  /** Two departments with a branch each; a group, a member and a guest in each branch, and a holder of each role. */
  async function build() {
    const county = await addUnit(db, { name: '县委', kind: '党委' }, BY, 1);
    const side = async (no: number) => {
      const department = await addUnit(db, { name: `部门${no}`, kind: '党工委', parentId: county.id }, BY, 2);
      const branch = await addUnit(db, { name: `支部${no}`, parentId: department.id }, BY, 3);
      const group = await recordSeenGroup(db, { account: 'x', roomId: `r${no}@x`, topic: `群${no}` }, 4);
      await assignGroup(db, group, branch.id, '2026-01-01', BY, 4);
      const path = `部门${no}/支部${no}`;
      const member = await addMember(db, { name: `成员${no}`, unit: path, number: `M${no}` }, BY, 5);
      const secretary = await addMember(db, { name: `书记${no}`, unit: path }, BY, 5);
      const head = await addMember(db, { name: `部门长${no}`, unit: `部门${no}` }, BY, 5);
      const contact = `guest${no}`;
      const members = [{ contactId: contact, name: `路人${no}` }];
      await recordSeenGroup(db, { account: 'x', roomId: `r${no}@x`, topic: `群${no}`, members }, 6);
      const guest = await memberOf(db, { account: 'x', contactId: contact, nickname: `路人${no}` }, 7);
      await grantRole(db, { memberId: secretary.id, role: 'secretary', unitId: branch.id }, TERMINAL, 8);
      await grantRole(db, { memberId: head.id, role: 'department', unitId: department.id }, TERMINAL, 8);
      return { department, branch, group, member, secretary, head, guest };
    };
    const [own, other] = [await side(1), await side(2)];
    const chief = await addMember(db, { name: '县管', unit: '县委' }, BY, 5);
    await grantRole(db, { memberId: chief.id, role: 'county', unitId: null }, TERMINAL, 8);
    return { county, own, other, chief };
  }

  async function seenBy(actor: Actor) {
    const names = async (rows: Promise<{ name?: string; topic?: string }[]>) =>
      (await rows).map((row) => row.name ?? row.topic ?? '').toSorted();
    return {
      units: await names(scopedUnits(db, actor).execute()),
      groups: await names(scopedGroups(db, actor).execute()),
      members: await names(scopedMembers(db, actor).execute()),
    };
  }

  it('is the unit and all below it, for each role', async () => {
    const { own, chief } = await build();
    expect(await seenBy(await readActor(db, own.member.id, 9))).toEqual({
      units: [],
      groups: [],
      members: [],
    });
    expect(await seenBy(await readActor(db, own.secretary.id, 9))).toEqual({
      units: ['支部1'],
      groups: ['群1'],
      members: ['成员1', '书记1', '路人1'].toSorted(),
    });
    expect(await seenBy(await readActor(db, own.head.id, 9))).toEqual({
      units: ['支部1', '部门1'].toSorted(),
      groups: ['群1'],
      members: ['成员1', '书记1', '路人1', '部门长1'].toSorted(),
    });
    for (const actor of [await readActor(db, chief.id, 9), TERMINAL]) {
      const all = await seenBy(actor);
      expect([all.units.length, all.groups.length, all.members.length]).toEqual([5, 2, 9]);
    }
  });

  it('answers for what lies outside as for what is not there, whoever asks', async () => {
    const { own, other } = await build();
    const ids = { member: own.member.id, secretary: own.secretary.id, head: own.head.id };
    for (const id of Object.values(ids)) {
      const actor = await readActor(db, id, 9);
      const same = async (find: (named: string) => Promise<unknown>, outside: string) => {
        const said = async (named: string) =>
          await find(named).then(
            () => 'found',
            (error: Error) => `${error.name}: ${error.message.replace(named, '…')}`,
          );
        expect(await said(outside)).toBe(await said('nowhere'));
        expect(await said(outside)).toMatch(/^NotFoundError: 没有找到/);
      };
      await same((named) => getScopedGroup(db, actor, named), other.group.key);
      await same((named) => getScopedMember(db, actor, named), other.member.id);
      await same((named) => getScopedMember(db, actor, named), 'M2');
      await same((named) => getScopedMember(db, actor, named), other.guest.id);
      await same((named) => getScopedUnit(db, actor, named), '支部2');
      for (const thing of [
        { memberId: other.member.id },
        { memberId: other.guest.id },
        { groupId: other.group.id },
        { unitId: other.branch.id },
        { unitId: other.department.id },
      ]) {
        expect(await canSee(db, actor, thing)).toBe(false);
        expect(await canTouch(db, actor, thing)).toBe(false);
      }
    }
    const secretary = await readActor(db, ids.secretary, 9);
    expect((await getScopedMember(db, secretary, 'M1')).id).toBe(own.member.id);
    expect((await getScopedUnit(db, secretary, '支部1')).id).toBe(own.branch.id);
    const member = await readActor(db, ids.member, 9);
    expect(await canSee(db, member, { memberId: own.member.id })).toBe(true);
    expect(await canTouch(db, member, { memberId: own.member.id })).toBe(false);
  });

  it('follows the tree when a branch moves, and ends with the role or the member', async () => {
    const { own, other } = await build();
    await moveUnit(db, own.branch, other.department.id, '2026-05-01', BY, 10);
    expect(await canTouch(db, await readActor(db, own.head.id, 11), { groupId: own.group.id })).toBe(false);
    expect(await canTouch(db, await readActor(db, other.head.id, 11), { groupId: own.group.id })).toBe(true);
    const held = { memberId: other.head.id, role: 'department', unitId: other.department.id } as const;
    await revokeRole(db, held, TERMINAL, 12);
    expect((await readActor(db, other.head.id, 12)).rank).toBe('member');
    await leaveRoster(db, own.secretary.id, 'left', '2026-05-02', BY, 13);
    expect((await readActor(db, own.secretary.id, 14)).units).toEqual([]);
    await expect(revokeRole(db, held, TERMINAL, 15)).rejects.toThrow(/do not hold/);
  });

  it('needs a binding that somebody vouched for', async () => {
    const { own } = await build();
    const memberId = own.secretary.id;
    const at = { account: 'x', memberId };
    await bindIdentity(db, { ...at, contactId: 'named', how: 'name' }, 9);
    await bindIdentity(db, { ...at, contactId: 'coded', how: 'code' }, 9);
    await bindIdentity(db, { ...at, contactId: 'healed', how: 'healed' }, 9);
    const rank = async (contactId: string) => (await readActorOf(db, { ...at, contactId }, 10)).rank;
    expect(await rank('named')).toBe('member');
    expect(await rank('healed')).toBe('member');
    expect(await rank('nobody')).toBe('member');
    expect(await rank('coded')).toBe('secretary');
  });

  it('lets nobody give a role as high as their own, or outside', async () => {
    const { own, other, chief } = await build();
    const actors = {
      secretary: await readActor(db, own.secretary.id, 9),
      department: await readActor(db, own.head.id, 9),
      county: await readActor(db, chief.id, 9),
      operator: TERMINAL,
    };
    const may = async (actor: Actor, role: RoleName, unitId: string | null) => {
      try {
        await grantRole(db, { memberId: own.member.id, role, unitId }, actor, 10);
        await revokeRole(db, { memberId: own.member.id, role, unitId }, TERMINAL, 11);
        return true;
      } catch (error) {
        expect(String(error)).toMatch(/不归你给/);
        return false;
      }
    };
    const table: [keyof typeof actors, RoleName, string | null, boolean][] = [
      ['secretary', 'secretary', own.branch.id, false],
      ['department', 'secretary', own.branch.id, true],
      ['department', 'secretary', other.branch.id, false],
      ['department', 'department', own.department.id, false],
      ['department', 'county', null, false],
      ['county', 'department', other.department.id, true],
      ['county', 'county', null, false],
      ['county', 'operator', null, false],
      ['operator', 'county', null, true],
      ['operator', 'operator', null, true],
    ];
    for (const [who, role, unitId, allowed] of table)
      expect([who, role, await may(actors[who], role, unitId)]).toEqual([who, role, allowed]);
    await expect(
      grantRole(db, { memberId: own.guest.id, role: 'county', unitId: null }, TERMINAL, 12),
    ).rejects.toThrow(/on the roster/);
    expect(await listRoles(db, actors.secretary)).toMatchObject([{ name: '书记1', role: 'secretary' }]);
    expect(await listRoles(db, TERMINAL)).toHaveLength(5);
  });

  it('knows who decides for a unit: the nearest above, at last the county', async () => {
    const { own, chief, county } = await build();
    const deciders = async (unitId: string) => listDeciders(db, await lineageOf(db, unitId));
    expect(await deciders(own.branch.id)).toEqual([own.secretary.id]);
    expect(await deciders(own.department.id)).toEqual([own.head.id]);
    expect(await deciders(county.id)).toEqual([chief.id]);
  });
});
