/** What an import takes and what it leaves, each with its place. */
import type { Item } from './item.ts';

export interface Taken {
  readonly item: Item;
  /** `第 12 行`, `题库 第 3 行`. */
  readonly where: string;
}

/** What is not carried over, or not whole, and why. */
export interface Left {
  readonly where: string;
  readonly why: string;
}

export interface Carried {
  readonly taken: readonly Taken[];
  readonly left: readonly Left[];
}
