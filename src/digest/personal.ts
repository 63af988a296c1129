/** A member's own week. */
import { listCheckinDays } from '../checkin/checkins.ts';
import { streakAt } from '../checkin/streak.ts';
import type { Db } from '../db/open.ts';
import { sayParts, sayPercent, shareRight } from '../figures.ts';
import type { Point } from './digest.ts';
import { piecesOf, saySpan, type Span, spanBefore } from './spans.ts';

export interface Personal {
  readonly name: string;
  readonly span: Span;
  /** Local days on which they answered or checked in. */
  readonly days: number;
  readonly daysBefore: number;
  readonly answers: number;
  readonly correct: number;
  /** Days in a row up to the last day of the span. */
  readonly streak: number;
}

export async function readPersonal(db: Db, memberId: string, span: Span): Promise<Personal> {
  const { name } = await db
    .selectFrom('member')
    .select('name')
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  const week = await readSums(db, memberId, span);
  const before = await readSums(db, memberId, spanBefore(span));
  const streak = streakAt(await listCheckinDays(db, memberId, span.to), span.to);
  return { name, span, ...week, daysBefore: before.days, streak };
}

async function readSums(db: Db, memberId: string, { from, to }: Span) {
  const sums = await db
    .selectFrom('rollup_member_day')
    .select(({ fn }) => [
      fn.count<number>('day').distinct().as('days'),
      fn.sum<number | null>('answers').as('answers'),
      fn.sum<number | null>('correct').as('correct'),
    ])
    .where('member_id', '=', memberId)
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where((eb) => eb.or([eb('answers', '>', 0), eb('checkins', '>', 0)]))
    .executeTakeFirstOrThrow();
  return {
    days: Number(sums.days),
    answers: Number(sums.answers ?? 0),
    correct: Number(sums.correct ?? 0),
  };
}

/** Right answers of each day of the span. */
export async function readOwnTrend(db: Db, memberId: string, span: Span): Promise<Point[]> {
  const rows = await db
    .selectFrom('rollup_member_day')
    .select(({ fn }) => ['day', fn.sum<number>('correct').as('correct')])
    .where('member_id', '=', memberId)
    .where('day', '>=', span.from)
    .where('day', '<=', span.to)
    .groupBy('day')
    .execute();
  const byDay = new Map(rows.map(({ day, correct }) => [day, Number(correct)]));
  return piecesOf(span).map(({ title, from }) => ({ title, value: byDay.get(from) ?? 0 }));
}

/** Friendly also to whoever did nothing: it says what is there, not what is missing. */
export function composePersonal({
  name,
  span,
  days,
  daysBefore,
  answers,
  correct,
  streak,
}: Personal): string {
  const lines = [`【我的周报】${name} ${saySpan(span)}`];
  if (days === 0) return [...lines, '这周还没有学习记录。课都还在，有空看一眼就算开始。'].join('\n');
  lines.push(`• 学了 ${days} 天，${sayThan({ days, daysBefore })}`);
  const right = shareRight({ correct, answers });
  if (answers > 0) lines.push(`• 答对 ${sayParts(right)} 题（${sayPercent(right)}）`);
  if (streak > 1) lines.push(`• 连续打卡 ${streak} 天`);
  return lines.join('\n');
}

/** `比上周多 2 天` */
export function sayThan({ days, daysBefore }: Pick<Personal, 'days' | 'daysBefore'>): string {
  const change = days - daysBefore;
  return change === 0 ? '和上周一样' : `比上周${change > 0 ? '多' : '少'} ${Math.abs(change)} 天`;
}
