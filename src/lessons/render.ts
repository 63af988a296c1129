/** Any Markdown, a lesson or not, as the chat or a page would show it: for the terminal. */
import { renderChat } from './chat.ts';
import { composeLesson } from './compose.ts';
import { splitFrontMatter } from './front-matter.ts';
import type { ChatPart } from './lesson.ts';
import { renderPage } from './page.ts';
import { normaliseSource, parseLesson } from './parse.ts';

/** A whole lesson is shown as it would be sent; anything else as the Markdown that it is. Pictures as `[图片：…]`. */
export function renderMarkdown(source: string, as: 'chat' | 'page'): string {
  const text = normaliseSource(source);
  const { lesson } = parseLesson(text, '-');
  const { rest } = splitFrontMatter(text);
  if (as === 'page') return renderPage(rest, { picture: (href) => href });
  return (lesson ? composeLesson(lesson, {}) : renderChat(rest)).map(sayPart).join('\n');
}

const sayPart = (part: ChatPart) => (part.kind === 'text' ? part.text : `[图片：${part.alt || part.file}]`);
