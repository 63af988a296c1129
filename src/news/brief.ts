/** The words with which approved items go into a group. */
import type { NewsKind } from '../db/tables.ts';
import type { Item } from './items.ts';
import { countCharacters, cut } from './text.ts';

export const KIND_NAMES: Readonly<Record<NewsKind, string>> = {
  news: '电商动态',
  party: '党建信息',
  notice: '通知',
};

/** Characters of a brief as a person counts them, its links left out. */
export const BRIEF_LIMIT = 600;
/** What a channel takes in one message, links included, UTF-16 code units. */
const MESSAGE_LIMIT = 1_900;
/** The end of whatever asks to be read. */
export const ASK_TO_READ = '———\n看过请回复 已阅';

export interface BriefWords {
  /** `11月24日`, `11月23日—29日`. */
  readonly title: string;
  /** The date of an item beside its source. */
  readonly sayOrigin: (item: Item) => string;
}

export interface Brief {
  readonly text: string;
  /** What is in it, in its order; the rest is for another time. */
  readonly items: readonly Item[];
}

/** As many of the items as fit, in the given order; `undefined` when there are none. */
export function composeBrief(items: readonly Item[], { title, sayOrigin }: BriefWords): Brief | undefined {
  const head = `【${KIND_NAMES.news}】${title}`;
  const foot = ASK_TO_READ;
  const used: Item[] = [];
  const blocks: string[] = [];
  let characters = countCharacters(`${head}\n${foot}\n`);
  let length = head.length + foot.length + 2;
  for (const item of items) {
    const words = wordsOf(item, `${used.length + 1}. `, sayOrigin, BRIEF_LIMIT - characters - 1);
    if (words === undefined) continue;
    const block = item.url === '' ? words : `${words}\n${item.url}`;
    if (length + block.length + 1 > MESSAGE_LIMIT) continue;
    used.push(item);
    blocks.push(block);
    characters += countCharacters(words) + 1;
    length += block.length + 1;
  }
  if (used.length === 0) return undefined;
  return { text: [head, ...blocks, foot].join('\n'), items: used };
}

/** Least of a summary that is worth its place, characters. */
const LEAST_SUMMARY = 30;

/** An item in at most `room` characters: the summary is cut before the item is left out. */
function wordsOf(
  item: Item,
  mark: string,
  sayOrigin: BriefWords['sayOrigin'],
  room: number,
): string | undefined {
  const title = `${mark}${item.title}`;
  const origin = `（${sayOrigin(item)}）`;
  const left = room - countCharacters(title) - countCharacters(origin) - 1;
  if (item.summary === '') return left >= -1 ? `${title}${origin}` : undefined;
  const summary = cut(item.summary, Math.max(0, left));
  const isWorth = left >= Math.min(LEAST_SUMMARY, countCharacters(item.summary));
  return isWorth ? `${title}\n${summary}${origin}` : undefined;
}

/** A notice or a piece of party-building information, whole. */
export const composeBulletin = (item: Item, sayOrigin: BriefWords['sayOrigin']): string =>
  [
    `【${KIND_NAMES[item.kind]}】${item.title}`,
    item.summary,
    `（${sayOrigin(item)}）`,
    ...(item.url === '' ? [] : [item.url]),
    ASK_TO_READ,
  ].join('\n');

/** Most telling first, of equals the newest. */
export const byRelevance = (items: readonly Item[]): Item[] =>
  items.toSorted((a, b) => b.relevance - a.relevance || b.published_at - a.published_at || b.no - a.no);
