/**
 * Cuts a message that may be an answer into question numbers and values. Anything that is neither makes the
 * whole message something else: ordinary talk is full of letters.
 */
import type { OpenQuestion } from './question.ts';

export type AnswerToken =
  | { readonly kind: 'number'; readonly no: number }
  | { readonly kind: 'letters'; readonly letters: string }
  /** `loose`: a mark that is also something else in talk, as 3X may be a size and 第3题不对 a complaint. */
  | { readonly kind: 'judgement'; readonly value: '对' | '错'; readonly word: string; readonly loose?: true }
  /** Only where a word may be filled in. `loose`: it stood right behind a bare digit, like 2斤. */
  | { readonly kind: 'word'; readonly word: string; readonly loose: boolean }
  /** Only where a number is asked for; digits with sign, point and unit as they were written. */
  | { readonly kind: 'quantity'; readonly text: string };

const NUMERALS = '一二三四五六七八九十';
/** Behind 第2题: 我选, 应该是, 改成 …; 是 only before a value, since it is one itself. */
const LINK =
  '(?:我)?(?:的)?(?:答案)?(?:觉得|认为|感觉)?(?:应该|可能)?(?:改成|改为|改选|改|更正为|更正|选择|选|答|填|为|是(?=\\s*[:：]?\\s*[A-Ha-h对错正√×✓✗✔❌TtFf]))?';
const NUMBERED = new RegExp(
  [
    `第\\s*(?:(\\d{1,2})|([${NUMERALS}]))\\s*(?:小|道)?[题问]\\s*${LINK}\\s*[:：,，、.=]?`,
    `第\\s*(?:(\\d{1,2})|([${NUMERALS}]))\\s*[个道]\\s*(?:我)?(?:选|填)\\s*[:：]?`,
    `[Qq题]\\s*(\\d{1,2})\\s*[:：.、,，]?`,
    `(?:第\\s*)?([${NUMERALS}])\\s*(?:[、.:：]|题\\s*${LINK}|(?=[A-Ha-h]+(?![A-Za-z])|[对错√×✓✗](?=$|[\\s,，、;；/.。|])))`,
    `(\\d{1,2})(?![\\d.]*\\d)\\s*(?:[.、:：)）\\-—=]|题\\s*${LINK})?\\s*(?:我)?(?:改成|改为|改选|改|选择|选)?`,
  ].join('|'),
  'y',
);
const LETTERS = /[A-Ha-h]+(?![A-Za-z0-9])|[A-Ha-h]+(?=\d)|[TtFf](?![A-Za-z])|[TtFf]{2,}(?![A-Za-z0-9])/y;
const TRUE = ['正确', 'true', '对', '√', '✓', '✔', '☑', '✅', '是', 't'];
const FALSE = ['错误', 'false', '错', '×', '✗', '✘', '✖', '❌', '❎', '否', 'f'];
const JUDGEMENT = /正确|错误|true(?![a-z])|false(?![a-z])|[对错√✓✔☑✅×✗✘✖❌❎是否]/iy;
/** Right behind the number of a true/false question: the letters that stand for ✗ and ✓ where no key has them, their names, 不对, 错的. */
const MARK = /(?:[xv]|打?[叉勾]|不(?:对|正确)的?|(?:对|正确|错误?)的)(?=$|[\s,，、;；/.。|\d第题])/iy;
/** 一对 may be a couple. */
const COUPLED = /[对错√×✓✗](?=$|[\s,，、;；/.。|])/y;
const BARE_NUMERAL = new RegExp(`[${NUMERALS}]\\s*$`);
/** The last of several values in order, for a true/false question. */
const LAST_MARK = /(?:打?[叉勾]|不(?:对|正确)的?|(?:对|正确|错误?)的)\s*$/y;
const SEPARATOR = /[\s,，、;；/.。|()[\]{}【】“”"]+/y;
/** 选A，选C: the word before each letter. */
const CHOSEN = /我?选择?\s*(?=[A-Ha-h]+(?![A-Za-z]))/y;
/** Steps are also written B>A>D>C. */
const STEPS = /[A-Ha-h](?:\s*(?:-+>?|>|→|—+)\s*[A-Ha-h])+(?![A-Za-z0-9])/y;
/** A filled-in word: up to the next blank, separator or digit that could number the next question. */
const WORD = /[^\s,，、;；/。|!！?？:：]{1,20}/y;
/** A number that is the answer, with what stands directly behind it. */
const QUANTITY =
  /[-+−]?\d{1,12}(?:\.\d{1,6})?\s?(?:[%‰]|°C?|[a-zA-Z]{1,3}(?![a-zA-Z])|\p{Script=Han}{1,3})?/uy;

const AFTER_VALUE = /[\s,，、;；/.。|\d第题]/;

export interface Tokens {
  readonly tokens: readonly AnswerToken[];
  /** Whether blanks or marks stood between every two values. */
  readonly separated: boolean;
}

export interface TokenRules {
  readonly quiz: readonly OpenQuestion[];
  /** Whether a word may stand anywhere; else letters and judgements only. */
  readonly words: boolean;
  /** Whether bare digits are numbers that are filled in, and not numbers of questions. */
  readonly quantities: boolean;
}

/** The tokens of `text` (normalised), or `undefined` when something in it is neither. */
export function tokenise(text: string, { quiz, words, quantities }: TokenRules): Tokens | undefined {
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
    if (!words) return value;
    if (value && (at === text.length || AFTER_VALUE.test(text[at] ?? ''))) return value;
    at = from;
    return takeWord(take, false);
  };
  const takeNext = (): AnswerToken | undefined => {
    const last = tokens.at(-1);
    const asked = last?.kind === 'number' ? quiz[last.no - 1]?.type : undefined;
    const mark =
      (asked === 'truefalse' ? takeMark(take, MARK) : undefined) ??
      (last?.kind === 'number' && BARE_NUMERAL.test(text.slice(0, at))
        ? takeMark(take, COUPLED)
        : undefined) ??
      (isLast(tokens, quiz) ? takeMark(take, LAST_MARK) : undefined);
    if (mark) return mark;
    if (words && asked === 'text') return takeWord(take, !gap && /\d$/.test(text.slice(0, at)));
    if (asked === 'number') return takeQuantity(take);
    if (quantities) return takeQuantity(take) ?? takeValue(take);
    return takeNumber(take) ?? takeWhole();
  };
  while (at < text.length) {
    if (take(SEPARATOR)) {
      gap = true;
      continue;
    }
    if (gap) take(CHOSEN);
    const token = takeNext();
    if (!token) return undefined;
    if (token.kind !== 'number' && !gap && tokens.at(-1)?.kind !== 'number') separated = false;
    gap = false;
    tokens.push(token);
  }
  return { tokens, separated };
}

/** Two values or more stand there in order, letters before all, and one true/false question is left. */
const isLast = (tokens: readonly AnswerToken[], quiz: readonly OpenQuestion[]): boolean =>
  tokens.length >= 2 &&
  tokens.length === quiz.length - 1 &&
  quiz.at(-1)?.type === 'truefalse' &&
  tokens.every(({ kind }) => kind === 'letters' || kind === 'judgement') &&
  tokens.some(({ kind }) => kind === 'letters');

type Take = (pattern: RegExp) => RegExpExecArray | undefined;

function takeNumber(take: Take): AnswerToken | undefined {
  const match = take(NUMBERED);
  if (!match) return undefined;
  const [, ordinal, ordinalWord, counted, countedWord, lettered, listed, bare] = match;
  const digits = ordinal ?? counted ?? lettered ?? bare;
  const no =
    digits === undefined ? NUMERALS.indexOf(ordinalWord ?? countedWord ?? listed ?? '') + 1 : Number(digits);
  return { kind: 'number', no };
}

function takeValue(take: Take): AnswerToken | undefined {
  const steps = take(STEPS)?.[0];
  if (steps !== undefined) return { kind: 'letters', letters: steps.toUpperCase().replace(/[^A-H]/g, '') };
  const letters = take(LETTERS)?.[0];
  if (letters !== undefined) return { kind: 'letters', letters: letters.toUpperCase() };
  const word = take(JUDGEMENT)?.[0].toLowerCase();
  if (word === undefined) return undefined;
  return { kind: 'judgement', value: TRUE.includes(word) ? '对' : '错', word };
}

function takeMark(take: Take, pattern: RegExp): AnswerToken | undefined {
  const word = take(pattern)?.[0].trim().toLowerCase();
  if (word === undefined) return undefined;
  return {
    kind: 'judgement',
    value: /^(?:v|打?勾|对|正确|√|✓)/u.test(word) ? '对' : '错',
    word,
    loose: true,
  };
}

function takeWord(take: Take, loose: boolean): AnswerToken | undefined {
  const word = take(WORD)?.[0];
  return word === undefined ? undefined : { kind: 'word', word, loose };
}

function takeQuantity(take: Take): AnswerToken | undefined {
  const text = take(QUANTITY)?.[0];
  return text === undefined
    ? undefined
    : { kind: 'quantity', text: text.replace('−', '-').replace(/\s/g, '') };
}

/** What a run of T and F means where judgements are asked for. */
export const judgementOf = (letter: string): '对' | '错' | undefined =>
  TRUE.includes(letter.toLowerCase()) ? '对' : FALSE.includes(letter.toLowerCase()) ? '错' : undefined;
