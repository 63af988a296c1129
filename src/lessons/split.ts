/** Splits a long text into messages, where a reader would pause. */

const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });

/** What a cut may follow, best first: a paragraph, a line, a sentence, a clause or blank. */
const PAUSES = [/\n\s*\n/gu, /\n/gu, /[。！？；…!?;][”’」』）)]*|[.]\s/gu, /[，、,：:]|\s/gu] as const;

/**
 * Pieces of at most `limit` UTF-16 code units (at least 20), cut at the best pause of the latter two thirds
 * of a piece, else between graphemes. Nothing but blanks at the cuts is lost. A single grapheme longer than
 * the limit is cut between code points.
 */
export function splitText(text: string, limit: number): string[] {
  const size = Math.max(20, Math.floor(limit));
  const pieces: string[] = [];
  let rest = text.trimEnd();
  let from = 0;
  while (rest.length - from > size) {
    const cut = from + cutWithin(rest.slice(from, from + size + GRAPHEME), size);
    const piece = rest.slice(from, cut).trim();
    if (piece !== '') pieces.push(piece);
    from = cut;
    while (from < rest.length && /\s/u.test(rest[from] ?? '')) from += 1;
  }
  rest = rest.slice(from).trim();
  if (rest !== '') pieces.push(rest);
  return pieces;
}

/** How much beyond the limit is looked at, to see the grapheme that lies across it. */
const GRAPHEME = 64;

/** The length of the first piece of `window`, at most `size`. */
function cutWithin(window: string, size: number): number {
  const head = window.slice(0, size);
  for (const pause of PAUSES) {
    let best = 0;
    for (const match of head.matchAll(pause)) best = match.index + match[0].length;
    if (best >= size / 3 && isBoundary(window, best)) return best;
  }
  let end = 0;
  for (const { index, segment } of graphemes.segment(window)) {
    if (index + segment.length > size) break;
    end = index + segment.length;
  }
  if (end > 0) return end;
  // One grapheme fills the whole piece: between code points is all that is left.
  const last = head.codePointAt(size - 1) ?? 0;
  const startsPair = last >= 0xd800 && last <= 0xdbff;
  return startsPair ? size - 1 : size;
}

/** Whether a grapheme ends there: a mark may follow a full stop. */
function isBoundary(window: string, at: number): boolean {
  const around = window.slice(Math.max(0, at - GRAPHEME), at + GRAPHEME);
  const offset = at - Math.max(0, at - GRAPHEME);
  for (const { index } of graphemes.segment(around)) if (index === offset) return true;
  return offset === around.length;
}
