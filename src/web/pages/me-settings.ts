/** What a member decides about themselves: reminders, practice, the badge, their data, their logins. */
import { html } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import type { Html } from '../layout.ts';
import type { SettingsView } from '../learn-parts.ts';
import { frame, type Light, switchOf } from './me-frame.ts';

export const settingsPage = (view: SettingsView, { now, zone }: Light): Html =>
  frame({
    title: '设置',
    body: html`<section class="card">
        <h2>私下找我</h2>
        ${switchOf('/me/consent/reminder', view.reminder, '截止前提醒我', '小测截止前一小时还没答，私下说一声，一天最多一次')}
        ${switchOf('/me/consent/practice', view.practice, '快忘的时候考我', `答错的题隔几天再考一次，一天最多 ${view.perDay} 道`)}
      </section>
      <section class="card" id="mine">
        <h2>我的数据</h2>
        <div class="row">
          <div class="words">记了我什么<small>作答、打卡、积分、说过的话，全在里面</small></div>
          <a class="button quiet" href="/me/record.xlsx">下载表格</a>
        </div>
        <p class="after"><a href="/me/record.json">要给程序读的 JSON</a></p>
        ${
          view.erasureAskedAt === undefined
            ? html`<details>
                <summary>注销我的记录</summary>
                <p>
                  名字、编号、写的话、账号绑定都抹掉，找不回来；学习的次数还算在支部里，但看不出是谁。管理员会先找你本人核对，再办。
                </p>
                <form method="post" action="/me/erasure">
                  <label class="agree"><input type="checkbox" required /> 我明白，抹掉就找不回来</label>
                  <button class="button wide danger">申请注销</button>
                </form>
              </details>`
            : html`<p class="told" role="status">
                ${sayWhen(view.erasureAskedAt, now, zone)}
                申请了注销，管理员会找你核对。改主意了，跟管理员说一声就行。
              </p>`
        }
      </section>
      <section class="card">
        <h2>登录<small>${view.sessions} 处在用</small></h2>
        <form class="row" method="post" action="/logout">
          <div class="words">退出这台设备</div>
          <button class="button quiet">退出</button>
        </form>
        <form class="row" method="post" action="/me/leave">
          <div class="words">全部退出<small>手机丢了，或者借别人的电脑登过</small></div>
          <button class="button quiet">全部退出</button>
        </form>
      </section>`,
  });

export const badgePage = (view: SettingsView): Html =>
  frame({
    title: '亮明身份',
    body: html`<section class="card badge">
        <p class="name">${view.name}${view.showsParty ? html`<span class="tag">党员</span>` : ''}</p>
        <p>${view.unit ?? '还不在哪个支部'}</p>
        <small>${view.status}</small>
      </section>
      <section class="card">
        ${
          view.whyNoParty === undefined
            ? html`${switchOf('/me/badge', view.showsParty, '在榜上和简报里亮明党员身份', '只有你自己能开，随时可以关')}
                <p class="told">现在写成：<b>${view.showsParty ? `${view.name}〔党员〕` : view.name}</b></p>`
            : html`<p class="told">${view.whyNoParty}</p>`
        }
      </section>`,
  });
