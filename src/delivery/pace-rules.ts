/**
 * When an account may speak next, as pure rules. Accounts are banned for behaving like machines: between two
 * messages lies a gap with jitter, no minute and no day sees more than its cap, a new account begins slowly,
 * and one that is told off, or meets error after error, pauses.
 */
import {
  addDays,
  changeBetween,
  DAY,
  instantOfWall,
  localDay,
  MINUTE,
  minuteOfDay,
  startOfDay,
  wallOf,
} from '../clock.ts';
import type { Pace, QuietHours } from '../config.ts';

export interface PaceRules {
  readonly zone: string;
  /** Absent: off. */
  readonly pace?: Pace;
  readonly quietHours?: QuietHours;
  /** Scheduled messages that a group gets in a local day at most. */
  readonly groupPerDay: number;
  /** Over how many days the daily cap of a new account grows. */
  readonly warmUpDays: number;
}

/** What an account said lately. */
export interface Spoken {
  /** When the last gap is over, ms; 0 when never spoken. */
  readonly nextAllowedAt: number;
  /** Instants of the messages begun in the last minute, oldest first. */
  readonly lastMinute: readonly number[];
  /** How many messages were begun in the local day of `now`. */
  readonly today: number;
  /** How many of them were scheduled ones to the group in question. */
  readonly groupToday: number;
  /** The local day on which the account was first used. */
  readonly firstDay: string;
  readonly breaker: Breaker;
}

export type Hold = 'breaker' | 'gap' | 'minute' | 'day' | 'group-day' | 'quiet';

export interface Turn {
  /** Not before, ms; `now` when it may speak at once. */
  readonly at: number;
  /** What holds it until then. */
  readonly hold?: Hold;
}

/**
 * The earliest instant, not before `now`, at which one more message may be begun. An answer to somebody waits
 * for the gap, the minute and the breaker, not for the day's caps or the quiet hours.
 */
export function turnAt(rules: PaceRules, spoken: Spoken, now: number, answers: boolean): Turn {
  let turn: Turn = { at: now };
  const wait = (until: number, hold: Hold) => {
    if (until > turn.at) turn = { at: until, hold };
  };
  wait(breakerUntil(spoken.breaker, now), 'breaker');
  const { pace, zone } = rules;
  if (pace) {
    wait(spoken.nextAllowedAt, 'gap');
    const oldest = spoken.lastMinute.at(-pace.perMinute);
    if (oldest !== undefined) wait(oldest + MINUTE, 'minute');
  }
  if (answers) return turn;
  const waitForMorning = () => {
    if (rules.quietHours) wait(quietUntil(rules.quietHours, turn.at, zone) ?? 0, 'quiet');
  };
  waitForMorning();
  const today = localDay(now, zone);
  if (localDay(turn.at, zone) === today) {
    const midnight = startOfDay(addDays(today, 1), zone);
    const full = pace && spoken.today >= capOfDay(pace.perDay, rules.warmUpDays, spoken.firstDay, today);
    if (full) wait(midnight, 'day');
    else if (spoken.groupToday >= rules.groupPerDay) wait(midnight, 'group-day');
    const held = turn.hold;
    waitForMorning();
    // The cap is what a person has to know about; that the night follows is plain.
    if (held === 'day' || held === 'group-day') turn = { at: turn.at, hold: held };
  }
  return turn;
}

/** The gap to leave after a message, ms. `random` lies in [0, 1). */
export const gapAfter = (pace: Pace, random: number): number =>
  Math.round(pace.minGap + (pace.maxGap - pace.minGap) * random);

/**
 * How many messages an account may begin on a local day: a fifth of the cap on its first day, growing
 * linearly to the whole after `warmUpDays` days; never less than one.
 */
export function capOfDay(perDay: number, warmUpDays: number, firstDay: string, day: string): number {
  const age = Math.max(0, Math.round((Date.parse(day) - Date.parse(firstDay)) / DAY));
  if (age >= warmUpDays) return perDay;
  return Math.max(1, Math.floor((perDay * (warmUpDays + 4 * age)) / (5 * warmUpDays)));
}

/** The end of the quiet hours that hold at `now`, ms; `undefined` when it isn't quiet. */
export function quietUntil(quiet: QuietHours, now: number, zone: string): number | undefined {
  const minute = minuteOfDay(now, zone);
  const inside =
    quiet.from < quiet.to
      ? minute >= quiet.from && minute < quiet.to
      : minute >= quiet.from || minute < quiet.to;
  if (!inside) return undefined;
  const minutes = (quiet.to - minute + 1440) % 1440;
  const wall = wallOf(now, zone);
  const wanted = wall - (wall % MINUTE) + minutes * MINUTE;
  let first = instantOfWall(wanted, zone);
  // An end that the clocks jump over is where they land, which may be before it was moved to.
  while (wallOf(first - MINUTE, zone) >= wanted) first -= MINUTE;
  // Where the clocks are set back the end may have been before; then it comes once more.
  const end = first > now ? first : now - (now % MINUTE) + minutes * MINUTE;
  // And they may be set back to where it wasn't quiet yet.
  const change = changeBetween(now, end, zone);
  if (change !== undefined && quietUntil(quiet, change, zone) === undefined) return change;
  // Where they are put forward they may jump over all that isn't quiet.
  return quietUntil(quiet, end, zone) ?? end;
}

/** Opens when the account is told off or errors come in a row; half open it lets one message try. */
export interface Breaker {
  /** Errors in a row. */
  readonly failures: number;
  /** How often it has opened since the last success. */
  readonly opens: number;
  /** Nothing is said before, ms; null while closed. */
  readonly openUntil: number | null;
  /** When the message that tries was begun, ms. */
  readonly probeAt: number | null;
}

export const CLOSED: Breaker = { failures: 0, opens: 0, openUntil: null, probeAt: null };

/** `throttled`: the channel says that it was too often. `error`: it failed, or nobody knows. */
export type Trouble = 'throttled' | 'error';

/** How long the message that tries may take before another one may. */
export const PROBE_WAIT = 2 * MINUTE;
const LONGEST_WAIT = DAY;

/** Until when the breaker holds, ms; `now` when it doesn't. */
export function breakerUntil({ openUntil, probeAt }: Breaker, now: number): number {
  if (openUntil === null) return now;
  const probing = probeAt !== null && probeAt <= now ? probeAt + PROBE_WAIT : now;
  return Math.max(now, openUntil, probing);
}

/** A message is begun: of an open breaker whose time has come it is the one that tries. */
export const breakerAfterSpoken = (breaker: Breaker, now: number): Breaker =>
  breaker.openUntil === null ? breaker : { ...breaker, probeAt: now };

/** `errors`: after how many in a row it opens. `wait`: how long the first time, ms, doubling up to a day. */
export function breakerAfterTrouble(
  breaker: Breaker,
  trouble: Trouble,
  now: number,
  { errors, wait }: { readonly errors: number; readonly wait: number },
): Breaker {
  const failures = breaker.failures + 1;
  // What was begun before it opened says nothing new.
  if (breaker.openUntil !== null && now < breaker.openUntil) return { ...breaker, failures };
  const trips = trouble === 'throttled' || breaker.openUntil !== null || failures >= errors;
  if (!trips) return { ...breaker, failures };
  const pause = Math.min(LONGEST_WAIT, wait * 2 ** Math.min(20, breaker.opens));
  return { failures, opens: breaker.opens + 1, openUntil: now + pause, probeAt: null };
}
