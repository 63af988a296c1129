/** Reads the questions under `## 小测` from the tokens of that section. */
import type { AddFault } from './front-matter.ts';
import type { Question, QuestionType } from './lesson.ts';
import { closingOf, type Token } from './markdown.ts';

const MOST_OPTIONS = 8;
const TASK = /^\[([ xX])\](?:\s+|$)/;
const MULTI = /^\s*[（(]多选[）)]\s*|\s*[（(]多选[）)]\s*$/;
const KEY = /^答案\s*[：:]\s*(.*)$/s;
const LETTERS = 'ABCDEFGH';

/** `tokens` follow the heading; `lines` are those of the text they were made from, whose first is line `firstLine` of the file. */
export function readQuestions(
  tokens: readonly Token[],
  lines: readonly string[],
  firstLine: number,
  headingLine: number,
  add: AddFault,
): Question[] {
  const list = tokens.findIndex((token) => token.type === 'ordered_list_open' && token.level === 0);
  if (list < 0) {
    add(firstLine + headingLine, '小测下面没有题', '写成 1. 题目，每题前面是数字和点');
    return [];
  }
  const end = closingOf(tokens, list);
  for (const [index, token] of tokens.entries())
    if ((index < list || index > end) && token.level === 0 && token.map && token.nesting >= 0 && token.type !== 'heading_open')
      add(firstLine + token.map[0], '小测里有一段不属于任何题', '在前面空三格，让它归到题下面，或移到正文');
  const questions: Question[] = [];
  for (let at = list + 1; at < end; at = closingOf(tokens, at) + 1) {
    const item = tokens.slice(at + 1, closingOf(tokens, at));
    const line = firstLine + (tokens[at]?.map?.[0] ?? 0);
    const question = readQuestion(item, lines, firstLine, { no: questions.length + 1, line }, add);
    questions.push(question);
  }
  return questions;
}

interface Option {
  readonly text: string;
  readonly right: boolean;
  readonly line: number;
}

function readQuestion(
  item: readonly Token[],
  lines: readonly string[],
  firstLine: number,
  place: { no: number; line: number },
  add: AddFault,
): Question {
  const stems: string[] = [];
  const explanations: string[] = [];
  const options: Option[] = [];
  let key: string | undefined;
  for (let at = 0; at < item.length; at += 1) {
    const token = item[at];
    if (!token) continue;
    const close = closingOf(item, at);
    const inner = item.slice(at + 1, close);
    if (token.type === 'blockquote_open') explanations.push(innerSource(token, lines));
    else if (token.type === 'bullet_list_open') options.push(...readOptions(inner, firstLine, add));
    else if (token.type === 'paragraph_open') {
      // 答案 may stand right under the stem, in the same paragraph.
      const content = inner[0]?.content ?? '';
      const rows = content.split('\n');
      const keyRow = rows.findIndex((row) => KEY.test(row.trim()));
      const stem = (keyRow < 0 ? rows : rows.slice(0, keyRow)).join('\n').trim();
      if (stem) stems.push(stem);
      if (keyRow >= 0) key = KEY.exec(rows.slice(keyRow).join(' ').trim())?.[1]?.trim() ?? '';
    } else if (token.map && token.nesting >= 0) stems.push(lines.slice(token.map[0], token.map[1]).join('\n').trim());
    at = close;
  }
  const marked = stems.some((stem) => MULTI.test(stem));
  const stem = stems.map((text) => text.replace(MULTI, '')).join('\n\n').trim();
  if (stem === '') add(place.line, `第 ${place.no} 题没有题目`, '在数字后面写上题目');
  const { type, right } = judge(options, key, marked, place, add);
  return {
    no: place.no,
    type,
    stem,
    options: options.map((option) => option.text),
    key: right,
    explanation: explanations.join('\n\n'),
    line: place.line,
  };
}

function readOptions(tokens: readonly Token[], firstLine: number, add: AddFault): Option[] {
  const options: Option[] = [];
  for (let at = 0; at < tokens.length; at = closingOf(tokens, at) + 1) {
    const token = tokens[at];
    if (token?.type !== 'list_item_open') continue;
    const line = firstLine + (token.map?.[0] ?? 0);
    const content = tokens.slice(at, closingOf(tokens, at)).find((inner) => inner.type === 'inline')?.content ?? '';
    const task = TASK.exec(content);
    if (!task) add(line, '选项前面没有方框', '对的写 - [x] 内容，错的写 - [ ] 内容');
    const text = content.replace(TASK, '').replaceAll('\n', ' ').trim();
    if (text === '') add(line, '选项是空的', '在方框后面写上内容');
    options.push({ text, right: task !== null && task[1] !== ' ', line });
  }
  return options;
}

/** The type and the key, with everything that contradicts them. */
function judge(
  options: readonly Option[],
  key: string | undefined,
  marked: boolean,
  { no, line }: { no: number; line: number },
  add: AddFault,
): { type: QuestionType; right: string[] } {
  if (options.length > 0) {
    const right = options.flatMap((option, index) => (option.right ? [LETTERS[index] ?? ''] : []));
    if (key !== undefined) add(line, `第 ${no} 题既有选项又有答案`, '选择题用 [x] 标出对的，去掉 答案 那一行');
    if (options.length === 1) add(line, `第 ${no} 题只有一个选项`, '至少写两个选项');
    if (options.length > MOST_OPTIONS) add(line, `第 ${no} 题的选项太多`, `最多 ${MOST_OPTIONS} 个`);
    if (right.length === 0) add(line, `第 ${no} 题没有标出对的选项`, '把对的那个写成 - [x]');
    if (right.length > 1 && !marked) add(line, `第 ${no} 题标了几个对的`, '多选题在题目前面写上（多选），单选题只留一个 [x]');
    const seen = new Set<string>();
    for (const option of options) {
      if (seen.has(option.text)) add(option.line, `第 ${no} 题有两个一样的选项`, '改掉或删掉其中一个');
      seen.add(option.text);
    }
    return { type: marked ? 'multi' : 'single', right };
  }
  if (key === undefined) {
    add(line, `第 ${no} 题既没有选项也没有答案`, '加上 - [x] 这样的选项，或一行 答案：对');
    return { type: 'text', right: [] };
  }
  if (marked) add(line, `第 ${no} 题写了（多选）却没有选项`, '加上选项，或去掉（多选）');
  if (key === '对' || key === '错') return { type: 'truefalse', right: [key] };
  const variants = key.split(/\s*[|｜]\s*/).map((variant) => variant.trim());
  if (variants.some((variant) => variant === '')) add(line, `第 ${no} 题的答案是空的`, '写成 答案：密封，几种写法用 | 隔开');
  return { type: 'text', right: variants.filter(Boolean) };
}

/** The Markdown inside a block quote, its marks taken off. */
function innerSource(token: Token, lines: readonly string[]): string {
  const [from, to] = token.map ?? [0, 0];
  return lines
    .slice(from, to)
    .map((line) => line.replace(/^\s*>?\s?/, ''))
    .join('\n')
    .trim();
}
