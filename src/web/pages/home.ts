/** What runs, what comes next, who took part this week. */
import { html } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import type { Fault } from '../../lessons/lesson.ts';
import { type Html, page } from '../layout.ts';
import type { HealthView, ParticipationView, UpcomingView } from '../parts.ts';

export interface HomeView {
  readonly health: HealthView;
  readonly upcoming: readonly UpcomingView[];
  readonly participation: ParticipationView;
  readonly faults: readonly Fault[];
  readonly hasSandbox: boolean;
  readonly now: number;
  readonly zone: string;
}

const STATES: Readonly<Record<string, string>> = {
  starting: '正在启动',
  'waiting-login': '等待扫码登录',
  online: '在线',
  offline: '掉线',
  stopped: '已停',
};

export const homePage = (view: HomeView): Html =>
  page({
    title: '微课',
    style: 'home.css',
    body: html`<header class="top">
        <span class="logo">微</span>
        <h1>微课</h1>
      </header>
      <main class="home">
        ${running(view)} ${upcomingCard(view)} ${groupsCard(view.participation)}
        ${membersCard(view.participation)}
      </main>`,
  });

const pill = (isGood: boolean, words: string) =>
  html`<span class="pill ${isGood ? '' : 'warn'}">${words}</span>`;

const running = ({ health, faults, hasSandbox }: HomeView) =>
  html`<section class="card" aria-labelledby="running">
    <h2 id="running">运行情况</h2>
    <ul class="rows">
      <li>
        <span>数据库</span
        >${pill(health.parts.database === 'ok', health.parts.database === 'ok' ? '正常' : '连不上')}
      </li>
      <li>
        <span>发送队列</span
        >${pill(health.parts.queue === 'ok', health.parts.queue === 'ok' ? '正常' : '连不上')}
      </li>
      ${health.parts.channels.map(
        ({ account, state, reason }) =>
          html`<li>
            <span>${account === 'sandbox' ? '沙盒' : account}<small>${reason ?? ''}</small></span>
            ${pill(state === 'online', STATES[state] ?? state)}
          </li>`,
      )}
      ${
        health.parts.unknownDeliveries > 0
          ? html`<li>
              <span>不确定是否到群<small>用 weike delivery list 查看</small></span>
              ${pill(false, `${health.parts.unknownDeliveries} 条`)}
            </li>`
          : ''
      }
      ${
        faults.length > 0
          ? html`<li>
              <span
                >微课文件有错<small
                  >${faults[0]?.file} 第 ${faults[0]?.line} 行：${faults[0]?.message}</small
                ></span
              >
              ${pill(false, `${faults.length} 处`)}
            </li>`
          : ''
      }
    </ul>
    ${hasSandbox ? html`<a class="button wide" href="/sandbox">打开沙盒，试着上一课</a>` : ''}
  </section>`;

const upcomingCard = ({ upcoming, now, zone }: HomeView) =>
  html`<section class="card" aria-labelledby="next">
    <h2 id="next">接下来要发</h2>
    ${
      upcoming.length === 0
        ? html`<p class="empty">
            还没有排课。先排一课：<code>npm run -s weike -- schedule add --help</code>
          </p>`
        : html`<ul class="rows">
            ${upcoming.map(
              (send) =>
                html`<li>
                  <span class="when">${sayWhen(send.at, now, zone)}</span>
                  <span class="what">${send.title}<small>${send.topic}</small></span>
                </li>`,
            )}
          </ul>`
    }
  </section>`;

const share = (part: number, whole: number) => (whole === 0 ? '—' : `${Math.round((100 * part) / whole)}%`);

const groupsCard = ({ week, groups }: ParticipationView) =>
  html`<section class="card wide" aria-labelledby="groups">
    <h2 id="groups">本周参与 <small>${week}</small></h2>
    ${
      groups.length === 0
        ? html`<p class="empty">
            还没有启用的群。先启用一个：<code>npm run -s weike -- group enable KEY</code>
          </p>`
        : html`<div class="table">
            <table>
              <thead>
                <tr>
                  <th scope="col">群</th>
                  <th scope="col">学了</th>
                  <th scope="col">学习率</th>
                  <th scope="col">答对</th>
                  <th scope="col">打卡</th>
                </tr>
              </thead>
              <tbody>
                ${groups.map(
                  (group) =>
                    html`<tr>
                      <th scope="row">${group.topic}</th>
                      <td>${group.learned} / ${group.people}</td>
                      <td>${share(group.learned, group.people)}</td>
                      <td>${group.correct} / ${group.answers}</td>
                      <td>${group.checkins}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
  </section>`;

const membersCard = ({ members }: ParticipationView) =>
  html`<section class="card wide" aria-labelledby="members">
    <h2 id="members">谁学了</h2>
    ${
      members.length === 0
        ? html`<p class="empty">这周还没有人作答或打卡。到沙盒里选一个人，回复 1A 或 打卡 试试。</p>`
        : html`<div class="table">
            <table>
              <thead>
                <tr>
                  <th scope="col">姓名</th>
                  <th scope="col">群</th>
                  <th scope="col">天数</th>
                  <th scope="col">答对</th>
                  <th scope="col">打卡</th>
                </tr>
              </thead>
              <tbody>
                ${members.map(
                  (member) =>
                    html`<tr>
                      <th scope="row">${member.name}<small>${member.status}</small></th>
                      <td class="text">${member.group}</td>
                      <td>${member.days}</td>
                      <td>${member.correct} / ${member.answers}</td>
                      <td>${member.checkins}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
  </section>`;
