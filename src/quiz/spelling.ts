/** Which spellings of a filled-in word are the same word. */
import { foldWord } from './normalise.ts';

const DIGITS = '零一二三四五六七八九';
const PLACES: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1_000, 万: 10_000 };

/** 十二 is 12, 二〇二一 is 2021; `undefined` when it is no number. */
export function readChineseNumber(text: string): number | undefined {
  const plain = text.replaceAll('〇', '零').replaceAll('两', '二');
  if (/^[零一二三四五六七八九]+$/.test(plain))
    return Number([...plain].map((digit) => DIGITS.indexOf(digit)).join(''));
  if (!/^[零一二三四五六七八九十百千万]+$/.test(plain)) return undefined;
  let [total, section, digit] = [0, 0, 0];
  for (const mark of plain) {
    const place = PLACES[mark];
    if (place === undefined) digit = DIGITS.indexOf(mark);
    else if (mark === '万') [total, section, digit] = [total + (section + digit) * place, 0, 0];
    else [section, digit] = [section + (digit || 1) * place, 0];
  }
  return total + section + digit;
}

/** A number with at most a short word behind it: 七成, 二〇二一年. */
const COUNTED = /^([〇零一二两三四五六七八九十百千万]{1,9})(.{0,2})$/u;

/** One form for what is the same word: 和, 与 and 及; 的 and 了 behind it; numbers in characters or digits. */
export function foldSpelling(word: string): string {
  const folded = foldWord(word)
    .replace(/以及|与|及|跟/gu, '和')
    .replace(/(?<=.)[的了]$/u, '');
  const [, number = '', rest = ''] = COUNTED.exec(folded) ?? [];
  const value = number === '' ? undefined : readChineseNumber(number);
  return value === undefined ? folded : `${value}${rest}`;
}

/** 密封（保存） stands for 密封 and for 密封保存. */
export function spellingsOf(key: string): string[] {
  const [, before = '', inside, after = ''] = /^(.*?)[（(]([^（）()]+)[）)](.*)$/u.exec(key) ?? [];
  if (inside === undefined || (before + after).trim() === '') return [key];
  return [...spellingsOf(before + after), ...spellingsOf(before + inside + after)];
}
