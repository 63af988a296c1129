/** A small county for tests of who may do what: two departments with a branch each, all roles, a group per branch. */
import { recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { bindIdentity } from '../../src/people/identities.ts';
import { addMember } from '../../src/people/members.ts';
import { grantRole } from '../../src/people/roles.ts';
import { type Actor, readActor, TERMINAL } from '../../src/people/scope.ts';
import { addUnit, assignGroup } from '../../src/people/units.ts';
import type { Db } from '../../src/db/open.ts';
import type { RoleName } from '../../src/db/tables.ts';

const BY = { who: 'test' };

export interface CountyOptions {
  readonly account?: string;
  readonly now?: number;
}

/** Everybody is bound to a contact that is called as they are. */
export async function buildCounty(db: Db, { account = 'sandbox', now = 1_000 }: CountyOptions = {}) {
  const county = await addUnit(db, { name: '县委', kind: '党委' }, BY, now);

  async function person(name: string, unit: string, role?: { role: RoleName; unitId: string | null }) {
    const member = await addMember(db, { name, unit }, BY, now);
    await bindIdentity(db, { account, contactId: name, memberId: member.id, how: 'secretary' }, now);
    if (role) await grantRole(db, { memberId: member.id, ...role }, TERMINAL, now);
    const actor = (): Promise<Actor> => readActor(db, member.id, now, 'chat');
    return { id: member.id, name, contactId: name, actor };
  }

  async function side(no: '甲' | '乙') {
    const department = await addUnit(db, { name: `${no}部门`, kind: '党工委', parentId: county.id }, BY, now);
    const branch = await addUnit(db, { name: `${no}支部`, parentId: department.id }, BY, now);
    const members = [`${no}书记`, `${no}副书记`, `${no}成员`].map((name) => ({ contactId: name, name }));
    const seen = { account, roomId: `${no}@room`, topic: `${no}支部群`, members };
    const group = await recordSeenGroup(db, seen, now);
    await setGroupEnabled(db, group.key, true, 'test', now);
    await assignGroup(db, group, branch.id, '2026-01-01', BY, now);
    const path = `${no}部门/${no}支部`;
    const secretaryOf = { role: 'secretary', unitId: branch.id } as const;
    return {
      department,
      branch,
      group: { ...group, enabled: 1 as const, unit_id: branch.id },
      secretary: await person(`${no}书记`, path, secretaryOf),
      deputy: await person(`${no}副书记`, path, secretaryOf),
      member: await person(`${no}成员`, path),
      head: await person(`${no}部门长`, `${no}部门`, { role: 'department', unitId: department.id }),
    };
  }

  return {
    county,
    own: await side('甲'),
    other: await side('乙'),
    chief: await person('县管', '县委', { role: 'county', unitId: null }),
  };
}

export type County = Awaited<ReturnType<typeof buildCounty>>;
