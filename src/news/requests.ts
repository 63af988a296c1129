/** Addresses pasted in a private chat: written down at once, read when no transaction waits for it. */
import { localDay } from '../clock.ts';
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { NewsRequestTable } from '../db/tables.ts';
import { reasonOf, UserError } from '../errors.ts';
import { type Decider, findByLink, takeInByHand } from './desk.ts';
import { FeedFault, sayFault } from './fault.ts';
import { readUrl } from './fetch.ts';
import { type GatherParts, withBudget } from './gather.ts';
import type { Item } from './items.ts';
import { type Page, readPage } from './page.ts';

export type Request = NewsRequestTable;

/** Writes the wish down. Throws `FeedFault` for what is no address. */
export async function requestPage(
  trx: Db,
  asked: Pick<Request, 'url' | 'account' | 'contact_id' | 'member_id'>,
  now: number,
): Promise<void> {
  const url = readUrl(asked.url).href;
  await trx
    .insertInto('news_request')
    .values({ ...asked, id: newId(), url, asked_at: now, done_at: null, item_id: null, reason: null })
    .execute();
}

export type Done = { readonly item: Item } | { readonly reason: string };

export const hasRequests = async (db: Db): Promise<boolean> =>
  (await db
    .selectFrom('news_request')
    .select('id')
    .where('done_at', 'is', null)
    .limit(1)
    .executeTakeFirst()) !== undefined;

/** What whoever pasted it is told. */
export function sayDone(done: Done, zone: string): string {
  if ('reason' in done) return `这个链接没有收下：${done.reason}。`;
  const { item } = done;
  return [
    `收下了，${item.no} 号：`,
    sayItem(item, zone),
    ...(item.stopped === null ? [] : [`（里面有停用词「${item.stopped}」，先放在一边）`]),
    '———',
    `回复 留 ${item.no} 就会进下一期动态，弃 ${item.no} 不要，动态 改 ${item.no} 加新的摘要可以改。`,
  ].join('\n');
}

/** Title, words, source and date, and the address. */
export const sayItem = (item: Item, zone: string): string =>
  [`《${item.title}》`, item.summary, `（${sayOrigin(item, zone)}）`, item.url].filter(Boolean).join('\n');

/** `横州新闻网 11月24日` */
export function sayOrigin(
  { source, published_at: at }: Pick<Item, 'source' | 'published_at'>,
  zone: string,
): string {
  const day = localDay(at, zone);
  return `${source} ${Number(day.slice(5, 7))}月${Number(day.slice(8))}日`;
}

/**
 * Reads what was asked for and puts it on the desk. `tell` runs in the transaction that ends the request, so that
 * whoever asked hears of it exactly once. Gives how many were done.
 */
export async function readRequests(
  parts: GatherParts,
  tell: (trx: Db, request: Request, done: Done, now: number) => Promise<void>,
): Promise<number> {
  const open = await parts.db
    .selectFrom('news_request')
    .selectAll()
    .where('done_at', 'is', null)
    .orderBy('asked_at')
    .orderBy('id')
    .limit(20)
    .execute();
  for (const request of open) {
    if (parts.rules?.signal?.aborted) return 0;
    await readRequest(parts, request, tell);
  }
  return open.length;
}

async function readRequest(
  parts: GatherParts,
  request: Request,
  tell: (trx: Db, request: Request, done: Done, now: number) => Promise<void>,
): Promise<void> {
  const { db, clock } = parts;
  const found = await readOutside(parts, request.url);
  await inTransaction(db, async (trx) => {
    const now = clock.now();
    const done = await takePage(trx, found, request.member_id, now);
    const ended = await trx
      .updateTable('news_request')
      .set({
        done_at: now,
        item_id: 'item' in done ? done.item.id : null,
        reason: 'reason' in done ? done.reason : null,
      })
      .where('id', '=', request.id)
      .where('done_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (ended) await tell(trx, request, done, now);
  });
}

/** Reads an address at once, for somebody who waits for it, and puts it on the desk. Throws `FeedFault` for what is no address. */
export async function bringInPage(
  parts: GatherParts,
  url: string,
  by: Pick<Decider, 'who' | 'via'>,
): Promise<Done> {
  const found = await readOutside(parts, readUrl(url).href);
  return await inTransaction(parts.db, async (trx) => {
    const now = parts.clock.now();
    const done = await takePage(trx, found, by.who, now);
    if ('item' in done) {
      const { id: subject, title, url: address } = done.item;
      await appendAudit(trx, { at: now, ...by, what: 'news.add', subject, after: { title, url: address } });
    }
    return done;
  });
}

const readOutside = async (parts: GatherParts, url: string): Promise<Page | FeedFault> =>
  await readPage(url, parts.zone, await withBudget(parts)).catch((error: unknown) => {
    if (error instanceof FeedFault) return error;
    throw error;
  });

async function takePage(trx: Db, found: Page | FeedFault, who: string, now: number): Promise<Done> {
  if (found instanceof FeedFault) return { reason: sayFault(found) };
  const known = await findByLink(trx, found.url);
  if (known) return { reason: `已经有了：${known.no} 号《${known.title}》` };
  try {
    return { item: await takeInByHand(trx, { ...found, origin: 'link', originKey: found.url }, who, now) };
  } catch (error) {
    if (error instanceof UserError) return { reason: reasonOf(error) };
    throw error;
  }
}
