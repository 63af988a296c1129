import { isoInZone } from '../clock.ts';
import type { Db } from '../db/open.ts';
import type { DeliveryState } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { getGroupByKey } from '../people/groups.ts';
import { type Output, printRows, withDb } from './parts.ts';

const COLUMNS = ['no', 'id', 'group', 'kind', 'content', 'state', 'reason', 'planned_at', 'sent_at'] as const;
const STATES: readonly DeliveryState[] = [
  'planned',
  'queued',
  'sending',
  'awaiting-echo',
  'sent',
  'failed',
  'expired',
  'skipped',
  'unknown',
];

export const list = (options: Output & { state?: string; group?: string; limit?: string }): Promise<void> =>
  withDb(async (db, config) => {
    const state = STATES.find((known) => known === options.state);
    if (options.state !== undefined && !state)
      throw new UserError(`--state: expected one of ${STATES.join(', ')}, got "${options.state}"`);
    const limit = Number(options.limit);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UserError(`--limit: expected a number, got "${options.limit ?? ''}"`);
    const groupId = options.group === undefined ? undefined : (await getGroupByKey(db, options.group)).id;
    const rows = await readDeliveries(db, config.zone, {
      limit,
      ...(state ? { state } : {}),
      ...(groupId === undefined ? {} : { groupId }),
    });
    printRows(rows, options.json ? COLUMNS : COLUMNS.filter((column) => column !== 'id'), options);
  });

export interface DeliveryFilter {
  readonly state?: DeliveryState;
  readonly groupId?: string;
  /** ms, by the planned time. */
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
}

/** The ledger in the columns that scripts rely on, newest first; `group` is its key, null in a private chat. */
export async function readDeliveries(db: Db, zone: string, filter: DeliveryFilter) {
  let query = db
    .selectFrom('delivery')
    .leftJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .select([
      'delivery.no',
      'delivery.id',
      'chat_group.key as group',
      'delivery.kind',
      'delivery.content',
      'delivery.state',
      'delivery.reason',
      'delivery.planned_at',
      'delivery.sent_at',
    ])
    .orderBy('delivery.no', 'desc');
  if (filter.state !== undefined) query = query.where('delivery.state', '=', filter.state);
  if (filter.groupId !== undefined) query = query.where('delivery.group_id', '=', filter.groupId);
  if (filter.from !== undefined) query = query.where('delivery.planned_at', '>=', filter.from);
  if (filter.to !== undefined) query = query.where('delivery.planned_at', '<', filter.to);
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  const rows = await query.execute();
  return rows.map((row) => ({
    ...row,
    planned_at: isoInZone(row.planned_at, zone),
    sent_at: row.sent_at === null ? null : isoInZone(row.sent_at, zone),
  }));
}
