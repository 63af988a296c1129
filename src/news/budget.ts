/** How often a host may be asked: a gap between two requests, and so many a local day. */
import { localDay, SECOND } from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { FeedFault } from './fault.ts';

/** Between two requests to one host, ms. */
export const HOST_GAP = 5 * SECOND;
/** A redirect within a host, and what is asked by hand, needn't wait for a whole gap. */
const BURST = 6;

/**
 * Takes one request to `host` from its budget. Throws `FeedFault` when the day's budget is spent, or when the
 * host has been asked more often than the gap allows over a short while.
 */
export async function takeRequest(
  db: Db,
  host: string,
  { perDay, zone }: { readonly perDay: number; readonly zone: string },
  now: number,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const day = localDay(now, zone);
    const row = await trx.selectFrom('feed_host').selectAll().where('host', '=', host).executeTakeFirst();
    const asked = row?.day === day ? row.asked : 0;
    // A clock that was set back must not lock a host for ever.
    const next = row && row.next_at <= now + BURST * HOST_GAP ? row.next_at : now;
    if (asked >= perDay)
      throw new FeedFault('budget', `${host} has been asked ${perDay} times today: that is its budget`);
    if (next > now + (BURST - 1) * HOST_GAP)
      throw new FeedFault('budget', `${host} has just been asked several times: wait half a minute`);
    const spent = { next_at: Math.max(next, now) + HOST_GAP, day, asked: asked + 1 };
    await trx
      .insertInto('feed_host')
      .values({ host, ...spent })
      .onConflict((conflict) => conflict.column('host').doUpdateSet(spent))
      .execute();
  });
}
