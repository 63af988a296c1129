/** Who agreed to be written to in private, and for what. A row is opened and closed, never changed. */
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { ConsentTable } from '../db/tables.ts';

export type ConsentKind = ConsentTable['kind'];

/** Gives whether they hadn't agreed before. */
export async function giveConsent(
  db: Db,
  memberId: string,
  kind: ConsentKind,
  now: number,
): Promise<boolean> {
  const given = await db
    .insertInto('consent')
    .values({ id: newId(), member_id: memberId, kind, given_at: now, withdrawn_at: null })
    .onConflict((conflict) =>
      conflict.columns(['member_id', 'kind']).where('withdrawn_at', 'is', null).doNothing(),
    )
    .returning('id')
    .executeTakeFirst();
  return given !== undefined;
}

/** Gives whether they had agreed. */
export async function withdrawConsent(
  db: Db,
  memberId: string,
  kind: ConsentKind,
  now: number,
): Promise<boolean> {
  const withdrawn = await db
    .updateTable('consent')
    .set({ withdrawn_at: now })
    .where('member_id', '=', memberId)
    .where('kind', '=', kind)
    .where('withdrawn_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return withdrawn !== undefined;
}

export async function hasConsent(db: Db, memberId: string, kind: ConsentKind): Promise<boolean> {
  const row = await db
    .selectFrom('consent')
    .select('id')
    .where('member_id', '=', memberId)
    .where('kind', '=', kind)
    .where('withdrawn_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** What somebody agreed to under another name goes on under their own. Gives the rows that were opened. */
export async function moveConsents(db: Db, from: string, to: string, now: number): Promise<string[]> {
  const given = await db
    .updateTable('consent')
    .set({ withdrawn_at: now })
    .where('member_id', '=', from)
    .where('withdrawn_at', 'is', null)
    .returning(['kind', 'given_at'])
    .execute();
  const opened: string[] = [];
  for (const { kind, given_at: givenAt } of given) {
    const row = await db
      .insertInto('consent')
      .values({ id: newId(), member_id: to, kind, given_at: givenAt, withdrawn_at: null })
      .onConflict((conflict) =>
        conflict.columns(['member_id', 'kind']).where('withdrawn_at', 'is', null).doNothing(),
      )
      .returning('id')
      .executeTakeFirst();
    if (row) opened.push(row.id);
  }
  return opened;
}
