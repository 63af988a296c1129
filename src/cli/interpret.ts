/**
 * Reads JSON lines `{id, quiz, where, mention, text}` and prints what each message is, one line for each, in order.
 * A line that can't be read gives `{id, kind: "none", error}` in its place, `id` being null where there was none.
 */
import { createInterface } from 'node:readline';

import { interpret, toPublic } from '../chat/interpret.ts';
import { readNotation } from '../quiz/question.ts';

/** Lines written at once: a write for each is most of the time otherwise. */
const BATCH = 500;

/** Gives 1 when a line could not be read: the others are printed all the same. */
export async function run(): Promise<number> {
  let failed = 0;
  let number = 0;
  let printed: string[] = [];
  const flush = () => {
    if (printed.length > 0) process.stdout.write(`${printed.join('\n')}\n`);
    printed = [];
  };
  for await (const text of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    number += 1;
    const line = text.replace(/^\ufeff/, '');
    if (line.trim() === '') continue;
    const read = readLine(line);
    if ('error' in read) {
      failed += 1;
      process.stderr.write(`weike: line ${number}: ${read.error}\n`);
    }
    printed.push(JSON.stringify(read));
    if (printed.length >= BATCH) flush();
  }
  flush();
  return failed > 0 ? 1 : 0;
}

/** What one line is, in the public shape. */
export function readLine(line: string): { readonly id: unknown; readonly error?: string } {
  let id: unknown = null;
  try {
    const given: unknown = JSON.parse(line);
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      throw new TypeError('expected an object {id, quiz, where, mention, text}');
    const { quiz, where, mention = false, text, ...rest } = given as Readonly<Record<string, unknown>>;
    id = rest.id ?? null;
    if (typeof text !== 'string') throw new TypeError('text: expected a string');
    if (where !== 'group' && where !== 'dm') throw new TypeError('where: expected "group" or "dm"');
    if (typeof mention !== 'boolean') throw new TypeError('mention: expected true or false');
    if (!Array.isArray(quiz)) throw new TypeError('quiz: expected a list of types');
    const questions = quiz.map((name: unknown) => {
      const question = typeof name === 'string' ? readNotation(name) : undefined;
      if (question) return question;
      throw new TypeError(
        `quiz: ${JSON.stringify(name)} is no type; known are single2 to single8, multi2 to multi8, truefalse, text, number, order2 to order8`,
      );
    });
    return { id, ...toPublic(interpret({ quiz: questions, where, mention, text })) };
  } catch (error) {
    const kind = { kind: 'none' };
    return { id, ...kind, error: (error as Error).message };
  }
}
