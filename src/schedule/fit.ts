/**
 * Whether a plan fits the accounts that have to carry it out: no hour inside the quiet hours, no day beyond its
 * cap, no batch that runs into the night or into the next batch. Pure: it is given what is planned and how the
 * accounts stand, and simulates them.
 */
import { addDays, DAY, localDay, startOfDay } from '../clock.ts';
import { CLOSED, quietUntil } from '../delivery/pace-rules.ts';
import { dueOf, expandSends, type Outlook, type ScheduledFor, type Send } from './expand.ts';
import type { Schedule } from './schedules.ts';
import { type Account, type Due, type Played, quietOf, simulate } from './simulate.ts';
import { firingsBetween, nextFiring, timetableOf } from './timetable.ts';

export interface FitWorld {
  /** What is scheduled already. */
  readonly outlook: Outlook;
  readonly accounts: ReadonlyMap<string, Account>;
  /** What the ledger owes already, by account. */
  readonly owed: ReadonlyMap<string, readonly Due<undefined>[]>;
  readonly now: number;
}

export type MisfitKind = 'quiet' | 'day' | 'group-day' | 'into-quiet' | 'into-next';

export interface Misfit {
  readonly kind: MisfitKind;
  readonly account: string;
  /** The firing that doesn't fit: of the new schedule, or of one that it would push aside. */
  readonly schedule: Schedule;
  readonly nominalAt: number;
  /** The group that would get too much, or whose message would come too late. */
  readonly group: Send['group'];
  /** `into-next`: the hour of the batch that it runs into, ms. */
  readonly into?: number;
  /** When its last message would go out, ms. */
  readonly endsAt: number;
}

/** How far ahead a repeating plan is tried out: a month, and what spills over. */
const AHEAD = 35;

interface Span {
  readonly from: number;
  readonly until: number;
}

/** What doesn't fit if `added` is scheduled, the first of it; `undefined` when all does. */
export function findMisfit(world: FitWorld, added: ScheduledFor): Misfit | undefined {
  const paced = added.groups.filter(({ account }) => world.accounts.get(account)?.rules);
  if (paced.length === 0) return undefined;
  const span = spanOf(added.schedule, world);
  return findQuietHour(world, { ...added, groups: paced }, span) ?? findCrowding(world, added, span);
}

/** From the day before its first firing, so that what is under way then counts. */
function spanOf(schedule: Schedule, { now }: FitWorld): Span {
  const { zone, next_at: first } = schedule;
  const day = localDay(first ?? now, zone);
  const from = Math.max(now, startOfDay(addDays(day, -1), zone));
  return { from, until: startOfDay(addDays(day, schedule.at === null ? AHEAD : 2), zone) };
}

function findQuietHour(world: FitWorld, { schedule, groups }: ScheduledFor, span: Span): Misfit | undefined {
  const firings = firingsBetween(timetableOf(schedule), span.from - 1, span.until);
  for (const group of groups) {
    const account = world.accounts.get(group.account);
    const zone = account?.rules?.zone;
    const quietHours = account && quietOf(account, group.id);
    if (!quietHours || zone === undefined) continue;
    const at = firings.find((one) => quietUntil(quietHours, one, zone) !== undefined);
    if (at === undefined) continue;
    return { kind: 'quiet', account: group.account, schedule, nominalAt: at, group, endsAt: at };
  }
  return undefined;
}

/** Tries it out beside everything else; what didn't fit before it isn't laid at its door. */
function findCrowding(world: FitWorld, added: ScheduledFor, span: Span): Misfit | undefined {
  const { outlook } = world;
  const accounts = new Set(added.groups.map(({ account }) => account));
  const before = misfitsBefore(world, accounts, span);
  let found: Misfit | undefined;
  collect(world, { ...outlook, schedules: [...outlook.schedules, added] }, accounts, span, (misfit) => {
    if (before.has(keyOf(misfit))) return false;
    found = misfit;
    return true;
  });
  return found;
}

/** Plans near one another ask for the same again and again. */
const baselines = new WeakMap<FitWorld, Map<string, ReadonlySet<string>>>();

function misfitsBefore(world: FitWorld, accounts: ReadonlySet<string>, span: Span): ReadonlySet<string> {
  const known = baselines.get(world) ?? new Map<string, ReadonlySet<string>>();
  baselines.set(world, known);
  const key = `${span.from} ${span.until} ${[...accounts].join(' ')}`;
  const found = known.get(key);
  if (found) return found;
  const keys = new Set<string>();
  collect(world, world.outlook, accounts, span, (misfit) => {
    keys.add(keyOf(misfit));
    return false;
  });
  known.set(key, keys);
  return keys;
}

const keyOf = ({ kind, schedule, nominalAt, group }: Misfit): string =>
  `${kind} ${schedule.id} ${nominalAt} ${group.id}`;

/** Simulates each account and tells of what doesn't fit, until told to stop. */
function collect(
  { accounts, owed, now }: FitWorld,
  outlook: Outlook,
  names: ReadonlySet<string>,
  span: Span,
  tell: (misfit: Misfit) => boolean,
): void {
  const sends = expandSends(outlook, span.until).filter((send) => send.nominalAt >= span.from);
  for (const name of names) {
    const account = accounts.get(name);
    if (!account?.rules) continue;
    const own = sends.filter(({ group }) => group.account === name);
    const hours = [...new Set(own.map(({ nominalAt }) => nominalAt))].toSorted((a, b) => a - b);
    const isNow = span.from === now;
    const dues: Due<Send | undefined>[] = own.map(dueOf);
    let stopped = false;
    simulate(
      isNow ? account : { ...account, standing: rested(account) },
      isNow ? [...(owed.get(name) ?? []), ...dues] : dues,
      span.from,
      (played) => {
        const misfit = misfitOf(played, hours, name);
        stopped = misfit !== undefined && tell(misfit);
        return stopped;
      },
    );
    if (stopped) return;
  }
}

/** An account on a later day: what it said until today is no matter any more, its age is. */
const rested = ({ standing }: Account): Account['standing'] => ({
  ...standing,
  nextAllowedAt: 0,
  lastMinute: [],
  today: 0,
  groupsToday: new Map(),
  breaker: CLOSED,
});

function misfitOf(
  { what: send, delay, endsAt }: Played<Send | undefined>,
  hours: readonly number[],
  account: string,
): Misfit | undefined {
  if (!send) return undefined;
  const { schedule, nominalAt, group } = send;
  const misfit = { account, schedule, nominalAt, group, endsAt };
  if (delay) return { ...misfit, kind: delay === 'quiet' ? 'into-quiet' : delay };
  const into = hours.find((hour) => hour > nominalAt);
  return into !== undefined && endsAt >= into ? { ...misfit, kind: 'into-next', into } : undefined;
}

/** The draft of a schedule at another time, with its first firing; `undefined` when it has none after `now`. */
export function redraft(
  schedule: Schedule,
  when: Pick<Schedule, 'at' | 'cron' | 'monthly'>,
  now: number,
): Schedule | undefined {
  const moved = { ...schedule, ...when };
  const nextAt = nextFiring(timetableOf(moved), now);
  return nextAt === undefined || nextAt - now > 400 * DAY ? undefined : { ...moved, next_at: nextAt };
}
