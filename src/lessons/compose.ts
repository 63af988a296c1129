/** The words with which a lesson, and later its key, goes out into a group. */
import { sayPercent, shareRight } from '../figures.ts';
import { mergeParts, renderChat, renderInline, RULE } from './chat.ts';
import type { ChatPart, Lesson, Question } from './lesson.ts';

export interface ComposeOptions {
  /** 第 N 课 of the group. */
  readonly ordinal?: number;
  /** When the quiz closes, ready to read: `明天 20:00`. */
  readonly closesAt?: string;
  /** The lesson's page. */
  readonly link?: string;
  /** How answers are given here, when it isn't by typing them: stands instead of the example. */
  readonly how?: string;
  readonly orders?: Orders;
}

/** By a question's number the letters of its options in the order in which they are shown: `CAB`. */
export type Orders = Readonly<Record<number, string>>;

/** Widest line of options that still fits a bubble, in full-width characters. */
const LINE = 16;
const LETTERS = 'ABCDEFGH';
const MARKS: Readonly<Record<Question['type'], string>> = {
  single: '',
  multi: '（多选）',
  truefalse: '（判断）',
  text: '（填空）',
  number: '（填数）',
  order: '（排序）',
};

/** A lesson with its quiz, as parts: the title first, how to answer by an example, pictures in their place. */
export function composeLesson(lesson: Lesson, { ordinal, closesAt, link, how, orders }: ComposeOptions): ChatPart[] {
  const number = ordinal === undefined ? '' : ` 第${ordinal}课`;
  const parts: ChatPart[] = [text(`【微课${number}】${lesson.title}`), ...renderChat(lesson.body)];
  if (lesson.questions.length > 0) {
    const until = closesAt === undefined ? '' : `（${closesAt} 截止）`;
    parts.push(text(RULE), text(`小测${until}${how ?? `回复如 ${exampleOf(lesson.questions)}`}`));
    for (const question of lesson.questions) parts.push(...composeQuestion(question, orders));
  }
  if (link !== undefined) parts.push(text(`网页版：${link}`));
  return mergeParts(parts);
}

const text = (words: string): ChatPart => ({ kind: 'text', text: words });

/** A question with its options as they are shown. */
export function composeQuestion(question: Question, orders: Orders = {}): ChatPart[] {
  const stem = `${question.no}. ${renderInline(question.stem)}${MARKS[question.type]}`;
  const options = [...shownOrder(question, orders)].map(
    (letter, index) => `${LETTERS[index] ?? ''} ${renderInline(optionOf(question, letter))}`,
  );
  const line = options.join('  ');
  return [text(stem), ...(widthOf(line) <= LINE ? [line] : options).filter(Boolean).map(text)];
}

/** Width in full-width characters. */
const widthOf = (words: string) => [...words].reduce((sum, character) => sum + (character > '\u{2e7f}' ? 1 : 0.5), 0);

/** The letters of the options in the order in which they are shown. */
const shownOrder = (question: Question, orders: Orders): string =>
  orders[question.no] ?? LETTERS.slice(0, question.options.length);

const optionOf = (question: Question, letter: string): string => question.options[LETTERS.indexOf(letter)] ?? '';

/** The letter that a group sees for an option. */
export const shownLetter = (question: Question, letter: string, orders: Orders = {}): string =>
  LETTERS[shownOrder(question, orders).indexOf(letter)] ?? letter;

type Asked = Pick<Question, 'no' | 'type'> & Partial<Pick<Question, 'options' | 'key'>>;

/** Shows the form of an answer, never the right one on purpose: `1A 2AC 3对`. */
export function exampleOf(questions: readonly Asked[]): string {
  const [only, ...more] = questions;
  if (only && more.length === 0) return only.type === 'truefalse' ? '对 或 错' : formOf(only);
  // A number right behind the question's own would read as one.
  return questions.map((question) => `${question.no}${question.type === 'number' ? '、' : ''}${formOf(question)}`).join(' ');
}

function formOf({ type, options = [], key = [] }: Asked): string {
  if (type !== 'order') return { single: 'A', multi: 'AC', truefalse: '对', text: '填的词', number: '填的数' }[type];
  const letters = LETTERS.slice(0, Math.max(2, options.length));
  const backwards = [...letters].toReversed().join('');
  return key.join('') === backwards ? letters : backwards;
}

export interface QuestionShare {
  readonly question: number;
  readonly answers: number;
  readonly correct: number;
}

export interface KeyOptions {
  readonly ordinal?: number;
  readonly orders?: Orders;
}

/** The key at closing time, with the share of right answers per question. It names nobody. */
export function composeKey(
  lesson: Lesson,
  shares: readonly QuestionShare[],
  { ordinal, orders = {} }: KeyOptions = {},
): ChatPart[] {
  const number = ordinal === undefined ? '' : `第${ordinal}课 `;
  const parts: ChatPart[] = [text(`【答案】${number}${lesson.title}`)];
  for (const question of lesson.questions) {
    parts.push(text(`${question.no}. ${keyOf(question, orders)}${shareOf(shares.find((share) => share.question === question.no))}`));
    if (question.explanation !== '') parts.push(...renderChat(question.explanation));
  }
  const hardest = hardestOf(shares);
  if (hardest) parts.push(text(`错得最多的是第 ${hardest.question} 题，可以再看一眼。`));
  if (shares.every((share) => share.answers === 0)) parts.push(text('这次没人作答，课还在，随时可以看。'));
  return mergeParts(parts);
}

/** The right answer in the words of the question, for those who saw its options in that order. */
export function keyOf(question: Question, orders: Orders = {}): string {
  const letters = (separator: string) =>
    question.key
      .map((letter) => `${shownLetter(question, letter, orders)} ${renderInline(optionOf(question, letter))}`)
      .join(separator);
  switch (question.type) {
    case 'text':
      return question.key.join(' 或 ');
    case 'truefalse':
    case 'number':
      return question.key[0] ?? '';
    case 'order':
      return `${question.key.map((letter) => shownLetter(question, letter, orders)).join('')}（${letters(' → ')}）`;
    default:
      return question.key
        .map((letter) => ({ letter, shown: shownLetter(question, letter, orders) }))
        .toSorted((a, b) => (a.shown < b.shown ? -1 : 1))
        .map(({ letter, shown }) => `${shown} ${renderInline(optionOf(question, letter))}`)
        .join('；');
  }
}

/** Fewer answers tell nothing of a question. */
const ENOUGH = 3;

/** The question that was missed most, where one was missed by a third at least and no other as much. */
function hardestOf(shares: readonly QuestionShare[]): QuestionShare | undefined {
  const missed = ({ answers, correct }: QuestionShare) => (answers - correct) / answers;
  const [first, second] = shares
    .filter(({ answers }) => answers >= ENOUGH)
    .toSorted((a, b) => missed(b) - missed(a));
  if (!first || shares.length < 2 || missed(first) < 1 / 3) return undefined;
  return second && missed(second) === missed(first) ? undefined : first;
}

const shareOf = (share: QuestionShare | undefined): string =>
  share === undefined || share.answers === 0
    ? ''
    : `（${share.answers} 人答，${sayPercent(shareRight(share))} 答对）`;
