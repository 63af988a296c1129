/** A lesson as a form: its pieces, and its quiz as cards or as Markdown, whichever one likes, without loss either way. */
import type { Question } from '../../lessons/lesson.ts';
import { readPieces, readQuiz, type SourcePieces, writeDraws, writePieces } from '../../lessons/source.ts';
import { LETTERS } from '../../quiz/item.ts';
import { writeMarkdown } from '../../quiz/item-markdown.ts';
import type { Form } from './parts.ts';

export type QuizMode = 'cards' | 'markdown';

/** A question as its card has it; what isn't of its type stays empty. */
export interface Card {
  readonly type: Question['type'];
  readonly stem: string;
  readonly options: readonly string[];
  /** Letters of the right options. */
  readonly right: readonly string[];
  /** 对 or 错, the words, the number, the letters in order. */
  readonly answer: string;
  readonly explanation: string;
}

export const EMPTY_CARD: Card = {
  type: 'single',
  stem: '',
  options: ['', '', ''],
  right: [],
  answer: '',
  explanation: '',
};

const isChoice = (type: Question['type']) => type === 'single' || type === 'multi';

export const toCard = ({ type, stem, options, key, explanation }: Question): Card => ({
  type,
  stem,
  options,
  right: isChoice(type) ? key : [],
  answer: isChoice(type) ? '' : type === 'text' ? key.join(' | ') : key.join(''),
  explanation,
});

/** Cards that say nothing are left out; empty options as well, the letters move up. */
export function writeCards(cards: readonly Card[]): string {
  const items = cards
    .filter((card) => !isBlank(card))
    .map((card) => {
      const kept = card.options
        .map((text, index) => ({ text: oneLine(text), letter: LETTERS[index] ?? '' }))
        .filter(({ text }) => text !== '');
      const key = isChoice(card.type)
        ? kept.flatMap(({ letter }, index) => (card.right.includes(letter) ? [LETTERS[index] ?? ''] : []))
        : [card.answer.trim()];
      const hasOptions = isChoice(card.type) || card.type === 'order';
      return {
        type: card.type,
        stem: card.stem.trim() || '（题目还没写）',
        options: hasOptions ? kept.map(({ text }) => text) : [],
        key,
        explanation: card.explanation.trim(),
        tags: [],
      };
    });
  return writeMarkdown(items).trimEnd();
}

const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/g, ' ').trim();

export const isBlank = ({ stem, options, answer, explanation }: Card): boolean =>
  [stem, answer, explanation, ...options].every((text) => text.trim() === '');

export interface QuizForm {
  readonly cards: readonly Card[];
  /** The lines that draw from the bank, as they are kept beside the cards. */
  readonly draws: string;
}

/** The quiz as cards; `undefined` where cards would lose something of it, which then is edited as Markdown. */
export function readCards(quiz: string): QuizForm | undefined {
  const { questions, draws, faults } = readQuiz(quiz);
  if (faults.length > 0) return quiz.trim() === '' ? { cards: [], draws: '' } : undefined;
  const cards = questions.map(toCard);
  const again = readQuiz(joinQuiz(writeCards(cards), writeDraws(draws)));
  const same =
    JSON.stringify([again.questions.map(bare), again.draws]) === JSON.stringify([questions.map(bare), draws]);
  return same ? { cards, draws: writeDraws(draws) } : undefined;
}

const bare = ({ type, stem, options, key, explanation }: Question) => ({
  type,
  stem,
  options,
  key,
  explanation,
});

const joinQuiz = (questions: string, draws: string): string =>
  [questions, draws].filter((text) => text.trim() !== '').join('\n\n');

/** What a form was sent with, as a source. The pieces that it doesn't show come from `before`. */
export function readSource({ get, all }: Form, before: string): string {
  if (get('mode') === 'source') return get('source');
  const kept = readPieces(before);
  const pieces: SourcePieces = {
    ...kept,
    title: get('title').trim(),
    course: get('course').trim(),
    order: whole(get('order')),
    category: get('category').trim(),
    author: get('author').trim(),
    tags: get('tags')
      .split(/[\s,，、]+/u)
      .filter(Boolean),
    sources: get('sources')
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
    minutes: whole(get('minutes')),
    body: get('body'),
    quiz:
      get('quiz-as') === 'cards'
        ? joinQuiz(writeCards(readFormCards({ get, all })), get('draws'))
        : get('quiz'),
  };
  return writePieces(pieces);
}

const whole = (text: string) => (/^\d{1,4}$/.test(text.trim()) ? Number(text) : 0);

const TYPES: readonly Question['type'][] = ['single', 'multi', 'truefalse', 'text', 'number', 'order'];
const MOST_CARDS = 50;

/** In the order of the page; a card that was told to go is left out. */
export function readFormCards({ get, all }: Form): Card[] {
  const count = Math.min(MOST_CARDS, whole(get('cards')));
  const gone = get('drop');
  return Array.from({ length: count }, (_, index): Card => {
    const name = (field: string) => `q${index}-${field}`;
    const type = TYPES.find((one) => one === get(name('type'))) ?? 'single';
    const answer = type === 'truefalse' ? get(name('judge')) : get(name('answer'));
    return {
      type,
      stem: get(name('stem')),
      options: [...LETTERS].map((letter) => get(name(`option-${letter}`))),
      right: all(name('right')),
      answer,
      explanation: get(name('explanation')),
    };
  }).filter((_, index) => gone !== String(index));
}
