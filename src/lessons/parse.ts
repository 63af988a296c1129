/** Makes a lesson from its Markdown source, or says everything that is wrong with it, line by line. */
import { createHash } from 'node:crypto';

import { type AddFault, readFrontMatter, splitFrontMatter } from './front-matter.ts';
import type { Fault, Lesson } from './lesson.ts';
import { closingOf, type Token, tokensOf } from './markdown.ts';
import { readQuestions } from './quiz.ts';

const LONGEST_SOURCE = 200_000;
const CHARACTERS_A_MINUTE = 300;

/** `\n` line ends and no byte order mark: the form in which a source is hashed and its lines are counted. */
export const normaliseSource = (source: string): string =>
  source.replace(/^\u{feff}/u, '').replace(/\r\n?/g, '\n');

export function parseLesson(source: string, file: string): { lesson: Lesson | undefined; faults: Fault[] } {
  const faults: Fault[] = [];
  const add: AddFault = (line, message, cure) => void faults.push({ file, line, message, cure });
  if (source.length > LONGEST_SOURCE) {
    add(1, '文件太大了', '一课几百字就好，图片放在旁边的文件里');
    return { lesson: undefined, faults };
  }
  const text = normaliseSource(source);
  if (text.includes('\0')) {
    add(1, '这不是文本文件', '用记事本一类的软件另存为 UTF-8 文本');
    return { lesson: undefined, faults };
  }
  const { yaml, rest, bodyLine } = splitFrontMatter(text);
  if (yaml === undefined) add(1, '没有文件头', '第一行写 ---，下面写 id 和 title，再写一行 ---');
  const head = readFrontMatter(yaml ?? 'course: ""', yaml === undefined ? () => undefined : add);
  const { body, questions, draws } = readBody(rest, bodyLine, add);
  faults.sort((a, b) => a.line - b.line);
  if (faults.length > 0 || head.id === undefined || head.title === undefined) return { lesson: undefined, faults };
  const { id, title } = head;
  const minutes = head.minutes ?? Math.max(1, Math.round([...body].length / CHARACTERS_A_MINUTE));
  const hash = createHash('sha256').update(text).digest('hex');
  return { lesson: { ...head, id, title, minutes, body, questions, draws, file, hash }, faults };
}

function readBody(rest: string, bodyLine: number, add: AddFault) {
  const tokens = tokensOf(rest);
  const quizzes = tokens.flatMap((token, index) => (isQuizHeading(tokens, index) ? [{ token, index }] : []));
  const [quiz, second] = quizzes;
  const lines = rest.split('\n');
  const quizLine = quiz?.token.map?.[0];
  const body = (quizLine === undefined ? lines : lines.slice(0, quizLine)).join('\n').trim();
  if (body === '') add(bodyLine, '没有正文', '在文件头下面写这一课的内容');
  if (!quiz) return { body, questions: [], draws: [] };
  if (second) add(bodyLine + (second.token.map?.[0] ?? 0), '小测出现了两次', '所有的题放在最后一个 ## 小测 下面');
  const after = tokens.slice(closingOf(tokens, quiz.index) + 1);
  const section = after.find((token) => token.type === 'heading_open' && token.level === 0);
  if (section && !second)
    add(bodyLine + (section.map?.[0] ?? 0), '小测后面还有别的标题', '小测要放在最后，把这一段移到它前面');
  return { body, ...readQuestions(after, lines, bodyLine, quizLine ?? 0, add) };
}

function isQuizHeading(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  return token?.type === 'heading_open' && token.level === 0 && tokens[index + 1]?.content.trim() === '小测';
}
