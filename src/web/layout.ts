/** The frame of every page. */
import { html } from 'hono/html';

export type Html = ReturnType<typeof html>;

export interface Page {
  readonly title: string;
  /** Extra style sheet and module script, by their names under `/static/`. */
  readonly style?: string;
  readonly script?: string;
  readonly bodyClass?: string;
  readonly body: Html;
}

export const page = ({ title, style, script, bodyClass = '', body }: Page): Html =>
  html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/static/icon.svg" />
        <link rel="stylesheet" href="/static/base.css" />
        ${style ? html`<link rel="stylesheet" href="/static/${style}" />` : ''}
        ${script ? html`<script type="module" src="/static/${script}"></script>` : ''}
      </head>
      <body class="${bodyClass}">
        ${body}
      </body>
    </html>`;

/** A page of a few words: something is missing, forbidden or broken. */
export const notice = (title: string, words: string, action?: Html): Html =>
  page({
    title,
    body: html`<main class="notice">
      <h1>${title}</h1>
      <p>${words}</p>
      ${action ?? ''}
    </main>`,
  });
