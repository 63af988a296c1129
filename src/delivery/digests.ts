/**
 * The digest that a group gets: text and one picture. The picture is drawn before the delivery is claimed, so that
 * nothing waits for it.
 */
import { localDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import type { DeliveryTable } from '../db/tables.ts';
import { composeGroupDay, composeMissed, type MissedLesson, readGroupDay } from '../digest/daily.ts';
import { type Digest, readGroupDigest, readUnitDigest } from '../digest/digest.ts';
import { describeDigest, drawDigest } from '../digest/picture.ts';
import {
  comesWithPicture,
  isSpanKind,
  sayAsOf,
  type Span,
  spanOfDigest,
  spanOfPeriod,
} from '../digest/spans.ts';
import { composeDigest, digestHead } from '../digest/words.ts';
import { readPolicy } from '../people/policies.ts';
import { type DrawingPlace, drawPicture } from './drawing.ts';
import type { Draft } from './ledger.ts';
import { drawOwnWeek, isOwnWeek } from './own-week.ts';
import { findSample, type Sample } from './rehearsals.ts';

export interface DigestPlace extends DrawingPlace {
  readonly zone: string;
}

/** The span that a delivery's digest is about. */
export function spanOf(
  { content, period, planned_at: plannedAt }: Pick<DeliveryTable, 'content' | 'period' | 'planned_at'>,
  zone: string,
): Span {
  const kind = isSpanKind(content) ? content : 'day';
  return period === null ? spanOfDigest(kind, localDay(plannedAt, zone)) : spanOfPeriod(kind, period);
}

/** The span that a digest is about which isn't planned yet. */
export const spanOfSample = (
  { content, nominalAt }: Pick<Sample, 'content' | 'nominalAt'>,
  zone: string,
): Span => spanOf({ content, period: null, planned_at: nominalAt }, zone);

/**
 * What a group's digest of a span says. A day's is about the group itself; a longer one about its unit with everything
 * below, or about the group where the policy `digest-of` says so or there is no roster.
 */
export async function readDigestFor(
  db: Db,
  groupId: string,
  span: Span,
  { zone }: DigestPlace,
  now: number,
): Promise<Digest> {
  const group = await db
    .selectFrom('chat_group')
    .select(['id', 'topic', 'unit_id'])
    .where('id', '=', groupId)
    .executeTakeFirstOrThrow();
  const of = { db, span, zone, now };
  const isOfGroup = span.kind === 'day' || (await readPolicy(db, 'digest-of', { groupId })) === 'group';
  if (isOfGroup || group.unit_id === null) return await readGroupDigest(of, group);
  const digest = await readUnitDigest(of, group.unit_id);
  return digest.counts.base > 0 ? digest : await readGroupDigest(of, group);
}

export interface DraftWords {
  /** 第 N 期 of the group. */
  readonly ordinal?: number;
  /** It corrects one that went out before. */
  readonly isCorrection?: boolean;
  /** What comes next, ready to read. */
  readonly next?: string;
  /** Lessons whose hour was missed, oldest first. */
  readonly missed?: readonly MissedLesson[];
  /** The author's own words in the place of the computed ones. */
  readonly instead?: string;
}

/**
 * Text, and one picture below it where the policy wants one and there is something to draw. One that can't be made keeps
 * nobody from the words.
 */
export async function draftDigest(
  db: Db,
  groupId: string,
  span: Span,
  words: DraftWords,
  place: DigestPlace,
  now: number,
): Promise<Draft[]> {
  const digest = await readDigestFor(db, groupId, span, place, now);
  const text: Draft = { kind: 'text', body: await wordsOf(db, groupId, digest, words, place) };
  const picture = await drawFor(db, groupId, digest, words, place, now);
  return picture ? [text, picture] : [text];
}

async function wordsOf(
  db: Db,
  groupId: string,
  digest: Digest,
  { instead, missed = [], ...words }: DraftWords,
  { zone }: DigestPlace,
): Promise<string> {
  const { span } = digest;
  if (instead !== undefined) return `${digestHead(words)}${instead}`;
  if (span.kind !== 'day')
    return composeDigest(digest, { ...words, missed: composeMissed(missed, span.to, zone) });
  const figures = await readGroupDay(db, groupId, span.from, zone);
  return composeGroupDay(span.from, figures, {
    ...words,
    zone,
    missed,
    ...(digest.unclosed ? { unclosed: true } : {}),
  });
}

async function drawFor(
  db: Db,
  groupId: string,
  digest: Digest,
  words: DraftWords,
  place: DigestPlace,
  now: number,
): Promise<Draft | undefined> {
  if (place.dataDir === undefined || digest.counts.learned === 0) return undefined;
  if (!(await wantsPicture(db, groupId, digest.span))) return undefined;
  const asOf = sayAsOf(now, place.zone);
  return await drawPicture(
    place,
    () => drawDigest(digest, { ...markOfWords(words), asOf }),
    describeDigest(digest),
  );
}

const markOfWords = ({ ordinal, isCorrection }: DraftWords) => ({
  ...(ordinal === undefined ? {} : { ordinal }),
  ...(isCorrection === undefined ? {} : { isCorrection }),
});

const wantsPicture = async (db: Db, groupId: string, { kind }: Span): Promise<boolean> =>
  comesWithPicture(await readPolicy(db, 'digest-picture', { groupId }), kind);

/** Draws the picture of a digest ahead of its sending. */
export async function warmUpDigest(
  db: Db,
  delivery: DeliveryTable,
  place: DigestPlace,
  now: number,
): Promise<void> {
  if (isOwnWeek(delivery)) return void (await drawOwnWeek(db, delivery, place, now));
  const sample = await findSample(db, delivery);
  const groupId = sample?.groupId ?? (delivery.kind === 'digest' ? delivery.group_id : null);
  if (groupId === null) return;
  const span = sample ? spanOfSample(sample, place.zone) : spanOf(delivery, place.zone);
  if (!(await wantsPicture(db, groupId, span))) return;
  const digest = await readDigestFor(db, groupId, span, place, now);
  await drawFor(db, groupId, digest, sample ? {} : markOf(delivery), place, now);
}

/** What its head says of which one it is. */
export const markOf = ({ ordinal, again }: Pick<DeliveryTable, 'ordinal' | 'again'>): DraftWords => ({
  ...(ordinal === null ? {} : { ordinal }),
  isCorrection: again === 1,
});
