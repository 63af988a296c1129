/**
 * Reads an answer out of a message: question number -> value, or what keeps it from being certain, or
 * nothing. A wrong record is worse than a miss. The rules are documented in CONTRIBUTING.md.
 */
import type { Answers, OpenQuestion } from './question.ts';
import { isNotice, mayFillIn } from './talk.ts';
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
/** A bare run of more letters than any quiz has is no answer. */
const LONGEST_RUN = 8;
const LONGEST_WORD = 8;
const LONGEST_DECLARED_WORD = 20;

/** `text` is normalised, without quote block and mention. */
export function readAnswer(text: string, quiz: readonly OpenQuestion[]): Reading {
  if (text.length > LONGEST || isNotice(text.trim())) return NONE;
  const { text: inner, declared } = unwrap(text);
  if (inner === '' || /[?？]/.test(inner)) return NONE;
  if (quiz.length === 1 && quiz[0]?.type === 'text') return readOnlyWord(inner, declared);
  const words = {
    any: quiz.some(({ type }) => type === 'text'),
    at: (no: number) => quiz[no - 1]?.type === 'text',
  };
  const read =
    tokenise(inner, words) ?? (words.any ? undefined : tokenise(inner, { any: false, at: () => false }));
  if (!read || read.tokens.length === 0) return NONE;
  return read.tokens.some(({ kind }) => kind === 'number')
    ? readNumbered(read.tokens, quiz, declared)
    : readInOrder(read, quiz, declared);
}

/** The only question asks for a word: one that talk doesn't consist of. */
function readOnlyWord(text: string, declared: boolean): Reading {
  const word = text.replace(/^(?:第\s*[1一]\s*题|[1一]\s*[.、:：])\s*(?:填|是|答)?\s*[:：]?\s*/, '').trim();
  const isDeclared = declared || word !== text.trim();
  if (/[\s,，;；。!！:：]/.test(word)) return NONE;
  return mayFillIn(word, isDeclared ? LONGEST_DECLARED_WORD : LONGEST_WORD)
    ? { kind: 'answer', answers: { 1: [word] } }
    : NONE;
}

/** Every value stands behind its number; a part of the questions is enough. */
function readNumbered(
  tokens: readonly AnswerToken[],
  quiz: readonly OpenQuestion[],
  declared: boolean,
): Reading {
  const answers: Record<number, readonly string[]> = {};
  let trouble: AskReason | undefined;
  for (let at = 0; at < tokens.length; at += 2) {
    const [number, value] = [tokens[at], tokens[at + 1]];
    // 12, 3 斤, 1.5: numbers without values are no answer; a value more than numbers is unclear.
    if (!value || value.kind === 'number') return NONE;
    if (number?.kind !== 'number') return hasLetters(tokens) || declared ? ask('ambiguous') : NONE;
    const question = quiz[number.no - 1];
    if (quiz.length === 0) trouble ??= 'closed';
    else if (!question) trouble ??= 'no-question';
    else if (answers[number.no]) trouble ??= 'ambiguous';
    else {
      const read = valueFor(question, value);
      if (typeof read === 'string') trouble ??= read;
      else answers[number.no] = read;
    }
  }
  return trouble === undefined ? { kind: 'answer', answers } : ask(trouble);
}

const hasLetters = (tokens: readonly AnswerToken[]) => tokens.some(({ kind }) => kind === 'letters');

/** No numbers: k tokens for k questions, a run of k letters for k single choices, a set for the only multiple choice. */
function readInOrder(
  { tokens, separated }: Tokens,
  quiz: readonly OpenQuestion[],
  declared: boolean,
): Reading {
  if (quiz.length === 0) return hasLetters(tokens) && tokens.every(isShort) ? ask('closed') : NONE;
  const [only] = quiz;
  if (quiz.length === 1 && only?.type === 'multi' && tokens.every(({ kind }) => kind === 'letters'))
    return readSet(tokens, only);
  if (tokens.length === quiz.length && (separated || !tokens.some(({ kind }) => kind === 'word'))) {
    const run = readRun(tokens, quiz);
    return run ?? readTokens(tokens, quiz, declared, separated);
  }
  if (!tokens.every(isShort)) return NONE;
  const run = readRun(tokens, quiz);
  if (run) return run;
  if (!hasLetters(tokens) || tokens.some(({ kind }) => kind === 'word')) return NONE;
  // A对 under a single choice talks about an answer.
  if (quiz.length === 1 && tokens.some(({ kind }) => kind === 'judgement')) return NONE;
  return ask(quiz.length === 1 ? 'several' : tokens.length === 1 ? 'ambiguous' : 'count');
}

const isShort = (token: AnswerToken) => token.kind !== 'letters' || token.letters.length <= LONGEST_RUN;

/** `ACB` for three single choices, `TFT` for three judgements: as many letters as questions, all of one kind. */
function readRun(tokens: readonly AnswerToken[], quiz: readonly OpenQuestion[]): Reading | undefined {
  if (quiz.length < 2 || !tokens.every(({ kind }) => kind === 'letters')) return undefined;
  const letters = tokens.flatMap((token) => (token.kind === 'letters' ? [...token.letters] : []));
  const uniform =
    quiz.every(({ type }) => type === 'single') || quiz.every(({ type }) => type === 'truefalse');
  if (!uniform || letters.length !== quiz.length) return undefined;
  const values = letters.map((letter): AnswerToken => ({ kind: 'letters', letters: letter }));
  return readTokens(values, quiz, true, true);
}

function readTokens(
  tokens: readonly AnswerToken[],
  quiz: readonly OpenQuestion[],
  declared: boolean,
  separated: boolean,
): Reading {
  const repeated = tokens.length > 1 && !separated && new Set(tokens.map(wordOf)).size === 1;
  const judgements = tokens.every(({ kind }) => kind === 'judgement');
  // 对对对 is agreement as often as three answers.
  if (judgements && repeated && !declared) return ask('ambiguous');
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

const wordOf = (token: AnswerToken) => (token.kind === 'judgement' ? token.word : '');

function readSet(tokens: readonly AnswerToken[], question: OpenQuestion): Reading {
  const letters = tokens.flatMap((token) => (token.kind === 'letters' ? [...token.letters] : []));
  if (letters.length > LONGEST_RUN) return NONE;
  const read = choiceFor(question, letters.join(''));
  return typeof read === 'string' ? ask(read) : { kind: 'answer', answers: { 1: read } };
}

/** The value as that question takes it, or why it can't. */
function valueFor(question: OpenQuestion, token: AnswerToken): readonly string[] | AskReason {
  if (question.type === 'text') {
    const word =
      token.kind === 'letters' ? token.letters : token.kind === 'number' ? String(token.no) : token.word;
    return mayFillIn(word, LONGEST_DECLARED_WORD) ? [word] : 'ambiguous';
  }
  if (question.type === 'truefalse') {
    if (token.kind === 'judgement') return [token.value];
    const judged = token.kind === 'letters' ? judgementOf(token.letters) : undefined;
    return judged ? [judged] : 'range';
  }
  if (token.kind !== 'letters')
    return token.kind === 'judgement' && isLetterF(token.word) ? choiceFor(question, 'F') : 'ambiguous';
  return choiceFor(question, token.letters);
}

const isLetterF = (word: string) => word.toLowerCase() === 'f';

function choiceFor(question: OpenQuestion, letters: string): readonly string[] | AskReason {
  const chosen = [...letters];
  if (question.type === 'single' && chosen.length > 1) return 'several';
  if (chosen.some((letter) => LETTERS.indexOf(letter) < 0 || LETTERS.indexOf(letter) >= question.options))
    return 'range';
  if (new Set(chosen).size !== chosen.length) return 'ambiguous';
  return chosen.toSorted();
}
