/**
 * When an account may speak next. Accounts are banned for behaving like machines: between two messages
 * lies a gap with jitter, and no minute and no day sees more than its cap. All of it is computed from what
 * the ledger says was begun, so that neither a restart nor an emptied Redis can cause a burst.
 */
import { DAY, localDay, MINUTE, minuteOfDay, startOfDay, addDays } from '../clock.ts';
import type { Pace, QuietHours } from '../config.ts';
import type { Db } from '../db/open.ts';

/** The end of the quiet hours that hold at `now`, ms; `undefined` when it isn't quiet. */
export function quietUntil(quiet: QuietHours, now: number, zone: string): number | undefined {
  const minute = minuteOfDay(now, zone);
  const inside =
    quiet.from < quiet.to
      ? minute >= quiet.from && minute < quiet.to
      : minute >= quiet.from || minute < quiet.to;
  if (!inside) return undefined;
  // To the end by the wall clock; where a clock change lies between, one more look mends it.
  const minutes = (quiet.to - minute + 1440) % 1440;
  return now - (now % MINUTE) + minutes * MINUTE;
}

export interface SpokenLately {
  /** When the next message is allowed by the last gap, ms; 0 when never spoken. */
  readonly nextAllowedAt: number;
  /** Instants of the messages begun in the last minute, oldest first. */
  readonly lastMinute: readonly number[];
  /** How many were begun since local midnight. */
  readonly today: number;
  /** The next local midnight, ms. */
  readonly midnight: number;
}

/** The earliest instant, not before `now`, at which the pace allows one more message. `daily`: whether the day's cap counts. */
export function allowedAt(pace: Pace, spoken: SpokenLately, now: number, daily: boolean): number {
  let at = Math.max(now, spoken.nextAllowedAt);
  const oldest = spoken.lastMinute.at(-pace.perMinute);
  if (oldest !== undefined) at = Math.max(at, oldest + MINUTE);
  if (daily && spoken.today >= pace.perDay) at = Math.max(at, spoken.midnight);
  return at;
}

/** The gap to leave after a message, ms. `random` lies in [0, 1). */
export const gapAfter = (pace: Pace, random: number): number =>
  Math.round(pace.minGap + (pace.maxGap - pace.minGap) * random);

/** Reads what an account said lately, for `scope` (`''`: the account, else a group's id). */
export async function spokenLately(
  db: Db,
  account: string,
  scopes: readonly string[],
  now: number,
  zone: string,
): Promise<SpokenLately> {
  const rows = await db
    .selectFrom('pace')
    .select('next_allowed_at')
    .where('account', '=', account)
    .where('scope', 'in', [...scopes])
    .execute();
  const today = localDay(now, zone);
  const midnight = startOfDay(today, zone);
  const begun = await db
    .selectFrom('delivery_part')
    .select('sending_at')
    .where('account', '=', account)
    .where('sending_at', '>', now - MINUTE)
    .orderBy('sending_at')
    .execute();
  const { count } = await db
    .selectFrom('delivery_part')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account', '=', account)
    .where('sending_at', '>=', midnight)
    .executeTakeFirstOrThrow();
  return {
    nextAllowedAt: Math.max(0, ...rows.map((row) => row.next_allowed_at)),
    lastMinute: begun.map((row) => row.sending_at ?? 0),
    today: Number(count),
    midnight: Math.min(startOfDay(addDays(today, 1), zone), now + DAY),
  };
}

/** Notes when each scope may speak next. */
export async function setNextAllowed(
  db: Db,
  account: string,
  scopes: readonly string[],
  at: number,
): Promise<void> {
  await db
    .insertInto('pace')
    .values(scopes.map((scope) => ({ account, scope, next_allowed_at: at })))
    .onConflict((conflict) => conflict.columns(['account', 'scope']).doUpdateSet({ next_allowed_at: at }))
    .execute();
}
