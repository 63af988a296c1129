/** Applies the migrations that a database lacks, all in one transaction, one process at a time. */
import { type Kysely, type RawBuilder, sql } from 'kysely';

import { UserError } from '../errors.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { columnTypes } from './migrations/columns.ts';
import type { Dialect } from './open.ts';
import type { Tables } from './tables.ts';

const LOCK = 20_212_026;

export async function migrate(db: Kysely<Tables>, dialect: Dialect, now: number): Promise<void> {
  if ((await pending(db, await hasTable(db, dialect))).length === 0) return;
  await db.transaction().execute(async (trx) => {
    if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${LOCK})`.execute(trx);
    const columns = columnTypes(dialect);
    const run = async (...statements: readonly RawBuilder<unknown>[]) => {
      for (const statement of statements) await statement.execute(trx);
    };
    if (!(await hasTable(trx, dialect)))
      await sql`create table migration (name text primary key, applied_at ${columns.int} not null)`.execute(
        trx,
      );
    // Read again: another process may have been faster.
    for (const { name, up } of await pending(trx, true)) {
      await up(run, columns);
      await trx.insertInto('migration').values({ name, applied_at: now }).execute();
    }
  });
}

async function hasTable(db: Kysely<Tables>, dialect: Dialect): Promise<boolean> {
  const found =
    dialect === 'sqlite'
      ? await sql`select 1 from sqlite_master where type = 'table' and name = 'migration'`.execute(db)
      : await sql`select 1 where to_regclass('migration') is not null`.execute(db);
  return found.rows.length > 0;
}

async function pending(db: Kysely<Tables>, tableThere: boolean) {
  const applied = tableThere ? await db.selectFrom('migration').select('name').execute() : [];
  const known = new Set(MIGRATIONS.map(({ name }) => name));
  const foreign = applied.find(({ name }) => !known.has(name));
  if (foreign)
    throw new UserError(
      `The database was written by a newer version (migration ${foreign.name}): start that version, or restore a backup.`,
    );
  const done = new Set(applied.map(({ name }) => name));
  return MIGRATIONS.filter(({ name }) => !done.has(name));
}
