/**
 * Digests of a big county, beside the group-by over the answers themselves on the same database: SQLite and PostgreSQL.
 * `--scale` makes 100 thousand members, 2,000 groups and 10 million answers (`--answers` another number); else a small
 * county of the same shape.
 */
import { join } from 'node:path';

import { addDays, startOfDay } from '../src/clock.ts';
import { type Db, openDatabase } from '../src/db/open.ts';
import { sql } from '../src/db/sql.ts';
import { readUnitDigest } from '../src/digest/digest.ts';
import { rebuildRollups, verifyRollups } from '../src/digest/rebuild.ts';
import { type Span, spanAround } from '../src/digest/spans.ts';
import { openPostgres } from '../test/support/postgres.ts';
import { type Bench, type Figure, figure, median } from './figure.ts';
import {
  branchNo,
  FULL,
  IDS,
  LAST_DAY,
  type ScaleDatabase,
  scaleId,
  type ScaleSize,
  SMALL,
  writeScale,
} from './scale-data.ts';
import { ZONE } from './school.ts';

const WEEK_AIM = 20;
const MONTH_AIM = 500;

export const scale: Bench = {
  name: 'scale',
  title: 'digests of a big county, beside the group-by over the answers',
  async run({ full, folder, answers, say }) {
    const shape = full ? FULL : SMALL;
    const size = { ...shape, answers: answers ?? shape.answers };
    const figures = await measure({ kind: 'sqlite', file: join(folder, 'scale.db') }, size, say);
    const postgres = await openPostgres();
    try {
      await onServer(postgres.url, 'create database scale');
      const url = `${postgres.url}/scale`;
      return [...figures, ...(await measure({ kind: 'postgres', url }, size, say))];
    } finally {
      await postgres.stop();
    }
  },
};

async function onServer(url: string, statement: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: `${url}/postgres` });
  await client.connect();
  await client.query(statement);
  await client.end();
}

async function measure(
  database: ScaleDatabase,
  size: ScaleSize,
  say: (what: string) => void,
): Promise<Figure[]> {
  const now = startOfDay(addDays(LAST_DAY, 1), ZONE);
  await (await openDatabase(database, now)).destroy();
  const began = performance.now();
  await writeScale(database, size, say);
  say(`${database.kind}: written in ${Math.round((performance.now() - began) / 1_000)} s`);
  const db = await openDatabase(database, now);
  try {
    return await compare(db, database.kind, size, now, say);
  } finally {
    await db.destroy();
  }
}

async function compare(
  db: Db,
  on: string,
  size: ScaleSize,
  now: number,
  say: (what: string) => void,
): Promise<Figure[]> {
  const answers = Number(
    (
      await db
        .selectFrom('answer')
        .select(({ fn }) => fn.countAll<number>().as('all'))
        .executeTakeFirstOrThrow()
    ).all,
  );
  say(`${on}: counting the rollups of ${answers.toLocaleString('en')} answers anew`);
  const rebuilt = await timed(() => rebuildRollups(db, ZONE, sayTenths(say, on)));
  await sql`analyze`.execute(db);
  say(`${on}: comparing them with the facts`);
  let differences = 0;
  const verified = await timed(async () => {
    differences = (await verifyRollups(db, ZONE)).length;
  });
  if (differences > 0) throw new Error(`${differences} rollups are not what the facts say`);
  const whole = await timed(() => groupAll(db));

  const week = spanAround('week', addDays(LAST_DAY, -7));
  const month = spanAround('month', LAST_DAY);
  const branches = Array.from({ length: 30 }, (_, at) =>
    scaleId(IDS.unit, branchNo(size, Math.floor((at * size.groups) / 30))),
  );
  const county = scaleId(IDS.unit, 0);
  const digest = (span: Span, unitId: string) => () => readUnitDigest({ db, span, zone: ZONE, now }, unitId);
  const ours = {
    week: await medianOf(branches.map((unit) => digest(week, unit))),
    month: await medianOf(Array.from({ length: 5 }, () => digest(month, county))),
  };
  const raw = {
    week: await medianOf(branches.slice(0, 10).map((unit) => () => groupBranch(db, week, unit))),
    month: await medianOf(Array.from({ length: 3 }, () => () => groupCounty(db, month))),
  };
  const what = (name: string) => `${on}, ${answers.toLocaleString('en')} answers: ${name}`;
  return [
    figure(
      { what: what('a branch’s week, everything in it'), value: ours.week, unit: 'ms' },
      {
        bare: { what: 'group-by for its sums alone', value: raw.week, unit: 'ms' },
        aim: { of: 'value', atMost: WEEK_AIM },
      },
    ),
    figure(
      { what: what('the county’s month, everything in it'), value: ours.month, unit: 'ms' },
      {
        bare: { what: 'group-by for its sums alone', value: raw.month, unit: 'ms' },
        aim: { of: 'value', atMost: MONTH_AIM },
      },
    ),
    figure(
      { what: what('all rollups counted anew'), value: rebuilt / 1_000, unit: 's' },
      { bare: { what: 'group-by over all answers', value: whole / 1_000, unit: 's' } },
    ),
    figure({ what: what('all rollups compared with the facts'), value: verified / 1_000, unit: 's' }),
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** ms. The first one warms up. */
async function medianOf(works: readonly (() => Promise<unknown>)[]): Promise<number> {
  const took: number[] = [];
  await works[0]?.();
  for (const work of works) took.push(await timed(work));
  return median(took);
}

function sayTenths(say: (what: string) => void, on: string): (done: number) => void {
  let said = 0;
  return (done) => {
    if (done < said + 0.1) return;
    said = done;
    say(`${on}: ${Math.round(done * 100)}%`);
  };
}

const within = ({ from, to }: Span) =>
  sql`answer.written_at >= ${startOfDay(from, ZONE)} and answer.written_at < ${startOfDay(addDays(to, 1), ZONE)}
    and answer.counted = 1`;

const groupBranch = (db: Db, span: Span, unitId: string) =>
  sql`select count(distinct answer.member_id) as learned, count(*) as answers, sum(answer.correct) as correct
    from member_place join answer on answer.member_id = member_place.member_id
    where member_place.unit_id = ${unitId} and member_place.to_day is null and ${within(span)}`.execute(db);

const groupCounty = (db: Db, span: Span) =>
  sql`select member_place.unit_id, count(distinct answer.member_id) as learned, count(*) as answers,
      sum(answer.correct) as correct
    from answer join member_place on member_place.member_id = answer.member_id and member_place.to_day is null
    where ${within(span)} group by member_place.unit_id`.execute(db);

const groupAll = (db: Db) =>
  sql`select group_id, member_id, count(*) as answers, sum(correct) as correct from answer
    where counted = 1 group by group_id, member_id`.execute(db);
