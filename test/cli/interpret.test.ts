import { describe, expect, it } from 'vitest';

import { readLine } from '../../src/cli/interpret.ts';

const LINE = { id: 'a', quiz: ['single4', 'multi4'], where: 'group', mention: false, text: '1A 2BC' };
const line = (change: object) => JSON.stringify({ ...LINE, ...change });

describe('a line of weike interpret', () => {
  it.each([
    ['an answer', {}, { id: 'a', kind: 'answer', answers: { 1: ['A'], 2: ['B', 'C'] } }],
    [
      'with a check-in',
      { text: '打卡 1A' },
      { id: 'a', kind: 'answer', answers: { 1: ['A'] }, checkin: true },
    ],
    ['a check-in', { text: '打卡：好' }, { id: 'a', kind: 'checkin', note: '好' }],
    ['a command', { text: '排行榜' }, { id: 'a', kind: 'command', name: 'rank' }],
    ['asked about', { text: '5A' }, { id: 'a', kind: 'ask' }],
    ['talk', { text: '好的' }, { id: 'a', kind: 'none' }],
    [
      'a number and an order',
      { quiz: ['number', 'order4'], text: '1、95 2BADC' },
      { id: 'a', kind: 'answer', answers: { 1: ['95'], 2: ['B', 'A', 'D', 'C'] } },
    ],
    [
      'no mention named',
      { mention: undefined },
      { id: 'a', kind: 'answer', answers: { 1: ['A'], 2: ['B', 'C'] } },
    ],
    ['a number as id', { id: 7, text: '好' }, { id: 7, kind: 'none' }],
  ])('%s', (_name, change, expected) => {
    expect(readLine(line(change))).toEqual(expected);
  });

  it.each([
    ['no JSON', '{"id":', null, /JSON/],
    ['no object', '[1]', null, /expected an object/],
    ['null', 'null', null, /expected an object/],
    ['no text', line({ text: undefined }), 'a', /text/],
    ['a place that there is not', line({ where: 'home' }), 'a', /where/],
    ['a type that there is not', line({ quiz: ['single9'] }), 'a', /"single9" is no type/],
    ['no list of types', line({ quiz: 'single4' }), 'a', /quiz/],
    ['a mention that is no truth value', line({ mention: 1 }), 'a', /mention/],
  ])('keeps its place with %s', (_name, text, id, error) => {
    const read = readLine(text);
    expect(read).toMatchObject({ id, kind: 'none' });
    expect(read.error).toMatch(error);
  });
});
