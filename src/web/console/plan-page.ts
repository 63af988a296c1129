/** Planning: what, to which groups, when; whether it fits is said at once, and what would. */
import type { Context, Hono } from 'hono';
import { html } from 'hono/html';

import { listOwnGroups } from '../../chat/commands/plan.ts';
import { sayInstant, WEEKDAYS } from '../../chat/plan/rule.ts';
import { addDays, localDay, parseInstant, sayDay, saySpan } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import type { Lesson } from '../../lessons/lesson.ts';
import { findNamed } from '../../lessons/names.ts';
import { KIND_NAMES } from '../../news/brief.ts';
import type { DeskItem } from '../../news/desk.ts';
import type { Group } from '../../people/groups.ts';
import { scheduleFitting } from '../../schedule/add.ts';
import { lessonsAhead, lessonsOfCourse, taughtTo } from '../../schedule/syllabus.ts';
import type { Html } from '../layout.ts';
import { address, field, nothing, select } from './draw.ts';
import { say } from './flash.ts';
import { type ConsoleSite, type Desk, deskOf, type Form, readForm } from './parts.ts';
import {
  type Asked,
  DAY_RULES,
  findBulletin,
  type Fit,
  LOOK_WITHIN,
  plannedOf,
  readAsked,
  readTaken,
  STANDING,
  tryPlan,
  warningWords,
  whyNot,
} from './plan-rule.ts';
import { shellPage } from './shell.ts';
import { readDay } from './week.ts';

const MOST_SUGGESTED = 6;
const MOST_FOUND = 20;
export const CLOSES = [
  { value: '2h', name: '2 小时' },
  { value: '12h', name: '12 小时' },
  { value: '1d', name: '1 天' },
  { value: '2d', name: '2 天' },
  { value: '3d', name: '3 天' },
  { value: '7d', name: '7 天' },
];

export function planRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/week/add', async (c) => {
    const desk = deskOf(site, c);
    const own = await listOwnGroups(desk.db, desk.actor);
    const asked = await begin(c, desk, own);
    return await planPage(c, desk, asked, own, await tryPlan(desk, asked));
  });
  app.get('/week/fit', async (c) => {
    const desk = deskOf(site, c);
    const fit = await tryPlan(desk, readAsked(queryForm(c)));
    return c.html(drawFit(fit, desk));
  });
  app.get('/week/find', async (c) => {
    const desk = deskOf(site, c);
    return c.html(drawFound(find(desk, c.req.query('q') ?? ''), ''));
  });
  app.post('/week/add', async (c) => {
    const desk = deskOf(site, c);
    const form = await readForm(c);
    const asked = withTaken(readAsked(form), form.get('take'));
    const own = await listOwnGroups(desk.db, desk.actor);
    const fit = await tryPlan(desk, asked);
    if (fit.kind !== 'fits') return await planPage(c, desk, asked, own, fit, 409);
    const { db, config, actor, now, zone } = desk;
    try {
      const { schedule, warnings } = await scheduleFitting(
        db,
        config,
        site.catalogue().lessons,
        fit.added,
        actor,
        now,
        LOOK_WITHIN,
      );
      const first = sayInstant(schedule.next_at ?? fit.first, now, zone);
      say(c, site, {
        text: [`排好了：${first}。`, ...fit.notes, ...warnings.map(warningWords)].join(''),
        undo: { path: '/week/remove', fields: { no: String(schedule.no) }, label: '撤掉' },
      });
      await desk.poke();
      return c.redirect(address('/week', { day: localDay(schedule.next_at ?? fit.first, zone) }), 303);
    } catch (error) {
      return await planPage(c, desk, asked, own, whyNot(error, plannedOf(asked), desk), 409);
    }
  });
}

/** The nearest plan, where it was pressed. */
function withTaken(asked: Asked, at: string): Asked {
  const taken = readTaken(at);
  if (!taken) return asked;
  const { day, time, weekdays } = taken;
  return { ...asked, day, time, ...(weekdays.length > 0 ? { weekdays } : {}) };
}

export const queryForm = (c: Context): Form => ({
  get: (name) => c.req.query(name) ?? '',
  all: (name) => c.req.queries(name) ?? [],
});

/** What is chosen to begin with: the hour that was pressed, and the groups that were planned for last. */
async function begin(c: Context, { db, actor, now, zone }: Desk, own: readonly Group[]): Promise<Asked> {
  const asked = readAsked(queryForm(c));
  const time = /^\d\d:\d\d$/.test(asked.time) ? asked.time : '20:00';
  const today = localDay(now, zone);
  // After that hour the form opens with the next day that has it still ahead.
  const isOver = (parseInstant(`${today}T${time}`, zone) ?? 0) <= now;
  const day = readDay(asked.day, isOver ? addDays(today, 1) : today);
  const groups = asked.groups.length > 0 ? asked.groups : await lastGroups(db, actor.who, own);
  const weekday = ((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7) + 1;
  const weekdays = asked.weekdays.length > 0 ? asked.weekdays : [weekday];
  return { ...asked, day, time, groups, weekdays };
}

async function lastGroups(db: Db, who: string, own: readonly Group[]): Promise<string[]> {
  if (own.length === 1) return own.map(({ key }) => key);
  const rows = await db
    .selectFrom('schedule_group')
    .innerJoin('chat_group', 'chat_group.id', 'schedule_group.group_id')
    .select('chat_group.key')
    .where('schedule_group.schedule_id', '=', (eb) =>
      eb
        .selectFrom('schedule')
        .select('schedule.id')
        .where('created_by', '=', who)
        .where('all_groups', '=', 0)
        .orderBy('created_at', 'desc')
        .orderBy('no', 'desc')
        .limit(1),
    )
    .execute();
  return rows.map(({ key }) => key).filter((key) => own.some((group) => group.key === key));
}

/** Of each course the first lesson that not all of these groups have had or are about to have, then single ones. */
async function suggest({ db, site }: Desk, groups: readonly Group[]): Promise<Lesson[]> {
  const { lessons } = site.catalogue();
  const ahead = await lessonsAhead(
    db,
    groups.map(({ id }) => id),
  );
  const taught = await Promise.all(
    groups.map(
      async ({ id }) => new Set([...(await taughtTo(db, id)).ids, ...(ahead.get(id)?.keys() ?? [])]),
    ),
  );
  const isNew = ({ id }: Lesson) => taught.length === 0 || taught.some((ids) => !ids.has(id));
  const courses = [...new Set(lessons.map(({ course }) => course))];
  return courses
    .flatMap((course) =>
      course === ''
        ? lessons.filter((one) => one.course === '' && isNew(one))
        : (lessonsOfCourse(lessons, course).find(isNew) ?? []),
    )
    .slice(0, MOST_SUGGESTED);
}

function find({ site }: Desk, query: string): readonly Lesson[] {
  const { lessons } = site.catalogue();
  if (query.trim() === '') return [];
  const plain = lessons.filter(({ title, id, tags }) =>
    [title, id, ...tags].some((word) => word.includes(query.trim())),
  );
  const named = lessons.map((lesson) => ({
    value: lesson,
    names: [lesson.title, lesson.id],
    words: lesson.tags,
  }));
  return (plain.length > 0 ? plain : (findNamed(query, named)?.values ?? [])).slice(0, MOST_FOUND);
}

async function planPage(
  c: Context,
  desk: Desk,
  asked: Asked,
  own: readonly Group[],
  fit: Fit,
  status: 200 | 409 = 200,
) {
  const { now, zone, site } = desk;
  const { lessons } = site.catalogue();
  const chosen = own.filter(({ key }) => asked.groups.includes(key));
  const suggested = await suggest(desk, chosen.length > 0 ? chosen : own);
  const week = address('/week', { day: asked.day });
  const isReady = own.length > 0 && lessons.length > 0;
  const shell = {
    title: '排一课',
    note: `${sayDay(asked.day, localDay(now, zone))} ${asked.time}`,
    back: { path: week, name: '课表' },
    live: true,
    body: isReady
      ? drawForm(desk, asked, own, suggested, fit, await findBulletin(desk, asked.what))
      : html`<div class="card">
          ${
            own.length === 0
              ? nothing(
                  '还没有启用的群。先启用一个群，才有地方发。',
                  html`<a class="button" href="/groups">去启用群</a>`,
                )
              : nothing(
                  '还没有能发的课。先写一课，审过就能排。',
                  html`<a class="button" href="/lessons">去写课</a>`,
                )
          }
        </div>`,
  };
  return shellPage(c, site, shell, status);
}

function drawForm(
  desk: Desk,
  asked: Asked,
  own: readonly Group[],
  suggested: readonly Lesson[],
  fit: Fit,
  bulletin: DeskItem | undefined,
): Html {
  const { lessons } = desk.site.catalogue();
  const chosen = lessons.find(({ id }) => asked.what === `lesson:${id}`);
  const first = chosen && !suggested.includes(chosen) ? [chosen, ...suggested] : suggested;
  const rest = lessons.filter((one) => !first.includes(one));
  return html`<form
    id="plan"
    class="card"
    method="post"
    action="/week/add"
    hx-get="/week/fit"
    hx-trigger="change"
    hx-target="#fit"
    hx-sync="this:replace"
  >
    ${bulletin ? drawBulletin(bulletin) : ''} ${drawFound(first, asked.what, '哪一课')}
    <div class="field">
      <input
        type="search"
        name="q"
        aria-label="找别的课，可以打拼音"
        placeholder="找别的课，可以打拼音"
        autocomplete="off"
        hx-get="/week/find"
        hx-trigger="input changed delay:250ms"
        hx-target="#found"
        hx-sync="this:replace"
        data-stop
      />
      <div id="found"></div>
    </div>
    ${
      rest.length > 0
        ? html`<details>
            <summary>全部的课（${lessons.length}）</summary>
            ${drawFound(rest.slice(0, 200), asked.what)}
          </details>`
        : ''
    }
    ${courses(asked, lessons)}
    <fieldset class="pick">
      <legend>发到哪些群</legend>
      ${own.map(
        ({ key, topic }) =>
          html`<label
            ><input
              type="checkbox"
              name="group"
              value="${key}"
              ${asked.groups.includes(key) ? 'checked' : ''}
            /><span>${topic || key}</span></label
          >`,
      )}
    </fieldset>
    <div class="filters">
      ${field('哪一天', html`<input type="date" name="day" value="${asked.day}" required />`)}
      ${field('几点', html`<input type="time" name="time" value="${asked.time}" required />`)}
      ${field('小测开多久', select('close', CLOSES, asked.close))}
      ${field(
        '碰上放假',
        select(
          'days',
          Object.entries(DAY_RULES).map(([value, name]) => ({ value, name })),
          asked.days,
        ),
      )}
    </div>
    <div class="bottom stacked">
      <div id="fit" aria-live="polite">${drawFit(fit, desk)}</div>
      <button class="button">排上</button>
    </div>
  </form>`;
}

const drawFound = (lessons: readonly Lesson[], what: string, legend = '') =>
  html`<fieldset class="pick long">
    ${legend === '' ? '' : html`<legend>${legend}</legend>`}
    ${lessons.map(
      ({ id, title, course, order, minutes, questions }) =>
        html`<label
          ><input
            type="radio"
            name="what"
            value="lesson:${id}"
            ${what === `lesson:${id}` ? 'checked' : ''}
          /><span
            >${title}<small
              >${course === '' ? '' : `${course} 第 ${order} 课 · `}${minutes} 分钟 ·
              ${questions.length > 0 ? `${questions.length} 题` : '没有小测'}</small
            ></span
          ></label
        >`,
    )}
  </fieldset>`;

/** What it came for, from its page. */
const drawBulletin = ({ no, kind, title }: DeskItem) =>
  html`<fieldset class="pick long">
    <legend>${KIND_NAMES[kind]}</legend>
    <label
      ><input type="radio" name="what" value="bulletin:${no}" checked /><span
        >${title}<small>发一次，请大家回复 已阅</small></span
      ></label
    >
  </fieldset>`;

const courses = (asked: Asked, lessons: readonly Lesson[]) => {
  const names = [...new Set(lessons.map(({ course }) => course))].filter(Boolean);
  const choice = (what: string, name: string, note: string) =>
    html`<label
      ><input type="radio" name="what" value="${what}" ${asked.what === what ? 'checked' : ''} /><span
        >${name}<small>${note}</small></span
      ></label
    >`;
  return html`<details ${asked.what !== '' && plannedOf(asked).repeats ? 'open' : ''}>
    <summary>每周都发：整门课程、电商动态、学习简报</summary>
    ${
      names.length === 0
        ? ''
        : html`<fieldset class="pick long">
            <legend>哪一门课程，一次一课</legend>
            ${names.map((name) => choice(`course:${name}`, name, `${lessonsOfCourse(lessons, name).length} 课`))}
          </fieldset>`
    }
    <fieldset class="pick long">
      <legend>或者动态、简报</legend>
      ${Object.entries(STANDING).map(([what, { name, note }]) => choice(what, name, note))}
    </fieldset>
    ${drawWeekdays(asked.weekdays)}
  </details>`;
};

const FOLLOWING: Readonly<Record<string, string>> = {
  lesson: '',
  bulletin: '',
  course: '，以后每次接着下一课',
};

export function drawFit(fit: Fit, { now, zone }: Pick<Desk, 'now' | 'zone'>): Html {
  if (fit.kind === 'open') return html`<p class="note-line">${fit.words}</p>`;
  if (fit.kind === 'misfit')
    return html`<div class="alert">
      <p>${fit.words}</p>
      ${
        fit.nearest
          ? html`<button class="button small" name="take" value="${fit.nearest.at}">
              改到 ${fit.nearest.say} 排上
            </button>`
          : ''
      }
    </div>`;
  const { first, notes, added } = fit;
  return html`<p class="note-line">
    ${sayInstant(first, now, zone)} 发出，还有
    ${saySpan(first - now)}${FOLLOWING[added.kind] ?? '，以后照着发'}。${
      added.kind === 'lesson' || added.kind === 'course'
        ? `小测到 ${sayInstant(first + (added.closeAfter ?? 0), now, zone)} 截止。`
        : ''
    }${notes.join('')}
  </p>`;
}

/** Which days of the week; `weekdays`: those that are chosen, 1 for Monday. */
export const drawWeekdays = (weekdays: readonly number[]) =>
  html`<fieldset class="pick">
    <legend>每周哪几天</legend>
    ${WEEKDAYS.map(
      (name, index) =>
        html`<label
          ><input
            type="checkbox"
            name="weekday"
            value="${index + 1}"
            ${weekdays.includes(index + 1) ? 'checked' : ''}
          /><span>周${name}</span></label
        >`,
    )}
  </fieldset>`;
