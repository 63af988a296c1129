/** The frame of every page. */
import { html, raw } from 'hono/html';

export type Html = ReturnType<typeof html>;

export interface Page {
  readonly title: string;
  /** Extra style sheets and module script, by their names under `/static/`. */
  readonly style?: string | readonly string[];
  readonly script?: string;
  /** Whether it asks the server for pieces of itself while one works (htmx). */
  readonly live?: boolean;
  readonly bodyClass?: string;
  readonly body: Html;
}

/** Turns the direction of what follows, beyond the name in which it stands. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

const unturned = (drawn: Awaited<Html>) => raw(String(drawn).replace(TURNING, ''));

/** Without what would show somebody's name, or what stands behind it, back to front. */
const readable = (drawn: Html): Html => (drawn instanceof Promise ? drawn.then(unturned) : unturned(drawn));

/** `/type.css` holds the sizes of the large-type mode for whoever chose it, and nothing for the others. */
export const page = ({ title, style, script, live, bodyClass = '', body }: Page): Html =>
  readable(
    html`<!doctype html>
      <html lang="zh-CN">
        <head>
          <meta charset="utf-8" />
          <meta
            name="viewport"
            content="width=device-width,initial-scale=1,viewport-fit=cover,interactive-widget=resizes-content"
          />
          <meta name="color-scheme" content="light dark" />
          <title>${title}</title>
          <link rel="icon" href="/static/icon.svg" />
          <link rel="stylesheet" href="/static/base.css" />
          ${[style ?? []].flat().map((name) => html`<link rel="stylesheet" href="/static/${name}" />`)}
          <link rel="stylesheet" href="/type.css" />
          ${live ? liveHead : ''}
          ${script ? html`<script type="module" src="/static/${script}"></script>` : ''}
        </head>
        <body class="${bodyClass}">
          ${body}
        </body>
      </html>`,
  );

/** No style and no history of its own: our policy of what a page may load forbids the one, the address bar has the other. */
const liveHead = html`<meta name="htmx-config" content='{"includeIndicatorCSS":false,"history":false}' />
  <script defer src="/static/htmx.js"></script>`;

/** Switches between the usual and the large type; the style sheet of the mode shows the right word. */
export const typeSwitch = (): Html =>
  html`<form class="type-switch" method="post" action="/type">
    <button><span class="if-usual">大字</span><span class="if-large">标准字</span></button>
  </form>`;

/** A page of a few words: something is missing, forbidden or broken. */
export const notice = (title: string, words: string, action?: Html): Html =>
  page({
    title,
    body: html`<main class="notice">
      <span class="logo" aria-hidden="true">微</span>
      <h1>${title}</h1>
      <p>${words}</p>
      ${action ?? ''}
    </main>`,
  });

/** Something of ours failed. The link asks for the same address again. */
export const failurePage = (): Html =>
  notice(
    '出了点问题',
    '这一页现在打不开。已经记下来的都还在，过一会儿再打开就行。',
    html`<a class="button wide" href="">再打开一次</a>`,
  );
