/** What will be sent when, without doing it. */
import type { Db } from '../db/open.ts';
import type { Lesson } from '../lessons/lesson.ts';
import type { Group } from '../people/groups.ts';
import { timesBetween } from './cron.ts';
import { groupsOf, listSchedules, type Schedule } from './schedules.ts';
import { lessonsOfCourse, taughtTo } from './syllabus.ts';

export interface PreviewedSend {
  /** The nominal time, ms. */
  readonly at: number;
  readonly group: Group;
  readonly kind: Schedule['kind'];
  /** The lesson's id, or what the digest covers. */
  readonly content: string;
  readonly title: string;
}

const MOST = 1_000;

/** Every send from now until `until`, in order; a course moves on from one to the next. */
export async function previewSends(
  db: Db,
  lessons: readonly Lesson[],
  now: number,
  until: number,
): Promise<PreviewedSend[]> {
  const taught = new Map<string, Set<string>>();
  const taughtIn = async (groupId: string) => {
    const known = taught.get(groupId) ?? (await taughtTo(db, groupId)).ids;
    taught.set(groupId, known);
    return known;
  };
  const firings: { at: number; schedule: Schedule }[] = [];
  for (const schedule of await listSchedules(db)) {
    if (schedule.next_at === null || schedule.next_at > until) continue;
    firings.push({ at: schedule.next_at, schedule });
    if (schedule.cron === null) continue;
    for (const at of timesBetween(schedule.cron, schedule.zone, Math.max(now, schedule.next_at), until, MOST))
      firings.push({ at, schedule });
  }
  firings.sort((a, b) => a.at - b.at || a.schedule.no - b.schedule.no);

  const sends: PreviewedSend[] = [];
  for (const { at, schedule } of firings.slice(0, MOST))
    for (const group of await groupsOf(db, schedule)) {
      if (group.enabled === 0) continue;
      const planned = { at, group, kind: schedule.kind };
      if (schedule.kind === 'digest') {
        sends.push({ ...planned, content: schedule.content, title: '今日学习简报' });
        continue;
      }
      const had = await taughtIn(group.id);
      const candidates =
        schedule.kind === 'course'
          ? lessonsOfCourse(lessons, schedule.content)
          : lessons.filter(({ id }) => id === schedule.content);
      const lesson = candidates.find(({ id }) => !had.has(id));
      if (!lesson) continue;
      had.add(lesson.id);
      sends.push({ ...planned, content: lesson.id, title: lesson.title });
    }
  return sends;
}
