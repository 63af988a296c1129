/** Changing a plan in place: its weekdays or its day of the month, its hour, its groups and what else it was planned with. */
import { html } from 'hono/html';

import { listOwnGroups } from '../../chat/commands/plan.ts';
import { sayMinutes } from '../../chat/plan/times.ts';
import {
  formatDuration,
  localDay,
  localTime,
  MINUTE,
  parseDuration,
  parseInstant,
  saySpan,
} from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import type { DayRule } from '../../db/tables.ts';
import type { Group } from '../../people/groups.ts';
import { type Actor, isInScope } from '../../people/scope.ts';
import { parseMonthly } from '../../schedule/monthly.ts';
import { fitPlan } from '../../schedule/add.ts';
import { changeSchedule, redo } from '../../schedule/move.ts';
import { groupsOf, type NewSchedule, type Schedule } from '../../schedule/schedules.ts';
import { taughtTo } from '../../schedule/syllabus.ts';
import { timetableOf } from '../../schedule/timetable.ts';
import type { Html } from '../layout.ts';
import { card, field, hidden, select } from './draw.ts';
import type { Desk, Form } from './parts.ts';
import { CLOSES, drawFit, drawWeekdays } from './plan-page.ts';
import {
  DAY_RULES,
  type Fit,
  holidayNotes,
  LOOK_WITHIN,
  readTaken,
  warningWords,
  whyNot,
} from './plan-rule.ts';
import { cronOf, readWeekly, sayMonthDay, timeFields } from './rule-words.ts';

/** What the form says. */
export interface Wanted {
  /** A day with its time where a plan for once is to go to another; else empty, and it stays. */
  readonly at: string;
  readonly time: string;
  /** 1 for Monday; empty where the plan isn't one of weekdays. */
  readonly weekdays: readonly number[];
  /** `15`, `last workday`, `first fri`; empty where the plan isn't one of months. */
  readonly monthday: string;
  readonly all: boolean;
  /** Keys. */
  readonly groups: readonly string[];
  readonly days: DayRule;
  readonly close: string;
}

/** The plan as it is, to begin with. */
export async function wantedOf(db: Db, schedule: Schedule): Promise<Wanted> {
  const { cron, monthly, at, next_at: next, zone } = schedule;
  const groups = schedule.all_groups === 1 ? [] : await groupsOf(db, schedule);
  const weekly = readWeekly(cron ?? '');
  return {
    at: '',
    time:
      monthly === null
        ? (weekly?.time ?? localTime(next ?? at ?? 0, zone))
        : sayMinutes(parseMonthly(monthly).time / MINUTE),
    weekdays: weekly?.weekdays ?? [],
    monthday: monthly === null ? '' : dayOfRule(monthly),
    all: schedule.all_groups === 1,
    groups: groups.map(({ key }) => key),
    days: schedule.days,
    close: formatDuration(schedule.close_after),
  };
}

/** `15 20:00` is the 15th, at whatever time. */
const dayOfRule = (monthly: string) => monthly.replace(/ \d\d:\d\d$/, '');

export function readWanted({ get, all }: Form): Wanted {
  const taken = readTaken(get('take'));
  const named = all('weekday')
    .map(Number)
    .filter((no) => no >= 1 && no <= 7);
  const weekdays = taken && taken.weekdays.length > 0 ? taken.weekdays : named;
  return {
    at: taken ? `${taken.day}T${taken.time}` : '',
    time: taken?.time ?? get('time'),
    weekdays,
    monthday: taken && get('monthday') !== '' ? String(Number(taken.day.slice(8))) : get('monthday'),
    all: get('all') === '1',
    groups: all('group'),
    days: Object.keys(DAY_RULES).find((one): one is DayRule => one === get('days')) ?? 'all',
    close: get('close'),
  };
}

/** Those that the plan may go to: their own that are in use, and those that it goes to already. */
export async function choosableGroups(db: Db, actor: Actor, schedule: Schedule): Promise<Group[]> {
  const own = await listOwnGroups(db, actor);
  const now = schedule.all_groups === 1 ? [] : await groupsOf(db, schedule);
  const others = now.filter(
    ({ id, unit_id: unitId }) => isInScope(actor, unitId) && own.every((one) => one.id !== id),
  );
  return [...own, ...others];
}

export type Changed =
  | {
      readonly kind: 'changed';
      readonly schedule: Schedule;
      /** What to know beside. */
      readonly notes: readonly string[];
    }
  | Exclude<Fit, { kind: 'fits' }>;

/** What would become of the plan; writes nothing. */
export async function tryChange(desk: Desk, schedule: Schedule, wanted: Wanted): Promise<Fit> {
  const { db, config, actor, now, site, zone } = desk;
  const read = await readChanges(desk, schedule, wanted);
  if ('problem' in read) return { kind: 'open', words: read.problem };
  const { lessons } = site.catalogue();
  try {
    const added = { ...(await redo(db, schedule)), ...read.changes };
    const { planned } = await fitPlan(db, config, lessons, added, actor.who, now, LOOK_WITHIN, schedule.id);
    const first = planned.schedule.next_at ?? now;
    const had = await sayHad(desk, planned.schedule, read.chosen);
    return { kind: 'fits', added, first, notes: [...had, ...holidayNotes(first, wanted, zone)] };
  } catch (error) {
    return whyNot(error, plannedOf(desk, schedule), desk);
  }
}

const plannedOf = ({ now, zone }: Desk, { at, next_at: next }: Schedule) => ({
  day: localDay(next ?? at ?? now, zone),
  repeats: at === null,
});

/** What the form makes other; or what is still open in it. */
async function readChanges({ db, actor, zone }: Desk, schedule: Schedule, wanted: Wanted) {
  const choosable = await choosableGroups(db, actor, schedule);
  const named = choosable.filter(({ key }) => wanted.groups.includes(key));
  const problem = problemOf(schedule, wanted, named, actor);
  if (problem !== undefined) return { problem };
  const isTaught = schedule.kind === 'lesson' || schedule.kind === 'course';
  const close = isTaught ? parseDuration(wanted.close) : undefined;
  const changes: Partial<NewSchedule> = {
    when: whenOf(schedule, wanted, zone),
    groups: wanted.all ? 'all' : named,
    days: wanted.days,
    ...(close === undefined ? {} : { closeAfter: close }),
  };
  return { changes, chosen: wanted.all ? [] : named };
}

/** Changes the plan, or says why not and changes nothing. */
export async function changePlan(desk: Desk, schedule: Schedule, wanted: Wanted): Promise<Changed> {
  const { db, config, actor, now, site } = desk;
  const read = await readChanges(desk, schedule, wanted);
  if ('problem' in read) return { kind: 'open', words: `${read.problem}没有改动。` };
  const { lessons } = site.catalogue();
  try {
    const { schedule: changed, warnings } = await changeSchedule(
      db,
      config,
      lessons,
      schedule,
      read.changes,
      actor,
      now,
      LOOK_WITHIN,
    );
    const had = await sayHad(desk, changed, read.chosen);
    return { kind: 'changed', schedule: changed, notes: [...had, ...warnings.map(warningWords)] };
  } catch (error) {
    const refused = whyNot(error, plannedOf(desk, schedule), desk);
    if (refused.kind !== 'fits') return refused;
    throw error;
  }
}

function problemOf(
  schedule: Schedule,
  { time, weekdays, monthday, all, groups, close }: Wanted,
  chosen: readonly Group[],
  actor: Actor,
): string | undefined {
  if (schedule.at === null && isTimed(schedule) && !/^([01]\d|2[0-3]):[0-5]\d$/.test(time))
    return '几点没有写完整。';
  if (readWeekly(schedule.cron ?? '') && weekdays.length === 0) return '每周哪几天发？至少选一天。';
  if (schedule.monthly !== null && !monthDays(schedule.monthly).some(({ value }) => value === monthday))
    return '每月哪一天没有选。';
  if (all) return actor.units === 'all' ? undefined : '所有的群要请县里的管理员来选。';
  if (chosen.length < new Set(groups).size) return '有的群现在不归您管或停用了，请重新选群。';
  if (chosen.length === 0) return '发到哪些群？至少选一个。';
  if (close !== '' && parseDuration(close) === undefined) return '小测开多久没有看懂。';
  return undefined;
}

/** Whether one time of day is its time. */
const isTimed = ({ cron, monthly }: Schedule) => monthly !== null || /^\d+ \d+ /.test(cron ?? '');

function whenOf(
  schedule: Schedule,
  { at, time, weekdays, monthday }: Wanted,
  zone: string,
): NewSchedule['when'] {
  const { cron, monthly } = schedule;
  const other = schedule.at === null ? undefined : parseInstant(at, zone);
  if (other !== undefined) return { at: other };
  if (monthly !== null) return { monthly: `${monthday} ${time}` };
  if (cron === null || !isTimed(schedule)) return timetableOf(schedule).when;
  if (readWeekly(cron)) return { cron: cronOf(weekdays, time) };
  return { cron: [timeFields(time), ...cron.split(' ').slice(2)].join(' ') };
}

/** A lesson that goes out once isn't sent to those who have had it. */
async function sayHad({ db, site }: Desk, schedule: Schedule, groups: readonly Group[]): Promise<string[]> {
  const lesson = schedule.kind === 'lesson' ? site.catalogue().byId.get(schedule.content) : undefined;
  if (!lesson || schedule.again === 1) return [];
  const had: string[] = [];
  for (const { id, topic, key } of groups)
    if ((await taughtTo(db, id)).hashes.has(lesson.hash)) had.push(topic || key);
  return had.length > 0 ? [`${had.join('、')}已经学过，不会再发。`] : [];
}

/** The days of a month that can be chosen, with the one that it is now. */
function monthDays(monthly: string) {
  const rules = [
    ...Array.from({ length: 31 }, (_, index) => String(index + 1)),
    'last day',
    'first workday',
    'last workday',
  ];
  const now = dayOfRule(monthly);
  return [...(rules.includes(now) ? [] : [now]), ...rules].map((value) => ({
    value,
    name: sayMonthDay(parseMonthly(`${value} 00:00`)),
  }));
}

/** The form, which says at once what would come of it as it is filled in last; with `fit`, why what it says could not be done. */
export function drawChange(
  { now, zone, actor }: Desk,
  schedule: Schedule,
  wanted: Wanted,
  groups: readonly Group[],
  fit?: Exclude<Fit, { kind: 'fits' }>,
): Html {
  const isTaught = schedule.kind === 'lesson' || schedule.kind === 'course';
  const closes = CLOSES.some(({ value }) => value === wanted.close)
    ? CLOSES
    : [{ value: wanted.close, name: saySpan(parseDuration(wanted.close) ?? 0) }, ...CLOSES];
  return card(
    '改一改',
    html`<form
      method="post"
      action="/week/change"
      hx-get="/week/change/fit"
      hx-trigger="change"
      hx-target="#fit"
      hx-sync="this:replace"
    >
      ${hidden({ no: String(schedule.no) })}
      ${readWeekly(schedule.cron ?? '') ? drawWeekdays(wanted.weekdays) : ''}
      <fieldset class="pick">
        <legend>发到哪些群</legend>
        ${
          actor.units === 'all'
            ? html`<label
                ><input type="checkbox" name="all" value="1" ${wanted.all ? 'checked' : ''} /><span
                  >所有启用的群</span
                ></label
              >`
            : ''
        }
        ${groups.map(
          ({ key, topic, enabled }) =>
            html`<label
              ><input
                type="checkbox"
                name="group"
                value="${key}"
                ${wanted.groups.includes(key) ? 'checked' : ''}
              /><span>${topic || key}${enabled === 1 ? '' : '（停用了）'}</span></label
            >`,
        )}
      </fieldset>
      <div class="filters">
        ${schedule.monthly === null ? '' : field('每月哪一天', select('monthday', monthDays(schedule.monthly), wanted.monthday))}
        ${
          schedule.at === null && isTimed(schedule)
            ? field('几点', html`<input type="time" name="time" value="${wanted.time}" required />`)
            : ''
        }
        ${isTaught ? field('小测开多久', select('close', closes, wanted.close)) : ''}
        ${field(
          '碰上放假',
          select(
            'days',
            Object.entries(DAY_RULES).map(([value, name]) => ({ value, name })),
            wanted.days,
          ),
        )}
      </div>
      <div id="fit" aria-live="polite">
        ${fit ? html`<div role="alert">${drawFit(fit, { now, zone })}</div>` : ''}
      </div>
      <div class="buttons"><button class="button small">保存改动</button></div>
    </form>`,
    { id: 'change' },
  );
}
