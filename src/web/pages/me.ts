/** A member's first page: what can be answered, what they did, their month. */
import { html } from 'hono/html';

import { sayDay, sayWhen } from '../../clock.ts';
import { type Html, page, typeSwitch } from '../layout.ts';
import type { CalendarView, MeView, QuizLine } from '../learn-parts.ts';
import { cells, type Light } from './me-frame.ts';

const TAG = html`<span class="tag">党员</span>`;

export const mePage = (view: MeView, light: Light): Html =>
  page({
    title: '我的学习',
    style: 'me.css',
    body: html`<main class="own home">
      <header class="card who">
        <span class="avatar" aria-hidden="true">${[...view.name].slice(-2).join('')}</span>
        <div class="words">
          <h1>${view.name}${view.showsParty ? TAG : ''}</h1>
          <small>${[view.unit, view.status].filter(Boolean).join(' · ')}</small>
        </div>
        ${typeSwitch()}
      </header>
      <div class="column">
        ${openCard(view.open, light)} ${missedCard(view.missed, light)} ${figures(view)}
        ${calendarCard(view.calendar)}
      </div>
      ${cells([
        { href: '/me/learned', title: '学过的课' },
        { href: '/me/mistakes', title: '错题', note: view.mistakes === 0 ? '没有' : `${view.mistakes} 道` },
        { href: '/me/practice', title: '练习' },
        {
          href: '/me/points',
          title: '积分和排名',
          ...(view.rank ? { note: `本周第 ${view.rank.place} 名` } : {}),
        },
        { href: '/me/badge', title: '亮明身份' },
        { href: '/me/settings', title: '提醒、我的数据、退出' },
      ])}
    </main>`,
  });

function openCard(lines: readonly QuizLine[], { now, zone }: Light): Html {
  const left = lines.filter(({ answered, questions }) => answered < questions);
  const done = lines.filter((one) => !left.includes(one));
  if (lines.length === 0) return html``;
  return html`<section class="card" aria-labelledby="open">
    <h2 id="open">现在可以答</h2>
    ${[...left, ...done].map(({ windowId, title, answered, questions, until }) => {
      const isDone = answered === questions;
      const state = isDone
        ? '都答了'
        : answered > 0
          ? `还差 ${questions - answered} 题`
          : `${questions} 道题`;
      return html`<div class="row">
        <div class="words">${title}<small>${state} · ${sayWhen(until, now, zone)} 截止</small></div>
        <a class="button${isDone ? ' quiet' : ''}" href="/q/${windowId}">${isDone ? '改' : '去答'}</a>
      </div>`;
    })}
  </section>`;
}

const missedCard = (lines: readonly QuizLine[], { now, zone }: Light): Html =>
  lines.length === 0
    ? html``
    : html`<section class="card" aria-labelledby="missed">
        <h2 id="missed">补学<small>${lines.length} 课没赶上，补了记一半分</small></h2>
        ${lines.map(
          ({ windowId, title, questions, until }) =>
            html`<div class="row">
              <div class="words">
                ${title}<small>${questions} 道题 · ${sayWhen(until, now, zone)} 前补</small>
              </div>
              <a class="button quiet" href="/q/${windowId}">补学</a>
            </div>`,
        )}
      </section>`;

function figures({ days, answers, told, correct, streak, checkedInToday, points, rank }: MeView): Html {
  if (days === 0)
    return html`<section class="card">
      <p class="empty">还没有你的学习记录。群里来了新课，点着答，或者说一声「打卡」，就开始了。</p>
    </section>`;
  return html`<section class="card figures" aria-label="学了多少">
    <div><b>${days}</b><small>学了几天</small></div>
    <div>
      <b>${correct}<small> / ${told}</small></b
      ><small>答对${answers > told ? `，${answers - told} 题待公布` : ''}</small>
    </div>
    <div><b>${streak}</b><small>连续打卡${checkedInToday ? '' : '，今天还没打'}</small></div>
    <div><b>${points}</b><small>积分${rank ? `，本周 ${rank.place} / ${rank.of}` : ''}</small></div>
  </section>`;
}

const WEEKDAYS = ['一', '二', '三', '四', '五', '六', '日'];
const MARKS = {
  checkin: { short: '✓', long: '打卡' },
  makeup: { short: '补', long: '补打卡' },
  leave: { short: '假', long: '请假' },
} as const;

const sayMonth = (month: string) => `${Number(month.slice(0, 4))}年${Number(month.slice(5))}月`;

function calendarCard({ month, previous, next, weeks, checkins, leave }: CalendarView): Html {
  const sum = [`打卡 ${checkins} 天`, ...(leave > 0 ? [`请假 ${leave} 天`] : [])].join('，');
  return html`<section class="card calendar" id="month" aria-label="打卡日历">
    <nav aria-label="换月份">
      <a href="/me?month=${previous}#month" aria-label="上个月，${sayMonth(previous)}">‹</a>
      <a
        ${next ? '' : html`aria-disabled="true"`}
        ${next ? html`href="/me?month=${next}#month"` : ''}
        aria-label="下个月"
        >›</a
      >
    </nav>
    <table>
      <caption>
        ${sayMonth(month)}<small>${sum}</small>
      </caption>
      <thead>
        <tr>
          ${WEEKDAYS.map((name) => html`<th scope="col"><abbr title="星期${name}">${name}</abbr></th>`)}
        </tr>
      </thead>
      <tbody>
        ${weeks.map(
          (week) =>
            html`<tr>
              ${week.map((day) => dayCell(day))}
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="legend"><small>✓ 打卡　补 补打卡　假 请假</small></p>
  </section>`;
}

function dayCell({ day, inMonth, isToday, mark }: CalendarView['weeks'][number][number]): Html {
  if (!inMonth) return html`<td></td>`;
  const shown = mark ? MARKS[mark] : undefined;
  const words = [sayDay(day, day.slice(0, 4)), isToday ? '今天' : '', shown?.long ?? '']
    .filter(Boolean)
    .join('，');
  return html`<td class="${[mark ?? '', isToday ? 'today' : ''].filter(Boolean).join(' ')}">
    <time datetime="${day}" aria-hidden="true">${Number(day.slice(8))}</time
    ><span class="mark" aria-hidden="true">${shown?.short ?? ''}</span><span class="unseen">${words}</span>
  </td>`;
}
