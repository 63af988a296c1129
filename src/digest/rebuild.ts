/**
 * The rollups beside the facts: counted anew, group by group, and compared with what was kept or put in its place. A
 * row of nothing but zeros says the same as no row.
 */
import { addDays, localDay, startOfDay } from '../clock.ts';
import { type Db, dialectOf, inSnapshot, inTransaction } from '../db/open.ts';
import { type RawBuilder, sql } from '../db/sql.ts';
import { countDays } from './spans.ts';

/** Told how much is done, from 0 to 1. */
export type Progress = (done: number) => void;

export type RollupName = (typeof TABLES)[number];

export interface Difference {
  readonly table: RollupName;
  /** Of the row: its ids, days and numbers with a space between. */
  readonly key: string;
  readonly kept: Readonly<Record<string, number>>;
  readonly counted: Readonly<Record<string, number>>;
}

interface Done {
  readonly answers: number;
  readonly correct: number;
  readonly checkins: number;
}

interface Learned extends Done {
  readonly learned: number;
}

/** Databases limit the parameters of a statement. */
const WINDOWS = 200;
/** Groups whose days are put in at once. */
const GROUPS = 100;
/** What of the comparison are the members' days; the rest is the windows and the months. */
const DAYS_SHARE = 0.8;

/**
 * Forgets all rollups and counts them anew, in one transaction. Whoever records facts or moves somebody meanwhile
 * waits for its end: on SQLite anyway, on PostgreSQL by a lock. The database does all of it, in pieces: a day of facts,
 * some groups' days, some windows; what is ours to remember is one row of a piece at most.
 */
export async function rebuildRollups(
  db: Db,
  zone: string,
  progress: Progress = () => undefined,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    if (dialectOf(trx) === 'postgres')
      await sql`lock table answer, checkin, member_place in share mode`.execute(trx);
    for (const table of TABLES) await trx.deleteFrom(table).execute();
    await countFacts(trx, zone, (done) => progress(0.4 * done));
    const groups = await listGroups(trx);
    for (let at = 0; at < groups.length; at += GROUPS) {
      await keepDays(trx, groups[at] ?? '', groups[Math.min(at + GROUPS, groups.length) - 1] ?? '');
      progress(0.4 + 0.25 * Math.min((at + GROUPS) / groups.length, 1));
    }
    await sql`drop table counted_day`.execute(trx);
    await sql`insert into rollup_group_day (day, group_id, learned, answers, correct, checkins)
      select day, group_id, count(case when answers > 0 or checkins > 0 then 1 end), sum(answers), sum(correct),
        sum(checkins)
      from rollup_member_day group by group_id, day`.execute(trx);
    progress(0.7);
    await sql`insert into rollup_member_month (month, member_id, days, answers, correct, checkins)
      ${MONTHS}`.execute(trx);
    await sql`update rollup_member_month set unit_id = ${UNIT_OF_MONTH}`.execute(trx);
    await sql`insert into rollup_unit_month (month, unit_id, learned, answered, days, answers, correct, checkins)
      ${UNIT_MONTHS}`.execute(trx);
    progress(0.8);
    const ranges = await listWindowRanges(trx);
    for (const [at, [first, last]] of ranges.entries()) {
      await keepWindows(trx, first, last);
      progress(0.8 + (0.2 * (at + 1)) / ranges.length);
    }
    progress(1);
  });
}

const TABLES = [
  'rollup_question',
  'rollup_window',
  'rollup_member_day',
  'rollup_group_day',
  'rollup_member_month',
  'rollup_unit_month',
] as const;

/** Sums up the facts by day, group and member, in a table of this transaction: a day is read where it lies together. */
async function countFacts(trx: Db, zone: string, progress: Progress): Promise<void> {
  await sql`create temporary table counted_day (group_id text not null, day text not null, member_id text not null,
    answers bigint not null, correct bigint not null, checkins bigint not null)`.execute(trx);
  const written = await trx
    .selectFrom('answer')
    .select(({ fn }) => [fn.min('written_at').as('first'), fn.max('written_at').as('last')])
    .executeTakeFirstOrThrow();
  if (written.first !== null) {
    const first = localDay(Number(written.first), zone);
    const days = countDays(first, localDay(Number(written.last), zone));
    for (let at = 0; at < days; at += 1) {
      const day = addDays(first, at);
      await sql`insert into counted_day (group_id, day, member_id, answers, correct, checkins)
        select group_id, ${sql.lit(day)}, member_id, count(*), sum(correct), 0 from answer
        where written_at >= ${startOfDay(day, zone)} and written_at < ${startOfDay(addDays(day, 1), zone)}
          and counted = 1
        group by group_id, member_id`.execute(trx);
      progress((at + 1) / days);
    }
  }
  await sql`insert into counted_day (group_id, day, member_id, answers, correct, checkins)
    select group_id, day, member_id, 0, 0, 1 from checkin where counted = 1`.execute(trx);
  await sql`create index counted_day_group on counted_day (group_id)`.execute(trx);
  if (dialectOf(trx) === 'postgres') await sql`analyze counted_day`.execute(trx);
}

/** The days of some groups, in the order in which they lie in the table. */
const keepDays = (trx: Db, first: string, last: string) =>
  sql`insert into rollup_member_day (group_id, day, member_id, answers, correct, checkins)
    select group_id, day, member_id, sum(answers), sum(correct), sum(checkins) from counted_day
    where group_id >= ${first} and group_id <= ${last}
    group by group_id, day, member_id order by group_id, day, member_id`.execute(trx);

/** What the members' days add up to; a day on which something was done counts once over all groups. */
const MONTHS = sql`select substr(day, 1, 7), member_id,
    count(distinct case when answers > 0 or checkins > 0 then day end), sum(answers), sum(correct), sum(checkins)
  from rollup_member_day group by substr(day, 1, 7), member_id`;

/** The unit in which a member stood for all of a month; the rule is `unitOfMonth`. */
const UNIT_OF_MONTH = sql`(select min(place.unit_id) from member_place as place
  where place.member_id = rollup_member_month.member_id and place.from_day <= month || '-01'
    and (place.to_day is null or place.to_day > month || '-31'))`;

/** What the members' months add up to in the unit where they stood. */
const UNIT_MONTHS = sql`select month, unit_id, count(case when days > 0 then 1 end),
    count(case when answers > 0 then 1 end), sum(days), sum(answers), sum(correct), sum(checkins)
  from rollup_member_month where unit_id is not null group by month, unit_id`;

const listGroups = async (db: Db): Promise<string[]> =>
  (await db.selectFrom('chat_group').select('id').orderBy('id').execute()).map(({ id }) => id);

/** The local day of an instant; neighbours are found without reckoning. */
function dayFinder(zone: string): (at: number) => string {
  let [day, from, to] = ['', 0, 0];
  return (at) => {
    if (at >= from && at < to) return day;
    day = localDay(at, zone);
    [from, to] = [startOfDay(day, zone), startOfDay(addDays(day, 1), zone)];
    return day;
  };
}

const NOTHING: Done = { answers: 0, correct: 0, checkins: 0 };

const add = (a: Done, b: Done): Done => ({
  answers: a.answers + b.answers,
  correct: a.correct + b.correct,
  checkins: a.checkins + b.checkins,
});

/** A group's facts by day and member, in this order. */
type GroupDays = Map<string, Map<string, Done>>;

async function countGroup(db: Db, groupId: string, dayOf: (at: number) => string): Promise<GroupDays> {
  const days: GroupDays = new Map();
  const note = (day: string, memberId: string, done: Done) => {
    const members = days.get(day) ?? new Map<string, Done>();
    if (!days.has(day)) days.set(day, members);
    members.set(memberId, add(members.get(memberId) ?? NOTHING, done));
  };
  const windows = await db.selectFrom('quiz_window').select('id').where('group_id', '=', groupId).execute();
  for (let at = 0; at < windows.length; at += WINDOWS) {
    const answers = await db
      .selectFrom('answer')
      .select(['member_id', 'written_at', 'correct'])
      .where(
        'window_id',
        'in',
        windows.slice(at, at + WINDOWS).map(({ id }) => id),
      )
      .where('counted', '=', 1)
      .execute();
    for (const { member_id: memberId, written_at: writtenAt, correct } of answers)
      note(dayOf(writtenAt), memberId, { answers: 1, correct, checkins: 0 });
  }
  const checkins = await db
    .selectFrom('checkin')
    .select(['member_id', 'day'])
    .where('group_id', '=', groupId)
    .where('counted', '=', 1)
    .execute();
  for (const { member_id: memberId, day } of checkins) note(day, memberId, { ...NOTHING, checkins: 1 });
  return new Map([...days].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A group's day: who did something, and what all did. */
const sumDay = (members: Iterable<Done>): Learned => {
  let sum: Learned = { ...NOTHING, learned: 0 };
  for (const done of members)
    sum = { ...add(sum, done), learned: sum.learned + (done.answers > 0 || done.checkins > 0 ? 1 : 0) };
  return sum;
};

/** The first and the last window of each piece of the work. */
async function listWindowRanges(db: Db): Promise<(readonly [first: string, last: string])[]> {
  const windows = await db.selectFrom('quiz_window').select('id').orderBy('id').execute();
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < windows.length; at += WINDOWS) {
    const some = windows.slice(at, at + WINDOWS);
    ranges.push([some[0]?.id ?? '', some.at(-1)?.id ?? '']);
  }
  return ranges;
}

const countedOf = (db: Db, first: string, last: string) =>
  db
    .selectFrom('answer')
    .where('window_id', '>=', first)
    .where('window_id', '<=', last)
    .where('counted', '=', 1);

const questionSums = (db: Db, first: string, last: string) =>
  countedOf(db, first, last)
    .select(({ fn }) => [
      'window_id',
      'question',
      fn.countAll<number>().as('answers'),
      fn.sum<number>('correct').as('correct'),
    ])
    .groupBy(['window_id', 'question']);

const windowSums = (db: Db, first: string, last: string) =>
  countedOf(db, first, last)
    .select(({ fn }) => [
      'window_id',
      fn.count<number>('member_id').distinct().as('members'),
      fn.countAll<number>().as('answers'),
      fn.sum<number>('correct').as('correct'),
    ])
    .groupBy('window_id');

async function keepWindows(trx: Db, first: string, last: string): Promise<void> {
  await trx
    .insertInto('rollup_question')
    .columns(['window_id', 'question', 'answers', 'correct'])
    .expression(questionSums(trx, first, last))
    .execute();
  await trx
    .insertInto('rollup_window')
    .columns(['window_id', 'members', 'answers', 'correct'])
    .expression(windowSums(trx, first, last))
    .execute();
}

export interface VerifyOptions {
  readonly progress?: Progress;
  /** So many differences are told; then the comparison ends. */
  readonly most?: number;
}

/** What of the rollups isn't what the facts say, as they were at one instant. */
export async function verifyRollups(
  db: Db,
  zone: string,
  { progress = () => undefined, most = 1_000 }: VerifyOptions = {},
): Promise<Difference[]> {
  return await inSnapshot(db, async (snapshot) => {
    const found: Difference[] = [];
    const groups = await listGroups(snapshot);
    const dayOf = dayFinder(zone);
    for (const [at, groupId] of groups.entries()) {
      found.push(...(await compareGroup(snapshot, groupId, dayOf)));
      if (found.length >= most) return found.slice(0, most);
      progress((DAYS_SHARE * (at + 1)) / groups.length);
    }
    const ranges = await listWindowRanges(snapshot);
    for (const [at, [first, last]] of ranges.entries()) {
      found.push(...(await compareWindows(snapshot, first, last)));
      if (found.length >= most) return found.slice(0, most);
      progress(DAYS_SHARE + ((0.9 - DAYS_SHARE) * (at + 1)) / ranges.length);
    }
    found.push(...(await compareMonths(snapshot)), ...(await compareUnits(snapshot)));
    progress(1);
    return found.slice(0, most);
  });
}

type Figures = Readonly<Record<string, number>>;

/** Rows of two sources by their keys: those whose figures differ. */
function compare(
  table: RollupName,
  kept: ReadonlyMap<string, Figures>,
  counted: ReadonlyMap<string, Figures>,
): Difference[] {
  const keys = new Set([...kept.keys(), ...counted.keys()]);
  return [...keys].flatMap((key) => {
    const [before = {}, after = {}] = [kept.get(key), counted.get(key)];
    const names = Object.keys({ ...before, ...after });
    if (names.every((name) => (before[name] ?? 0) === (after[name] ?? 0))) return [];
    return [{ table, key, kept: before, counted: after }];
  });
}

async function compareGroup(db: Db, groupId: string, dayOf: (at: number) => string): Promise<Difference[]> {
  const days = await countGroup(db, groupId, dayOf);
  const keptDays = await db
    .selectFrom('rollup_member_day')
    .select(['day', 'member_id', 'answers', 'correct', 'checkins'])
    .where('group_id', '=', groupId)
    .execute();
  const keptSums = await db
    .selectFrom('rollup_group_day')
    .select(['day', 'learned', 'answers', 'correct', 'checkins'])
    .where('group_id', '=', groupId)
    .execute();
  return [
    ...compare(
      'rollup_member_day',
      new Map(keptDays.map(({ day, member_id: id, ...done }) => [`${groupId} ${day} ${id}`, done])),
      new Map(
        [...days].flatMap(([day, members]) =>
          [...members].map(([id, done]) => [`${groupId} ${day} ${id}`, { ...done }] as const),
        ),
      ),
    ),
    ...compare(
      'rollup_group_day',
      new Map(keptSums.map(({ day, ...sum }) => [`${groupId} ${day}`, sum])),
      new Map([...days].map(([day, members]) => [`${groupId} ${day}`, { ...sumDay(members.values()) }])),
    ),
  ];
}

async function compareWindows(db: Db, first: string, last: string): Promise<Difference[]> {
  const questions = await questionSums(db, first, last).execute();
  const windows = await windowSums(db, first, last).execute();
  const within = <T extends { where: (column: 'window_id', sign: '>=' | '<=', id: string) => T }>(query: T) =>
    query.where('window_id', '>=', first).where('window_id', '<=', last);
  const keptQuestions = await within(db.selectFrom('rollup_question').selectAll()).execute();
  const keptWindows = await within(db.selectFrom('rollup_window').selectAll()).execute();
  const questionKey = (row: { window_id: string; question: number }) => `${row.window_id} ${row.question}`;
  const figures = (row: { answers: number; correct: number }) => ({
    answers: Number(row.answers),
    correct: Number(row.correct),
  });
  const ofWindow = (row: { members: number; answers: number; correct: number }) => ({
    members: Number(row.members),
    ...figures(row),
  });
  return [
    ...compare(
      'rollup_window',
      new Map(keptWindows.map((row) => [row.window_id, ofWindow(row)])),
      new Map(windows.map((row) => [row.window_id, ofWindow(row)])),
    ),
    ...compare(
      'rollup_question',
      new Map(keptQuestions.map((row) => [questionKey(row), figures(row)])),
      new Map(questions.map((row) => [questionKey(row), figures(row)])),
    ),
  ];
}

interface SumsOf {
  readonly table: RollupName;
  readonly keys: readonly string[];
  readonly sums: readonly string[];
  /** A query of all keys, then all sums, in this order. */
  readonly counted: RawBuilder<unknown>;
}

/** Rollups against what other rollups add up to. The database does it: only differences come. */
async function compareSums(db: Db, { table, keys, sums, counted }: SumsOf): Promise<Difference[]> {
  const words = (names: readonly string[], word: (name: string) => string) =>
    sql.raw(names.map(word).join(', '));
  const plain = (name: string) => name;
  const { rows } = await sql<Readonly<Record<string, string | number>>>`
    with counted (${words([...keys, ...sums], plain)}) as (${counted})
    select ${words(keys, plain)}, ${words(sums, (name) => `sum(kept_${name}) as kept_${name}, sum(${name}) as ${name}`)}
    from (
      select ${words(keys, plain)}, ${words(sums, (name) => `${name} as kept_${name}, 0 as ${name}`)}
      from ${sql.table(table)}
      union all
      select ${words(keys, plain)}, ${words(sums, (name) => `0 as kept_${name}, ${name} as ${name}`)} from counted
    ) as both_sides
    group by ${words(keys, plain)}
    having ${sql.raw(sums.map((name) => `sum(kept_${name}) <> sum(${name})`).join(' or '))}`.execute(db);
  const figures = (row: (typeof rows)[number], of: string) =>
    Object.fromEntries(sums.map((name) => [name, Number(row[`${of}${name}`] ?? 0)]));
  return rows.map((row) => ({
    table,
    key: keys.map((name) => row[name]).join(' '),
    kept: figures(row, 'kept_'),
    counted: figures(row, ''),
  }));
}

const DONE = ['days', 'answers', 'correct', 'checkins'];

/** Months against the members' days, which were compared with the facts. */
const compareMonths = (db: Db): Promise<Difference[]> =>
  compareSums(db, {
    table: 'rollup_member_month',
    keys: ['month', 'member_id'],
    sums: DONE,
    counted: MONTHS,
  });

/** Units against where the members stood, and against where their months say that they went. */
async function compareUnits(db: Db): Promise<Difference[]> {
  const of = {
    table: 'rollup_unit_month',
    keys: ['month', 'unit_id'],
    sums: ['learned', 'answered', ...DONE],
  } as const;
  const stood = sql`select month, unit_id, count(case when days > 0 then 1 end),
      count(case when answers > 0 then 1 end), sum(days), sum(answers), sum(correct), sum(checkins)
    from (select month, days, answers, correct, checkins, ${UNIT_OF_MONTH} as unit_id from rollup_member_month)
      as stood
    where unit_id is not null group by month, unit_id`;
  const found = await compareSums(db, { ...of, counted: stood });
  const noted = await compareSums(db, { ...of, counted: UNIT_MONTHS });
  return [...new Map([...noted, ...found].map((one) => [one.key, one])).values()];
}
