/**
 * Takes one queued delivery to its chat. It commits what it is about to do before it says anything, says
 * one part after the other at the account's pace, and writes down exactly what the channel reported.
 */
import type { Channel, ChatTarget, OutboundPart } from '../channels/channel.ts';
import { type Clock, MINUTE, SECOND } from '../clock.ts';
import type { Pace, QuietHours } from '../config.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { DeliveryKind } from '../db/tables.ts';
import type { Log } from '../log.ts';
import { getGroup } from '../people/groups.ts';
import { closeWindow } from '../quiz/windows.ts';
import {
  beginPart,
  claimDelivery,
  concludeDelivery,
  type Delivery,
  type Draft,
  findDelivery,
  listParts,
  moveDelivery,
  type Part,
  settlePart,
  writeParts,
} from './ledger.ts';
import { type Outcome, outcomeOfError, outcomeOfReceipt, retryDelay } from './outcome.ts';
import { allowedAt, gapAfter, quietUntil, setNextAllowed, spokenLately } from './pace.ts';

/** The words of a delivery, or why there are none. */
export type Composed = { readonly drafts: readonly Draft[] } | { readonly skip: string };

export interface CourierParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly zone: string;
  readonly epoch: string;
  readonly pace?: Pace;
  readonly quietHours?: QuietHours;
  readonly channelOf: (account: string) => Channel | undefined;
  /** Composes within the transaction that fixes the words; `now` is when sending begins, ms. */
  readonly compose: (trx: Db, delivery: Delivery, channel: Channel, now: number) => Promise<Composed>;
  /** Where a picture's file is on this disk. */
  readonly picturePath: (file: string) => string;
  /** In [0, 1), for the jitter. */
  readonly random: () => number;
  /** Aborted when the process stops: a wait for the pace ends and what is left goes on after the next start. */
  readonly signal: AbortSignal;
  /** How long a send may hang before it counts as doubtful, ms. */
  readonly sendTimeout?: number;
}

/** Longest wait for the pace inside the worker; a longer one goes back to `planned`. */
const WAIT_INSIDE = 30 * SECOND;
const OFFLINE_RETRY = 5 * SECOND;
const SEND_TIMEOUT = MINUTE;

/** Replies to people aren't held by quiet hours or the day's cap. */
const ANSWERS_SOMEBODY: readonly DeliveryKind[] = ['reply', 'ack'];

export type Deliver = (deliveryId: string) => Promise<void>;

export function makeCourier(parts: CourierParts): Deliver {
  const { db, clock, log } = parts;

  return async function deliver(deliveryId) {
    const delivery = await findDelivery(db, deliveryId);
    if (delivery?.state !== 'queued') return;
    const channel = parts.channelOf(delivery.account);
    if (channel?.status().state !== 'online') {
      const reason = channel?.status().reason ?? '账号不在线，上线后接着发';
      await moveDelivery(
        db,
        deliveryId,
        { from: ['queued'], to: 'planned', dueAt: clock.now() + OFFLINE_RETRY, reason },
        clock.now(),
      );
      return;
    }
    const target = await findTarget(delivery);
    if (!target) return;
    if (!(await waitForTurn(delivery, channel))) return;

    const claimed = await claim(delivery, channel);
    if (claimed) await sendParts(claimed, channel, target);
  };

  /** Where it goes; a group that was turned off meanwhile gets nothing. */
  async function findTarget(delivery: Delivery): Promise<ChatTarget | undefined> {
    if (delivery.contact_id !== null) return { kind: 'private', contactId: delivery.contact_id };
    const group = await getGroup(db, delivery.group_id ?? '');
    if (group.enabled === 1) return { kind: 'group', roomId: group.room_id };
    await moveDelivery(
      db,
      delivery.id,
      { from: ['queued'], to: 'skipped', reason: '这个群已停用' },
      clock.now(),
    );
    return undefined;
  }

  /** Waits until quiet hours and pace allow one more message; false when that is too long and it was put back. */
  async function waitForTurn(delivery: Delivery, channel: Channel): Promise<boolean> {
    if (!channel.limits.paced) return true;
    for (;;) {
      const now = clock.now();
      const at = await nextTurn(delivery, now);
      if (at <= now) return true;
      if (at - now > WAIT_INSIDE || parts.signal.aborted) {
        const reason = at - now > WAIT_INSIDE ? '等到可以发的时候（静默时段或发送节奏）' : null;
        await putBack(delivery, at, reason);
        return false;
      }
      await clock.sleep(at - now, parts.signal);
    }
  }

  /** Before it is claimed it goes back as it is; between two parts what is left goes on later. */
  async function putBack(delivery: Delivery, at: number, reason: string | null) {
    await moveDelivery(
      db,
      delivery.id,
      { from: ['queued', 'sending'], to: 'planned', dueAt: at, reason },
      clock.now(),
    );
  }

  async function nextTurn(delivery: Delivery, now: number): Promise<number> {
    const answers = ANSWERS_SOMEBODY.includes(delivery.kind);
    const quiet = parts.quietHours && !answers ? quietUntil(parts.quietHours, now, parts.zone) : undefined;
    if (quiet !== undefined) return quiet;
    if (!parts.pace) return now;
    const spoken = await spokenLately(db, delivery.account, scopesOf(delivery), now, parts.zone);
    return allowedAt(parts.pace, spoken, now, !answers);
  }

  /** Takes the row and fixes its words in one commit. */
  async function claim(delivery: Delivery, channel: Channel): Promise<Delivery | undefined> {
    return await inTransaction(db, async (trx) => {
      const now = clock.now();
      const claimed = await claimDelivery(trx, delivery.id, parts.epoch, now);
      if (!claimed || (await listParts(trx, delivery.id)).length > 0) return claimed;
      const composed = await parts.compose(trx, claimed, channel, now);
      if ('drafts' in composed && composed.drafts.length > 0) {
        await writeParts(trx, claimed, composed.drafts);
        return claimed;
      }
      const reason = 'skip' in composed ? composed.skip : '没有内容可发';
      await moveDelivery(trx, delivery.id, { from: ['sending'], to: 'skipped', reason }, now);
      return undefined;
    });
  }

  async function sendParts(delivery: Delivery, channel: Channel, target: ChatTarget): Promise<void> {
    const left = (await listParts(db, delivery.id)).filter((part) => part.state === 'planned');
    for (const [index, part] of left.entries()) {
      if (index > 0 && !(await waitForTurn(delivery, channel))) return;
      if (!(await begin(delivery, part, channel))) break;
      const outcome = await say(channel, target, part);
      if (!(await settle(delivery, part, outcome))) return;
    }
    await concludeDelivery(db, delivery.id, ['sending'], clock.now());
  }

  async function begin(delivery: Delivery, part: Part, channel: Channel): Promise<boolean> {
    return await inTransaction(db, async (trx) => {
      const now = clock.now();
      if (channel.limits.paced && parts.pace)
        await setNextAllowed(
          trx,
          delivery.account,
          scopesOf(delivery),
          now + gapAfter(parts.pace, parts.random()),
        );
      return await beginPart(trx, part, now);
    });
  }

  async function say(channel: Channel, target: ChatTarget, part: Part): Promise<Outcome> {
    const outbound: OutboundPart =
      part.kind === 'text'
        ? { kind: 'text', text: part.body }
        : { kind: 'picture', path: parts.picturePath(part.body), alt: part.alt };
    const waiting = new AbortController();
    const timeout = clock
      .sleep(parts.sendTimeout ?? SEND_TIMEOUT, waiting.signal)
      .then((): Outcome => ({ kind: 'doubt', reason: '发送没有回应，不确定是否到群' }));
    try {
      return await Promise.race([
        channel.send(target, outbound).then(outcomeOfReceipt, outcomeOfError),
        timeout,
      ]);
    } finally {
      waiting.abort();
    }
  }

  /** Writes the outcome down. True when the next part may follow. */
  async function settle(delivery: Delivery, part: Part, outcome: Outcome): Promise<boolean> {
    const now = clock.now();
    if (outcome.kind !== 'sent' && outcome.kind !== 'awaiting-echo')
      log.warn(
        { delivery: delivery.no, part: part.seq, outcome: outcome.kind, reason: outcome.reason },
        'a part was not sent',
      );
    return await inTransaction(db, async (trx) => {
      switch (outcome.kind) {
        case 'sent':
          await settlePart(trx, part, { state: 'sent', messageId: outcome.messageId }, now);
          return true;
        case 'awaiting-echo': {
          if ((await settlePart(trx, part, { state: 'awaiting-echo' }, now)) === 'sent') return true;
          await concludeDelivery(trx, delivery.id, ['sending'], now);
          return false;
        }
        case 'not-sent': {
          await settlePart(trx, part, { state: 'planned' }, now);
          const dueAt = now + retryDelay(delivery.attempt);
          await moveDelivery(
            trx,
            delivery.id,
            { from: ['sending'], to: 'planned', dueAt, reason: outcome.reason },
            now,
          );
          return false;
        }
        case 'refused': {
          await settlePart(trx, part, { state: 'planned' }, now);
          await moveDelivery(
            trx,
            delivery.id,
            { from: ['sending'], to: 'failed', reason: outcome.reason },
            now,
          );
          await closeWindow(trx, delivery.id, now);
          return false;
        }
        case 'doubt': {
          if ((await settlePart(trx, part, { state: 'unknown' }, now)) === 'sent') return true;
          await concludeDelivery(trx, delivery.id, ['sending'], now, outcome.reason);
          return false;
        }
      }
    });
  }
}

/** The account as a whole, and the group in it. */
const scopesOf = (delivery: Delivery): string[] =>
  delivery.group_id === null ? [''] : ['', delivery.group_id];
