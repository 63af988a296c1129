/** The YAML block at the head of a lesson. */
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';

export interface FrontMatter {
  readonly id?: string;
  readonly title?: string;
  readonly course: string;
  readonly order: number;
  readonly category: string;
  readonly author: string;
  readonly sources: readonly string[];
  readonly tags: readonly string[];
  readonly minutes?: number;
}

/** `add` takes the line in the file, what is wrong, and the cure. */
export type AddFault = (line: number, message: string, cure: string) => void;

const KEYS = ['id', 'title', 'course', 'order', 'category', 'author', 'sources', 'tags', 'minutes'] as const;

/** Splits a source into its front matter and the rest; `bodyLine` is the line of the rest's first line, from 1. */
export function splitFrontMatter(source: string): { yaml: string | undefined; rest: string; bodyLine: number } {
  const lines = source.split('\n');
  if (lines[0]?.trimEnd() !== '---') return { yaml: undefined, rest: source, bodyLine: 1 };
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === '---');
  if (end < 0) return { yaml: undefined, rest: source, bodyLine: 1 };
  return { yaml: lines.slice(1, end).join('\n'), rest: lines.slice(end + 1).join('\n'), bodyLine: end + 2 };
}

/** Reads the block; every fault goes to `add` with its line. */
export function readFrontMatter(yaml: string, add: AddFault): FrontMatter {
  const block = readBlock(yaml, KEYS, 'id 和 title', add);
  return block ? readFields(block, add) : EMPTY;
}

/** A block of which only the YAML is understood: each value by its name, and the line on which it stands. */
export interface Block {
  readonly values: Readonly<Record<string, unknown>>;
  readonly lineOf: (key: string) => number;
}

/** `least` names what the block has to have at least. `undefined` when it is no block of names and values. */
export function readBlock(yaml: string, keys: readonly string[], least: string, add: AddFault): Block | undefined {
  const counter = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: counter, prettyErrors: false });
  const lineAt = (offset: number) => counter.linePos(offset).line + 1;
  for (const error of document.errors)
    add(lineAt(error.pos[0]), `文件头写错了：${error.code}`, '按 名称: 值 一行一项来写，有冒号的值加引号');
  if (document.errors.length > 0) return undefined;
  if (!isMap(document.contents)) {
    add(1, '文件头是空的', `至少写 ${least}`);
    return undefined;
  }
  const lines = new Map<string, number>();
  for (const { key } of document.contents.items)
    if (isScalar(key)) lines.set(String(key.value), lineAt(key.range?.[0] ?? 0));
  for (const [key, line] of lines)
    if (!keys.includes(key)) add(line, `文件头里不认识「${key}」`, `只用这些：${keys.join('、')}`);
  return { values: document.toJS() as Record<string, unknown>, lineOf: (key) => lines.get(key) ?? 1 };
}

const EMPTY: FrontMatter = { course: '', order: 0, category: '', author: '', sources: [], tags: [] };

function readFields({ values, lineOf }: Block, add: AddFault): FrontMatter {
  const text = (key: string): string => {
    const value = values[key];
    if (value === undefined || value === null) return '';
    if (typeof value === 'string' || typeof value === 'number') return String(value).trim();
    add(lineOf(key), `${key} 应该是一段文字`, `写成 ${key}: 文字`);
    return '';
  };
  const list = (key: string): string[] => {
    const value = values[key];
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number'))
      return value.map(String);
    if (typeof value === 'string') return [value];
    add(lineOf(key), `${key} 应该是一个列表`, `写成 ${key}: [甲, 乙]，或每行一个 - 开头`);
    return [];
  };
  const whole = (key: string): number | undefined => {
    const value = values[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 10_000) return value;
    add(lineOf(key), `${key} 应该是大于 0 的整数`, `写成 ${key}: 3`);
    return undefined;
  };
  const id = text('id');
  const title = text('title');
  if (!id) add(lineOf('id'), '没有 id', '在文件头加一行 id: 小写拼音，例如 id: huacha-baoxian');
  else if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id) || id.length > 64)
    add(lineOf('id'), `id「${id}」的写法不对`, '只用小写字母、数字和中间的 -，最长 64 个');
  if (!title) add(lineOf('title'), '没有 title', '在文件头加一行 title: 微课的名字');
  else if ([...title].length > 60) add(lineOf('title'), '名字太长了', '名字不超过 60 个字');
  const minutes = whole('minutes');
  return {
    ...(id ? { id } : {}),
    ...(title ? { title } : {}),
    course: text('course'),
    order: whole('order') ?? 0,
    category: text('category'),
    author: text('author'),
    sources: list('sources'),
    tags: list('tags'),
    ...(minutes === undefined ? {} : { minutes }),
  };
}
