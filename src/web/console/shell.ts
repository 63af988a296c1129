/** The frame of the console: pages in a side column, or in a bar at the bottom of a phone. */
import type { Context } from 'hono';
import { html } from 'hono/html';

import { isLocalOnly } from '../../config.ts';
import { type Html, page, typeSwitch } from '../layout.ts';
import type { WebParts } from '../parts.ts';
import { heard, type Said } from './flash.ts';
import { NAV, type NavItem, navOf } from './nav.ts';

export interface Shell {
  readonly title: string;
  /** In small print beside the title. */
  readonly note?: string;
  /** The one thing that one does on this page. */
  readonly action?: Html;
  /** To the page above this one. */
  readonly back?: { readonly path: string; readonly name: string };
  readonly body: Html;
  /** Takes the whole width of a wide screen. */
  readonly wide?: boolean;
  /** Whether it asks the server for pieces while one works. */
  readonly live?: boolean;
  /** How many things wait, where it is known anyway. */
  readonly waiting?: number;
  /** Said on this very page, rather than on the next. */
  readonly said?: Said;
}

/** A page of the console as an answer. */
export function shellPage(c: Context, parts: WebParts, shell: Shell, status: 200 | 400 | 409 = 200) {
  const said = shell.said ?? heard(c, parts);
  const drawn = drawShell(shell, {
    here: navOf(c.req.path),
    said,
    path: `${c.req.path}${new URL(c.req.url).search}`,
    canLeave: !isLocalOnly(parts.config),
  });
  return c.html(drawn, status, { 'Cache-Control': 'private, no-cache' });
}

export interface Frame {
  readonly here: string;
  readonly said?: Said | undefined;
  /** Of this page, to come back to. */
  readonly path: string;
  readonly canLeave: boolean;
}

export const drawShell = (
  { title, note, action, back, body, wide, live, waiting = 0 }: Shell,
  frame: Frame,
): Html =>
  page({
    title: title === '今天' ? '微课' : `${title} · 微课`,
    style: 'console.css',
    script: 'console.js',
    ...(live ? { live } : {}),
    bodyClass: 'console',
    body: html`<a class="skip" href="#main">跳到正文</a>
      <header class="side">
        <a class="home-link" href="/"><span class="logo" aria-hidden="true">微</span><b>微课</b></a>
        <nav aria-label="主要页面">
          ${NAV.map((item) => link(item, frame, waiting))}
          <a class="tab more" href="/more" ${isMore(frame) ? 'aria-current=page' : ''}>${icon('more')}更多</a>
        </nav>
        <div class="foot">${typeSwitch()} ${frame.canLeave ? leaveButton : ''}</div>
      </header>
      <main id="main" class="${wide ? 'wide' : ''}" tabindex="-1">
        <div class="head">
          ${back ? html`<a class="back" href="${back.path}"><span aria-hidden="true">‹</span>${back.name}</a>` : ''}
          <h1>${title}</h1>
          ${note ? html`<span class="note">${note}</span>` : ''} ${action ?? ''}
        </div>
        ${frame.said ? toast(frame.said, frame.path) : ''} ${body}
      </main>`,
  });

const isMore = ({ here }: Frame) => NAV.every(({ path, tab }) => path !== here || !tab);

const link = ({ path, name, tab, icon: drawn }: NavItem, { here }: Frame, waiting: number) =>
  html`<a class="${tab ? 'tab' : 'only-side'}" href="${path}" ${here === path ? 'aria-current=page' : ''}
    >${drawn ? icon(drawn) : ''}<span>${name}</span>${
      path === '/' && waiting > 0
        ? html`<em
            ><span class="unseen">，</span>${waiting > 99 ? '99+' : waiting}<span class="unseen"
              >件等我处理</span
            ></em
          >`
        : ''
    }</a
  >`;

export const icon = (name: string): Html =>
  html`<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#${name}" /></svg>`;

const leaveButton = html`<form class="leave" method="post" action="/logout"><button>退出</button></form>`;

const toast = ({ text, kind, undo }: Said, path: string) =>
  html`<div class="toast ${kind}" role="status">
    <p>${text}</p>
    ${
      undo
        ? html`<form method="post" action="${undo.path}">
            ${Object.entries(undo.fields).map(
              ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
            )}
            <input type="hidden" name="back" value="${path}" /><button>${undo.label}</button>
          </form>`
        : ''
    }
  </div>`;
