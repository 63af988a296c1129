/**
 * The states of a delivery and what may follow each. Every change is a conditional update from a named state,
 * so that two workers, a late echo and a person can't undo each other.
 *
 *     planned -> queued -> sending -> sent
 *
 * - `planned`: to be sent at its hour, or tried again; `queued`: it has a job; `sending`: somebody may be
 *   saying it right now; `awaiting-echo`: said, the channel gave no id.
 * - `held`: due after a long outage; a person releases or drops it, or it expires.
 * - `unknown`: nobody knows whether it arrived; an echo, the channel's history or a person decides.
 * - `sent`, `failed` (refused for good), `expired` (its time went by), `skipped` (there was a reason not to).
 */
import type { DeliveryState } from '../db/tables.ts';

export const FOLLOWS: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  planned: ['queued', 'held', 'skipped', 'expired'],
  held: ['planned', 'skipped', 'expired'],
  queued: ['sending', 'planned', 'held', 'skipped', 'expired'],
  sending: ['sent', 'awaiting-echo', 'planned', 'failed', 'unknown', 'skipped'],
  'awaiting-echo': ['sent', 'planned', 'unknown'],
  unknown: ['sent', 'planned', 'awaiting-echo', 'failed', 'skipped'],
  // An echo may prove in the end that it was said after all.
  failed: ['planned', 'skipped', 'sent'],
  expired: ['planned'],
  skipped: ['planned', 'sent'],
  sent: [],
};

export const STATES = Object.keys(FOLLOWS) as readonly DeliveryState[];

/** Whether `to` may follow `from`; staying is no change and always allowed. */
export const mayFollow = (from: DeliveryState, to: DeliveryState): boolean =>
  from === to || FOLLOWS[from].includes(to);

/** A delivery in one of these states has not brought its content to the group. */
export const NOT_BROUGHT: readonly DeliveryState[] = ['failed', 'expired', 'skipped'];
