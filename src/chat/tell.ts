/**
 * What waits for a person is told to whoever it concerns, once and in private: what others wrote and what became of
 * it, deliveries that somebody has to look at, what a login left in doubt, an account that is offline. Certifications stand in `notices.ts`.
 */
import type { ChannelStatus } from '../channels/channel.ts';
import { DAY, HOUR, MINUTE, saySpan, SECOND } from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { type ExpressionBuilder, sql } from '../db/sql.ts';
import type { Tables } from '../db/tables.ts';
import { getText, KIND_NAMES, noteSeen, type ReviewItem } from '../lessons/review.ts';
import { lastLogin } from '../people/groups.ts';
import { readPolicy } from '../people/policies.ts';
import { listDeciders } from '../people/roles.ts';
import { TERMINAL } from '../people/scope.ts';
import { HOW, listDeliveriesById, LOOKED_AT, sayDelivery } from './commands/deliveries.ts';
import { sayText } from './commands/review.ts';
import { tellMembers, tellNearest } from './notices.ts';

/** What comes in a bunch is told together. */
const GATHERED = 30 * SECOND;
/** A line that drops for a moment is no news. */
const OFFLINE_FOR = 5 * MINUTE;
/** What is older is no news either. */
const LOOK_BACK = 14 * DAY;
const MOST_LINES = 10;
const LOST_AFTER = HOUR;

export interface TellParts {
  readonly zone: string;
  readonly channels: readonly Pick<ChannelStatus, 'account' | 'state' | 'since' | 'reason'>[];
}

export async function tellWaiting(db: Db, { zone, channels }: TellParts, now: number): Promise<void> {
  await tellReviews(db, now);
  await tellDecisions(db, now);
  await tellDeliveries(db, zone, now);
  await tellDoubts(db, now);
  await tellOffline(db, channels, now);
}

/** Marks a thing as told; false when it was. */
async function markTold(trx: Db, thing: string, now: number): Promise<boolean> {
  const marked = await trx
    .insertInto('told')
    .values({ thing, at: now })
    .onConflict((conflict) => conflict.column('thing').doNothing())
    .returning('thing')
    .executeTakeFirst();
  return marked !== undefined;
}

/** To those who can approve it, with the whole text: so that a bare 通过 is a word about it. */
async function tellReviews(db: Db, now: number): Promise<void> {
  const items = await db
    .selectFrom('review_item')
    .selectAll()
    .where('state', '=', 'submitted')
    .where(isUntold)
    .orderBy('no')
    .execute();
  for (const item of items)
    await inTransaction(db, async (trx) => {
      const { written_by: writer } = await getText(trx, item.id, item.hash);
      const text = [
        `${item.no} 号${KIND_NAMES[item.kind]}等你审，${await nameOf(trx, item.author)} 写的：`,
        '———',
        await sayText(trx, item),
        '———',
        `回 通过 ${item.no} 或 退回 ${item.no} 原因`,
      ].join('\n');
      const needed = await readPolicy(
        trx,
        'reviewers',
        item.unit_id === null ? {} : { unitId: item.unit_id },
      );
      const told = await tellNearest(
        trx,
        item.unit_id,
        { notice: { cause: thingOf(item), text }, except: [item.author, writer], least: needed },
        now,
      );
      for (const memberId of told) await noteSeen(trx, item, memberId, now);
      if (told.length > 0) await markTold(trx, thingOf(item), now);
    });
}

/** The same as `thingOf`, for a query. */
const isUntold = (eb: ExpressionBuilder<Tables, 'review_item'>) =>
  eb.not(
    eb.exists(
      eb
        .selectFrom('told')
        .select('told.thing')
        .where(
          'told.thing',
          '=',
          sql<string>`'review:' || review_item.id || ':' || cast(review_item.round as text) || ':' || review_item.state`,
        ),
    ),
  );

const thingOf = ({ id, round, state }: Pick<ReviewItem, 'id' | 'round' | 'state'>) =>
  `review:${id}:${round}:${state}`;

/** To the author: what became of it. */
async function tellDecisions(db: Db, now: number): Promise<void> {
  const items = await db
    .selectFrom('review_item')
    .selectAll()
    .where('state', 'in', ['approved', 'returned'])
    .where('decided_at', '>', now - LOOK_BACK)
    .where(isUntold)
    .orderBy('no')
    .execute();
  for (const item of items)
    await inTransaction(db, async (trx) => {
      if (!(await markTold(trx, thingOf(item), now)) || item.author === TERMINAL.who) return;
      const votes = await trx
        .selectFrom('review_vote')
        .select('id')
        .where('item_id', '=', item.id)
        .where('round', '=', item.round)
        .execute();
      // What nobody had to review its author has heard of already.
      if (votes.length === 0) return;
      await tellMembers(trx, [item.author], { cause: thingOf(item), text: sayDecided(item) }, now);
    });
}

function sayDecided({ no, kind, title, state, reason }: ReviewItem): string {
  const name = `你的 ${no} 号${KIND_NAMES[kind]}「${title}」`;
  if (state === 'returned')
    return `${name}被退回了${reason === null ? '' : `：${reason}`}。改好就发 修改 ${no} 加整篇新的内容。`;
  return kind === 'notice' ? `${name}通过了，已经发往群里。` : `${name}通过了，可以排课了。`;
}

async function nameOf(db: Db, memberId: string): Promise<string> {
  const member = await db.selectFrom('member').select('name').where('id', '=', memberId).executeTakeFirst();
  return member?.name ?? '运维';
}

/** Deliveries to groups that are unknown, held or failed: to those who decide for the group, together. */
async function tellDeliveries(db: Db, zone: string, now: number): Promise<void> {
  const rows = await db
    .selectFrom('delivery')
    .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .select([
      'delivery.id',
      'delivery.state',
      'delivery.attempt',
      'delivery.updated_at',
      'chat_group.unit_id',
    ])
    .where('delivery.state', 'in', [...LOOKED_AT])
    .where('delivery.kind', 'not in', ['ack', 'reply', 'reminder'])
    .where('delivery.updated_at', '>', now - LOOK_BACK)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('told')
            .select('told.thing')
            .where(
              'told.thing',
              '=',
              sql<string>`'delivery:' || delivery.id || ':' || delivery.state || ':' || cast(delivery.attempt as text)`,
            ),
        ),
      ),
    )
    .orderBy('delivery.no')
    .execute();
  for (const [unitId, own] of Map.groupBy(rows, (row) => row.unit_id)) {
    if (Math.min(...own.map((row) => row.updated_at)) > now - GATHERED) continue;
    await inTransaction(db, async (trx) => {
      const listed = await listDeliveriesById(
        trx,
        TERMINAL,
        own.map(({ id }) => id),
      );
      const lines = listed.slice(0, MOST_LINES).map((row) => sayDelivery(row, now, zone));
      const more = listed.length > MOST_LINES ? [`还有 ${listed.length - MOST_LINES} 条，发 投递 看`] : [];
      const text = [`有 ${listed.length} 条没有发好：`, ...lines, ...more, HOW].join('\n');
      const [first] = own;
      const told = await tellNearest(
        trx,
        unitId,
        { notice: { cause: `look:${first?.id ?? ''}:${first?.state ?? ''}:${first?.attempt ?? 0}`, text } },
        now,
      );
      if (told.length === 0) return;
      for (const { id, state, attempt } of own)
        await markTold(trx, `delivery:${id}:${state}:${attempt}`, now);
    });
  }
}

/** What a login left in doubt, and groups that it hasn't shown again: to those who decide for the group, together. */
async function tellDoubts(db: Db, now: number): Promise<void> {
  const doubts = [...(await listDoubts(db, now)), ...(await listLost(db, now))];
  for (const [unitId, own] of Map.groupBy(doubts, (doubt) => doubt.unitId))
    await inTransaction(db, async (trx) => {
      const fresh = [];
      for (const doubt of own) if (!(await isTold(trx, doubt.thing))) fresh.push(doubt);
      const [first] = fresh;
      if (!first) return;
      const more = fresh.length > MOST_LINES ? [`还有 ${fresh.length - MOST_LINES} 处`] : [];
      const text = [
        `账号重新登录后有 ${fresh.length} 处认不准：`,
        ...fresh.slice(0, MOST_LINES).map(({ say }) => `• ${say}`),
        ...more,
        '认准以前不往那个群发，也不把谁当成别人。请在后台的「今天」里定，或请管理员运行 weike match list。',
      ].join('\n');
      const told = await tellNearest(trx, unitId, { notice: { cause: first.thing, text } }, now);
      if (told.length > 0) for (const { thing } of fresh) await markTold(trx, thing, now);
    });
}

interface Doubt {
  readonly thing: string;
  readonly unitId: string | null;
  readonly say: string;
}

async function listDoubts(db: Db, now: number): Promise<Doubt[]> {
  const rows = await db
    .selectFrom('match_item')
    .innerJoin('chat_group as ours', 'ours.id', 'match_item.group_id')
    .leftJoin('chat_group as room', (join) =>
      join.onRef('room.account', '=', 'match_item.account').onRef('room.room_id', '=', 'match_item.room_id'),
    )
    .leftJoin('member', 'member.id', 'match_item.member_id')
    .select(['match_item.id', 'match_item.no', 'match_item.kind', 'member.name'])
    .select(['ours.topic', 'ours.unit_id', 'room.topic as room_topic'])
    .where('match_item.state', '=', 'waiting')
    .where('match_item.created_at', '<=', now - GATHERED)
    .where('match_item.created_at', '>', now - LOOK_BACK)
    .orderBy('match_item.no')
    .execute();
  return rows.map((row) => ({
    thing: `match:${row.id}`,
    unitId: row.unit_id,
    say:
      row.kind === 'group'
        ? `${row.no} 号：现在的「${row.room_topic ?? ''}」是不是「${row.topic}」`
        : `${row.no} 号：「${row.topic}」里有人像是 ${row.name ?? ''}`,
  }));
}

/** Groups in use that weren't shown for an hour after all groups were listed; some are only listed when somebody speaks. */
async function listLost(db: Db, now: number): Promise<Doubt[]> {
  const groups = await db
    .selectFrom('chat_group')
    .select(['id', 'topic', 'unit_id', 'account', 'seen_at'])
    .where('state', '=', 'quarantined')
    .where('enabled', '=', 1)
    .orderBy('key')
    .execute();
  const lost: Doubt[] = [];
  for (const { id, topic, unit_id: unitId, account, seen_at: seenAt } of groups) {
    const login = await lastLogin(db, account);
    if (!login?.listed_at || login.listed_at > now - LOST_AFTER) continue;
    lost.push({
      thing: `lost:${id}:${seenAt ?? 0}`,
      unitId,
      say: `没有再见到群「${topic}」，账号可能不在里面了`,
    });
  }
  return lost;
}

async function isTold(trx: Db, thing: string): Promise<boolean> {
  const row = await trx.selectFrom('told').select('thing').where('thing', '=', thing).executeTakeFirst();
  return row !== undefined;
}

/** An account that has been offline for a while: to the county's admins, by an account that is online. */
async function tellOffline(db: Db, channels: TellParts['channels'], now: number): Promise<void> {
  const online = channels.filter(({ state }) => state === 'online').map(({ account }) => account);
  const gone = channels.filter(
    ({ state, since }) => (state === 'offline' || state === 'waiting-login') && now - since >= OFFLINE_FOR,
  );
  if (online.length === 0) return;
  for (const { account, since, reason } of gone) {
    const thing = `offline:${account}:${since}`;
    if (await isTold(db, thing)) continue;
    await inTransaction(db, async (trx) => {
      const text = `账号 ${account} 已经掉线 ${saySpan(now - since)}${reason === undefined ? '' : `：${reason}`}。要发的都攒着，上线后接着发；请看一下登录。`;
      const admins = await listDeciders(trx, []);
      const told = await tellMembers(trx, admins, { cause: thing, text, accounts: online }, now);
      if (told > 0) await markTold(trx, thing, now);
    });
  }
}
