import { keyOf } from '../../lessons/compose.ts';
import { renderInline } from '../../lessons/chat.ts';
import { lessonOf, ordersOf } from '../../quiz/windows.ts';
import type { Command } from './command.ts';

const MOST = 5;

/** The last questions that the member got wrong, with what is right; of closed quizzes only, and only in private. */
export const mistakes: Command = async (_rest, { db, memberId, group }) => {
  if (group) return '错题请私聊我看。';
  const wrong = await db
    .selectFrom('answer')
    .innerJoin('quiz_window', 'quiz_window.id', 'answer.window_id')
    .selectAll('quiz_window')
    .select(['answer.question', 'answer.value'])
    .where('answer.member_id', '=', memberId)
    .where('answer.counted', '=', 1)
    .where('answer.correct', '=', 0)
    .where('quiz_window.closed_at', 'is not', null)
    .orderBy('answer.written_at', 'desc')
    .orderBy('answer.question')
    .limit(MOST)
    .execute();
  if (wrong.length === 0) return '没有答错的题，真不错。';
  const lines = [`最近答错的 ${wrong.length} 题：`];
  for (const row of wrong) {
    const lesson = await lessonOf(db, row);
    const question = lesson?.questions.find(({ no }) => no === row.question);
    if (!lesson || !question) continue;
    lines.push(
      `• ${renderInline(question.stem)}（${lesson.title}）`,
      `　正确：${keyOf(question, ordersOf(row))}`,
    );
  }
  return [...lines, '想再练一练，说 练习。'].join('\n');
};
