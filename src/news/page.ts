/** Title, summary, source and date of a web page, as news sites, government sites and WeChat's articles mark them. */
import { readDate } from '../clock.ts';
import { decodeText } from './decode.ts';
import { FeedFault } from './fault.ts';
import { fetchPublic, type Fetched, type FetchRules } from './fetch.ts';
import { scanHtml } from './html.ts';
import { firstSentences, oneLine, tidy } from './text.ts';

export interface Page {
  readonly title: string;
  readonly summary: string;
  /** Absolute: where it was found, or what it calls its canonical address on the same host. */
  readonly url: string;
  readonly source: string;
  readonly published?: number;
}

/** Most of a page that is read, bytes: what is looked for stands in its first part. */
const SIZE_LIMIT = 4 * 1024 * 1024;
/** Names of meta elements, best first. `ArticleTitle` and its kin: the government sites' standard of China. */
const TITLES = ['articletitle', 'og:title', 'twitter:title', 'dc.title'];
const DESCRIPTIONS = ['description', 'og:description', 'twitter:description', 'dc.description'];
const DATES = [
  'pubdate',
  'article:published_time',
  'og:release_date',
  'publishdate',
  'datepublished',
  'weibo:article:create_at',
  'dc.date',
  'og:updated_time',
];
const SOURCES = ['contentsource', 'og:site_name', 'sitename', 'author:site', 'application-name'];
/** Too short for what a page is about. */
const LEAST_PARAGRAPH = 20;
const PARAGRAPHS = new Set(['p', 'section', 'li', 'blockquote']);

/** Reads an address. Throws `FeedFault`. */
export async function readPage(url: string, zone: string, rules: FetchRules = {}): Promise<Page> {
  const fetched = await fetchPublic(
    { url, accept: 'text/html, application/xhtml+xml;q=0.9' },
    { sizeLimit: SIZE_LIMIT, ...rules },
  );
  return readHtml(fetched, zone);
}

export function readHtml(
  { bytes, contentType, url }: Pick<Fetched, 'bytes' | 'contentType' | 'url'>,
  zone: string,
): Page {
  if (
    contentType !== undefined &&
    !/^\s*(?:text\/html|application\/xhtml\+xml|text\/plain)\b/i.test(contentType)
  )
    throw new FeedFault('content-type', `${contentType.slice(0, 80)} is no web page`);
  const { text } = decodeText(bytes, contentType);
  const found = scan(text);
  const meta = (names: readonly string[]) => names.map((name) => found.meta.get(name)).find((value) => value);
  const source = oneLine(meta(SOURCES) ?? '') || new URL(url).hostname.replace(/^www\./, '');
  const title = stripSite(
    oneLine(meta(TITLES) ?? '') || oneLine(found.heading) || oneLine(found.title),
    source,
  );
  if (title === '') throw new FeedFault('empty', 'the page has no title');
  const body = meta(DESCRIPTIONS) ?? found.paragraphs.find((one) => one.length >= LEAST_PARAGRAPH) ?? '';
  const published = readDate(meta(DATES) ?? '', zone);
  return {
    title,
    summary: firstSentences(tidy(body) === title ? '' : body),
    url: canonicalOf(found.canonical, url),
    source,
    ...(published === undefined ? {} : { published }),
  };
}

/** A canonical address of another host may be a mistake, or a trick. */
function canonicalOf(canonical: string | undefined, url: string): string {
  if (!canonical || !URL.canParse(canonical, url)) return url;
  const found = new URL(canonical, url);
  return found.hostname === new URL(url).hostname && /^https?:$/.test(found.protocol) ? found.href : url;
}

/** `标题_横州新闻网` without the name of the site, when that is what stands at the end. */
function stripSite(title: string, source: string): string {
  const [, head = '', tail = ''] = /^(.{4,}?)\s*[-_|—–·]{1,2}\s*([^-_|—–·]{2,20})$/u.exec(title) ?? [];
  const isSite =
    tail !== '' && (source.includes(tail) || tail.includes(source) || /[网报台社]$|频道$|新闻$/u.test(tail));
  return isSite ? head.trim() : title;
}

function scan(html: string) {
  const meta = new Map<string, string>();
  const paragraphs: string[] = [];
  let canonical: string | undefined;
  let title = '';
  let heading = '';
  let paragraph: string | undefined;
  /** The element whose text is being gathered. */
  let inside: 'title' | 'h1' | 'unseen' | undefined;
  let unseen = '';
  const endParagraph = () => {
    if (paragraph !== undefined && tidy(paragraph) !== '' && paragraphs.length < 20)
      paragraphs.push(tidy(paragraph));
    paragraph = undefined;
  };
  scanHtml(html, {
    open(name, attributes) {
      if (name === 'meta') {
        const key = (
          attributes.get('property') ??
          attributes.get('name') ??
          attributes.get('itemprop') ??
          ''
        ).toLowerCase();
        const content = attributes.get('content')?.trim();
        if (key !== '' && content && !meta.has(key)) meta.set(key, content);
      } else if (name === 'link' && /\bcanonical\b/i.test(attributes.get('rel') ?? ''))
        canonical ??= attributes.get('href');
      else if (name === 'script' || name === 'style') {
        inside = 'unseen';
        unseen = name;
      } else if (name === 'title' && title === '') inside = 'title';
      else if (name === 'h1' && heading === '') inside = 'h1';
      else if (PARAGRAPHS.has(name)) {
        endParagraph();
        paragraph = '';
      }
    },
    close(name) {
      if (inside === 'unseen' ? name === unseen : name === inside) inside = undefined;
      if (PARAGRAPHS.has(name)) endParagraph();
    },
    text(text) {
      if (inside === 'title') title += text;
      else if (inside === 'h1') heading += text;
      else if (inside === undefined && paragraph !== undefined) paragraph += text;
    },
  });
  endParagraph();
  return { meta, canonical, title, heading, paragraphs };
}
