/** Opens the database by its configuration: SQLite through `node:sqlite`, PostgreSQL through `pg`. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

import { Kysely, PostgresAdapter, PostgresDialect, sql, type SqliteDatabase, SqliteDialect } from 'kysely';
import pg from 'pg';

import type { Config } from '../config.ts';
import { diskReason, reasonOf, UserError } from '../errors.ts';
import { migrate } from './migrate.ts';
import type { Tables } from './tables.ts';

/** What every query function takes first: the database, or a transaction on it. */
export type Db = Kysely<Tables>;

export type Dialect = Config['database']['kind'];

// int8 and numeric (what sum() gives) come back as text from pg; ours all fit a double exactly.
pg.types.setTypeParser(20, Number);
pg.types.setTypeParser(1700, Number);

/** Opens and migrates. Rejects with a `UserError` that says why not, where the file or the server is at fault. */
export async function openDatabase(config: Config['database'], now: number): Promise<Db> {
  let db: Db | undefined;
  try {
    db = new Kysely<Tables>({
      dialect:
        config.kind === 'sqlite'
          ? new SqliteDialect({ database: openSqlite(config.file) })
          : new PostgresDialect({ pool: openPool(config.url) }),
    });
    await migrate(db, config.kind, now);
    return db;
  } catch (error) {
    await db?.destroy();
    const why = config.kind === 'sqlite' ? fileFault(config.file, error) : serverFault(config.url, error);
    throw why === undefined ? error : new UserError(why, { cause: error });
  }
}

function fileFault(file: string, error: unknown): string | undefined {
  const why = diskReason(error);
  return why && `the database file ${file} can not be used: ${why}`;
}

/** Of the address only what is no secret. */
function serverFault(address: string, error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return undefined;
  const { host, pathname } = new URL(address);
  const cure = 'see DATABASE_URL';
  if (code.startsWith('28')) return `the database at ${host} refuses the user or the password: ${cure}`;
  if (code === '3D000') return `there is no database ${pathname.slice(1)} at ${host}: create it, or ${cure}`;
  if (/^E[A-Z]+$/.test(code) || code.startsWith('08') || code.startsWith('57'))
    return `the database at ${host} can not be reached (${reasonOf(error) || code}): is it running? ${cure}`;
  return undefined;
}

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  // An idle connection that the server ends is replaced at the next query; without a listener it ends us.
  pool.on('error', () => undefined);
  // The same for one that is in use, between two queries of a transaction: the next query tells of it.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    // Ended by the server, it says so before it hangs up: nobody is given it in between.
    (client as pg.Client).connection.on('errorMessage', ({ severity }: pg.DatabaseError) => {
      if (severity === 'FATAL') void client.end();
    });
  });
  return pool;
}

const CACHED_STATEMENTS = 500;
/** 32 MB: pages that are written again and again reach the file once, not every few dozen commits. */
const WAL_PAGES = 8_000;

/** `node:sqlite` behind the shape that Kysely expects, with its prepared statements kept. */
function openSqlite(file: string): SqliteDatabase {
  mkdirSync(dirname(file), { recursive: true });
  const sqlite = new DatabaseSync(file, { timeout: 10_000 });
  sqlite.exec(
    `pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;
      pragma wal_autocheckpoint = ${WAL_PAGES}`,
  );
  const statements = new Map<string, ReturnType<SqliteDatabase['prepare']>>();
  return {
    close: () => sqlite.close(),
    prepare(sql) {
      const kept = statements.get(sql);
      if (kept) return kept;
      // A deferred transaction that reads first can't wait for another writer, whatever the time-out.
      const statement = sqlite.prepare(sql === 'begin' ? 'begin immediate' : sql);
      const prepared = {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...(parameters as SQLInputValue[])),
        run(parameters: readonly unknown[]) {
          // A full disk ends a transaction by itself; what went wrong is told by the statement before.
          if (sql === 'rollback' && !sqlite.isTransaction) return { changes: 0, lastInsertRowid: 0 };
          return statement.run(...(parameters as SQLInputValue[]));
        },
        iterate: (parameters: readonly unknown[]) => statement.iterate(...(parameters as SQLInputValue[])),
      };
      if (statements.size >= CACHED_STATEMENTS) statements.clear();
      statements.set(sql, prepared);
      return prepared;
    },
  };
}

/** Runs `work` in a transaction: the one that `db` already is, else a new one. */
export function inTransaction<T>(db: Db, work: (trx: Db) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

/** For the few statements that the two databases say differently. */
export const dialectOf = (db: Db): Dialect =>
  db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';

/** Runs reads on the database as it is at one instant, whatever others write meanwhile; nobody waits for them. */
export function inSnapshot<T>(db: Db, read: (snapshot: Db) => Promise<T>): Promise<T> {
  const begin =
    dialectOf(db) === 'postgres' ? 'begin isolation level repeatable read read only' : 'begin deferred';
  return db.connection().execute(async (connection) => {
    await sql.raw(begin).execute(connection);
    try {
      return await read(connection);
    } finally {
      await sql`commit`.execute(connection);
    }
  });
}

/** Runs `work` within a transaction so that, when it throws, nothing of it stays and the transaction goes on. */
export async function inSavepoint<T>(trx: Db, work: () => Promise<T>): Promise<T> {
  await sql`savepoint attempt`.execute(trx);
  try {
    const result = await work();
    await sql`release savepoint attempt`.execute(trx);
    return result;
  } catch (error) {
    await sql`rollback to savepoint attempt`.execute(trx);
    await sql`release savepoint attempt`.execute(trx);
    throw error;
  }
}
