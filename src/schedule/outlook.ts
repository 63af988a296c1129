/** Reads what a look ahead needs: schedules with their groups, what was taught, what each account has said and still owes. */
import { localDay, startOfDay } from '../clock.ts';
import { type Config, isPaced, type QuietHours } from '../config.ts';
import type { Db } from '../db/open.ts';
import { quietHoursOf, readSpoken, rulesFor } from '../delivery/pace.ts';
import { comesWithPicture } from '../digest/spans.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { readPolicy } from '../people/policies.ts';
import { type Group, listEnabledGroups } from '../people/groups.ts';
import type { Outlook, ScheduledFor } from './expand.ts';
import { groupsOf, listSchedules } from './schedules.ts';
import type { Account, Due } from './simulate.ts';
import { taughtToEach } from './syllabus.ts';

/** The settings that a pace depends on. */
export type PaceConfig = Pick<Config, 'zone' | 'pace' | 'quietHours' | 'channels'>;

/** The schedules as they stand; with `groupId` as far as they concern that group. */
export async function readOutlook(db: Db, lessons: readonly Lesson[], groupId?: string): Promise<Outlook> {
  const enabled = await listEnabledGroups(db);
  const isWanted = (group: Group) => group.enabled === 1 && (groupId === undefined || group.id === groupId);
  const schedules: ScheduledFor[] = [];
  for (const schedule of await listSchedules(db)) {
    if (schedule.next_at === null) continue;
    const groups = schedule.all_groups === 1 ? enabled : await groupsOf(db, schedule);
    schedules.push({ schedule, groups: groups.filter(isWanted) });
  }
  return {
    schedules,
    lessons,
    taught: await taughtToEach(db, groupId === undefined ? undefined : [groupId]),
    pictured: await readPictured(db, enabled),
  };
}

/** Whether a group's digest comes with a picture: one look for all of them where no place has its own setting. */
async function readPictured(db: Db, groups: readonly Group[]): Promise<Outlook['pictured']> {
  const county = await readPolicy(db, 'digest-picture');
  const own = new Map<string, typeof county>();
  if (await isSetBelow(db, 'digest-picture'))
    for (const { id } of groups) own.set(id, await readPolicy(db, 'digest-picture', { groupId: id }));
  return (groupId, content) => comesWithPicture(own.get(groupId) ?? county, content);
}

/** Whether any unit or group has a value of its own. */
async function isSetBelow(db: Db, name: 'quiet-hours' | 'digest-picture'): Promise<boolean> {
  const own = await db
    .selectFrom('policy')
    .select('id')
    .where('name', '=', name)
    .where('scope', '!=', 'county')
    .where('closed_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return own !== undefined;
}

/** Whether a pace and quiet hours hold for an account; one that no setting names any more is taken for a real one. */
export function isPacedAccount({ channels }: Pick<Config, 'channels'>, account: string): boolean {
  const channel = channels.find((one) => one.account === account);
  return channel ? isPaced(channel) : account !== 'sandbox';
}

/** How the accounts of these groups stand at `now`. */
export async function readAccounts(
  db: Db,
  config: PaceConfig,
  groups: readonly Group[],
  now: number,
): Promise<Map<string, Account>> {
  const accounts = new Map<string, Account>();
  const perDay = new Map<string, number>();
  const own = await readOwnQuietHours(db, config);
  for (const account of new Set(groups.map((group) => group.account))) {
    const spoken = await readSpoken(db, { account, groupId: null, zone: config.zone, now });
    const isHeld = isPacedAccount(config, account);
    const groupsToday = isHeld ? await readGroupsToday(db, account, config.zone, now) : new Map();
    if (isHeld)
      for (const { id } of groups.filter((group) => group.account === account))
        perDay.set(id, (await rulesFor(db, { ...config, groupId: id })).groupPerDay);
    const { groupPerDay: _none, ...rules } = await rulesFor(db, { ...config, groupId: null });
    accounts.set(account, {
      ...(isHeld ? { rules } : {}),
      groupPerDay: (groupId) => perDay.get(groupId) ?? Infinity,
      ...(own ? { quietIn: (groupId) => (own.has(groupId) ? own.get(groupId) : rules.quietHours) } : {}),
      standing: { ...spoken, groupsToday },
    });
  }
  return accounts;
}

/** The quiet hours of each enabled group where some place has its own; `undefined` where the county's hold in all. */
async function readOwnQuietHours(
  db: Db,
  config: PaceConfig,
): Promise<Map<string, QuietHours | undefined> | undefined> {
  if (!(await isSetBelow(db, 'quiet-hours'))) return undefined;
  const hours = new Map<string, QuietHours | undefined>();
  for (const { id } of await listEnabledGroups(db))
    hours.set(id, await quietHoursOf(db, config, { groupId: id }));
  return hours;
}

async function readGroupsToday(
  db: Db,
  account: string,
  zone: string,
  now: number,
): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('spoken')
    .select(({ fn }) => ['group_id', fn.countAll<number>().as('count')])
    .where('account', '=', account)
    .where('answer', '=', 0)
    .where('group_id', 'is not', null)
    .where('at', '>=', startOfDay(localDay(now, zone), zone))
    .groupBy('group_id')
    .execute();
  return new Map(rows.map((row) => [row.group_id ?? '', row.count]));
}

/** What the ledger owes already, and the keys of quizzes that are open, by account. */
export async function readOwed<T>(db: Db, what: T): Promise<Map<string, Due<T>[]>> {
  const owed = new Map<string, Due<T>[]>();
  const add = (account: string, due: Due<T>) => owed.set(account, [...(owed.get(account) ?? []), due]);
  const deliveries = await db
    .selectFrom('delivery')
    .select(['account', 'group_id', 'kind', 'due_at'])
    .where('state', 'in', ['planned', 'queued'])
    .orderBy('due_at')
    .execute();
  for (const row of deliveries)
    add(row.account, { what, groupId: row.group_id, kind: row.kind, at: row.due_at, messages: 1 });
  const windows = await db
    .selectFrom('quiz_window')
    .innerJoin('delivery', 'delivery.id', 'quiz_window.delivery_id')
    .select(['delivery.account', 'quiz_window.group_id', 'quiz_window.closes_at'])
    .where('quiz_window.closed_at', 'is', null)
    .orderBy('quiz_window.closes_at')
    .execute();
  for (const row of windows)
    add(row.account, { what, groupId: row.group_id, kind: 'key', at: row.closes_at, messages: 1 });
  return owed;
}
