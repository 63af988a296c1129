import { isoInZone } from '../clock.ts';
import { listAudit } from '../db/audit.ts';
import type { Db } from '../db/open.ts';
import type { DeliveryState } from '../db/tables.ts';
import { listAttempts } from '../delivery/attempts.ts';
import { listParts } from '../delivery/ledger.ts';
import { type Decision, DECISIONS, getDeliveryByNo, resolveDelivery } from '../delivery/resolve.ts';
import { STATES } from '../delivery/states.ts';
import { UserError } from '../errors.ts';
import { getGroupByKey } from '../people/groups.ts';
import { TERMINAL } from '../people/scope.ts';
import { type Output, printJson, printOne, printRows, withDb } from './parts.ts';

const COLUMNS = ['no', 'id', 'group', 'kind', 'content', 'state', 'reason', 'planned_at', 'sent_at'] as const;
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
  readonly no?: number;
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
      'delivery.held_until',
    ])
    .orderBy('delivery.no', 'desc');
  if (filter.no !== undefined) query = query.where('delivery.no', '=', filter.no);
  if (filter.state !== undefined) query = query.where('delivery.state', '=', filter.state);
  if (filter.groupId !== undefined) query = query.where('delivery.group_id', '=', filter.groupId);
  if (filter.from !== undefined) query = query.where('delivery.planned_at', '>=', filter.from);
  if (filter.to !== undefined) query = query.where('delivery.planned_at', '<', filter.to);
  if (filter.limit !== undefined) query = query.limit(filter.limit);
  const rows = await query.execute();
  return rows.map(({ held_until: heldUntil, ...row }) => ({
    ...row,
    planned_at: isoInZone(row.planned_at, zone),
    sent_at: isoOrNull(row.sent_at, zone),
    ...(heldUntil === null ? {} : { held_until: isoInZone(heldUntil, zone) }),
  }));
}

const isoOrNull = (at: number | null, zone: string) => (at === null ? null : isoInZone(at, zone));

/** What waits for a person after an outage. */
export const held = (options: Output & { group?: string }): Promise<void> =>
  withDb(async (db, config) => {
    const groupId = options.group === undefined ? undefined : (await getGroupByKey(db, options.group)).id;
    const rows = await readDeliveries(db, config.zone, {
      state: 'held',
      ...(groupId === undefined ? {} : { groupId }),
    });
    printRows(rows, ['no', 'group', 'kind', 'content', 'reason', 'planned_at', 'held_until'], options);
  });

export const readNo = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new UserError(`expected a delivery's number, got "${text}"`);
  return Number(text);
};

/** Everything that is known of one delivery: its parts, every attempt, what people decided. */
export const show = (text: string, options: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const delivery = await getDeliveryByNo(db, readNo(text));
    const [row] = await readDeliveries(db, zone, { no: delivery.no });
    const parts = (await listParts(db, delivery.id)).map((part) => ({
      seq: part.seq,
      kind: part.kind,
      state: part.state,
      message_id: part.message_id,
      sending_at: isoOrNull(part.sending_at, zone),
      sent_at: isoOrNull(part.sent_at, zone),
      body: part.body,
    }));
    const attempts = (await listAttempts(db, delivery.id)).map((attempt) => ({
      attempt: attempt.attempt,
      epoch: attempt.epoch,
      body_hash: attempt.body_hash,
      began_at: isoInZone(attempt.began_at, zone),
      ended_at: isoOrNull(attempt.ended_at, zone),
      outcome: attempt.outcome,
      reason: attempt.reason,
    }));
    const decisions = (await listAudit(db, delivery.id)).map(({ at, who, what }) => ({
      at: isoInZone(at, zone),
      who,
      what,
    }));
    const { ordinal, hash, due_at: dueAt } = delivery;
    const all = { ...row, ordinal, hash, due_at: isoInZone(dueAt, zone), parts, attempts, decisions };
    if (options.json) return printJson(all);
    printRows(row ? [row] : [], COLUMNS, options);
    printRows(parts, ['seq', 'kind', 'state', 'message_id', 'sending_at', 'sent_at', 'body'], options);
    printRows(attempts, ['attempt', 'began_at', 'ended_at', 'outcome', 'reason'], options);
    if (decisions.length > 0) printRows(decisions, ['at', 'who', 'what'], options);
  });

async function decide(db: Db, zone: string, no: number, decision: Decision) {
  await resolveDelivery(db, no, decision, TERMINAL, Date.now());
  const [row] = await readDeliveries(db, zone, { no });
  if (!row) throw new UserError(`there is no delivery ${no}`);
  return row;
}

export const resolve = (text: string, options: Output & { as?: string }): Promise<void> =>
  withDb(async (db, { zone }) => {
    const decision = DECISIONS.find((known) => known === options.as);
    if (!decision) throw new UserError(`--as: expected ${DECISIONS.join(', ')}, got "${options.as ?? ''}"`);
    const row = await decide(db, zone, readNo(text), decision);
    printOne(row, `delivery ${text} is ${row.state} now`, options);
  });

/** Releases or drops what is held: the named ones, or all. */
export const settleHeld = (
  numbers: readonly string[],
  decision: 'resend' | 'drop',
  options: Output & { all?: boolean },
): Promise<void> =>
  withDb(async (db, { zone }) => {
    if (options.all === numbers.length > 0)
      throw new UserError('name deliveries by their numbers, or --all; "weike delivery held" lists them');
    const waiting = await readDeliveries(db, zone, { state: 'held' });
    const chosen = options.all ? waiting.map(({ no }) => no).toReversed() : numbers.map(readNo);
    const other = chosen.find((no) => !waiting.some((row) => row.no === no));
    if (other !== undefined) throw new UserError(`delivery ${other} isn't held; nothing was changed`);
    const rows = [];
    for (const no of chosen) rows.push(await decide(db, zone, no, decision));
    printRows(rows, ['no', 'group', 'kind', 'content', 'state'], options);
  });
