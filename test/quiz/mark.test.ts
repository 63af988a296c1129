import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FULL, markAnswer, scoreAnswer } from '../../src/quiz/mark.ts';
import { readChineseNumber } from '../../src/quiz/spelling.ts';

const isRight = (type: Parameters<typeof markAnswer>[0]['type'], key: string[], value: string[]) =>
  markAnswer({ type, key }, value);

describe('a filled-in word', () => {
  it.each([
    ['密封', ['密封', ' 密 封 ', '密封。', '「密封」', '密​封', '密封的', '密封了']],
    ['密封（保存）', ['密封', '密封保存']],
    ['潮和光', ['潮与光', '潮及光', '潮以及光', '潮跟光']],
    ['VC', ['vc', 'ＶＣ', 'V C']],
    ['7', ['七', '７', '七']],
    ['2021年', ['二〇二一年', '2021 年', '２０２１年', '二零二一年']],
    ['十二', ['12', '十二']],
    ['溯源码', ['溯源碼']],
  ])('%s is also %j', (key, given) => {
    for (const word of given) expect(isRight('text', [key], [word]), word).toBe(true);
  });

  it.each([
    ['密封', ['密', '保存', '', '。', '不密封']],
    ['7', ['17', '七十', '7斤']],
    ['三会一课', ['3会一课了吗', '三会']],
  ])('%s is not %j', (key, given) => {
    for (const word of given) expect(isRight('text', [key], [word]), word).toBe(false);
  });
});

describe('a number', () => {
  it.each([
    ['95±2', ['93', '97', '95.5', '96%', '94度', '９５'], ['92.9', '97.1', '', '九十五', '-95', '950']],
    ['95', ['95', '95.0'], ['95.1', '94']],
    ['0.5~0.8', ['0.5', '0.8', '0.65', '65%'], ['0.49', '0.81', '65']],
    ['95%±2%', ['95', '95%', '0.95', '93%'], ['92%', '0.9', '1']],
    ['-3~5℃', ['-3', '0', '5度'], ['6', '-3.5']],
    ['1000', ['1,000', '1000元'], ['1', '10000']],
    ['0.3', ['0.3'], ['0.31']],
  ])('%s takes %j and not %j', (key, right, wrong) => {
    for (const given of right) expect(isRight('number', [key], [given]), given).toBe(true);
    for (const given of wrong) expect(isRight('number', [key], [given]), given).toBe(false);
  });

  it('keeps to its tolerance, whatever the numbers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -999, max: 999 }),
        fc.integer({ min: 0, max: 99 }),
        fc.integer({ min: -999, max: 999 }),
        (middle, width, given) => {
          const inside = Math.abs(given - middle) <= width;
          expect(isRight('number', [`${middle}±${width}`], [String(given)])).toBe(inside);
          expect(isRight('number', [`${middle - width}~${middle + width}`], [String(given)])).toBe(inside);
        },
      ),
    );
  });
});

describe('letters', () => {
  it('of a choice are a set, of an order a row', () => {
    expect(isRight('single', ['B'], ['B'])).toBe(true);
    expect(isRight('multi', ['A', 'C'], ['C', 'A'])).toBe(true);
    expect(isRight('multi', ['A', 'C'], ['A'])).toBe(false);
    expect(isRight('multi', ['A', 'C'], ['A', 'B', 'C'])).toBe(false);
    expect(isRight('order', ['B', 'A', 'C'], ['B', 'A', 'C'])).toBe(true);
    expect(isRight('order', ['B', 'A', 'C'], ['A', 'B', 'C'])).toBe(false);
    expect(isRight('truefalse', ['错'], ['错'])).toBe(true);
  });
});

describe('credit for a multiple choice', () => {
  const question = { type: 'multi', key: ['A', 'B', 'D'] } as const;
  it.each([
    ['ABD', 1000, 1000],
    ['AB', 0, 666],
    ['A', 0, 333],
    ['ABC', 0, 333],
    ['ABCD', 0, 666],
    ['C', 0, 0],
    ['AC', 0, 0],
  ])('%s earns %i, or a share of %i', (given, whole, share) => {
    expect(scoreAnswer(question, [...given], 'all-or-nothing')).toBe(whole);
    expect(scoreAnswer(question, [...given], 'share')).toBe(share);
  });

  it('is full for a right answer alone, never below nothing, and never less for one right letter more', () => {
    const letters = fc.subarray([...'ABCDE'], { minLength: 1 });
    fc.assert(
      fc.property(letters, letters, (key, given) => {
        const score = scoreAnswer({ type: 'multi', key }, given, 'share');
        expect(score === FULL).toBe(markAnswer({ type: 'multi', key }, given));
        expect(score).toBeGreaterThanOrEqual(0);
        const missing = key.find((letter) => !given.includes(letter));
        if (missing)
          expect(scoreAnswer({ type: 'multi', key }, [...given, missing], 'share')).toBeGreaterThanOrEqual(
            score,
          );
      }),
    );
  });
});

describe('a number in characters', () => {
  it.each([
    ['七', 7],
    ['十', 10],
    ['十二', 12],
    ['二十', 20],
    ['九十五', 95],
    ['一百零五', 105],
    ['两千', 2000],
    ['三万五千', 35_000],
    ['二〇二一', 2021],
    ['茶', undefined],
  ])('%s is %s', (text, value) => {
    expect(readChineseNumber(text)).toBe(value);
  });
});
