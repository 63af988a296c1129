/** The sandbox: a WeChat group on a page. The server draws the last messages; a script keeps them live. */
import { html, raw } from 'hono/html';

import type { SandboxMessage, SandboxRoom, SandboxWorld } from '../sandbox-view.ts';
import { type Html, page } from '../layout.ts';

export interface SandboxPageView {
  readonly world: SandboxWorld;
  readonly room: SandboxRoom;
  readonly personId: string;
  readonly chat: 'group' | 'private';
  readonly messages: readonly SandboxMessage[];
}

export const sandboxPage = (view: SandboxPageView): Html =>
  page({
    title: '微课沙盒',
    style: 'sandbox.css',
    script: 'sandbox.js',
    bodyClass: 'sandbox',
    body: html`<div
        class="app"
        id="app"
        data-room="${view.room.id}"
        data-person="${view.personId}"
        data-chat="${view.chat}"
      >
        ${listPane(view)} ${chatPane(view)} ${hintPane()}
      </div>
      <script type="application/json" id="world">
        ${jsonForScript(view.world)}
      </script>`,
  });

/** JSON that can't end its own script element. */
function jsonForScript(world: SandboxWorld) {
  const people = world.rooms.map(({ id, topic, people: all }) => ({ id, topic, people: all }));
  return raw(JSON.stringify(people).replaceAll('<', '\\u003c'));
}

const listPane = ({ world, room, personId }: SandboxPageView) =>
  html`<aside class="list" id="list" aria-label="聊天列表">
    <header class="bar"><a class="back" href="/" aria-label="回到首页">‹</a><b>微课沙盒</b></header>
    <form class="who" method="get" action="/sandbox">
      <label for="room">群</label>
      <select id="room" name="room">
        ${world.rooms.map(
          (one) =>
            html`<option value="${one.id}" ${one.id === room.id ? 'selected' : ''}>${one.topic}</option>`,
        )}
      </select>
      <label for="person">我是</label>
      <select id="person" name="as">
        ${room.people.map(
          (person) =>
            html`<option value="${person.id}" ${person.id === personId ? 'selected' : ''}>
              ${person.nickname}
            </option>`,
        )}
      </select>
      <noscript><button class="button">换成这个人</button></noscript>
    </form>
    <nav>
      <button class="chat" type="button" data-chat="group">
        <span class="avatar group">群</span><span id="list-topic">${room.topic}</span>
      </button>
      <button class="chat" type="button" data-chat="private">
        <span class="avatar bot">课</span><span>小课（私聊）</span>
      </button>
    </nav>
  </aside>`;

const chatPane = ({ room, chat, messages }: SandboxPageView) =>
  html`<section class="talk" aria-labelledby="topic">
    <header class="bar">
      <button class="back narrow" type="button" id="back" aria-label="聊天列表">‹</button>
      <h1 id="topic">${chat === 'group' ? room.topic : '小课'}</h1>
      <small id="count">${chat === 'group' ? `(${room.people.length + 1})` : ''}</small>
      <button class="more narrow" type="button" id="more" aria-label="提示">···</button>
    </header>
    <div class="log" id="log" role="log" aria-live="polite" tabindex="0" aria-label="聊天记录">
      ${messages.map((message) => plainMessage(message, room))}
    </div>
    <noscript><p class="noscript">这个浏览器没有开启脚本：可以看，不能发。</p></noscript>
    <form class="type" id="type">
      <button class="at" type="button" id="at" aria-label="在话里提到小课">@</button>
      <textarea id="text" rows="1" maxlength="2000" aria-label="说点什么" placeholder="说点什么"></textarea>
      <button class="send" type="submit">发送</button>
    </form>
  </section>`;

/** As drawn before the script takes over. */
const plainMessage = (message: SandboxMessage, room: SandboxRoom) => {
  const person = room.people.find(({ id }) => id === message.personId);
  return html`<div class="message">
    <div class="said">
      <div class="name">${person?.nickname ?? '小课'}</div>
      <div class="bubble">${message.text}</div>
    </div>
  </div>`;
};

const hintPane = () =>
  html`<aside class="hints" id="hints" aria-label="提示">
    <header class="bar narrow">
      <button class="back" type="button" id="hints-back" aria-label="回到聊天">‹</button><b>试一试</b>
    </header>
    <button class="button wide" type="button" id="next-lesson">立即发下一课</button>
    <p class="told" id="told" role="status"></p>
    <h2>课来了，可以这样回</h2>
    <ul class="tries">
      <li><button type="button" data-say="1A 2C">1A 2C</button><span>答题，题号加字母</span></li>
      <li><button type="button" data-say="1A 2AC 3对">1A 2AC 3对</button><span>多选、判断一起答</span></li>
      <li>
        <button type="button" data-say="打卡 今天学到密封保存">打卡 今天学到密封保存</button
        ><span>打卡，可以写心得</span>
      </li>
      <li><button type="button" data-say="@小课 我的">@小课 我的</button><span>看自己学了多少</span></li>
      <li><button type="button" data-say="排行">排行</button><span>本周光荣榜</span></li>
      <li><button type="button" data-say="帮助">帮助</button><span>小课会做什么</span></li>
    </ul>
    <p class="note">群里的作答和打卡，小课攒 30 秒一起确认；私聊马上回。</p>
  </aside>`;
