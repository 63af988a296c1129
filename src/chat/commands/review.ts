/** 待审, 通过 7, 退回 7 原因: what others wrote, decided for the text that was shown. */
import type { Db } from '../../db/open.ts';
import { approveAndPublish } from '../../delivery/publish.ts';
import {
  type Approval,
  getItem,
  getText,
  groupsOfItem,
  hasSeen,
  KIND_NAMES,
  listReviewable,
  noteSeen,
  returnItem,
  type ReviewItem,
  STATE_NAMES,
} from '../../lessons/review.ts';
import { parseLesson } from '../../lessons/parse.ts';
import { composeLesson } from '../../lessons/compose.ts';
import { fileOfWritten } from '../../lessons/written-file.ts';
import { KIND_NAMES as NEWS_NAMES } from '../../news/brief.ts';
import { listToLook } from '../../news/decider.ts';
import { sayInstant } from '../plan/rule.ts';
import { numberFirst, numbersIn } from '../secretary-words.ts';
import { type DeskCommand, type DeskContext, type Dialog, forEachNumber, type Said } from './desk.ts';

const MOST_LINES = 15;

export const reviews: DeskCommand = async (rest, context) => {
  const [no] = numbersIn(rest);
  const { db, actor, now, config } = context;
  if (no !== undefined) return await show(context, await getItem(db, no, actor));
  const items = await listReviewable(db, actor);
  const news = await newsToLook(context);
  if (items.length === 0) return news.length === 0 ? '没有等你审的。' : news.join('\n');
  const names = await namesOf(
    db,
    items.map(({ author }) => author),
  );
  const lines = items
    .slice(0, MOST_LINES)
    .map(
      ({ no: number, kind, title, author, submitted_at: at }) =>
        `${number} 号 ${KIND_NAMES[kind]}「${title}」 ${names.get(author) ?? ''} ${sayInstant(at ?? now, now, config.zone)}`,
    );
  return [
    `等你审的 ${items.length} 件：`,
    ...lines,
    '看全文发 待审 编号，然后 通过 编号 或 退回 编号 原因。',
    ...news,
  ].join('\n');
};

/** What others wrote or changed at the news desk: it has numbers of its own. */
async function newsToLook({ db, actor, now }: DeskContext): Promise<string[]> {
  const found = await listToLook(db, actor, now);
  if (found.length === 0) return [];
  return [
    `动态里等你看的 ${found.length} 条：`,
    ...found
      .slice(0, MOST_LINES)
      .map(({ no, kind, title }) => `动态 ${no} 号 ${NEWS_NAMES[kind]}「${title}」`),
    '看全文发 动态 编号，然后 留 编号 或 弃 编号。',
  ];
}

async function show({ db, actor, now }: DeskContext, item: ReviewItem): Promise<string> {
  const text = await sayText(db, item);
  await noteSeen(db, item, actor.who, now);
  const isWaiting = item.state === 'submitted' && item.author !== actor.who;
  const head = `${item.no} 号 ${KIND_NAMES[item.kind]}，${STATE_NAMES[item.state]}${item.reason === null ? '' : `（${item.reason}）`}`;
  return [
    head,
    '———',
    text,
    '———',
    ...(isWaiting ? [`回 通过 ${item.no} 或 退回 ${item.no} 原因`] : []),
  ].join('\n');
}

/** A text as the groups will see it, and which groups. */
export async function sayText(db: Db, item: ReviewItem): Promise<string> {
  const { body } = await getText(db, item.id, item.hash);
  if (item.kind === 'lesson') {
    const { lesson } = parseLesson(body, fileOfWritten(item.lesson_id ?? ''));
    const parts = lesson ? composeLesson(lesson, {}) : [];
    const key = (lesson?.questions ?? []).map(({ no, key: right }) => `${no}. ${right.join('')}`);
    const words = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
    return [...words, ...(key.length > 0 ? [`答案：${key.join('  ')}`] : [])].join('\n');
  }
  const groupIds = await groupsOfItem(db, item.id);
  const groups =
    groupIds.length === 0
      ? []
      : await db
          .selectFrom('chat_group')
          .select('topic')
          .where('id', 'in', groupIds)
          .orderBy('topic')
          .execute();
  return `${body}\n（发到 ${groups.map(({ topic }) => topic).join('、')}）`;
}

async function namesOf(db: Db, memberIds: readonly string[]): Promise<Map<string, string>> {
  if (memberIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('member')
    .select(['id', 'name'])
    .where('id', 'in', [...new Set(memberIds)])
    .execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Of a text that this person hasn't seen yet, 通过 shows it first: nobody approves what they didn't read. */
export const approve: DeskCommand = async (rest, context) => {
  const { db, actor, now } = context;
  const numbers = numbersIn(rest);
  const [only, another] = numbers;
  if (only !== undefined && another === undefined) {
    const item = await getItem(db, only, actor);
    if (await isUnread(context, item)) return await askAbout(context, item);
  }
  return await forEachNumber(db, numbers, async (no) => {
    const item = await getItem(db, no, actor);
    if (await isUnread(context, item)) return `${no} 号你还没看过，先发 待审 ${no}。`;
    return sayApproved(await approveAndPublish(db, no, actor, now, item.hash));
  });
};

const isUnread = async ({ db, actor }: DeskContext, item: ReviewItem): Promise<boolean> =>
  item.state === 'submitted' && item.author !== actor.who && !(await hasSeen(db, item, actor.who));

async function askAbout(context: DeskContext, item: ReviewItem): Promise<Said> {
  const text = await show(context, item);
  return {
    text: `${text.slice(0, text.lastIndexOf('\n'))}\n看过了，回 确认 就通过，回 取消 就先不审。`,
    ask: { kind: 'approve', state: { no: item.no, hash: item.hash } },
  };
}

export const approveDialog: Dialog = {
  async answer(reply, given, { db, actor, now }) {
    const { no, hash } = given as { no: number; hash: string };
    if (reply.kind === 'no') return `好，${no} 号先不审。`;
    if (reply.kind === 'number')
      return { text: `回 确认 就通过 ${no} 号，回 取消 就先不审。`, ask: { kind: 'approve', state: given } };
    return sayApproved(await approveAndPublish(db, no, actor, now, hash));
  },
};

function sayApproved({ item, standing }: Approval): string {
  const name = `${item.no} 号${KIND_NAMES[item.kind]}「${item.title}」`;
  if (standing.missing > 0) return `${name}记下你通过了，还要 ${standing.missing} 人。`;
  return item.kind === 'notice' ? `${name}通过了，这就发出去。` : `${name}通过了，可以排课了。`;
}

export const sendBack: DeskCommand = async (rest, { db, actor, now }) => {
  const { no, words } = numberFirst(rest);
  const item = await returnItem(db, no, words, actor, now);
  return `${no} 号${KIND_NAMES[item.kind]}「${item.title}」退回给作者了${words === '' ? '。下次写上原因，好改：退回 编号 原因' : '。'}`;
};
