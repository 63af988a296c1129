/** The words with which a lesson, and later its key, goes out into a group. */
import { mergeParts, renderChat, renderInline, RULE } from './chat.ts';
import type { ChatPart, Lesson, Question } from './lesson.ts';

export interface ComposeOptions {
  /** 第 N 课 of the group. */
  readonly ordinal?: number;
  /** When the quiz closes, ready to read: `明天 20:00`. */
  readonly closesAt?: string;
  /** The lesson's page. */
  readonly link?: string;
}

/** Widest line of options that still fits a bubble, in full-width characters. */
const LINE = 16;
const LETTERS = 'ABCDEFGH';
const MARKS: Readonly<Record<Question['type'], string>> = {
  single: '',
  multi: '（多选）',
  truefalse: '（判断）',
  text: '（填空）',
};

/** A lesson with its quiz, as parts: the title first, how to answer by an example, pictures in their place. */
export function composeLesson(lesson: Lesson, { ordinal, closesAt, link }: ComposeOptions): ChatPart[] {
  const number = ordinal === undefined ? '' : ` 第${ordinal}课`;
  const parts: ChatPart[] = [text(`【微课${number}】${lesson.title}`), ...renderChat(lesson.body)];
  if (lesson.questions.length > 0) {
    const until = closesAt === undefined ? '' : `（${closesAt} 截止）`;
    parts.push(text(RULE), text(`小测${until}回复如 ${exampleOf(lesson.questions)}`));
    for (const question of lesson.questions) parts.push(...composeQuestion(question));
  }
  if (link !== undefined) parts.push(text(`网页版：${link}`));
  return mergeParts(parts);
}

const text = (words: string): ChatPart => ({ kind: 'text', text: words });

function composeQuestion(question: Question): ChatPart[] {
  const stem = `${question.no}. ${renderInline(question.stem)}${MARKS[question.type]}`;
  const options = question.options.map((option, index) => `${LETTERS[index] ?? ''} ${renderInline(option)}`);
  const line = options.join('  ');
  return [text(stem), ...(widthOf(line) <= LINE ? [line] : options).filter(Boolean).map(text)];
}

/** Width in full-width characters. */
const widthOf = (words: string) => [...words].reduce((sum, character) => sum + (character > '\u{2e7f}' ? 1 : 0.5), 0);

/** Shows the form of an answer, never the right one on purpose: `1A 2AC 3对`. */
export function exampleOf(questions: readonly Pick<Question, 'no' | 'type'>[]): string {
  const forms = { single: 'A', multi: 'AC', truefalse: '对', text: '填的词' } as const;
  const [only, ...more] = questions;
  if (only && more.length === 0) return only.type === 'truefalse' ? '对 或 错' : forms[only.type];
  return questions.map(({ no, type }) => `${no}${forms[type]}`).join(' ');
}

export interface QuestionShare {
  readonly question: number;
  readonly answers: number;
  readonly correct: number;
}

/** The key at closing time, with the share of right answers per question. It names nobody. */
export function composeKey(lesson: Lesson, shares: readonly QuestionShare[], ordinal?: number): ChatPart[] {
  const number = ordinal === undefined ? '' : `第${ordinal}课 `;
  const parts: ChatPart[] = [text(`【答案】${number}${lesson.title}`)];
  for (const question of lesson.questions) {
    parts.push(text(`${question.no}. ${keyOf(question)}${shareOf(shares.find((share) => share.question === question.no))}`));
    if (question.explanation !== '') parts.push(...renderChat(question.explanation));
  }
  if (shares.every((share) => share.answers === 0)) parts.push(text('这次没人作答，课还在，随时可以看。'));
  return mergeParts(parts);
}

function keyOf(question: Question): string {
  if (question.type === 'text') return question.key.join(' 或 ');
  if (question.type === 'truefalse') return question.key[0] ?? '';
  return question.key
    .map((letter) => `${letter} ${renderInline(question.options[LETTERS.indexOf(letter)] ?? '')}`)
    .join('；');
}

const shareOf = (share: QuestionShare | undefined): string =>
  share === undefined || share.answers === 0
    ? ''
    : `（${share.answers} 人答，${Math.round((100 * share.correct) / share.answers)}% 答对）`;
