/**
 * A big county in either database, made where it lies: members in branches in departments, a group a branch, a quiz a
 * day, answers and check-ins. Only what digests read is made; there are no messages behind the facts.
 */
import pg from 'pg';
import { DatabaseSync } from 'node:sqlite';

import { DAY, HOUR, startOfDay } from '../src/clock.ts';
import { LESSON, SOURCE, ZONE } from './school.ts';

export interface ScaleSize {
  readonly departments: number;
  readonly groups: number;
  readonly members: number;
  readonly answers: number;
}

export const FULL: ScaleSize = { departments: 20, groups: 2_000, members: 100_000, answers: 10_000_000 };
/** Quick to make, and of the same shape. */
export const SMALL: ScaleSize = { departments: 5, groups: 50, members: 2_500, answers: 250_000 };

/** Answers of one member to one quiz. */
const QUESTIONS = 3;

/** The last day of the data. */
export const LAST_DAY = '2026-11-30';

/** Statements that the two databases write differently. */
interface Writer {
  readonly run: (statement: string) => Promise<void>;
  /** A table `n` with a column `i` from 0 to `count` - 1. */
  readonly numbers: (count: number) => string;
  /** An id from a kind and a number. */
  readonly id: (kind: string, no: string) => string;
  /** The local day of an instant. */
  readonly day: (at: string) => string;
  /** Makes many rows without the indexes that slow it down. */
  bulk(table: string, work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Ids that sort in the order of their making. */
export const scaleId = (kind: string, no: number): string =>
  `0193${kind}-0000-7000-8000-${no.toString(16).padStart(12, '0')}`;

function openSqliteWriter(file: string): Writer {
  const db = new DatabaseSync(file);
  // Only while it is made: nobody else has it.
  db.exec('pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -400000');
  const run = async (statement: string) => db.exec(statement);
  return {
    run,
    numbers: (count) =>
      `(with recursive s (i) as (select 0 union all select i + 1 from s where i + 1 < ${count}) select i from s) as n`,
    id: (kind, no) => `printf('0193${kind}-0000-7000-8000-%012x', ${no})`,
    day: (at) => `date((${at}) / 1000, 'unixepoch', '+8 hours')`,
    async bulk(table, work) {
      const indexes = db
        .prepare(
          `select name, sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null`,
        )
        .all(table) as { name: string; sql: string }[];
      for (const { name } of indexes) db.exec(`drop index ${name}`);
      db.exec('begin');
      await work();
      db.exec('commit');
      for (const { sql } of indexes) db.exec(sql);
    },
    async close() {
      db.exec('analyze; pragma wal_checkpoint(truncate)');
      db.close();
    },
  };
}

async function openPostgresWriter(url: string): Promise<Writer> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // No triggers: what refers to rows that aren't made isn't looked for.
  await client.query(`set session_replication_role = replica; set maintenance_work_mem = '512MB'`);
  const run = async (statement: string) => void (await client.query(statement));
  return {
    run,
    numbers: (count) => `generate_series(0, ${count - 1}) as n (i)`,
    id: (kind, no) => `'0193${kind}-0000-7000-8000-' || lpad(to_hex(${no}), 12, '0')`,
    day: (at) => `to_char(to_timestamp((${at}) / 1000) at time zone '${ZONE}', 'YYYY-MM-DD')`,
    async bulk(table, work) {
      const { rows } = await client.query<{ indexname: string; indexdef: string }>(
        `select indexname, indexdef from pg_indexes where tablename = $1
          and indexname not in (select conname from pg_constraint where conrelid = $1::regclass)`,
        [table],
      );
      for (const { indexname } of rows) await run(`drop index ${indexname}`);
      await work();
      for (const { indexdef } of rows) await run(indexdef);
    },
    async close() {
      await run('analyze');
      await client.end();
    },
  };
}

export type ScaleDatabase =
  { readonly kind: 'sqlite'; readonly file: string } | { readonly kind: 'postgres'; readonly url: string };

/** Kinds of ids. */
export const IDS = {
  unit: '0001',
  member: '0002',
  group: '0003',
  delivery: '0004',
  window: '0005',
  message: '0006',
  answer: '0007',
  checkin: '0008',
  place: '0009',
} as const;

/** Unit 0 is the county, then come the departments, then the branches. */
export const branchNo = (size: ScaleSize, branch: number): number => 1 + size.departments + branch;

/** Fills a database that has its tables. Rollups are left to `weike rollup rebuild`. */
export async function writeScale(
  database: ScaleDatabase,
  size: ScaleSize,
  say: (what: string) => void,
): Promise<void> {
  const writer =
    database.kind === 'sqlite' ? openSqliteWriter(database.file) : await openPostgresWriter(database.url);
  const { run, numbers, id, day } = writer;
  const { departments, groups, members } = size;
  const rounds = Math.ceil(size.answers / (members * QUESTIONS));
  const first = startOfDay(LAST_DAY, ZONE) - (rounds - 1) * DAY;
  if (!LESSON) throw new Error('the lesson of the bench has a fault');

  // The tree: a county, its departments, branches that go round among them.
  const units = 1 + departments + groups;
  const branch = `(i - ${1 + departments})`;
  const parent = `case when i = 0 then null when i <= ${departments} then ${id(IDS.unit, '0')}
    else ${id(IDS.unit, `1 + ${branch} % ${departments}`)} end`;
  await run(`insert into unit (id, name, kind, parent_id, created_at)
    select ${id(IDS.unit, 'i')}, case when i = 0 then '县委' when i <= ${departments} then '部门' || i else '支部' || ${branch} end,
      case when i = 0 then '党委' when i <= ${departments} then '党工委' else '党支部' end, ${parent}, i from ${numbers(units)}`);
  await run(`insert into unit_place (id, unit_id, parent_id, from_day, to_day)
    select ${id(IDS.place, 'i')}, ${id(IDS.unit, 'i')}, ${parent}, '0000-01-01', null from ${numbers(units)}`);
  await run(`insert into chat_group (id, key, account, room_id, topic, enabled, created_at, unit_id)
    select ${id(IDS.group, 'i')}, 'g' || (i + 1), 'wechaty:county', 'room' || i || '@chatroom', '支部' || i || '群', 1, i,
      ${id(IDS.unit, `i + ${1 + departments}`)} from ${numbers(groups)}`);
  await run(`insert into group_place (id, group_id, unit_id, from_day, to_day)
    select ${id(IDS.place, 'i')}, ${id(IDS.group, 'i')}, ${id(IDS.unit, `i + ${1 + departments}`)}, '0000-01-01', null
      from ${numbers(groups)}`);
  say(`${members.toLocaleString('en')} members in ${groups.toLocaleString('en')} branches`);
  await run(`insert into member (id, name, status, unit_id, created_at)
    select ${id(IDS.member, 'i')}, '茶友' || i, 'full', ${id(IDS.unit, `i % ${groups} + ${1 + departments}`)}, 0 from ${numbers(members)}`);
  await writer.bulk('member_place', () =>
    run(`insert into member_place (id, member_id, unit_id, status, from_day, to_day)
      select ${id(IDS.place, 'i')}, ${id(IDS.member, 'i')}, ${id(IDS.unit, `i % ${groups} + ${1 + departments}`)}, 'full', '0000-01-01', null
        from ${numbers(members)}`),
  );

  // A quiz a day and group, at eight in the evening, open until ten.
  const windows = groups * rounds;
  const opensAt = `(${first + 20 * HOUR} + (i / ${groups}) * ${DAY}.0)`;
  const opens = `cast(${opensAt} as bigint)`;
  await run(`insert into lesson_revision (hash, lesson_id, title, course, file, source, approved_by, recorded_at)
    select 'round' || i, 'bench', '${LESSON.title} ' || i, '', 'bench.md', '${SOURCE.replaceAll("'", "''")}', 'operator', 0
      from ${numbers(rounds)}`);
  await writer.bulk('delivery', () =>
    run(`insert into delivery (id, no, cause, kind, account, group_id, content, hash, ordinal, close_after, state,
        planned_at, due_at, sent_at, attempt, updated_at)
      select ${id(IDS.delivery, 'i')}, i + 1, 'scale:' || i, 'lesson', 'wechaty:county', ${id(IDS.group, `i % ${groups}`)}, 'bench',
        'round' || (i / ${groups}), i / ${groups} + 1, ${2 * HOUR}, 'sent', ${opens}, ${opens}, ${opens}, 1, ${opens} from ${numbers(windows)}`),
  );
  await writer.bulk('quiz_window', () =>
    run(`insert into quiz_window (id, delivery_id, group_id, lesson_id, hash, opens_at, closes_at, closed_at)
      select ${id(IDS.window, 'i')}, ${id(IDS.delivery, 'i')}, ${id(IDS.group, `i % ${groups}`)}, 'bench', 'round' || (i / ${groups}),
        ${opens}, ${opens} + ${2 * HOUR}, ${opens} + ${2 * HOUR} from ${numbers(windows)}`),
  );
  // Round by round: each is a day of its own, and no statement is too big.
  const question = `(i % ${QUESTIONS})`;
  const member = `(i / ${QUESTIONS})`;
  await writer.bulk('answer', async () => {
    for (let round = 0; round < rounds; round += 1) {
      if (round % 5 === 0) say(`answers of day ${round + 1} of ${rounds}`);
      const rows = members * QUESTIONS;
      const written = `${first + round * DAY + 20 * HOUR} + ${member} % 7200 * 1000`;
      await run(`insert into answer (id, window_id, group_id, member_id, question, value, correct, counted, message_id,
          written_at, recorded_at, score)
        select ${id(IDS.answer, `${round * rows} + i`)}, ${id(IDS.window, `${round * groups} + ${member} % ${groups}`)},
          ${id(IDS.group, `${member} % ${groups}`)}, ${id(IDS.member, member)}, ${question} + 1, 'B',
          case when (${member} + ${question} + ${round}) % 4 > 0 then 1 else 0 end, 1, ${id(IDS.message, `${round * members} + ${member}`)},
          ${written}, ${written}, case when (${member} + ${question} + ${round}) % 4 > 0 then 1000 else 0 end
        from ${numbers(rows)}
        where (${member} * 7 + ${round} * 3) % 10 < 9 or ${round} % 30 = 0`);
    }
  });
  await writer.bulk('checkin', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const written = `${first + round * DAY + 19 * HOUR} + i % 3600 * 1000`;
      await run(`insert into checkin (id, member_id, group_id, day, note, counted, message_id, written_at, recorded_at)
        select ${id(IDS.checkin, `${round * members} + i`)}, ${id(IDS.member, 'i')}, ${id(IDS.group, `i % ${groups}`)},
          ${day(`${first + round * DAY + 19 * HOUR}`)}, '', 1, ${id('0010', `${round * members} + i`)}, ${written}, ${written}
        from ${numbers(members)} where (i + ${round}) % 3 = 0`);
    }
  });
  say('indexes and statistics');
  await writer.close();
}
