/** Roles: dated rows, given and taken back, never changed. */
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { RoleName } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { type Actor, isInScope, RANKS, unitInScope } from './scope.ts';

export const ROLE_NAMES: Readonly<Record<RoleName, string>> = {
  secretary: '支部书记',
  department: '部门管理员',
  county: '县管理员',
  operator: '运维',
};

/** By its English or Chinese name, or as rosters shorten it; `undefined` when it is none. */
export function readRole(text: string): RoleName | undefined {
  const trimmed = text.normalize('NFKC').trim();
  if (/^(?:党支部|支部|党总支|总支|党委)?书记$/u.test(trimmed)) return 'secretary';
  return (Object.keys(ROLE_NAMES) as RoleName[]).find(
    (role) => role === trimmed || ROLE_NAMES[role] === trimmed,
  );
}

/** Whether a role is held for one unit and what is below it; the others are for the whole county. */
export const needsUnit = (role: RoleName): boolean => role === 'secretary' || role === 'department';

/** Nobody gives or takes a role as high as their own, save the operator; and only where they rule. */
export const mayGrant = (actor: Actor, role: RoleName, unitId: string | null): boolean =>
  actor.rank === 'operator' ||
  (RANKS.indexOf(actor.rank) > RANKS.indexOf(role) &&
    actor.rank !== 'secretary' &&
    (needsUnit(role) ? isInScope(actor, unitId) : actor.units === 'all'));

export interface RoleOf {
  readonly memberId: string;
  readonly role: RoleName;
  /** Null for the roles that are the county's. */
  readonly unitId: string | null;
}

const REFUSED = '这个权限不归你给，请找上级管理员';

function check({ role, unitId }: RoleOf, actor: Actor): void {
  if (needsUnit(role) !== (unitId !== null))
    throw new UserError(
      needsUnit(role)
        ? `the role ${role} is held for a unit: name it with --unit`
        : `the role ${role} is for the whole county: leave --unit out`,
    );
  if (!mayGrant(actor, role, unitId)) throw new UserError(REFUSED);
}

/** Gives a role. Idempotent; says whether it was new. */
export async function grantRole(db: Db, granted: RoleOf, actor: Actor, now: number): Promise<boolean> {
  check(granted, actor);
  const { memberId, role, unitId } = granted;
  return await inTransaction(db, async (trx) => {
    const member = await trx
      .selectFrom('member')
      .select(['status', 'left_at'])
      .where('id', '=', memberId)
      .executeTakeFirst();
    if (!member || member.left_at !== null || member.status === 'guest')
      throw new UserError('only somebody on the roster can hold a role');
    if ((await findHeld(trx, granted)) !== undefined) return false;
    await trx
      .insertInto('role_grant')
      .values({
        id: newId(),
        member_id: memberId,
        role,
        unit_id: unitId,
        granted_by: actor.who,
        from_at: now,
        to_at: null,
        revoked_by: null,
      })
      .execute();
    await audit(trx, 'role.grant', granted, actor, now);
    return true;
  });
}

/** Takes a role back. Throws `UserError` when they don't hold it. */
export async function revokeRole(db: Db, revoked: RoleOf, actor: Actor, now: number): Promise<void> {
  check(revoked, actor);
  await inTransaction(db, async (trx) => {
    const held = await findHeld(trx, revoked);
    if (held === undefined) throw new UserError('they do not hold that role: see "weike role list"');
    await trx
      .updateTable('role_grant')
      .set({ to_at: now, revoked_by: actor.who })
      .where('id', '=', held)
      .execute();
    await audit(trx, 'role.revoke', revoked, actor, now);
  });
}

/** Ends every role of somebody who leaves. */
export async function endRoles(trx: Db, memberId: string, who: string, now: number): Promise<void> {
  await trx
    .updateTable('role_grant')
    .set({ to_at: now, revoked_by: who })
    .where('member_id', '=', memberId)
    .where('to_at', 'is', null)
    .execute();
}

async function findHeld(trx: Db, { memberId, role, unitId }: RoleOf): Promise<string | undefined> {
  const held = await trx
    .selectFrom('role_grant')
    .select('id')
    .where('member_id', '=', memberId)
    .where('role', '=', role)
    .where('unit_id', unitId === null ? 'is' : '=', unitId)
    .where('to_at', 'is', null)
    .executeTakeFirst();
  return held?.id;
}

const audit = (trx: Db, what: string, { memberId, role, unitId }: RoleOf, { who, via }: Actor, now: number) =>
  appendAudit(trx, {
    at: now,
    who,
    what,
    subject: memberId,
    after: { role, unit: unitId },
    ...(via === undefined ? {} : { via }),
  });

export interface ListedRole {
  readonly member_id: string;
  readonly name: string;
  readonly role: RoleName;
  readonly unit: string | null;
  readonly since: number;
}

/** The roles held now in an actor's scope, by name. Those of the county are seen by the county. */
export const listRoles = (db: Db, actor: Actor): Promise<ListedRole[]> =>
  db
    .selectFrom('role_grant')
    .innerJoin('member', 'member.id', 'role_grant.member_id')
    .leftJoin('unit', 'unit.id', 'role_grant.unit_id')
    .select([
      'role_grant.member_id',
      'member.name',
      'role_grant.role',
      'unit.name as unit',
      'role_grant.from_at as since',
    ])
    .where('role_grant.to_at', 'is', null)
    .where(unitInScope(actor, 'role_grant.unit_id'))
    .orderBy('unit.name')
    .orderBy('member.name')
    .orderBy('role_grant.id')
    .execute();

/**
 * Who decides for a unit: its secretaries, else those of the units above, the nearest first; else the county.
 * `except`: who can't decide in this matter.
 */
export async function listDeciders(
  db: Db,
  lineage: readonly string[],
  except: readonly string[] = [],
): Promise<string[]> {
  const held = await db
    .selectFrom('role_grant')
    .innerJoin('member', 'member.id', 'role_grant.member_id')
    .select(['member_id', 'role', 'role_grant.unit_id as unitId'])
    .where('to_at', 'is', null)
    .where('member.left_at', 'is', null)
    .where('role', 'in', ['secretary', 'department', 'county'])
    .orderBy('from_at')
    .execute();
  for (const unitId of [...lineage, null])
    for (const role of unitId === null ? (['county'] as const) : (['secretary', 'department'] as const)) {
      const found = held.filter(
        (one) => one.unitId === unitId && one.role === role && !except.includes(one.member_id),
      );
      if (found.length > 0) return found.map((one) => one.member_id);
    }
  return [];
}
