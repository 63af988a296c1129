/** What pages of the console are made of: cards, rows, tables, forms, and what stands where nothing is yet. */
import { html } from 'hono/html';

import type { Html } from '../layout.ts';

export type Content = Html | string | readonly (Html | string)[];

export const card = (
  title: Content,
  body: Content,
  options: { note?: string; link?: Html; id?: string } = {},
) =>
  html`<section class="card" ${options.id ? html`id="${options.id}"` : ''}>
    <h2>${title}${options.note ? html` <small>${options.note}</small>` : ''}${options.link ?? ''}</h2>
    ${body}
  </section>`;

/** What to do first where there is nothing yet. */
export const nothing = (words: Content, action: Content = '') =>
  html`<div class="empty">
    <p>${words}</p>
    ${action}
  </div>`;

export type Tone = 'good' | 'warn' | 'bad' | 'plain';
export const pill = (tone: Tone, words: string) => html`<span class="pill ${tone}">${words}</span>`;

export interface Row {
  /** A time or a number, in front. */
  readonly lead?: Content;
  readonly what: Content;
  readonly note?: Content;
  readonly end?: Content;
  /** The whole row leads there. */
  readonly href?: string;
}

export const rows = (all: readonly Row[]) =>
  html`<ul class="rows">
    ${all.map((row) => html`<li>${drawRow(row)}</li>`)}
  </ul>`;

function drawRow({ lead, what, note, end, href }: Row): Html {
  const body = html`${lead === undefined ? '' : html`<span class="lead">${lead}</span>`}<span class="what"
      >${what}${note === undefined || note === '' ? '' : html`<small>${note}</small>`}</span
    >`;
  return href === undefined
    ? html`${body}${end ?? ''}`
    : html`<a class="go" href="${href}">${body}</a>${end ?? ''}`;
}

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => Content;
  /** Figures stand at the right. */
  readonly figure?: boolean;
}

/** On a phone each row is a small card, and each cell says what it is. */
export const table = <T>(caption: string, columns: readonly Column<T>[], all: readonly T[]) =>
  html`<table class="list">
    <caption class="unseen">
      ${caption}
    </caption>
    <thead>
      <tr>
        ${columns.map(({ title, figure }) => html`<th scope="col" class="${figure ? 'figure' : ''}">${title}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${all.map(
        (row) =>
          html`<tr>
            ${columns.map(({ title, cell, figure }, index) =>
              index === 0
                ? html`<th scope="row">${cell(row)}</th>`
                : html`<td class="${figure ? 'figure' : ''}" data-of="${title}">${cell(row)}</td>`,
            )}
          </tr>`,
      )}
    </tbody>
  </table>`;

/** So many rows of a folded table are seen on a phone; its style sheet counts them too. */
const FOLDED_AFTER = 20;

/** A table that may be long: a phone shows its beginning, and the rest when that is wished. */
export const foldedTable = <T>(caption: string, columns: readonly Column<T>[], all: readonly T[]) =>
  all.length <= FOLDED_AFTER
    ? table(caption, columns, all)
    : html`<div class="folded">
        ${table(caption, columns, all)}
        <label class="unfold"
          ><input type="checkbox" autocomplete="off" /><span>看这一页全部 ${all.length} 条</span></label
        >
      </div>`;

export type Fields = Readonly<Record<string, string>>;

export const hidden = (fields: Fields) =>
  Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );

/** A button that changes something, by itself in its form. */
export const press = (
  action: string,
  label: string,
  { fields = {}, tone = '', name = '' }: { fields?: Fields; tone?: 'quiet' | 'bad' | ''; name?: string } = {},
) =>
  html`<form class="press" method="post" action="${action}">
    ${hidden(fields)}<button class="button small ${tone}" ${name === '' ? '' : html`aria-label="${name}"`}>
      ${label}
    </button>
  </form>`;

/** What can't be undone asks once more, without any script. */
export const confirmed = (summary: string, words: Content, inside: Content) =>
  html`<details class="confirm">
    <summary class="button small quiet">${summary}</summary>
    <div class="sheet">
      <p>${words}</p>
      ${inside}
    </div>
  </details>`;

export const field = (label: string, control: Content, hint: Content = '') =>
  html`<label class="field"
    ><span>${label}</span>${control}${hint === '' ? '' : html`<small>${hint}</small>`}</label
  >`;

export interface Choice {
  readonly value: string;
  readonly name: string;
}

export const select = (name: string, choices: readonly Choice[], chosen: string, attributes: Content = '') =>
  html`<select name="${name}" ${attributes}>
    ${choices.map(
      ({ value, name: shown }) =>
        html`<option value="${value}" ${value === chosen ? 'selected' : ''}>${shown}</option>`,
    )}
  </select>`;

/** Links that narrow a list; the one that holds is marked. */
export const tabs = (label: string, all: readonly { href: string; name: string; on: boolean }[]) =>
  html`<nav class="tabs" aria-label="${label}">
    ${all.map(({ href, name, on }) => html`<a href="${href}" ${on ? 'aria-current=true' : ''}>${name}</a>`)}
  </nav>`;

/** An address with what isn't empty of these. */
export function address(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)] as [string, string]],
  );
  const search = new URLSearchParams(given).toString();
  return search === '' ? path : `${path}?${search}`;
}
