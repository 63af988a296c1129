/** The spans of local days that digests and reports cover. */
import { addDays, localDay, mondayOf } from '../clock.ts';

export type SpanKind = 'day' | 'week' | 'month' | 'quarter';

export const SPAN_KINDS: readonly SpanKind[] = ['day', 'week', 'month', 'quarter'];

export const isSpanKind = (text: string): text is SpanKind => SPAN_KINDS.includes(text as SpanKind);

/** Whether a digest comes with a picture, by the policy `digest-picture`. */
export const comesWithPicture = (wanted: 'all' | 'longer' | 'off', content: string): boolean =>
  wanted === 'all' || (wanted === 'longer' && content !== 'day');

/** Whole local days, both ends in it. */
export interface Span {
  readonly kind: SpanKind;
  readonly from: string;
  readonly to: string;
}

const monthOf = (day: string) => day.slice(0, 7);
const firstOf = (month: string) => `${month}-01`;

/** `2026-12` and -1 give `2026-11`. */
export function addMonths(month: string, count: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const months = year * 12 + number - 1 + count;
  return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}`;
}

const lastOf = (month: string) => addDays(firstOf(addMonths(month, 1)), -1);
const quarterStart = (month: string) => addMonths(month, -((Number(month.slice(5)) - 1) % 3));

/** The day, the week from Monday to Sunday, the month or the quarter in which a day lies. */
export function spanAround(kind: SpanKind, day: string): Span {
  if (kind === 'day') return { kind, from: day, to: day };
  if (kind === 'week') return { kind, from: mondayOf(day), to: addDays(mondayOf(day), 6) };
  if (kind === 'month') return { kind, from: firstOf(monthOf(day)), to: lastOf(monthOf(day)) };
  const first = quarterStart(monthOf(day));
  return { kind, from: firstOf(first), to: lastOf(addMonths(first, 2)) };
}

/** The span of the same kind before. */
export const spanBefore = ({ kind, from }: Span): Span => spanAround(kind, addDays(from, -1));

/**
 * The span that a digest of that day is about: the one in which the day lies once most of it is over, else the
 * one before. A week's digest of Sunday evening and one of Monday morning are about the same week.
 */
export function spanOfDigest(kind: SpanKind, day: string): Span {
  const around = spanAround(kind, day);
  const passed = countDays(around.from, day);
  return passed * 2 > countDays(around.from, around.to) ? around : spanBefore(around);
}

/** Both ends counted. */
export const countDays = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000) + 1;

/** What tells one digest from another, as the ledger keeps it. */
export const periodOf = ({ from, to }: Span): string => `${from}/${to}`;

/** The span of a digest that the ledger names. */
export function spanOfPeriod(kind: SpanKind, period: string): Span {
  const [from = '', to = from] = period.split('/');
  return { kind, from, to };
}

/** The months that lie in a span of whole months, `2026-11` each. */
export function monthsOf({ from, to }: Pick<Span, 'from' | 'to'>): string[] {
  const months: string[] = [];
  for (let month = monthOf(from); month <= monthOf(to); month = addMonths(month, 1)) months.push(month);
  return months;
}

const sayDay = (day: string) => `${Number(day.slice(5, 7))}月${Number(day.slice(8))}日`;

/** `11月24日`, `11月23日—29日`, `2026年11月`, `2026年第4季度`. */
export function saySpan({ kind, from, to }: Span): string {
  if (kind === 'day') return sayDay(from);
  if (kind === 'month') return `${from.slice(0, 4)}年${Number(from.slice(5, 7))}月`;
  if (kind === 'quarter') return `${from.slice(0, 4)}年第${Math.ceil(Number(from.slice(5, 7)) / 3)}季度`;
  const end = from.slice(0, 7) === to.slice(0, 7) ? `${Number(to.slice(8))}日` : sayDay(to);
  return `${sayDay(from)}—${end}`;
}

/** The local day of `now`, ms, as a picture's foot says it: `11月24日`. */
export const sayAsOf = (now: number, zone: string): string => sayDay(localDay(now, zone));

/** The pieces that a trend has a point for: a week's and a month's days, a quarter's months, of a day the seven up to it. */
export function piecesOf({
  kind,
  from,
  to,
}: Span): { readonly title: string; readonly from: string; readonly to: string }[] {
  if (kind === 'quarter')
    return monthsOf({ from, to }).map((month) => ({
      title: `${Number(month.slice(5))}月`,
      from: firstOf(month),
      to: lastOf(month),
    }));
  const pieces = [];
  for (let day = kind === 'day' ? addDays(from, -6) : from; day <= to; day = addDays(day, 1))
    pieces.push({ title: kind === 'month' ? `${Number(day.slice(8))}日` : weekday(day), from: day, to: day });
  return pieces;
}

const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六'] as const;
const weekday = (day: string) => WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()] ?? '';
