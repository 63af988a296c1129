/** The frame of a member's own pages. */
import { html } from 'hono/html';

import { type Html, page, typeSwitch } from '../layout.ts';

export interface Light {
  readonly now: number;
  readonly zone: string;
}

export interface MeFrame {
  readonly title: string;
  readonly body: Html;
  readonly script?: string;
  readonly style?: string;
}

/** A page below 我的: its title, and the way back. */
export const frame = ({ title, body, script, style }: MeFrame): Html =>
  page({
    title,
    style: style === undefined ? 'me.css' : ['me.css', style],
    ...(script === undefined ? {} : { script }),
    body: html`<header class="bar">
        <a class="back" href="/me">我的</a>
        <h1>${title}</h1>
        ${typeSwitch()}
      </header>
      <main class="own">${body}</main>`,
  });

/** What a card says where there is nothing yet. */
export const empty = (words: string): Html => html`<p class="empty">${words}</p>`;

export interface Cell {
  readonly href: string;
  readonly title: string;
  readonly note?: string;
}

export const cells = (list: readonly Cell[]): Html =>
  html`<nav class="card cells" aria-label="更多">
    ${list.map(
      ({ href, title, note }) =>
        html`<a href="${href}"
          ><span>${title}</span>${note === undefined ? '' : html`<small>${note}</small>`}</a
        >`,
    )}
  </nav>`;

/** A setting that is on or off, changed by a press. */
export const switchOf = (action: string, isOn: boolean, title: string, about: string): Html =>
  html`<form class="row" method="post" action="${action}">
    <input type="hidden" name="on" value="${isOn ? '0' : '1'}" />
    <div class="words">${title}<small>${about}</small></div>
    <button class="switch" role="switch" aria-checked="${isOn ? 'true' : 'false'}" aria-label="${title}">
      ${isOn ? '开' : '关'}
    </button>
  </form>`;
