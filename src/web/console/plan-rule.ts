/** What a form asks to be scheduled, tried out: the same refusal as `schedule add`, with the nearest plan that fits. */
import { sayMisfit } from '../../chat/commands/misfit.ts';
import { listOwnGroups } from '../../chat/commands/plan.ts';
import { sayInstant } from '../../chat/plan/rule.ts';
import { instantOfWall, localDay, localTime, parseDuration, parseInstant, wallOf } from '../../clock.ts';
import type { DayRule, ScheduleKind } from '../../db/tables.ts';
import { type WhyNot, whyNotTo } from '../../delivery/briefs.ts';
import { UserError } from '../../errors.ts';
import type { Lesson } from '../../lessons/lesson.ts';
import { lineageFor } from '../../news/decider.ts';
import { type DeskItem, findDeskItem } from '../../news/desk.ts';
import type { Group } from '../../people/groups.ts';
import { fitPlan, MisfitError } from '../../schedule/add.ts';
import { dayOfWall, holidayOn, isWorkday, weekdayOf } from '../../schedule/calendar.ts';
import type { Times } from '../../schedule/nearby.ts';
import { DEFAULT_CLOSE_AFTER, type NewSchedule } from '../../schedule/schedules.ts';
import { lessonsAhead, lessonsOfCourse, taughtTo } from '../../schedule/syllabus.ts';
import type { Warning } from '../../schedule/words.ts';
import { type Desk, type Form, readNo } from './parts.ts';
import { cronOf, quarterlyCron, readWeekly, sayRule } from './rule-words.ts';

/** How long a plan near one that doesn't fit is looked for, ms of work: others wait meanwhile. */
export const LOOK_WITHIN = 300;

export const DAY_RULES: Readonly<Record<DayRule, string>> = {
  all: '照发',
  'skip-holidays': '法定节假日不发',
  'workdays-only': '只在工作日发',
  'move-to-next-workday': '放假就挪到上班那天',
};

/** What comes again and again beside lessons, each with what it is made of. */
export const STANDING: Readonly<Record<string, { readonly name: string; readonly note: string }>> = {
  'brief:day': { name: '电商动态', note: '当天留下来、审过的；没有新的就不发' },
  'brief:week': { name: '一周电商动态', note: '一周里留下来、审过的' },
  'digest:day': { name: '今日学习简报', note: '当天学了什么、多少人学；有人学就配一张图' },
  'digest:week': { name: '一周学习简报', note: '文字加一张图，讲刚过完的一周' },
  'digest:month': { name: '一月学习简报', note: '每月一次，按选的那天是几号；讲刚过完的一个月' },
  'digest:quarter': {
    name: '一季学习简报',
    note: '一、四、七、十月各一次，按选的那天是几号，最晚 28 号；讲刚过完的一季',
  },
};

/** What goes out once: a lesson, and a piece of information or a notice by its number. */
const isOnce = (what: string): boolean => what.startsWith('lesson:') || what.startsWith('bulletin:');

/** Not on weekdays: the day that was chosen says the date. */
const DATED: readonly string[] = ['digest:month', 'digest:quarter'];
/** Every quarter's first month has it. */
const LAST_DATE = 28;

export interface Asked {
  /** `lesson:ID`, `course:NAME`, `bulletin:NO` or one of `STANDING`; empty while nothing is chosen. */
  readonly what: string;
  readonly day: string;
  readonly time: string;
  readonly groups: readonly string[];
  /** 1 for Monday: on which days a course goes on. */
  readonly weekdays: readonly number[];
  readonly days: DayRule;
  readonly close: string;
}

export function readAsked({ get, all }: Form): Asked {
  const days = Object.keys(DAY_RULES).find((one): one is DayRule => one === get('days')) ?? 'all';
  return {
    what: get('what'),
    day: get('day'),
    time: get('time'),
    groups: all('group'),
    weekdays: all('weekday')
      .map(Number)
      .filter((no) => no >= 1 && no <= 7),
    days,
    close: get('close') || '1d',
  };
}

export type Fit =
  | {
      readonly kind: 'fits';
      readonly added: NewSchedule;
      readonly first: number;
      readonly notes: readonly string[];
    }
  /** Something is still open. */
  | { readonly kind: 'open'; readonly words: string }
  | {
      readonly kind: 'misfit';
      readonly words: string;
      readonly nearest?: { readonly say: string; readonly at: string };
    };

export const plannedOf = ({ day, what }: Asked): Planned => ({ day, repeats: !isOnce(what) });

/** What was pressed of a nearest plan: a day with its time, and weekdays where it repeats. */
export function readTaken(
  text: string,
): { readonly day: string; readonly time: string; readonly weekdays: readonly number[] } | undefined {
  const [, day, time, list] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?:\/([1-7](?:,[1-7])*))?$/.exec(text) ?? [];
  if (day === undefined || time === undefined) return undefined;
  return { day, time, weekdays: list === undefined ? [] : list.split(',').map(Number) };
}

/** Writes nothing. */
export async function tryPlan(desk: Desk, asked: Asked): Promise<Fit> {
  const { db, actor, now, config, site, zone } = desk;
  const { lessons } = site.catalogue();
  const own = await listOwnGroups(db, actor);
  const groups = own.filter(({ key }) => asked.groups.includes(key));
  if (asked.what === '') return open('先选一课。');
  if (groups.length < asked.groups.length) return open('有的群现在不归您管或停用了，请重新选群。');
  if (groups.length === 0) return open('再选发到哪些群。');
  const at = parseInstant(`${asked.day}T${asked.time}`, zone);
  if (at === undefined) return open('日期或时间没有写完整。');
  const content = await readContent(desk, asked, at, groups, lessons);
  if ('problem' in content) return open(content.problem);
  if (isOnce(asked.what) && at <= now) return misfit(`${sayInstant(at, now, zone)} 已经过了。`);
  const added: NewSchedule = {
    kind: content.kind,
    content: content.id,
    groups: content.groups,
    when: whenOf(asked, at, zone),
    zone,
    closeAfter: parseDuration(asked.close) ?? DEFAULT_CLOSE_AFTER,
    days: asked.days,
  };
  try {
    const { planned } = await fitPlan(db, config, lessons, added, actor.who, now, LOOK_WITHIN);
    const first = planned.schedule.next_at ?? at;
    // A holiday may have moved it.
    const moved = first === at ? content : await readContent(desk, asked, first, groups, lessons);
    if ('problem' in moved) return misfit(moved.problem);
    return { kind: 'fits', added, first, notes: [...content.notes, ...holidayNotes(first, asked, zone)] };
  } catch (error) {
    return whyNot(error, plannedOf(asked), desk);
  }
}

const open = (words: string): Fit => ({ kind: 'open', words });
const misfit = (words: string): Fit => ({ kind: 'misfit', words });

/** What was to be planned, as far as another plan in its place depends on it. */
export interface Planned {
  /** The day that the form shows; a month's plan comes on its date. */
  readonly day: string;
  readonly repeats: boolean;
}

/** A refusal in words, with the nearest plan where it is one that the form can take. */
export function whyNot(error: unknown, planned: Planned, { now, config, zone }: Desk): Fit {
  if (error instanceof MisfitError) {
    const words = sayMisfit(error.misfit, { now, config });
    const nearest = error.nearest && nearby(error.nearest, planned, now, zone);
    return { kind: 'misfit', words, ...(nearest ? { nearest } : {}) };
  }
  if (error instanceof UserError) return misfit('这个时间轮不到，排不了。换一天，或者把放假怎么办改成照发。');
  throw error;
}

/** In the form's terms; nothing for what the form can't say, such as a plan for once in place of one that repeats. */
function nearby(
  times: Times,
  { day, repeats }: Planned,
  now: number,
  zone: string,
): { readonly say: string; readonly at: string } | undefined {
  const say = sayRule(times, now, zone);
  if (times.at !== null)
    return repeats ? undefined : { say, at: `${localDay(times.at, zone)}T${localTime(times.at, zone)}` };
  const weekly = times.cron === null ? undefined : readWeekly(times.cron);
  if (weekly) return { say, at: `${day}T${weekly.time}/${weekly.weekdays.join(',')}` };
  const [, date, time] = /^(\d+) (\d\d:\d\d)$/.exec(times.monthly ?? '') ?? [];
  if (date === undefined || time === undefined) return undefined;
  return { say, at: `${day.slice(0, 8)}${date.padStart(2, '0')}T${time}` };
}

/** A lesson or a notice once, a month's and a quarter's digest on that day of the month, all else on the weekdays. */
function whenOf(asked: Asked, at: number, zone: string): NewSchedule['when'] {
  if (isOnce(asked.what)) return { at };
  const [date, time] = [Number(asked.day.slice(8)), localTime(at, zone)];
  if (asked.what === 'digest:quarter') return { cron: quarterlyCron(Math.min(LAST_DATE, date), time) };
  if (asked.what === 'digest:month') return { monthly: `${date} ${time}` };
  return { cron: cronOf(asked.weekdays, time) };
}

interface Known {
  readonly kind: ScheduleKind;
  readonly id: string;
  readonly groups: readonly Group[];
  readonly notes: readonly string[];
}

/** The kept piece of party-building information or notice that `bulletin:NO` names. */
export async function findBulletin({ db, actor, now }: Desk, what: string): Promise<DeskItem | undefined> {
  const no = readNo(/^bulletin:(\d+)$/.exec(what)?.[1]);
  if (no === 0) return undefined;
  const item = await findDeskItem(db, no, now, await lineageFor(db, actor));
  return item && item.kind !== 'news' && (item.state === 'kept' || item.state === 'sent') ? item : undefined;
}

const LEFT_OUT: Readonly<Record<WhyNot, string>> = {
  gone: '收不到这一条',
  example: '不在沙盒里，示例不往里发',
  had: '已经发过这一条，不再发',
  'not-kept': '那里没有留用这一条，不发',
  expired: '到那时已经过期，不发',
};

/** Groups that would not get it are left out, and named; what is over by then isn't planned. */
async function readBulletin(
  { db, now, zone }: Desk,
  { id, expires_at: end }: DeskItem,
  groups: readonly Group[],
  at: number,
): Promise<Known | { readonly problem: string }> {
  if (at >= end)
    return { problem: `这一条 ${sayInstant(end, now, zone)} 就过期了，过期不再发。请排在那之前。` };
  const taken: Group[] = [];
  const notes: string[] = [];
  for (const group of groups) {
    const why = await whyNotTo(db, id, group, Math.max(at, now));
    if (why === undefined) taken.push(group);
    else notes.push(`${group.topic || group.key}${LEFT_OUT[why]}。`);
  }
  return taken.length === 0 ? { problem: notes.join('') } : { kind: 'bulletin', id, groups: taken, notes };
}

/** What groups have had they don't get again: they are left out, and named. */
async function readContent(
  desk: Desk,
  { what, weekdays }: Asked,
  at: number,
  groups: readonly Group[],
  lessons: readonly Lesson[],
): Promise<Known | { readonly problem: string }> {
  const [kind, ...rest] = what.split(':');
  const id = rest.join(':');
  const { db, now, zone } = desk;
  if (kind === 'bulletin') {
    const item = await findBulletin(desk, what);
    return item
      ? await readBulletin(desk, item, groups, at)
      : { problem: '这一条现在不能发：先在 动态 里留用。' };
  }
  if (Object.hasOwn(STANDING, what) && (kind === 'brief' || kind === 'digest'))
    return weekdays.length === 0 && !DATED.includes(what)
      ? { problem: '每周哪几天发？至少选一天。' }
      : { kind, id, groups, notes: [] };
  const isCourse = kind === 'course';
  const lesson = lessons.find((one) => one.id === id);
  const course = isCourse ? lessonsOfCourse(lessons, id) : [];
  if (isCourse ? course.length === 0 : !lesson) return { problem: '这一课现在不能发，请换一课。' };
  if (isCourse && weekdays.length === 0) return { problem: '课程每周哪几天发？至少选一天。' };
  const left: Group[] = [];
  const had: string[] = [];
  for (const group of groups) {
    const taught = await taughtTo(db, group.id);
    const isLeft =
      lesson && !isCourse ? !taught.hashes.has(lesson.hash) : course.some((one) => !taught.ids.has(one.id));
    if (isLeft) left.push(group);
    else had.push(group.topic || group.key);
  }
  const name = isCourse ? `课程《${id}》` : `《${lesson?.title ?? id}》`;
  if (left.length === 0) return { problem: `${had.join('、')}已经学过${name}，不会再发。` };
  const ahead = isCourse
    ? undefined
    : await lessonsAhead(
        db,
        left.map((group) => group.id),
      );
  const twice = left.flatMap((group) => {
    const at = ahead?.get(group.id)?.get(id);
    return at === undefined
      ? []
      : [`${group.topic || group.key} 已经排在 ${sayInstant(at, now, zone)}，先到的发，不会发两遍。`];
  });
  const notes = had.length > 0 ? [`${had.join('、')}已经学过，不再发。`] : [];
  return { kind: isCourse ? 'course' : 'lesson', id, groups: left, notes: [...notes, ...twice] };
}

export function holidayNotes(first: number, { days }: Pick<Asked, 'days'>, zone: string): string[] {
  const day = dayOfWall(wallOf(first, zone));
  const holiday = holidayOn(day);
  if (holiday !== undefined && days === 'all') return [`那天是${holiday}放假，会照发。`];
  return [];
}

/** `国庆节`, `调休上班`, or nothing. */
export function sayHoliday(day: string): { readonly name: string; readonly isOff: boolean } | undefined {
  const number = dayOfWall(Date.parse(`${day}T00:00:00Z`));
  const holiday = holidayOn(number);
  if (holiday !== undefined) return { name: holiday, isOff: true };
  return weekdayOf(number) >= 6 && isWorkday(number) ? { name: '调休上班', isOff: false } : undefined;
}

/** What to know though it is scheduled. */
export function warningWords(warning: Warning): string {
  switch (warning.kind) {
    case 'unpublished':
      return `${warning.year} 年的放假安排还没公布，先只认周末。`;
    case 'disabled':
      return `${warning.groups.join('、')} 还没有启用，收不到。`;
    case 'unserved':
      return `账号 ${warning.accounts.join('、')} 没有连着，没人去发。`;
    case 'short-months':
      return `没有 ${warning.day} 号的月份就不发。`;
    case 'few-fifths':
      return '没有第五个的月份就不发。';
    case 'untold':
      return '错过的不会在简报里说。';
    case 'key-at-night':
      return `小测夜里截止，答案等到 ${localTime(warning.until, warning.zone)} 再公布。`;
  }
}

/** The same time of day, so many days away; or some minutes away. */
export const shifted = (at: number, { days = 0, minutes = 0 }, zone: string): number =>
  instantOfWall(wallOf(at, zone) + days * 86_400_000 + minutes * 60_000, zone);
