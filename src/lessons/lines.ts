/** Texts compared line by line, and two that were made from one brought together. Pure. */

/** Lines `a0` to `a1` of the one stand where lines `b0` to `b1` of the other do; the ends aren't in it. */
export interface Hunk {
  readonly a0: number;
  readonly a1: number;
  readonly b0: number;
  readonly b1: number;
}

/** More cells of the table than this aren't worth the time: what lies between is one hunk. */
const MOST_CELLS = 4_000_000;

/** What differs, in order, by a longest common subsequence. */
export function hunksOf(a: readonly string[], b: readonly string[]): Hunk[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const [height, width] = [endA - start, endB - start];
  if (height === 0 && width === 0) return [];
  if (height === 0 || width === 0 || height * width > MOST_CELLS)
    return [{ a0: start, a1: endA, b0: start, b1: endB }];
  const row = width + 1;
  const longest = new Uint32Array((height + 1) * row);
  const at = (i: number, j: number) => longest[i * row + j] ?? 0;
  for (let i = height - 1; i >= 0; i -= 1)
    for (let j = width - 1; j >= 0; j -= 1)
      longest[i * row + j] =
        a[start + i] === b[start + j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const hunks: Hunk[] = [];
  let [i, j] = [0, 0];
  while (i < height || j < width) {
    const [from, to] = [i, j];
    while ((i < height || j < width) && !(i < height && j < width && a[start + i] === b[start + j]))
      if (j >= width || (i < height && at(i + 1, j) >= at(i, j + 1))) i += 1;
      else j += 1;
    if (i > from || j > to) hunks.push({ a0: start + from, a1: start + i, b0: start + to, b1: start + j });
    while (i < height && j < width && a[start + i] === b[start + j]) {
      i += 1;
      j += 1;
    }
  }
  return hunks;
}

export interface Line {
  readonly kind: 'same' | 'gone' | 'new';
  readonly text: string;
}

/** The lines of both, those that only one has marked. */
export function diffTexts(before: string, after: string): Line[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  const lines: Line[] = [];
  let at = 0;
  for (const { a0, a1, b0, b1 } of hunksOf(a, b)) {
    lines.push(...a.slice(at, a0).map((text): Line => ({ kind: 'same', text })));
    lines.push(...a.slice(a0, a1).map((text): Line => ({ kind: 'gone', text })));
    lines.push(...b.slice(b0, b1).map((text): Line => ({ kind: 'new', text })));
    at = a1;
  }
  return [...lines, ...a.slice(at).map((text): Line => ({ kind: 'same', text }))];
}

/**
 * Both changes of a text at once; `undefined` where both changed the same place, or places that touch, to
 * something different.
 */
export function mergeTexts(base: string, mine: string, theirs: string): string | undefined {
  if (mine === theirs || theirs === base) return mine;
  if (mine === base) return theirs;
  const [lines, a, b] = [base.split('\n'), mine.split('\n'), theirs.split('\n')];
  const own = hunksOf(lines, a);
  const other = hunksOf(lines, b);
  const merged: string[] = [];
  let at = 0;
  let [i, j] = [0, 0];
  while (i < own.length || j < other.length) {
    const [left, right] = [own[i], other[j]];
    if (left && right && touches(left, right)) {
      const isSame =
        left.a0 === right.a0 &&
        left.a1 === right.a1 &&
        a.slice(left.b0, left.b1).join('\n') === b.slice(right.b0, right.b1).join('\n') &&
        left.b1 - left.b0 === right.b1 - right.b0;
      if (!isSame) return undefined;
      merged.push(...lines.slice(at, left.a0), ...a.slice(left.b0, left.b1));
      at = left.a1;
      i += 1;
      j += 1;
      continue;
    }
    const isOwn = left !== undefined && (right === undefined || left.a0 < right.a0);
    const hunk = isOwn ? left : right;
    if (!hunk) break;
    merged.push(...lines.slice(at, hunk.a0), ...(isOwn ? a : b).slice(hunk.b0, hunk.b1));
    at = hunk.a1;
    if (isOwn) i += 1;
    else j += 1;
  }
  return [...merged, ...lines.slice(at)].join('\n');
}

const touches = (one: Hunk, other: Hunk): boolean => one.a0 <= other.a1 && other.a0 <= one.a1;
