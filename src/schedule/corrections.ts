/** A digest never goes twice; when its figures were wrong, a new message that says so tells the right ones. */
import { appendAudit } from '../db/audit.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { DeliveryState } from '../db/tables.ts';
import { type DigestPlace, draftDigest, spanOf } from '../delivery/digests.ts';
import {
  type Delivery,
  type Draft,
  findDelivery,
  listParts,
  type Part,
  planDeliveries,
} from '../delivery/ledger.ts';
import { getListedDelivery, type ListedDelivery } from '../delivery/listing.ts';
import { findRehearsalOf } from '../delivery/rehearsals.ts';
import { NOT_BROUGHT } from '../delivery/states.ts';
import { tellsTheSame } from '../digest/compare.ts';
import { periodOf, type Span } from '../digest/spans.ts';
import { UserError } from '../errors.ts';
import type { Lesson } from '../lessons/lesson.ts';
import type { Group } from '../people/groups.ts';
import { type Actor, notFound } from '../people/scope.ts';
import { sayNextLesson } from './preview.ts';
import { nextOrdinal } from './syllabus.ts';

/** The group has been told it, or may have been. */
const TOLD: readonly DeliveryState[] = ['sent', 'unknown', 'awaiting-echo'];

type Correctable = Pick<Delivery, 'group_id' | 'content' | 'period'>;

/** What a group was told of a span, and is about to be told: the digest and its corrections. */
const ofTheSame = (db: Db, { group_id: groupId, content, period }: Correctable) =>
  db
    .selectFrom('delivery')
    .selectAll()
    .where('group_id', '=', groupId)
    .where('kind', '=', 'digest')
    .where('content', '=', content)
    .where('period', '=', period);

/** What the group was told last. */
const findTold = (db: Db, of: Correctable): Promise<Delivery | undefined> =>
  ofTheSame(db, of)
    .where('state', 'in', [...TOLD])
    .orderBy('no', 'desc')
    .executeTakeFirst();

/** The corrections of what a delivery told, whatever became of them, in order. */
export const listCorrections = (db: Db, of: Delivery): Promise<Delivery[]> =>
  of.kind !== 'digest' || of.period === null
    ? Promise.resolve([])
    : ofTheSame(db, of).where('again', '=', 1).where('no', '>', of.no).orderBy('no').execute();

/**
 * Plans a correction of what a group was told of a span, for now. Gives the delivery's id. Throws `UserError` when the
 * group was told nothing, and while another correction of it is on its way.
 */
export async function planCorrection(
  db: Db,
  group: Pick<Group, 'id' | 'key' | 'account'>,
  span: Span,
  by: { readonly who: string; readonly via?: string },
  now: number,
): Promise<string> {
  const of = { group_id: group.id, content: span.kind, period: periodOf(span) };
  return await inTransaction(db, async (trx) => {
    const before = await findTold(trx, of);
    if (!before)
      throw new UserError(
        `group ${group.key} has had no digest of ${span.from} to ${span.to}: there is nothing to correct`,
        { said: '这个群没有收到过这一期简报，没有可更正的。' },
      );
    const later = await listCorrections(trx, before);
    const underWay = later.find(({ state }) => !NOT_BROUGHT.includes(state));
    const [planned] = underWay
      ? []
      : await planDeliveries(
          trx,
          [
            {
              // Two who press at the same moment plan the same one.
              cause: `correction:${before.id}:${later.length}`,
              kind: 'digest',
              account: group.account,
              groupId: group.id,
              content: span.kind,
              period: of.period,
              ordinal: await nextOrdinal(trx, group.id, 'digest'),
              plannedAt: now,
              again: true,
            },
          ],
          now,
        );
    if (planned === undefined)
      throw new UserError(
        `a correction for group ${group.key} is on its way already${underWay ? `: delivery ${underWay.no}` : ''}`,
        { said: `已经有一条更正在路上${underWay ? `（${underWay.no} 号）` : ''}，没有再排。` },
      );
    await appendAudit(trx, {
      at: now,
      ...by,
      what: 'digest.correct',
      subject: planned,
      before: { delivery: before.no },
    });
    return planned;
  });
}

/** What a correction would be made of. */
export interface CorrectionParts {
  readonly place: DigestPlace;
  readonly lessons: readonly Lesson[];
}

export interface Correction {
  readonly delivery: ListedDelivery;
  readonly span: Span;
  /** What the group was told last of the span: the digest itself, or the last correction. */
  readonly told: Delivery;
  readonly said: readonly Part[];
  /** What it would be told now. */
  readonly drafts: readonly Draft[];
  /** `own-words`: its author's words went out in the place of figures, there is nothing to compare. */
  readonly change: 'changed' | 'same' | 'own-words';
}

/**
 * What a correction of a digest would say, beside what was said. Throws `NotFoundError` outside the actor's scope, and
 * where nothing is that can be corrected.
 */
export async function readCorrection(
  db: Db,
  actor: Actor,
  no: number,
  { place, lessons }: CorrectionParts,
  now: number,
): Promise<Correction> {
  const listed = await getListedDelivery(db, actor, no);
  const delivery = await findDelivery(db, listed.id);
  if (!delivery || !isCorrectable(delivery) || delivery.group_id === null) throw notFound('delivery', no);
  const groupId = delivery.group_id;
  const told = (await findTold(db, delivery)) ?? delivery;
  const span = spanOf(delivery, place.zone);
  const said = await listParts(db, told.id);
  const next = await sayNextLesson(db, lessons, groupId, now, place.zone);
  const drafts = await draftDigest(
    db,
    groupId,
    span,
    {
      ordinal: await nextOrdinal(db, groupId, 'digest'),
      isCorrection: true,
      ...(next === undefined ? {} : { next }),
    },
    place,
    now,
  );
  const wordsOf = (parts: readonly Draft[]) =>
    parts.flatMap(({ kind, body }) => (kind === 'text' ? [body] : [])).join('\n');
  const hasOwnWords = ((await findRehearsalOf(db, told))?.words ?? null) !== null;
  const change = hasOwnWords
    ? 'own-words'
    : tellsTheSame(wordsOf(said), wordsOf(drafts))
      ? 'same'
      : 'changed';
  return { delivery: listed, span, told, said, drafts, change };
}

/** Whether a delivery is a digest that went out. */
export const isCorrectable = ({
  kind,
  state,
  period,
}: Pick<Delivery, 'kind' | 'state' | 'period'>): boolean =>
  kind === 'digest' && state === 'sent' && period !== null;

/**
 * Sends a correction of a digest that went out, as one of those may who look after its group. Throws `UserError` when it
 * would say nothing new and `anyway` isn't wanted, `NotFoundError` as `readCorrection` does. Gives the new delivery.
 */
export async function correctDelivery(
  db: Db,
  actor: Actor,
  no: number,
  { anyway, ...parts }: CorrectionParts & { readonly anyway: boolean },
  now: number,
): Promise<Delivery> {
  const { delivery, span, change } = await readCorrection(db, actor, no, parts, now);
  if (change === 'same' && !anyway)
    throw new UserError(
      `delivery ${no}: its figures are the same; nothing was planned (--anyway sends it all the same)`,
      {
        said: '数字和群里看到的一样，没有再发。要照样发，先勾上「数字没变也发」。',
      },
    );
  return await inTransaction(db, async (trx) => {
    const group = await trx
      .selectFrom('chat_group')
      .select(['id', 'key', 'account', 'enabled'])
      .where('key', '=', delivery.key)
      .executeTakeFirstOrThrow();
    if (group.enabled === 0)
      throw new UserError(`group ${group.key} is not enabled`, {
        said: '这个群没有启用，发不进去。先到 群与成员 里启用。',
      });
    const id = await planCorrection(trx, group, span, actor, now);
    return (await findDelivery(trx, id)) as Delivery;
  });
}

/**
 * As `correctDelivery`, of what a group was told last of a span. What it may have been told (nobody knows) is corrected
 * without a comparison.
 */
export async function correctSpan(
  db: Db,
  actor: Actor,
  { group, span }: { readonly group: Pick<Group, 'id' | 'key' | 'account'>; readonly span: Span },
  parts: CorrectionParts & { readonly anyway: boolean },
  now: number,
): Promise<Delivery> {
  const told = await findTold(db, { group_id: group.id, content: span.kind, period: periodOf(span) });
  if (told && isCorrectable(told)) return await correctDelivery(db, actor, told.no, parts, now);
  const id = await planCorrection(db, group, span, actor, now);
  return (await findDelivery(db, id)) as Delivery;
}
