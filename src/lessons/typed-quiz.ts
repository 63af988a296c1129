/** Questions as people type them into a document: 1. 题目（B）, A. …, 答案：B, 解析：…. Made into the lesson's own form. */
import type { Block } from './html.ts';

interface Draft {
  stem: string;
  options: string[];
  answer: string;
  explanation: string;
}

const NUMBERED = /^(?:第\s*)?(\d{1,3})\s*(?:题)?\s*\\?[.、．:：)）]\s*(.*)$/s;
const OPTION = /^([A-Ha-hＡ-Ｈ])\s*\\?[.、．:：)）]\s*(.*)$/s;
/** Several options in a line. */
const OPTIONS = /\s+(?=[A-HＡ-Ｈ]\s*\\?[.、．]\s*\S)/;
const ANSWER = /^(?:正确|参考|标准)?答案\s*[:：]\s*(.*)$/s;
const EXPLANATION = /^(?:答案)?(?:解析|说明|解释)\s*[:：]\s*(.*)$/s;
/** 题目（ B ） and 题目（√）. */
const INLINE = /[（(]\s*([A-H]{1,8}|[√×✓✗对错])\s*[）)]/;
const KIND = /^\s*[【[（(]?(单选|多选|判断|填空)题?[】\]）)]?\s*/;

const LETTERS = 'ABCDEFGH';

/** What can't be read as a question is named and left out. */
export function readTypedQuiz(blocks: readonly Block[]): {
  source: string;
  left: { where: string; why: string }[];
} {
  const left: { where: string; why: string }[] = [];
  const drafts: Draft[] = [];
  for (const { kind, level, ordered, text } of blocks) {
    for (const line of text.split('\n').flatMap((row) => row.split(OPTIONS))) {
      const row = line.trim();
      const last = drafts.at(-1);
      const numbered = kind === 'item' && level === 0 && ordered ? row : NUMBERED.exec(row)?.[2];
      const option = OPTION.exec(row);
      const answer = ANSWER.exec(row)?.[1];
      const explanation = EXPLANATION.exec(row)?.[1];
      if (row === '') continue;
      if (last && option) last.options.push(option[2] ?? '');
      else if (last && answer !== undefined) last.answer = answer.trim();
      else if (last && explanation !== undefined) last.explanation = explanation.trim();
      else if (last && kind === 'item' && (level > 0 || !ordered)) last.options.push(row);
      else if (numbered !== undefined) drafts.push({ stem: numbered.trim(), options: [], answer: '', explanation: '' });
      else if (last && kind === 'paragraph' && last.options.length === 0) last.stem += `\n${row}`;
      else left.push({ where: '小测', why: `没有看懂这一段：${row.slice(0, 20)}` });
    }
  }
  const written: string[] = [];
  for (const [index, draft] of drafts.entries()) {
    const source = writeDraft(draft, written.length + 1);
    if (source === undefined) left.push({ where: `小测第 ${index + 1} 题`, why: '没有找到答案，加一行 答案：B 再导入' });
    else written.push(source);
  }
  return { source: written.join('\n\n'), left };
}

function writeDraft(draft: Draft, no: number): string | undefined {
  const inline = INLINE.exec(draft.stem);
  const answer = (draft.answer || inline?.[1] || '').normalize('NFKC').trim();
  if (answer === '') return undefined;
  const stem = draft.stem
    .replace(KIND, '')
    .replace(INLINE, draft.answer === '' ? '（　）' : '$&')
    .trim();
  const indent = '   ';
  const lines: string[] = [];
  const letters = [...answer.toUpperCase().replace(/[\s、,;]/g, '')].filter((letter) => LETTERS.includes(letter));
  if (draft.options.length > 0) {
    if (letters.length === 0) return undefined;
    lines.push(`${no}. ${letters.length > 1 ? '（多选）' : ''}${stem.replaceAll('\n', `\n${indent}`)}`, '');
    for (const [index, option] of draft.options.entries())
      lines.push(`${indent}- [${letters.includes(LETTERS[index] ?? '') ? 'x' : ' '}] ${option.replaceAll('\n', ' ')}`);
  } else {
    const word = /^[√✓]|^(?:对|正确|是|T)$/i.test(answer) ? '对' : /^[×✗]|^(?:错|错误|否|F)$/i.test(answer) ? '错' : answer;
    lines.push(`${no}. ${stem.replaceAll('\n', `\n${indent}`)}`, '', `${indent}答案：${word}`);
  }
  if (draft.explanation !== '') lines.push('', `${indent}> ${draft.explanation.replaceAll('\n', `\n${indent}> `)}`);
  return lines.join('\n');
}
