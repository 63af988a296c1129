/** Opening a database: from nothing, again, several at once, of a newer version, and what can't be opened. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { MIGRATIONS } from '../../src/db/migrations/index.ts';
import { openDatabase } from '../../src/db/open.ts';
import { UserError } from '../../src/errors.ts';
import { DIALECTS, openTestDb, type TestDb } from '../support/databases.ts';
import { freePort } from '../support/postgres.ts';

const NAMES = MIGRATIONS.map(({ name }) => name);

describe('the migrations', () => {
  it('have numbers of their own that only rise, and names as their files do', () => {
    expect(new Set(NAMES.map((name) => name.slice(0, 4))).size).toBe(NAMES.length);
    expect(NAMES.toSorted()).toEqual(NAMES);
    for (const name of NAMES) {
      expect(name).toMatch(/^\d{4}_[a-z0-9_]+$/);
      const file = new URL(`../../src/db/migrations/${name}.ts`, import.meta.url);
      expect(readFileSync(file, 'utf8')).toContain(`'${name}'`);
    }
  });
});

describe.each(DIALECTS)('a database on %s', (dialect) => {
  let test: TestDb;
  beforeEach(async () => {
    test = await openTestDb(dialect);
  });
  afterEach(async () => await test.close());

  const applied = () => test.db.selectFrom('migration').selectAll().orderBy('name').execute();

  it('has every migration once, from empty and again', async () => {
    const before = await applied();
    expect(before.map(({ name }) => name)).toEqual(NAMES);
    for (let again = 0; again < 2; again += 1) await (await openDatabase(test.config, 1_000)).destroy();
    expect(await applied()).toEqual(before);
  });

  it('is made by one of several processes that open it at the same moment', async () => {
    const config =
      test.config.kind === 'sqlite' ? { ...test.config, file: `${test.config.file}.fresh` } : test.config;
    if (dialect === 'postgres') await sql`drop schema public cascade; create schema public`.execute(test.db);
    const program = `const { openDatabase } = await import(${JSON.stringify(new URL('../../src/db/open.ts', import.meta.url).href)});
      await (await openDatabase(${JSON.stringify(config)}, 1)).destroy();`;
    const run = (args: readonly string[]) =>
      new Promise<void>((resolve, reject) => {
        execFile(process.execPath, args, (error) => (error ? reject(error) : resolve()));
      });
    await Promise.all([1, 2, 3].map(() => run(['--input-type=module', '-e', program])));
    const db = await openDatabase(config, 2);
    const rows = await db.selectFrom('migration').selectAll().orderBy('name').execute();
    await db.destroy();
    expect(rows).toEqual(NAMES.map((name) => ({ name, applied_at: 1 })));
  });

  it('of a newer version is refused, and left as it is', async () => {
    await test.db.insertInto('migration').values({ name: '9999_from_the_future', applied_at: 1 }).execute();
    const opening = openDatabase(test.config, 2);
    await expect(opening).rejects.toBeInstanceOf(UserError);
    await expect(opening).rejects.toThrow(
      /written by a newer version \(migration 9999_from_the_future\): start that version, or restore a backup/,
    );
    expect((await applied()).map(({ name }) => name)).toEqual([...NAMES, '9999_from_the_future']);
  });

  it('keeps whole numbers, also large ones, as numbers', async () => {
    const at = Date.parse('2026-11-24T20:00:00+08:00');
    await test.db.insertInto('counter').values({ name: 'x', value: at }).execute();
    const rows = await test.db
      .selectFrom('counter')
      .select(({ fn }) => ['value', fn.sum('value').as('sum'), fn.countAll<number>().as('count')])
      .groupBy('value')
      .execute();
    expect(rows).toEqual([{ value: at, sum: at, count: 1 }]);
  });
});

describe('a file that can not be opened', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weike-open-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = (file: string) => openDatabase({ kind: 'sqlite', file }, 0);

  it('is named with the reason', async () => {
    const file = join(folder, 'weike.db');
    writeFileSync(file, 'no database at all, and long enough to be looked at');
    await expect(open(file)).rejects.toThrow(
      /database file .*weike.db can not be used: it is not a database/,
    );
    await expect(open(join(file, 'below.db'))).rejects.toThrow(
      /can not be used: a file stands where a folder/,
    );
    await expect(open(folder)).rejects.toThrow(/can not be used: it can not be opened/);
    expect(readFileSync(file, 'utf8')).toContain('no database');
  });

  it('may be read-only to us', async () => {
    const file = join(folder, 'weike.db');
    await (await open(file)).destroy();
    expect(statSync(file).size).toBeGreaterThan(0);
    chmodSync(file, 0o400);
    // Root writes everything.
    if (process.getuid?.() !== 0) await expect(open(file)).rejects.toThrow(/can not be written/);
  });
});

describe('a server that can not be reached', () => {
  const open = (url: string) => openDatabase({ kind: 'postgres', url }, 0);

  it('is named with the reason, and without the password', async () => {
    const nobody = `postgres://user:geheimnis@127.0.0.1:${await freePort()}/weike`;
    const rejected = await open(nobody).then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
    expect(rejected).toMatch(
      /^the database at 127\.0\.0\.1:\d+ can not be reached .*: is it running\? see DATABASE_URL$/,
    );
    expect(rejected).not.toContain('geheimnis');
    await expect(open(`${inject('postgresUrl')}/nosuchdatabase`)).rejects.toThrow(
      /there is no database nosuchdatabase at .*: create it, or see DATABASE_URL/,
    );
  });
});
