/** A fresh database for a test, on either of the two. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import { inject } from 'vitest';

import { type Db, type Dialect, openDatabase } from '../../src/db/open.ts';

export const DIALECTS: readonly Dialect[] = ['sqlite', 'postgres'];

export interface TestDb {
  readonly db: Db;
  readonly config: { kind: 'sqlite'; file: string } | { kind: 'postgres'; url: string };
  close(): Promise<void>;
}

export async function openTestDb(dialect: Dialect): Promise<TestDb> {
  if (dialect === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'weike-db-'));
    const config = { kind: dialect, file: join(folder, 'weike.db') } as const;
    const db = await openDatabase(config, 0);
    return {
      db,
      config,
      async close() {
        await db.destroy();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }
  const server = inject('postgresUrl');
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: `${server}/postgres` });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await run(`create database ${name}`);
  const config = { kind: dialect, url: `${server}/${name}` } as const;
  const db = await openDatabase(config, 0);
  return {
    db,
    config,
    async close() {
      await db.destroy();
      await run(`drop database ${name} with (force)`);
    },
  };
}
