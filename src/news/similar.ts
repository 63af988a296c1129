/** Whether two texts tell the same piece of news: by the three-character pieces that they share. */

/** Texts with fewer pieces, such as 开会通知, say too little to be the same as another. */
const LEAST = 5;
/** What share of the pieces of both must be common; of titles, which are short, more. */
export const SAME = 0.6;
const SAME_TITLE = 0.8;

/** The text without what editors change: marks, blanks, width, case. */
const bare = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');

/** The set of a text's runs of three characters. A shorter text is one piece. */
export function gramsOf(text: string): Set<string> {
  const characters = [...bare(text)];
  if (characters.length === 0) return new Set();
  if (characters.length < 3) return new Set([characters.join('')]);
  const grams = new Set<string>();
  for (let at = 0; at + 3 <= characters.length; at += 1) grams.add(characters.slice(at, at + 3).join(''));
  return grams;
}

/** Jaccard index: common pieces over all pieces, 0 to 1. Two empty sets have nothing in common. */
export function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  // The index can't be higher than the ratio of the sizes.
  if (small.size === 0 || small.size < large.size * SAME) return 0;
  let common = 0;
  for (const gram of small) if (large.has(gram)) common += 1;
  return common / (a.size + b.size - common);
}

/** What a text is compared by. */
export interface Print {
  readonly title: ReadonlySet<string>;
  readonly whole: ReadonlySet<string>;
  /** The numbers in it: prices, dates, amounts. */
  readonly numbers: ReadonlySet<string>;
}

export const printOf = ({ title, summary }: { readonly title: string; readonly summary: string }): Print => ({
  title: gramsOf(title),
  whole: gramsOf(`${title}${summary}`),
  numbers: new Set(`${title} ${summary}`.normalize('NFKC').match(/\d+(?:\.\d+)?/g) ?? []),
});

/**
 * Nearly the same words in the title, or in title and summary together; but today's prices aren't yesterday's
 * because their words are: where each has a number that the other lacks, they are two.
 */
export function isSame(a: Print, b: Print): boolean {
  if (!isPart(a.numbers, b.numbers) && !isPart(b.numbers, a.numbers)) return false;
  const told = (x: ReadonlySet<string>, y: ReadonlySet<string>, least: number) =>
    Math.min(x.size, y.size) >= LEAST && likeness(x, y) >= least;
  return told(a.title, b.title, SAME_TITLE) || told(a.whole, b.whole, SAME);
}

const isPart = (part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean =>
  [...part].every((one) => whole.has(one));
