/** What a digest of a span says about a group or a unit, read from the rollups. */
import { addDays, localDay, startOfDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { idOf, readTreeSpans, type Whose } from '../people/places.ts';
import { SHOWN, type Shown, shownName } from '../people/shown.ts';
import { type Tree, subtreeIn } from '../people/tree.ts';
import { type Counts, NO_COUNTS, type Ratio, valueOf } from '../figures.ts';
import { piecesOf, type Span, spanBefore, type SpanKind } from './spans.ts';
import { hasUnclosed } from './unclosed.ts';
import { coverageOf, readUnitCounts } from './unit-counts.ts';

/** Somebody or a unit that is named for what they did. */
export interface Honoured {
  readonly name: string;
  /** `学 6 天，答对 12 题`, `28 / 28 人`. */
  readonly words: string;
}

export interface Point {
  readonly title: string;
  readonly value: number;
}

export interface UnitLine {
  readonly unitId: string;
  readonly name: string;
  readonly counts: Counts;
}

export interface Digest {
  readonly span: Span;
  /** Whose it is: a group's topic or a unit's name. */
  readonly who: string;
  /** `在册` of a unit, `群里` of a group. */
  readonly of: 'unit' | 'group';
  readonly counts: Counts;
  /** Of the span before; absent where nothing is known of it. */
  readonly before?: Counts;
  /** The units directly below, most learned first; empty for a branch and a group. */
  readonly units: readonly UnitLine[];
  /** Of the units that have members of their own; absent for a branch and a group. */
  readonly coverage?: Ratio;
  /** Learners, each counted once a group and day: by day, or by month of a quarter. Days to come aren't there. */
  readonly trend: readonly Point[];
  readonly honoured: readonly Honoured[];
  /** Of a group's day: a quiz still goes on, and nobody is told yet what was right. */
  readonly unclosed?: boolean;
  /** Titles of the lessons that reached a branch's groups or the group, in order; not told where units are. */
  readonly lessons: readonly string[];
}

export interface DigestOf {
  readonly db: Db;
  readonly span: Span;
  readonly zone: string;
  /** What lies after it isn't there yet, ms. */
  readonly now: number;
}

const HONOURED = 5;
const NAMED_LESSONS = 20;

/** A unit with everything below it, or several as one. Throws when it isn't in the tree on any day of the span. */
export async function readUnitDigest({ db, span, zone, now }: DigestOf, whose: Whose): Promise<Digest> {
  const unitId = idOf(whose);
  const earlier = spanBefore(span);
  const trees = await readTreeSpans(db, earlier.from, span.to, whose);
  const { tree, counts, own } = await readUnitCounts(db, span, whose, trees);
  const before = (await readUnitCounts(db, earlier, whose, trees)).counts.get(unitId);
  const below = tree.below.get(unitId) ?? [];
  const units = below
    .map(({ id, name }) => ({ unitId: id, name, counts: counts.get(id) ?? NO_COUNTS }))
    .filter(({ counts: { base } }) => base > 0)
    .toSorted(byRate);
  const groupIds = await listGroupsOf(db, tree, unitId, span.to);
  const scope = [...subtreeIn(tree, [unitId])];
  return {
    span,
    who: tree.nodes.get(unitId)?.name ?? '',
    of: 'unit',
    counts: counts.get(unitId) ?? NO_COUNTS,
    ...(before && before.days > 0 ? { before } : {}),
    units,
    ...(units.length > 0 ? { coverage: coverageOf({ tree, own }, unitId) } : {}),
    trend: await readTrend(db, groupIds, span, localDay(now, zone)),
    honoured:
      units.length > 0
        ? honourUnits(units)
        : honourMembers(await listBestOfUnits(db, span, scope), span.kind),
    lessons: units.length > 0 ? [] : await listLessons(db, groupIds, span, zone),
  };
}

/** A group with whoever sits in it now, guests too. */
export async function readGroupDigest(
  { db, span, zone, now }: DigestOf,
  group: { readonly id: string; readonly topic: string },
): Promise<Digest> {
  const before = await readGroupCounts(db, group.id, spanBefore(span));
  const unclosed = span.kind === 'day' && (await hasUnclosed(db, group.id, span.from, zone, now));
  const best = await listBestOfGroup(db, span, group.id);
  return {
    span,
    who: group.topic,
    of: 'group',
    counts: await readGroupCounts(db, group.id, span),
    ...(before.days > 0 ? { before } : {}),
    units: [],
    trend: await readTrend(db, [group.id], span, localDay(now, zone)),
    honoured: honourMembers(unclosed ? forgetRight(best) : best, span.kind),
    ...(unclosed ? { unclosed } : {}),
    lessons: await listLessons(db, [group.id], span, zone),
  };
}

/** The counts of `figures.ts` for a group; `base` is who sits in it now. */
export async function readGroupCounts(
  db: Db,
  groupId: string,
  { from, to }: Pick<Span, 'from' | 'to'>,
): Promise<Counts> {
  const { people } = await db
    .selectFrom('group_member')
    .select(({ fn }) => fn.countAll<number>().as('people'))
    .where('group_id', '=', groupId)
    .where('left_at', 'is', null)
    .executeTakeFirstOrThrow();
  const done = await db
    .selectFrom('rollup_member_day')
    .select(({ fn }) => [
      'member_id',
      fn.countAll<number>().as('days'),
      fn.sum<number>('answers').as('answers'),
      fn.sum<number>('correct').as('correct'),
      fn.sum<number>('checkins').as('checkins'),
    ])
    .where('group_id', '=', groupId)
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where((eb) => eb.or([eb('answers', '>', 0), eb('checkins', '>', 0)]))
    .groupBy('member_id')
    .execute();
  const sum = (key: 'days' | 'answers' | 'correct' | 'checkins') =>
    done.reduce((total, row) => total + Number(row[key]), 0);
  return {
    base: Number(people),
    learned: done.length,
    answered: done.filter(({ answers }) => Number(answers) > 0).length,
    answers: sum('answers'),
    correct: sum('correct'),
    days: sum('days'),
    checkins: sum('checkins'),
  };
}

const byRate = (a: UnitLine, b: UnitLine): number =>
  rateOf(b) - rateOf(a) || b.counts.base - a.counts.base || a.name.localeCompare(b.name, 'zh');
const rateOf = ({ counts }: UnitLine) => valueOf({ part: counts.learned, base: counts.base }) ?? 0;

/** The units in which everybody has learned, the biggest first. */
function honourUnits(units: readonly UnitLine[]): Honoured[] {
  const full = units.filter(({ counts }) => counts.learned === counts.base);
  const more = full.length - HONOURED;
  return full.slice(0, HONOURED).map(({ name, counts }, at) => ({
    name: more > 0 && at === HONOURED - 1 ? `${name} 等 ${full.length} 个` : name,
    words: `${counts.learned} / ${counts.base} 人`,
  }));
}

interface Best extends Shown {
  readonly member_id: string;
  readonly days: number;
  readonly correct: number;
}

/** Neither their order nor their words may tell who was right. */
const forgetRight = (best: readonly Best[]): Best[] =>
  best
    .map((one) => ({ ...one, correct: 0 }))
    .toSorted((a, b) => b.days - a.days || shownName(a).localeCompare(shownName(b), 'zh'));

/** Those with most days, then most right answers. Whoever did as much as the last one named is named too, or that one isn't. */
export function honourMembers(best: readonly Best[], kind: SpanKind): Honoured[] {
  const same = (a: Best | undefined, b: Best | undefined) => a?.days === b?.days && a?.correct === b?.correct;
  let count = Math.min(HONOURED, best.length);
  while (count > 0 && count < best.length && same(best[count - 1], best[count])) count -= 1;
  // All did the same: the first few stand for them.
  const named = count === 0 ? best.slice(0, HONOURED) : best.slice(0, count);
  const more = count === 0 && best.length > HONOURED ? best.filter((one) => same(one, best[0])).length : 0;
  return named.map((one, at) => ({
    name: at === named.length - 1 && more > named.length ? `${shownName(one)} 等 ${more} 人` : shownName(one),
    words: sayDid(one, kind),
  }));
}

function sayDid({ days, correct }: Best, kind: SpanKind): string {
  if (kind === 'day') return correct > 0 ? `答对 ${correct} 题` : '学了';
  return correct > 0 ? `学 ${days} 天，答对 ${correct} 题` : `学 ${days} 天`;
}

/** As many as it takes to see who did the same as the last one named. */
const LOOKED_AT = 60;

async function listBestOfUnits(db: Db, { from, to }: Span, scope: readonly string[]): Promise<Best[]> {
  const rows = await db
    .selectFrom('member_place as place')
    .innerJoin('rollup_member_day as done', 'done.member_id', 'place.member_id')
    .innerJoin('member', 'member.id', 'place.member_id')
    .select(({ fn }) => [
      'place.member_id',
      ...SHOWN,
      fn.count<number>('done.day').distinct().as('days'),
      fn.sum<number>('done.correct').as('correct'),
    ])
    .where('place.unit_id', 'in', [...scope])
    .where('done.day', '>=', from)
    .where('done.day', '<=', to)
    .whereRef('place.from_day', '<=', 'done.day')
    .where((eb) => eb.or([eb('place.to_day', 'is', null), eb('place.to_day', '>', eb.ref('done.day'))]))
    .where((eb) => eb.or([eb('done.answers', '>', 0), eb('done.checkins', '>', 0)]))
    .where('member.left_at', 'is', null)
    .groupBy(['place.member_id', ...SHOWN])
    .orderBy('days', 'desc')
    .orderBy('correct', 'desc')
    .orderBy('member.name')
    .limit(LOOKED_AT)
    .execute();
  return rows.map((row) => ({ ...row, days: Number(row.days), correct: Number(row.correct) }));
}

async function listBestOfGroup(db: Db, { from, to }: Span, groupId: string): Promise<Best[]> {
  const rows = await db
    .selectFrom('rollup_member_day as done')
    .innerJoin('member', 'member.id', 'done.member_id')
    .select(({ fn }) => [
      'done.member_id',
      ...SHOWN,
      fn.countAll<number>().as('days'),
      fn.sum<number>('done.correct').as('correct'),
    ])
    .where('done.group_id', '=', groupId)
    .where('done.day', '>=', from)
    .where('done.day', '<=', to)
    .where((eb) => eb.or([eb('done.answers', '>', 0), eb('done.checkins', '>', 0)]))
    .groupBy(['done.member_id', ...SHOWN])
    .orderBy('days', 'desc')
    .orderBy('correct', 'desc')
    .orderBy('member.name')
    .limit(LOOKED_AT)
    .execute();
  return rows.map((row) => ({ ...row, days: Number(row.days), correct: Number(row.correct) }));
}

/** The groups that belonged to a unit or to one below it on a day. */
export async function listGroupsOf(db: Db, tree: Tree, unitId: string, day: string): Promise<string[]> {
  const scope = [...subtreeIn(tree, [unitId])];
  if (scope.length === 0) return [];
  const rows = await db
    .selectFrom('group_place')
    .select('group_id')
    .where('unit_id', 'in', scope)
    .where('from_day', '<=', day)
    .where((eb) => eb.or([eb('to_day', 'is', null), eb('to_day', '>', day)]))
    .execute();
  return rows.map((row) => row.group_id);
}

/** The same for a unit as its tree stands at the end of the span; none where the unit isn't in it. */
export async function listGroupsOfUnit(
  db: Db,
  span: Pick<Span, 'from' | 'to'>,
  whose: Whose,
): Promise<string[]> {
  const tree = (await readTreeSpans(db, span.from, span.to, whose)).at(-1)?.tree;
  return tree ? await listGroupsOf(db, tree, idOf(whose), span.to) : [];
}

/** The trend alone, as `readUnitDigest` has it. */
export const readUnitTrend = async ({ db, span, zone, now }: DigestOf, whose: Whose): Promise<Point[]> =>
  await readTrend(db, await listGroupsOfUnit(db, span, whose), span, localDay(now, zone));

async function readTrend(db: Db, groupIds: readonly string[], span: Span, today: string): Promise<Point[]> {
  const pieces = piecesOf(span).filter(({ from }) => from <= today);
  const byDay = new Map<string, number>();
  for (let at = 0; at < groupIds.length; at += GROUPS) {
    const rows = await db
      .selectFrom('rollup_group_day')
      .select(({ fn }) => ['day', fn.sum<number>('learned').as('learned')])
      .where('day', '>=', pieces[0]?.from ?? span.from)
      .where('day', '<=', span.to)
      .where('group_id', 'in', groupIds.slice(at, at + GROUPS))
      .groupBy('day')
      .execute();
    for (const { day, learned } of rows) byDay.set(day, (byDay.get(day) ?? 0) + Number(learned));
  }
  return pieces.map(({ title, from, to }) => {
    let value = 0;
    for (let day = from; day <= to; day = addDays(day, 1)) value += byDay.get(day) ?? 0;
    return { title, value };
  });
}

/** Databases limit the parameters of a statement. */
const GROUPS = 5_000;

/** What reached the groups, each title once. */
async function listLessons(
  db: Db,
  groupIds: readonly string[],
  { from, to }: Span,
  zone: string,
): Promise<string[]> {
  if (groupIds.length === 0) return [];
  const rows = await db
    .selectFrom('delivery')
    .leftJoin('lesson_revision', 'lesson_revision.hash', 'delivery.hash')
    .select((eb) => [
      eb.fn.coalesce('lesson_revision.title', 'delivery.content').as('title'),
      eb.fn.min('delivery.sent_at').as('first'),
    ])
    .where('delivery.kind', '=', 'lesson')
    .where('delivery.state', '=', 'sent')
    .where('delivery.sent_at', '>=', startOfDay(from, zone))
    .where('delivery.sent_at', '<', startOfDay(addDays(to, 1), zone))
    .where('delivery.group_id', 'in', groupIds.slice(0, GROUPS))
    .groupBy(['lesson_revision.title', 'delivery.content'])
    .orderBy('first')
    .execute();
  return [...new Set(rows.map(({ title }) => title))].slice(0, NAMED_LESSONS);
}
