/** The bank as a table: one row a question, columns by their headings in any order. */
import { renderInline } from '../lessons/chat.ts';
import { columnName, type Sheet, type SheetRow } from '../sheets/sheet.ts';
import type { NewSheet } from '../sheets/write.ts';
import type { Carried, Left, Taken } from './carry.ts';
import {
  checkItem,
  escapeMarkdown,
  hashItem,
  type Item,
  type ItemFault,
  LETTERS,
  TYPE_NAMES,
} from './item.ts';
import { normalise } from './normalise.ts';

type Field = 'type' | 'stem' | 'key' | 'explanation' | 'tags' | `option${number}`;

const HEADINGS: readonly (readonly [Field, RegExp])[] = [
  ['type', /^(?:题型|类型|题目类型)$/],
  ['stem', /^(?:题目|题干|问题|试题|题目内容)$/],
  ['key', /^(?:答案|正确答案|标准答案)$/],
  ['explanation', /^(?:解析|答案解析|说明|解释)$/],
  ['tags', /^(?:标签|知识点|分类|章节)$/],
];
const OPTION = /^(?:选项)?\s*([A-H])\s*(?:选项|项)?$/i;
/** A title and a line of help may stand above the headings. */
const HEADINGS_WITHIN = 10;

const TYPES: Readonly<Record<string, Item['type']>> = {
  单选: 'single',
  单选题: 'single',
  单项选择题: 'single',
  多选: 'multi',
  多选题: 'multi',
  多项选择题: 'multi',
  判断: 'truefalse',
  判断题: 'truefalse',
  填空: 'text',
  填空题: 'text',
  填数: 'number',
  填数题: 'number',
  排序: 'order',
  排序题: 'order',
};

/** Reads what `readSheets` gives: every sheet that has the headings. */
export function readItemSheets(sheets: readonly Sheet[]): Carried {
  const taken: Taken[] = [];
  const left: Left[] = [];
  let found = 0;
  for (const sheet of sheets) {
    const head = sheet.rows.slice(0, HEADINGS_WITHIN).find((row) => isHead(readHead(row)));
    if (!head) {
      // A sheet of help, or a hidden one, is nobody's questions.
      if (sheet.rows.length > 0 && !sheet.hidden && sheet.name !== '说明')
        left.push({ where: `「${sheet.name}」`, why: '没有找到表头：第一行要有 题目 和 答案' });
      continue;
    }
    found += 1;
    readSheet(sheet, head, readHead(head), taken, left);
  }
  if (found > 0 && taken.length === 0 && left.length === 0)
    left.push({ where: '整个文件', why: '表头下面没有题' });
  if (sheets.every(({ rows }) => rows.length === 0)) left.push({ where: '整个文件', why: '表格是空的' });
  return { taken, left };
}

function readHead({ cells }: SheetRow): Map<Field, number> {
  const columns = new Map<Field, number>();
  for (const [index, cell] of cells.entries()) {
    const name = normalise(cell).replace(/[\s*()]/g, '');
    const option = OPTION.exec(name)?.[1];
    const field: Field | undefined =
      option === undefined
        ? HEADINGS.find(([, pattern]) => pattern.test(name))?.[0]
        : `option${LETTERS.indexOf(option.toUpperCase())}`;
    if (field && !columns.has(field)) columns.set(field, index);
  }
  return columns;
}

const isHead = (columns: Map<Field, number>) => columns.has('stem') && columns.has('key');

function readSheet(
  sheet: Sheet,
  head: SheetRow,
  columns: Map<Field, number>,
  taken: Taken[],
  left: Left[],
): void {
  const seen = new Map<string, number>();
  for (const row of sheet.rows) {
    if (row.row <= head.row) continue;
    const at = (field: Field) =>
      `「${sheet.name}」第 ${row.row} 行 ${columnName((columns.get(field) ?? 0) + 1)} 列`;
    const where = `「${sheet.name}」第 ${row.row} 行`;
    const merged = sheet.merged.find((range) => range.row <= row.row && range.toRow >= row.row);
    const broken = sheet.faults.find((fault) => fault.row === row.row);
    if (broken)
      left.push({ where: `${where} ${broken.column} 列`, why: `${broken.message}；${broken.cure}` });
    else if (merged)
      left.push({
        where: `${where} ${columnName(merged.column)} 列`,
        why: '有合并的单元格；取消合并，每题填满一行',
      });
    else {
      const cell = (field: Field) => row.cells[columns.get(field) ?? -1] ?? '';
      const read = readRow(cell);
      const hash = read.item ? hashItem(read.item) : '';
      const twin = seen.get(hash);
      if (read.faults.length > 0)
        for (const { part, why } of read.faults) left.push({ where: at(FIELD_OF[part]), why });
      else if (read.item && twin !== undefined) left.push({ where, why: `和第 ${twin} 行是同一道题` });
      else if (read.item) {
        seen.set(hash, row.row);
        taken.push({ item: read.item, where });
      }
    }
  }
}

const FIELD_OF: Readonly<Record<ItemFault['part'], Field>> = {
  type: 'type',
  stem: 'stem',
  options: 'option0',
  key: 'key',
  tags: 'tags',
};

function readRow(cell: (field: Field) => string): { item?: Item; faults: ItemFault[] } {
  const given = [...LETTERS].map((_, index) => cell(`option${index}`));
  const options = given.slice(0, given.findLastIndex((text) => text !== '') + 1);
  const named = cell('type') === '' ? inferType(options, cell('key')) : TYPES[normalise(cell('type')).trim()];
  if (!named)
    return {
      faults: [
        { part: 'type', why: `不认识题型「${cell('type')}」；写 ${Object.values(TYPE_NAMES).join('、')}` },
      ],
    };
  const item: Item = {
    type: named,
    stem: escapeMarkdown(cell('stem')),
    options: named === 'truefalse' ? [] : options.map(escapeMarkdown),
    key: readKey(named, cell('key')),
    explanation: escapeMarkdown(cell('explanation')),
    tags: readTags(cell('tags')),
  };
  const faults = checkItem(item);
  return faults.length > 0 ? { faults } : { item, faults };
}

/** Words with commas or blanks between them. */
export const readTags = (text: string): string[] => text.split(/[,，、;；|\s]+/).filter(Boolean);

/** As it stands in that cell. */
export const writeKey = ({ type, key }: Pick<Item, 'type' | 'key'>): string =>
  key.join(type === 'text' ? ' | ' : '');

const RIGHT = /^(?:对|正确|是|√|✓|✔|t|true|y|yes)$/i;
const WRONG = /^(?:错|错误|否|×|x|✗|f|false|n|no)$/i;

function inferType(options: readonly string[], key: string): Item['type'] {
  const plain = normalise(key).trim();
  if (options.length > 0) return /^[A-H]$/i.test(plain) ? 'single' : 'multi';
  return RIGHT.test(plain) || WRONG.test(plain) ? 'truefalse' : 'text';
}

/** The right answer as people write it in one cell: `B`, `ABD`, `对`, `密封 | 密封保存`, `8.5±0.5`, `CBA`. */
export function readKey(type: Item['type'], text: string): string[] {
  const plain = normalise(text).trim();
  switch (type) {
    case 'truefalse':
      return RIGHT.test(plain) ? ['对'] : WRONG.test(plain) ? ['错'] : [plain];
    case 'text':
      return text
        .split(/[|｜]/)
        .map((word) => word.trim())
        .filter(Boolean);
    case 'number':
      return plain === '' ? [] : [text.trim()];
    default: {
      const letters = [...plain.toUpperCase().replace(/[\s,、;/>→-]+/g, '')];
      return type === 'order' ? letters : letters.toSorted();
    }
  }
}

const MOST_OPTIONS_SHOWN = 6;
const EXAMPLES: readonly (readonly string[])[] = [
  [
    '单选',
    '开封后的花茶最好怎么放？',
    '用保鲜袋包好',
    '换成带胶圈的罐',
    '原袋夹住就行',
    '',
    '',
    '',
    'B',
    '胶圈能密封。',
    '保鲜',
  ],
  ['多选', '花茶最怕哪几样？', '潮', '光', '低温', '异味', '', '', 'ABD', '', '保鲜'],
  ['判断', '茶叶可以和腊肉放一个柜子。', '', '', '', '', '', '', '错', '茶叶吸味。', '保鲜'],
  ['填空', '保存花茶最要紧的两个字是____。', '', '', '', '', '', '', '密封 | 密封保存', '', '保鲜'],
  ['填数', '花茶的含水量不超过百分之几？', '', '', '', '', '', '', '8.5±0.5', '', '标准'],
  ['排序', '窨花的先后？', '起花', '拌和', '养花', '', '', '', 'CBA', '', '窨制'],
];
const HELP: readonly string[] = [
  '每题一行，不要合并单元格，不要写公式。',
  `题型：${Object.values(TYPE_NAMES).join('、')}。`,
  '答案：单选写一个字母，多选写几个（ABD），判断写 对 或 错，填空的几种写法用 | 隔开。',
  '填数可以写误差：95±2，或范围：0.5~0.8。排序写字母的先后：CBA。',
  '标签用逗号隔开；小测里写 抽题：标签 3，就从这个标签里随机抽 3 道。',
  '导入前把例子几行删掉。先试：weike import 文件 --dry-run。',
];

const columnsOf = (options: number): NewSheet['columns'] => [
  { title: '题型', width: 8, choices: Object.values(TYPE_NAMES) },
  { title: '题目', width: 40 },
  ...[...LETTERS.slice(0, options)].map((letter) => ({ title: `选项${letter}`, width: 18 })),
  { title: '答案', width: 16, note: '单选 B；多选 ABD；判断 对；填空 密封|密封保存；填数 95±2；排序 CBA' },
  { title: '解析', width: 30 },
  { title: '标签', width: 16 },
];

/** What somebody fills in, with one example of each type. */
export const templateSheets = (): NewSheet[] => [
  { name: '题库', columns: columnsOf(MOST_OPTIONS_SHOWN), rows: EXAMPLES },
  { name: '说明', columns: [{ title: '说明', width: 80 }], rows: HELP.map((line) => [line]) },
];

export function itemSheets(items: readonly Item[]): NewSheet[] {
  const most = Math.max(MOST_OPTIONS_SHOWN, ...items.map(({ options }) => options.length));
  const rows = items.map((item) => [
    TYPE_NAMES[item.type],
    renderInline(item.stem),
    ...Array.from({ length: most }, (_, index) => renderInline(item.options[index] ?? '')),
    writeKey(item),
    renderInline(item.explanation),
    item.tags.join(','),
  ]);
  return [{ name: '题库', columns: columnsOf(most), rows }];
}
