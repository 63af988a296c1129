/** What to mend, said to the person who wrote something that can't be read with certainty. */
import { exampleOf } from '../lessons/compose.ts';
import type { Lesson } from '../lessons/lesson.ts';
import type { AskReason } from './interpret.ts';

/** A short sentence without a full stop; `lesson` is the one whose quiz is open, when there is one. */
export function explainAsk(why: AskReason, lesson?: Lesson): string {
  const count = lesson?.questions.length ?? 0;
  const example = lesson ? `，比如 ${exampleOf(lesson.questions)}` : '';
  switch (why) {
    case 'count':
      return `这次有 ${count} 题，请带上题号再发一次${example}`;
    case 'range':
      return `没有这个选项，请看一下题再发一次${example}`;
    case 'several':
      return `单选题只选一个，请再发一次${example}`;
    case 'ambiguous':
      return `不确定哪个字母是哪一题的，请带上题号再发一次${example}`;
    case 'no-question':
      return `没有这个题号（这次有 ${count} 题），请再发一次${example}`;
    case 'closed':
      return '现在没有开着的小测，等下一课发出来再答';
  }
}
