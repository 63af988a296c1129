/** Reads JSON lines `{id, quiz, where, mention, text}` and prints what each message is, in order. */
import { createInterface } from 'node:readline';

import { interpret, toPublic } from '../chat/interpret.ts';
import { UserError } from '../errors.ts';
import type { OpenQuestion } from '../quiz/question.ts';

export async function run(): Promise<void> {
  let line = 0;
  for await (const text of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    line += 1;
    if (text.trim() === '') continue;
    const { id, heard } = readLine(text, line);
    process.stdout.write(`${JSON.stringify({ id, ...toPublic(interpret(heard)) })}\n`);
  }
}

function readLine(text: string, line: number) {
  try {
    const given = JSON.parse(text) as {
      id: unknown;
      quiz: string[];
      where: string;
      mention: boolean;
      text: string;
    };
    if (typeof given.text !== 'string' || !Array.isArray(given.quiz))
      throw new TypeError('quiz or text is missing');
    const where = given.where === 'dm' ? ('dm' as const) : ('group' as const);
    return {
      id: given.id,
      heard: { quiz: given.quiz.map(readQuestion), where, mention: given.mention, text: given.text },
    };
  } catch (error) {
    throw new UserError(`line ${line}: ${(error as Error).message}`, { cause: error });
  }
}

/** `multi4`, `truefalse`, `text`. */
export function readQuestion(name: string): OpenQuestion {
  const match = /^(?:(single|multi)([2-8])|(truefalse|text))$/.exec(name);
  if (!match) throw new TypeError(`"${name}" is no type of question`);
  const [, choice, options, other] = match;
  return { type: (choice ?? other) as OpenQuestion['type'], options: Number(options ?? 0) };
}
