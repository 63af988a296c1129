/** Words in pictures: how wide they are, and how a long name is broken or shortened so that two stay two. */

/** Chinese is as wide as it is high, the rest about half. */
const widthOf = (character: string): number =>
  /[\u{2e80}-\u{ffff}\u{20000}-\u{3ffff}]/u.test(character) ? 1 : 0.58;

/** px, of words at a size in px. */
export const measure = (words: string, size: number): number =>
  [...words].reduce((sum, one) => sum + widthOf(one), 0) * size;

const MORE = '…';

/** As much of a text as fits a width, with … for the rest. */
export function fit(words: string, size: number, width: number): string {
  if (measure(words, size) <= width) return words;
  const kept = [...words];
  while (kept.length > 0 && measure(kept.join(''), size) + size > width) kept.pop();
  return `${kept.join('')}${MORE}`;
}

/** The lines that it takes, broken where one is full. */
function breakLines(words: string, size: number, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const character of words) {
    if (line !== '' && measure(line + character, size) > width) {
      lines.push(line.trimEnd());
      line = character.trim();
    } else line += character;
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** The same, without a line of one character at the end. */
function breakEvenly(words: string, size: number, width: number): string[] {
  const { length } = breakLines(words, size, width);
  let narrow = length > 1 ? measure(words, size) / length : width;
  while (narrow < width) {
    const lines = breakLines(words, size, narrow);
    if (lines.length <= length) return lines;
    narrow += size / 2;
  }
  return breakLines(words, size, width);
}

export interface Room {
  /** px. */
  readonly size: number;
  readonly width: number;
  readonly lines: number;
}

/** A name in as many lines as there are; what is longer loses its middle: the ends of such names tell them apart. */
export function letter(name: string, { size, width, lines }: Room): string[] {
  const characters = [...name];
  const takes = (words: string) => breakEvenly(words, size, width);
  if (takes(name).length <= lines) return takes(name);
  for (let kept = characters.length - 1; kept > 1; kept -= 1) {
    const head = Math.ceil(kept / 2);
    const short = [...characters.slice(0, head), MORE, ...characters.slice(characters.length - kept + head)];
    if (takes(short.join('')).length <= lines) return takes(short.join(''));
  }
  return [fit(name, size, width)];
}

/** Names beside each other. Two that lost what tells them apart begin with it instead. */
export function letterAll(names: readonly string[], room: Room): string[][] {
  const drawn = names.map((name) => letter(name, room));
  return names.map((name, at) => {
    const own = drawn[at] ?? [];
    const twins = names.filter((other, to) => other !== name && drawn[to]?.join('') === own.join(''));
    if (twins.length === 0) return own;
    const same = Math.max(...twins.map((other) => sameStart(name, other)));
    return letter(`${MORE}${[...name].slice(Math.max(0, same - 1)).join('')}`, room);
  });
}

function sameStart(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  return at === -1 ? left.length : at;
}
