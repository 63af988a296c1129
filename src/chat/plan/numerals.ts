/** Small Chinese numerals, as days and hours have them. */

const DIGITS = '零一二三四五六七八九';

/** Zero to ninety-nine in digits or Chinese (`8`, `八`, `二十三`, `两`, `零五`, `〇五`); `undefined` for anything else. */
export function readNumeral(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const plain = text.replaceAll('〇', '零').replaceAll('两', '二');
  const match = /^(?:零?([零一二三四五六七八九])|([一二三四五六七八九])?十([一二三四五六七八九])?)$/u.exec(
    plain,
  );
  if (!match) return undefined;
  const [, single, tens, ones] = match;
  if (single !== undefined) return DIGITS.indexOf(single);
  return (
    (tens === undefined ? 1 : DIGITS.indexOf(tens)) * 10 + (ones === undefined ? 0 : DIGITS.indexOf(ones))
  );
}

/** Matches what `readNumeral` reads, the longest first. */
export const NUMERAL = String.raw`(?:\d{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[零〇]?[零〇一二两三四五六七八九])`;
