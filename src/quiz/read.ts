/**
 * Reads an answer out of a message: question number -> value, or what keeps it from being certain, or
 * nothing. A wrong record is worse than a miss. The rules are documented in CONTRIBUTING.md.
 */
import type { Answers, OpenQuestion } from './question.ts';
import { countsThings, followsLetter, isLaughter, isName, isNotice, mayFillIn } from './talk.ts';
import { type AnswerToken, judgementOf, tokenise, type Tokens } from './tokens.ts';
import { unwrap } from './unwrap.ts';

export type AskReason = 'count' | 'range' | 'several' | 'ambiguous' | 'no-question' | 'closed';

export type Reading =
  | { readonly kind: 'answer'; readonly answers: Answers }
  | { readonly kind: 'ask'; readonly why: AskReason }
  | { readonly kind: 'none' };

const NONE: Reading = { kind: 'none' };
const ask = (why: AskReason): Reading => ({ kind: 'ask', why });
const LETTERS = 'ABCDEFGH';
/** An answer is short; what is longer is talk, and isn't looked at letter by letter. */
const LONGEST = 400;
/** A bare run of more letters than any question has options, or than there are questions, is no answer. */
const LONGEST_RUN = 8;
const LONGEST_WORD = 8;
const LONGEST_DECLARED_WORD = 20;

/** Courtesy in front of an answer, and who it is said to. */
const LEAD = /^(?:(?:收到|好的|老师好?|小课)(?:老师)?[\s,，。.!！:：]*)+/;
/** `2ABD都对`: all of these are right. */
const ALL_RIGHT =
  /^((?:第?\s*\d{1,2}\s*题?\s*[.、:：]?\s*)?)([A-Ha-h](?:[\s、,，和]*[A-Ha-h])+)\s*[都全]?(?:是)?(?:对|正确)的?$/;

/** `text` is normalised, without quote block and mention. */
export function readAnswer(text: string, quiz: readonly OpenQuestion[]): Reading {
  const reading = readPlain(text, quiz);
  const lead = reading.kind === 'answer' || text.length > LONGEST ? '' : (LEAD.exec(text)?.[0] ?? '');
  if (lead === '') return reading;
  // 收到 3对 are three pairs that came; two numbered answers or more are nothing else.
  const behind = readPlain(text.slice(lead.length), quiz);
  const isSure = behind.kind === 'answer' && Object.keys(behind.answers).length > 1 && /\d/.test(text);
  return isSure ? behind : reading;
}

function readPlain(text: string, quiz: readonly OpenQuestion[]): Reading {
  if (text.length > LONGEST || isNotice(text.trim())) return NONE;
  const { text: unwrapped, declared } = unwrap(
    text,
    quiz.some(({ type }) => type === 'truefalse'),
  );
  const inner = dropAllRight(unwrapped, quiz);
  if (inner === '' || /[?？]/.test(inner) || isLaughter(inner) || isName(inner)) return NONE;
  const [only] = quiz;
  if (quiz.length === 1 && only?.type === 'text') return readOnlyWord(inner, declared);
  if (quiz.length === 1 && only?.type === 'number') return readOnlyNumber(inner, declared);
  const ranged = readRange(inner, quiz);
  if (ranged) return ranged;
  const words = quiz.some(({ type }) => type === 'text');
  const numbered =
    tokenise(inner, { quiz, words, quantities: false }) ??
    (words ? tokenise(inner, { quiz, words: false, quantities: false }) : undefined);
  const reading = numbered ? readTokens(numbered, quiz, declared) : NONE;
  if (!quiz.some(({ type }) => type === 'number')) return reading;
  // 1 95 under two numbers: the answer to the first question, or one to each.
  const plain = tokenise(inner, { quiz, words: false, quantities: true });
  const inOrder = plain && plain.tokens.length === quiz.length ? readEach(plain, quiz, declared) : NONE;
  if (reading.kind === 'answer' && inOrder.kind === 'answer') return ask('ambiguous');
  return reading.kind === 'answer' || inOrder.kind !== 'answer' ? reading : inOrder;
}

/** Without 都对 behind letters, where the letters are for the only question or for one by its number, a multiple choice. */
function dropAllRight(text: string, quiz: readonly OpenQuestion[]): string {
  const [, number = '', letters = ''] = ALL_RIGHT.exec(text) ?? [];
  if (letters === '' || (number === '' && quiz.length !== 1)) return text;
  const asked = number === '' ? quiz[0] : quiz[Number(/\d+/.exec(number)?.[0]) - 1];
  return asked?.type === 'multi' ? number + letters.replaceAll('和', '') : text;
}

function readTokens(read: Tokens, quiz: readonly OpenQuestion[], declared: boolean): Reading {
  if (read.tokens.length === 0) return NONE;
  return read.tokens.some(({ kind }) => kind === 'number')
    ? readNumbered(read.tokens, quiz, declared)
    : readInOrder(read, quiz, declared);
}

/** The only question asks for a word: one that talk doesn't consist of. */
function readOnlyWord(text: string, declared: boolean): Reading {
  const word = text
    .replace(/^(?:第\s*[1一]\s*题|[1一]\s*[.、:：]|1\s+)\s*(?:填|是|答)?\s*[:：]?\s*/, '')
    .trim();
  const isDeclared = declared || word !== text.trim();
  if (/[\s,，;；。!！:：/\\|]/.test(word)) return NONE;
  // Only where somebody says so may a number be the word.
  if (isDeclared && /^\d{1,4}$/.test(word)) return { kind: 'answer', answers: { 1: [word] } };
  const bare = isDeclared || !/^1\D/.test(word) ? word : word.slice(1);
  if (bare !== word && countsThings(bare)) return NONE;
  return mayFillIn(bare, isDeclared || bare !== word ? LONGEST_DECLARED_WORD : LONGEST_WORD)
    ? { kind: 'answer', answers: { 1: [bare] } }
    : NONE;
}

const ONLY_NUMBER =
  /^(?:第\s*[1一]\s*题\s*(?:填|是|答)?\s*[:：]?\s*|1\s*[.、:：)）]\s*(?!\d*\.)|1\s+)?([-+−]?\d{1,12}(?:\.\d{1,6})?)\s*([%‰]|°C?|[a-zA-Z]{1,3}|\p{Script=Han}{1,3})?$/u;

/** The only question asks for a number: the whole message is one, a unit behind it where people say that it is the answer. */
function readOnlyNumber(text: string, declared: boolean): Reading {
  const match = ONLY_NUMBER.exec(text);
  if (!match) return NONE;
  const [whole, digits = '', unit = ''] = match;
  // 25斤 and 8点 are said all day; a percentage or a temperature hardly.
  const isDeclared = declared || !whole.startsWith(digits);
  if (unit !== '' && !/[%‰°]/.test(unit) && !isDeclared) return NONE;
  // 13977112345 is a telephone number.
  if (digits.replace(/\D/g, '').length > 6 && !isDeclared) return NONE;
  return { kind: 'answer', answers: { 1: [digits.replace('−', '-') + unit] } };
}

const RANGE =
  /^(?:第)?\s*(\d{1,2})\s*(?:[-—~～到至]+|\.\.+)\s*(\d{1,2})\s*(?:题)?\s*[:：,，、]?\s*([A-Ha-h][A-Ha-h\s]*)$/;

/** `1-3 ABC`: a run of letters for a run of single choices. */
function readRange(text: string, quiz: readonly OpenQuestion[]): Reading | undefined {
  const match = RANGE.exec(text);
  if (!match) return undefined;
  const [, first, last, run = ''] = match;
  const [from, to] = [Number(first), Number(last)];
  const letters = run.replace(/\s/g, '').toUpperCase();
  const span = quiz.slice(from - 1, to);
  if (quiz.length === 0) return ask('closed');
  if (from < 1 || to > quiz.length || to <= from) return ask('no-question');
  if (span.some(({ type }) => type !== 'single')) return ask('ambiguous');
  if (span.length !== letters.length) return ask('count');
  const answers: Record<number, readonly string[]> = {};
  for (const [index, question] of span.entries()) {
    const read = choiceFor(question, letters[index] ?? '');
    if (typeof read === 'string') return ask(read);
    answers[from + index] = read;
  }
  return { kind: 'answer', answers };
}

interface Numbered {
  readonly no: number;
  readonly values: readonly AnswerToken[];
}

/** Values behind their numbers; `lead` are those before the first number. */
function groupByNumber(tokens: readonly AnswerToken[]): { lead: AnswerToken[]; groups: Numbered[] } {
  const lead: AnswerToken[] = [];
  const groups: { no: number; values: AnswerToken[] }[] = [];
  for (const token of tokens) {
    if (token.kind === 'number') groups.push({ no: token.no, values: [] });
    else (groups.at(-1)?.values ?? lead).push(token);
  }
  return { lead, groups };
}

/** Every value stands behind its number; a part of the questions is enough. */
function readNumbered(
  tokens: readonly AnswerToken[],
  quiz: readonly OpenQuestion[],
  declared: boolean,
): Reading {
  const { lead, groups } = groupByNumber(tokens);
  const lettered = hasLetters(tokens);
  const known = groups.every(({ no }) => no >= 1 && no <= quiz.length);
  // A1 C2, or A 2C: letters for questions that there are. Else it is a size, a room, a price.
  if (lead.length > 0) return lettered && known && groups.length > 0 ? ask('ambiguous') : NONE;
  // 12, 3 斤, 1.5: numbers without values are no answer.
  if (groups.some(({ values }) => values.length === 0))
    return lettered && known && groups.slice(0, -1).every(({ values }) => values.length > 0)
      ? ask('count')
      : NONE;
  if (groups.length === 1 && groups[0]?.values.some(isLoose)) return NONE;
  // 三对 五对 are couples.
  if (!lettered && groups.every(({ values }) => values.some(isCoupled))) return NONE;
  if (groups.some(({ values }) => values.some(isCounted))) return lettered ? ask('ambiguous') : NONE;
  const answers: Record<number, readonly string[]> = {};
  let trouble: AskReason | undefined;
  for (const [index, { no, values }] of groups.entries()) {
    const question = quiz[no - 1];
    const [value] = values;
    if (!value) return NONE;
    if (quiz.length === 0) trouble ??= 'closed';
    else if (!question) trouble ??= 'no-question';
    else if (answers[no]) trouble ??= 'ambiguous';
    else {
      const isWhole = groups[index + 1]?.no === no + 1 || no === quiz.length;
      const joined = values.length === 1 ? value : isWhole ? joinLetters(values, question) : undefined;
      const read = joined ? valueFor(question, joined) : 'ambiguous';
      if (typeof read === 'string') trouble ??= read;
      else answers[no] = read;
    }
  }
  if (trouble === undefined) return { kind: 'answer', answers };
  return lettered || declared || groups.length > 1 || isJudged(tokens) ? ask(trouble) : NONE;
}

const hasLetters = (tokens: readonly AnswerToken[]) => tokens.some(({ kind }) => kind === 'letters');
const isJudged = (tokens: readonly AnswerToken[]) => tokens.some(({ kind }) => kind === 'judgement');
const isLoose = (token: AnswerToken) => token.kind === 'judgement' && token.loose === true;
const isCoupled = (token: AnswerToken) => isLoose(token) && /^[对错√×✓✗]$/u.test(wordOf(token));
const isCounted = (token: AnswerToken) =>
  token.kind === 'word' &&
  ((token.loose && countsThings(token.word)) || (/^[A-Za-z]/.test(token.word) && followsLetter(token.word)));

/** `2A、C`: letters one by one, where no other question can be meant. */
function joinLetters(values: readonly AnswerToken[], question: OpenQuestion): AnswerToken | undefined {
  if (question.type !== 'multi' && question.type !== 'order') return undefined;
  let letters = '';
  for (const value of values) {
    if (value.kind !== 'letters') return undefined;
    letters += value.letters;
  }
  return { kind: 'letters', letters };
}

/** No numbers: k tokens for k questions, a run of k letters for k single choices, a set for the only multiple choice. */
function readInOrder(read: Tokens, quiz: readonly OpenQuestion[], declared: boolean): Reading {
  const { tokens, separated } = read;
  if (quiz.length === 0) return hasLetters(tokens) && tokens.every(isShort) ? ask('closed') : NONE;
  const [only] = quiz;
  if (quiz.length === 1 && only && tokens.every(({ kind }) => kind === 'letters')) {
    const joined = joinLetters(tokens, only);
    if (joined) return readWhole(joined, only);
  }
  if (tokens.length === quiz.length && (separated || !tokens.some(({ kind }) => kind === 'word')))
    return readRun(tokens, quiz) ?? readEach(read, quiz, declared);
  const longest = Math.max(LONGEST_RUN, quiz.length);
  if (!tokens.every((token) => token.kind !== 'letters' || token.letters.length <= longest)) return NONE;
  const run = readRun(tokens, quiz);
  if (run) return run;
  if (tokens.some(({ kind }) => kind === 'word')) return NONE;
  // √ × for three judgements; 对 alone is agreement.
  if (!hasLetters(tokens))
    return quiz.length > 1 &&
      tokens.length > 1 &&
      quiz.every(({ type }) => type === 'truefalse') &&
      isDistinct(tokens)
      ? ask('count')
      : NONE;
  // A对 under a single choice talks about an answer.
  if (quiz.length === 1 && isJudged(tokens)) return NONE;
  return ask(quiz.length === 1 ? 'several' : tokens.length === 1 ? 'ambiguous' : 'count');
}

const isShort = (token: AnswerToken) => token.kind !== 'letters' || token.letters.length <= LONGEST_RUN;

/** Not one spoken word again and again. */
const isDistinct = (tokens: readonly AnswerToken[]) =>
  new Set(tokens.map(wordOf)).size > 1 || /^[√✓✔☑✅×✗✘✖❌❎]$/u.test(wordOf(tokens[0]));

/** `ACB` for three single choices, `TFT` for three judgements: as many letters as questions, all of one kind. */
function readRun(tokens: readonly AnswerToken[], quiz: readonly OpenQuestion[]): Reading | undefined {
  if (quiz.length < 2 || !tokens.every(({ kind }) => kind === 'letters')) return undefined;
  const letters = tokens.flatMap((token) => (token.kind === 'letters' ? [...token.letters] : []));
  const uniform =
    quiz.every(({ type }) => type === 'single') || quiz.every(({ type }) => type === 'truefalse');
  if (!uniform || letters.length !== quiz.length) return undefined;
  const values = letters.map((letter): AnswerToken => ({ kind: 'letters', letters: letter }));
  return readEach({ tokens: values, separated: true }, quiz, true);
}

/** One token, one question. */
function readEach({ tokens, separated }: Tokens, quiz: readonly OpenQuestion[], declared: boolean): Reading {
  // 对对对 is agreement as often as three answers.
  const judgements = tokens.every(({ kind }) => kind === 'judgement');
  if (tokens.length > 1 && judgements && !separated && !declared && !isDistinct(tokens))
    return ask('ambiguous');
  // B 站, C 位: the blank doesn't make two answers of it.
  if (
    tokens.some(
      (token, at) => token.kind === 'word' && tokens[at - 1]?.kind === 'letters' && followsLetter(token.word),
    )
  )
    return NONE;
  const answers: Record<number, readonly string[]> = {};
  let trouble: AskReason | undefined;
  for (const [index, token] of tokens.entries()) {
    const question = quiz[index];
    if (!question) return ask('count');
    const read = valueFor(question, token);
    if (typeof read === 'string') trouble ??= read;
    else answers[index + 1] = read;
  }
  if (trouble === undefined) return { kind: 'answer', answers };
  return hasLetters(tokens) ? ask(trouble) : NONE;
}

const wordOf = (token: AnswerToken | undefined) => (token?.kind === 'judgement' ? token.word : '');

/** The letters for the only question, a multiple choice or an order. */
function readWhole(token: AnswerToken, question: OpenQuestion): Reading {
  if (!isShort(token)) return NONE;
  const read = valueFor(question, token);
  return typeof read === 'string' ? ask(read) : { kind: 'answer', answers: { 1: read } };
}

/** The value as that question takes it, or why it can't. */
function valueFor(question: OpenQuestion, token: AnswerToken): readonly string[] | AskReason {
  switch (question.type) {
    case 'text': {
      const word = wordFor(token);
      return mayFillIn(word, LONGEST_DECLARED_WORD) ? [word] : 'ambiguous';
    }
    case 'number':
      return token.kind === 'quantity' ? [token.text] : 'ambiguous';
    case 'truefalse': {
      if (token.kind === 'judgement') return [token.value];
      const judged = token.kind === 'letters' ? judgementOf(token.letters) : undefined;
      return judged ? [judged] : 'range';
    }
    default:
      if (token.kind === 'letters') return choiceFor(question, token.letters);
      return token.kind === 'judgement' && isLetterF(token.word) ? choiceFor(question, 'F') : 'ambiguous';
  }
}

function wordFor(token: AnswerToken): string {
  switch (token.kind) {
    case 'letters':
      return token.letters;
    case 'number':
      return String(token.no);
    case 'quantity':
      return token.text;
    default:
      return token.word;
  }
}

const isLetterF = (word: string) => word.toLowerCase() === 'f';

function choiceFor(question: OpenQuestion, letters: string): readonly string[] | AskReason {
  const chosen = [...letters];
  if (question.type === 'single' && chosen.length > 1) return 'several';
  if (chosen.some((letter) => LETTERS.indexOf(letter) < 0 || LETTERS.indexOf(letter) >= question.options))
    return 'range';
  if (new Set(chosen).size !== chosen.length) return 'ambiguous';
  if (question.type !== 'order') return chosen.toSorted();
  return chosen.length === question.options ? chosen : 'count';
}
