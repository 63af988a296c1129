/** The feeds that are read: rows, when each is due, and what came of the last time. */
import { DAY, HOUR } from '../clock.ts';
import { appendAudit } from '../db/audit.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { FeedTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { type By, byOf } from '../people/units.ts';
import { FeedFault } from './fault.ts';
import { checkUrl, readUrl } from './fetch.ts';
import { LONGEST_CATEGORY, LONGEST_SOURCE } from './items.ts';
import { cut, oneLine } from './text.ts';

export type Feed = FeedTable;

export interface NewFeed {
  readonly url: string;
  /** What stands beside its items; its own title when left out. */
  readonly source?: string;
  readonly category?: string;
}

/** Of its address, characters: it is shown, and kept by browsers for as long as a removal can be taken back. */
const LONGEST_FEED = 1_000;

/** Addresses that only a test may name. */
const isForTests = (url: string, allowed: ReadonlySet<string> | undefined): boolean => {
  const { hostname, port } = readUrl(url);
  return allowed?.has(`${hostname}:${port || '80'}`) ?? false;
};

/** Writes a feed down; it is read when it is due, at once. Throws `UserError` for a bad address or one that is there. */
export async function addFeed(
  db: Db,
  { url, source = '', category = '' }: NewFeed,
  by: By | string,
  now: number,
  allowed?: ReadonlySet<string>,
): Promise<Feed> {
  const address = isForTests(url, allowed) ? readUrl(url).href : checkUrl(url).href;
  if (address.length > LONGEST_FEED)
    throw new FeedFault('address-length', `the address of a feed has at most ${LONGEST_FEED} characters`);
  return await inTransaction(db, async (trx) => {
    const known = await trx
      .selectFrom('feed')
      .select('no')
      .where('url', '=', address)
      .where('removed_at', 'is', null)
      .executeTakeFirst();
    if (known)
      throw new UserError(`feed ${known.no} has that address already`, {
        said: `这个地址已经订了，是 ${known.no} 号。`,
      });
    const feed: Feed = {
      id: newId(),
      no: await takeNumbers(trx, 'feed'),
      url: address,
      source: cut(oneLine(source), LONGEST_SOURCE),
      category: cut(oneLine(category), LONGEST_CATEGORY),
      added_by: byOf(by).who,
      added_at: now,
      removed_at: null,
      etag: null,
      last_modified: null,
      next_at: now,
      failures: 0,
      fetched_at: null,
      outcome: null,
      reason: null,
    };
    await trx.insertInto('feed').values(feed).execute();
    await appendAudit(trx, {
      at: now,
      ...byOf(by),
      what: 'feed.add',
      subject: feed.id,
      after: { url: address },
    });
    return feed;
  });
}

export const listFeeds = (db: Db): Promise<Feed[]> =>
  db.selectFrom('feed').selectAll().where('removed_at', 'is', null).orderBy('no').execute();

/** By the number that people name. Throws `UserError`. */
export async function getFeedByNo(db: Db, no: number): Promise<Feed> {
  const feed = await db
    .selectFrom('feed')
    .selectAll()
    .where('no', '=', no)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (!feed)
    throw new UserError(`there is no feed ${no}: see "weike feed list"`, {
      said: '没有这个网站，可能刚被去掉。',
    });
  return feed;
}

/** Reads it no more; what it has brought stays. */
export async function removeFeed(db: Db, no: number, by: By | string, now: number): Promise<Feed> {
  return await inTransaction(db, async (trx) => {
    const feed = await getFeedByNo(trx, no);
    await trx.updateTable('feed').set({ removed_at: now }).where('id', '=', feed.id).execute();
    await appendAudit(trx, {
      at: now,
      ...byOf(by),
      what: 'feed.remove',
      subject: feed.id,
      before: { url: feed.url },
    });
    return { ...feed, removed_at: now };
  });
}

/** Those whose time has come, the longest due first. */
export const listDueFeeds = (db: Db, now: number): Promise<Feed[]> =>
  db
    .selectFrom('feed')
    .selectAll()
    .where('removed_at', 'is', null)
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .orderBy('no')
    .execute();

const LONGEST_WAIT = DAY;

/**
 * When a feed that has failed `failures` times in a row is asked again, ms from now: the interval, doubled with
 * each failure up to a day; never before the site said.
 */
export function waitAfterFailure(interval: number, failures: number, retryAfter = 0): number {
  const doubled = interval * 2 ** Math.min(Math.max(failures, 1), 20);
  return Math.min(
    Math.max(interval, Math.min(doubled, LONGEST_WAIT), retryAfter),
    Math.max(7 * DAY, interval),
  );
}

/** The Retry-After header in ms from `now`: seconds or a date; 0 where it says nothing. */
export function readRetryAfter(text: string | undefined, now: number): number {
  if (text === undefined) return 0;
  const ms = /^\s*\d{1,7}\s*$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

/** Feeds are spread: one that was asked with others at the start isn't asked with them for ever. */
export const spread = (interval: number, no: number): number =>
  interval + ((no * 7_919) % Math.min(interval / 4, HOUR));
