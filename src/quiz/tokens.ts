/**
 * Cuts a message that may be an answer into question numbers and values. Anything that is neither makes the
 * whole message something else: ordinary talk is full of letters.
 */

export type AnswerToken =
  | { readonly kind: 'number'; readonly no: number }
  | { readonly kind: 'letters'; readonly letters: string }
  | { readonly kind: 'judgement'; readonly value: '对' | '错'; readonly word: string }
  /** Only where a word may be filled in. */
  | { readonly kind: 'word'; readonly word: string };

const NUMERALS = '一二三四五六七八九十';
const NUMBERED = new RegExp(
  [
    `第\\s*(?:(\\d{1,2})|([${NUMERALS}]))\\s*[题问]\\s*(?:答案)?\\s*(?:应该)?\\s*(?:改成|改为|改|更正为|更正|选择|选|答|填|是|为)?\\s*[:：,，、.]?`,
    `[Qq题]\\s*(\\d{1,2})\\s*[:：.、,，]?`,
    `([${NUMERALS}])\\s*[、.:：]`,
    `(\\d{1,2})\\s*(?:[.、:：)）\\-—=]|题)?\\s*(?:改成|改为|改|选)?(?!\\d)`,
  ].join('|'),
  'y',
);
const LETTERS = /[A-Ha-h]+(?![A-Za-z0-9])|[A-Ha-h]+(?=\d)|[TtFf](?![A-Za-z])|(?:[TtFf]){2,}(?![A-Za-z0-9])/y;
const TRUE = ['正确', 'true', '对', '√', '✓', '✔', '☑', '✅', '是', 't'];
const FALSE = ['错误', 'false', '错', '×', '✗', '✘', '✖', '❌', '❎', '否', 'f'];
const JUDGEMENT = /正确|错误|true(?![a-z])|false(?![a-z])|[对错√✓✔☑✅×✗✘✖❌❎是否]/iy;
const SEPARATOR = /[\s,，、;；/.。|]+/y;
/** A filled-in word: up to the next blank, separator or digit that could number the next question. */
const WORD = /[^\s,，、;；/。|!！?？:：]{1,20}/y;

const AFTER_VALUE = /[\s,，、;；/.。|\d第题]/;

export interface Tokens {
  readonly tokens: readonly AnswerToken[];
  /** Whether blanks or marks stood between every two values. */
  readonly separated: boolean;
}

/** Where a word is filled in: at all, and whether in the question of that number. */
export interface Words {
  readonly any: boolean;
  readonly at: (no: number) => boolean;
}

/** The tokens of `text` (normalised), or `undefined` when something in it is neither. */
export function tokenise(text: string, words: Words): Tokens | undefined {
  const tokens: AnswerToken[] = [];
  let separated = true;
  let gap = true;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) return undefined;
    at += match[0].length;
    return match;
  };
  /** A value; where words may stand, only when it isn't the beginning of one. */
  const takeWhole = (): AnswerToken | undefined => {
    const from = at;
    const value = takeValue(take);
    if (!words.any) return value;
    if (value && (at === text.length || AFTER_VALUE.test(text[at] ?? ''))) return value;
    at = from;
    return takeWord(take);
  };
  while (at < text.length) {
    if (take(SEPARATOR)) {
      gap = true;
      continue;
    }
    const last = tokens.at(-1);
    const fillsIn = last?.kind === 'number' && words.at(last.no);
    const token = fillsIn ? takeWord(take) : (takeNumber(take) ?? takeWhole());
    if (!token) return undefined;
    if (token.kind !== 'number' && !gap && tokens.at(-1)?.kind !== 'number') separated = false;
    gap = false;
    tokens.push(token);
  }
  return { tokens, separated };
}

type Take = (pattern: RegExp) => RegExpExecArray | undefined;

function takeNumber(take: Take): AnswerToken | undefined {
  const match = take(NUMBERED);
  if (!match) return undefined;
  const [, ordinal, ordinalWord, lettered, listed, bare] = match;
  const digits = ordinal ?? lettered ?? bare;
  const no = digits === undefined ? NUMERALS.indexOf(ordinalWord ?? listed ?? '') + 1 : Number(digits);
  return { kind: 'number', no };
}

function takeValue(take: Take): AnswerToken | undefined {
  const letters = take(LETTERS)?.[0];
  if (letters !== undefined) return { kind: 'letters', letters: letters.toUpperCase() };
  const word = take(JUDGEMENT)?.[0].toLowerCase();
  if (word === undefined) return undefined;
  return { kind: 'judgement', value: TRUE.includes(word) ? '对' : '错', word };
}

function takeWord(take: Take): AnswerToken | undefined {
  const word = take(WORD)?.[0];
  return word === undefined ? undefined : { kind: 'word', word };
}

/** What a run of T and F means where judgements are asked for. */
export const judgementOf = (letter: string): '对' | '错' | undefined =>
  TRUE.includes(letter.toLowerCase()) ? '对' : FALSE.includes(letter.toLowerCase()) ? '错' : undefined;
