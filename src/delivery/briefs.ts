/** What of the news goes to which group: approved there, not expired, never twice. */
import type { Channel } from '../channels/channel.ts';
import { addDays, localDay, mondayOf } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { byRelevance, composeBrief, composeBulletin } from '../news/brief.ts';
import { verdictFor, withDecisions } from '../news/desk.ts';
import type { Item } from '../news/items.ts';
import { sayOrigin } from '../news/requests.ts';
import { lineageOf } from '../people/units.ts';
import type { Delivery } from './ledger.ts';
import type { Composed } from './prepare.ts';
import { NOT_BROUGHT } from './states.ts';

/** The only channel on which what is made up may be said. */
const SANDBOX = 'sandbox';

export const NOTHING_NEW = '没有新的动态，没有发';

/** How many items are looked at for one brief; the most telling of them go into it. */
const LOOKED_AT = 300;

/**
 * Composes a brief within the claim: what goes into it is written down as sent to this group in the same
 * transaction, so that no other brief can take it.
 */
export async function composeBriefDelivery(
  trx: Db,
  delivery: Delivery,
  channel: Channel,
  zone: string,
  now: number,
): Promise<Composed> {
  const { group_id: groupId } = delivery;
  if (groupId === null) return { skip: '没有内容可发' };
  await dropSendings(trx, delivery.id);
  const open = byRelevance(
    (await listSendable(trx, groupId, channel, now)).filter(({ kind }) => kind === 'news'),
  );
  const words = {
    title: titleOf(delivery.content, localDay(delivery.planned_at, zone)),
    sayOrigin: (item: Item) => sayOrigin(item, zone),
  };
  const wanted = composeBrief(open, words)?.items ?? [];
  const mine: Item[] = [];
  for (const item of wanted) if (await takeItem(trx, item.id, groupId, delivery.id, now)) mine.push(item);
  const brief = composeBrief(mine, words);
  return brief ? { drafts: [{ kind: 'text', body: brief.text }] } : { skip: NOTHING_NEW };
}

/** `content` of a bulletin is its item's id. */
export async function composeBulletinDelivery(
  trx: Db,
  delivery: Delivery,
  channel: Channel,
  zone: string,
  now: number,
): Promise<Composed> {
  const { group_id: groupId } = delivery;
  if (groupId === null) return { skip: '没有内容可发' };
  await dropSendings(trx, delivery.id);
  const [item] = await listSendable(trx, groupId, channel, now, delivery.content);
  if (!item) return { skip: WHY_NOT[await whyNot(trx, delivery.content, groupId, channel, now)] };
  if (!(await takeItem(trx, item.id, groupId, delivery.id, now))) return { skip: WHY_NOT.had };
  return { drafts: [{ kind: 'text', body: composeBulletin(item, (one) => sayOrigin(one, zone)) }] };
}

/** Why a group doesn't get a piece. */
export type WhyNot = 'gone' | 'example' | 'had' | 'expired' | 'not-kept';

const WHY_NOT: Readonly<Record<WhyNot, string>> = {
  gone: '这一条不在了',
  example: '示例只能在沙盒里发',
  had: '这一条这个群已经发过',
  expired: '这一条已经过期，没有发',
  'not-kept': '这一条没有留下来，没有发',
};

type On = Pick<Channel, 'account'>;

async function whyNot(
  trx: Db,
  itemId: string,
  groupId: string,
  { account }: On,
  now: number,
): Promise<WhyNot> {
  const item = await trx.selectFrom('news_item').selectAll().where('id', '=', itemId).executeTakeFirst();
  if (!item) return 'gone';
  if (item.example === 1 && account !== SANDBOX) return 'example';
  const had = await trx
    .selectFrom('news_sending')
    .innerJoin('delivery', 'delivery.id', 'news_sending.delivery_id')
    .select('item_id')
    .where('item_id', '=', itemId)
    .where('news_sending.group_id', '=', groupId)
    .where('delivery.state', 'not in', [...NOT_BROUGHT])
    .executeTakeFirst();
  if (had) return 'had';
  return item.expires_at <= now ? 'expired' : 'not-kept';
}

/** Why the group would not get the piece at that time, ms; `undefined` where it would, as far as it is known now. */
export async function whyNotTo(
  db: Db,
  itemId: string,
  group: { readonly id: string; readonly account: string },
  at: number,
): Promise<WhyNot | undefined> {
  const [item] = await listSendable(db, group.id, group, at, itemId);
  return item ? undefined : await whyNot(db, itemId, group.id, group, at);
}

const titleOf = (span: string, day: string): string => {
  const say = (one: string) => `${Number(one.slice(5, 7))}月${Number(one.slice(8))}日`;
  return span === 'week' ? `${say(mondayOf(day))}—${say(addDays(mondayOf(day), 6))}` : say(day);
};

/** What may be said in the group now: approved where it belongs, not expired, and nothing made up on a real channel. */
async function listSendable(
  trx: Db,
  groupId: string,
  { account }: On,
  now: number,
  onlyId?: string,
): Promise<Item[]> {
  const group = await trx
    .selectFrom('chat_group')
    .select('unit_id')
    .where('id', '=', groupId)
    .executeTakeFirstOrThrow();
  const lineage = group.unit_id === null ? [] : await lineageOf(trx, group.unit_id);
  let query = trx
    .selectFrom('news_item')
    .selectAll()
    .where('expires_at', '>', now)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('news_decision')
          .select('item_id')
          .whereRef('news_decision.item_id', '=', 'news_item.id')
          .where('verdict', '=', 'kept'),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('news_sending')
            .innerJoin('delivery', 'delivery.id', 'news_sending.delivery_id')
            .select('news_sending.item_id')
            .whereRef('news_sending.item_id', '=', 'news_item.id')
            .where('news_sending.group_id', '=', groupId)
            .where('delivery.state', 'not in', [...NOT_BROUGHT]),
        ),
      ),
    )
    .orderBy('relevance', 'desc')
    .orderBy('published_at', 'desc')
    .limit(LOOKED_AT);
  if (onlyId !== undefined) query = query.where('id', '=', onlyId);
  if (account !== SANDBOX) query = query.where('example', '=', 0);
  const items = await withDecisions(trx, await query.execute());
  return items.filter((item) => verdictFor(item, item.decisions, lineage) === 'kept');
}

/** What this delivery was going to bring when it was composed before and couldn't be said: it is composed anew. */
const dropSendings = (trx: Db, deliveryId: string) =>
  trx.deleteFrom('news_sending').where('delivery_id', '=', deliveryId).execute();

/**
 * Writes down that the delivery brings the item to the group. False when another one does or has: what a failed
 * delivery was going to bring is free again.
 */
async function takeItem(
  trx: Db,
  itemId: string,
  groupId: string,
  deliveryId: string,
  now: number,
): Promise<boolean> {
  const taken = await trx
    .insertInto('news_sending')
    .values({ group_id: groupId, item_id: itemId, delivery_id: deliveryId, at: now })
    .onConflict((conflict) =>
      conflict
        .columns(['group_id', 'item_id'])
        .doUpdateSet({ delivery_id: deliveryId, at: now })
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('delivery')
              .select('delivery.id')
              .whereRef('delivery.id', '=', 'news_sending.delivery_id')
              .where('delivery.state', 'in', [...NOT_BROUGHT]),
          ),
        ),
    )
    .returning('item_id')
    .executeTakeFirst();
  return taken !== undefined;
}
