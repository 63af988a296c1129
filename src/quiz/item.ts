/** A question by itself, outside a lesson: what the bank holds and what imports and exports carry. */
import { createHash } from 'node:crypto';

import type { Question } from '../lessons/lesson.ts';
import { readNumberKey } from '../lessons/number.ts';
import { foldWord } from './normalise.ts';

export interface Item {
  readonly type: Question['type'];
  /** Markdown, like the options and the explanation. */
  readonly stem: string;
  readonly options: readonly string[];
  readonly key: readonly string[];
  readonly explanation: string;
  readonly tags: readonly string[];
}

export const LETTERS = 'ABCDEFGH';
const LONGEST_STEM = 1_000;
const LONGEST_OPTION = 300;

export const TYPE_NAMES: Readonly<Record<Item['type'], string>> = {
  single: '单选',
  multi: '多选',
  truefalse: '判断',
  text: '填空',
  number: '填数',
  order: '排序',
};

export const toQuestion = (item: Omit<Item, 'tags'>, no: number): Question => ({
  no,
  type: item.type,
  stem: item.stem,
  options: item.options,
  key: item.key,
  explanation: item.explanation,
  line: 0,
});

/** Everything that keeps it from being asked, in Chinese; which part it is about. */
export interface ItemFault {
  readonly part: 'type' | 'stem' | 'options' | 'key' | 'tags';
  readonly why: string;
}

export function checkItem({ type, stem, options, key, tags }: Item): ItemFault[] {
  const faults: ItemFault[] = [];
  const add = (part: ItemFault['part'], why: string) => void faults.push({ part, why });
  if (stem.trim() === '') add('stem', '没有题目');
  if (stem.length > LONGEST_STEM) add('stem', `题目超过 ${LONGEST_STEM} 个字`);
  if (tags.some((tag) => [...tag].length > 30)) add('tags', '标签超过 30 个字');
  if (type === 'single' || type === 'multi' || type === 'order') {
    const what = type === 'order' ? '步骤' : '选项';
    const all = LETTERS.slice(0, options.length);
    if (options.length < 2) add('options', `${what}少于两个`);
    if (options.length > LETTERS.length) add('options', `${what}超过 ${LETTERS.length} 个`);
    if (options.some((option) => option.trim() === '')) add('options', `有一个${what}是空的`);
    if (options.some((option) => option.length > LONGEST_OPTION))
      add('options', `有一个${what}超过 ${LONGEST_OPTION} 个字`);
    if (new Set(options.map(foldOption)).size < options.length) add('options', `有两个一样的${what}`);
    if (key.length === 0) add('key', '没有写对的答案');
    else if (key.some((letter) => !all.includes(letter)))
      add('key', `答案「${key.join('')}」里有不存在的${what}`);
    else if (new Set(key).size < key.length) add('key', `答案「${key.join('')}」里有重复的字母`);
    else if (type === 'single' && key.length > 1) add('key', '单选题写了几个对的，改成多选题或只留一个');
    else if (type === 'order' && key.length < options.length)
      add('key', `顺序要用完 ${all} 这 ${options.length} 个字母`);
  } else {
    if (options.length > 0) add('options', `${TYPE_NAMES[type]}题不用选项`);
    if (type === 'truefalse' && key[0] !== '对' && key[0] !== '错') add('key', '判断题的答案要写 对 或 错');
    if (type === 'number' && !readNumberKey(key[0] ?? ''))
      add('key', '答案不是数，写成 95，或 95±2，或 0.5~0.8');
    if (type === 'text' && (key.length === 0 || key.some((word) => foldWord(word) === '')))
      add('key', '没有写对的答案');
  }
  return faults;
}

const foldOption = (option: string) => option.normalize('NFKC').replace(/\s+/g, ' ').trim();

/** The same for every spelling of one question: what it asks, its options in any order, what is right. */
export function hashItem({ type, stem, options, key }: Omit<Item, 'tags' | 'explanation'>): string {
  const words = (letters: readonly string[]) =>
    letters.map((letter) => foldOption(options[LETTERS.indexOf(letter)] ?? ''));
  const right = options.length === 0 ? key : type === 'order' ? words(key) : words(key).toSorted();
  const parts = [type, foldWord(stem), options.map(foldOption).toSorted(), right];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Plain text as Markdown that reads the same: nothing in it becomes mark-up. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\\`*_[\]<>&]/g, '\\$&')
    .replace(/^(\s*)([#+-])(?=\s)/gm, '$1\\$2')
    .replace(/^(\s*\d+)([.)])(?=\s)/gm, '$1\\$2');
