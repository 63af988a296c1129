/** Organisation units: the nodes of the tree of Party organisations. */
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import { UserError } from '../errors.ts';

export interface Unit {
  readonly id: string;
  readonly parent_id: string | null;
  readonly name: string;
  readonly kind: string;
  readonly created_at: number;
}

/** By its name. Throws `UserError` when there is none. */
export async function getUnitByName(db: Db, name: string): Promise<Unit> {
  const unit = await db.selectFrom('unit').selectAll().where('name', '=', name).executeTakeFirst();
  if (!unit) throw new UserError(`there is no unit "${name}"`);
  return unit;
}

/** The unit of that name, made when it isn't there yet. */
export async function ensureUnit(db: Db, name: string, now: number): Promise<string> {
  const found = await db.selectFrom('unit').select('id').where('name', '=', name).executeTakeFirst();
  if (found) return found.id;
  const id = newId();
  await db
    .insertInto('unit')
    .values({ id, parent_id: null, name, kind: '党支部', created_at: now })
    .execute();
  return id;
}

/** The unit's id and those of all units above it, the nearest first. */
export async function lineageOf(db: Db, unitId: string): Promise<string[]> {
  const line: string[] = [];
  for (let at: string | null = unitId; at !== null && !line.includes(at);) {
    line.push(at);
    const above: { parent_id: string | null } | undefined = await db
      .selectFrom('unit')
      .select('parent_id')
      .where('id', '=', at)
      .executeTakeFirst();
    at = above?.parent_id ?? null;
  }
  return line;
}
