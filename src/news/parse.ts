/**
 * A feed from its bytes: RSS 0.9 to 2.0, RSS 1.0, Atom, JSON Feed. Whatever comes in, either a feed or a
 * `FeedFault` comes out. Entities that a document defines itself are never expanded: it is refused.
 */
import { parseAtomFeed, parseJsonFeed, parseRdfFeed, parseRssFeed } from 'feedsmith';

import { readDate } from '../clock.ts';
import { decodeText } from './decode.ts';
import { FeedFault } from './fault.ts';
import { firstSentences, oneLine, plainText, tidy } from './text.ts';

export interface FeedItem {
  /** The feed's own id of it, else its link, else its title and time. */
  readonly id: string;
  /** `''` when it has none. */
  readonly title: string;
  /** Absolute, `http:` or `https:`. */
  readonly link?: string;
  /** ms; absent when the feed names no time or one that can't be read. */
  readonly published?: number;
  /** The first two sentences, without mark-up. */
  readonly summary: string;
}

export interface ParsedFeed {
  readonly title: string;
  readonly items: readonly FeedItem[];
}

export interface FeedSource {
  readonly bytes: Uint8Array;
  /** The HTTP header, when there was one. */
  readonly contentType?: string;
  /** Where it was read: links may be relative to it. */
  readonly url?: string;
  /** Of times without an offset. */
  readonly zone: string;
}

/** Bytes of a feed; the largest that are seen have less than one MB. */
export const LARGEST_FEED = 8 * 1024 * 1024;
/** Nesting of a JSON document; a feed has less than ten levels. */
const DEEPEST = 100;
const LONGEST_ID = 1_000;
const LONGEST_TITLE = 500;
const LONGEST_LINK = 4_000;

/** Throws `FeedFault`. It may take long for hostile bytes: `parseApart` gives it a time limit. */
export function parseFeed({ bytes, contentType, url, zone }: FeedSource): ParsedFeed {
  if (bytes.length === 0) throw new FeedFault('empty', 'the feed is empty');
  if (bytes.length > LARGEST_FEED)
    throw new FeedFault('too-large', `the feed is larger than ${LARGEST_FEED / 1024 / 1024} MB`);
  const text = decodeText(bytes, contentType).text.trim();
  if (text === '') throw new FeedFault('empty', 'the feed is empty');
  try {
    const raw = text.startsWith('{') ? readJson(text) : readXml(text);
    const base = [url, raw.link].find((one) => one !== undefined && URL.canParse(one));
    return {
      title: oneLine(raw.title).slice(0, LONGEST_TITLE),
      items: raw.items.map((item) => finish(item, base, zone)),
    };
  } catch (error) {
    if (error instanceof FeedFault) throw error;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    if (cause instanceof RangeError)
      throw new FeedFault('too-deep', 'the feed is nested too deep', { cause: error });
    const detail = cause instanceof Error ? tidy(cause.message).slice(0, 200) : '';
    if (/nested tags|nesting/i.test(detail))
      throw new FeedFault('too-deep', 'the feed is nested too deep', { cause: error });
    throw new FeedFault('malformed', `the feed is malformed: ${detail}`, { cause: error });
  }
}

/** An item as its format has it: texts as HTML, nothing checked. */
interface RawItem {
  readonly id: string | undefined;
  readonly title: string | undefined;
  readonly links: readonly (string | undefined)[];
  /** The base that the item names for its links. */
  readonly base?: string | undefined;
  readonly times: readonly (string | undefined)[];
  readonly texts: readonly (string | undefined)[];
}

interface RawFeed {
  readonly title: string;
  readonly link: string | undefined;
  readonly items: readonly RawItem[];
}

function finish(item: RawItem, base: string | undefined, zone: string): FeedItem {
  const link = item.links.map((one) => absolute(one, item.base, base)).find((one) => one !== undefined);
  const published = item.times.map((time) => readDate(time ?? '', zone)).find((at) => at !== undefined);
  const body = item.texts.map((text) => plainText(text ?? '')).find((text) => text !== '') ?? '';
  // Short news of many feeds have a text only.
  const title = oneLine(item.title ?? '').slice(0, LONGEST_TITLE) || firstSentences(body, 40);
  const id = oneLine(item.id ?? '') || link || oneLine(`${title} ${item.times.find((time) => time) ?? ''}`);
  return {
    id: id.slice(0, LONGEST_ID),
    title,
    ...(link === undefined ? {} : { link }),
    ...(published === undefined ? {} : { published }),
    summary: firstSentences(body),
  };
}

function absolute(link: string | undefined, ...bases: readonly (string | undefined)[]): string | undefined {
  const words = link?.trim();
  if (!words || words.length > LONGEST_LINK) return undefined;
  const [own, feed] = bases;
  const base = own !== undefined && URL.canParse(own, feed) ? new URL(own, feed).href : feed;
  if (!URL.canParse(words, base)) return undefined;
  const url = new URL(words, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined;
}

function readJson(text: string): RawFeed {
  checkDepth(text);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FeedFault('malformed', 'the feed is malformed: it begins like JSON and is none', {
      cause: error,
    });
  }
  let feed;
  try {
    feed = parseJsonFeed(json);
  } catch (error) {
    throw new FeedFault('not-a-feed', 'it is JSON, but no JSON Feed', { cause: error });
  }
  return {
    title: feed.title ?? '',
    link: feed.feed_url ?? feed.home_page_url,
    items: (feed.items ?? []).map((item) => ({
      id: item.id,
      title: item.title,
      links: [item.url, item.external_url],
      times: [item.date_published, item.date_modified],
      texts: [item.summary, escapeText(item.content_text), item.content_html],
    })),
  };
}

/** Throws for a JSON text that is nested deeper than any feed, before anything recursive sees it. */
function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > DEEPEST) throw new FeedFault('too-deep', 'the feed is nested too deep');
    } else if (character === '}' || character === ']') depth -= 1;
  }
}

function readXml(source: string): RawFeed {
  const { name, start } = findRoot(source);
  const text = source.slice(start);
  const local = name.slice(name.indexOf(':') + 1).toLowerCase();
  if (local === 'rss') return readRss(text);
  if (local === 'feed') return readAtom(text);
  if (local === 'rdf') return readRdf(text);
  const what = /^html$/i.test(local) ? 'a web page' : `a <${name.slice(0, 40)}> document`;
  throw new FeedFault('not-a-feed', `it is ${what}, no feed`);
}

/** The first element's name and where it begins, past declarations and comments. */
function findRoot(text: string): { name: string; start: number } {
  let at = 0;
  for (;;) {
    at = text.indexOf('<', at);
    if (at < 0) throw new FeedFault('not-a-feed', 'it is neither XML nor JSON');
    if (text.startsWith('<?', at)) at = past(text, '?>', at);
    else if (text.startsWith('<!--', at)) at = past(text, '-->', at + 4);
    else if (/^<!doctype/i.test(text.slice(at, at + 9))) {
      const end = past(text, '>', at);
      if (text.slice(at, end).includes('['))
        throw new FeedFault(
          'doctype',
          'it defines entities of its own (a DOCTYPE with an internal subset): refused',
        );
      at = end;
    } else break;
  }
  const name = /^<([^\s/>]+)/.exec(text.slice(at, at + 200))?.[1];
  if (name === undefined)
    throw new FeedFault('malformed', 'the feed is malformed: it does not begin with an element');
  return { name, start: at };
}

function past(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from);
  if (end < 0) throw new FeedFault('malformed', 'the feed is malformed: its head does not end');
  return end + mark.length;
}

function readRss(text: string): RawFeed {
  const feed = parseRssFeed(text);
  return {
    title: plainText(feed.title ?? ''),
    link: feed.link,
    items: (feed.items ?? []).map((item) => {
      const guid = item.guid?.value;
      return {
        id: guid,
        title: plainText(item.title ?? item.dc?.titles?.[0] ?? ''),
        // A guid is the link as well unless it says that it isn't.
        links: [
          item.link,
          item.atom?.links?.[0]?.href,
          isAddress(guid) && item.guid?.isPermaLink !== false ? guid : undefined,
        ],
        base: item.xml?.base,
        times: [item.pubDate, item.dc?.dates?.[0], item.atom?.published, item.atom?.updated],
        texts: [
          item.description,
          item.content?.encoded,
          item.dc?.descriptions?.[0],
          item.atom?.summary?.value,
        ],
      };
    }),
  };
}

function readRdf(text: string): RawFeed {
  const feed = parseRdfFeed(text);
  return {
    title: plainText(feed.title ?? ''),
    link: feed.link,
    items: (feed.items ?? []).map((item) => ({
      id: item.rdf?.about,
      title: plainText(item.title ?? item.dc?.titles?.[0] ?? ''),
      links: [item.link, item.rdf?.about],
      times: [item.dc?.dates?.[0]],
      texts: [item.description, item.content?.encoded, item.dc?.descriptions?.[0]],
    })),
  };
}

function readAtom(text: string): RawFeed {
  const feed = parseAtomFeed(text);
  const linkOf = (links: typeof feed.links) =>
    (links ?? []).filter(({ rel }) => rel === undefined || rel === 'alternate').map(({ href }) => href);
  return {
    title: plainText(asHtml(feed.title) ?? ''),
    link: feed.links?.find(({ rel }) => rel === 'self')?.href ?? linkOf(feed.links)[0],
    items: (feed.entries ?? []).map((entry) => ({
      id: entry.id,
      title: plainText(asHtml(entry.title) ?? ''),
      links: [...linkOf(entry.links), entry.content?.src],
      base: entry.xml?.base,
      times: [entry.published, entry.updated],
      texts: [asHtml(entry.summary), asHtml(entry.content)],
    })),
  };
}

/** The text of an Atom construct as HTML: plain text has its marks escaped. */
function asHtml(text: { value?: string; type?: string } | undefined): string | undefined {
  if (text?.value === undefined) return undefined;
  const isHtml = /html/i.test(text.type ?? '');
  return isHtml ? text.value : escapeText(text.value);
}

const escapeText = (text: string | undefined): string | undefined =>
  text?.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\n', '<br>');

const isAddress = (text: string | undefined): boolean => /^https?:\/\//i.test(text ?? '');
