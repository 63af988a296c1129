/** What a sentence about a time gives: the time, a choice between a few, or a question. Never a guess. */
import type { SaidWhen } from './rule.ts';

export type Why =
  | 'no-time'
  | 'no-hour'
  | 'no-day'
  | 'two-times'
  | 'two-days'
  | 'unclear-time'
  | 'unclear-day'
  | 'mismatch'
  | 'past'
  | 'quiet'
  | 'unknown-repeat';

export interface Asked {
  readonly kind: 'ask';
  readonly why: Why;
  /** The question, in Chinese, without what can be said to any question. */
  readonly text: string;
}

export type WhenReading =
  | { readonly kind: 'when'; readonly when: SaidWhen }
  | { readonly kind: 'choice'; readonly text: string; readonly options: readonly SaidWhen[] }
  | Asked;

export interface WhenContext {
  readonly now: number;
  readonly zone: string;
  /** Minutes since midnight between which nothing goes out. */
  readonly quiet?: { readonly from: number; readonly to: number };
}

export const ask = (why: Why, text: string): Asked => ({ kind: 'ask', why, text });

/** Whether nothing goes out at this minute of a day. */
export const isQuiet = ({ quiet }: WhenContext, minute: number): boolean =>
  quiet !== undefined &&
  (quiet.from < quiet.to
    ? minute >= quiet.from && minute < quiet.to
    : minute >= quiet.from || minute < quiet.to);
