/**
 * What the interpreter needs to know of an open question. In the notation of the cases: `single4` is
 * `{type: 'single', options: 4}`, `truefalse` is `{type: 'truefalse', options: 0}`.
 */
export interface OpenQuestion {
  readonly type: 'single' | 'multi' | 'truefalse' | 'text';
  /** How many options there are (A first); 0 where there are none to choose from. */
  readonly options: number;
}

/** Question number (from 1) -> value: capital letters in order, `['对']`, `['错']`, or the word itself. */
export type Answers = Readonly<Record<number, readonly string[]>>;
