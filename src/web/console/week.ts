/** 课表: a week day by day, or a month at a glance; a press on a free hour begins a plan. */
import type { Hono } from 'hono';
import { html } from 'hono/html';

import { addDays, DAY, localDay, localTime, mondayOf, sayDay, startOfDay } from '../../clock.ts';
import { listDeliveries } from '../../delivery/listing.ts';
import { isInScope } from '../../people/scope.ts';
import { previewSends } from '../../schedule/preview.ts';
import type { Html } from '../layout.ts';
import { address, nothing, tabs } from './draw.ts';
import { type ConsoleSite, type Desk, deskOf } from './parts.ts';
import { sayHoliday } from './plan-rule.ts';
import { shellPage } from './shell.ts';
import { nameOfSend, sayTopics } from './today.ts';
import { nameOf, statePill } from './waiting.ts';

/** The hours at which groups are read, unless plans say otherwise. */
const USUAL = ['12:30', '20:00'];
const MOST_SLOTS = 3;

export interface Entry {
  readonly day: string;
  readonly time: string;
  readonly name: string;
  readonly topics: string[];
  /** The schedule's number while it is a plan. */
  readonly no?: number;
  /** A plan for once can be taken elsewhere. */
  readonly canMove: boolean;
  readonly href: string;
  readonly state?: Html;
}

/** `2026-11-23`, or today when it isn't a day. */
export const readDay = (text: string | undefined, today: string): string =>
  text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && addDays(text, 0) === text ? text : today;

/** What was sent and what will be, from the first to the last of these days. */
export async function readEntries(desk: Desk, from: string, to: string): Promise<Entry[]> {
  const { db, actor, now, zone, config, site } = desk;
  const end = startOfDay(addDays(to, 1), zone);
  const entries: Entry[] = [];
  const put = (entry: Omit<Entry, 'topics'>, topic: string) => {
    const same = entries.find(
      (one) =>
        one.day === entry.day && one.time === entry.time && one.name === entry.name && one.no === entry.no,
    );
    if (same) same.topics.push(topic);
    else entries.push({ ...entry, topics: [topic] });
  };
  const sent = await listDeliveries(db, actor, {
    kinds: ['lesson', 'notice', 'brief', 'bulletin', 'digest', 'weekly'],
    from: startOfDay(from, zone),
    to: end,
    limit: 500,
  });
  for (const delivery of sent.toReversed()) {
    const day = localDay(delivery.planned_at, zone);
    const time = localTime(delivery.planned_at, zone);
    const href = address('/deliveries', { day });
    put(
      { day, time, name: nameOf(delivery), canMove: false, href, state: statePill(delivery) },
      delivery.topic,
    );
  }
  if (end > now)
    for (const { schedule, nominalAt, group, kind, title } of await previewSends(
      db,
      config,
      site.catalogue().lessons,
      now,
      end - 1,
    )) {
      const day = localDay(nominalAt, zone);
      if (!isInScope(actor, group.unit_id) || day < from) continue;
      const name = nameOfSend(kind, title);
      const entry = { day, time: localTime(nominalAt, zone), name, no: schedule.no };
      put({ ...entry, canMove: schedule.at !== null, href: `/week/s/${schedule.no}` }, group.topic);
    }
  return entries.toSorted((a, b) => (a.day + a.time < b.day + b.time ? -1 : 1));
}

export function weekRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/week', async (c) => {
    const desk = deskOf(site, c);
    const today = localDay(desk.now, desk.zone);
    const day = readDay(c.req.query('day'), today);
    const monday = mondayOf(day);
    const entries = await readEntries(desk, monday, addDays(monday, 6));
    return shellPage(c, site, {
      title: '课表',
      note: sayWeek(monday),
      wide: true,
      action: html`<a class="button small" href="/week/add?day=${day < today ? today : day}">排一课</a>`,
      body: html`${switches('week', day, today)} ${drawWeek(desk, monday, entries)} ${feedLink}`,
    });
  });

  app.get('/week/month', async (c) => {
    const desk = deskOf(site, c);
    const today = localDay(desk.now, desk.zone);
    const day = readDay(c.req.query('day'), today);
    const first = `${day.slice(0, 7)}-01`;
    const last = addDays(nextMonth(first), -1);
    const entries = await readEntries(desk, first, last);
    return shellPage(c, site, {
      title: '课表',
      note: `${Number(day.slice(0, 4))} 年 ${Number(day.slice(5, 7))} 月`,
      wide: true,
      body: html`${switches('month', day, today)} ${drawMonth(first, last, entries, today)} ${feedLink}`,
    });
  });
}

const feedLink = html`<p class="note-line"><a href="/week/feed">订到手机或电脑的日历里</a></p>`;

const nextMonth = (first: string) => `${addDays(first, 31).slice(0, 7)}-01`;
const previousMonth = (first: string) => `${addDays(first, -1).slice(0, 7)}-01`;

const sayWeek = (monday: string) => {
  const say = (day: string) => `${Number(day.slice(5, 7))}月${Number(day.slice(8))}日`;
  return `${say(monday)}—${say(addDays(monday, 6))}`;
};

function switches(view: 'week' | 'month', day: string, today: string): Html {
  const path = view === 'week' ? '/week' : '/week/month';
  const [before, after] =
    view === 'week'
      ? [addDays(day, -7), addDays(day, 7)]
      : [previousMonth(`${day.slice(0, 7)}-01`), nextMonth(`${day.slice(0, 7)}-01`)];
  const unit = view === 'week' ? '周' : '月';
  return tabs('换一段时间', [
    { href: address(path, { day: before }), name: `上${unit}`, on: false },
    { href: path, name: `本${unit}`, on: isSame(view, day, today) },
    { href: address(path, { day: after }), name: `下${unit}`, on: false },
    view === 'week'
      ? { href: address('/week/month', { day }), name: '看整月', on: false }
      : { href: address('/week', { day }), name: '看一周', on: false },
  ]);
}

const isSame = (view: 'week' | 'month', day: string, today: string) =>
  view === 'week' ? mondayOf(day) === mondayOf(today) : day.slice(0, 7) === today.slice(0, 7);

function drawWeek({ now, zone }: Desk, monday: string, entries: readonly Entry[]): Html {
  const today = localDay(now, zone);
  const time = localTime(now, zone);
  const times = entries.filter(({ no }) => no !== undefined).map((one) => one.time);
  const repeated = times.filter((one) => times.indexOf(one) !== times.lastIndexOf(one));
  const slots = [...new Set([...USUAL, ...repeated])].slice(0, MOST_SLOTS).toSorted();
  const days = Array.from({ length: 7 }, (_, index) => addDays(monday, index));
  return html`${
      entries.length === 0 && addDays(monday, 6) >= today
        ? html`<div class="card">${nothing('这一周还没有排课。点一个时间，选一课，就排上了。')}</div>`
        : ''
    }
    <div class="week" data-week>
      ${days.map((day) => {
        const free = slots.filter((slot) => day > today || (day === today && slot > time));
        const own = entries.filter((one) => one.day === day);
        const when = day === today ? 'now' : day > today ? '' : own.length > 0 ? 'past' : 'past bare';
        return html`<section class="day ${when}" data-day="${day}">
          <h2><a href="${address('/week', { day })}">${sayDay(day, today)}</a> ${holidayMark(day)}</h2>
          <ul>
            ${own.map(drawEntry)}
          </ul>
          ${
            free.length > 0
              ? html`<div class="slots">
                  ${free.map(
                    (slot) =>
                      html`<a
                        class="slot"
                        data-time="${slot}"
                        href="${address('/week/add', { day, time: slot })}"
                        aria-label="${sayDay(day, today)} ${slot} 排一课"
                        ><span aria-hidden="true">＋</span>${slot}</a
                      >`,
                  )}
                </div>`
              : ''
          }
        </section>`;
      })}
    </div>
    <form id="move" method="post" action="/week/move" hidden>
      <input name="no" /><input name="day" /><input name="time" /><input
        name="back"
        value="${address('/week', { day: monday })}"
      />
    </form>`;
}

const holidayMark = (day: string) => {
  const holiday = sayHoliday(day);
  return holiday ? html`<span class="pill ${holiday.isOff ? 'warn' : 'plain'}">${holiday.name}</span>` : '';
};

const drawEntry = ({ time, name, topics, no, canMove, href, state }: Entry) =>
  html`<li>
    <a
      class="entry"
      href="${href}"
      ${no !== undefined && canMove ? html`draggable="true" data-no="${no}" data-time="${time}"` : ''}
      ><b>${time}</b><span>${name}<small>${sayTopics(topics, 1)}</small></span
      >${state ?? ''}</a
    >
  </li>`;

function drawMonth(first: string, last: string, entries: readonly Entry[], today: string): Html {
  const start = mondayOf(first);
  const count = Math.ceil((Date.parse(last) - Date.parse(start)) / DAY + 1);
  const days = Array.from({ length: Math.ceil(count / 7) * 7 }, (_, index) => addDays(start, index));
  return html`<div class="month">
    ${['一', '二', '三', '四', '五', '六', '日'].map((name) => html`<b class="weekday">${name}</b>`)}
    ${days.map((day) => {
      const own = entries.filter((entry) => entry.day === day);
      const holiday = sayHoliday(day);
      const isOther = day < first || day > last;
      return html`<a
        class="cell ${day === today ? 'now' : ''} ${isOther ? 'other' : ''}"
        href="${address('/week', { day })}"
        ><span class="unseen">${sayDay(day, today)}</span
        ><span class="date" aria-hidden="true">${Number(day.slice(8))}</span>${
          holiday
            ? html`<small class="${holiday.isOff ? 'off' : ''}"
                >${holiday.isOff ? holiday.name : '班'}</small
              >`
            : ''
        }${
          own.length > 0
            ? html`<span class="count">${own.length} 课</span
                ><span class="names"
                  >${own.slice(0, 3).map(({ time, name }) => html`<span>${time} ${name}</span>`)}</span
                >`
            : ''
        }</a
      >`;
    })}
  </div>`;
}
