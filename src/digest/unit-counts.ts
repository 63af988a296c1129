/**
 * The counts of `figures.ts` for units, from the rollups. Whole months of members whose place on the roster and whose
 * unit's place in the tree hold for all of them come from the sums by month (one month from those of the units);
 * everybody else, and every other span, day by day.
 */
import { addDays } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { clipSpans, idOf, readTreeSpans, type TreeSpan, type Whose } from '../people/places.ts';
import { lineageIn, subtreeIn, type Tree } from '../people/tree.ts';
import { addCounts, type Counts, coverage, NO_COUNTS, type Ratio } from '../figures.ts';
import { addMonths, monthsOf, type Span } from './spans.ts';

export interface UnitCounts {
  /** The tree as it was on the last day of the span. */
  readonly tree: Tree;
  /** By unit's id: the unit with everything below it. */
  readonly counts: ReadonlyMap<string, Counts>;
  /** By unit's id: those who stand in the unit itself, nobody of the units below. */
  readonly own: ReadonlyMap<string, Counts>;
}

/** What one member did while they stood in one unit. */
interface Row {
  readonly unit_id: string | null;
  readonly member_id: string;
  readonly days: number;
  readonly answers: number;
  readonly correct: number;
  readonly checkins: number;
}

/** What the members of one unit did who stood there for the whole span. */
interface UnitRow {
  readonly unit_id: string | null;
  readonly base: number;
  readonly learned: number;
  readonly answered: number;
  readonly days: number;
  readonly answers: number;
  readonly correct: number;
  readonly checkins: number;
}

type Days = Pick<Span, 'from' | 'to'>;

/**
 * Of all units, or of one (or several as one) and those that were below it on any day of the span. A unit's counts are the same whoever
 * asks: of one that came from elsewhere within the span its earlier days count for itself, not for the units above.
 * `known` are the trees of these days and others, where they have been read.
 */
export async function readUnitCounts(
  db: Db,
  span: Days,
  whose?: Whose,
  known?: readonly TreeSpan[],
): Promise<UnitCounts> {
  const spans = known
    ? clipSpans(known, span.from, span.to)
    : await readTreeSpans(db, span.from, span.to, whose);
  const last = spans.at(-1)?.tree ?? { nodes: new Map(), below: new Map() };
  const scope = whose === undefined ? undefined : scopeOf(spans, idOf(whose));
  const sums = new Sums();
  if (isWholeMonths(span)) await readByMonths(db, span, spans, scope, sums);
  else for (const { tree, ...days } of spans) await addRows(db, days, tree, scope, undefined, sums);
  return { tree: last, counts: sums.counts(scope), own: sums.own(scope) };
}

/** Of a unit and all that were below it on the last day: how many of those with members of their own had a learner. */
export const coverageOf = ({ tree, own }: Pick<UnitCounts, 'tree' | 'own'>, unitId: string): Ratio =>
  coverage([...subtreeIn(tree, [unitId])].map((id) => own.get(id) ?? NO_COUNTS));

/** A unit with all that is needed to count it and those below it: what was below any of them in any of the trees. */
function scopeOf(spans: readonly TreeSpan[], topId: string): Set<string> {
  const scope = new Set([topId]);
  for (let size = 0; size < scope.size;) {
    size = scope.size;
    for (const { tree } of spans) for (const id of subtreeIn(tree, scope)) scope.add(id);
  }
  return scope;
}

const isWholeMonths = ({ from, to }: Days): boolean =>
  from.endsWith('-01') && addDays(to, 1) === `${addMonths(to.slice(0, 7), 1)}-01`;

/** The sums by month for whoever stood still in a unit that stood still, the days for everybody else. */
async function readByMonths(
  db: Db,
  span: Days,
  spans: readonly TreeSpan[],
  scope: ReadonlySet<string> | undefined,
  sums: Sums,
): Promise<void> {
  const [first] = spans;
  if (!first) return;
  const changed = findChanged(spans);
  for (const row of await readSettled(db, span, scope))
    if (!changed.has(row.unit_id ?? '')) sums.addUnit(row, lineageIn(first.tree, row.unit_id ?? ''));
  const others = [...(await listMoved(db, span)), ...(await listStood(db, span, [...changed]))];
  const members = [...new Set(others)];
  for (const { tree, ...days } of spans) await addRows(db, days, tree, scope, members, sums);
}

/** Units that were opened, closed or put under another one, themselves or one above them, within the spans. */
function findChanged(spans: readonly TreeSpan[]): Set<string> {
  const lines = spans.map(({ tree }) => tree);
  const units = new Set(lines.flatMap((tree) => [...tree.nodes.keys()]));
  if (lines.length < 2) return new Set();
  return new Set(
    [...units].filter((unitId) => new Set(lines.map((tree) => lineageIn(tree, unitId).join(' '))).size > 1),
  );
}

/** Members who came, went or changed their place within the span. */
async function listMoved(db: Db, { from, to }: Days): Promise<string[]> {
  const rows = await db
    .selectFrom('member_place')
    .select('member_id')
    .distinct()
    .where((eb) =>
      eb.or([
        eb.and([eb('from_day', '>', from), eb('from_day', '<=', to)]),
        eb.and([eb('to_day', '>', from), eb('to_day', '<=', to)]),
      ]),
    )
    .execute();
  return rows.map((row) => row.member_id);
}

/** Members who stood in one of the units on a day of the span. */
async function listStood(db: Db, { from, to }: Days, unitIds: readonly string[]): Promise<string[]> {
  if (unitIds.length === 0) return [];
  const rows = await db
    .selectFrom('member_place')
    .select('member_id')
    .distinct()
    .where('unit_id', 'in', [...unitIds])
    .where('from_day', '<=', to)
    .where((eb) => eb.or([eb('to_day', 'is', null), eb('to_day', '>', from)]))
    .where((eb) => eb.or([eb('to_day', 'is', null), eb('to_day', '>', eb.ref('from_day'))]))
    .execute();
  return rows.map((row) => row.member_id);
}

/** Sums by unit of the members whose place holds for the whole span. */
async function readSettled(db: Db, span: Days, scope: ReadonlySet<string> | undefined): Promise<UnitRow[]> {
  const [month = '', ...more] = monthsOf(span);
  const done = new Map(
    (more.length === 0 ? await readUnitMonth(db, month, scope) : await readUnitMonths(db, span, scope)).map(
      (row) => [row.unit_id, row],
    ),
  );
  let query = standAll(db, span)
    .select(({ fn }) => ['place.unit_id', fn.countAll<number>().as('base')])
    .groupBy('place.unit_id');
  if (scope !== undefined) query = query.where('place.unit_id', 'in', [...scope]);
  return (await query.execute()).map(({ unit_id: unitId, base }) => ({
    ...(done.get(unitId) ?? { ...NO_COUNTS, unit_id: unitId }),
    base: Number(base),
  }));
}

/** The places on the roster that hold for the whole span. */
const standAll = (db: Db, span: Days) =>
  db
    .selectFrom('member_place as place')
    .where('place.from_day', '<=', span.from)
    .where((eb) => eb.or([eb('place.to_day', 'is', null), eb('place.to_day', '>', span.to)]))
    .where('place.unit_id', 'is not', null);

type DoneRow = Omit<UnitRow, 'base'>;

/** Of one month: it was summed up by unit when it was recorded. */
function readUnitMonth(db: Db, month: string, scope: ReadonlySet<string> | undefined): Promise<DoneRow[]> {
  let query = db
    .selectFrom('rollup_unit_month')
    .select(['unit_id', 'learned', 'answered', 'days', 'answers', 'correct', 'checkins'])
    .where('month', '=', month);
  if (scope !== undefined) query = query.where('unit_id', 'in', [...scope]);
  return query.execute();
}

/** Of several months: who learned in more than one of them is still one. */
async function readUnitMonths(
  db: Db,
  span: Days,
  scope: ReadonlySet<string> | undefined,
): Promise<DoneRow[]> {
  const done = db
    .selectFrom('rollup_member_month')
    .where('month', 'in', monthsOf(span))
    .where('days', '>', 0)
    .select(({ fn }) => [
      'member_id',
      fn.sum<number>('days').as('days'),
      fn.sum<number>('answers').as('answers'),
      fn.sum<number>('correct').as('correct'),
      fn.sum<number>('checkins').as('checkins'),
    ])
    .groupBy('member_id');
  let query = standAll(db, span)
    .innerJoin(done.as('done'), 'done.member_id', 'place.member_id')
    .select(({ fn }) => [
      'place.unit_id',
      fn.countAll<number>().as('learned'),
      fn.count<number>('done.member_id').filterWhere('done.answers', '>', 0).as('answered'),
      fn.sum<number>('done.days').as('days'),
      fn.sum<number>('done.answers').as('answers'),
      fn.sum<number>('done.correct').as('correct'),
      fn.sum<number>('done.checkins').as('checkins'),
    ])
    .groupBy('place.unit_id');
  if (scope !== undefined) query = query.where('place.unit_id', 'in', [...scope]);
  return (await query.execute()).map((row) => ({
    unit_id: row.unit_id,
    learned: Number(row.learned),
    answered: Number(row.answered),
    days: Number(row.days),
    answers: Number(row.answers),
    correct: Number(row.correct),
    checkins: Number(row.checkins),
  }));
}

/** Databases limit the parameters of a statement. */
const MEMBERS = 400;

/** Adds members one by one: of everybody, or of the named ones. */
async function addRows(
  db: Db,
  span: Days,
  tree: Tree,
  scope: ReadonlySet<string> | undefined,
  members: readonly string[] | undefined,
  sums: Sums,
): Promise<void> {
  for (let at = 0; at < (members?.length ?? 1); at += MEMBERS) {
    const some = members?.slice(at, at + MEMBERS);
    for (const { unit_id: unitId, member_id: memberId } of await readStood(db, span, scope, some))
      sums.addMember(memberId, lineageIn(tree, unitId ?? ''));
    for (const row of await readDone(db, span, scope, some))
      sums.addRow(row, lineageIn(tree, row.unit_id ?? ''));
  }
}

/** Who stood where on at least one day of the span. */
function readStood(
  db: Db,
  { from, to }: Days,
  scope: ReadonlySet<string> | undefined,
  members: readonly string[] | undefined,
): Promise<Pick<Row, 'unit_id' | 'member_id'>[]> {
  let query = db
    .selectFrom('member_place')
    .select(['unit_id', 'member_id'])
    .distinct()
    .where('unit_id', 'is not', null)
    .where('from_day', '<=', to)
    .where((eb) => eb.or([eb('to_day', 'is', null), eb('to_day', '>', from)]))
    // Who was put elsewhere again on the same day stood there on no day.
    .where((eb) => eb.or([eb('to_day', 'is', null), eb('to_day', '>', eb.ref('from_day'))]));
  if (scope !== undefined) query = query.where('unit_id', 'in', [...scope]);
  if (members !== undefined) query = query.where('member_id', 'in', [...members]);
  return query.execute();
}

/** What each member did while they stood in each unit. */
async function readDone(
  db: Db,
  { from, to }: Days,
  scope: ReadonlySet<string> | undefined,
  members: readonly string[] | undefined,
): Promise<Row[]> {
  let query = db
    .selectFrom('member_place as place')
    .innerJoin('rollup_member_day as done', 'done.member_id', 'place.member_id')
    .select(({ fn }) => [
      'place.unit_id',
      'place.member_id',
      fn.count<number>('done.day').distinct().as('days'),
      fn.sum<number>('done.answers').as('answers'),
      fn.sum<number>('done.correct').as('correct'),
      fn.sum<number>('done.checkins').as('checkins'),
    ])
    .where('place.unit_id', 'is not', null)
    .where('done.day', '>=', from)
    .where('done.day', '<=', to)
    .whereRef('place.from_day', '<=', 'done.day')
    .where((eb) => eb.or([eb('place.to_day', 'is', null), eb('place.to_day', '>', eb.ref('done.day'))]))
    .where((eb) => eb.or([eb('done.answers', '>', 0), eb('done.checkins', '>', 0)]))
    .groupBy(['place.unit_id', 'place.member_id']);
  if (scope !== undefined) query = query.where('place.unit_id', 'in', [...scope]);
  if (members !== undefined) query = query.where('place.member_id', 'in', [...members]);
  return (await query.execute()).map((row) => ({
    unit_id: row.unit_id,
    member_id: row.member_id,
    days: Number(row.days),
    answers: Number(row.answers),
    correct: Number(row.correct),
    checkins: Number(row.checkins),
  }));
}

/** Counts that grow: settled members as numbers, the others by who they are, each once per unit. */
class Sums {
  private readonly units = new Map<string, Sum>();

  private of(unitId: string): Sum {
    const known = this.units.get(unitId);
    if (known) return known;
    const fresh = new Sum();
    this.units.set(unitId, fresh);
    return fresh;
  }

  addUnit(row: UnitRow, lineage: readonly string[]): void {
    for (const [at, unitId] of lineage.entries()) this.of(unitId).addSettled(row, at === 0);
  }

  addMember(memberId: string, lineage: readonly string[]): void {
    for (const [at, unitId] of lineage.entries()) this.of(unitId).addMember(memberId, at === 0);
  }

  addRow(row: Row, lineage: readonly string[]): void {
    for (const [at, unitId] of lineage.entries()) this.of(unitId).addRow(row, at === 0);
  }

  /** What was added for units outside of the scope isn't all of theirs: they are left out. */
  counts(scope: ReadonlySet<string> | undefined): Map<string, Counts> {
    return new Map(this.within(scope).map(([unitId, sum]) => [unitId, sum.whole.counts()]));
  }

  own(scope: ReadonlySet<string> | undefined): Map<string, Counts> {
    return new Map(this.within(scope).map(([unitId, sum]) => [unitId, sum.own.counts()]));
  }

  private within(scope: ReadonlySet<string> | undefined): [unitId: string, sum: Sum][] {
    return [...this.units].filter(([unitId]) => scope === undefined || scope.has(unitId));
  }
}

class Sum {
  readonly whole = new Part();
  readonly own = new Part();

  private parts(isOwn: boolean): Part[] {
    return isOwn ? [this.whole, this.own] : [this.whole];
  }

  addSettled(row: UnitRow, isOwn: boolean): void {
    for (const part of this.parts(isOwn)) part.addSettled(row);
  }

  addMember(memberId: string, isOwn: boolean): void {
    for (const part of this.parts(isOwn)) part.base.add(memberId);
  }

  addRow(row: Row, isOwn: boolean): void {
    for (const part of this.parts(isOwn)) part.addRow(row);
  }
}

class Part {
  settled: Counts = NO_COUNTS;
  readonly base = new Set<string>();
  private readonly learned = new Set<string>();
  private readonly answered = new Set<string>();
  private rest: Pick<Counts, 'answers' | 'correct' | 'days' | 'checkins'> = NO_COUNTS;

  addSettled(row: UnitRow): void {
    this.settled = addCounts(this.settled, row);
  }

  addRow(row: Row): void {
    this.learned.add(row.member_id);
    if (row.answers > 0) this.answered.add(row.member_id);
    const { rest } = this;
    this.rest = {
      answers: rest.answers + row.answers,
      correct: rest.correct + row.correct,
      days: rest.days + row.days,
      checkins: rest.checkins + row.checkins,
    };
  }

  counts(): Counts {
    const { settled, rest } = this;
    return {
      base: settled.base + this.base.size,
      learned: settled.learned + this.learned.size,
      answered: settled.answered + this.answered.size,
      answers: settled.answers + rest.answers,
      correct: settled.correct + rest.correct,
      days: settled.days + rest.days,
      checkins: settled.checkins + rest.checkins,
    };
  }
}
