/**
 * The ledger of deliveries: planning them, moving them from state to state, settling their parts. What may
 * follow what stands in `states.ts`; what a channel's report means in `outcome.ts`.
 */
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { DeliveryKind, DeliveryPartTable, DeliveryState, DeliveryTable } from '../db/tables.ts';
import { endAttempt } from './attempts.ts';
import { bodyHash } from './body.ts';
import { mayFollow } from './states.ts';

export type Delivery = DeliveryTable;
export type Part = DeliveryPartTable;

/** A part before it has a place: text, or a picture's file. */
export interface Draft {
  readonly kind: 'text' | 'picture';
  readonly body: string;
  readonly alt?: string;
}

export interface NewDelivery {
  /** Unique: planning the same cause again does nothing. */
  readonly cause: string;
  readonly kind: DeliveryKind;
  readonly account: string;
  readonly groupId?: string;
  readonly contactId?: string;
  readonly occurrenceId?: string;
  readonly content?: string;
  readonly hash?: string;
  readonly ordinal?: number;
  readonly closeAfter?: number;
  readonly plannedAt: number;
  /** Given when the words are fixed already; else they are composed when it is sent. */
  readonly parts?: readonly Draft[];
  /** A person wants a revision that the group has had. */
  readonly again?: boolean;
  /** Of a digest: the span that it covers. */
  readonly period?: string;
  /** Waits for a person from the beginning, up to then, ms. */
  readonly held?: { readonly reason: string; readonly until: number };
  /** Says why it won't be sent; the row then is there for people to see. */
  readonly ended?: { readonly state: 'skipped' | 'expired' | 'failed'; readonly reason: string };
}

export const HAD_IT = '这一课这个群已经发过';
export const HAD_DIGEST = '这一期简报这个群已经发过';

/** Rows of one insert: databases limit the parameters of a statement. */
const BATCH = 200;

/**
 * Writes deliveries down. Gives the ids of those whose cause was new, in order. A lesson in a revision that
 * is on its way to the group or has been there is written as `skipped`.
 */
export async function planDeliveries(
  db: Db,
  planned: readonly NewDelivery[],
  now: number,
): Promise<string[]> {
  if (planned.length === 0) return [];
  return await inTransaction(db, async (trx) => {
    const firstNo = await takeNumbers(trx, 'delivery', planned.length);
    const rows = planned.map((plan, index) => toRow(plan, firstNo + index, now));
    const written = new Set<string>();
    for (let at = 0; at < rows.length; at += BATCH)
      for (const { id } of await insertRows(trx, rows.slice(at, at + BATCH))) written.add(id);
    for (const row of rows) if (!written.has(row.id) && (await skipTwice(trx, row))) written.add(row.id);
    for (const [index, plan] of planned.entries()) {
      const row = rows[index];
      if (plan.parts && row && written.has(row.id)) await writeParts(trx, row, plan.parts);
    }
    return rows.map(({ id }) => id).filter((id) => written.has(id));
  });
}

const insertRows = (trx: Db, rows: readonly Delivery[]): Promise<{ id: string }[]> =>
  trx
    .insertInto('delivery')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute();

/** A row that was refused for another reason than its cause: the group has this revision. */
async function skipTwice(trx: Db, row: Delivery): Promise<boolean> {
  const same = await trx
    .selectFrom('delivery')
    .select('id')
    .where('cause', '=', row.cause)
    .executeTakeFirst();
  if (same) return false;
  const written = await insertRows(trx, [
    { ...row, state: 'skipped', reason: row.kind === 'digest' ? HAD_DIGEST : HAD_IT, ordinal: null },
  ]);
  return written.length > 0;
}

function toRow(plan: NewDelivery, no: number, now: number): Delivery {
  return {
    id: newId(),
    no,
    cause: plan.cause,
    occurrence_id: plan.occurrenceId ?? null,
    kind: plan.kind,
    account: plan.account,
    group_id: plan.groupId ?? null,
    contact_id: plan.contactId ?? null,
    content: plan.content ?? '',
    hash: plan.hash ?? null,
    ordinal: plan.ordinal ?? null,
    close_after: plan.closeAfter ?? 0,
    state: plan.ended?.state ?? (plan.held ? 'held' : 'planned'),
    reason: plan.ended?.reason ?? plan.held?.reason ?? null,
    planned_at: plan.plannedAt,
    due_at: plan.plannedAt,
    sent_at: null,
    attempt: 0,
    epoch: null,
    updated_at: now,
    again: plan.again ? 1 : 0,
    period: plan.period ?? null,
    held_until: plan.held?.until ?? null,
  };
}

/** Fixes the words of a delivery that has none yet. Gives the parts. */
export async function writeParts(
  db: Db,
  delivery: Pick<Delivery, 'id' | 'account'>,
  drafts: readonly Draft[],
): Promise<Part[]> {
  if (drafts.length === 0) return [];
  const parts = drafts.map(({ kind, body, alt = '' }, seq): Part => ({
    delivery_id: delivery.id,
    seq,
    account: delivery.account,
    kind,
    body,
    alt,
    hash: bodyHash(kind, body),
    state: 'planned',
    message_id: null,
    sending_at: null,
    sent_at: null,
  }));
  await db.insertInto('delivery_part').values(parts).execute();
  return parts;
}

/** Takes the words back, as long as none of them was said or may have been. */
export async function dropParts(db: Db, deliveryId: string): Promise<void> {
  await db
    .deleteFrom('delivery_part')
    .where('delivery_id', '=', deliveryId)
    .where('state', '=', 'planned')
    .execute();
}

export const findDelivery = (db: Db, id: string): Promise<Delivery | undefined> =>
  db.selectFrom('delivery').selectAll().where('id', '=', id).executeTakeFirst();

export const listParts = (db: Db, deliveryId: string): Promise<Part[]> =>
  db.selectFrom('delivery_part').selectAll().where('delivery_id', '=', deliveryId).orderBy('seq').execute();

/** Takes a queued delivery for this process's epoch; `undefined` when somebody else has it or it isn't due for it. */
export const claimDelivery = (
  db: Db,
  id: string,
  epoch: string,
  now: number,
): Promise<Delivery | undefined> =>
  db
    .updateTable('delivery')
    .set(({ eb }) => ({
      state: 'sending',
      epoch,
      attempt: eb('attempt', '+', 1),
      updated_at: now,
      reason: null,
    }))
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .returningAll()
    .executeTakeFirst();

export interface Move {
  readonly from: readonly DeliveryState[];
  readonly to: DeliveryState;
  readonly reason?: string | null;
  /** For `planned`: not before. */
  readonly dueAt?: number;
  readonly sentAt?: number;
}

/** Moves a delivery on when it is still in one of `from`. Says whether it was. Throws when `to` may not follow. */
export async function moveDelivery(db: Db, id: string, move: Move, now: number): Promise<boolean> {
  const wrong = move.from.find((from) => !mayFollow(from, move.to));
  if (wrong) throw new TypeError(`a delivery can't go from ${wrong} to ${move.to}`);
  const moved = await db
    .updateTable('delivery')
    .set({
      state: move.to,
      updated_at: now,
      held_until: null,
      ...(move.reason === undefined ? {} : { reason: move.reason }),
      ...(move.dueAt === undefined ? {} : { due_at: move.dueAt }),
      ...(move.sentAt === undefined ? {} : { sent_at: move.sentAt }),
    })
    .where('id', '=', id)
    .where('state', 'in', [...move.from])
    .returning(['id', 'reason'])
    .executeTakeFirst();
  if (moved && move.from.includes('sending'))
    await endAttempt(db, id, { outcome: move.to, reason: moved.reason }, now);
  return moved !== undefined;
}

/** Commits, before anything is said, that this part is about to be. */
export async function beginPart(
  db: Db,
  part: Pick<Part, 'delivery_id' | 'seq'>,
  now: number,
): Promise<boolean> {
  const begun = await db
    .updateTable('delivery_part')
    .set({ state: 'sending', sending_at: now })
    .where('delivery_id', '=', part.delivery_id)
    .where('seq', '=', part.seq)
    .where('state', '=', 'planned')
    .returning('seq')
    .executeTakeFirst();
  return begun !== undefined;
}

export interface Settled {
  readonly state: Exclude<Part['state'], 'sending'>;
  readonly messageId?: string;
}

/**
 * What became of a part that was in one of `from`; does nothing when an echo was faster. Gives its state now: a
 * message proves one part only, so that `sent` by a message that proved another becomes `unknown`.
 */
export async function settlePart(
  db: Db,
  part: Pick<Part, 'delivery_id' | 'seq'>,
  to: Settled,
  now: number,
  from: readonly Part['state'][] = ['sending'],
): Promise<Part['state']> {
  const settled = await db
    .updateTable('delivery_part')
    .set({
      state: to.state,
      ...(to.messageId === undefined ? {} : { message_id: to.messageId }),
      ...(to.state === 'sent' ? { sent_at: now } : {}),
    })
    .where('delivery_id', '=', part.delivery_id)
    .where('seq', '=', part.seq)
    .where('state', 'in', [...from])
    .returning('state')
    .executeTakeFirst();
  // Looked at after the update, which waits for an echo that is being recorded at this moment.
  if (settled && to.messageId !== undefined && (await provesAnother(db, part, to.messageId))) {
    await db
      .updateTable('delivery_part')
      .set({ state: 'unknown', message_id: null, sent_at: null })
      .where('delivery_id', '=', part.delivery_id)
      .where('seq', '=', part.seq)
      .execute();
    return 'unknown';
  }
  if (settled) return settled.state;
  const { state } = await db
    .selectFrom('delivery_part')
    .select('state')
    .where('delivery_id', '=', part.delivery_id)
    .where('seq', '=', part.seq)
    .executeTakeFirstOrThrow();
  return state;
}

/** Its echo, faster than the call's answer, may have been taken for an older doubtful part of the same words. */
async function provesAnother(
  db: Db,
  part: Pick<Part, 'delivery_id' | 'seq'>,
  messageId: string,
): Promise<boolean> {
  const other = await db
    .selectFrom('delivery_part as own')
    .innerJoin('delivery_part as other', (join) =>
      join.onRef('other.account', '=', 'own.account').onRef('other.hash', '=', 'own.hash'),
    )
    .select('other.seq')
    .where('own.delivery_id', '=', part.delivery_id)
    .where('own.seq', '=', part.seq)
    .where('other.message_id', '=', messageId)
    .where((eb) => eb.or([eb('other.delivery_id', '!=', part.delivery_id), eb('other.seq', '!=', part.seq)]))
    .executeTakeFirst();
  return other !== undefined;
}

/**
 * Draws the conclusion from the parts once nobody is sending: all sent makes the delivery `sent`; a doubtful
 * part makes it `unknown`; one that awaits its echo `awaiting-echo`; else what is left goes on from `planned`.
 * Only from `from`. Gives the state that it came to, or `undefined` when it was in none of `from`.
 */
export async function concludeDelivery(
  db: Db,
  id: string,
  from: readonly DeliveryState[],
  now: number,
  reason: string | null = null,
): Promise<DeliveryState | undefined> {
  return await inTransaction(db, async (trx) => {
    const parts = await listParts(trx, id);
    const to = conclusionOf(parts);
    const move: Move = {
      from,
      to,
      // A note of the courier's (the content was changed meanwhile) stays.
      ...(to === 'sent' && from.includes('sending') ? {} : { reason: to === 'sent' ? null : reason }),
      ...(to === 'planned' ? { dueAt: now } : {}),
      ...(to === 'sent' ? { sentAt: Math.max(...parts.map((part) => part.sent_at ?? now)) } : {}),
    };
    return (await moveDelivery(trx, id, move, now)) ? to : undefined;
  });
}

/** What the parts of a delivery that nobody is sending make of it. */
export function conclusionOf(
  parts: readonly Pick<Part, 'state'>[],
): 'unknown' | 'awaiting-echo' | 'planned' | 'sent' {
  const has = (state: Part['state']) => parts.some((part) => part.state === state);
  if (has('unknown') || has('sending')) return 'unknown';
  if (has('awaiting-echo')) return 'awaiting-echo';
  return has('planned') || parts.length === 0 ? 'planned' : 'sent';
}
