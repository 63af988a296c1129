/**
 * How well an account hears, judged by what comes and not by its flag: an account may look logged in and be
 * deaf for a minute or for days. All instants in ms.
 */
import { MINUTE } from '../../clock.ts';

export interface Heard {
  /** When a message or one of our own echoes last came. Heartbeats and probes are answered by deaf accounts too. */
  readonly lastTrafficAt?: number;
  /** When those of our sends began that got neither an id nor, so far, an echo. */
  readonly unanswered: readonly number[];
  /** Whether this account has ever given an echo. */
  readonly echoes: boolean;
}

/** How long an echo may take before its absence counts. */
export const ECHO_WITHIN = MINUTE;
/** One lost echo is an accident. */
const ENOUGH = 2;
/** Some puppets never give one: then it takes more before silence is believed. */
const ENOUGH_WITHOUT_ECHOES = 4;

/**
 * Whether the account has to be taken for deaf: several things that we said were answered by nothing, and
 * nothing else was heard since. Silence alone proves nothing; groups sleep at night.
 */
export function isDeaf(
  { lastTrafficAt = Number.NEGATIVE_INFINITY, unanswered, echoes }: Heard,
  now: number,
  echoWithin = ECHO_WITHIN,
): boolean {
  const silent = unanswered.filter((at) => at > lastTrafficAt && now - at >= echoWithin);
  return silent.length >= (echoes ? ENOUGH : ENOUGH_WITHOUT_ECHOES);
}

/** Keeps what {@link isDeaf} asks for. */
export function openHearing(now: () => number) {
  let lastTrafficAt: number | undefined;
  let lastHeardAt: number | undefined;
  let echoes = false;
  let unanswered: number[] = [];
  return {
    heard: (): Heard => ({ unanswered, echoes, ...(lastTrafficAt === undefined ? {} : { lastTrafficAt }) }),
    lastTrafficAt: () => lastTrafficAt,
    lastHeardAt: () => lastHeardAt,
    /** Anything at all came: a heartbeat, an answer to a probe. */
    sign() {
      lastHeardAt = now();
    },
    /** A message or an echo came. */
    traffic() {
      lastHeardAt = now();
      lastTrafficAt = lastHeardAt;
      unanswered = [];
    },
    echo() {
      echoes = true;
    },
    /** We said something, beginning at that instant, and were told no id. Its echo may have come before. */
    said(at: number) {
      if (lastTrafficAt === undefined || at > lastTrafficAt) unanswered.push(at);
    },
    /** A new connection owes nothing for the old one. */
    begin() {
      unanswered = [];
    },
  };
}
