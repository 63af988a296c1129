/**
 * The rollups, kept in the transaction of the facts: per window and question, per member and day. Each is
 * counted anew from the facts of its key alone, so that keeping and rebuilding are the same code.
 */
import { addDays, localDay, startOfDay } from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';

/** Counts a window and its questions anew. */
export async function rollUpWindow(trx: Db, windowId: string): Promise<void> {
  const questions = await trx
    .selectFrom('answer')
    .select(({ fn }) => [
      'question',
      fn.countAll<number>().as('answers'),
      fn.sum<number>('correct').as('correct'),
    ])
    .where('window_id', '=', windowId)
    .where('counted', '=', 1)
    .groupBy('question')
    .execute();
  const { members } = await trx
    .selectFrom('answer')
    .select(({ fn }) => fn.count<number>('member_id').distinct().as('members'))
    .where('window_id', '=', windowId)
    .where('counted', '=', 1)
    .executeTakeFirstOrThrow();
  const total = (key: 'answers' | 'correct') => questions.reduce((sum, row) => sum + Number(row[key]), 0);
  const whole = { members: Number(members), answers: total('answers'), correct: total('correct') };
  await trx
    .insertInto('rollup_window')
    .values({ window_id: windowId, ...whole })
    .onConflict((conflict) => conflict.column('window_id').doUpdateSet(whole))
    .execute();
  for (const row of questions) {
    const counts = { answers: Number(row.answers), correct: Number(row.correct) };
    await trx
      .insertInto('rollup_question')
      .values({ window_id: windowId, question: row.question, ...counts })
      .onConflict((conflict) => conflict.columns(['window_id', 'question']).doUpdateSet(counts))
      .execute();
  }
}

export interface MemberDay {
  readonly groupId: string;
  readonly memberId: string;
  /** The local day on which the facts were written. */
  readonly day: string;
}

/** Counts a member's day in a group anew. An answer belongs to the local day on which it was written. */
export async function rollUpMemberDay(
  trx: Db,
  { groupId, memberId, day }: MemberDay,
  zone: string,
): Promise<void> {
  const from = startOfDay(day, zone);
  const to = startOfDay(addDays(day, 1), zone);
  const answers = await trx
    .selectFrom('answer')
    .select(({ fn }) => [fn.countAll<number>().as('answers'), fn.sum<number | null>('correct').as('correct')])
    .where('member_id', '=', memberId)
    .where('written_at', '>=', from)
    .where('written_at', '<', to)
    .where('group_id', '=', groupId)
    .where('counted', '=', 1)
    .executeTakeFirstOrThrow();
  const { checkins } = await trx
    .selectFrom('checkin')
    .select(({ fn }) => fn.countAll<number>().as('checkins'))
    .where('member_id', '=', memberId)
    .where('group_id', '=', groupId)
    .where('day', '=', day)
    .where('counted', '=', 1)
    .executeTakeFirstOrThrow();
  const counts = {
    answers: Number(answers.answers),
    correct: Number(answers.correct ?? 0),
    checkins: Number(checkins),
  };
  await trx
    .insertInto('rollup_member_day')
    .values({ group_id: groupId, day, member_id: memberId, ...counts })
    .onConflict((conflict) => conflict.columns(['group_id', 'day', 'member_id']).doUpdateSet(counts))
    .execute();
}

/** Forgets all rollups and counts them anew from the facts. */
export async function rebuildRollups(db: Db, zone: string): Promise<void> {
  await inTransaction(db, async (trx) => {
    await trx.deleteFrom('rollup_question').execute();
    await trx.deleteFrom('rollup_window').execute();
    await trx.deleteFrom('rollup_member_day').execute();
    const windows = await trx.selectFrom('answer').select('window_id').distinct().execute();
    for (const row of windows) await rollUpWindow(trx, row.window_id);
    const keys = new Map<string, MemberDay>();
    const add = (key: MemberDay) => keys.set(`${key.groupId} ${key.day} ${key.memberId}`, key);
    const answers = await trx.selectFrom('answer').select(['group_id', 'member_id', 'written_at']).execute();
    for (const row of answers)
      add({ groupId: row.group_id, memberId: row.member_id, day: localDay(row.written_at, zone) });
    const checkins = await trx.selectFrom('checkin').select(['group_id', 'member_id', 'day']).execute();
    for (const row of checkins) add({ groupId: row.group_id, memberId: row.member_id, day: row.day });
    for (const key of keys.values()) await rollUpMemberDay(trx, key, zone);
  });
}
