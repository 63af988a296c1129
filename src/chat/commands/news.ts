/**
 * 动态 in a private chat: a member sees what their groups were sent and reads it behind their own link; whoever
 * looks after a branch sees the desk, keeps, rejects and edits, and brings in an address.
 */
import { DAY, localDay } from '../../clock.ts';
import type { Db } from '../../db/open.ts';
import { issueReadingToken, listReaders, READ_WITHIN, TO_READ } from '../../delivery/readings.ts';
import { deciderOf, lineageFor, reviewersFor } from '../../news/decider.ts';
import {
  DESK_STATE_NAMES,
  type DeskItem,
  editItem,
  getDeskItem,
  keepItem,
  listDesk,
  rejectItem,
} from '../../news/desk.ts';
import { FeedFault, sayFault } from '../../news/fault.ts';
import { requestPage, sayItem, sayOrigin } from '../../news/requests.ts';
import { isAtLeast, scopedGroups } from '../../people/scope.ts';
import { dropInvisible } from '../../quiz/normalise.ts';
import type { Command, CommandContext } from './command.ts';

const PRIVATE = '动态请私聊我说。';
const NOT_YOURS = '收动态、定动态是支部书记的事，可以把链接转给书记。';
const SHOWN = 5;

/** `` (what there is), an address, a number, `改 7 新的摘要`, `改 7 标题 新的标题`. */
export const news: Command = async (rest, context) => {
  if (context.group) return PRIVATE;
  const isDesk = isAtLeast(context.actor, 'secretary');
  if (rest === '') return isDesk ? await sayDesk(context) : await sayOwn(context);
  if (!isDesk) return NOT_YOURS;
  const [address] = /https?:\/\/\S+/iu.exec(rest) ?? [];
  if (address !== undefined) return await bringIn(address, context);
  const [, edited] = /^改\s*(\d{1,9})/u.exec(rest) ?? [];
  if (edited !== undefined) return await edit(Number(edited), wordsToKeep(context.typed), context);
  const [, shown] = /^(\d{1,9})\s*号?$/u.exec(rest) ?? [];
  if (shown !== undefined) return await show(Number(shown), context);
  return '动态后面可以加网址（收一条）、编号（看一条），或者 改 编号 新的摘要。';
};

/** What stands behind `改 7` as it was typed: width and marks are the writer's. */
const wordsToKeep = (typed: string): string =>
  /改\s*\p{Nd}{1,9}\s*号?[\s:：,，]*([\s\S]*)$/u.exec(dropInvisible(typed))?.[1]?.trim() ?? '';

async function bringIn(
  address: string,
  { db, account, contactId, memberId, now }: CommandContext,
): Promise<string> {
  try {
    await requestPage(db, { url: address, account, contact_id: contactId, member_id: memberId }, now);
    return '收到，这就去读这个网页，读好了告诉你。';
  } catch (error) {
    if (error instanceof FeedFault) return `${sayFault(error)}。`;
    throw error;
  }
}

async function sayDesk({ db, actor, now, zone }: CommandContext): Promise<string> {
  const lineage = await lineageFor(db, actor);
  const fresh = await listDesk(db, { state: 'new', lineage }, now);
  const all = await listDesk(db, { state: 'kept', lineage }, now);
  const kept = all.filter(({ kind }) => kind === 'news');
  const toPlan = all.filter(({ kind }) => kind !== 'news');
  const line = (item: DeskItem) => `${item.no}. ${item.title}（${sayOrigin(item, zone)}）`;
  const more = fresh.length > SHOWN ? [`还有 ${fresh.length - SHOWN} 条，定了这些再发 动态`] : [];
  return [
    fresh.length === 0 ? '没有新的动态。' : `新来 ${fresh.length} 条，挑要紧的：`,
    ...fresh.slice(0, SHOWN).map(line),
    ...more,
    ...(kept.length > 0 ? [`已留 ${kept.length} 条等着发：`, ...kept.slice(0, SHOWN).map(line)] : []),
    ...(toPlan.length > 0
      ? [`已留 ${toPlan.length} 条党建信息、通知，登录网页排到群里：`, ...toPlan.slice(0, SHOWN).map(line)]
      : []),
    '———',
    '留 编号、弃 编号；动态 编号 看全文；动态 加网址 收一条。',
  ].join('\n');
}

async function show(no: number, { db, actor, now, zone }: CommandContext): Promise<string> {
  const item = await getDeskItem(db, no, now, await lineageFor(db, actor));
  return `${item.no} 号（${DESK_STATE_NAMES[item.state]}）\n${sayItem(item, zone)}`;
}

async function edit(no: number, words: string, { db, actor, now, zone }: CommandContext): Promise<string> {
  const [, title] = /^标题[\s:：]+(\S[\s\S]*)$/u.exec(words) ?? [];
  if (words.trim() === '') return `改成什么？写成：动态 改 ${no} 新的摘要`;
  const item = await editItem(
    db,
    no,
    title === undefined ? { summary: words } : { title },
    deciderOf(actor),
    now,
  );
  return `改好了，${no} 号现在是：\n${sayItem(item, zone)}\n———\n改过的要请别人回复 留 ${no}。`;
}

/** 留 7 */
export const keepNews: Command = async (rest, context) => {
  const { db, actor, now } = context;
  if (context.group) return PRIVATE;
  if (!isAtLeast(actor, 'secretary')) return NOT_YOURS;
  const item = await keepItem(
    db,
    Number(rest),
    deciderOf(actor),
    { reviewers: await reviewersFor(db, actor) },
    now,
  );
  if (item.missing > 0) return `记下了，${item.no} 号还要 ${item.missing} 个人同意。`;
  const next = item.kind === 'news' ? '会进下一期动态' : '可以在网页的 动态 里排到群里';
  return `留下了，${item.no} 号《${item.title}》${next}。`;
};

/** 弃 7 */
export const rejectNews: Command = async (rest, context) => {
  const { db, actor, now } = context;
  if (context.group) return PRIVATE;
  if (!isAtLeast(actor, 'secretary')) return NOT_YOURS;
  const item = await rejectItem(db, Number(rest), deciderOf(actor), now);
  return `${item.no} 号《${item.title}》不要了。想要回来就回复 留 ${item.no}。`;
};

/** What a member's groups were sent lately and they haven't said 已阅 to, each behind a link of their own. */
async function sayOwn({
  db,
  memberId,
  account,
  contactId,
  now,
  zone,
  linkBase,
}: CommandContext): Promise<string> {
  const open = await db
    .selectFrom('delivery')
    .innerJoin('group_member', 'group_member.group_id', 'delivery.group_id')
    .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .leftJoin('reading', (join) =>
      join.onRef('reading.delivery_id', '=', 'delivery.id').on('reading.member_id', '=', memberId),
    )
    .select(['delivery.id', 'delivery.sent_at', 'chat_group.topic'])
    .where('chat_group.account', '=', account)
    .where('group_member.contact_id', '=', contactId)
    .where('group_member.left_at', 'is', null)
    .where('delivery.kind', 'in', [...TO_READ])
    .where('delivery.state', '=', 'sent')
    .where('delivery.sent_at', '>', now - READ_WITHIN)
    .where('reading.id', 'is', null)
    .orderBy('delivery.sent_at', 'desc')
    .limit(SHOWN)
    .execute();
  if (open.length === 0) return '这几天的动态和通知你都看过了，有新的会发在群里。';
  const lines: string[] = [];
  for (const { id, sent_at: at, topic } of open) {
    const title = await titleOf(db, id);
    const day = localDay(at ?? now, zone);
    const link =
      linkBase === undefined ? '' : ` ${linkBase}/r/${await issueReadingToken(db, id, memberId, now)}`;
    lines.push(`• ${Number(day.slice(5, 7))}月${Number(day.slice(8))}日 ${title}（${topic}）${link}`);
  }
  const how = linkBase === undefined ? '看过的在群里回复 已阅。' : '点自己的链接看，看完按一下“已阅”。';
  return [`还有 ${open.length} 条没看：`, ...lines, how].join('\n');
}

/** The first line of what was said. */
async function titleOf(db: Db, deliveryId: string): Promise<string> {
  const part = await db
    .selectFrom('delivery_part')
    .select('body')
    .where('delivery_id', '=', deliveryId)
    .orderBy('seq')
    .executeTakeFirst();
  return part?.body.split('\n')[0] ?? '';
}

/** 未阅: who in the groups of a secretary hasn't read what. Names go to them alone. */
export const unread: Command = async (_rest, { db, actor, group, now }) => {
  if (group) return PRIVATE;
  if (!isAtLeast(actor, 'secretary')) return NOT_YOURS;
  const groups = await scopedGroups(db, actor).where('enabled', '=', 1).execute();
  if (groups.length === 0) return '你名下还没有群。';
  const deliveries = await db
    .selectFrom('delivery')
    .selectAll()
    .where(
      'group_id',
      'in',
      groups.map(({ id }) => id),
    )
    .where('kind', 'in', [...TO_READ])
    .where('state', '=', 'sent')
    .where('sent_at', '>', now - 3 * DAY)
    .orderBy('sent_at', 'desc')
    .limit(SHOWN)
    .execute();
  if (deliveries.length === 0) return '这三天没有发过要看的动态和通知。';
  const blocks: string[] = [];
  for (const delivery of deliveries) {
    const readers = await listReaders(db, delivery);
    const left = readers.filter(({ readAt }) => readAt === null);
    const topic = groups.find(({ id }) => id === delivery.group_id)?.topic ?? '';
    const names = left
      .slice(0, 20)
      .map(({ name }) => name)
      .join('、');
    const who =
      left.length === 0 ? '都看过了' : `还没看：${names}${left.length > 20 ? ` 等 ${left.length} 人` : ''}`;
    blocks.push(
      `${await titleOf(db, delivery.id)}（${topic}）\n已阅 ${readers.length - left.length} / ${readers.length}，${who}`,
    );
  }
  return blocks.join('\n');
};
