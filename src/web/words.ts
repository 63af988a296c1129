/** What a page says of a refusal. */
import type { UserError } from '../errors.ts';

/** The error's own words when they are for a reader of pages; some are for the terminal, in English. */
export const wordsOf = (error: UserError): string =>
  /\p{Script=Han}/u.test(error.message) ? error.message : '没有办成，什么也没有改动。';
