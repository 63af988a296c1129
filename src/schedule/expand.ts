/** What schedules will send, as a pure rule: which group gets which lesson at which hour, a course moving on from one to the next. */
import type { ScheduleKind } from '../db/tables.ts';
import type { Lesson } from '../lessons/lesson.ts';
import type { Group } from '../people/groups.ts';
import { countMessages } from './measure.ts';
import type { Schedule } from './schedules.ts';
import type { Due } from './simulate.ts';
import { lessonsOfCourse } from './syllabus.ts';
import { firingsBetween, timetableOf } from './timetable.ts';

export interface ScheduledFor {
  readonly schedule: Schedule;
  /** Those that are enabled. */
  readonly groups: readonly Group[];
}

/** What a group has had or is about to have. */
export interface Taught {
  readonly ids: ReadonlySet<string>;
  readonly hashes: ReadonlySet<string>;
}

export interface Outlook {
  readonly schedules: readonly ScheduledFor[];
  readonly lessons: readonly Lesson[];
  readonly taught: (groupId: string) => Taught;
  /** Whether a group's digest comes with a picture. */
  readonly pictured: (groupId: string, content: string) => boolean;
}

export interface Send {
  readonly schedule: Schedule;
  /** The nominal time, ms. */
  readonly nominalAt: number;
  readonly group: Group;
  readonly kind: ScheduleKind;
  /** The lesson's id, what a digest or brief covers, a bulletin's item. */
  readonly content: string;
  readonly title: string;
  /** Absent for what is no lesson. */
  readonly lesson?: Lesson;
  /** Of a digest that comes with one, where there is anything to draw. */
  readonly picture?: true;
}

/** A look ahead that has so many sends is cut off there. */
export const MOST_SENDS = 20_000;

/** Every send until `until`, in order of hour, then of schedule, then of group. */
export function expandSends({ schedules, lessons, taught, pictured }: Outlook, until: number): Send[] {
  const firings: { at: number; planned: ScheduledFor }[] = [];
  for (const planned of schedules) {
    const { next_at: nextAt } = planned.schedule;
    if (nextAt === null || nextAt > until || planned.groups.length === 0) continue;
    firings.push({ at: nextAt, planned });
    for (const at of firingsBetween(timetableOf(planned.schedule), nextAt, until))
      firings.push({ at, planned });
  }
  firings.sort((a, b) => a.at - b.at || a.planned.schedule.no - b.planned.schedule.no);

  const had = new Map<string, { ids: Set<string>; hashes: Set<string> }>();
  const hadBy = (groupId: string) => {
    const known = had.get(groupId);
    if (known) return known;
    const before = taught(groupId);
    const own = { ids: new Set(before.ids), hashes: new Set(before.hashes) };
    had.set(groupId, own);
    return own;
  };
  const courses = new Map<string, Lesson[]>();
  const courseOf = (name: string) => {
    const known = courses.get(name) ?? lessonsOfCourse(lessons, name);
    courses.set(name, known);
    return known;
  };
  const byId = new Map(lessons.map((lesson) => [lesson.id, lesson]));

  const sends: Send[] = [];
  for (const { at: nominalAt, planned } of firings) {
    const { schedule, groups } = planned;
    for (const group of groups) {
      if (sends.length >= MOST_SENDS) return sends;
      const send = { schedule, nominalAt, group, kind: schedule.kind };
      if (schedule.kind !== 'lesson' && schedule.kind !== 'course') {
        const hasPicture = schedule.kind === 'digest' && pictured(group.id, schedule.content);
        sends.push({
          ...send,
          content: schedule.content,
          title: titleOf(schedule),
          ...(hasPicture ? { picture: true } : {}),
        });
        continue;
      }
      const known = hadBy(group.id);
      const lesson =
        schedule.kind === 'course'
          ? courseOf(schedule.content).find(({ id }) => !known.ids.has(id))
          : byId.get(schedule.content);
      if (!lesson) continue;
      if (schedule.kind === 'lesson' && schedule.again === 0 && known.hashes.has(lesson.hash)) continue;
      known.ids.add(lesson.id);
      known.hashes.add(lesson.hash);
      sends.push({ ...send, content: lesson.id, title: lesson.title, lesson });
    }
  }
  return sends;
}

const SPANS: Readonly<Record<string, string>> = { day: '今日', week: '一周', month: '一月', quarter: '一季' };

/** What a schedule that brings no lesson is called. */
export function titleOf({ kind, content }: Pick<Schedule, 'kind' | 'content'>): string {
  if (kind === 'bulletin') return '党建信息、通知';
  return `${SPANS[content] ?? ''}${kind === 'brief' ? '电商动态' : '学习简报'}`;
}

/** A digest's words and its picture. */
const WITH_PICTURE = 2;

/** A send as the account has to work it off. */
export function dueOf(send: Send): Due<Send> {
  const { schedule, lesson } = send;
  const hasQuiz = lesson !== undefined && lesson.questions.length > 0;
  return {
    what: send,
    groupId: send.group.id,
    kind: send.kind === 'course' ? 'lesson' : send.kind,
    at: send.nominalAt,
    messages: send.picture ? WITH_PICTURE : countMessages(lesson),
    ...(hasQuiz ? { keyAfter: schedule.close_after } : {}),
  };
}
