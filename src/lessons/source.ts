/** A lesson's source in the pieces that a form has, read even while it has faults, and put together again. */
import { stringify } from 'yaml';

import { readFrontMatter, splitFrontMatter } from './front-matter.ts';
import type { Draw, Fault, Question } from './lesson.ts';
import { tokensOf } from './markdown.ts';
import { normaliseSource, parseLesson } from './parse.ts';
import { readQuestions } from './quiz.ts';

export interface SourcePieces {
  readonly id: string;
  readonly title: string;
  readonly course: string;
  /** From 1; 0 for none. */
  readonly order: number;
  readonly category: string;
  readonly author: string;
  readonly sources: readonly string[];
  readonly tags: readonly string[];
  /** 0 for what its length tells. */
  readonly minutes: number;
  readonly body: string;
  /** Markdown below `## 小测`; empty where there is no such section. */
  readonly quiz: string;
}

/** Whatever the source is, every word of it is in one of the pieces, or in front matter that isn't understood. */
export function readPieces(source: string): SourcePieces {
  const text = normaliseSource(source);
  const { yaml, rest } = splitFrontMatter(text);
  const head = readFrontMatter(yaml ?? 'course: ""', () => undefined);
  const { body, quiz } = splitQuiz(rest);
  return {
    id: head.id ?? '',
    title: head.title ?? '',
    course: head.course,
    order: head.order,
    category: head.category,
    author: head.author,
    sources: head.sources,
    tags: head.tags,
    minutes: head.minutes ?? 0,
    body,
    quiz,
  };
}

/** At the first heading that begins a quiz: a second one is a fault that the reader finds below it. */
function splitQuiz(rest: string): { body: string; quiz: string } {
  const tokens = tokensOf(rest);
  const at = tokens.findIndex(
    (token, index) =>
      token.type === 'heading_open' && token.level === 0 && tokens[index + 1]?.content.trim() === '小测',
  );
  const [from, to] = tokens[at]?.map ?? [];
  const lines = rest.split('\n');
  if (from === undefined || to === undefined) return { body: rest.trim(), quiz: '' };
  return { body: lines.slice(0, from).join('\n').trim(), quiz: trimLines(lines.slice(to).join('\n')) };
}

/** Blank lines at the ends go; an indent at the beginning stays. */
const trimLines = (text: string) => text.replace(/^(?:[ \t]*\n)+/, '').trimEnd();

export function writePieces(pieces: SourcePieces): string {
  const { id, title, course, order, category, author, sources, tags, minutes, body, quiz } = pieces;
  const head = {
    ...(id === '' ? {} : { id }),
    title,
    ...(course === '' ? {} : { course }),
    ...(order > 0 ? { order } : {}),
    ...(category === '' ? {} : { category }),
    ...(author === '' ? {} : { author }),
    ...(sources.length === 0 ? {} : { sources: [...sources] }),
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
    ...(minutes > 0 ? { minutes } : {}),
  };
  const section = quiz.trim() === '' ? '' : `\n## 小测\n\n${trimLines(normaliseSource(quiz))}\n`;
  return `---\n${stringify(head, { lineWidth: 0 })}---\n\n${normaliseSource(body).trim()}\n${section}`;
}

/** The questions under `## 小测` as far as they can be made out, and what is wrong with them. */
export function readQuiz(quiz: string): {
  questions: readonly Question[];
  draws: readonly Draw[];
  faults: readonly Pick<Fault, 'line' | 'message' | 'cure'>[];
} {
  const faults: Pick<Fault, 'line' | 'message' | 'cure'>[] = [];
  if (quiz.trim() === '') return { questions: [], draws: [], faults };
  const source = normaliseSource(quiz);
  const read = readQuestions(tokensOf(source), source.split('\n'), 1, 0, (line, message, cure) =>
    faults.push({ line, message, cure }),
  );
  return { ...read, faults };
}

/** Lines that draw from the bank, as they are written. */
export const writeDraws = (draws: readonly Draw[]): string =>
  draws.length === 0 ? '' : `抽题：${draws.map(({ tag, count }) => `${tag} ${count}`).join('；')}\n`;

/** All that keeps a source from being a lesson. The id is given when it is handed in. */
export function faultsOf(source: string): readonly Fault[] {
  const pieces = readPieces(source);
  const whole = pieces.id === '' ? writePieces({ ...pieces, id: 'x' }) : source;
  return parseLesson(whole, '-').faults;
}
