/** Who changed what: appended in the transaction of the change. */
import type { Selectable } from 'kysely';

import { newId } from './ids.ts';
import type { Db } from './open.ts';
import type { AuditTable } from './tables.ts';

export interface AuditEntry {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly subject: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /** From where: `cli`, `chat`, `console`, `page` (a member's own), `channel`. */
  readonly via?: string;
}

export async function appendAudit(
  db: Db,
  { at, who, what, subject, before, after, via = '' }: AuditEntry,
): Promise<void> {
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  await db
    .insertInto('audit')
    .values({ id: newId(), at, who, what, subject, before: json(before), after: json(after), via })
    .execute();
}

/** What was changed about one thing, oldest first. */
export const listAudit = (db: Db, subject: string): Promise<Selectable<AuditTable>[]> =>
  db.selectFrom('audit').selectAll().where('subject', '=', subject).orderBy('id').execute();

export interface AuditFilter {
  /** ms; the end isn't in it. */
  readonly from?: number;
  readonly to?: number;
  readonly who?: readonly string[];
  /** The verb and its object, or the object with all its verbs: `member`, `member.add`. */
  readonly what?: string;
  readonly subject?: readonly string[];
  readonly limit?: number;
}

/** What was changed, newest first. */
export function readAudit(db: Db, filter: AuditFilter): Promise<Selectable<AuditTable>[]> {
  let query = db.selectFrom('audit').selectAll().orderBy('at', 'desc').orderBy('id', 'desc');
  if (filter.from !== undefined) query = query.where('at', '>=', filter.from);
  if (filter.to !== undefined) query = query.where('at', '<', filter.to);
  if (filter.who) query = query.where('who', 'in', [...filter.who]);
  if (filter.subject) query = query.where('subject', 'in', [...filter.subject]);
  const { what } = filter;
  if (what !== undefined)
    query = query.where((eb) =>
      eb.or([
        eb('what', '=', what),
        // From `member.` to just before what would come after every `member.…`.
        eb.and([eb('what', '>=', `${what}.`), eb('what', '<', `${what}/`)]),
      ]),
    );
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  return query.execute();
}
