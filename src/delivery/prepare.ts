/**
 * Prepares a claimed delivery for being said: the revision that is approved now, its words, its pictures. Runs
 * in the commit of the claim, so that what is about to be said is on record before anybody hears it.
 */
import { access } from 'node:fs/promises';

import type { Channel } from '../channels/channel.ts';
import type { Db } from '../db/open.ts';
import type { DeliveryKind, DeliveryState, LessonHeadTable } from '../db/tables.ts';
import { whyWithheld } from '../lessons/review.ts';
import { findHead } from '../lessons/revisions.ts';
import { splitText } from '../lessons/split.ts';
import { EXAMPLE } from '../news/items.ts';
import { hasBrought } from './brought.ts';
import { type Delivery, type Draft, dropParts, HAD_IT, listParts, type Part, writeParts } from './ledger.ts';
import { isOwnWeek } from './own-week.ts';
import { wordsOfNotice } from './publish.ts';
import { isSample } from './rehearsals.ts';

/** The words of a delivery, or why there are none. */
export type Composed = { readonly drafts: readonly Draft[] } | { readonly skip: string };

/** Composes within the transaction that fixes the words; `now` is when sending begins, ms. */
export type Compose = (trx: Db, delivery: Delivery, channel: Channel, now: number) => Promise<Composed>;

export interface PrepareParts {
  readonly compose: Compose;
  /** Where a picture's file is on this disk. */
  readonly picturePath: (file: string) => string;
}

export type Prepared =
  /** What is left to say, in order, and what a person should know about it. */
  | { readonly left: readonly Part[]; readonly note?: string }
  | { readonly ended: Extract<DeliveryState, 'skipped' | 'failed'>; readonly reason: string };

const FIXED: readonly DeliveryKind[] = ['ack', 'reply', 'notice', 'reminder'];
/** What is made up for the sandbox never gets out of it, whoever approved it. */
const NEWS: readonly DeliveryKind[] = ['brief', 'bulletin', 'reminder'];
const SANDBOX = 'sandbox';

/**
 * Their words are fixed when they are planned; all others are composed when they are sent. A notice to one person
 * is ours; one to a group was written and approved by people. What comes with a
 * picture of its reader's own, or shows a digest to its author, is drawn then too.
 */
const isFixed = (delivery: Delivery): boolean =>
  FIXED.includes(delivery.kind) &&
  !(delivery.kind === 'notice' && delivery.group_id !== null) &&
  !isOwnWeek(delivery) &&
  !isSample(delivery);

export async function prepareDelivery(
  { compose, picturePath }: PrepareParts,
  trx: Db,
  delivery: Delivery,
  channel: Channel,
  now: number,
): Promise<Prepared> {
  const before = await listParts(trx, delivery.id);
  const untouched = before.every((part) => part.state === 'planned');
  if (!untouched) {
    const reason = await withheld(trx, delivery);
    if (reason !== undefined) return { ended: 'skipped', reason: `发到一半：${reason}` };
    return { left: before.filter((part) => part.state === 'planned') };
  }

  const pinned = await pinApproved(trx, delivery);
  if ('reason' in pinned) return { ended: 'skipped', reason: pinned.reason };
  const composed = isFixed(delivery)
    ? { drafts: before.flatMap((part) => toDrafts(part, channel)) }
    : await compose(trx, pinned.delivery, channel, now);
  if ('skip' in composed) return { ended: 'skipped', reason: composed.skip };
  const drafts = composed.drafts.filter(({ kind, body }) => kind === 'picture' || body.trim() !== '');
  if (drafts.length === 0) return { ended: 'skipped', reason: '没有内容可发' };
  if (
    NEWS.includes(delivery.kind) &&
    channel.account !== SANDBOX &&
    drafts.some(({ body }) => body.includes(EXAMPLE))
  )
    return { ended: 'failed', reason: '示例只能在沙盒里发' };
  const fault = await faultOf(drafts, channel, picturePath);
  if (fault) return { ended: 'failed', reason: fault };
  if (before.length > 0) await dropParts(trx, delivery.id);
  const left = await writeParts(trx, delivery, drafts);
  return { left, ...(pinned.note === undefined ? {} : { note: pinned.note }) };
}

function toDrafts(part: Part, { limits }: Channel): Draft[] {
  if (part.kind === 'picture') return [{ kind: 'picture', body: part.body, alt: part.alt }];
  return splitText(part.body, limits.maxText).map((body) => ({ kind: 'text', body }));
}

/**
 * What was planned may have been changed or withdrawn since: the revision that is approved now goes out, and
 * nothing does of a lesson that isn't in the catalogue any more.
 */
async function pinApproved(
  trx: Db,
  delivery: Delivery,
): Promise<{ readonly delivery: Delivery; readonly note?: string } | { readonly reason: string }> {
  const standing = await standingOf(trx, delivery);
  if ('reason' in standing) return standing;
  const { head } = standing;
  if (!head || head.hash === delivery.hash) return { delivery };
  if (delivery.again === 0 && (await hasBrought(trx, delivery.group_id, head.hash, delivery.id)))
    return { reason: HAD_IT };
  await trx.updateTable('delivery').set({ hash: head.hash }).where('id', '=', delivery.id).execute();
  return { delivery: { ...delivery, hash: head.hash }, note: '排期后内容改过，发的是改过的' };
}

/** Why nothing may be said of what people wrote: it isn't approved, or not any more. */
export async function withheld(trx: Db, delivery: Delivery): Promise<string | undefined> {
  const standing = await standingOf(trx, delivery);
  return 'reason' in standing ? standing.reason : undefined;
}

/** Of a lesson also the revision that is approved now. */
async function standingOf(
  trx: Db,
  delivery: Delivery,
): Promise<{ readonly head?: LessonHeadTable } | { readonly reason: string }> {
  if (delivery.kind === 'lesson') {
    const head = await findHead(trx, delivery.content);
    if (head && head.withdrawn_at === null) return { head };
    return { reason: (await whyWithheld(trx, delivery.content)) ?? '这一课已经撤下，没有发' };
  }
  if (delivery.kind !== 'notice' || delivery.group_id === null) return {};
  const words = await wordsOfNotice(trx, delivery);
  return 'reason' in words ? { reason: words.reason } : {};
}

/** Why these parts can't be said as they are; nothing has been said yet. */
async function faultOf(
  drafts: readonly Draft[],
  { limits }: Channel,
  picturePath: (file: string) => string,
): Promise<string | undefined> {
  for (const { kind, body } of drafts) {
    if (kind === 'text' && body.length > limits.maxText) return `有一段超过 ${limits.maxText} 个字，没有发`;
    if (kind === 'picture' && !(await exists(picturePath(body))))
      return `图片 ${body} 不在了，没有发；放回去再补发`;
  }
  return undefined;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
