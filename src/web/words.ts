/** What a page says of a refusal. */
import type { UserError } from '../errors.ts';

/** The error's words for a reader of pages, or its own where they are; some are for the terminal alone, in English. */
export const wordsOf = ({ said, message }: UserError): string =>
  said ?? (/\p{Script=Han}/u.test(message) ? message : '没有办成，什么也没有改动。');
