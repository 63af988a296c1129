/** The sandbox: a WeChat group on a page. The server draws the last messages; a script keeps them live. */
import { html, raw } from 'hono/html';

import type { SandboxMessage } from '../../channels/sandbox/sandbox.ts';
import type { SandboxWorld } from '../../channels/sandbox/world.ts';
import { MINUTE } from '../../clock.ts';
import { type Html, page, typeSwitch } from '../layout.ts';
import {
  type ChatName,
  drawFace,
  drawMessage,
  faceOf,
  isParty,
  type Light,
  previewOf,
  sayStatus,
  type Viewer,
} from '../sandbox-view.ts';

/** What a narrow screen shows; a wide one shows all three. */
export type Pane = 'talk' | 'list' | 'hints';

export interface SandboxPageView {
  readonly world: SandboxWorld;
  readonly viewer: Viewer;
  /** The chat that is open. */
  readonly chat: ChatName;
  readonly pane: Pane;
  /** What the last press came to; `''` for nothing. */
  readonly told: string;
  /** What was typed and not taken; `''` for nothing. */
  readonly draft: string;
  /** For the one message that the plain form says. */
  readonly key: string;
  /** The last messages of both chats, oldest first. */
  readonly messages: Readonly<Record<ChatName, readonly SandboxMessage[]>>;
  readonly light: Light;
}

/** A pause longer than this shows the time, as in WeChat. The script knows the same figure. */
const GAP = 5 * MINUTE;

export const sandboxPage = (view: SandboxPageView): Html =>
  page({
    title: '微课沙盒',
    style: 'sandbox.css',
    script: 'sandbox.js',
    bodyClass: 'sandbox',
    body: html`<div
        class="app"
        id="app"
        data-pane="${view.pane}"
        data-person="${view.viewer.person.id}"
        data-chat="${view.chat}"
        data-last="${lastId(view)}"
      >
        ${listPane(view)} ${talkPane(view)} ${hintPane(view)}
      </div>
      ${picker()}
      <script type="application/json" id="world">
        ${worldForScript(view.world)}
      </script>`,
  });

/** After which id the live stream goes on. */
const lastId = ({ messages }: SandboxPageView): string =>
  [messages.group.at(-1)?.id ?? '', messages.private.at(-1)?.id ?? ''].toSorted().at(-1) ?? '';

/** JSON that can't end its own script element. */
function worldForScript({ rooms }: SandboxWorld) {
  const world = rooms.map(({ id, topic, people }) => ({
    id,
    topic,
    people: people.map((person) => ({
      id: person.id,
      name: person.name,
      nickname: person.nickname,
      status: sayStatus(person),
      party: isParty(person),
      ...faceOf(person),
    })),
  }));
  return raw(JSON.stringify(world).replaceAll('<', '\\u003c'));
}

const addressOf = ({ viewer }: SandboxPageView, chat: ChatName, pane: Pane = 'talk') =>
  `/sandbox?as=${viewer.person.id}${chat === 'private' ? '&chat=private' : ''}${pane === 'talk' ? '' : `&pane=${pane}`}`;

const listPane = (view: SandboxPageView) => {
  const { room, person } = view.viewer;
  return html`<aside class="pane list" aria-label="聊天列表">
    <header class="bar">
      <a class="back" href="/" aria-label="回到首页">${arrow()}</a>
      <h2>微课沙盒</h2>
      ${typeSwitch()}
    </header>
    <button class="me" type="button" data-act="pick" hidden>
      <span id="my-face">${drawFace(person)}</span>
      <span class="what"><b id="my-name">${person.name}</b><small>我现在是</small></span>
      <span class="change">换人</span>
    </button>
    <noscript>${plainPicker(view)}</noscript>
    <nav class="chats" aria-label="聊天">
      ${chatLink(view, 'group', html`<span class="avatar group" aria-hidden="true">群</span>`, room.topic)}
      ${chatLink(view, 'private', drawFace(undefined), '小课（私聊）')}
    </nav>
    <h3>别的群</h3>
    <nav class="chats" aria-label="别的群">
      ${view.world.rooms.map(
        ({ id, topic }) =>
          html`<a
            class="chat other"
            href="/sandbox?room=${id}"
            data-room="${id}"
            ${id === room.id ? 'hidden' : ''}
          >
            <span class="avatar group" aria-hidden="true">群</span>
            <span class="what"><b>${topic}</b><small>进去就换成那个群里的人</small></span>
          </a>`,
      )}
    </nav>
  </aside>`;
};

const chatLink = (view: SandboxPageView, chat: ChatName, face: Html, title: string) => {
  const last = view.messages[chat].at(-1);
  return html`<a
    class="chat"
    href="${addressOf(view, chat)}"
    data-chat="${chat}"
    aria-current="${view.chat === chat ? 'page' : 'false'}"
  >
    ${face}
    <span class="what"
      ><b>${title}</b
      ><small class="preview" data-id="${last?.id ?? ''}"
        >${last ? previewOf(last, view.viewer) : ''}</small
      ></span
    >
    <span class="unread" hidden></span>
  </a>`;
};

/** Who to be, where no script runs. */
const plainPicker = ({ world, viewer }: SandboxPageView) =>
  html`<form class="plain" method="get" action="/sandbox">
    <label for="as">我是</label>
    <select id="as" name="as">
      ${world.rooms.map(
        ({ topic, people }) =>
          html`<optgroup label="${topic}">
            ${people.map(
              ({ id, name }) =>
                html`<option value="${id}" ${id === viewer.person.id ? 'selected' : ''}>${name}</option>`,
            )}
          </optgroup>`,
      )}
    </select>
    <button class="button">换成这个人</button>
  </form>`;

const talkPane = (view: SandboxPageView) => {
  const { room, person } = view.viewer;
  const inGroup = view.chat === 'group';
  return html`<main class="pane talk">
    <header class="bar">
      <a
        class="back narrow"
        href="${addressOf(view, view.chat, 'list')}"
        data-act="list"
        aria-label="聊天列表"
        >${arrow()}<span class="unread" hidden></span
      ></a>
      <h1>
        <span id="topic">${inGroup ? room.topic : '小课'}</span
        ><small id="count">${inGroup ? `(${room.people.length + 1})` : ''}</small>
      </h1>
      <a class="more narrow" href="${addressOf(view, view.chat, 'hints')}" data-act="hints">怎么试</a>
    </header>
    <p class="banner" id="banner" role="status" hidden></p>
    <div class="log" id="log" role="log" aria-live="polite" aria-label="聊天记录" tabindex="0">
      <button class="older" id="older" type="button" hidden>看更早的消息</button>
      <div id="messages">${drawLog(view)}</div>
      <p
        class="empty"
        id="empty"
        data-group="${EMPTY.group}"
        data-private="${EMPTY.private}"
        ${view.messages[view.chat].length > 0 ? 'hidden' : ''}
      >
        ${EMPTY[view.chat]}
      </p>
      <div id="pending"></div>
    </div>
    <button class="fresh" id="fresh" type="button" hidden>有新消息 ↓</button>
    <noscript
      ><p class="banner refresh">
        这个浏览器没有开脚本，新消息要刷新才看得到。<a class="button" href="${addressOf(view, view.chat)}"
          >刷新</a
        >
      </p></noscript
    >
    <p class="told" id="told" role="status">${view.told}</p>
    <form class="compose" id="compose" method="post" action="/sandbox/say">
      <input type="hidden" name="person" value="${person.id}" />
      <input type="hidden" name="where" value="${view.chat}" />
      <input type="hidden" name="key" value="${view.key}" />
      <div class="quick" ${inGroup ? '' : 'hidden'}>
        <button type="button" data-act="mention" hidden>@小课</button>
        <button formaction="/sandbox/next" data-act="next">立即发下一课</button>
      </div>
      <div class="entry">
        <a class="as" href="${addressOf(view, view.chat, 'list')}" data-act="pick" aria-label="换一个人说话">
          <span id="entry-face">${drawFace(person)}</span>
        </a>
        <textarea
          id="text"
          name="text"
          rows="1"
          maxlength="2000"
          enterkeyhint="send"
          aria-label="要说的话"
          placeholder="以 ${person.name} 的身份说……"
        >
${view.draft}</textarea>
        <button class="send">发送</button>
      </div>
    </form>
  </main>`;
};

const drawLog = ({ messages, chat, viewer, light }: SandboxPageView) =>
  messages[chat].map((message, index, all) => {
    const before = all[index - 1];
    return drawMessage(message, viewer, light, !before || message.at - before.at > GAP);
  });

/** What to do first in an empty chat. */
const EMPTY: Readonly<Record<ChatName, string>> = {
  group: '这个群还没有消息。点下面的「立即发下一课」，看看一课是什么样的。',
  private: '跟小课说句话试试，比如：帮助',
};

const arrow = () =>
  html`<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
    <path
      d="M15 5l-7 7 7 7"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </svg>`;

/** What one may try to say, and what comes of it. */
export const TRIES = [
  ['1A 2C', '答题：题号加字母'],
  ['1A 2AC 3对', '多选、判断一起答'],
  ['打卡 今天学会了密封存茶', '打卡，后面可以写心得'],
  ['@小课 我的', '看自己学了多少'],
  ['排行', '看这周的光荣榜'],
  ['帮助', '小课会做什么'],
] as const;

const hintPane = (view: SandboxPageView) =>
  html`<aside class="pane hints" aria-label="怎么试">
    <header class="bar">
      <a class="back narrow" href="${addressOf(view, view.chat)}" data-act="talk" aria-label="回到聊天"
        >${arrow()}</a
      >
      <h2>怎么试</h2>
    </header>
    <ol class="steps">
      <li>点「立即发下一课」，课和小测就到群里</li>
      <li>换几个人，各答一遍题、打个卡</li>
      <li>等半分钟，小课把大家的作答一起确认</li>
      <li>到<a href="/">首页</a>看这周谁学了</li>
    </ol>
    <h3>可以这样说</h3>
    <ul class="tries">
      ${TRIES.map(
        ([words, meaning], index) =>
          html`<li>
            <a href="${addressOf(view, 'group')}&try=${index}" data-say="${words}"
              ><b>${words}</b><small>${meaning}</small></a
            >
          </li>`,
      )}
    </ul>
    <p class="note">这里的人和群都是编出来的，说什么都不会发到真的微信群。</p>
  </aside>`;

const picker = () =>
  html`<dialog class="picker" id="picker" aria-labelledby="picker-title">
    <header class="bar">
      <h2 id="picker-title">我现在是谁</h2>
      <button class="close" type="button" data-act="close">关闭</button>
    </header>
    <div id="people"></div>
  </dialog>`;
