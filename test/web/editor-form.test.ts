/** A quiz as cards and as Markdown: both ways without loss, and never by a way that would lose something. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Question } from '../../src/lessons/lesson.ts';
import { parseLesson } from '../../src/lessons/parse.ts';
import { readPieces, readQuiz, writePieces } from '../../src/lessons/source.ts';
import { readCards, readSource, toCard, writeCards } from '../../src/web/console/editor-form.ts';
import type { Form } from '../../src/web/console/parts.ts';
import { ROOT } from '../support/school.ts';

const files = readdirSync(join(ROOT, 'lessons'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.md') && !file.endsWith('README.md') && !file.startsWith('news'),
);
const sourceOf = (file: string) => readFileSync(join(ROOT, 'lessons', file), 'utf8');
const bare = ({ type, stem, options, key, explanation }: Question) => ({
  type,
  stem,
  options,
  key,
  explanation,
});

describe('the lessons that ship with us', () => {
  it.each(files)('%s goes through the pieces and the cards unharmed', (file) => {
    const source = sourceOf(file);
    const before = parseLesson(source, file).lesson;
    const after = parseLesson(writePieces(readPieces(source)), file).lesson;
    expect({ ...after, hash: '', questions: after?.questions.map(bare) }).toEqual({
      ...before,
      hash: '',
      questions: before?.questions.map(bare),
    });
    const quiz = readCards(readPieces(source).quiz);
    expect(quiz).toBeDefined();
    expect(readQuiz(writeCards(quiz?.cards ?? [])).questions.map(bare)).toEqual(before?.questions.map(bare));
  });
});

const word = fc
  .array(
    fc.constantFrom(
      '茶',
      '罐',
      '密封',
      '光',
      'A',
      '1',
      ' ',
      '，',
      '*',
      '|',
      '`',
      '#',
      '-',
      '对',
      '<b>',
      '[x]',
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((pieces) => pieces.join('').trim())
  .filter((text) => text !== '');

describe('cards', () => {
  it('are offered only where they give back every question', () => {
    const question = fc.record({
      stem: word,
      options: fc.uniqueArray(word, { minLength: 2, maxLength: 5 }),
      explanation: fc.oneof(fc.constant(''), word),
    });
    fc.assert(
      fc.property(fc.array(question, { minLength: 1, maxLength: 4 }), (all) => {
        const quiz = all
          .map(
            ({ stem, options, explanation }, index) =>
              `${index + 1}. ${stem}\n\n${options.map((one, at) => `   - [${at === 0 ? 'x' : ' '}] ${one}`).join('\n')}\n${
                explanation === '' ? '' : `\n   > ${explanation}\n`
              }`,
          )
          .join('\n');
        const { questions, faults } = readQuiz(quiz);
        const cards = readCards(quiz);
        if (faults.length > 0) expect(cards).toBeUndefined();
        if (cards === undefined) return;
        expect(readQuiz(writeCards(cards.cards)).questions.map(bare)).toEqual(questions.map(bare));
      }),
    );
  });

  it.each([
    ['a question without words', '1. \n\n   - [x] 甲\n   - [ ] 乙'],
    ['two right where one may be', '1. 题\n\n   - [x] 甲\n   - [x] 乙'],
    ['talk that belongs to no question', '先说一句\n\n1. 题\n\n   答案：对'],
  ])('are not offered for %s', (_name, quiz) => {
    expect(readCards(quiz)).toBeUndefined();
  });

  it('keep the lines that draw from the bank', () => {
    const quiz = '1. 潮了还能喝。\n\n   答案：错\n\n抽题：保鲜 3；物流 1';
    expect(readCards(quiz)?.draws.trim()).toBe('抽题：保鲜 3；物流 1');
  });

  it('move the letters up when an option in between is left empty', () => {
    const card = {
      ...toCard({
        no: 1,
        type: 'single',
        stem: '题',
        options: ['甲', '', '丙'],
        key: ['C'],
        explanation: '',
        line: 0,
      }),
    };
    expect(readQuiz(writeCards([card])).questions[0]).toMatchObject({ options: ['甲', '丙'], key: ['B'] });
  });
});

describe('what a form sends', () => {
  const form = (values: Record<string, string | string[]>): Form => ({
    get: (name) => [values[name] ?? ''].flat()[0] ?? '',
    all: (name) => [values[name] ?? []].flat(),
  });

  it('keeps what the form does not show', () => {
    const before = '---\nid: w7\ntitle: 旧\ncategory: 电商\n---\n\n旧的\n';
    const after = readPieces(
      readSource(
        form({
          title: '新',
          category: '电商',
          body: '新的',
          'quiz-as': 'markdown',
          quiz: '1. 潮了还能喝。\n\n   答案：错',
        }),
        before,
      ),
    );
    expect(after).toMatchObject({ id: 'w7', title: '新', category: '电商', body: '新的' });
    expect(readQuiz(after.quiz).questions).toHaveLength(1);
  });

  it('reads cards with the one that was told to go left out', () => {
    const values = {
      title: '题',
      body: '文',
      'quiz-as': 'cards',
      cards: '2',
      'q0-type': 'single',
      'q0-stem': '第一',
      'q0-option-A': '甲',
      'q0-option-B': '乙',
      'q0-right': ['B'],
      'q1-type': 'truefalse',
      'q1-stem': '第二',
      'q1-judge': '错',
    };
    const both = readQuiz(readPieces(readSource(form(values), '')).quiz).questions;
    expect(both.map(({ type, key }) => [type, ...key])).toEqual([
      ['single', 'B'],
      ['truefalse', '错'],
    ]);
    const one = readQuiz(readPieces(readSource(form({ ...values, drop: '0' }), '')).quiz).questions;
    expect(one.map(({ stem }) => stem)).toEqual(['第二']);
  });

  it('is any text at all, and stays a source', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (title, body) => {
        const source = readSource(form({ title, body, 'quiz-as': 'markdown', quiz: '' }), '');
        expect(readPieces(source).title).toBe(title.trim());
        expect(() => parseLesson(source, '-')).not.toThrow();
      }),
    );
  });
});
