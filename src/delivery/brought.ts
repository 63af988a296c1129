/** What a group has had or is about to have: the same revision never goes there twice unasked. */
import type { Db } from '../db/open.ts';
import { NOT_BROUGHT } from './states.ts';

/** Whether another delivery brings or has brought this revision to the group. */
export async function hasBrought(
  db: Db,
  groupId: string | null,
  hash: string | null,
  exceptId: string,
): Promise<boolean> {
  if (groupId === null || hash === null) return false;
  const other = await db
    .selectFrom('delivery')
    .select('id')
    .where('group_id', '=', groupId)
    .where('kind', '=', 'lesson')
    .where('hash', '=', hash)
    .where('id', '!=', exceptId)
    .where('state', 'not in', [...NOT_BROUGHT])
    .executeTakeFirst();
  return other !== undefined;
}
