/**
 * How a serial account works through what falls due, message by message, at the pace that it keeps: the gap
 * between two messages is taken as its mean, the caps, the ramp and the quiet hours as they are. The rules are
 * those that the courier asks, so that a plan says what will happen.
 */
import { localDay, MINUTE, SECOND } from '../clock.ts';
import type { QuietHours } from '../config.ts';
import type { DeliveryKind } from '../db/tables.ts';
import { gapAfter, type Hold, type PaceRules, type Spoken, turnAt } from '../delivery/pace-rules.ts';
import { Heap } from './heap.ts';

export interface Due<T> {
  readonly what: T;
  readonly groupId: string | null;
  readonly kind: DeliveryKind;
  /** Not before, ms. */
  readonly at: number;
  /** How many messages it is, at least one. */
  readonly messages: number;
  /** How long after its first message the key of its quiz is due, ms; absent when it has none. */
  readonly keyAfter?: number;
}

/** What was said when the simulation begins. */
export interface Standing extends Omit<Spoken, 'groupToday'> {
  /** Scheduled messages of the local day, by group. */
  readonly groupsToday: ReadonlyMap<string, number>;
}

export interface Account {
  /** Absent: nothing holds it, everything goes out at once. */
  readonly rules?: Omit<PaceRules, 'groupPerDay'>;
  readonly groupPerDay: (groupId: string) => number;
  /** Where groups have quiet hours of their own; absent: those of the rules hold in all. */
  readonly quietIn?: (groupId: string) => QuietHours | undefined;
  readonly standing: Standing;
}

/** The quiet hours in one of the account's groups, or in its private chats. */
export const quietOf = ({ rules, quietIn }: Account, groupId: string | null): QuietHours | undefined =>
  groupId !== null && quietIn && rules ? quietIn(groupId) : rules?.quietHours;

/** What puts a message off to another time of day. */
export type Delay = Extract<Hold, 'quiet' | 'day' | 'group-day'>;

export interface Played<T> {
  readonly what: T;
  /** When the first message goes out, ms. */
  readonly startsAt: number;
  /** When the last one does, ms. */
  readonly endsAt: number;
  readonly delay?: Delay;
}

/** A key doesn't wait behind a hundred lessons. Lower goes first, as in the queue. */
const PRIORITY: Readonly<Record<DeliveryKind, number>> = {
  reply: 1,
  ack: 2,
  key: 3,
  lesson: 4,
  notice: 4,
  bulletin: 4,
  weekly: 4,
  digest: 5,
  brief: 5,
  reminder: 6,
};

interface Item<T> {
  readonly due: Due<T>;
  readonly order: number;
  readonly isKey: boolean;
  at: number;
  left: number;
  startsAt?: number;
  delay?: Delay;
}

/**
 * Plays everything from `now` on. Gives what was given in the order in which it ends; with `stop`, up to the
 * first for which that is true.
 */
export function simulate<T>(
  account: Account,
  dues: readonly Due<T>[],
  now: number,
  stop: (played: Played<T>) => boolean = () => false,
): Played<T>[] {
  const { rules } = account;
  if (!rules) return playFree(dues, now, stop);
  const speaker = openSpeaker(account, rules, now);
  const later = new Heap<Item<T>>((a, b) => a.at - b.at || a.order - b.order);
  const waiting = new Heap<Item<T>>(
    (a, b) => PRIORITY[a.due.kind] - PRIORITY[b.due.kind] || a.at - b.at || a.order - b.order,
  );
  let order = 0;
  const add = (due: Due<T>, isKey: boolean) => {
    order += 1;
    later.push({ due, order, isKey, at: due.at, left: due.messages });
  };
  for (const due of dues) add(due, false);

  const played: Played<T>[] = [];
  let t = now;
  /** What the account is at: it isn't interrupted between two messages of one delivery. */
  let current: Item<T> | undefined;
  for (;;) {
    for (let next = later.peek(); next && next.at <= t; next = later.peek()) {
      later.take();
      waiting.push(next);
    }
    current ??= waiting.take();
    if (!current) {
      const following = later.peek();
      if (!following) return played;
      t = following.at;
      continue;
    }
    const { at, hold } = speaker.turn(current.due.groupId, t);
    if (at > t && (hold === 'quiet' || hold === 'day' || hold === 'group-day')) {
      current.delay ??= hold;
      current.at = at;
      later.push(current);
      current = undefined;
      continue;
    }
    t = at;
    speaker.say(current.due.groupId, t);
    current.startsAt ??= t;
    current.left -= 1;
    if (current.left > 0) continue;
    const { due, isKey, startsAt, delay } = current;
    current = undefined;
    if (isKey) continue;
    const done = { what: due.what, startsAt, endsAt: t, ...(delay ? { delay } : {}) };
    played.push(done);
    if (stop(done)) return played;
    if (due.keyAfter !== undefined)
      add({ ...due, kind: 'key', at: startsAt + due.keyAfter, messages: 1 }, true);
  }
}

function playFree<T>(
  dues: readonly Due<T>[],
  now: number,
  stop: (played: Played<T>) => boolean,
): Played<T>[] {
  const played = [];
  for (const { what, at } of dues) {
    const done = { what, startsAt: Math.max(at, now), endsAt: Math.max(at, now) };
    played.push(done);
    if (stop(done)) break;
  }
  return played;
}

/** The account's memory of what it said, in place of the database's. */
function openSpeaker(
  account: Account,
  { quietHours: _none, ...rules }: NonNullable<Account['rules']>,
  now: number,
) {
  const { standing, groupPerDay } = account;
  const { zone, pace } = rules;
  const gap = pace ? Math.ceil(gapAfter(pace, 0.5) / SECOND) * SECOND : 0;
  const groupsToday = new Map(standing.groupsToday);
  let { today, nextAllowedAt, lastMinute } = standing;
  let day = localDay(now, zone);
  const dayOf = (t: number) => {
    const then = localDay(t, zone);
    if (then === day) return;
    day = then;
    today = 0;
    groupsToday.clear();
  };
  return {
    turn(groupId: string | null, t: number) {
      dayOf(t);
      lastMinute = lastMinute.filter((at) => at > t - MINUTE);
      const said = { ...standing, today, nextAllowedAt, lastMinute };
      const group =
        groupId === null
          ? { groupToday: 0, perDay: Infinity }
          : { groupToday: groupsToday.get(groupId) ?? 0, perDay: groupPerDay(groupId) };
      const quietHours = quietOf(account, groupId);
      return turnAt(
        { ...rules, groupPerDay: group.perDay, ...(quietHours ? { quietHours } : {}) },
        { ...said, groupToday: group.groupToday },
        t,
        false,
      );
    },
    say(groupId: string | null, t: number) {
      dayOf(t);
      today += 1;
      nextAllowedAt = t + gap;
      lastMinute = [...lastMinute, t];
      if (groupId !== null) groupsToday.set(groupId, (groupsToday.get(groupId) ?? 0) + 1);
    },
  };
}
