/** A member's own week as they get it: its words are fixed when it is planned, its picture is drawn when it is sent. */
import type { Db } from '../db/open.ts';
import { drawPersonal, describePersonal } from '../digest/personal-picture.ts';
import { readOwnTrend, readPersonal } from '../digest/personal.ts';
import { comesWithPicture, sayAsOf, type Span, spanAround } from '../digest/spans.ts';
import { readPolicy } from '../people/policies.ts';
import { type DrawingPlace, drawPicture } from './drawing.ts';
import type { Delivery, Draft } from './ledger.ts';

const OWN = /^own (\S+) (\d{4}-\d{2}-\d{2})$/;

/** The content of what brings a member their week. */
export const contentOfOwn = (memberId: string, { from }: Span): string => `own ${memberId} ${from}`;

export const isOwnWeek = ({
  kind,
  content,
  contact_id: contactId,
}: Pick<Delivery, 'kind' | 'content' | 'contact_id'>): boolean =>
  (kind === 'notice' || kind === 'reply') && contactId !== null && OWN.test(content);

/** `undefined` where there is nothing to draw, or the policy `digest-picture` of the member's unit wants none. */
export async function drawOwnWeek(
  db: Db,
  { content }: Pick<Delivery, 'content'>,
  place: DrawingPlace & { readonly zone: string },
  now: number,
): Promise<Draft | undefined> {
  const [, memberId = '', from = ''] = OWN.exec(content) ?? [];
  const member = await db
    .selectFrom('member')
    .select('unit_id')
    .where('id', '=', memberId)
    .where('erased_at', 'is', null)
    .executeTakeFirst();
  if (!member || place.dataDir === undefined) return undefined;
  const at = member.unit_id === null ? {} : { unitId: member.unit_id };
  if (!comesWithPicture(await readPolicy(db, 'digest-picture', at), 'week')) return undefined;
  const span = spanAround('week', from);
  const week = await readPersonal(db, memberId, span);
  if (week.days === 0) return undefined;
  const trend = await readOwnTrend(db, memberId, span);
  return await drawPicture(
    place,
    () => drawPersonal(week, trend, { asOf: sayAsOf(now, place.zone) }),
    describePersonal(week),
  );
}
