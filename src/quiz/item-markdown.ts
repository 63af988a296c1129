/** Questions as they stand under `## 小测` in a lesson: to look through, to paste into one. */
import { type Item, LETTERS } from './item.ts';

const MARKS: Readonly<Partial<Record<Item['type'], string>>> = {
  multi: '（多选）',
  order: '（排序）',
  number: '（填数）',
};

const indented = (text: string, by = '   ') => text.replace(/\n/g, `\n${by}`);

export const writeMarkdown = (items: readonly Item[]): string =>
  items.map((item, index) => writeItem(item, index + 1)).join('');

function writeItem({ type, stem, options, key, explanation }: Item, no: number): string {
  const by = ' '.repeat(String(no).length + 2);
  // A word that reads like a judgement or a range says that it is a word.
  const isText = type === 'text' && (/^[对错]$/.test(key.join('')) || /[±~～]/.test(key.join('')));
  const lines = [`${no}. ${isText ? '（填空）' : (MARKS[type] ?? '')}${indented(stem, by)}`, ''];
  for (const [index, option] of options.entries()) {
    const box = type === 'order' ? '' : key.includes(LETTERS[index] ?? '') ? '[x] ' : '[ ] ';
    lines.push(`${by}- ${box}${option.replaceAll('\n', ' ')}`);
  }
  if (options.length > 0) lines.push('');
  if (options.length === 0 || type === 'order')
    lines.push(`${by}答案：${type === 'text' ? key.join(' | ') : key.join('')}`, '');
  if (explanation !== '') lines.push(`${by}> ${indented(explanation, `${by}> `)}`, '');
  return `${lines.join('\n')}\n`;
}
