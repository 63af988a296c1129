/**
 * Turns schedules that have come due into occurrences and planned deliveries, in one transaction per
 * occurrence. Nothing about a schedule lives in memory, and only this file moves `next_at` on. Every hour that
 * was missed is an occurrence with a delivery per group that says what became of it.
 */
import { localDay } from '../clock.ts';
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { DeliveryKind } from '../db/tables.ts';
import { noteFolded } from '../delivery/folded.ts';
import { findRehearsal, HELD, holdUnseen, WITHDRAWN } from '../delivery/rehearsals.ts';
import { isSpanKind, periodOf, spanOfDigest } from '../digest/spans.ts';
import { type NewDelivery, planDeliveries } from '../delivery/ledger.ts';
import type { Lesson } from '../lessons/lesson.ts';
import type { Group } from '../people/groups.ts';
import { readPolicy } from '../people/policies.ts';
import { type Fate, fatesOf } from './misfire.ts';
import { groupsOf, type Schedule } from './schedules.ts';
import type { Taught } from './expand.ts';
import { nextOrdinals, pickLesson, taughtToEach } from './syllabus.ts';
import { asksCalendar, firingsBetween, nextFiring, timetableOf } from './timetable.ts';

/** As many missed hours of one schedule get an occurrence each, the latest ones; older ones share an audit row. */
export const MOST_MISSED = 500;

/** Plans everything whose time has come. Gives how many deliveries are new. */
export async function planDue(db: Db, lessons: readonly Lesson[], now: number): Promise<number> {
  const due = await db
    .selectFrom('schedule')
    .selectAll()
    .where('removed_at', 'is', null)
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .orderBy('no')
    .execute();
  let planned = 0;
  for (const schedule of due) planned += await planSchedule(db, schedule, lessons, now);
  return planned;
}

/**
 * Looks again at schedules that ask for holidays: a later version of us may know a year that wasn't published
 * when they were last looked at. A working day that became known is fired on, a holiday is left out.
 */
export async function rereadCalendar(db: Db, now: number): Promise<void> {
  const schedules = await db.selectFrom('schedule').selectAll().where('removed_at', 'is', null).execute();
  for (const schedule of schedules) {
    const table = timetableOf(schedule);
    if (schedule.at !== null || !asksCalendar(table)) continue;
    const { last } = await db
      .selectFrom('occurrence')
      .select(({ fn }) => fn.max('nominal_at').as('last'))
      .where('schedule_id', '=', schedule.id)
      .executeTakeFirstOrThrow();
    const missed = schedule.next_at ?? now;
    const after = Math.min(now, missed - 1, Math.max(last ?? 0, schedule.created_at));
    const nextAt = nextFiring(table, after) ?? null;
    if (nextAt === schedule.next_at) continue;
    await moveOn(db, schedule, schedule.next_at, nextAt);
  }
}

async function planSchedule(
  db: Db,
  schedule: Schedule,
  lessons: readonly Lesson[],
  now: number,
): Promise<number> {
  const firings = dueFirings(schedule, now);
  const after = nextFiring(timetableOf(schedule), now) ?? null;
  const kept = firings.slice(-MOST_MISSED);
  const [first = after] = kept;
  if (first !== schedule.next_at) {
    const dropped = firings.slice(0, -MOST_MISSED);
    if (!(await passOver(db, schedule, first, dropped, now))) return 0;
  }
  const fates = fatesOf(kept, now, schedule);
  let planned = 0;
  for (const [index, nominalAt] of kept.entries()) {
    const nextAt = kept[index + 1] ?? after;
    const fate = fates[index] ?? { kind: 'send' };
    const count = await planOccurrence(db, schedule, { nominalAt, nextAt, fate }, lessons, now);
    // Somebody else plans this schedule, or removed it.
    if (count === undefined) break;
    planned += count;
  }
  return planned;
}

/** The firings that have come. What was written down counts, unless the calendar of holidays says otherwise by now. */
function dueFirings(schedule: Schedule, now: number): number[] {
  const from = schedule.next_at ?? now;
  const table = timetableOf(schedule);
  const firings = firingsBetween(table, from - 1, now);
  return asksCalendar(table) || firings[0] === from ? firings : [from, ...firings];
}

/** Moves `next_at` on when it is still at `from` and the schedule is there. Says whether it was. */
async function moveOn(db: Db, schedule: Schedule, from: number | null, to: number | null): Promise<boolean> {
  const moved = await db
    .updateTable('schedule')
    .set({ next_at: to })
    .where('id', '=', schedule.id)
    .where('next_at', from === null ? 'is' : '=', from)
    .where('removed_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return moved !== undefined;
}

/** Goes on to `first` without occurrences; what that leaves out is on record. */
async function passOver(
  db: Db,
  schedule: Schedule,
  first: number | null,
  dropped: readonly number[],
  now: number,
): Promise<boolean> {
  const [from] = dropped;
  const left =
    from === undefined
      ? { what: 'schedule.holiday', after: { at: schedule.next_at, next: first } }
      : { what: 'schedule.missed', after: { count: dropped.length, from, to: dropped.at(-1) } };
  return await inTransaction(db, async (trx) => {
    if (!(await moveOn(trx, schedule, schedule.next_at, first))) return false;
    await appendAudit(trx, { at: now, who: 'planner', subject: schedule.id, ...left });
    return true;
  });
}

/**
 * Plans the next firing of a schedule before its hour, to be sent at once: somebody who may has said so. Gives how
 * many deliveries are new, or `undefined` when that firing isn't the next one any more.
 */
export async function planEarly(
  db: Db,
  schedule: Schedule,
  lessons: readonly Lesson[],
  now: number,
): Promise<number | undefined> {
  const nominalAt = schedule.next_at;
  if (nominalAt === null) return undefined;
  return await inTransaction(db, async (trx) => {
    const nextAt = nextFiring(timetableOf(schedule), nominalAt) ?? null;
    const firing: Firing = { nominalAt, nextAt, fate: { kind: 'send' } };
    const planned = await planOccurrence(trx, schedule, firing, lessons, now);
    if (planned === undefined) return undefined;
    const occurrence = trx
      .selectFrom('occurrence')
      .select('id')
      .where('schedule_id', '=', schedule.id)
      .where('nominal_at', '=', nominalAt);
    await trx
      .updateTable('delivery')
      .set({ due_at: now })
      .where('occurrence_id', 'in', occurrence)
      .where('state', '=', 'planned')
      .execute();
    return planned;
  });
}

interface Firing {
  readonly nominalAt: number;
  /** The firing after it. */
  readonly nextAt: number | null;
  readonly fate: Fate;
}

/** Gives how many deliveries are new, or `undefined` when this firing wasn't ours to plan. */
async function planOccurrence(
  db: Db,
  schedule: Schedule,
  firing: Firing,
  lessons: readonly Lesson[],
  now: number,
): Promise<number | undefined> {
  const { nominalAt, nextAt } = firing;
  return await inTransaction(db, async (trx) => {
    if (!(await moveOn(trx, schedule, nominalAt, nextAt))) return undefined;
    const occurrence = await trx
      .insertInto('occurrence')
      .values({ id: newId(), schedule_id: schedule.id, nominal_at: nominalAt, created_at: now })
      .onConflict((conflict) => conflict.columns(['schedule_id', 'nominal_at']).doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!occurrence) return 0;
    const groups = await groupsOf(trx, schedule);
    const past = await readPast(trx, schedule, groups);
    const plans: GroupPlan[] = [];
    for (const group of groups)
      plans.push(await planFor(trx, schedule, occurrence.id, firing, { group, past, lessons }, now));
    const ids = await planDeliveries(
      trx,
      plans.map(({ delivery }) => delivery),
      now,
    );
    const folded = plans.flatMap(({ delivery, foldedTitle }, index) => {
      const id = ids[index];
      if (foldedTitle === undefined || id === undefined) return [];
      const groupId = delivery.groupId ?? '';
      return [{ delivery_id: id, group_id: groupId, title: foldedTitle, nominal_at: nominalAt }];
    });
    await noteFolded(trx, folded);
    return ids.length;
  });
}

/** What groups have had of what a schedule brings, read for all of them at once. */
interface Past {
  readonly taught: (groupId: string) => Taught;
  readonly ordinal: (groupId: string) => number;
}

async function readPast(trx: Db, schedule: Schedule, groups: readonly Group[]): Promise<Past> {
  const ids = groups.map(({ id }) => id);
  const kind = kindOf(schedule);
  return {
    taught: await taughtToEach(trx, kind === 'lesson' ? ids : []),
    ordinal: await nextOrdinals(trx, ids, kind),
  };
}

const kindOf = ({ kind }: Schedule): DeliveryKind => (kind === 'course' ? 'lesson' : kind);

/** A digest of its span, as its author has decided since it was shown to them. */
async function planDigest(
  trx: Db,
  schedule: Schedule,
  plan: NewDelivery,
  { group, past }: Place,
  now: number,
): Promise<NewDelivery> {
  const { plannedAt: nominalAt } = plan;
  const firing = { scheduleId: schedule.id, nominalAt };
  const rehearsal =
    (await findRehearsal(trx, firing)) ??
    ((await readPolicy(trx, 'digest-rehearsal', { groupId: group.id })) === 'wait'
      ? await holdUnseen(trx, firing, schedule.created_by, now)
      : undefined);
  if (rehearsal?.state === 'withdrawn') return { ...plan, ended: { state: 'skipped', reason: WITHDRAWN } };
  const kind = isSpanKind(schedule.content) ? schedule.content : 'day';
  const digest = {
    ...plan,
    period: periodOf(spanOfDigest(kind, localDay(nominalAt, schedule.zone))),
    ordinal: past.ordinal(group.id),
  };
  if (rehearsal?.state !== 'held') return digest;
  return { ...digest, held: { reason: HELD, until: nominalAt + (await readPolicy(trx, 'held-expiry')) } };
}

interface GroupPlan {
  readonly delivery: NewDelivery;
  /** The lesson's title, when the group's next digest is to tell of it. */
  readonly foldedTitle?: string;
}

interface Place {
  readonly group: Group;
  readonly past: Past;
  readonly lessons: readonly Lesson[];
}

async function planFor(
  trx: Db,
  schedule: Schedule,
  occurrenceId: string,
  { nominalAt, fate }: Firing,
  place: Place,
  now: number,
): Promise<GroupPlan> {
  const { group, past, lessons } = place;
  const plan: NewDelivery = {
    cause: `${occurrenceId}:${group.id}`,
    kind: kindOf(schedule),
    account: group.account,
    groupId: group.id,
    occurrenceId,
    content: schedule.content,
    closeAfter: schedule.close_after,
    plannedAt: nominalAt,
    again: schedule.again === 1,
  };
  const skipped = (reason: string): NewDelivery => ({ ...plan, ended: { state: 'skipped', reason } });
  if (group.enabled === 0) return { delivery: skipped('这个群没有启用') };
  if (group.state !== 'ok') return { delivery: skipped('账号重新登录后还没认出这个群，先不发') };
  if (fate.kind === 'expired' || fate.kind === 'skipped')
    return { delivery: { ...plan, ended: { state: fate.kind, reason: fate.reason } } };
  if (schedule.kind === 'bulletin') return { delivery: plan };
  if (schedule.kind === 'brief') return { delivery: { ...plan, ordinal: past.ordinal(group.id) } };
  if (schedule.kind === 'digest') return { delivery: await planDigest(trx, schedule, plan, place, now) };
  const picked = await pickLesson(trx, schedule, past.taught(group.id), lessons);
  if ('reason' in picked) {
    const content = picked.lessonId === undefined ? {} : { content: picked.lessonId };
    return { delivery: { ...skipped(picked.reason), ...content } };
  }
  const { id: content, hash, title } = picked;
  if (fate.kind === 'fold')
    return { delivery: { ...skipped(fate.reason), content, hash }, foldedTitle: title };
  return { delivery: { ...plan, content, hash, ordinal: past.ordinal(group.id) } };
}
