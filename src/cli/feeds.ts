import { open } from 'node:fs/promises';

import { isoInZone, systemClock } from '../clock.ts';
import { UserError } from '../errors.ts';
import { addFeed, type Feed, getFeedByNo, listDueFeeds, listFeeds, removeFeed } from '../news/feeds.ts';
import { gatherFeed } from '../news/gather.ts';
import { LARGEST_FEED } from '../news/parse.ts';
import { parseApart } from '../news/parse-apart.ts';
import { TERMINAL } from '../people/scope.ts';
import { config, type Output, printJson, printOne, printRows, withDb } from './parts.ts';

/** A feed's file, as scripts rely on it. `published` is ISO 8601 or null, `link` an absolute address or null. */
export async function parse(file: string, output: Output): Promise<void> {
  const { zone } = config();
  const feed = await parseApart({ bytes: await readStart(file, LARGEST_FEED + 1), zone });
  const items = feed.items.map(({ id, title, link, published, summary }) => ({
    id,
    title,
    link: link ?? null,
    published: published === undefined ? null : isoInZone(published, zone),
    summary,
  }));
  if (output.json) return printJson({ title: feed.title, items });
  process.stdout.write(`${feed.title}\n`);
  printRows(items, ['title', 'published', 'link', 'summary'], output);
}

/** The first bytes of a file, at most `most`; `-` is standard input. */
async function readStart(file: string, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const handle = file === '-' ? undefined : await open(file, 'r');
  try {
    if ((await handle?.stat())?.isDirectory())
      throw new UserError(`${file} is a folder, expected a feed's file`);
    for await (const chunk of handle?.createReadStream({ autoClose: false }) ?? process.stdin) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size >= most) break;
    }
    return Buffer.concat(chunks).subarray(0, most);
  } finally {
    await handle?.close();
  }
}

const COLUMNS = ['no', 'url', 'source', 'category', 'outcome', 'reason', 'fetched_at', 'next_at'];

/** The shape that scripts rely on. */
const listed = (feed: Feed, zone: string) => ({
  no: feed.no,
  url: feed.url,
  source: feed.source,
  category: feed.category,
  outcome: feed.outcome,
  reason: feed.reason,
  fetched_at: feed.fetched_at === null ? null : isoInZone(feed.fetched_at, zone),
  next_at: isoInZone(feed.next_at, zone),
});

export const list = (output: Output): Promise<void> =>
  withDb(async (db, { zone }) =>
    printRows(
      (await listFeeds(db)).map((feed) => listed(feed, zone)),
      COLUMNS,
      output,
    ),
  );

export const add = (url: string, options: Output & { source?: string; category?: string }): Promise<void> =>
  withDb(async (db, { zone, feedAllow }) => {
    const { source, category } = options;
    const feed = await addFeed(
      db,
      { url, ...(source === undefined ? {} : { source }), ...(category === undefined ? {} : { category }) },
      TERMINAL,
      Date.now(),
      feedAllow,
    );
    printOne(
      listed(feed, zone),
      `feed ${feed.no} is there: the server reads it within a minute, "weike feed fetch ${feed.no}" now`,
      options,
    );
  });

const readNo = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new UserError(`expected a feed's number, got "${text}"`);
  return Number(text);
};

/** Reads the named feeds now, else those that are due. Gives 1 when one failed. */
export const fetch = (numbers: readonly string[], options: Output & { all?: boolean }): Promise<number> =>
  withDb(async (db, { zone, feedAllow }) => {
    const feeds: Feed[] = [];
    for (const no of numbers) feeds.push(await getFeedByNo(db, readNo(no)));
    if (numbers.length === 0)
      feeds.push(...(options.all ? await listFeeds(db) : await listDueFeeds(db, Date.now())));
    const rules = feedAllow ? { allowed: feedAllow } : {};
    const done = [];
    for (const feed of feeds) done.push(await gatherFeed({ db, clock: systemClock, zone, rules }, feed));
    printRows(done, ['no', 'url', 'outcome', 'added', 'reason'], options);
    return done.some(({ outcome }) => outcome === 'failed' || outcome === 'gone') ? 1 : 0;
  });

export const remove = (no: string, output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const feed = await removeFeed(db, readNo(no), TERMINAL, Date.now());
    printOne(listed(feed, zone), `feed ${no} is read no more; what it has brought stays`, output);
  });
