/**
 * What the interpreter needs to know of an open question. In the notation of the cases: `single4` is
 * `{type: 'single', options: 4}`, `truefalse` is `{type: 'truefalse', options: 0}`, `order4` has four steps.
 */
export interface OpenQuestion {
  readonly type: 'single' | 'multi' | 'truefalse' | 'text' | 'number' | 'order';
  /** How many options there are (A first); 0 where there are none to choose from. */
  readonly options: number;
}

/**
 * Question number (from 1) -> value: capital letters in order (for `order` in the order given), `['对']`, `['错']`,
 * the word itself, or the number as it was written, in ASCII.
 */
export type Answers = Readonly<Record<number, readonly string[]>>;

const NOTATION = /^(?:(single|multi|order)([2-8])|(truefalse|text|number))$/;

/** `multi4`, `truefalse`, `text`, `number`, `order4`; `undefined` when it is no type of question. */
export function readNotation(name: string): OpenQuestion | undefined {
  const match = NOTATION.exec(name);
  if (!match) return undefined;
  const [, choice, options, other] = match;
  return { type: (choice ?? other) as OpenQuestion['type'], options: Number(options ?? 0) };
}
