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
  /** From where: `cli`, `chat`, `console`, `channel`. */
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
