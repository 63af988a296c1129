import { keyOf } from '../../lessons/compose.ts';
import { renderInline } from '../../lessons/chat.ts';
import { listMistakes } from '../../quiz/mine.ts';
import { lessonOf, ordersOf } from '../../quiz/windows.ts';
import type { Command } from './command.ts';

const MOST = 5;

/** The last questions that the member got wrong, with what is right; of closed quizzes only, and only in private. */
export const mistakes: Command = async (_rest, { db, memberId, group }) => {
  if (group) return '错题请私聊我看。';
  const wrong = await listMistakes(db, memberId, MOST);
  if (wrong.length === 0) return '没有答错的题，真不错。';
  const lines = [`最近答错的 ${wrong.length} 题：`];
  for (const { window, question: wanted } of wrong) {
    const lesson = await lessonOf(db, window);
    const question = lesson?.questions.find(({ no }) => no === wanted);
    if (!lesson || !question) continue;
    lines.push(
      `• ${renderInline(question.stem)}（${lesson.title}）`,
      `　正确：${keyOf(question, ordersOf(window))}`,
    );
  }
  return [...lines, '想再练一练，说 练习。'].join('\n');
};
