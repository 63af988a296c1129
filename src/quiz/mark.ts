/** Whether an answer is right, and how much of it. */
import type { Question } from '../lessons/lesson.ts';
import { readGivenNumber, readNumberKey } from '../lessons/number.ts';
import { foldSpelling, spellingsOf } from './spelling.ts';

export type MultiCredit = 'all-or-nothing' | 'share';

/** A whole right answer, in thousandths: shares of it are integers. */
export const FULL = 1_000;

type Marked = Pick<Question, 'type' | 'key'>;

/**
 * A choice must be the same set as the key, an order the same row of letters; a filled-in word must equal one of the
 * key's spellings, a number lie within its tolerance.
 */
export function markAnswer(question: Marked, value: readonly string[]): boolean {
  switch (question.type) {
    case 'text':
      return isSpelling(question.key, value.join(''));
    case 'number':
      return isWithin(question.key[0] ?? '', value.join(''));
    case 'order':
      return value.join('') === question.key.join('');
    default: {
      const given = new Set(value);
      return given.size === question.key.length && question.key.every((part) => given.has(part));
    }
  }
}

/**
 * The score in thousandths. With `share` a multiple choice earns what it has right less what it has wrong, as a part
 * of the key, never below nothing: choosing everything earns nothing more than guessing.
 */
export function scoreAnswer(question: Marked, value: readonly string[], credit: MultiCredit): number {
  if (markAnswer(question, value)) return FULL;
  if (question.type !== 'multi' || credit === 'all-or-nothing' || question.key.length === 0) return 0;
  const given = [...new Set(value)];
  const right = given.filter((letter) => question.key.includes(letter)).length;
  return Math.max(0, Math.floor((FULL * (2 * right - given.length)) / question.key.length));
}

function isSpelling(key: readonly string[], given: string): boolean {
  const word = foldSpelling(given);
  return word !== '' && key.flatMap(spellingsOf).some((spelling) => foldSpelling(spelling) === word);
}

/** Fractions are compared as a person writes them, not to the last bit. */
const SLACK = 1e-9;

/** The unit may be left out; 0.95 and 95% are the same. */
function isWithin(key: string, given: string): boolean {
  const [range, number] = [readNumberKey(key), readGivenNumber(given)];
  if (!range || !number) return false;
  const candidates = [number.value];
  if (number.unit === '%' && range.unit !== '%') candidates.push(number.value / 100);
  if (number.unit === '' && range.unit === '%') candidates.push(number.value * 100);
  return candidates.some((value) => value >= range.low - SLACK && value <= range.high + SLACK);
}
