/** Words out of what feeds and pages bring: plain text, the first two sentences, a cut that doesn't hurt. */
import { scanHtml } from './html.ts';

/** What is inside these is no text for a reader. */
const UNSEEN = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'iframe',
  'object',
  'svg',
  'select',
  'title',
]);
/** What begins and ends a line of its own. */
const BLOCKS = new Set(
  'address article aside blockquote br dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table td th tr ul'.split(
    ' ',
  ),
);

/** The visible text of a piece of HTML, blocks on lines of their own. */
export function plainText(html: string): string {
  if (!/[<&]/.test(html)) return tidy(html);
  const pieces: string[] = [];
  let unseen: string | undefined;
  scanHtml(html, {
    open(name) {
      if (UNSEEN.has(name)) unseen ??= name;
      if (BLOCKS.has(name)) pieces.push('\n');
    },
    close(name) {
      if (name === unseen) unseen = undefined;
      if (BLOCKS.has(name)) pieces.push('\n');
    },
    text(text) {
      // Lines of the source are no lines of the page.
      if (unseen === undefined) pieces.push(text.replaceAll('\n', ' '));
    },
  });
  return tidy(pieces.join(''));
}

/** Characters that nobody sees, and controls: dropped. Soft hyphens and direction marks among them. */
// eslint-disable-next-line no-control-regex
const INVISIBLE = /[\p{Cf}\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{7f}\u{fffd}]/gu;

/** More marks on one letter than any script has: a way to make text overflow its line. */
const PILED = /\p{M}{5,}/gu;

/** Single blanks, no empty lines, nothing invisible. */
export const tidy = (text: string): string =>
  text
    .replace(INVISIBLE, '')
    .replace(PILED, '')
    .replace(/[^\S\n]+/gu, ' ')
    .replace(/ ?\n\s*/g, '\n')
    .trim();

/** All on one line, as a title is. */
export const oneLine = (text: string): string => tidy(text).replaceAll('\n', ' ');

/** Ends of a sentence with the quotes and brackets that close after them. A full stop ends one only before a blank. */
const SENTENCE_END = /(?:[。！？!?；;…]+|\.{3,}|\.(?=\s|$))[”’」』》〉）)\]】"']*|\n/gu;

/** Lines of Chinese follow one another without a blank where a mark ends them. */
const joinLines = (text: string): string =>
  text
    .replace(/([\u{3001}\u{3002}\u{ff01}\u{ff1b}\u{ff1f}\u{ff0c}\u{ff1a}…”』」）])\n/gu, '$1')
    .replaceAll('\n', ' ');

/** The first two sentences, on one line, at most `limit` characters. A heading on a line of its own is one. */
export function firstSentences(text: string, limit = 120): string {
  const words = tidy(text);
  let count = 0;
  let begin = 0;
  let end = words.length;
  for (const match of words.matchAll(SENTENCE_END)) {
    const isBlank = words.slice(begin, match.index).trim() === '';
    begin = match.index + match[0].length;
    if (isBlank) continue;
    count += 1;
    if (count < 2) continue;
    end = begin;
    break;
  }
  return cut(joinLines(words.slice(0, end)).trim(), limit);
}

const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });

/** At most `limit` characters as a person counts them, with … where something was cut off. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept: string[] = [];
  for (const { segment } of graphemes.segment(text)) {
    if (kept.length === limit)
      return `${kept
        .slice(0, limit - 1)
        .join('')
        .trimEnd()}…`;
    kept.push(segment);
  }
  return text;
}

/** Characters as a person counts them. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of graphemes.segment(text)) count += 1;
  return count;
}
