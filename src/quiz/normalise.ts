/** Brings what people type to one form: width, script, invisible characters, the many ways to write a number. */
import { Converter } from 'opencc-js/t2cn';

const toSimplified = Converter({ from: 't', to: 'cn' });

/** Zero-width characters, joiners, direction marks, variation selectors, soft hyphens. */
const INVISIBLE =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]/gu;

/** Text without what can't be seen; blanks of every kind are one blank, line ends `\n`. */
export const dropInvisible = (text: string): string =>
  text
    .replace(INVISIBLE, '')
    .replace(/\r\n?|\u2028|\u2029/gu, '\n')
    .replace(/[^\S\n]/gu, ' ');

const CIRCLED = /[\u2460-\u2473\u2474-\u2487\u2488-\u249b\u2776-\u277f\u2780-\u2789\u278a-\u2793]/gu;
const CIRCLED_FIRST = [0x2460, 0x2474, 0x2488, 0x2776, 0x2780, 0x278a] as const;

/** ① ⑴ ⒈ ❶ ➀ ➊ as `第1题`, before width folding makes a bare digit of them. */
function spellCircled(text: string): string {
  return text.replace(CIRCLED, (mark) => {
    const code = mark.codePointAt(0) ?? 0;
    const first = CIRCLED_FIRST.findLast((start) => start <= code) ?? code;
    return `第${code - first + 1}题`;
  });
}

/** `1️⃣` has lost its selector by now; the keycap that is left goes with its digit. */
const spellKeycaps = (text: string) => text.replace(/(\d)\u20e3/gu, '第$1题');

const SQUARED: Readonly<Record<string, string>> = { '🅰': 'A', '🅱': 'B', '🆎': 'AB' };

/** The letters among the emoji, which NFKC leaves as they are. */
const spellSquared = (text: string) => text.replace(/[🅰🅱🆎]/gu, (letter) => SQUARED[letter] ?? letter);

/** One form for everything that reads alike: NFKC, simplified script, no invisible characters. Case is kept. */
export const normalise = (text: string): string =>
  toSimplified(spellSquared(spellKeycaps(spellCircled(dropInvisible(text)))).normalize('NFKC'));

/** For comparing a filled-in word with its key: also without case, blanks and punctuation. */
export const foldWord = (text: string): string =>
  normalise(text)
    .toLowerCase()
    .replace(/[\s\p{P}\p{S}]+/gu, '');
