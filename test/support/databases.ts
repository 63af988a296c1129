/** A fresh database for a test, on either of the two. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import { inject } from 'vitest';

import { type Db, type Dialect, openDatabase } from '../../src/db/open.ts';

/** Both, unless the environment names one: the mutants' tests are run a thousand times. */
export const DIALECTS = (process.env.TEST_DIALECTS?.split(',') ?? [
  'sqlite',
  'postgres',
]) as readonly Dialect[];

export interface TestDb {
  readonly db: Db;
  readonly config: { kind: 'sqlite'; file: string } | { kind: 'postgres'; url: string };
  close(): Promise<void>;
}

const folderFor = () => mkdtempSync(join(tmpdir(), 'weike-db-'));

/** The migrations are applied once per test file; every test gets a copy of what they made. */
const templates = {
  sqlite: once(async () => {
    const folder = folderFor();
    const file = join(folder, 'weike.db');
    await (await openDatabase({ kind: 'sqlite', file }, 0)).destroy();
    const bytes = readFileSync(file);
    rmSync(folder, { recursive: true, force: true });
    return bytes;
  }),
  postgres: once(async () => {
    const name = nameFor('template');
    await onServer(`create database ${name}`);
    await (await openDatabase({ kind: 'postgres', url: urlOf(name) }, 0)).destroy();
    return name;
  }),
};

export async function openTestDb(dialect: Dialect): Promise<TestDb> {
  if (dialect === 'sqlite') {
    const folder = folderFor();
    const config = { kind: dialect, file: join(folder, 'weike.db') } as const;
    writeFileSync(config.file, await templates.sqlite());
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
  const name = nameFor('t');
  await onServer(`create database ${name} template ${await templates.postgres()}`);
  const config = { kind: dialect, url: urlOf(name) } as const;
  const db = await openDatabase(config, 0);
  return {
    db,
    config,
    async close() {
      await db.destroy();
      await onServer(`drop database ${name} with (force)`);
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

const nameFor = (what: string) => `${what}_${randomUUID().replaceAll('-', '')}`;
const urlOf = (name: string) => `${inject('postgresUrl')}/${name}`;

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
