/** Roles from a terminal. */
import type { Db } from '../db/open.ts';
import { UserError } from '../errors.ts';
import { getMemberByName } from '../people/members.ts';
import { grantRole, listRoles, readRole, ROLE_NAMES, type RoleOf, revokeRole } from '../people/roles.ts';
import { TERMINAL } from '../people/scope.ts';
import { getUnitByName } from '../people/units.ts';
import { isoInZone } from '../clock.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

export interface RoleOptions extends Output {
  readonly unit?: string;
}

async function readRoleOf(db: Db, named: string, role: string, unit?: string): Promise<RoleOf> {
  const known = readRole(role);
  if (!known)
    throw new UserError(`there is no role "${role}": known are ${Object.keys(ROLE_NAMES).join(', ')}`);
  const member = await getMemberByName(db, named);
  return {
    memberId: member.id,
    role: known,
    unitId: unit === undefined ? null : (await getUnitByName(db, unit)).id,
  };
}

export const grant = (named: string, role: string, options: RoleOptions): Promise<void> =>
  withDb(async (db) => {
    const granted = await readRoleOf(db, named, role, options.unit);
    await grantRole(db, granted, TERMINAL, Date.now());
    printOne(granted, `${named} is ${ROLE_NAMES[granted.role]}`, options);
  });

export const revoke = (named: string, role: string, options: RoleOptions): Promise<void> =>
  withDb(async (db) => {
    const revoked = await readRoleOf(db, named, role, options.unit);
    await revokeRole(db, revoked, TERMINAL, Date.now());
    printOne(revoked, `${named} is not ${ROLE_NAMES[revoked.role]} any more`, options);
  });

export const list = (output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const rows = (await listRoles(db, TERMINAL)).map((row) => ({
      ...row,
      since: isoInZone(row.since, zone),
    }));
    printRows(rows, ['name', 'role', 'unit', 'since', 'member_id'], output);
  });
