/** Who changed what, as far as somebody may know of it: what people of their units did, and what was done to theirs. */
import type { AuditFilter } from '../db/audit.ts';
import type { Db } from '../db/open.ts';
import type { Selectable } from '../db/sql.ts';
import type { AuditTable } from '../db/tables.ts';
import { type Actor, scopedGroups, scopedMembers, scopedUnits } from './scope.ts';

export interface ScopedAudit extends Pick<AuditFilter, 'from' | 'to' | 'what' | 'limit'> {
  /** Only what this one did. */
  readonly who?: string;
  /** Only rows before this one, of the same list. */
  readonly before?: string;
}

/** The newest first. */
export async function readScopedAudit(
  db: Db,
  actor: Actor,
  { from, to, what, who, before, limit = 50 }: ScopedAudit,
): Promise<Selectable<AuditTable>[]> {
  let query = db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit);
  if (actor.units !== 'all') {
    const members = scopedMembers(db, actor).clearSelect().select('member.id');
    const groups = scopedGroups(db, actor).clearSelect().select('chat_group.id');
    const units = scopedUnits(db, actor).clearSelect().select('unit.id');
    query = query.where((eb) =>
      eb.or([
        eb('who', '=', actor.who),
        eb('who', 'in', members),
        eb('subject', 'in', members),
        eb('subject', 'in', groups),
        eb('subject', 'in', units),
      ]),
    );
  }
  if (from !== undefined) query = query.where('at', '>=', from);
  if (to !== undefined) query = query.where('at', '<', to);
  if (who !== undefined) query = query.where('who', '=', who);
  if (before !== undefined) query = query.where('id', '<', before);
  if (what !== undefined)
    query = query.where((eb) =>
      eb.or([eb('what', '=', what), eb.and([eb('what', '>=', `${what}.`), eb('what', '<', `${what}/`)])]),
    );
  return await query.execute();
}
