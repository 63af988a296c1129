/**
 * How well an account hears, judged by what comes and not by its flag: an account may look logged in and be
 * deaf for a minute or for days. All instants in ms.
 */
import { MINUTE } from '../../clock.ts';

export interface Heard {
  /** When those of our sends began that got no id, and since which nothing was heard: no echo, no message. */
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
export function isDeaf({ unanswered, echoes }: Heard, now: number, echoWithin = ECHO_WITHIN): boolean {
  const silent = unanswered.filter((at) => now - at >= echoWithin);
  return silent.length >= (echoes ? ENOUGH : ENOUGH_WITHOUT_ECHOES);
}

/** Before something is asked or said: {@link openHearing} tells whether anything came since. */
export interface Mark {
  readonly at: number;
  readonly signs: number;
  readonly traffic: number;
}

/** Keeps what {@link isDeaf} asks for. Things are told apart by their order: a millisecond holds several. */
export function openHearing(now: () => number) {
  let lastTrafficAt: number | undefined;
  let lastHeardAt: number | undefined;
  let echoes = false;
  let unanswered: number[] = [];
  let signs = 0;
  let traffic = 0;
  return {
    heard: (): Heard => ({ unanswered, echoes }),
    lastTrafficAt: () => lastTrafficAt,
    lastHeardAt: () => lastHeardAt,
    mark: (): Mark => ({ at: now(), signs, traffic }),
    /** Whether anything at all came since then. */
    since: (mark: Mark): boolean => signs > mark.signs,
    /** Anything at all came: a heartbeat, an answer to a probe. Deaf accounts give these too. */
    sign() {
      signs += 1;
      lastHeardAt = now();
    },
    /** A message or an echo came. */
    traffic() {
      traffic += 1;
      lastTrafficAt = now();
      lastHeardAt = lastTrafficAt;
      unanswered = [];
    },
    echo() {
      echoes = true;
    },
    /** We said something, beginning at that mark, and were told no id. Its echo may have come before. */
    said(mark: Mark) {
      if (traffic === mark.traffic) unanswered.push(mark.at);
    },
    /** A new connection owes nothing for the old one. */
    begin() {
      unanswered = [];
    },
  };
}
