/** Coming in and going out: the button behind a link, the code that a desk shows, and what to do when neither works. */
import { html } from 'hono/html';

import { type Html, notice, page } from '../layout.ts';

export const enterPage = (secret: string): Html =>
  notice(
    '进入微课',
    '按一下就进去。这个链接只能用一次。',
    html`<form method="post" action="/enter">
      <input type="hidden" name="t" value="${secret}" />
      <button class="button wide">进入</button>
    </form>`,
  );

export const staleLinkPage = (): Html =>
  notice(
    '这个链接不能用了',
    '它已经用过，或者过了十分钟。请私聊小课再说一次 登录；管理服务器的人也可以再要一个：npm run -s weike -- admin-link',
  );

/** Six digits to send to the bot; the script goes on by itself once they were sent, the button does it without. */
export const deskPage = (code: string, minutes: number): Html =>
  page({
    title: '登录微课',
    style: 'login.css',
    script: 'login.js',
    body: html`<main class="notice">
      <span class="logo" aria-hidden="true">微</span>
      <h1>登录微课</h1>
      <p>用手机私聊小课，把下面的数字发给它：</p>
      <p class="code">登录 <b>${code.slice(0, 3)} ${code.slice(3)}</b></p>
      <p class="left" role="status">${minutes} 分钟内有效。发出去以后，这一页自己会进去。</p>
      <a class="button wide" href="/login">发好了，进去</a>
      <p class="note">
        只发你自己打开的这一页上的数字。别人给你的数字不要发：发了，那个人就能用你的身份进来。
      </p>
    </main>`,
  });

export const crowdedPage = (): Html =>
  notice('现在登录的人太多', '过十分钟再打开这一页；或者私聊小课说 登录，用它发来的链接进来。');

export const leftPage = (): Html =>
  notice(
    '已经退出',
    '这台设备上要再进来，就重新登录一次。',
    html`<a class="button wide" href="/login">重新登录</a>`,
  );

/** Whoever has no session, or no role any more. */
export const loginFirst = (): Html =>
  notice(
    '请先登录',
    '书记和管理员私聊小课说 登录，点它发来的链接。管理服务器的人也可以运行 npm run -s weike -- admin-link，用它给出的链接进来。',
    html`<a class="button wide" href="/login">用数字登录</a>`,
  );

/** A member's session on a page of the console. */
export const membersOnlyHere = (): Html =>
  notice(
    '这一页给书记和管理员用',
    '您已经登录了，自己的学习都在「我的」里。刚当上书记的话，请县里的管理员先给您授权，再打开就行。',
    html`<a class="button wide" href="/me">去我的学习</a>`,
  );
