/** A database of before each form of a question was kept: its questions are their own first form, and may be drawn. */
import { DatabaseSync } from 'node:sqlite';

import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';

import { bankVersions } from '../../src/db/migrations/0020_bank_versions.ts';
import { columnTypes, type Run } from '../../src/db/migrations/columns.ts';
import { MIGRATIONS } from '../../src/db/migrations/index.ts';
import type { Db } from '../../src/db/open.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const BEFORE = MIGRATIONS.slice(0, MIGRATIONS.indexOf(bankVersions));
const OLD = [
  `insert into bank_question (id, no, hash, type, stem, options, key, explanation, source, created_by, created_at)
    values ('q1', 1, 'h', 'truefalse', '对不对', '[]', '["对"]', '', 'x', 'cli', 7)`,
  `insert into bank_question (id, no, hash, type, stem, options, key, explanation, source, created_by, created_at)
    values ('q2', 2, 'i', 'text', '填', '[]', '["密封"]', '', 'x', 'cli', 8)`,
  `insert into bank_tag (question_id, tag) values ('q1', '保鲜'), ('q1', '"茶"')`,
];
const VERSIONS =
  'select question_id, version, key, tags, written_by, written_at from bank_version order by question_id';
const QUESTIONS = 'select id, version, written_by, approved_by, approved_at from bank_question order by no';

type Rows = Record<string, unknown>[];

function expectUpgraded(versions: Rows, questions: Rows) {
  const [first, second] = versions;
  expect(first).toMatchObject({ question_id: 'q1', key: '["对"]', written_by: 'cli' });
  expect(Number(first?.version)).toBe(1);
  expect((JSON.parse(String(first?.tags)) as string[]).toSorted()).toEqual(['"茶"', '保鲜'].toSorted());
  expect(JSON.parse(String(second?.tags))).toEqual([]);
  expect(questions.map((row) => [row.id, row.written_by, row.approved_by, Number(row.approved_at)])).toEqual([
    ['q1', 'cli', 'cli', 7],
    ['q2', 'cli', 'cli', 8],
  ]);
}

describe.each(DIALECTS)('the bank of an older database on %s', (dialect) => {
  it('keeps its questions', async () => {
    const test = await openTestDb(dialect);
    try {
      if (dialect === 'sqlite') await upgradeSqlite(test.db);
      else await test.db.connection().execute(upgradePostgres);
    } finally {
      await test.close();
    }
  });

  async function upgradeSqlite(db: Db) {
    const file = new DatabaseSync(':memory:');
    const run: Run = async (...statements) => {
      for (const statement of statements) file.exec(statement.compile(db).sql);
    };
    for (const { up } of BEFORE) await up(run, columnTypes('sqlite'));
    for (const one of OLD) file.exec(one);
    await bankVersions.up(run, columnTypes('sqlite'));
    expectUpgraded(file.prepare(VERSIONS).all(), file.prepare(QUESTIONS).all());
    file.close();
  }

  async function upgradePostgres(connection: Db) {
    await sql`create schema old`.execute(connection);
    await sql`set search_path to old`.execute(connection);
    const run: Run = async (...statements) => {
      for (const statement of statements) await statement.execute(connection);
    };
    for (const { up } of BEFORE) await up(run, columnTypes('postgres'));
    for (const one of OLD) await sql.raw(one).execute(connection);
    await bankVersions.up(run, columnTypes('postgres'));
    const rows = async (query: string) => (await sql.raw<Rows[number]>(query).execute(connection)).rows;
    expectUpgraded(await rows(VERSIONS), await rows(QUESTIONS));
    await sql`set search_path to public`.execute(connection);
  }
});
