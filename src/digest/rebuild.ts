/**
 * The rollups beside the facts: counted anew, group by group, and compared with what was kept or put in its place. A
 * row of nothing but zeros says the same as no row.
 */
import { addDays, localDay, startOfDay } from '../clock.ts';
import { type Db, dialectOf, inSnapshot, inTransaction } from '../db/open.ts';
import { sql } from '../db/sql.ts';

/** Told how much is done, from 0 to 1. */
export type Progress = (done: number) => void;

export type RollupName =
  'rollup_member_day' | 'rollup_group_day' | 'rollup_member_month' | 'rollup_window' | 'rollup_question';

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
const ROWS = 500;
const WINDOWS = 200;
/** What of the work are the members' days; the rest is the windows and the months. */
const DAYS_SHARE = 0.8;

/**
 * Forgets all rollups and counts them anew, in one transaction. Whoever records facts meanwhile waits for its end:
 * on SQLite anyway, on PostgreSQL by a lock.
 */
export async function rebuildRollups(
  db: Db,
  zone: string,
  progress: Progress = () => undefined,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    if (dialectOf(trx) === 'postgres') await sql`lock table answer, checkin in share mode`.execute(trx);
    for (const table of ['rollup_question', 'rollup_window', 'rollup_member_day'] as const)
      await trx.deleteFrom(table).execute();
    await trx.deleteFrom('rollup_member_month').execute();
    await trx.deleteFrom('rollup_group_day').execute();
    const groups = await listGroups(trx);
    const dayOf = dayFinder(zone);
    for (const [at, groupId] of groups.entries()) {
      const days = await countGroup(trx, groupId, dayOf);
      await keepGroup(trx, groupId, days);
      progress((DAYS_SHARE * (at + 1)) / groups.length);
    }
    const ranges = await listWindowRanges(trx);
    for (const [at, [first, last]] of ranges.entries()) {
      await keepWindows(trx, first, last);
      progress(DAYS_SHARE + ((0.9 - DAYS_SHARE) * (at + 1)) / ranges.length);
    }
    await sql`insert into rollup_member_month (month, member_id, days, answers, correct, checkins)
      ${MONTHS}`.execute(trx);
    progress(1);
  });
}

/** What the members' days add up to; a day on which something was done counts once over all groups. */
const MONTHS = sql`select substr(day, 1, 7), member_id,
    count(distinct case when answers > 0 or checkins > 0 then day end), sum(answers), sum(correct), sum(checkins)
  from rollup_member_day group by substr(day, 1, 7), member_id`;

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

async function keepGroup(trx: Db, groupId: string, days: GroupDays): Promise<void> {
  const rows = [...days].flatMap(([day, members]) =>
    [...members]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([memberId, done]) => ({ group_id: groupId, day, member_id: memberId, ...done })),
  );
  for (let at = 0; at < rows.length; at += ROWS)
    await trx
      .insertInto('rollup_member_day')
      .values(rows.slice(at, at + ROWS))
      .execute();
  const sums = [...days].map(([day, members]) => ({ day, group_id: groupId, ...sumDay(members.values()) }));
  for (let at = 0; at < sums.length; at += ROWS)
    await trx
      .insertInto('rollup_group_day')
      .values(sums.slice(at, at + ROWS))
      .execute();
}

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
    found.push(...(await compareMonths(snapshot)));
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

interface MonthRow {
  readonly month: string;
  readonly member_id: string;
  readonly [figure: string]: string | number;
}

/** Months against the members' days, which were compared with the facts. The database does it: only differences come. */
async function compareMonths(db: Db): Promise<Difference[]> {
  const { rows } = await sql<MonthRow>`
    select month, member_id, sum(kept_days) as kept_days, sum(kept_answers) as kept_answers,
      sum(kept_correct) as kept_correct, sum(kept_checkins) as kept_checkins, sum(days) as days,
      sum(answers) as answers, sum(correct) as correct, sum(checkins) as checkins
    from (
      select month, member_id, days as kept_days, answers as kept_answers, correct as kept_correct,
        checkins as kept_checkins, 0 as days, 0 as answers, 0 as correct, 0 as checkins
      from rollup_member_month
      union all
      select month, member_id, 0, 0, 0, 0, days, answers, correct, checkins from (
        select substr(day, 1, 7) as month, member_id,
          count(distinct case when answers > 0 or checkins > 0 then day end) as days, sum(answers) as answers,
          sum(correct) as correct, sum(checkins) as checkins
        from rollup_member_day group by substr(day, 1, 7), member_id
      ) as counted
    ) as both_sides
    group by month, member_id
    having sum(kept_days) <> sum(days) or sum(kept_answers) <> sum(answers)
      or sum(kept_correct) <> sum(correct) or sum(kept_checkins) <> sum(checkins)`.execute(db);
  const figures = (row: MonthRow, of: string) =>
    Object.fromEntries(
      ['days', 'answers', 'correct', 'checkins'].map((name) => [name, Number(row[`${of}${name}`] ?? 0)]),
    );
  return rows.map((row) => ({
    table: 'rollup_member_month' as const,
    key: `${row.month} ${row.member_id}`,
    kept: figures(row, 'kept_'),
    counted: figures(row, ''),
  }));
}
