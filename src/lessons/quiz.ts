/** Reads the questions under `## 小测` from the tokens of that section. */
import type { AddFault } from './front-matter.ts';
import { readDraws } from './draws.ts';
import type { Draw, Question, QuestionType } from './lesson.ts';
import { closingOf, type Token } from './markdown.ts';
import { hasTolerance, readNumberKey } from './number.ts';

const MOST_OPTIONS = 8;
const TASK = /^\[([ xX])\](?:\s+|$)/;
/** 单选, 判断 and 填空 go without saying, and may be said. */
const MARK = /^\s*[（(](多选|排序|填数|单选|判断|填空)[）)]\s*|\s*[（(](多选|排序|填数|单选|判断|填空)[）)]\s*$/;
const KEY = /^答案\s*[：:]\s*(.*)$/s;
const LETTERS = 'ABCDEFGH';

/** `tokens` follow the heading; `lines` are those of the text they were made from, whose first is line `firstLine` of the file. */
export function readQuestions(
  tokens: readonly Token[],
  lines: readonly string[],
  firstLine: number,
  headingLine: number,
  add: AddFault,
): { questions: Question[]; draws: Draw[] } {
  const draws: Draw[] = [];
  let isDrawn = false;
  const list = tokens.findIndex((token) => token.type === 'ordered_list_open' && token.level === 0);
  const end = list < 0 ? -1 : closingOf(tokens, list);
  for (const [index, token] of tokens.entries()) {
    if ((index >= list && index <= end) || token.level !== 0 || !token.map) continue;
    if (token.nesting < 0 || token.type === 'heading_open') continue;
    const line = firstLine + token.map[0];
    const drawn = token.type === 'paragraph_open' ? readDraws(tokens[index + 1]?.content ?? '', line, add) : undefined;
    isDrawn ||= drawn !== undefined;
    if (drawn) draws.push(...drawn);
    else if (list >= 0) add(line, '小测里有一段不属于任何题', '在前面空三格，让它归到题下面，或移到正文');
  }
  if (list < 0 && !isDrawn)
    add(firstLine + headingLine, '小测下面没有题', '写成 1. 题目，每题前面是数字和点；或一行 抽题：标签 3');
  const questions: Question[] = [];
  for (let at = list + 1; at < end; at = closingOf(tokens, at) + 1) {
    const item = tokens.slice(at + 1, closingOf(tokens, at));
    const line = firstLine + (tokens[at]?.map?.[0] ?? 0);
    const question = readQuestion(item, lines, firstLine, { no: questions.length + 1, line }, add);
    questions.push(question);
  }
  return { questions, draws };
}

interface Option {
  readonly text: string;
  readonly boxed: boolean;
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
      if (rows.some((row) => /^抽题\s*[：:]/.test(row.trim())))
        add(firstLine + (token.map?.[0] ?? 0), '抽题和上面的题连在一起了', '在 抽题 前面空一行，并且不要缩进');
      const keyRow = rows.findIndex((row) => KEY.test(row.trim()));
      const stem = (keyRow < 0 ? rows : rows.slice(0, keyRow)).join('\n').trim();
      if (stem) stems.push(stem);
      if (keyRow >= 0) key = KEY.exec(rows.slice(keyRow).join(' ').trim())?.[1]?.trim() ?? '';
    } else if (token.map && token.nesting >= 0) stems.push(lines.slice(token.map[0], token.map[1]).join('\n').trim());
    at = close;
  }
  const mark = stems.map((text) => MARK.exec(text)).find((match) => match !== null);
  const stem = stems.map((text) => text.replace(MARK, '')).join('\n\n').trim();
  if (stem === '') add(place.line, `第 ${place.no} 题没有题目`, '在数字后面写上题目');
  const { type, right } = judge(options, key, mark?.[1] ?? mark?.[2] ?? '', place, add);
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
    const text = content.replace(TASK, '').replaceAll('\n', ' ').trim();
    if (text === '') add(line, '选项是空的', '在方框后面写上内容');
    options.push({ text, boxed: task !== null, right: task !== null && task[1] !== ' ', line });
  }
  return options;
}

/** The type and the key, with everything that contradicts them. */
function judge(
  options: readonly Option[],
  key: string | undefined,
  mark: string,
  place: { no: number; line: number },
  add: AddFault,
): { type: QuestionType; right: string[] } {
  const { no, line } = place;
  if (mark === '排序') return { type: 'order', right: judgeOrder(options, key, place, add) };
  if (options.length > 0) return judgeChoice(options, key, mark, place, add);
  if (key === undefined) {
    add(line, `第 ${no} 题既没有选项也没有答案`, '加上 - [x] 这样的选项，或一行 答案：对');
    return { type: 'text', right: [] };
  }
  if (mark === '多选' || mark === '单选') add(line, `第 ${no} 题写了（${mark}）却没有选项`, `加上选项，或去掉（${mark}）`);
  if (mark === '判断' && key !== '对' && key !== '错') add(line, `第 ${no} 题是判断题`, '写成 答案：对 或 答案：错');
  if (mark !== '填空' && (key === '对' || key === '错')) return { type: 'truefalse', right: [key] };
  if (mark === '填数' || (mark === '' && hasTolerance(key))) {
    if (!readNumberKey(key))
      add(line, `第 ${no} 题的答案不是数`, '写成 答案：95，或 答案：95±2，或 答案：0.5~0.8（小的在前）');
    return { type: 'number', right: [key] };
  }
  const variants = key.split(/\s*[|｜]\s*/).map((variant) => variant.trim());
  if (variants.some((variant) => variant === '')) add(line, `第 ${no} 题的答案是空的`, '写成 答案：密封，几种写法用 | 隔开');
  return { type: 'text', right: variants.filter(Boolean) };
}

function judgeChoice(
  options: readonly Option[],
  key: string | undefined,
  mark: string,
  { no, line }: { no: number; line: number },
  add: AddFault,
): { type: QuestionType; right: string[] } {
  for (const option of options)
    if (!option.boxed) add(option.line, '选项前面没有方框', '对的写 - [x] 内容，错的写 - [ ] 内容');
  const right = options.flatMap((option, index) => (option.right ? [LETTERS[index] ?? ''] : []));
  if (key !== undefined) add(line, `第 ${no} 题既有选项又有答案`, '选择题用 [x] 标出对的，去掉 答案 那一行');
  if (mark === '判断' || mark === '填空' || mark === '填数')
    add(line, `第 ${no} 题写了（${mark}）却有选项`, `去掉选项，写一行 答案，或去掉（${mark}）`);
  if (right.length === 0) add(line, `第 ${no} 题没有标出对的选项`, '把对的那个写成 - [x]');
  if (right.length > 1 && mark !== '多选') add(line, `第 ${no} 题标了几个对的`, '多选题在题目前面写上（多选），单选题只留一个 [x]');
  checkOptions(options, '选项', { no, line }, add);
  return { type: mark === '多选' ? 'multi' : 'single', right };
}

/** Too few, too many, two alike. */
function checkOptions(
  options: readonly Option[],
  what: string,
  { no, line }: { no: number; line: number },
  add: AddFault,
): void {
  if (options.length === 1) add(line, `第 ${no} 题只有一个${what}`, `至少写两个${what}`);
  if (options.length > MOST_OPTIONS) add(line, `第 ${no} 题的${what}太多`, `最多 ${MOST_OPTIONS} 个`);
  const seen = new Set<string>();
  for (const option of options) {
    if (seen.has(option.text)) add(option.line, `第 ${no} 题有两个一样的${what}`, '改掉或删掉其中一个');
    seen.add(option.text);
  }
}

/** The letters of the steps in the right order. */
function judgeOrder(
  steps: readonly Option[],
  key: string | undefined,
  place: { no: number; line: number },
  add: AddFault,
): string[] {
  const { no, line } = place;
  if (steps.some(({ right }) => right)) add(line, `第 ${no} 题是排序题，不用 [x]`, '把 [x] 去掉，用一行 答案 写出顺序');
  if (steps.length === 0) {
    add(line, `第 ${no} 题没有要排的步骤`, '每个步骤一行，前面写 - ');
    return [];
  }
  checkOptions(steps, '步骤', place, add);
  const all = LETTERS.slice(0, steps.length);
  const letters = [...(key ?? '').normalize('NFKC').toUpperCase().replace(/[\s、,>→-]+/gu, '')];
  if (key === undefined) add(line, `第 ${no} 题没有写出顺序`, `加一行 答案：${[...all].toReversed().join('')} 这样的字母`);
  else if (letters.toSorted().join('') !== all)
    add(line, `第 ${no} 题的顺序和步骤对不上`, `答案要用完 ${all} 这 ${steps.length} 个字母，每个一次`);
  return letters;
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
