/** Policies from a terminal: for the county, a unit or a group. */
import type { Db } from '../db/open.ts';
import { lookAgain } from '../delivery/pace.ts';
import { UserError } from '../errors.ts';
import { getGroupByKey } from '../people/groups.ts';
import { getPolicyName, listPolicies, type PolicyPlace, setPolicy } from '../people/policies.ts';
import { POLICIES } from '../people/policy-names.ts';
import { TERMINAL } from '../people/scope.ts';
import { getUnitByName } from '../people/units.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

export interface PlaceOptions extends Output {
  readonly unit?: string;
  readonly group?: string;
}

async function readPlace(db: Db, { unit, group }: PlaceOptions): Promise<PolicyPlace> {
  if (unit !== undefined && group !== undefined)
    throw new UserError('name a unit with --unit or a group with --group, not both');
  if (group !== undefined) return { groupId: (await getGroupByKey(db, group)).id };
  if (unit !== undefined) return { unitId: (await getUnitByName(db, unit)).id };
  return {};
}

async function rowsOf(db: Db, place: PolicyPlace) {
  return (await listPolicies(db, place)).map(({ name, value, from }) => ({
    name,
    value,
    from,
    about: POLICIES[name].about,
  }));
}

export const list = (options: PlaceOptions): Promise<void> =>
  withDb(async (db) =>
    printRows(await rowsOf(db, await readPlace(db, options)), ['name', 'value', 'from', 'about'], options),
  );

export const get = (name: string, options: PlaceOptions): Promise<void> =>
  withDb(async (db) => {
    const known = getPolicyName(name);
    const row = (await rowsOf(db, await readPlace(db, options))).find((one) => one.name === known);
    printOne(row ?? {}, row?.value ?? '', options);
  });

/** Without a value the place inherits again. */
export const set = (name: string, value: string | undefined, options: PlaceOptions): Promise<void> =>
  withDb(async (db) => {
    const known = getPolicyName(name);
    const place = await readPlace(db, options);
    const now = Date.now();
    await setPolicy(db, known, value, place, TERMINAL, now);
    await lookAgain(db, known, now);
    const row = (await rowsOf(db, place)).find((one) => one.name === known);
    printOne(row ?? {}, `${known} is ${row?.value ?? ''} (${row?.from ?? ''})`, options);
  });
