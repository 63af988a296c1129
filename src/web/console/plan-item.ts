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
import { moveSchedule, redo } from '../../schedule/move.ts';
import { groupsOf, type Schedule } from '../../schedule/schedules.ts';
import type { When } from '../../schedule/timetable.ts';
import type { Html } from '../layout.ts';
import { acts, type Done } from './acting.ts';
import { address, card, confirmed, field, hidden, press } from './draw.ts';
import { type ConsoleSite, type Desk, deskOf, type Form, readNo } from './parts.ts';
import { DAY_RULES, LOOK_WITHIN, sayRule, shifted, warningWords, whyNot } from './plan-rule.ts';
import { shellPage } from './shell.ts';

export function planItemRoutes(app: Hono, site: ConsoleSite): void {
  app.get('/week/s/:no', async (c) => await itemPage(c, deskOf(site, c)));
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

async function itemPage(c: Context, desk: Desk) {
  const { db, actor, now, zone, site } = desk;
  const schedule = await getScopedSchedule(db, actor, readNo(c.req.param('no')));
  const at = schedule.next_at ?? schedule.at ?? now;
  const groups = (await groupsOf(db, schedule)).filter(({ unit_id: unitId }) => isInScope(actor, unitId));
  const lesson = site.catalogue().byId.get(schedule.content);
  const name =
    schedule.kind === 'lesson'
      ? `《${lesson?.title ?? schedule.content}》`
      : schedule.kind === 'course'
        ? `课程《${schedule.content}》`
        : titleOf(schedule);
  const isTheirs = await mayChange(db, actor, schedule);
  return shellPage(c, site, {
    title: name,
    back: { path: address('/week', { day: localDay(at, zone) }), name: '课表' },
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
          <dt>小测</dt>
          <dd>发出后 ${saySpan(schedule.close_after)}截止</dd>
          <dt>碰上放假</dt>
          <dd>${DAY_RULES[schedule.days]}</dd>
          <dt>编号</dt>
          <dd>${schedule.no} 号</dd>
        </dl>
        ${lesson ? html`<p class="note"><a href="/l/${lesson.id}">看这一课</a></p>` : ''}`,
    )}
    ${isTheirs ? changes(schedule, at, zone, now) : html`<div class="card"><p>这一条还管着别的群，要请管理员来改。</p></div>`}`,
  });
}

function changes(schedule: Schedule, at: number, zone: string, now: number): Html {
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
              <form method="post" action="/week/move">
                ${hidden({ no: String(schedule.no) })}
                <div class="filters">
                  ${
                    isOnce
                      ? field(
                          '哪一天',
                          html`<input type="date" name="day" value="${localDay(at, zone)}" required />`,
                        )
                      : html`<input type="hidden" name="day" value="${localDay(at, zone)}" />`
                  }
                  ${field('几点', html`<input type="time" name="time" value="${localTime(at, zone)}" required />`)}
                  <button class="button small">改到这时候</button>
                </div>
              </form>`,
          )
        : ''
    }
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
  if (!(await mayChange(db, actor, schedule)))
    throw new UserError(`${schedule.no} 号还管着别的群，要请管理员来改。`);
  const at = parseInstant(`${form.get('day')}T${form.get('time')}`, zone);
  if (at === undefined) throw new UserError('日期或时间没有写完整，没有改动。');
  if (schedule.at !== null && at <= now)
    throw new UserError(`${sayInstant(at, now, zone)} 已经过了，没有改动。`);
  const before = schedule.next_at ?? schedule.at ?? now;
  try {
    const { lessons } = site.catalogue();
    const moved = await moveSchedule(
      db,
      config,
      lessons,
      schedule,
      whenOf(schedule, at, zone),
      actor,
      now,
      LOOK_WITHIN,
    );
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
    const refused = whyNot(error, { day: form.get('day') }, desk);
    if (refused.kind !== 'misfit') throw error;
    const nearest = refused.nearest;
    const [day = '', time = ''] = nearest?.at.split('T') ?? [];
    return {
      text: `${refused.words}没有挪。${nearest ? `最近能排的是 ${nearest.say}。` : ''}`,
      done: false,
      ...(nearest
        ? {
            undo: { path: '/week/move', fields: { no: String(schedule.no), day, time }, label: '改到那时候' },
          }
        : {}),
    };
  }
}

function whenOf({ cron, at: once }: Schedule, at: number, zone: string): When {
  if (once !== null) return { at };
  const [hour = '0', minute = '0'] = localTime(at, zone).split(':');
  return { cron: `${Number(minute)} ${Number(hour)} ${(cron ?? '').split(' ').slice(2).join(' ')}` };
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
    const refused = whyNot(error, { day: '' }, desk);
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
