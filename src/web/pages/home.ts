/** What runs, what comes next, who took part this week. */
import { html } from 'hono/html';

import { sayWhen } from '../../clock.ts';
import type { Fault, Lesson } from '../../lessons/lesson.ts';
import { type Html, page, typeSwitch } from '../layout.ts';
import type { HealthView, ParticipationView, UpcomingView } from '../parts.ts';

export interface HomeView {
  readonly health: HealthView;
  readonly upcoming: readonly UpcomingView[];
  readonly participation: ParticipationView;
  readonly lessons: readonly Lesson[];
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

/** More rows than a person reads; the rest is counted. */
const MOST_MEMBERS = 60;
const MOST_FAULTS = 20;

export const homePage = (view: HomeView): Html =>
  page({
    title: '微课',
    style: 'home.css',
    body: html`<header class="top">
        <span class="logo" aria-hidden="true">微</span>
        <h1>微课</h1>
        ${typeSwitch()}
      </header>
      <main class="home">
        ${runningCard(view)} ${upcomingCard(view)} ${groupsCard(view.participation)} ${membersCard(view)}
        ${lessonsCard(view)}
      </main>`,
  });

const pill = (kind: 'good' | 'warn' | 'bad', words: string) =>
  html`<span class="pill ${kind}">${words}</span>`;

const row = (name: string, note: string, state: Html) =>
  html`<li><span class="what">${name}${note ? html`<small>${note}</small>` : ''}</span>${state}</li>`;

const part = (name: string, state: 'ok' | 'down', note: string) =>
  state === 'ok' ? row(name, '', pill('good', '正常')) : row(name, note, pill('bad', '连不上'));

const runningCard = ({ health: { parts }, hasSandbox }: HomeView) =>
  html`<section class="card" aria-labelledby="running">
    <h2 id="running">运行情况</h2>
    <ul class="rows">
      ${part('数据库', parts.database, '收到的话暂时记不下来；恢复以前请别重启，看看磁盘和 DATABASE_URL')}
      ${part('发送队列', parts.queue, '课和回复先攒着，队列恢复后接着发')}
      ${parts.channels.map(({ account, state, reason }) =>
        row(
          account === 'sandbox' ? '沙盒' : `账号 ${account}`,
          state === 'online' ? '' : (reason ?? ''),
          pill(state === 'online' ? 'good' : 'warn', STATES[state] ?? state),
        ),
      )}
      ${
        parts.unknownDeliveries > 0
          ? row(
              '不确定是否到群',
              '到群里看一眼，再用 weike delivery resolve 说明',
              pill('warn', `${parts.unknownDeliveries} 条`),
            )
          : ''
      }
      ${
        parts.heldDeliveries > 0
          ? row(
              '停机后扣下的',
              '用 weike delivery held 看，release 放行，drop 不发',
              pill('warn', `${parts.heldDeliveries} 条`),
            )
          : ''
      }
      ${parts.links === undefined ? '' : row('课的链接', 'PUBLIC_URL 只有本机能打开，所以真的群里不带链接', pill('warn', '没带'))}
    </ul>
    ${hasSandbox ? html`<a class="button wide" href="/sandbox">打开沙盒</a>` : ''}
  </section>`;

const upcomingCard = ({ upcoming, now, zone, hasSandbox }: HomeView) =>
  html`<section class="card" aria-labelledby="next">
    <h2 id="next">接下来要发</h2>
    ${
      upcoming.length === 0
        ? html`<p class="empty">
              还没有排课。${hasSandbox ? html`先到<a href="/sandbox">沙盒</a>里点「立即发下一课」看看；` : ''}定时发课在服务器上排：
            </p>
            <p class="command"><code>npm run -s weike -- schedule --help</code></p>`
        : html`<ul class="rows">
            ${together(upcoming).map(
              ({ at, title, topics }) =>
                html`<li class="send">
                  <span class="when">${sayWhen(at, now, zone)}</span>
                  <span class="what"
                    >${title}<small
                      >${topics.length > 1 ? `${topics.length} 个群 · ` : ''}${topics.join('、')}</small
                    ></span
                  >
                </li>`,
            )}
          </ul>`
    }
  </section>`;

/** The same lesson at the same time to several groups is one line. */
function together(upcoming: readonly UpcomingView[]) {
  const sends: { at: number; title: string; topics: string[] }[] = [];
  for (const { at, title, topic } of upcoming) {
    const same = sends.find((send) => send.at === at && send.title === title);
    if (same) same.topics.push(topic);
    else sends.push({ at, title, topics: [topic] });
  }
  return sends;
}

/** `24 / 28`, and the share below it. */
const ofBase = (count: number, base: number) =>
  base === 0
    ? html`<span class="none">—</span>`
    : html`${count} / ${base}<small>${Math.round((100 * count) / base)}%</small>`;

const groupsCard = ({ week, groups }: ParticipationView) =>
  html`<section class="card wide" aria-labelledby="groups">
    <h2 id="groups">本周各群 <small>${week}</small></h2>
    ${
      groups.length === 0
        ? html`<p class="empty">还没有启用的群。把小课拉进群，再在服务器上启用它：</p>
            <p class="command"><code>npm run -s weike -- group list</code></p>`
        : html`<table>
              <thead>
                <tr>
                  <th scope="col">群</th>
                  <th scope="col">学了</th>
                  <th scope="col">答对</th>
                  <th scope="col">打卡</th>
                </tr>
              </thead>
              <tbody>
                ${groups.map(
                  (group) =>
                    html`<tr>
                      <th scope="row">${group.topic}</th>
                      <td>${ofBase(group.learned, group.people)}</td>
                      <td>${ofBase(group.correct, group.answers)}</td>
                      <td>${group.checkins}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
            <p class="note">学了：这周作答或打卡过的人 / 群里的人。答对：答对的题 / 作答的题。</p>`
    }
  </section>`;

const membersCard = ({ participation: { members }, hasSandbox }: HomeView) =>
  html`<section class="card wide" aria-labelledby="members">
    <h2 id="members">本周谁学了${members.length > 0 ? html` <small>${members.length} 人</small>` : ''}</h2>
    ${
      members.length === 0
        ? html`<p class="empty">
            这周还没有人作答或打卡。${hasSandbox ? html`到<a href="/sandbox">沙盒</a>里选一个人，回复 1A 或 打卡 试试。` : '发一课试试，群里回复了这里就有。'}
          </p>`
        : html`<table>
              <thead>
                <tr>
                  <th scope="col">姓名</th>
                  <th scope="col">学了</th>
                  <th scope="col">答对</th>
                  <th scope="col">打卡</th>
                </tr>
              </thead>
              <tbody>
                ${members.slice(0, MOST_MEMBERS).map(
                  (member) =>
                    html`<tr>
                      <th scope="row">
                        ${member.name} <span class="status">${member.status}</span>
                        <small
                          >${member.group}${member.unit && !member.group.startsWith(member.unit) ? ` · ${member.unit}` : ''}</small
                        >
                      </th>
                      <td>${member.days} 天</td>
                      <td>${ofBase(member.correct, member.answers)}</td>
                      <td>${member.checkins}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
            ${members.length > MOST_MEMBERS ? html`<p class="empty">还有 ${members.length - MOST_MEMBERS} 人没有列出。</p>` : ''}`
    }
  </section>`;

const lessonsCard = ({ lessons, faults }: HomeView) =>
  html`<section class="card wide" aria-labelledby="lessons">
    <h2 id="lessons">微课 <small>${lessons.length} 课</small></h2>
    ${
      faults.length > 0
        ? html`<p class="alert">有 ${faults.length} 处写错了，写错的课不会发：</p>
            <ul class="faults">
              ${faults
                .slice(0, MOST_FAULTS)
                .map(
                  ({ file, line, message, cure }) =>
                    html`<li><b>${file} 第 ${line} 行</b>：${message}。${cure}</li>`,
                )}
            </ul>`
        : ''
    }
    ${
      lessons.length === 0
        ? html`<p class="empty">
            还没有微课。把写好的 .md 文件放进 LESSONS_DIR 的文件夹，一分钟内就会出现在这里。
          </p>`
        : [...new Set(lessons.map(({ course }) => course))].map((course) => courseList(course, lessons))
    }
  </section>`;

const courseList = (course: string, lessons: readonly Lesson[]) => {
  const own = lessons.filter((lesson) => lesson.course === course);
  return html`<details>
    <summary>${course || '单独的课'} <small>${own.length} 课</small></summary>
    <ul class="rows">
      ${own.map(({ id, title, order }) => html`<li><a href="/l/${id}">${order > 0 ? `第 ${order} 课 ` : ''}${title}</a></li>`)}
    </ul>
  </details>`;
};
