/** What runs, what comes next, who took part this week. */
import { html } from 'hono/html';

import { localDay, localTime, MINUTE, sayDay, saySpan, sayWhen } from '../../clock.ts';
import { sayPercent } from '../../figures.ts';
import type { Fault, Lesson } from '../../lessons/lesson.ts';
import type { Html } from '../layout.ts';
import type { HealthView, ParticipationView, UpcomingView } from '../parts.ts';

export interface HomeView {
  readonly health: HealthView;
  /** Absent when it can't be read now. */
  readonly upcoming?: readonly UpcomingView[];
  /** Absent when it can't be read now. */
  readonly participation?: ParticipationView;
  readonly lessons: readonly Lesson[];
  readonly faults: readonly Fault[];
  readonly hasSandbox: boolean;
  /** Whether the viewer runs the place: then how it runs stands here too. */
  readonly runs: boolean;
  /** What waits and what goes out today, where the console is open. */
  readonly today?: Html;
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
const MOST_GROUPS = 60;
const MOST_MEMBERS = 60;
const MOST_FAULTS = 20;
/** The next few sends at a glance, the others a press away. */
const FIRST_SENDS = 6;

export const homeBody = (view: HomeView): Html =>
  html`<div class="two">
    <div>${view.today ?? ''} ${upcomingCard(view)} ${groupsCard(view)} ${membersCard(view)}</div>
    <div>${view.runs ? runningCard(view) : ''} ${lessonsCard(view)}</div>
  </div>`;

const pill = (kind: 'good' | 'warn' | 'bad', words: string) =>
  html`<span class="pill ${kind}">${words}</span>`;

const row = (name: string, note: string | Html, state: Html) =>
  html`<li><span class="what">${name}${note ? html`<small>${note}</small>` : ''}</span>${state}</li>`;

const part = (name: string, state: 'ok' | 'down', note: string) =>
  state === 'ok' ? row(name, '', pill('good', '正常')) : row(name, note, pill('bad', '连不上'));

/** What a figure or a list gives way to while the database doesn't answer. */
const unread = html`<p class="alert">现在读不出来，数据库恢复后刷新这一页就有。</p>`;

const runningCard = ({ health: { parts }, hasSandbox, now, zone }: HomeView) =>
  html`<section class="card running" aria-labelledby="running">
    <h2 id="running">运行情况</h2>
    <ul class="rows">
      ${part('数据库', parts.database, '记下过的都还在；收到的话会留在内存里等它恢复，先别重启，看看磁盘和 DATABASE_URL')}
      ${part('发送队列', parts.queue, '课和回复先攒着，不会丢，队列恢复后接着发')}
      ${parts.channels.map((channel) => channelRow(channel, now))}
      ${
        parts.unknownDeliveries > 0
          ? row(
              '不确定是否到群',
              html`<a href="/deliveries?state=unknown">到群里看一眼，再说到了没有</a>`,
              pill('warn', `${parts.unknownDeliveries} 条`),
            )
          : ''
      }
      ${
        parts.heldDeliveries > 0
          ? row(
              '停机后扣下的',
              html`<a href="/deliveries?state=held">看一看，放行还是不发</a>`,
              pill('warn', `${parts.heldDeliveries} 条`),
            )
          : ''
      }
      ${
        (parts.failedMessages ?? 0) > 0
          ? row(
              '没处理成的消息',
              '原话都留着；重启时再试一次，还不成就看日志',
              pill('warn', `${parts.failedMessages} 条`),
            )
          : ''
      }
      ${(parts.paused ?? []).map(({ account, until }) =>
        row(
          `账号 ${account} 先停一停`,
          '发得太频繁，或接连发不出去；到点先试一条，成了就接着发',
          pill('warn', `到 ${sayWhen(until, now, zone)}`),
        ),
      )}
      ${parts.links === undefined ? '' : row('课的链接', 'PUBLIC_URL 只有本机能打开，所以真的群里不带链接', pill('warn', '没带'))}
    </ul>
    ${hasSandbox ? html`<a class="button wide" href="/sandbox">打开沙盒</a>` : ''}
  </section>`;

type ChannelView = HealthView['parts']['channels'][number];

/** An account with what is doubtful about it, or when it was last heard. The sandbox hears itself. */
function channelRow({ account, state, reason, lastTrafficAt, deafRestarts = 0 }: ChannelView, now: number) {
  const isSandbox = account === 'sandbox';
  const heard =
    isSandbox || lastTrafficAt === undefined
      ? ''
      : `${saySpan(Math.max(0, now - lastTrafficAt))}前听到过消息`;
  const isGood = state === 'online' && deafRestarts === 0;
  const words = STATES[state] ?? state;
  return row(
    isSandbox ? '沙盒' : `账号 ${account}`,
    [reason === words ? '' : reason, heard].filter(Boolean).join('；'),
    pill(isGood ? 'good' : 'warn', words),
  );
}

const upcomingCard = ({ upcoming, now, zone, hasSandbox }: HomeView) =>
  html`<section class="card upcoming" aria-labelledby="next">
    <h2 id="next">接下来要发 <small>七天内</small></h2>
    ${
      upcoming === undefined
        ? unread
        : upcoming.length === 0
          ? html`<p class="empty">
                还没有排课。${hasSandbox ? html`先到<a href="/sandbox">沙盒</a>里点「立即发下一课」看看；` : ''}
              </p>
              <a class="button" href="/week">去排课</a>`
          : sendsList(together(upcoming), now, zone)
    }
  </section>`;

interface Send {
  /** When the first group gets it, and when the last one does. */
  readonly at: number;
  last: number;
  readonly hour: number;
  readonly title: string;
  readonly topics: string[];
}

/** The same lesson at the same hour to several groups is one line. */
function together(upcoming: readonly UpcomingView[]): Send[] {
  const sends: Send[] = [];
  for (const { at, hour = at, title, topic } of upcoming) {
    const same = sends.find((send) => send.hour === hour && send.title === title);
    if (same) {
      same.topics.push(topic);
      same.last = Math.max(same.last, at);
    } else sends.push({ at, last: at, hour, title, topics: [topic] });
  }
  return sends;
}

function sendsList(sends: readonly Send[], now: number, zone: string) {
  const rest = sends.slice(FIRST_SENDS);
  return html`${daysOf(sends.slice(0, FIRST_SENDS), now, zone)}
  ${
    rest.length > 0
      ? html`<details>
          <summary>后面还有 ${rest.length} 条</summary>
          ${daysOf(rest, now, zone)}
        </details>`
      : ''
  }`;
}

/** A day and what goes out on it. */
const daysOf = (sends: readonly Send[], now: number, zone: string) =>
  [...new Set(sends.map(({ at }) => localDay(at, zone)))].map(
    (day) =>
      html`<h3>${sayDay(day, localDay(now, zone))}</h3>
        <ul class="rows">
          ${sends
            .filter(({ at }) => localDay(at, zone) === day)
            .map(
              ({ at, last, title, topics }) =>
                html`<li class="send">
                  <span class="when">${localTime(at, zone)}</span>
                  <span class="what"
                    >${title}<small
                      >${sayTopics(topics)}${
                        last - at >= MINUTE ? `，约 ${saySpan(last - at)}发完` : ''
                      }</small
                    ></span
                  >
                </li>`,
            )}
        </ul>`,
  );

const sayTopics = (topics: readonly string[]) =>
  topics.length > 2 ? `${topics[0]} 等 ${topics.length} 个群` : topics.join('、');

/** `24 / 28`, and the share below it. */
const ofBase = (count: number, base: number) =>
  base === 0
    ? html`<span class="none">—</span>`
    : html`${count} / ${base}<small>${sayPercent({ part: count, base })}</small>`;

const groupsCard = ({ participation }: HomeView) =>
  html`<section class="card wide" aria-labelledby="groups">
    <h2 id="groups">本周各群 <small>${participation?.week ?? ''}</small></h2>
    ${participation === undefined ? unread : groupsTable(participation.groups)}
  </section>`;

const groupsTable = (groups: ParticipationView['groups']) =>
  html`${
    groups.length === 0
      ? html`<p class="empty">还没有启用的群。把小课拉进群，再到群与成员里启用它。</p>
          <a class="button" href="/groups">去看群</a>`
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
              ${groups.slice(0, MOST_GROUPS).map(
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
          ${groups.length > MOST_GROUPS ? html`<p class="empty">还有 ${groups.length - MOST_GROUPS} 个群没有列出。</p>` : ''}
          <p class="note">学了：这周作答或打卡过的人 / 群里的人。答对：答对的题 / 作答的题。</p>`
  }`;

const membersCard = ({ participation, hasSandbox }: HomeView) => {
  const count = participation?.members.length ?? 0;
  return html`<section class="card wide" aria-labelledby="members">
    <h2 id="members">本周谁学了${count > 0 ? html` <small>${count} 人</small>` : ''}</h2>
    ${participation === undefined ? unread : membersTable(participation.members, hasSandbox)}
  </section>`;
};

const membersTable = (members: ParticipationView['members'], hasSandbox: boolean) =>
  html`${
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
  }`;

const lessonsCard = ({ lessons, faults }: HomeView) =>
  html`<section class="card lessons" aria-labelledby="lessons">
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
