/** 课表: the next seven days of one's own groups, with the numbers under which 取消 takes them away. */
import { DAY } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import { type Actor, isInScope, notFound } from '../../people/scope.ts';
import { previewSends } from '../../schedule/preview.ts';
import { groupsOf, removeSchedule, type Schedule } from '../../schedule/schedules.ts';
import { sayInstant } from '../plan/rule.ts';
import { numbersIn } from '../secretary-words.ts';
import { type DeskCommand, forEachNumber } from './desk.ts';

const MOST_LINES = 20;

export const timetable: DeskCommand = async (_rest, { db, actor, config, now, lessons }) => {
  const all = await previewSends(db, config, lessons, now, now + 7 * DAY);
  const sends = all.filter(({ group }) => isInScope(actor, group.unit_id));
  if (sends.length === 0) return '接下来 7 天没有排课。\n发 排课 课名 时间 群 就能排。';
  const lines: { head: string; topics: string[] }[] = [];
  for (const { schedule, nominalAt, title, kind, group } of sends) {
    const name = kind === 'digest' ? title : `《${title}》`;
    const head = `${schedule.no} 号 ${sayInstant(nominalAt, now, config.zone)} ${name}`;
    const same = lines.find((line) => line.head === head);
    if (same) same.topics.push(group.topic);
    else lines.push({ head, topics: [group.topic] });
  }
  const topics = new Set(sends.map(({ group }) => group.id));
  return [
    '【课表】接下来 7 天',
    ...lines
      .slice(0, MOST_LINES)
      .map(({ head, topics: to }) => (topics.size > 1 ? `${head}（${to.join('、')}）` : head)),
    ...(lines.length > MOST_LINES ? [`还有 ${lines.length - MOST_LINES} 条`] : []),
    '要撤就发 取消 编号。',
  ].join('\n');
};

export const cancel: DeskCommand = (rest, { db, actor, now }) =>
  forEachNumber(db, numbersIn(rest), (no) => cancelOne(db, actor, no, now));

const cancelOne = async (db: Db, actor: Actor, no: number, now: number): Promise<string> =>
  (await cancelSchedule(db, actor, no, now)).said;

/** Theirs to take away or to move is what goes to their groups only; what goes to others as well is somebody else's plan. */
export async function mayChange(db: Db, actor: Actor, schedule: Schedule): Promise<boolean> {
  if (actor.units === 'all') return true;
  const groups = await groupsOf(db, schedule);
  return schedule.all_groups === 0 && groups.every(({ unit_id: unitId }) => isInScope(actor, unitId));
}

/** Says what came of it. Throws `NotFoundError` outside the actor's scope. */
export async function cancelSchedule(
  db: Db,
  actor: Actor,
  no: number,
  now: number,
): Promise<{ readonly done: boolean; readonly said: string }> {
  const schedule = await getScopedSchedule(db, actor, no);
  if (!(await mayChange(db, actor, schedule)))
    return { done: false, said: `${no} 号还管着别的群，要请管理员来取消。` };
  await removeSchedule(db, no, actor, now);
  return { done: true, said: `已取消 ${no} 号。已经发出去的不受影响。` };
}

/** A schedule that reaches a group in scope. Throws `NotFoundError`. */
export async function getScopedSchedule(db: Db, actor: Actor, no: number): Promise<Schedule> {
  const schedule = await db
    .selectFrom('schedule')
    .selectAll()
    .where('no', '=', no)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  const groups = schedule ? await groupsOf(db, schedule) : [];
  const isSeen = actor.units === 'all' || groups.some(({ unit_id: unitId }) => isInScope(actor, unitId));
  if (!schedule || !isSeen) throw notFound('schedule', no);
  return schedule;
}
