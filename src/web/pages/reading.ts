/** Behind a member's own link: what their group was sent, and a button that says 已阅. Opening it counts for nothing. */
import { html } from 'hono/html';

import { type Html, notice, page } from '../layout.ts';
import type { ReadingView } from '../parts.ts';

const ADDRESS = /(https?:\/\/[^\s《》「」【】（）]+)/gu;

/** Addresses in the text become links, everything else stays text. */
const withLinks = (line: string): Html =>
  html`${line
    .split(ADDRESS)
    .map((piece, at) =>
      at % 2 === 1 ? html`<a href="${piece}" rel="noopener noreferrer">${piece}</a>` : piece,
    )}`;

export const readingPage = (secret: string, { text, isRead }: ReadingView): Html => {
  const [title = '', ...lines] = text.split('\n');
  return page({
    title,
    style: 'lesson.css',
    body: html`<main class="lesson">
      <h1>${title}</h1>
      ${lines.filter((line) => line !== '———' && !line.includes('回复 已阅')).map((line) => html`<p>${withLinks(line)}</p>`)}
      ${
        isRead
          ? html`<p role="status"><strong>已阅，记下了。</strong></p>`
          : html`<form method="post" action="/r/${secret}">
              <button class="button wide">已阅</button>
            </form>`
      }
    </main>`,
  });
};

export const noReadingPage = (): Html =>
  notice('这个链接打不开', '它可能抄漏了几个字。在群里回复 已阅 也一样算。');
