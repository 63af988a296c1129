/**
 * Questions in Moodle's GIFT (https://docs.moodle.org/en/GIFT_format): each block between blank lines is read by
 * itself, so that a fault in one costs no other. What can't be carried over is named.
 */
import {
  parse,
  type GIFTQuestion,
  type NumericalFormat,
  SyntaxError,
  type TextChoice,
  type TextFormat,
} from 'gift-pegjs';

import { renderInline } from '../lessons/chat.ts';
import { readNumberKey } from '../lessons/number.ts';
import { type Carried, type Left, type Taken } from './carry.ts';
import { checkItem, escapeMarkdown, type Item, LETTERS } from './item.ts';

interface Block {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly text: string;
}

/** Blocks between blank lines; comments stay with theirs. */
function splitBlocks(source: string): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let start = 1;
  const flush = () => {
    if (lines.some((line) => line.trim() !== '')) blocks.push({ line: start, text: lines.join('\n') });
    lines = [];
  };
  for (const [index, line] of source.split('\n').entries()) {
    if (line.trim() === '') flush();
    else {
      if (lines.length === 0) start = index + 1;
      lines.push(line.trimEnd());
    }
  }
  flush();
  return blocks;
}

/** Reads a GIFT file. `$CATEGORY:` becomes a tag, like `[tag:…]` in a comment. */
export function readGift(source: string): Carried {
  const taken: Taken[] = [];
  const left: Left[] = [];
  let category: string[] = [];
  for (const { line, text } of splitBlocks(source.replace(/\r\n?/g, '\n'))) {
    if (text.split('\n').every((row) => /^\s*\/\//.test(row))) continue;
    const where = `第 ${line} 行`;
    try {
      for (const question of parse(`${text}\n\n`)) {
        if (question.type === 'Category') category = categoryTags(question.title);
        else takeQuestion(question, where, category, taken, left);
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      left.push({ where: `第 ${line + error.location.start.line - 1} 行`, why: syntaxFault(error, text) });
    }
  }
  return { taken, left };
}

/** `$course$/上级/保鲜`: the last name is what the questions are about. */
const categoryTags = (title: string): string[] =>
  title
    .split('/')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !part.startsWith('$') && part !== 'top')
    .slice(-1);

function syntaxFault(error: SyntaxError, text: string): string {
  if (!text.includes('{')) return '没有 { }，不是一道题';
  const found =
    error.found === null || error.found.trim() === '' ? '这一题没有写完' : `「${error.found}」的地方读不懂`;
  return `${found}；题目里的 : = ~ # { } 前面要加 \\，两题之间要空一行`;
}

function takeQuestion(
  question: Exclude<GIFTQuestion, { type: 'Category' }>,
  where: string,
  category: readonly string[],
  taken: Taken[],
  left: Left[],
): void {
  const named = question.title ? `${where}（${question.title}）` : where;
  const leave = (why: string) => void left.push({ where: named, why });
  if (question.type === 'Description') return leave('只有说明，没有答案，没有导入');
  if (question.type === 'Essay') return leave('问答题不能自动判分，没有导入');
  if (question.type === 'Matching') return leave('连线题没有对应的题型，没有导入');
  const lost: string[] = [];
  const text = (rich: TextFormat | null) => readText(rich, lost);
  const read = readKey(question, text, lost);
  if (typeof read === 'string') return leave(read);
  const notes = [text(question.globalFeedback), ...read.notes].filter(Boolean);
  const item: Item = {
    type: read.type,
    stem: text(question.stem),
    options: read.options,
    key: read.key,
    explanation: notes.join('\n\n'),
    tags: [...new Set([...category, ...(question.tags ?? [])])],
  };
  const faults = checkItem(item);
  if (faults.length > 0) return leave(faults.map(({ why }) => why).join('；'));
  taken.push({ item, where: named });
  for (const why of new Set(lost)) leave(`题目导入了，但${why}`);
}

interface ReadKey {
  readonly type: Item['type'];
  readonly options: readonly string[];
  readonly key: readonly string[];
  /** What was said of single options. */
  readonly notes: readonly string[];
}

type Marked = Extract<GIFTQuestion, { type: 'MC' | 'Short' | 'Numerical' | 'TF' }>;

function readKey(
  question: Marked,
  text: (rich: TextFormat | null) => string,
  lost: string[],
): ReadKey | string {
  switch (question.type) {
    case 'TF': {
      const notes = [text(question.trueFeedback), text(question.falseFeedback)].filter(Boolean);
      return { type: 'truefalse', options: [], key: [question.isTrue ? '对' : '错'], notes };
    }
    case 'MC':
      return readChoices(question.choices, text, lost);
    case 'Short': {
      const full = question.choices.filter(({ weight }) => weight === null || weight === 100);
      if (full.length < question.choices.length) lost.push('只得部分分的答案没有带过来');
      const plain = full.map((choice) => unescape(text(choice.text)));
      if (plain.some((word) => word.includes('*'))) lost.push('答案里的 * 当作普通文字，不是通配符');
      const notes = full.map((choice) => text(choice.feedback)).filter(Boolean);
      return { type: 'text', options: [], key: plain.filter(Boolean), notes };
    }
    case 'Numerical':
      return readNumber(question.choices, text, lost);
  }
}

function readChoices(
  choices: readonly TextChoice[],
  text: (rich: TextFormat | null) => string,
  lost: string[],
): ReadKey | string {
  const options = choices.map((choice) => text(choice.text));
  const notes = choices.flatMap((choice, index) => {
    const said = text(choice.feedback);
    return said === '' ? [] : [`${LETTERS[index] ?? ''}：${said}`];
  });
  const letters = (isRight: (choice: TextChoice) => boolean) =>
    choices.flatMap((choice, index) => (isRight(choice) ? [LETTERS[index] ?? ''] : []));
  const right = letters(({ isCorrect, weight }) => isCorrect && (weight === null || weight === 100));
  const weighted = letters(({ weight }) => weight !== null && weight > 0 && weight < 100);
  if (right.length === 0) {
    const total = choices.reduce((sum, { weight }) => sum + Math.max(0, weight ?? 0), 0);
    const sole = letters(({ weight }) => weight === 100);
    if (sole.length === 1 && weighted.length === 0) return { type: 'single', options, key: sole, notes };
    // A set whose parts make up the whole.
    if (weighted.length > 1 && Math.abs(total - 100) < 1)
      return { type: 'multi', options, key: weighted, notes };
    return '没有全对的答案（各选项的分加起来不是 100%），没有导入';
  }
  if (right.length > 1) return '有几个全对的选项；多选题请写成 ~%50%甲 ~%50%乙，没有导入';
  if (weighted.length > 0) lost.push('选项的部分分没有带过来');
  return { type: 'single', options, key: right, notes };
}

function readNumber(
  choices: Extract<GIFTQuestion, { type: 'Numerical' }>['choices'],
  text: (rich: TextFormat | null) => string,
  lost: string[],
): ReadKey | string {
  if (!Array.isArray(choices)) return { type: 'number', options: [], key: [sayRange(choices)], notes: [] };
  const full = choices.filter(({ isCorrect, weight }) => isCorrect && (weight === null || weight === 100));
  const [only, ...more] = full;
  if (!only) return '没有全对的数，没有导入';
  if (more.length > 0) return '有几个全对的数，没有导入';
  if (choices.length > 1) lost.push('只得部分分的数没有带过来');
  const notes = choices.map((choice) => text(choice.feedback)).filter(Boolean);
  return { type: 'number', options: [], key: [sayRange(only.text)], notes };
}

function sayRange({ type, number = 0, range = 0, numberLow = 0, numberHigh = 0 }: NumericalFormat): string {
  if (type === 'range') return `${number}±${range}`;
  if (type === 'high-low') return `${Math.min(numberLow, numberHigh)}~${Math.max(numberLow, numberHigh)}`;
  return String(number);
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: ' ',
  apos: "'",
};

/** The text as Markdown; what HTML had beyond words goes to `lost`. */
function readText(rich: TextFormat | null, lost: string[]): string {
  if (!rich) return '';
  if (rich.format === 'markdown') return rich.text.trim();
  const isHtml =
    rich.format === 'html' ||
    (rich.format === 'moodle' && /<\/?(?:p|br|b|i|strong|em|span|div|img|sub|sup|ul|li)\b/i.test(rich.text));
  if (!isHtml) return escapeMarkdown(rich.text.trim());
  if (/<img\b/i.test(rich.text)) lost.push('图片没有带过来');
  if (/<(?:table|math|video|audio|iframe|object)\b/i.test(rich.text)) lost.push('表格、公式或视频没有带过来');
  const plain = rich.text
    .replace(/<br\s*\/?>|<\/(?:p|div|li)>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff)))
    .replace(/&([a-z]+);/gi, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? whole);
  return escapeMarkdown(plain.replace(/\n{2,}/g, '\n').trim());
}

/** A word that is compared and not shown has no mark-up. */
const unescape = (text: string) => text.replace(/\\([\\`*_[\]<>&#+.)-])/g, '$1');

const escapeGift = (markdown: string): string =>
  renderInline(markdown)
    .replace(/[\\~=#{}:]/g, '\\$&')
    .replace(/\n/g, '\\n');

/** The bank as GIFT; what it has no form for is left. */
export function writeGift(items: readonly (Item & { readonly where: string })[]): {
  text: string;
  taken: number;
  left: Left[];
} {
  const blocks: string[] = [];
  const left: Left[] = [];
  for (const item of items) {
    const answers = giftAnswers(item);
    if (answers === undefined) {
      left.push({ where: item.where, why: 'GIFT 没有排序题，没有导出' });
      continue;
    }
    if (answers.includes('->')) {
      left.push({ where: item.where, why: '答案里有 ->，在 GIFT 里是连线题，没有导出' });
      continue;
    }
    const tags = item.tags.map((tag) => `[tag:${tag.replace(/]/g, '')}]`).join(' ');
    const notes = item.explanation === '' ? '' : `\n####${escapeGift(item.explanation)}`;
    // Else Moodle takes <b> for mark-up.
    const format = /[<&]/.test(JSON.stringify(item)) ? '[plain]' : '';
    blocks.push(`${tags === '' ? '' : `// ${tags}\n`}${format}${escapeGift(item.stem)} {${answers}${notes}}`);
  }
  return { text: blocks.map((block) => `${block}\n`).join('\n'), taken: blocks.length, left };
}

function giftAnswers({ type, options, key }: Item): string | undefined {
  const isRight = (index: number) => key.includes(LETTERS[index] ?? '');
  switch (type) {
    case 'truefalse':
      return key[0] === '对' ? 'T' : 'F';
    case 'text':
      return key.map((word) => `=${escapeGift(escapeMarkdown(word))}`).join(' ');
    case 'number': {
      const range = readNumberKey(key[0] ?? '');
      return range && `#${range.low}..${range.high}`;
    }
    case 'single':
      return options.map((option, index) => `\n${isRight(index) ? '=' : '~'}${escapeGift(option)}`).join('');
    case 'multi': {
      const share = Number((100 / key.length).toFixed(5));
      return options
        .map((option, index) => `\n~%${isRight(index) ? share : -100}%${escapeGift(option)}`)
        .join('');
    }
    case 'order':
      return undefined;
  }
}
