/** Whether an answer is right. */
import type { Question } from '../lessons/lesson.ts';
import { foldWord } from './normalise.ts';

/** A choice must be the same set as the key; a filled-in word must equal one of the key's spellings. */
export function markAnswer(question: Pick<Question, 'type' | 'key'>, value: readonly string[]): boolean {
  if (question.type === 'text') {
    const word = foldWord(value.join(''));
    return word !== '' && question.key.some((spelling) => foldWord(spelling) === word);
  }
  const given = new Set(value);
  return given.size === question.key.length && question.key.every((part) => given.has(part));
}
