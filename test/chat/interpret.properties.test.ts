/** What holds of every message, whatever somebody types. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { type Heard, type Intent, interpret } from '../../src/chat/interpret.ts';
import { normalise } from '../../src/quiz/normalise.ts';
import { type OpenQuestion, readNotation } from '../../src/quiz/question.ts';

/** How often a text is read before it counts as read too slowly. */
const TRIES = 8;

const NAMES = ['single3', 'single4', 'multi4', 'multi5', 'truefalse', 'text', 'number', 'order4'];
/** `multi4` as the interpreter takes it. */
const openQuestions = (names: readonly string[]): OpenQuestion[] =>
  names.map(readNotation).filter((question) => question !== undefined);

const quizzes = fc.array(fc.constantFrom(...NAMES), { maxLength: 5 }).map((names) => openQuestions(names));

/** Pieces of which answers, check-ins, commands and talk are made, in no order. */
const PIECES = [
  ...'ABCDEabcdeTFt对错是否√×✓✗✔❌0123456789①②③⑴❶',
  ...'，。、；：！？～·「」【】（）()[]{}<>#@+-=*/\\|~^_"\'%&$…— \n\t\u2005\u3000\u200b\ufe0f',
  ...[
    '第1题',
    '第二题',
    '选',
    '我选',
    '答案是',
    '应该是',
    '改成',
    '更正',
    '吧',
    '啊',
    '了',
    '的',
    '吗',
    '和',
    '还是',
    '题',
    '斤',
    '点',
  ],
  ...[
    '打卡',
    '签到',
    '已学习',
    '今日',
    '#接龙',
    '学习',
    '补卡',
    '帮助',
    '排行榜',
    '我的',
    '认证',
    '搜',
    '提问',
    '小课',
    '@小课\u2005',
    '@李书记\u2005',
  ],
  ...[
    '「小课：A」\n- - - - - - - - -\n',
    '[强]',
    '[红包]',
    '[图片]',
    '撤回了一条消息',
    '密封',
    '股',
    '站',
    '级',
    '制',
    '😀',
    '👨‍👩‍👧',
    '🅰️',
    '１',
    'Ａ',
    '對',
    '錯',
    '選',
  ],
];
const message = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);
const heard = fc.record({
  quiz: quizzes,
  where: fc.constantFrom('group' as const, 'dm' as const),
  mention: fc.boolean(),
  text: message,
});

/** An intent without what was typed: notes and rests keep their spelling. */
function gist(intent: Intent): unknown {
  if (intent.kind === 'checkin') return { ...intent, note: normalise(intent.note) };
  return intent;
}

describe('any message', () => {
  it('is read without a fault', () => {
    fc.assert(
      fc.property(heard, (one) => {
        expect(['answer', 'checkin', 'command', 'ask', 'none']).toContain(interpret(one).kind);
      }),
      { numRuns: 20_000 },
    );
  });

  it('gives values that its questions can have', () => {
    fc.assert(
      fc.property(heard, (one) => {
        const intent = interpret(one);
        if (intent.kind !== 'answer') return;
        for (const [no, value] of Object.entries(intent.answers)) {
          const question = one.quiz[Number(no) - 1];
          expect(value.length).toBeGreaterThan(0);
          expect(isPossible(question, value), `${no}: ${value.join(' ')}`).toBe(true);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it('is no answer without an option in it', () => {
    const talk = fc
      .array(
        fc.constantFrom(...PIECES.filter((piece) => !/[A-Ha-hTtFf对错是否√×✓✗✔❌🅰Ａ對錯]/u.test(piece))),
        {
          maxLength: 12,
        },
      )
      .map((pieces) => pieces.join(''));
    const choices = quizzes.filter((quiz) => quiz.every(({ type }) => type !== 'text' && type !== 'number'));
    fc.assert(
      fc.property(heard, talk, choices, (one, text, quiz) => {
        expect(interpret({ ...one, text, quiz }).kind).not.toBe('answer');
      }),
      { numRuns: 10_000 },
    );
  });

  it('is no answer while no quiz is open, and asks nobody back in a group then', () => {
    fc.assert(
      fc.property(heard, (one) => {
        const { kind } = interpret({ ...one, quiz: [] });
        expect(kind).not.toBe('answer');
        if (one.where === 'group') expect(kind).not.toBe('ask');
      }),
      { numRuns: 10_000 },
    );
  });

  it('said to somebody else is nothing of ours', () => {
    fc.assert(
      fc.property(heard, (one) => {
        const text = `@李书记\u2005${one.text.replaceAll('@', '')}`;
        const { kind } = interpret({ ...one, where: 'group', mention: false, text });
        expect(kind === 'none' || text.includes('#接龙') || text.includes('「')).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes no longer than a millisecond a kilobyte', () => {
    const hostile = fc.oneof(
      fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('')),
      fc.constantFrom(
        'A'.repeat(50),
        '1A2C',
        '「',
        '「A」\n- - -',
        '- ',
        '@',
        '@小课',
        '打卡',
        '第',
        '第1题',
        '选',
        '我',
        '的',
        '\n',
        '[',
        '：',
      ),
    );
    fc.assert(
      fc.property(heard, hostile, fc.integer({ min: 1, max: 60_000 }), (one, piece, length) => {
        const text = piece.repeat(Math.ceil(length / piece.length));
        const limit = 1 + Buffer.byteLength(text) / 1024;
        // The thread's own time, not the clock's: on a busy machine it waits, but it works no longer. The best of a
        // few: the first ones are still being compiled, and the collector may come into any of them.
        let best = Number.POSITIVE_INFINITY;
        for (let attempt = 0; attempt < TRIES && best >= limit; attempt += 1) {
          const began = process.threadCpuUsage();
          interpret({ ...one, text });
          const { user, system } = process.threadCpuUsage(began);
          best = Math.min(best, (user + system) / 1_000);
        }
        expect(best).toBeLessThan(limit);
      }),
      { numRuns: 300 },
    );
  });
});

function isPossible(question: OpenQuestion | undefined, value: readonly string[]): boolean {
  if (!question) return false;
  const letters = 'ABCDEFGH'.slice(0, question.options);
  const isSet = value.every((letter) => letters.includes(letter)) && new Set(value).size === value.length;
  switch (question.type) {
    case 'single':
      return value.length === 1 && isSet;
    case 'multi':
      return isSet && value.toSorted().join('') === value.join('');
    case 'order':
      return isSet && value.length === question.options;
    case 'truefalse':
      return value.length === 1 && /^[对错]$/.test(value[0] ?? '');
    default:
      return value.length === 1 && value[0] !== '';
  }
}

const CASES = ['interpret.jsonl', 'interpret.own.jsonl', 'interpret.hostile.jsonl'].flatMap((name) =>
  readFileSync(new URL(name, import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Omit<Heard, 'quiz'> & { quiz: string[]; id: string }),
);

/** Full-width forms of the ASCII marks. */
const widen = (text: string) =>
  text.replace(/[!-~]/g, (mark) => String.fromCodePoint((mark.codePointAt(0) ?? 0) + 0xfee0));

describe('messages that read alike', () => {
  const read = (one: (typeof CASES)[number], text: string) =>
    gist(
      interpret({
        ...one,
        quiz: openQuestions(one.quiz),
        text,
      }),
    );

  it.each([
    ['with characters that nobody sees', (text: string) => [...text].join('\u200b')],
    ['with a byte order mark and a variation selector', (text: string) => `\ufeff${text}\ufe0e`],
    ['with blanks around', (text: string) => ` ${text}\u3000`],
  ])('%s', (_name, vary) => {
    for (const one of CASES) expect(read(one, vary(one.text)), one.id).toEqual(read(one, one.text));
  });

  it('in full width', () => {
    // The mark of a mention is the client's, not the writer's; a note keeps its width.
    for (const one of CASES.filter(({ text }) => !/@|- - -|\u20e3/.test(text)))
      expect(read(one, widen(one.text)), `${one.id} ${one.text}`).toEqual(read(one, one.text));
  });

  it('in their compatibility forms', () => {
    for (const one of CASES.filter(({ text }) => !/[①-⓿❶-➓\u20e3]/u.test(text)))
      expect(read(one, one.text.normalize('NFKC')), one.id).toEqual(read(one, one.text));
  });
});
