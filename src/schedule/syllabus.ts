/** Which lesson a group gets: a named one, the next of a course, the next of all. Never the same content twice. */
import type { Db } from '../db/open.ts';
import type { DeliveryKind, ScheduleTable } from '../db/tables.ts';
import { HAD_IT } from '../delivery/ledger.ts';
import { NOT_BROUGHT } from '../delivery/states.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { whyWithheld } from '../lessons/review.ts';
import type { Taught } from './expand.ts';

export type Picked = Lesson | { readonly reason: string; readonly lessonId?: string };

const NOTHING: Taught = { ids: new Set(), hashes: new Set() };

/** What groups have had or are about to have, all of them when none are named. */
export async function taughtToEach(
  db: Db,
  groupIds?: readonly string[],
): Promise<(groupId: string) => Taught> {
  if (groupIds?.length === 0) return () => NOTHING;
  const rows = await db
    .selectFrom('delivery')
    .select(['group_id', 'content', 'hash'])
    .where('kind', '=', 'lesson')
    .where('state', 'not in', [...NOT_BROUGHT])
    .$if(groupIds !== undefined, (query) => query.where('group_id', 'in', [...(groupIds ?? [])]))
    .execute();
  const taught = new Map<string, { ids: Set<string>; hashes: Set<string> }>();
  for (const { group_id: id, content, hash } of rows) {
    const own = taught.get(id ?? '') ?? { ids: new Set(), hashes: new Set() };
    own.ids.add(content);
    own.hashes.add(hash ?? '');
    taught.set(id ?? '', own);
  }
  return (groupId) => taught.get(groupId) ?? NOTHING;
}

export const taughtTo = async (db: Db, groupId: string): Promise<Taught> =>
  (await taughtToEach(db, [groupId]))(groupId);

/** The lesson for a schedule's next firing in a group that has had `taught`, or why there is none. */
export async function pickLesson(
  db: Db,
  schedule: Pick<ScheduleTable, 'kind' | 'content' | 'again'>,
  taught: Taught,
  lessons: readonly Lesson[],
): Promise<Picked> {
  if (schedule.kind === 'course') {
    const course = lessonsOfCourse(lessons, schedule.content);
    if (course.length === 0) return { reason: `课程「${schedule.content}」里没有微课` };
    return (
      course.find((lesson) => !taught.ids.has(lesson.id)) ?? { reason: `课程「${schedule.content}」已经学完` }
    );
  }
  const lesson = lessons.find(({ id }) => id === schedule.content);
  if (!lesson) {
    const why = await whyWithheld(db, schedule.content);
    return { reason: why ?? `微课 ${schedule.content} 已经不在`, lessonId: schedule.content };
  }
  if (schedule.again === 0 && taught.hashes.has(lesson.hash)) return { reason: HAD_IT, lessonId: lesson.id };
  return lesson;
}

/** A course's lessons in their order. */
export const lessonsOfCourse = (lessons: readonly Lesson[], course: string): Lesson[] =>
  lessons.filter((lesson) => lesson.course === course).toSorted((a, b) => a.order - b.order);

/** The first lesson of the catalogue that the group hasn't had. */
export async function nextUntaught(
  db: Db,
  groupId: string,
  lessons: readonly Lesson[],
): Promise<Lesson | undefined> {
  const taught = await taughtTo(db, groupId);
  return lessons.find((lesson) => !taught.ids.has(lesson.id));
}

/** 第 N 课 of a group, or 第 N 期 of its digests: one more than its last. */
export const nextOrdinal = async (db: Db, groupId: string, kind: DeliveryKind = 'lesson'): Promise<number> =>
  (await nextOrdinals(db, [groupId], kind))(groupId);

/** The same of many groups at once. */
export async function nextOrdinals(
  db: Db,
  groupIds: readonly string[],
  kind: DeliveryKind,
): Promise<(groupId: string) => number> {
  if (groupIds.length === 0) return () => 1;
  const rows = await db
    .selectFrom('delivery')
    .select(({ fn }) => ['group_id', fn.max('ordinal').as('last')])
    .where('group_id', 'in', [...groupIds])
    .where('kind', '=', kind)
    .groupBy('group_id')
    .execute();
  const last = new Map(rows.map((row) => [row.group_id, row.last ?? 0]));
  return (groupId) => (last.get(groupId) ?? 0) + 1;
}

/** By group the single lessons that are scheduled for it and not sent yet, each with its hour, ms. */
export async function lessonsAhead(
  db: Db,
  groupIds: readonly string[],
): Promise<Map<string, Map<string, number>>> {
  const ahead = new Map<string, Map<string, number>>();
  if (groupIds.length === 0) return ahead;
  const rows = await db
    .selectFrom('schedule')
    .leftJoin('schedule_group', 'schedule_group.schedule_id', 'schedule.id')
    .select(['schedule.content', 'schedule.next_at', 'schedule.all_groups', 'schedule_group.group_id'])
    .where('schedule.kind', '=', 'lesson')
    .where('schedule.removed_at', 'is', null)
    .where('schedule.next_at', 'is not', null)
    .where((eb) =>
      eb.or([eb('schedule.all_groups', '=', 1), eb('schedule_group.group_id', 'in', [...groupIds])]),
    )
    .execute();
  for (const { content, next_at: at, all_groups: all, group_id: groupId } of rows)
    for (const id of all === 1 ? groupIds : [groupId ?? '']) {
      const own = ahead.get(id) ?? new Map<string, number>();
      own.set(content, Math.min(own.get(content) ?? Infinity, at ?? Infinity));
      ahead.set(id, own);
    }
  return ahead;
}
