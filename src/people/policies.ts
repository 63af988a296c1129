/** Reading and setting policies: the group's own value, else its unit's, else that of the units above, else the county's. */
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { PolicyTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { isPolicyName, POLICIES, type PolicyName, type PolicyValue } from './policy-names.ts';
import { type By, byOf, lineageOf } from './units.ts';

/** Where a policy holds: a group, a unit, or, with neither, the county. */
export interface PolicyPlace {
  readonly groupId?: string;
  readonly unitId?: string;
}

interface Scope {
  readonly scope: PolicyTable['scope'];
  readonly scopeId: string;
}

const COUNTY: Scope = { scope: 'county', scopeId: '' };

export interface SetPolicy {
  readonly name: PolicyName;
  readonly value: string;
  /** Whose setting it is; `default` when nobody set it. */
  readonly from: PolicyTable['scope'] | 'default';
  readonly fromId: string;
}

/** The scopes that speak for a place, the nearest first. */
async function scopesOf(db: Db, { groupId, unitId }: PolicyPlace): Promise<Scope[]> {
  const scopes: Scope[] = [];
  let unit = unitId;
  if (groupId !== undefined) {
    scopes.push({ scope: 'group', scopeId: groupId });
    const group = await db
      .selectFrom('chat_group')
      .select('unit_id')
      .where('id', '=', groupId)
      .executeTakeFirst();
    unit ??= group?.unit_id ?? undefined;
  }
  if (unit !== undefined)
    for (const scopeId of await lineageOf(db, unit)) scopes.push({ scope: 'unit', scopeId });
  return [...scopes, COUNTY];
}

/** All policies as they hold in a place, in the order of their names' list. */
export async function listPolicies(db: Db, place: PolicyPlace = {}): Promise<SetPolicy[]> {
  const rows = await db.selectFrom('policy').selectAll().where('closed_at', 'is', null).execute();
  const scopes = rows.length === 0 ? [] : await scopesOf(db, place);
  return (Object.keys(POLICIES) as PolicyName[]).map((name) => {
    for (const { scope, scopeId } of scopes) {
      const row = rows.find((one) => one.name === name && one.scope === scope && one.scope_id === scopeId);
      if (row) return { name, value: row.value, from: scope, fromId: scopeId };
    }
    return { name, value: POLICIES[name].fallback, from: 'default', fromId: '' };
  });
}

/** One policy's value as it holds in a place. */
export async function readPolicy<N extends PolicyName>(
  db: Db,
  name: N,
  place: PolicyPlace = {},
): Promise<PolicyValue<N>> {
  return (await readPolicies(db, place))(name);
}

/** All of them as they hold in a place at one moment, read by name. */
export async function readPolicies(
  db: Db,
  place: PolicyPlace = {},
): Promise<<N extends PolicyName>(name: N) => PolicyValue<N>> {
  const set = new Map((await listPolicies(db, place)).map(({ name, value }) => [name, value]));
  return <N extends PolicyName>(name: N) =>
    POLICIES[name].kind.read(set.get(name) ?? POLICIES[name].fallback) as PolicyValue<N>;
}

/** The name as the list has it. Throws `UserError` with the names there are. */
export function getPolicyName(name: string): PolicyName {
  if (isPolicyName(name)) return name;
  throw new UserError(`there is no setting "${name}": known are ${Object.keys(POLICIES).join(', ')}`);
}

const scopeOf = ({ groupId, unitId }: PolicyPlace): Scope =>
  groupId !== undefined
    ? { scope: 'group', scopeId: groupId }
    : unitId !== undefined
      ? { scope: 'unit', scopeId: unitId }
      : COUNTY;

/** Sets a policy for a place, or with `undefined` lets it inherit again. Throws `UserError` for a value that it can't have. */
export async function setPolicy(
  db: Db,
  name: PolicyName,
  value: string | undefined,
  place: PolicyPlace,
  by: By | string,
  now: number,
): Promise<void> {
  const { who, via } = byOf(by);
  if (value !== undefined) {
    try {
      POLICIES[name].kind.read(value);
    } catch (error) {
      throw new UserError(`${name}: ${(error as Error).message}`, { cause: error });
    }
  }
  const { scope, scopeId } = scopeOf(place);
  await inTransaction(db, async (trx) => {
    const before = await trx
      .updateTable('policy')
      .set({ closed_at: now })
      .where('scope', '=', scope)
      .where('scope_id', '=', scopeId)
      .where('name', '=', name)
      .where('closed_at', 'is', null)
      .returning('value')
      .executeTakeFirst();
    if (value !== undefined)
      await trx
        .insertInto('policy')
        .values({
          id: newId(),
          scope,
          scope_id: scopeId,
          name,
          value: value.trim(),
          set_by: who,
          set_at: now,
          closed_at: null,
        })
        .execute();
    await appendAudit(trx, {
      at: now,
      who,
      ...(via === undefined ? {} : { via }),
      what: value === undefined ? 'setting.reset' : 'setting.set',
      subject: `${scope}:${scopeId}:${name}`,
      ...(before ? { before: before.value } : {}),
      ...(value === undefined ? {} : { after: value.trim() }),
    });
  });
}
