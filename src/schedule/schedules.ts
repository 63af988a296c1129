/** Schedules as rows: what is sent, to whom, when. */
import { HOUR } from '../clock.ts';
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { ScheduleKind, ScheduleTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import type { Group } from '../people/groups.ts';
import { nextAfter } from './cron.ts';

export type Schedule = ScheduleTable;

export const DEFAULT_CLOSE_AFTER = 24 * HOUR;
export const DEFAULT_GRACE = 12 * HOUR;

export interface NewSchedule {
  readonly kind: ScheduleKind;
  readonly content: string;
  /** `all`: whatever groups are enabled when it fires. */
  readonly groups: readonly Group[] | 'all';
  readonly when: { readonly at: number } | { readonly cron: string };
  readonly zone: string;
  readonly closeAfter?: number;
}

export interface ListedSchedule {
  readonly no: number;
  readonly id: string;
  /** `lesson:ID`, `course:NAME`, `digest:day`. */
  readonly content: string;
  /** Keys of the groups, or `["all"]`. */
  readonly groups: readonly string[];
  /** The cron expression, or the time once in ISO 8601. */
  readonly when: string;
  /** ISO 8601, or null when nothing is left. */
  readonly next_at: string | null;
}

/** Writes a schedule down. Throws `UserError` for a time in the past or a cron that never comes. */
export async function addSchedule(db: Db, added: NewSchedule, who: string, now: number): Promise<Schedule> {
  const at = 'at' in added.when ? added.when.at : null;
  const cron = 'cron' in added.when ? added.when.cron.trim().replace(/\s+/g, ' ') : null;
  if (at !== null && at <= now) throw new UserError('--at: that time is over; name one in the future');
  if (added.groups !== 'all' && added.groups.length === 0)
    throw new UserError('name a group with --group KEY, or --all');
  const nextAt = cron === null ? at : (nextAfter(cron, added.zone, now) ?? null);
  if (nextAt === null) throw new UserError(`--cron: "${cron}" never comes`);
  return await inTransaction(db, async (trx) => {
    const row: Schedule = {
      id: newId(),
      no: await takeNumbers(trx, 'schedule'),
      kind: added.kind,
      content: added.content,
      all_groups: added.groups === 'all' ? 1 : 0,
      at,
      cron,
      monthly: null,
      days: 'all',
      misfire: 'catch-up',
      grace: DEFAULT_GRACE,
      again: 0,
      zone: added.zone,
      close_after: added.closeAfter ?? DEFAULT_CLOSE_AFTER,
      next_at: nextAt,
      created_by: who,
      created_at: now,
      removed_at: null,
    };
    await trx.insertInto('schedule').values(row).execute();
    if (added.groups !== 'all')
      await trx
        .insertInto('schedule_group')
        .values(added.groups.map((group) => ({ schedule_id: row.id, group_id: group.id })))
        .execute();
    const after = { kind: row.kind, content: row.content, at, cron, all: row.all_groups };
    await appendAudit(trx, { at: now, who, what: 'schedule.add', subject: row.id, after });
    return row;
  });
}

/** The schedules that aren't removed, by number. */
export const listSchedules = (db: Db): Promise<Schedule[]> =>
  db.selectFrom('schedule').selectAll().where('removed_at', 'is', null).orderBy('no').execute();

/** Keys of a schedule's groups, or `['all']`. */
export async function groupKeysOf(db: Db, schedule: Schedule): Promise<string[]> {
  if (schedule.all_groups === 1) return ['all'];
  const rows = await db
    .selectFrom('schedule_group')
    .innerJoin('chat_group', 'chat_group.id', 'schedule_group.group_id')
    .select('chat_group.key')
    .where('schedule_id', '=', schedule.id)
    .orderBy('chat_group.created_at')
    .orderBy('chat_group.id')
    .execute();
  return rows.map((row) => row.key);
}

/** The groups that a schedule addresses: the listed ones as they are, or all enabled ones. */
export async function groupsOf(db: Db, schedule: Schedule): Promise<Group[]> {
  const groups = db.selectFrom('chat_group').selectAll('chat_group').orderBy('created_at').orderBy('id');
  if (schedule.all_groups === 1) return await groups.where('enabled', '=', 1).execute();
  return await groups
    .innerJoin('schedule_group', 'schedule_group.group_id', 'chat_group.id')
    .where('schedule_group.schedule_id', '=', schedule.id)
    .execute();
}

/** Removes a schedule: nothing of it is planned any more; what is planned already stays. */
export async function removeSchedule(db: Db, no: number, who: string, now: number): Promise<Schedule> {
  return await inTransaction(db, async (trx) => {
    const removed = await trx
      .updateTable('schedule')
      .set({ removed_at: now, next_at: null })
      .where('no', '=', no)
      .where('removed_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (!removed) throw new UserError(`there is no schedule ${no}: see "weike schedule list"`);
    await appendAudit(trx, { at: now, who, what: 'schedule.remove', subject: removed.id });
    return removed;
  });
}
