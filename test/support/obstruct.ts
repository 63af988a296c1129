/** A database that does not do its work, for tests of what is kept meanwhile. */
import { DatabaseSync } from 'node:sqlite';

import { sql } from 'kysely';
import pg from 'pg';

import type { TestDb } from './databases.ts';
import { until } from './wait.ts';

/** Another program holds the database: SQLite refuses at once, PostgreSQL waits until it is interrupted. */
export async function obstruct({ db, config }: Pick<TestDb, 'db' | 'config'>, dialect: string) {
  if (config.kind === 'sqlite') {
    await sql`pragma busy_timeout = 0`.execute(db);
    const other = new DatabaseSync(config.file);
    other.exec('begin immediate');
    return {
      interrupt: async () => undefined,
      release: async () => {
        other.exec('rollback');
        other.close();
      },
    };
  }
  const [other, observer] = [0, 1].map(() => new pg.Client({ connectionString: config.url }));
  if (!other || !observer) throw new Error('no clients');
  await Promise.all([other.connect(), observer.connect()]);
  await other.query('begin');
  await other.query('lock table message in access exclusive mode');
  return {
    interrupt: () =>
      until(
        async () => {
          const { rowCount } = await observer.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return (rowCount ?? 0) > 0;
        },
        { what: `a query of ours waiting on ${dialect}` },
      ),
    release: async () => {
      await other.query('rollback');
      await Promise.all([other.end(), observer.end()]);
    },
  };
}
