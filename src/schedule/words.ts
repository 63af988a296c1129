/** What the terminal says about a plan that doesn't fit, and about one that does with something to know. */
import { localDay, localTime } from '../clock.ts';
import type { QuietHours } from '../config.ts';
import type { DayRule } from '../db/tables.ts';
import { capOfDay } from '../delivery/pace-rules.ts';
import type { FitWorld, Misfit } from './fit.ts';
import { sayLocal, type Times } from './nearby.ts';
import type { Schedule } from './schedules.ts';
import { quietOf } from './simulate.ts';

/** What a person should know though it is scheduled. */
export type Warning =
  /** The holidays of a year that it will ask for are not known yet. */
  | { readonly kind: 'unpublished'; readonly year: number; readonly days: DayRule }
  /** Groups, by their keys, that get nothing because they are disabled. */
  | { readonly kind: 'disabled'; readonly groups: readonly string[] }
  /** Accounts that no channel drives. */
  | { readonly kind: 'unserved'; readonly accounts: readonly string[] }
  /** Not every month has that day. */
  | { readonly kind: 'short-months'; readonly day: number }
  /** Not every month has a fifth Friday. */
  | { readonly kind: 'few-fifths' }
  /** Groups, by their keys, that have no digest to tell of what is folded. */
  | { readonly kind: 'untold'; readonly groups: readonly string[] }
  /** The quiz closes at night: its key waits until then, ms. */
  | { readonly kind: 'key-at-night'; readonly until: number; readonly zone: string };

export function sayWarning(warning: Warning): string {
  switch (warning.kind) {
    case 'unpublished': {
      const then =
        warning.days === 'skip-holidays'
          ? 'nothing is skipped in it'
          : 'only its Saturdays and Sundays count as days off';
      return `the holidays of ${warning.year} are not published yet: until an update of weike knows them, ${then}`;
    }
    case 'disabled':
      return `disabled, gets nothing until "weike group enable": ${warning.groups.join(', ')}`;
    case 'unserved':
      return `not in CHANNELS, so nobody sends there: ${warning.accounts.join(', ')}`;
    case 'short-months':
      return `months without a day ${warning.day} are left out; 'last day' is the last one of each`;
    case 'few-fifths':
      return 'most months have no fifth one and are left out';
    case 'untold':
      return `no digest is scheduled to tell of what is missed: ${warning.groups.join(', ')}`;
    case 'key-at-night':
      return `its quiz closes in the quiet hours: the key is posted at ${localTime(warning.until, warning.zone)}`;
  }
}

/** As it is typed after the command. */
export function sayTimes({ at, cron, monthly }: Times, zone: string): string {
  if (cron !== null) return `--cron '${cron}'`;
  if (monthly !== null) return `--monthly '${monthly}'`;
  return `--at ${sayLocal(at ?? 0, zone)}`;
}

const two = (value: number) => String(value).padStart(2, '0');
const sayMinute = (minute: number) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
const sayQuiet = (quiet: QuietHours | undefined) =>
  quiet ? `${sayMinute(quiet.from)}-${sayMinute(quiet.to)}` : '';

/** Why `planned` can't be scheduled. */
export function sayMisfit(misfit: Misfit, planned: Schedule, { accounts }: FitWorld): string {
  const { kind, account, schedule, nominalAt, group, endsAt, into } = misfit;
  const { zone } = schedule;
  const standsSo = accounts.get(account);
  const { rules, standing } = standsSo ?? {};
  const day = localDay(nominalAt, zone);
  const hour = `${day} ${localTime(nominalAt, zone)}`;
  const whose = schedule.id === planned.id ? 'this' : `schedule ${schedule.no}, with this beside it,`;
  const quiet = sayQuiet(standsSo && quietOf(standsSo, group.id));
  switch (kind) {
    case 'quiet':
      return `${hour} lies in the quiet hours ${quiet} of ${account}`;
    case 'day': {
      const perDay = rules?.pace?.perDay ?? 0;
      const cap = capOfDay(perDay, rules?.warmUpDays ?? 0, standing?.firstDay ?? day, day);
      const ramp = cap < perDay ? `, a new account's share of ${perDay}` : '';
      return `on ${day} ${whose} needs more than the ${cap} messages that ${account} may send that day${ramp}`;
    }
    case 'group-day':
      return `on ${day} ${whose} brings group ${group.key} more messages than its policy group-per-day allows`;
    case 'into-quiet':
      return `${whose} at ${hour} would run into the quiet hours ${quiet} of ${account}`;
    case 'into-next':
      return `${whose} at ${hour} would take ${account} until ${localTime(endsAt, zone)}, into what is due at ${localTime(into ?? endsAt, zone)}`;
  }
}
