/** Lists of a member's own: lessons, mistakes, points with the boards they lead to. */
import { html } from 'hono/html';

import { localDay, sayDay } from '../../clock.ts';
import type { Html } from '../layout.ts';
import type { LearnedView, MistakeView, PointsView, PracticeView } from '../learn-parts.ts';
import { empty, frame, type Light } from './me-frame.ts';
import { rendererOf } from './quiz.ts';

const dayOf = (at: number, { now, zone }: Light) => sayDay(localDay(at, zone), localDay(now, zone));

export const learnedPage = (lessons: readonly LearnedView[], light: Light): Html =>
  frame({
    title: '学过的课',
    body:
      lessons.length === 0
        ? html`<section class="card">
            ${empty('还没有。答了一课的小测，就记在这里。')}<a class="button wide" href="/me"
              >看有没有要答的</a
            >
          </section>`
        : html`<section class="card list" aria-label="学过的课">
            ${lessons.map(
              ({ windowId, title, group, answered, correct, makeup, isOpen, at }) =>
                html`<a class="row" href="/q/${windowId}">
                  <div class="words">
                    ${title}<small>${dayOf(at, light)} · ${group}${makeup ? ' · 补学' : ''}</small>
                  </div>
                  <span class="score"
                    >${isOpen ? html`<small>答了 ${answered} 题</small>` : html`${correct}<small> / ${answered}</small>`}</span
                  >
                </a>`,
            )}
          </section>`,
  });

export const mistakesPage = (mistakes: readonly MistakeView[], practice: PracticeView, light: Light): Html =>
  frame({
    title: '错题',
    body: html`${
      mistakes.length === 0
        ? html`<section class="card">
            ${empty('没有答错的题，真不错。')}<a class="button wide" href="/me/learned">看学过的课</a>
          </section>`
        : html`<section class="card">
            <div class="row">
              <div class="words">
                练习<small
                  >${practice.agreed ? sayDue(practice) : `快忘的时候再考你，一天最多 ${practice.perDay} 道`}</small
                >
              </div>
              <a class="button" href="/me/practice">${practice.agreed ? '去练' : '看看'}</a>
            </div>
          </section>`
    }
    ${mistakes.map(({ windowId, title, lesson, stem, given, key, explanation, at }) => {
      const rendered = rendererOf(lesson);
      return html`<section class="card mistake">
        <div class="stem">${rendered(stem)}</div>
        <p class="given">✗ 你答：${given}</p>
        <p class="key">✓ 正确：${key}</p>
        ${explanation === '' ? '' : html`<blockquote>${rendered(explanation)}</blockquote>`}
        <p class="from"><a href="/q/${windowId}">${title}</a><small>${dayOf(at, light)}</small></p>
      </section>`;
    })}`,
  });

export const sayDue = ({ due, cards, askedToday, perDay }: PracticeView): string =>
  askedToday >= perDay
    ? '今天练够了'
    : due > 0
      ? `${due} 道该练了`
      : cards > 0
        ? '今天没有该练的'
        : '还没有要练的题';

/** What is chosen of a few, as links: they work without script, and the address says which. */
const choice = (label: string, options: readonly { title: string; href: string; on: boolean }[]): Html =>
  html`<nav class="choice" aria-label="${label}">
    ${options.map(({ title, href, on }) => html`<a href="${href}" ${on ? html`aria-current="true"` : ''}>${title}</a>`)}
  </nav>`;

export function pointsPage(view: PointsView, light: Light): Html {
  const { span, by, board, units, days } = view;
  const at = (other: Partial<Pick<PointsView, 'span' | 'by'>>) =>
    `/me/points?${new URLSearchParams({ span, by, ...other }).toString()}`;
  return frame({
    title: '积分和排名',
    body: html`${choice('时间', [
        { title: '本周', href: at({ span: 'week' }), on: span === 'week' },
        { title: '本月', href: at({ span: 'month' }), on: span === 'month' },
      ])}
      <section class="card">
        <h2>光荣榜<small>和你同群的人</small></h2>
        ${
          board.length === 0
            ? empty(
                span === 'week' ? '这周还没有人得分，第一个就是你。' : '这个月还没有人得分，第一个就是你。',
              )
            : html`<table class="board">
                <thead>
                  <tr>
                    <th scope="col">名次</th>
                    <th scope="col">姓名</th>
                    <th scope="col">学了</th>
                    <th scope="col">积分</th>
                  </tr>
                </thead>
                <tbody>
                  ${board.map(
                    ({ place, name, points, days: learned, isMe }) =>
                      html`<tr class="${isMe ? 'me' : ''}">
                        <td>${place}</td>
                        <th scope="row">${name}${isMe ? html`<small>（我）</small>` : ''}</th>
                        <td>${learned} 天</td>
                        <td>${points}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>`
        }
      </section>
      <section class="card">
        <h2>支部榜</h2>
        ${choice('怎么比', [
          { title: '按人均积分', href: at({ by: 'per-head' }), on: by === 'per-head' },
          { title: '按有积分的人', href: at({ by: 'with-points' }), on: by === 'with-points' },
        ])}
        ${
          units.length === 0
            ? empty('还没有支部有成员。')
            : html`<table class="board">
                <thead>
                  <tr>
                    <th scope="col">名次</th>
                    <th scope="col">支部</th>
                    <th scope="col">人均</th>
                    <th scope="col">有积分的人</th>
                  </tr>
                </thead>
                <tbody>
                  ${units.map(
                    ({ place, name, perHead, withPoints, heads, isMine }) =>
                      html`<tr class="${isMine ? 'me' : ''}">
                        <td>${place}</td>
                        <th scope="row">${name}<small>${heads} 人</small></th>
                        <td>${perHead}</td>
                        <td>${withPoints}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>`
        }
      </section>
      <section class="card">
        <h2>我的积分</h2>
        ${
          days.length === 0
            ? empty('还没有积分。学一课、打一次卡就有了。')
            : days.map(
                ({ day, awards, points }) =>
                  html`<div class="row">
                    <div class="words">
                      ${sayDay(day, localDay(light.now, light.zone))}<small
                        >${awards.map(({ what, points: one }) => `${what} +${one}`).join('　')}</small
                      >
                    </div>
                    <span class="score">+${points}</span>
                  </div>`,
              )
        }
      </section>`,
  });
}
