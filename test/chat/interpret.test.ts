import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { interpret, toPublic } from '../../src/chat/interpret.ts';
import { type OpenQuestion, readNotation } from '../../src/quiz/question.ts';

interface Case {
  readonly id: string;
  readonly quiz: readonly string[];
  readonly where: 'group' | 'dm';
  readonly mention: boolean;
  readonly text: string;
  readonly expect: unknown;
  readonly why: string;
}

/** `multi4` as the interpreter takes it. */
function openQuestion(name: string): OpenQuestion {
  const question = readNotation(name);
  if (!question) throw new Error(`${name} is no type of question`);
  return question;
}

const read = (name: string) =>
  readFileSync(new URL(name, import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Case);

describe.each(['interpret.jsonl', 'interpret.own.jsonl', 'interpret.hostile.jsonl'])(
  'the cases of %s',
  (name) => {
    it.each(read(name).map((one) => [one.id, one.text, one] as const))('%s %j', (_id, _text, one) => {
      const { where, mention, text } = one;
      const intent = interpret({ quiz: one.quiz.map(openQuestion), where, mention, text });
      expect(toPublic(intent), one.why).toEqual(one.expect);
    });
  },
);
