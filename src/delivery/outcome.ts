/** What a channel's answer to a send means for the ledger: the table of DESIGN.md as a pure function. */
import { NotSentError, type Receipt, RefusedError, ThrottledError } from '../channels/channel.ts';
import { PermanentError, reasonOf } from '../errors.ts';

export type Outcome =
  /** The channel gave the message's id. */
  | { readonly kind: 'sent'; readonly messageId: string }
  /** The channel said nothing: our own message coming back decides. */
  | { readonly kind: 'awaiting-echo' }
  /** Certainly nothing was said: tried again later. `throttled`: because it was too often. */
  | { readonly kind: 'not-sent'; readonly reason: string; readonly throttled?: true }
  /** Refused for good. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It may or may not have been said: never tried again by itself. */
  | { readonly kind: 'doubt'; readonly reason: string };

export const outcomeOfReceipt = (receipt: Receipt): Outcome =>
  receipt.messageId ? { kind: 'sent', messageId: receipt.messageId } : { kind: 'awaiting-echo' };

export function outcomeOfError(error: unknown): Outcome {
  const reason = reasonOf(error);
  if (error instanceof ThrottledError) return { kind: 'not-sent', reason, throttled: true };
  if (error instanceof NotSentError) return { kind: 'not-sent', reason };
  if (error instanceof RefusedError || error instanceof PermanentError) return { kind: 'refused', reason };
  return { kind: 'doubt', reason };
}

const FIRST_RETRY = 5_000;
const LAST_RETRY = 5 * 60_000;

/** How long to wait before attempt number `attempt` + 1, ms: doubling from 5 s to 5 min. */
export const retryDelay = (attempt: number): number =>
  Math.min(LAST_RETRY, FIRST_RETRY * 2 ** Math.min(20, Math.max(0, attempt - 1)));
