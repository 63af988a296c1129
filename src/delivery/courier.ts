/**
 * Takes one queued delivery to its chat. It commits what it is about to do before it says anything, says
 * one part after the other at the account's pace, and writes down exactly what the channel reported. A delivery
 * of one part costs two commits: the claim with its words, and the outcome.
 */
import type { Channel, ChatTarget, OutboundPart } from '../channels/channel.ts';
import { type Clock, MINUTE, SECOND } from '../clock.ts';
import type { Pace, QuietHours } from '../config.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Passing, passOn } from '../passing.ts';
import { getGroup, standstillOf, unlistedSince } from '../people/groups.ts';
import { closeWindow } from '../quiz/windows.ts';
import { attemptHash, beginAttempt } from './attempts.ts';
import {
  beginPart,
  claimDelivery,
  concludeDelivery,
  type Delivery,
  dropParts,
  findDelivery,
  moveDelivery,
  type Part,
  settlePart,
} from './ledger.ts';
import { type Outcome, outcomeOfError, outcomeOfReceipt, retryDelay } from './outcome.ts';
import { isOwnWeek } from './own-week.ts';
import { nextTurn, noteSpoken, noteSuccess, noteTrouble, type Speech } from './pace.ts';
import { type Compose, prepareDelivery } from './prepare.ts';

export interface CourierParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly zone: string;
  readonly epoch: string;
  readonly pace?: Pace;
  readonly quietHours?: QuietHours;
  readonly channelOf: (account: string) => Channel | undefined;
  readonly compose: Compose;
  /** Where a picture's file is on this disk. */
  readonly picturePath: (file: string) => string;
  /** Makes what takes long to make (a picture) before the row is claimed; what it can't make is made in the claim. */
  readonly warmUp?: (delivery: Delivery) => Promise<void>;
  /** In [0, 1), for the jitter. */
  readonly random: () => number;
  /** Aborted when the process stops: a wait for the pace ends and what is left goes on after the next start. */
  readonly signal: AbortSignal;
  /** How long a send may hang before it counts as doubtful, ms. */
  readonly sendTimeout?: number;
  readonly passing?: Passing;
}

export interface Courier {
  /** Takes a delivery to its chat if it is queued; resolves when all that can be known of it is written down. */
  deliver(deliveryId: string): Promise<void>;
  /** Whether this process is at it: a `sending` row of ours that isn't active has lost its sender. */
  isActive(deliveryId: string): boolean;
}

/** Longest wait for the pace inside the worker; a longer one goes back to `planned`. */
const WAIT_INSIDE = 30 * SECOND;
const OFFLINE_RETRY = 5 * SECOND;
const SEND_TIMEOUT = MINUTE;
/** An outcome that is known is worth a wait for the database. */
const PERSIST_WITHIN = 5 * MINUTE;
const PERSIST_RETRY = SECOND / 2;

const SAID_ONCE = '同样的话要说两次，只看到一次';

/** The picture of a digest, of a member's own week or of a sample stands behind its words, and says the same. */
const isOnlyPicture = (delivery: Delivery, part: Part): boolean =>
  (delivery.kind === 'digest' || delivery.kind === 'reply' || isOwnWeek(delivery)) &&
  part.kind === 'picture' &&
  part.seq > 0;

export function makeCourier(parts: CourierParts): Courier {
  const { db, clock, log, passing = passOn } = parts;
  const active = new Set<string>();

  return {
    isActive: (deliveryId) => active.has(deliveryId),
    async deliver(deliveryId) {
      if (active.has(deliveryId)) return;
      active.add(deliveryId);
      try {
        await takeOut(deliveryId);
      } finally {
        active.delete(deliveryId);
      }
    },
  };

  async function takeOut(deliveryId: string): Promise<void> {
    const delivery = await findDelivery(db, deliveryId);
    if (delivery?.state !== 'queued') return;
    const channel = parts.channelOf(delivery.account);
    if (channel?.status().state !== 'online') {
      const reason = channel?.status().reason ?? '账号不在线，上线后接着发';
      await putBack(delivery, clock.now() + OFFLINE_RETRY, reason);
      return;
    }
    const target = await findTarget(delivery);
    if (!target) return;
    if (!(await waitForTurn(delivery, channel))) return;
    await warmUp(delivery);
    await passing('before-claim');
    const claimed = await claim(delivery, channel);
    await passing('after-claim');
    if (claimed) await sayParts(claimed, channel, target);
  }

  async function warmUp(delivery: Delivery): Promise<void> {
    await parts
      .warmUp?.(delivery)
      .catch((error: unknown) =>
        log.warn({ delivery: delivery.no, reason: reasonOf(error) }, 'what it needs could not be made ahead'),
      );
  }

  /** Where it goes; a group that was turned off meanwhile gets nothing. */
  async function findTarget(delivery: Delivery): Promise<ChatTarget | undefined> {
    if (delivery.contact_id !== null) {
      if ((await unlistedSince(db, delivery.account)) === undefined)
        return { kind: 'private', contactId: delivery.contact_id };
      await putBack(delivery, clock.now() + OFFLINE_RETRY, '账号刚登录，正在认人');
      return undefined;
    }
    const group = await getGroup(db, delivery.group_id ?? '');
    const standstill = group.enabled === 1 ? await standstillOf(db, group) : undefined;
    if (group.enabled === 1 && !standstill) return { kind: 'group', roomId: group.room_id };
    if (standstill?.wait) {
      await putBack(delivery, clock.now() + OFFLINE_RETRY, standstill.reason);
      return undefined;
    }
    const reason = standstill?.reason ?? '这个群已停用';
    await moveDelivery(db, delivery.id, { from: ['queued'], to: 'skipped', reason }, clock.now());
    return undefined;
  }

  /** Waits until quiet hours and pace allow one more message; false when that is too long and it was put back. */
  async function waitForTurn(delivery: Delivery, channel: Channel): Promise<boolean> {
    if (!channel.limits.paced) return true;
    for (;;) {
      const now = clock.now();
      const { at, reason = null } = await nextTurn(db, speechOf(delivery, now));
      if (at <= now) return true;
      if (at - now > WAIT_INSIDE || parts.signal.aborted) {
        await putBack(delivery, at, at - now > WAIT_INSIDE ? reason : null);
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

  function speechOf(delivery: Delivery, now: number): Speech {
    const { zone, pace, quietHours } = parts;
    return {
      account: delivery.account,
      groupId: delivery.group_id,
      kind: delivery.kind,
      zone,
      ...(pace ? { pace } : {}),
      ...(quietHours ? { quietHours } : {}),
      now,
    };
  }

  interface Claimed {
    readonly delivery: Delivery;
    /** What is left to say, in order; the first is begun. */
    readonly left: readonly Part[];
  }

  /** Takes the row, fixes its words and begins the first part, in one commit. */
  async function claim(delivery: Delivery, channel: Channel): Promise<Claimed | undefined> {
    return await inTransaction(db, async (trx) => {
      const now = clock.now();
      const claimed = await claimDelivery(trx, delivery.id, parts.epoch, now);
      if (!claimed) return undefined;
      const prepared = await prepareDelivery(parts, trx, claimed, channel, now);
      if ('ended' in prepared) {
        const { ended: to, reason } = prepared;
        await moveDelivery(trx, delivery.id, { from: ['sending'], to, reason }, now);
        await closeWindow(trx, delivery.id, now);
        return undefined;
      }
      const [first] = prepared.left;
      if (!first) {
        await concludeDelivery(trx, delivery.id, ['sending'], now);
        return undefined;
      }
      if (!(await takeTurn(trx, claimed, channel, now))) return undefined;
      await beginAttempt(
        trx,
        {
          delivery_id: claimed.id,
          attempt: claimed.attempt,
          epoch: parts.epoch,
          body_hash: attemptHash(prepared.left),
        },
        now,
      );
      if (prepared.note !== undefined)
        await trx
          .updateTable('delivery')
          .set({ reason: prepared.note })
          .where('id', '=', claimed.id)
          .execute();
      await beginPart(trx, first, now);
      return { delivery: claimed, left: prepared.left };
    });
  }

  async function sayParts({ delivery, left }: Claimed, channel: Channel, target: ChatTarget): Promise<void> {
    for (const [index, part] of left.entries()) {
      if (index > 0) {
        if (!(await waitForTurn(delivery, channel))) return;
        if (!(await begin(delivery, part, channel))) return;
      }
      const outcome = await say(channel, target, delivery, part);
      await passing('after-send');
      const goesOn = await persist(() => settle(delivery, part, outcome, channel, index === left.length - 1));
      await passing('after-settle');
      if (!goesOn) return;
    }
  }

  /** Another process of the account may have been faster: then it goes back, and nothing is said. */
  async function takeTurn(trx: Db, delivery: Delivery, channel: Channel, now: number): Promise<boolean> {
    if (!channel.limits.paced || (await noteSpoken(trx, speechOf(delivery, now), parts.random())))
      return true;
    await moveDelivery(trx, delivery.id, { from: ['sending'], to: 'planned', dueAt: now }, now);
    return false;
  }

  async function begin(delivery: Delivery, part: Part, channel: Channel): Promise<boolean> {
    return await inTransaction(db, async (trx) => {
      const now = clock.now();
      if (!(await takeTurn(trx, delivery, channel, now))) return false;
      if (await beginPart(trx, part, now)) return true;
      await concludeDelivery(trx, delivery.id, ['sending'], now);
      return false;
    });
  }

  async function say(channel: Channel, target: ChatTarget, delivery: Delivery, part: Part): Promise<Outcome> {
    const outbound: OutboundPart =
      part.kind === 'text'
        ? { kind: 'text', text: part.body }
        : { kind: 'picture', path: parts.picturePath(part.body), alt: part.alt };
    const waiting = new AbortController();
    let late = false;
    const timeout = clock.sleep(parts.sendTimeout ?? SEND_TIMEOUT, waiting.signal).then((): Outcome => {
      late = true;
      return { kind: 'doubt', reason: '发送没有回应，不确定是否到群' };
    });
    const answer = Promise.resolve()
      .then(() => channel.send(target, outbound))
      .then(outcomeOfReceipt, outcomeOfError);
    answer
      .then((outcome) => (late ? settleLate(delivery, part, outcome) : undefined))
      .catch((error: unknown) =>
        log.error({ reason: reasonOf(error) }, 'a late answer of the channel could not be written down'),
      );
    try {
      return await Promise.race([answer, timeout]);
    } finally {
      waiting.abort();
    }
  }

  /** What is known is not given up for a database that is away for a while. */
  async function persist<T>(work: () => Promise<T>): Promise<T> {
    const deadline = clock.now() + PERSIST_WITHIN;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (parts.signal.aborted || clock.now() > deadline) throw error;
        log.warn({ reason: reasonOf(error) }, 'an outcome could not be written down yet');
        await clock.sleep(PERSIST_RETRY, parts.signal);
      }
    }
  }

  /** Writes the outcome down. True when the next part may follow. */
  async function settle(
    delivery: Delivery,
    part: Part,
    outcome: Outcome,
    channel: Channel,
    isLast: boolean,
  ): Promise<boolean> {
    const now = clock.now();
    if (outcome.kind !== 'sent' && outcome.kind !== 'awaiting-echo')
      log.warn(
        { delivery: delivery.no, part: part.seq, outcome: outcome.kind, reason: outcome.reason },
        'a part was not sent',
      );
    const conclude = (trx: Db, reason?: string) =>
      concludeDelivery(trx, delivery.id, ['sending'], now, reason);
    return await inTransaction(db, async (trx) => {
      if (channel.limits.paced) await tellPace(trx, outcome, channel, now);
      switch (outcome.kind) {
        case 'sent': {
          const state = await settlePart(trx, part, { state: 'sent', messageId: outcome.messageId }, now);
          if (isLast || state === 'unknown') await conclude(trx, SAID_ONCE);
          return state === 'sent';
        }
        case 'awaiting-echo': {
          const isSent = (await settlePart(trx, part, { state: 'awaiting-echo' }, now)) === 'sent';
          if (isLast || !isSent) await conclude(trx);
          return isSent;
        }
        case 'not-sent': {
          if ((await settlePart(trx, part, { state: 'planned' }, now)) === 'sent') {
            if (isLast) await conclude(trx);
            return true;
          }
          const dueAt = now + retryDelay(delivery.attempt);
          const { reason } = outcome;
          await moveDelivery(trx, delivery.id, { from: ['sending'], to: 'planned', dueAt, reason }, now);
          return false;
        }
        case 'refused': {
          await settlePart(trx, part, { state: 'planned' }, now);
          const { reason } = outcome;
          if (isOnlyPicture(delivery, part)) {
            // The words are there: as a failure a group's digest would come again.
            await dropParts(trx, delivery.id);
            await conclude(trx);
            await trx
              .updateTable('delivery')
              .set({ reason: `文字到了，图没有发成：${reason}` })
              .where('id', '=', delivery.id)
              .execute();
            return false;
          }
          await moveDelivery(trx, delivery.id, { from: ['sending'], to: 'failed', reason }, now);
          await closeWindow(trx, delivery.id, now);
          return false;
        }
        case 'doubt': {
          const isSent = (await settlePart(trx, part, { state: 'unknown' }, now)) === 'sent';
          if (isLast || !isSent) await conclude(trx, outcome.reason);
          return isSent;
        }
      }
    });
  }

  /** A refusal concerns one group alone, and an account that has gone offline isn't in trouble with its chat. */
  async function tellPace(trx: Db, outcome: Outcome, channel: Channel, now: number): Promise<void> {
    const { account } = channel;
    if (outcome.kind === 'sent' || outcome.kind === 'awaiting-echo') return await noteSuccess(trx, account);
    if (outcome.kind === 'refused' || channel.status().state !== 'online') return;
    const isThrottled = outcome.kind === 'not-sent' && outcome.throttled === true;
    const until = await noteTrouble(trx, account, isThrottled ? 'throttled' : 'error', now);
    if (until !== undefined) log.warn({ account, until, reason: outcome.reason }, 'the account pauses');
  }

  /** A send that had been given up answers after all: what was in doubt becomes known. */
  async function settleLate(delivery: Delivery, part: Part, outcome: Outcome): Promise<void> {
    if (outcome.kind === 'doubt' || outcome.kind === 'awaiting-echo') return;
    await persist(() =>
      inTransaction(db, async (trx) => {
        const now = clock.now();
        const to =
          outcome.kind === 'sent'
            ? ({ state: 'sent', messageId: outcome.messageId } as const)
            : ({ state: 'planned' } as const);
        await settlePart(trx, part, to, now, ['unknown']);
        if (outcome.kind === 'refused') {
          const { reason } = outcome;
          await moveDelivery(trx, delivery.id, { from: ['unknown'], to: 'failed', reason }, now);
        } else await concludeDelivery(trx, delivery.id, ['unknown'], now);
      }),
    );
  }
}
