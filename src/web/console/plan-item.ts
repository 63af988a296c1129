/** One plan: what it sends, moved by buttons or by its date, and taken away. */
import type { Context, Hono } from 'hono';
import { html } from 'hono/html';

import { cancelSchedule, getScopedSchedule, mayChange } from '../../chat/commands/timetable.ts';
import { sayInstant } from '../../chat/plan/rule.ts';
import { localDay, localTime, parseInstant, saySpan } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import { UserError } from '../../errors.ts';
import { type Actor, isInScope, notFound } from '../../people/scope.ts';
import { scheduleFitting } from '../../schedule/add.ts';
import { titleOf } from '../../schedule/expand.ts';
import { bulletinTitle } from '../../schedule/preview.ts';
import { changeSchedule, redo } from '../../schedule/move.ts';
import { groupsOf, type Schedule } from '../../schedule/schedules.ts';
import type { When } from '../../schedule/timetable.ts';
import type { Html } from '../layout.ts';
import { acts, type Done } from './acting.ts';
import { address, card, confirmed, field, hidden, press } from './draw.ts';
import { say } from './flash.ts';
import { type ConsoleSite, type Desk, deskOf, type Form, readForm, readNo } from './parts.ts';
import {
  type Changed,
  changePlan,
  choosableGroups,
  drawChange,
  readWanted,
  tryChange,
  type Wanted,
  wantedOf,
} from './plan-change.ts';
import { drawFit, queryForm } from './plan-page.ts';
import { DAY_RULES, LOOK_WITHIN, readTaken, shifted, warningWords, whyNot } from './plan-rule.ts';
import { cronOf, readWeekly, sayRule, timeFields } from './rule-words.ts';
import { shellPage } from './shell.ts';

export function planItemRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/week/s/:no', async (c) => {
    const desk = deskOf(site, c);
    return await itemPage(c, desk, await getScopedSchedule(desk.db, desk.actor, readNo(c.req.param('no'))));
  });
  app.get('/week/change/fit', async (c) => c.html(await fitChange(c, deskOf(site, c))));
  app.post('/week/change', async (c) => await change(c, deskOf(site, c), await readForm(c)));
  app.post('/week/back', acts(site, '/week', changeBack));
  app.post('/week/move', acts(site, '/week', move));
  app.post(
    '/week/remove',
    acts(site, '/week', async ({ db, actor, now }, form) => {
      const no = readNo(form.get('no'));
      const { done, said } = await cancelSchedule(db, actor, no, now);
      const undo = { path: '/week/restore', fields: { no: String(no) }, label: '放回去' };
      return { text: said, done, to: '/week', ...(done ? { undo } : {}) };
    }),
  );
  app.post('/week/restore', acts(site, '/week', restore));
}

interface Refused {
  readonly wanted: Wanted;
  readonly fit: Exclude<Changed, { kind: 'changed' }>;
}

/** `refused`: what was asked of it just now and can't be. */
async function itemPage(c: Context, desk: Desk, schedule: Schedule, refused?: Refused) {
  const { db, actor, now, zone, site } = desk;
  const at = schedule.next_at ?? schedule.at ?? now;
  const groups = (await groupsOf(db, schedule)).filter(({ unit_id: unitId }) => isInScope(actor, unitId));
  const lesson = site.catalogue().byId.get(schedule.content);
  const name =
    schedule.kind === 'lesson'
      ? `《${lesson?.title ?? schedule.content}》`
      : schedule.kind === 'course'
        ? `课程《${schedule.content}》`
        : ((schedule.kind === 'bulletin' ? await bulletinTitle(db, schedule.content) : undefined) ??
          titleOf(schedule));
  const isTheirs = await mayChange(db, actor, schedule);
  const form = isTheirs
    ? drawChange(
        desk,
        schedule,
        refused?.wanted ?? (await wantedOf(db, schedule)),
        await choosableGroups(db, actor, schedule),
        refused?.fit,
      )
    : '';
  const isTaught = schedule.kind === 'lesson' || schedule.kind === 'course';
  const shell = {
    title: name,
    back: { path: address('/week', { day: localDay(at, zone) }), name: '课表' },
    live: isTheirs,
    body: html`${card(
      '这一条排期',
      html`<dl class="facts">
          <dt>时间</dt>
          <dd>${sayRule(schedule, now, zone)}</dd>
          ${
            schedule.next_at === null
              ? ''
              : html`<dt>下一次</dt>
                  <dd>
                    ${sayInstant(schedule.next_at, now, zone)}，还有
                    ${saySpan(Math.max(0, schedule.next_at - now))}
                  </dd>`
          }
          <dt>发到</dt>
          <dd>
            ${schedule.all_groups === 1 ? '所有启用的群' : groups.map(({ topic, key }) => topic || key).join('、')}
          </dd>
          ${
            isTaught
              ? html`<dt>小测</dt>
                  <dd>发出后 ${saySpan(schedule.close_after)}截止</dd>`
              : ''
          }
          <dt>碰上放假</dt>
          <dd>${DAY_RULES[schedule.days]}</dd>
          <dt>编号</dt>
          <dd>${schedule.no} 号</dd>
        </dl>
        ${lesson ? html`<p class="note"><a href="/l/${lesson.id}">看这一课</a></p>` : ''}`,
    )}
    ${isTheirs ? changes(schedule, at, zone, now, form) : html`<div class="card"><p>这一条还管着别的群，要请管理员来改。</p></div>`}`,
  };
  return shellPage(c, site, shell, refused ? 409 : 200);
}

/** What the form would do to the plan, while it is filled in. */
async function fitChange(c: Context, desk: Desk): Promise<Html> {
  const form = queryForm(c);
  const schedule = await getScopedSchedule(desk.db, desk.actor, readNo(form.get('no')));
  return drawFit(
    (await mayChange(desk.db, desk.actor, schedule))
      ? await tryChange(desk, schedule, readWanted(form))
      : { kind: 'open', words: notTheirs(schedule) },
    desk,
  );
}

const notTheirs = ({ no }: Schedule) => `${no} 号还管着别的群，要请管理员来改。`;

/** What can't be done is said beside what was filled in, with what could be. */
async function change(c: Context, desk: Desk, form: Form) {
  const { db, actor, now, zone, site } = desk;
  const schedule = await getScopedSchedule(db, actor, readNo(form.get('no')));
  const wanted = readWanted(form);
  const done: Changed = (await mayChange(db, actor, schedule))
    ? await changePlan(desk, schedule, wanted)
    : { kind: 'open', words: notTheirs(schedule) };
  if (done.kind !== 'changed') return await itemPage(c, desk, schedule, { wanted, fit: done });
  const { schedule: changed, notes } = done;
  const next = changed.next_at === null ? '' : `下一次 ${sayInstant(changed.next_at, now, zone)}。`;
  say(c, site, {
    text: [`改好了：${sayRule(changed, now, zone)}。`, changed.at === null ? next : '', ...notes].join(''),
    undo: {
      path: '/week/back',
      fields: { no: String(changed.no), was: String(schedule.no) },
      label: '改回去',
    },
  });
  await desk.poke();
  return c.redirect(`/week/s/${changed.no}`, 303);
}

/** What was changed is as it was before, if that still fits. */
async function changeBack(desk: Desk, form: Form): Promise<Done> {
  const { db, config, actor, now, zone, site } = desk;
  const schedule = await getScopedSchedule(db, actor, readNo(form.get('no')));
  const before = await getRemoved(db, actor, readNo(form.get('was')));
  if (!(await mayChange(db, actor, schedule))) throw new UserError(notTheirs(schedule));
  try {
    const added = await redo(db, before);
    const { lessons } = site.catalogue();
    const { schedule: back } = await changeSchedule(
      db,
      config,
      lessons,
      schedule,
      added,
      actor,
      now,
      LOOK_WITHIN,
    );
    return { text: `改回去了：${sayRule(back, now, zone)}。`, to: `/week/s/${back.no}` };
  } catch (error) {
    const refused = whyNot(error, { day: '', repeats: before.at === null }, desk);
    const words = refused.kind === 'misfit' ? refused.words : '';
    return { text: `${words}没有改回去。`, done: false };
  }
}

function changes(schedule: Schedule, at: number, zone: string, now: number, form: Html | ''): Html {
  const isOnce = schedule.at !== null;
  const go = (label: string, to: number) => {
    const fields = { no: String(schedule.no), day: localDay(to, zone), time: localTime(to, zone) };
    return to > now ? press('/week/move', label, { fields, tone: 'quiet' }) : '';
  };
  const canMove = isOnce || /^\d+ \d+ /.test(schedule.cron ?? '');
  return html`${
      canMove
        ? card(
            '挪一挪',
            html`<div class="buttons">
                ${isOnce ? html`${go('早一天', shifted(at, { days: -1 }, zone))} ${go('晚一天', shifted(at, { days: 1 }, zone))}` : ''}
                ${go('早一小时', shifted(at, { minutes: -60 }, zone))}
                ${go('晚一小时', shifted(at, { minutes: 60 }, zone))}
              </div>
              ${
                isOnce
                  ? html`<form method="post" action="/week/move">
                      ${hidden({ no: String(schedule.no) })}
                      <div class="filters">
                        ${field(
                          '哪一天',
                          html`<input type="date" name="day" value="${localDay(at, zone)}" required />`,
                        )}
                        ${field('几点', html`<input type="time" name="time" value="${localTime(at, zone)}" required />`)}
                        <button class="button small">改到这时候</button>
                      </div>
                    </form>`
                  : ''
              }`,
          )
        : ''
    }
    ${form}
    <div class="card">
      ${confirmed(
        '撤掉这一条',
        '以后不再发。已经发出去的不受影响，撤错了可以马上放回去。',
        press('/week/remove', '撤掉', { fields: { no: String(schedule.no) }, tone: 'bad' }),
      )}
    </div>`;
}

/** A plan for once goes to another day and hour; one that repeats keeps its days. */
async function move(desk: Desk, form: Form): Promise<Done> {
  const { db, config, actor, now, zone, site } = desk;
  const schedule = await getScopedSchedule(db, actor, readNo(form.get('no')));
  if (!(await mayChange(db, actor, schedule))) throw new UserError(notTheirs(schedule));
  const at = parseInstant(`${form.get('day')}T${form.get('time')}`, zone);
  if (at === undefined) throw new UserError('日期或时间没有写完整，没有改动。');
  if (schedule.at !== null && at <= now)
    throw new UserError(`${sayInstant(at, now, zone)} 已经过了，没有改动。`);
  const before = schedule.next_at ?? schedule.at ?? now;
  try {
    const { lessons } = site.catalogue();
    const when = whenOf(schedule, at, form.get('weekdays'), zone);
    const moved = await changeSchedule(db, config, lessons, schedule, { when }, actor, now, LOOK_WITHIN);
    const next = moved.schedule.next_at ?? at;
    const fields = {
      no: String(moved.schedule.no),
      day: localDay(before, zone),
      time: localTime(before, zone),
    };
    return {
      text: [`挪好了：${sayInstant(next, now, zone)}。`, ...moved.warnings.map(warningWords)].join(''),
      to: address('/week', { day: localDay(next, zone) }),
      ...(before > now ? { undo: { path: '/week/move', fields, label: '挪回去' } } : {}),
    };
  } catch (error) {
    const refused = whyNot(error, { day: form.get('day'), repeats: schedule.at === null }, desk);
    if (refused.kind !== 'misfit') throw error;
    const { nearest } = refused;
    const { day = '', time = '', weekdays = [] } = readTaken(nearest?.at ?? '') ?? {};
    return {
      text: `${refused.words}没有挪。${nearest ? `最近能排的是 ${nearest.say}。` : ''}`,
      done: false,
      ...(nearest
        ? {
            undo: {
              path: '/week/move',
              fields: { no: String(schedule.no), day, time, weekdays: weekdays.join(',') },
              label: '改到那时候',
            },
          }
        : {}),
    };
  }
}

/** `weekdays`: `1,3,5` where they are to be others as well. */
function whenOf({ cron, at: once }: Schedule, at: number, weekdays: string, zone: string): When {
  if (once !== null) return { at };
  const time = localTime(at, zone);
  if (/^[1-7](,[1-7])*$/.test(weekdays) && readWeekly(cron ?? ''))
    return { cron: cronOf(weekdays.split(',').map(Number), time) };
  return { cron: [timeFields(time), ...(cron ?? '').split(' ').slice(2)].join(' ') };
}

async function restore(desk: Desk, form: Form): Promise<Done> {
  const { db, config, actor, now, zone, site } = desk;
  const schedule = await getRemoved(db, actor, readNo(form.get('no')));
  try {
    const added = await redo(db, schedule);
    const { lessons } = site.catalogue();
    const { schedule: back } = await scheduleFitting(db, config, lessons, added, actor, now, LOOK_WITHIN);
    return { text: `放回去了：${sayInstant(back.next_at ?? now, now, zone)}，现在是 ${back.no} 号。` };
  } catch (error) {
    const refused = whyNot(error, { day: '', repeats: schedule.at === null }, desk);
    return { text: refused.kind === 'misfit' ? `${refused.words}没有放回去。` : '没有放回去。', done: false };
  }
}

/** One that was taken away, of their own groups only. Throws `NotFoundError`. */
async function getRemoved(db: Db, actor: Actor, no: number): Promise<Schedule> {
  const schedule = await db
    .selectFrom('schedule')
    .selectAll()
    .where('no', '=', no)
    .where('removed_at', 'is not', null)
    .executeTakeFirst();
  if (!schedule || !(await mayChange(db, actor, schedule))) throw notFound('schedule', no);
  return schedule;
}
