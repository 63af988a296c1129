/** A number as the right answer: `95±2`, `0.5~0.8`, `95%`. */

export interface NumberKey {
  /** Both ends are right. */
  readonly low: number;
  readonly high: number;
  /** `%`, `度`, …; `''` when the author named none. */
  readonly unit: string;
}

const NUMBER = '([-+]?\\d{1,12}(?:\\.\\d{1,6})?)';
const UNIT = '\\s*((?:%|‰|°C?|[a-zA-Z]{1,3}|\\p{Script=Han}{1,3})?)\\s*';
const AROUND = new RegExp(`^${NUMBER}${UNIT}(?:±|\\+\\s*[/-]+)\\s*${NUMBER}${UNIT}$`, 'u');
const BETWEEN = new RegExp(`^${NUMBER}${UNIT}(?:~|至|到)\\s*${NUMBER}${UNIT}$`, 'u');
const ALONE = new RegExp(`^${NUMBER}${UNIT}$`, 'u');

const folded = (text: string) => text.normalize('NFKC').replace(/−/gu, '-').trim();

/** Whether the author means a number with a tolerance, without saying so. */
export const hasTolerance = (text: string): boolean => AROUND.test(folded(text)) || BETWEEN.test(folded(text));

/** `undefined` when it is no number, a tolerance below zero, or a range from high to low. */
export function readNumberKey(text: string): NumberKey | undefined {
  const plain = folded(text);
  const around = AROUND.exec(plain);
  if (around) {
    const [, middle, unit = '', width, other = ''] = around;
    const [value, tolerance] = [Number(middle), Number(width)];
    if (tolerance < 0) return undefined;
    return { low: value - tolerance, high: value + tolerance, unit: unit || other };
  }
  const between = BETWEEN.exec(plain);
  if (between) {
    const [, from, unit = '', to, other = ''] = between;
    const [low, high] = [Number(from), Number(to)];
    return low <= high ? { low, high, unit: other || unit } : undefined;
  }
  const alone = ALONE.exec(plain);
  if (!alone) return undefined;
  const [, value, unit = ''] = alone;
  return { low: Number(value), high: Number(value), unit };
}

/** What somebody gave, the unit apart; `undefined` when it is no number. */
export function readGivenNumber(text: string): { readonly value: number; readonly unit: string } | undefined {
  const match = ALONE.exec(folded(text).replace(/(\d),(?=\d{3}(?:\D|$))/g, '$1'));
  return match ? { value: Number(match[1]), unit: match[2] ?? '' } : undefined;
}
