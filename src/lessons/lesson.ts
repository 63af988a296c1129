/** The shape of a lesson, as every other part sees it. `parse.ts` makes one from Markdown. */

export type QuestionType = 'single' | 'multi' | 'truefalse' | 'text' | 'number' | 'order';

export interface Question {
  /** From 1, in the order of the list under `## 小测`. */
  readonly no: number;
  readonly type: QuestionType;
  /** Markdown of the question itself, one paragraph or more, without 答案 and without the （多选） mark. */
  readonly stem: string;
  /** Markdown of each option, for `order` of each step, A first. Empty for the other types. */
  readonly options: readonly string[];
  /**
   * The right answer: capital letters in alphabetical order for `single` and `multi`; `['对']` or `['错']`
   * for `truefalse`; every accepted spelling for `text`; the number with its tolerance for `number`, as the
   * author wrote it (see number.ts); the letters in the right order for `order`.
   */
  readonly key: readonly string[];
  /** Markdown of the block quote, or `''`. */
  readonly explanation: string;
  /** Line in the file, from 1; 0 when it was drawn from the bank. */
  readonly line: number;
  /** The id of the bank's question that it was drawn as. */
  readonly bank?: string;
}

/** Questions that a quiz draws from the bank when it opens, the same for a whole group. */
export interface Draw {
  readonly tag: string;
  readonly count: number;
}

export interface Lesson {
  readonly id: string;
  readonly title: string;
  /** The course's name; `''` when the lesson stands alone. */
  readonly course: string;
  /** Place within the course, from 1. */
  readonly order: number;
  readonly category: string;
  readonly author: string;
  readonly sources: readonly string[];
  readonly tags: readonly string[];
  /** Minutes that reading takes. */
  readonly minutes: number;
  /** Markdown between the front matter and `## 小测`. */
  readonly body: string;
  readonly questions: readonly Question[];
  /** What is drawn behind them. */
  readonly draws: readonly Draw[];
  /** Path of the file, relative to the lessons' folder, with `/`. Pictures are looked up beside it. */
  readonly file: string;
  /** SHA-256 of the whole source text (LF line ends), hex. What was approved is pinned by it. */
  readonly hash: string;
}

/** A fault in a lesson file. `line` counts from 1; `message` and `cure` are Chinese, for the author. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly cure: string;
}

/** One part of a chat message: a text, or a picture as a path relative to the lessons' folder. */
export type ChatPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'picture'; readonly file: string; readonly alt: string };
