/**
 * Who has read what a delivery brought: only whoever said so (已阅) or pressed the button behind their own link.
 * Nothing is concluded from anything else.
 */
import { createHash, randomBytes } from 'node:crypto';

import { DAY } from '../clock.ts';
import { newId } from '../db/ids.ts';
import { sql } from '../db/sql.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { DeliveryKind, DeliveryState, ReadingTable } from '../db/tables.ts';
import { type Delivery, planDeliveries } from './ledger.ts';

/** What asks to be read, said in a group. */
export const TO_READ: readonly DeliveryKind[] = ['brief', 'bulletin', 'notice'];
const REACHED: readonly DeliveryState[] = ['sent', 'awaiting-echo', 'unknown'];
/** For so long after it came 已阅 is about it, ms. */
export const READ_WITHIN = 7 * DAY;

/** The last brief or bulletin that had reached the group at that instant; 已阅 is said about it. */
export const findToRead = (db: Db, groupId: string, at: number): Promise<Delivery | undefined> =>
  db
    .selectFrom('delivery')
    .selectAll()
    .where('group_id', '=', groupId)
    .where('kind', 'in', [...TO_READ])
    .where('state', 'in', [...REACHED])
    .where((eb) => eb(eb.fn.coalesce('sent_at', 'updated_at'), '<=', at))
    .where((eb) => eb(eb.fn.coalesce('sent_at', 'updated_at'), '>', at - READ_WITHIN))
    .orderBy((eb) => eb.fn.coalesce('sent_at', 'updated_at'), 'desc')
    .limit(1)
    .executeTakeFirst();

/** Idempotent. Says whether it was new. */
export async function recordReading(
  trx: Db,
  reading: Pick<ReadingTable, 'delivery_id' | 'member_id' | 'how' | 'message_id'>,
  now: number,
): Promise<boolean> {
  const written = await trx
    .insertInto('reading')
    .values({ ...reading, id: newId(), at: now })
    .onConflict((conflict) => conflict.columns(['delivery_id', 'member_id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return written !== undefined;
}

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

/** A secret for a member's own link to what a delivery brought. */
export async function issueReadingToken(
  db: Db,
  deliveryId: string,
  memberId: string,
  now: number,
): Promise<string> {
  const secret = randomBytes(15).toString('base64url');
  await db
    .insertInto('reading_token')
    .values({ hash: hashOf(secret), delivery_id: deliveryId, member_id: memberId, created_at: now })
    .execute();
  return secret;
}

export interface ReadingLink {
  readonly delivery: Delivery;
  readonly memberId: string;
  /** What was said in the group. */
  readonly text: string;
  readonly isRead: boolean;
}

/** What a member's own link leads to; `undefined` when it is nobody's. Looking counts for nothing. */
export async function findReadingLink(db: Db, secret: string): Promise<ReadingLink | undefined> {
  const token = await db
    .selectFrom('reading_token')
    .selectAll()
    .where('hash', '=', hashOf(secret))
    .executeTakeFirst();
  if (!token) return undefined;
  const delivery = await db
    .selectFrom('delivery')
    .selectAll()
    .where('id', '=', token.delivery_id)
    .executeTakeFirstOrThrow();
  const parts = await db
    .selectFrom('delivery_part')
    .select('body')
    .where('delivery_id', '=', delivery.id)
    .where('kind', '=', 'text')
    .orderBy('seq')
    .execute();
  const read = await db
    .selectFrom('reading')
    .select('id')
    .where('delivery_id', '=', delivery.id)
    .where('member_id', '=', token.member_id)
    .executeTakeFirst();
  return {
    delivery,
    memberId: token.member_id,
    text: parts.map(({ body }) => body).join('\n'),
    isRead: read !== undefined,
  };
}

/** Counts the press of the button behind a member's own link. False when the link is nobody's. */
export async function readByLink(db: Db, secret: string, now: number): Promise<boolean> {
  return await inTransaction(db, async (trx) => {
    const link = await findReadingLink(trx, secret);
    if (!link) return false;
    const { delivery, memberId } = link;
    await recordReading(
      trx,
      { delivery_id: delivery.id, member_id: memberId, how: 'link', message_id: null },
      now,
    );
    return true;
  });
}

export interface Reader {
  /** On the roster or a guest; absent for somebody who has never said anything. */
  readonly memberId?: string;
  readonly name: string;
  readonly readAt: number | null;
  readonly how: ReadingTable['how'] | null;
}

/** Everybody who sits in the group of a delivery now, with when they read it; those who did first. */
export async function listReaders(db: Db, { id, group_id: groupId, account }: Delivery): Promise<Reader[]> {
  const seats = await db
    .selectFrom('group_member as seat')
    .leftJoin('identity', (join) =>
      join
        .onRef('identity.contact_id', '=', 'seat.contact_id')
        .on('identity.account', '=', account)
        .on('identity.closed_at', 'is', null),
    )
    .leftJoin('member', 'member.id', 'identity.member_id')
    .select(['seat.name as nickname', 'member.id as memberId', 'member.name'])
    .where('seat.group_id', '=', groupId ?? '')
    .where('seat.left_at', 'is', null)
    .execute();
  const readings = await db
    .selectFrom('reading')
    .innerJoin('member', 'member.id', 'reading.member_id')
    .select(['member_id as memberId', 'member.name', 'at', 'how'])
    .where('delivery_id', '=', id)
    .orderBy('at')
    .execute();
  const read = new Map(readings.map((row) => [row.memberId, row]));
  const unread = seats
    .filter(({ memberId }) => memberId === null || !read.has(memberId))
    .map(({ memberId, name, nickname }): Reader => ({
      ...(memberId === null ? {} : { memberId }),
      name: name ?? nickname,
      readAt: null,
      how: null,
    }));
  return [
    ...readings.map(({ memberId, name, at, how }): Reader => ({ memberId, name, readAt: at, how })),
    ...unread.toSorted((a, b) => a.name.localeCompare(b.name, 'zh')),
  ];
}

const REMIND = 'unread:';
/** A reminder that nobody needs any more when the matter is this old, ms. */
const TOO_LATE = 3 * DAY;

/**
 * Plans one reminder for each bulletin and notice that some of its group haven't read `after` ms after it came. It names
 * nobody. Gives how many are planned.
 */
export async function remindUnread(
  db: Db,
  after: (groupId: string) => Promise<number | undefined>,
  now: number,
): Promise<number> {
  const due = await db
    .selectFrom('delivery')
    .leftJoin('news_item', 'news_item.id', 'delivery.content')
    .leftJoin('review_item', 'review_item.id', 'delivery.content')
    .selectAll('delivery')
    .select((eb) => eb.fn.coalesce('news_item.title', 'review_item.title').as('title'))
    .where('delivery.kind', 'in', ['bulletin', 'notice'])
    .where('delivery.group_id', 'is not', null)
    .where('delivery.state', '=', 'sent')
    .where('delivery.sent_at', '>', now - TOO_LATE)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('delivery as reminder')
            .select('reminder.id')
            .where('reminder.cause', '=', sql<string>`${REMIND} || delivery.id`),
        ),
      ),
    )
    .execute();
  let planned = 0;
  for (const { title, ...delivery } of due) {
    const { group_id: groupId } = delivery;
    const wait = groupId === null ? undefined : await after(groupId);
    if (groupId === null || wait === undefined || (delivery.sent_at ?? now) + wait > now) continue;
    const readers = await listReaders(db, delivery);
    const left = readers.filter(({ readAt }) => readAt === null).length;
    if (left === 0) continue;
    const ids = await planDeliveries(
      db,
      [
        {
          cause: `${REMIND}${delivery.id}`,
          kind: 'reminder',
          account: delivery.account,
          groupId,
          plannedAt: now,
          parts: [
            {
              kind: 'text',
              body: `《${title ?? '通知'}》已有 ${readers.length - left} / ${readers.length} 人回复 已阅。还没看的请往上翻一翻，看过回一声。`,
            },
          ],
        },
      ],
      now,
    );
    planned += ids.length;
  }
  return planned;
}
