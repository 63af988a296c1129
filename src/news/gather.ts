/** Reads the feeds that are due and takes in what is new in them. */
import { type Clock, MINUTE } from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { reasonOf } from '../errors.ts';
import { type Log, silentLog } from '../log.ts';
import { readPolicy } from '../people/policies.ts';
import { takeRequest } from './budget.ts';
import { FeedFault, sayFault } from './fault.ts';
import { type Feed, listDueFeeds, readRetryAfter, spread, waitAfterFailure } from './feeds.ts';
import { type Fetched, fetchPublic, type FetchRules, StatusFault } from './fetch.ts';
import { openIntake, takeIn } from './items.ts';
import type { ParsedFeed } from './parse.ts';
import { parseApart } from './parse-apart.ts';

export interface GatherParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly zone: string;
  readonly log?: Log;
  /** How strangers' addresses are read; the budget of hosts is added to it. */
  readonly rules?: FetchRules;
}

const ACCEPT =
  'application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1';
/** Of one reading, the first in the feed's order: feeds begin with the newest. */
const MOST_ITEMS = 200;

export interface Gathered {
  readonly no: number;
  readonly url: string;
  readonly outcome: NonNullable<Feed['outcome']>;
  /** Items that are new on the desk. */
  readonly added: number;
  /** Why it failed, in Chinese; null when it didn't. */
  readonly reason: string | null;
}

/** Reads everything that is due, one after the other. Never throws for what a site does. */
export async function gatherDue(parts: GatherParts): Promise<Gathered[]> {
  const done: Gathered[] = [];
  for (const feed of await listDueFeeds(parts.db, parts.clock.now())) {
    if (parts.rules?.signal?.aborted) break;
    if (await claim(parts.db, feed, parts.clock.now())) done.push(await gatherFeed(parts, feed));
  }
  return done;
}

/** A server that dies while it reads leaves the feed due again after this, ms. */
const CLAIMED = 5 * MINUTE;

/** Of several servers on one database one reads a feed. */
async function claim(db: Db, feed: Feed, now: number): Promise<boolean> {
  const mine = await db
    .updateTable('feed')
    .set({ next_at: now + CLAIMED })
    .where('id', '=', feed.id)
    .where('next_at', '=', feed.next_at)
    .where('removed_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return mine !== undefined;
}

/** Reads one feed now. What a site does wrong is written down beside the feed, not thrown. */
export async function gatherFeed(parts: GatherParts, feed: Feed): Promise<Gathered> {
  const { db, clock, log = silentLog } = parts;
  try {
    const fetched = await fetchPublic(
      {
        url: feed.url,
        accept: ACCEPT,
        ...(feed.etag === null ? {} : { etag: feed.etag }),
        ...(feed.last_modified === null ? {} : { lastModified: feed.last_modified }),
      },
      await withBudget(parts),
    );
    const parsed = fetched.isUnchanged ? undefined : await parse(fetched, parts.zone);
    return await inTransaction(db, (trx) => record(trx, feed, fetched, parsed, clock.now()));
  } catch (error) {
    if (!(error instanceof FeedFault)) throw error;
    log.info({ feed: feed.no, reason: reasonOf(error) }, 'a feed could not be read');
    return await recordFailure(db, feed, error, clock.now());
  }
}

/** The rules with the budget of hosts. */
export async function withBudget({ db, clock, zone, rules }: GatherParts): Promise<FetchRules> {
  const perDay = await readPolicy(db, 'feed-host-per-day');
  return { ...rules, mayAsk: (host) => takeRequest(db, host, { perDay, zone }, clock.now()) };
}

const parse = ({ bytes, contentType, url }: Fetched, zone: string): Promise<ParsedFeed> =>
  parseApart({ bytes, url, zone, ...(contentType === undefined ? {} : { contentType }) });

async function record(
  trx: Db,
  feed: Feed,
  fetched: Fetched,
  parsed: ParsedFeed | undefined,
  now: number,
): Promise<Gathered> {
  const interval = await readPolicy(trx, 'feed-interval');
  const added = parsed === undefined ? 0 : await takeInAll(trx, feed, parsed, now);
  const outcome = parsed === undefined ? 'unchanged' : 'new';
  await trx
    .updateTable('feed')
    .set({
      etag: fetched.etag ?? null,
      last_modified: fetched.lastModified ?? null,
      next_at: now + spread(interval, feed.no),
      failures: 0,
      fetched_at: now,
      outcome,
      reason: null,
      ...(feed.source === '' && parsed?.title ? { source: parsed.title.slice(0, 40) } : {}),
    })
    .where('id', '=', feed.id)
    .execute();
  return { no: feed.no, url: feed.url, outcome, added, reason: null };
}

async function takeInAll(trx: Db, feed: Feed, parsed: ParsedFeed, now: number): Promise<number> {
  const items = parsed.items.slice(0, MOST_ITEMS);
  if (items.length === 0) return 0;
  const seen = await trx
    .selectFrom('news_sighting')
    .select('guid')
    .where('feed_id', '=', feed.id)
    .where(
      'guid',
      'in',
      items.map(({ id }) => id),
    )
    .execute();
  const known = new Set(seen.map(({ guid }) => guid));
  const fresh = items.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return 0;
  const intake = await openIntake(trx, now);
  let added = 0;
  for (const item of fresh) {
    // A feed may show one id twice.
    if (known.has(item.id)) continue;
    known.add(item.id);
    const taken = await takeIn(
      trx,
      intake,
      {
        title: item.title,
        summary: item.summary,
        source: feed.source || parsed.title || new URL(feed.url).hostname,
        category: feed.category,
        origin: 'feed',
        originKey: `${feed.id} ${item.id}`,
        ...(item.link === undefined ? {} : { url: item.link }),
        ...(item.published === undefined ? {} : { published: item.published }),
      },
      'feed',
      now,
    );
    if (taken.kind === 'added') added += 1;
    const itemId = taken.kind === 'added' ? taken.item.id : taken.kind === 'known' ? taken.itemId : null;
    await trx
      .insertInto('news_sighting')
      .values({ feed_id: feed.id, guid: item.id, item_id: itemId, seen_at: now })
      .execute();
  }
  return added;
}

const GONE = 410;

async function recordFailure(db: Db, feed: Feed, fault: FeedFault, now: number): Promise<Gathered> {
  const interval = await readPolicy(db, 'feed-interval');
  const status = fault instanceof StatusFault ? fault.status : undefined;
  // Not the site's fault, and no sign that it is down.
  const failures = feed.failures + (fault.code === 'budget' ? 0 : 1);
  const retryAfter = fault instanceof StatusFault ? readRetryAfter(fault.retryAfter, now) : 0;
  const reason =
    status === undefined
      ? sayFault(fault)
      : status === GONE
        ? '网站说这个订阅已经停了'
        : `${sayFault(fault)}（${status}）`;
  const outcome = status === GONE ? 'gone' : 'failed';
  await db
    .updateTable('feed')
    .set({
      next_at: now + waitAfterFailure(interval, status === GONE ? 20 : failures, retryAfter),
      failures,
      fetched_at: now,
      outcome,
      reason,
    })
    .where('id', '=', feed.id)
    .execute();
  return { no: feed.no, url: feed.url, outcome, added: 0, reason };
}
