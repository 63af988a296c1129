/** Whoever isn't let in any more while they send something gets it back, to send again once they have come in. */
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';

import { requireSession } from '../guards.ts';
import { type Html, notice, page } from '../layout.ts';
import type { WebParts } from '../parts.ts';

/** What is written by hand; files have to be chosen again. */
const LARGEST_FORM = 1024 * 1024;
const LARGEST_FILE_FORM = 12 * 1024 * 1024;

/** `requireSession` for the console: of a change that comes too late no word is lost. */
export function requireDesk(parts: WebParts): MiddlewareHandler {
  const inner = requireSession(parts);
  return async function checkDesk(c, next) {
    const refused = await inner(c, next);
    if (!(refused instanceof Response) || refused.status !== 401 || c.req.method !== 'POST') return refused;
    const fields = await keptFields(c);
    if (c.req.header('hx-request') === 'true') return c.html(expiredPiece(fields), 401);
    return fields.length === 0 ? refused : c.html(expiredPage(c.req.path, fields), 401);
  };
}

export const limitForms = (): MiddlewareHandler => {
  const refuse = (c: Context) =>
    c.html(notice('太大了', '这一次送来的内容太大，没有收。图片请先缩小，文件最多 10 MB。'), 413);
  const small = bodyLimit({ maxSize: LARGEST_FORM, onError: refuse });
  const large = bodyLimit({ maxSize: LARGEST_FILE_FORM, onError: refuse });
  return async function limitForm(c, next) {
    const isFile = (c.req.header('content-type') ?? '').startsWith('multipart/');
    return await (isFile ? large : small)(c, next);
  };
};

async function keptFields(c: Context): Promise<(readonly [string, string])[]> {
  try {
    const body = await c.req.parseBody({ all: true });
    return Object.entries(body).flatMap(([name, value]) =>
      [value].flat().flatMap((one) => (typeof one === 'string' ? [[name, one] as const] : [])),
    );
  } catch {
    return [];
  }
}

/** Stands where a piece of the page would have been drawn anew; the page itself stays, with all that is written in it. */
const expiredPiece = (fields: readonly (readonly [string, string])[]): Html =>
  html`<input
      type="hidden"
      name="base"
      form="editor"
      value="${fields.find(([name]) => name === 'base')?.[1] ?? ''}"
    />
    <p class="alert" role="alert">
      登录过期了，没有保存。写的都还在这一页，先别关：<a href="/login" target="_blank">在新的一页里登录</a
      >，再回来按「保存」。
    </p>`;

const expiredPage = (path: string, fields: readonly (readonly [string, string])[]): Html =>
  page({
    title: '登录过期了',
    body: html`<main class="notice">
      <span class="logo" aria-hidden="true">微</span>
      <h1>登录过期了</h1>
      <p>
        刚才写的都还在这一页，没有丢。先<a href="/login" target="_blank">在新的一页里登录</a
        >，再回来按下面的按钮。
      </p>
      <form method="post" action="${path}">
        ${fields.map(([name, value]) => keptField(name, value))}
        <button class="button wide">登录好了，再交一次</button>
      </form>
    </main>`,
  });

/** What was written stands there to be read and copied; the rest goes along unseen. */
const keptField = (name: string, value: string) =>
  value.length > 20
    ? html`<p><textarea class="kept" name="${name}" rows="6" aria-label="刚才写的">${value}</textarea></p>`
    : html`<input type="hidden" name="${name}" value="${value}" />`;
