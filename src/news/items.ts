/** Items as rows: how they come in, once each, however many feeds tell the same. */
import { DAY } from '../clock.ts';
import { newId, takeNumbers } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { NewsItemTable, NewsKind, NewsOrigin } from '../db/tables.ts';
import { readPolicy } from '../people/policies.ts';
import { canonicalLink } from './link.ts';
import { judge, readKeywords, readWords, type Yardstick } from './relevance.ts';
import { isSame, type Print, printOf } from './similar.ts';
import { cut, oneLine, tidy } from './text.ts';

export type Item = NewsItemTable;

export interface FoundItem {
  readonly kind?: NewsKind;
  readonly title: string;
  readonly summary: string;
  readonly url?: string;
  readonly source: string;
  /** ms; the time of finding where nobody says. */
  readonly published?: number;
  readonly category?: string;
  readonly origin: NewsOrigin;
  /** Unique in its origin. */
  readonly originKey: string;
}

/** Marks a made-up item: it goes to the sandbox only, whatever anybody decides. */
export const EXAMPLE = '【示例】';

export const LONGEST_TITLE = 60;
const LONGEST_SUMMARY = 120;
/** Words of a notice or of party-building information. */
export const LONGEST_NOTICE = 1_500;
export const LONGEST_SOURCE = 20;
export const LONGEST_CATEGORY = 10;
/** A longer address is no use in a chat. */
export const LONGEST_URL = 500;
/** How far back an item is compared with. */
const COMPARED = 30 * DAY;
const MOST_COMPARED = 5_000;

/** What new items are held against; read once for many. */
export interface Intake {
  readonly yardstick: Yardstick;
  readonly life: number;
  readonly prints: { readonly id: string; readonly no: number; readonly print: Print }[];
}

export async function openIntake(db: Db, now: number): Promise<Intake> {
  const recent = await db
    .selectFrom('news_item')
    .select(['id', 'no', 'title', 'summary'])
    .where('added_at', '>', now - COMPARED)
    .orderBy('added_at', 'desc')
    .limit(MOST_COMPARED)
    .execute();
  return {
    yardstick: {
      keywords: readKeywords(await readPolicy(db, 'news-keywords')),
      stopWords: readWords(await readPolicy(db, 'news-stop-words')),
    },
    life: await readPolicy(db, 'news-life'),
    prints: recent.map((row) => ({ id: row.id, no: row.no, print: printOf(row) })),
  };
}

export type TakenIn =
  | { readonly kind: 'added'; readonly item: Item }
  /** The same news is there already. */
  | { readonly kind: 'known'; readonly itemId: string }
  /** Not written down. */
  | { readonly kind: 'dropped'; readonly why: 'old' | 'empty' };

/**
 * Writes an item down unless it is there: under its origin's id, under its canonical link, or as nearly the
 * same words. What holds a word of the stop list is written down as stopped, so that people can see why.
 */
export async function takeIn(
  trx: Db,
  intake: Intake,
  found: FoundItem,
  who: string,
  now: number,
): Promise<TakenIn> {
  const title = cut(oneLine(found.title), LONGEST_TITLE);
  if (title === '') return { kind: 'dropped', why: 'empty' };
  const kind = found.kind ?? 'news';
  const summary =
    kind === 'news' ? cut(oneLine(found.summary), LONGEST_SUMMARY) : cut(tidy(found.summary), LONGEST_NOTICE);
  const published = Math.min(found.published ?? now, now);
  if (published + intake.life <= now) return { kind: 'dropped', why: 'old' };
  const linkKey = canonicalLink(found.url ?? '');
  const print = printOf({ title, summary });
  const known =
    (await findKnown(trx, found, linkKey)) ?? intake.prints.find((one) => isSame(one.print, print))?.id;
  if (known !== undefined) return { kind: 'known', itemId: known };

  const { relevance, category, stopped } = judge({ title, summary }, intake.yardstick);
  const item: Item = {
    id: newId(),
    no: await takeNumbers(trx, 'news'),
    kind,
    title,
    summary,
    url: (found.url ?? '').length <= LONGEST_URL ? (found.url ?? '') : '',
    link_key: linkKey,
    source: cut(oneLine(found.source), LONGEST_SOURCE),
    published_at: published,
    category: cut(oneLine(found.category ?? ''), LONGEST_CATEGORY) || category,
    relevance,
    origin: found.origin,
    origin_key: found.originKey,
    stopped: stopped ?? null,
    added_by: who,
    added_at: now,
    edited_by: null,
    expires_at: published + intake.life,
    example: title.includes(EXAMPLE) ? 1 : 0,
  };
  await trx.insertInto('news_item').values(item).execute();
  intake.prints.push({ id: item.id, no: item.no, print });
  return { kind: 'added', item };
}

async function findKnown(trx: Db, found: FoundItem, linkKey: string): Promise<string | undefined> {
  const row = await trx
    .selectFrom('news_item')
    .select('id')
    .where((eb) =>
      eb.or([
        eb.and([eb('origin', '=', found.origin), eb('origin_key', '=', found.originKey)]),
        ...(linkKey === '' ? [] : [eb('link_key', '=', linkKey)]),
      ]),
    )
    .executeTakeFirst();
  return row?.id;
}
