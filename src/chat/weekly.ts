/** Sends members their own week on Sunday evening, to whoever asked for it. */
import { DAY, HOUR, localDay, startOfDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { contentOfOwn } from '../delivery/own-week.ts';
import { composePersonal, readPersonal } from '../digest/personal.ts';
import { spanAround } from '../digest/spans.ts';
import { tellMembers } from './notices.ts';

/** 20:00 on Sunday. */
const HOUR_OF_DAY = 20 * HOUR;
/** A server that was down then sends it until the next noon. */
const LATEST = 16 * HOUR;

/** Gives how many are told; each member once a week, however often it is called. */
export async function sendWeekly(db: Db, zone: string, now: number): Promise<number> {
  // The last Sunday evening that has come.
  const evening = (at: number) => startOfDay(spanAround('week', localDay(at, zone)).to, zone) + HOUR_OF_DAY;
  const due = evening(now) <= now ? evening(now) : evening(now - 7 * DAY);
  if (now - due > LATEST) return 0;
  const span = spanAround('week', localDay(due, zone));
  const cause = `weekly:${span.from}`;
  const asked = await db
    .selectFrom('consent')
    .innerJoin('member', 'member.id', 'consent.member_id')
    .select('consent.member_id')
    .where('consent.kind', '=', 'weekly')
    .where('consent.withdrawn_at', 'is', null)
    .where('member.left_at', 'is', null)
    .execute();
  if (asked.length === 0) return 0;
  const told = await db
    .selectFrom('delivery')
    .select('cause')
    .where(
      'cause',
      'in',
      asked.map(({ member_id: id }) => `${cause}:${id}`),
    )
    .execute();
  const done = new Set(told.map((row) => row.cause));
  let count = 0;
  for (const { member_id: memberId } of asked) {
    if (done.has(`${cause}:${memberId}`)) continue;
    const text = composePersonal(await readPersonal(db, memberId, span));
    count += await tellMembers(
      db,
      [memberId],
      {
        cause,
        text: `${text}\n———\n不想要了就说 退订周报。`,
        content: contentOfOwn(memberId, span),
      },
      now,
    );
  }
  return count;
}
