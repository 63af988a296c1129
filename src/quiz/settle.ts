/** Works out the points of the days that are due, from their facts. What no longer holds is voided, never changed. */
import { absencesOf, listCheckinDays } from '../checkin/checkins.ts';
import { streakWith } from '../checkin/streak.ts';
import { addDays, localDay, startOfDay } from '../clock.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { listPolicies } from '../people/policies.ts';
import { POLICIES, type PolicyName } from '../people/policy-names.ts';
import { type Award, awardDay, type DayFacts, type PointRules } from './points.ts';
import type { PointDay } from './points-due.ts';
import { lessonOf } from './windows.ts';

const BATCH = 200;

/** Settles what is due, all of it or that of some groups only. Gives how many days that were. */
export async function settlePoints(
  db: Db,
  zone: string,
  now: number,
  groupIds?: readonly string[],
): Promise<number> {
  let settled = 0;
  if (groupIds?.length === 0) return settled;
  for (;;) {
    const due = await db
      .selectFrom('point_due')
      .selectAll()
      .$if(groupIds !== undefined, (query) => query.where('group_id', 'in', [...(groupIds ?? [])]))
      .orderBy('group_id')
      .orderBy('member_id')
      .orderBy('day')
      .limit(BATCH)
      .execute();
    const rules = new Map<string, PointRules>();
    for (const row of due) {
      const known = rules.get(row.group_id) ?? (await readRules(db, row.group_id));
      rules.set(row.group_id, known);
      const day = { groupId: row.group_id, memberId: row.member_id, day: row.day };
      await inTransaction(db, (trx) => settleDay(trx, day, known, zone, now));
    }
    settled += due.length;
    if (due.length < BATCH) return settled;
  }
}

/** The rules as they hold in a group. */
export async function readRules(db: Db, groupId: string): Promise<PointRules> {
  const set = new Map((await listPolicies(db, { groupId })).map(({ name, value }) => [name, value]));
  const read = (name: PolicyName) => Number(set.get(name) ?? POLICIES[name].fallback);
  return {
    lesson: read('point-lesson'),
    right: read('point-right'),
    checkin: read('point-checkin'),
    streak: read('point-streak'),
    streakDays: read('point-streak-days'),
    makeup: read('point-makeup'),
    dayCap: read('point-day-cap'),
  };
}

async function settleDay(
  trx: Db,
  due: PointDay,
  rules: PointRules,
  zone: string,
  now: number,
): Promise<void> {
  const mine = await trx
    .deleteFrom('point_due')
    .where('group_id', '=', due.groupId)
    .where('member_id', '=', due.memberId)
    .where('day', '=', due.day)
    .returning('day')
    .executeTakeFirst();
  if (!mine) return;
  const awards = awardDay(await readFacts(trx, due, zone), rules);
  const open = await trx
    .selectFrom('point')
    .select(['id', 'rule', 'fact', 'tenths', 'day', 'group_id'])
    .where('member_id', '=', due.memberId)
    .where('voided_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb.and([eb('group_id', '=', due.groupId), eb('day', '=', due.day)]),
        // A quiz that was finished on another day after all.
        ...awards.map(({ rule, fact }) => eb.and([eb('rule', '=', rule), eb('fact', '=', fact)])),
      ]),
    )
    .execute();
  const isSame = (award: Award, row: (typeof open)[number]) =>
    row.rule === award.rule &&
    row.fact === award.fact &&
    row.tenths === award.tenths &&
    row.day === due.day &&
    row.group_id === due.groupId;
  const wrong = open.filter((row) => !awards.some((award) => isSame(award, row)));
  if (wrong.length > 0)
    await trx
      .updateTable('point')
      .set({ voided_at: now })
      .where(
        'id',
        'in',
        wrong.map(({ id }) => id),
      )
      .execute();
  const fresh = awards.filter((award) => !open.some((row) => isSame(award, row)));
  if (fresh.length > 0)
    await trx
      .insertInto('point')
      .values(
        fresh.map(({ rule, fact, tenths }) => ({
          id: newId(),
          member_id: due.memberId,
          group_id: due.groupId,
          day: due.day,
          rule,
          fact,
          tenths,
          at: now,
          voided_at: null,
        })),
      )
      .execute();
}

/** What counts of a member's day in a group. */
async function readFacts(trx: Db, { groupId, memberId, day }: PointDay, zone: string): Promise<DayFacts> {
  const [from, to] = [startOfDay(day, zone), startOfDay(addDays(day, 1), zone)];
  const answers = await trx
    .selectFrom('answer')
    .innerJoin('quiz_window', 'quiz_window.id', 'answer.window_id')
    .select(['answer.id', 'answer.window_id', 'answer.score', 'answer.makeup', 'quiz_window.closed_at'])
    .where('answer.member_id', '=', memberId)
    .where('answer.group_id', '=', groupId)
    .where('answer.written_at', '>=', from)
    .where('answer.written_at', '<', to)
    .where('answer.counted', '=', 1)
    .orderBy('answer.written_at')
    .orderBy('answer.id')
    .execute();
  const lessons: { windowId: string; makeup: boolean }[] = [];
  for (const windowId of new Set(answers.map((answer) => answer.window_id))) {
    const finished = await finishedOn(trx, windowId, memberId, zone);
    if (finished?.day === day) lessons.push({ windowId, makeup: finished.makeup });
  }
  const checkin = await trx
    .selectFrom('checkin')
    .select(['id', 'makeup'])
    .where('member_id', '=', memberId)
    .where('group_id', '=', groupId)
    .where('day', '=', day)
    .where('counted', '=', 1)
    .executeTakeFirst();
  const streak = checkin
    ? streakWith(await listCheckinDays(trx, memberId, day), day, await absencesOf(trx, memberId, day))
    : 0;
  return {
    lessons,
    // Points for what is right, seen before the quiz closes, would tell what is right.
    answers: answers
      .filter(({ closed_at: closedAt }) => closedAt !== null)
      .map(({ id, score, makeup }) => ({ id, score, makeup: makeup === 1 })),
    ...(checkin ? { checkin: { id: checkin.id, makeup: checkin.makeup === 1, streak } } : {}),
  };
}

/** The day on which a member had answered every question of a window, if they have; whether any of it made up. */
async function finishedOn(
  trx: Db,
  windowId: string,
  memberId: string,
  zone: string,
): Promise<{ day: string; makeup: boolean } | undefined> {
  const window = await trx
    .selectFrom('quiz_window')
    .selectAll()
    .where('id', '=', windowId)
    .executeTakeFirstOrThrow();
  const asked = (await lessonOf(trx, window))?.questions.length ?? 0;
  const counted = await trx
    .selectFrom('answer')
    .select(['written_at', 'makeup'])
    .where('window_id', '=', windowId)
    .where('member_id', '=', memberId)
    .where('counted', '=', 1)
    .execute();
  if (asked === 0 || counted.length < asked) return undefined;
  const last = Math.max(...counted.map((answer) => answer.written_at));
  return { day: localDay(last, zone), makeup: counted.some((answer) => answer.makeup === 1) };
}
