/**
 * The ledger of deliveries. Every change of state is a conditional update, so that two workers, a late
 * echo and a person can't undo each other. The states and what leads from one to the next:
 *
 *     planned -> queued -> sending -> sent | awaiting-echo | planned | failed | unknown
 *     awaiting-echo -> sent | planned (parts are left) | unknown
 *     unknown -> sent | planned (an echo came after all)
 *     planned -> skipped | expired
 */
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { DeliveryKind, DeliveryPartTable, DeliveryState, DeliveryTable } from '../db/tables.ts';
import { bodyHash } from './body.ts';

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
  /** Says why it won't be sent; the row then is there for people to see. */
  readonly ended?: { readonly state: 'skipped' | 'expired' | 'failed'; readonly reason: string };
}

/** Writes deliveries down. Gives the ids of those whose cause was new, in order. */
export async function planDeliveries(
  db: Db,
  planned: readonly NewDelivery[],
  now: number,
): Promise<string[]> {
  if (planned.length === 0) return [];
  return await inTransaction(db, async (trx) => {
    const firstNo = await takeNumbers(trx, 'delivery', planned.length);
    const ids: string[] = [];
    for (const [index, plan] of planned.entries()) {
      const row = toRow(plan, firstNo + index, now);
      const inserted = await trx
        .insertInto('delivery')
        .values(row)
        .onConflict((conflict) => conflict.column('cause').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (!inserted) continue;
      ids.push(row.id);
      if (plan.parts) await writeParts(trx, row, plan.parts);
    }
    return ids;
  });
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
    state: plan.ended?.state ?? 'planned',
    reason: plan.ended?.reason ?? null,
    planned_at: plan.plannedAt,
    due_at: plan.plannedAt,
    sent_at: null,
    attempt: 0,
    epoch: null,
    updated_at: now,
  };
}

/** Fixes the words of a delivery that has none yet. */
export async function writeParts(
  db: Db,
  delivery: Pick<Delivery, 'id' | 'account'>,
  drafts: readonly Draft[],
): Promise<void> {
  if (drafts.length === 0) return;
  await db
    .insertInto('delivery_part')
    .values(
      drafts.map(({ kind, body, alt = '' }, seq) => ({
        delivery_id: delivery.id,
        seq,
        account: delivery.account,
        kind,
        body,
        alt,
        hash: bodyHash(kind, body),
        state: 'planned' as const,
        message_id: null,
        sending_at: null,
        sent_at: null,
      })),
    )
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
    .set(({ eb }) => ({ state: 'sending', epoch, attempt: eb('attempt', '+', 1), updated_at: now }))
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

/** Moves a delivery on when it is still in one of `from`. Says whether it was. */
export async function moveDelivery(db: Db, id: string, move: Move, now: number): Promise<boolean> {
  const moved = await db
    .updateTable('delivery')
    .set({
      state: move.to,
      updated_at: now,
      ...(move.reason === undefined ? {} : { reason: move.reason }),
      ...(move.dueAt === undefined ? {} : { due_at: move.dueAt }),
      ...(move.sentAt === undefined ? {} : { sent_at: move.sentAt }),
    })
    .where('id', '=', id)
    .where('state', 'in', [...move.from])
    .returning('id')
    .executeTakeFirst();
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

/** What became of a part that was `sending`; does nothing when an echo was faster. Gives its state now. */
export async function settlePart(
  db: Db,
  part: Pick<Part, 'delivery_id' | 'seq'>,
  to: { readonly state: Exclude<Part['state'], 'sending'>; readonly messageId?: string },
  now: number,
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
    .where('state', '=', 'sending')
    .returning('state')
    .executeTakeFirst();
  if (settled) return settled.state;
  const { state } = await db
    .selectFrom('delivery_part')
    .select('state')
    .where('delivery_id', '=', part.delivery_id)
    .where('seq', '=', part.seq)
    .executeTakeFirstOrThrow();
  return state;
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
    const has = (state: Part['state']) => parts.some((part) => part.state === state);
    const to: DeliveryState =
      has('unknown') || has('sending')
        ? 'unknown'
        : has('awaiting-echo')
          ? 'awaiting-echo'
          : has('planned')
            ? 'planned'
            : 'sent';
    const move: Move = {
      from,
      to,
      reason: to === 'sent' ? null : reason,
      ...(to === 'planned' ? { dueAt: now } : {}),
      ...(to === 'sent' ? { sentAt: Math.max(...parts.map((part) => part.sent_at ?? now)) } : {}),
    };
    return (await moveDelivery(trx, id, move, now)) ? to : undefined;
  });
}
