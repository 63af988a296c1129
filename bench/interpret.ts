/** How many messages are read a second on one core: the cases of the tests, hostile ones and all, again and again. */
import { readFileSync } from 'node:fs';

import { interpret } from '../src/chat/interpret.ts';
import { readNotation } from '../src/quiz/question.ts';
import { type Bench, figure, median } from './figure.ts';

const FILES = ['interpret.jsonl', 'interpret.own.jsonl', 'interpret.hostile.jsonl'];

interface Case {
  readonly quiz: readonly string[];
  readonly where: 'group' | 'dm';
  readonly mention: boolean;
  readonly text: string;
}

export const interpreter: Bench = {
  name: 'interpret',
  title: 'reading what people type',
  async run({ full, say }) {
    const cases = FILES.flatMap((name) =>
      readFileSync(new URL(`../test/chat/${name}`, import.meta.url), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Case),
    );
    const heard = cases.map((one) => ({
      ...one,
      quiz: one.quiz.map(readNotation).filter((question) => question !== undefined),
    }));
    const times = full ? 200 : 40;
    const rate = (work: () => void) => {
      const began = performance.now();
      for (let round = 0; round < times; round += 1) work();
      return (1_000 * times * heard.length) / (performance.now() - began);
    };
    const ours: number[] = [];
    const bare: number[] = [];
    let read = 0;
    for (let round = 0; round < 5; round += 1) {
      say(`round ${round + 1} of 5`);
      bare.push(
        rate(() => {
          for (const { text } of heard) read += text.normalize('NFKC').trim().length;
        }),
      );
      ours.push(
        rate(() => {
          for (const one of heard) read += interpret(one).kind.length;
        }),
      );
    }
    return await Promise.resolve([
      figure(
        { what: 'messages interpreted', value: Math.round(median(ours)), unit: '/s' },
        {
          bare: {
            what: 'the same messages normalised (NFKC) and nothing else',
            value: Math.round(median(bare)),
            unit: '/s',
          },
          note: `${heard.length} different messages, one core; ${read > 0 ? 'median of five rounds' : ''}`,
        },
      ),
    ]);
  },
};
