/**
 * Finds what a person means by a name: a lesson, a course, a group, said in full, in part, in pinyin, by its
 * initials, or with a slip. The surest reading wins; what is unsure is given as such, to be asked about.
 */
import { pinyin } from 'pinyin-pro';

/** Something that people name. */
export interface Named<T> {
  readonly value: T;
  /** Whole names: title, id, key. */
  readonly names: readonly string[];
  /** Words that tell of it without being its name: tags. */
  readonly words?: readonly string[];
}

/** How a name was understood, the surest first. */
export const WAYS = ['exact', 'part', 'words', 'sound', 'initials', 'slip'] as const;
export type Way = (typeof WAYS)[number];

export interface Found<T> {
  readonly way: Way;
  /** All that can be meant in that way, in the order given. */
  readonly values: readonly T[];
  /** Whether it can be taken without asking: one value, in its own characters. */
  readonly sure: boolean;
}

/** One form for what reads alike; whoever asks has brought the script to one. */
const foldName = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{P}\p{S}]+/gu, '');

const SURE: readonly Way[] = ['exact', 'part', 'words'];
/** No name is longer; more would only cost time. */
const LONGEST = 60;

/** What a name is by `said`; `undefined` when nothing comes near. */
export function findNamed<T>(said: string, all: readonly Named<T>[]): Found<T> | undefined {
  const query = queryOf(foldName(said));
  if (query.text === '' || query.characters.length > LONGEST) return undefined;
  const voices = voicesOf(all);
  for (const way of WAYS) {
    const values = all.filter((_, index) => hears(way, query, voices[index])).map(({ value }) => value);
    if (values.length > 0) return { way, values, sure: values.length === 1 && SURE.includes(way) };
  }
  return undefined;
}

/** A name in the forms in which it is compared: texts and their sounds, one a line. */
interface Voice {
  readonly names: readonly string[];
  /** Names and words, folded. */
  readonly texts: readonly string[];
  readonly text: string;
  /** ` mo li hua cha `: syllables without tones, by blanks. */
  readonly spoken: string;
  readonly blurred: string;
  /** `molihuacha`, as a keyboard has it. */
  readonly letters: string;
  readonly blurredLetters: string;
  /** `mlhc`. */
  readonly initials: string;
}

const kept = new Map<string, Voice>();
const MOST_KEPT = 10_000;
const lists = new WeakMap<readonly object[], readonly Voice[]>();

/** Of a list that is asked again and again, such as for each word of a sentence, they are looked up once. */
function voicesOf(all: readonly Named<unknown>[]): readonly Voice[] {
  const known = lists.get(all);
  if (known) return known;
  const voices = all.map(voiceOf);
  lists.set(all, voices);
  return voices;
}

const hears = (way: Way, query: Query, voice: Voice | undefined) =>
  voice !== undefined && READ[way](query, voice);

function voiceOf({ names: whole, words = [] }: Named<unknown>): Voice {
  const key = [...whole, '', ...words].join('\n');
  const known = kept.get(key);
  if (known) return known;
  const names = whole.map(foldName).filter((name) => name !== '');
  const texts = [...names, ...words.map(foldName)].filter((text) => text !== '');
  const sounds = texts.map(soundsOf);
  const lines = (line: (of: readonly string[]) => string) => sounds.map(line).join('\n');
  const voice: Voice = {
    names,
    texts,
    text: texts.join('\n'),
    spoken: lines((of) => ` ${of.join(' ')} `),
    blurred: lines((of) => ` ${of.map(blur).join(' ')} `),
    letters: lines((of) => of.join('')),
    blurredLetters: lines((of) => blur(of.join(''))),
    initials: lines((of) => of.map((sound) => sound[0]).join('')),
  };
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, voice);
  return voice;
}

/** The syllables of a text without tones: `茶A1` is `cha`, `a1`. */
export function soundsOf(text: string): string[] {
  const characters = [...text];
  const syllables = pinyin(text, { toneType: 'none', type: 'array', v: true });
  const sounds: string[] = [];
  let wasHan = true;
  for (const [index, character] of characters.entries()) {
    const isHan = /\p{Script=Han}/u.test(character);
    const sound = isHan ? (syllables[index] ?? character) : character.toLowerCase();
    if (isHan || wasHan) sounds.push(sound);
    else sounds[sounds.length - 1] += sound;
    wasHan = isHan;
  }
  return sounds;
}

/** Sounds that are one to many a tongue in the south: z and zh, c and ch, s and sh, -n and -ng, n- and l-. */
const blur = (sound: string) =>
  sound
    .replaceAll(/([zcs])h/g, '$1')
    .replaceAll(/([aei])ng/g, '$1n')
    .replaceAll(/(?<![aeiouv])n(?=[aeiouv])/g, 'l');

/** What was said, in the same forms. */
interface Query {
  readonly text: string;
  readonly characters: readonly string[];
  readonly isLetters: boolean;
  readonly hasHan: boolean;
  readonly sounds: readonly string[];
  readonly blurred: readonly string[];
}

function queryOf(text: string): Query {
  const hasHan = /\p{Script=Han}/u.test(text);
  const sounds = hasHan && text.length <= LONGEST * 2 ? soundsOf(text) : [];
  return {
    text,
    characters: [...text],
    isLetters: /^[a-z]+$/.test(text),
    hasHan,
    sounds,
    blurred: sounds.map(blur),
  };
}

const READ: Readonly<Record<Way, (query: Query, voice: Voice) => boolean>> = {
  exact: (query, { names }) => names.includes(query.text),

  part: ({ text: said, characters, hasHan }, { text }) =>
    characters.length >= (hasHan ? 2 : 3) && text.includes(said),

  // 花茶保鲜: 花茶 in the title, 保鲜 among the tags.
  words: ({ characters, hasHan }, { text }) =>
    hasHan && isCovered(characters, 2, (piece) => text.includes(piece.join(''))),

  sound: ({ text, isLetters, sounds }, { spoken, letters }) =>
    isLetters
      ? text.length >= 4 && isTyped(text, letters, spoken)
      : isCovered(sounds, 2, (piece) => spoken.includes(` ${piece.join(' ')} `)),

  initials: ({ characters, isLetters }, { initials }) =>
    isLetters &&
    characters.length >= 3 &&
    characters.length <= 8 &&
    isCovered(characters, 2, (piece) => initials.includes(piece.join(''))),

  slip(query, { texts, blurred, blurredLetters, letters }) {
    if (query.isLetters) {
      const isTypedSo = query.text.length >= 4 && isTyped(blur(query.text), blurredLetters, blurred);
      return isTypedSo || [...texts, ...letters.split('\n')].some((text) => isNear(query, text));
    }
    const isHeard = isCovered(query.blurred, 2, (piece) => blurred.includes(` ${piece.join(' ')} `));
    return isHeard || texts.some((text) => isNear(query, text));
  },
};

/** Whether letters are whole syllables of a name, in at most three pieces: `huachabaoxian`. */
const isTyped = (query: string, letters: string, spoken: string): boolean =>
  isCovered(
    [...query],
    3,
    (piece) => new RegExp(` ${piece.join(' ?')} `).test(spoken),
    (start) => letters.includes(start.join('')),
  );

/** Whether `said` can be cut into at most three pieces of at least `least` units that all are of it. */
function isCovered<S>(
  said: readonly S[],
  least: number,
  isOf: (piece: readonly S[]) => boolean,
  /** Told cheaply, whether a piece of it can begin so: most names are set aside by this. */
  begins: (start: readonly S[]) => boolean = isOf,
  left = 3,
): boolean {
  if (said.length < least || left === 0 || !begins(said.slice(0, least))) return false;
  if (isOf(said)) return true;
  for (let to = said.length - least; to >= least; to -= 1)
    if (isOf(said.slice(0, to)) && isCovered(said.slice(to), least, isOf, begins, left - 1)) return true;
  return false;
}

/** How many slips a name of that length may have. */
const slipsIn = ({ characters, hasHan }: Query) => {
  const length = characters.length * (hasHan ? 2 : 1);
  return length >= 12 ? 2 : length >= 6 ? 1 : 0;
};

/** Whether `query` is a part of `text` but for a slip or two. */
function isNear(query: Query, text: string): boolean {
  const most = slipsIn(query);
  const said = query.characters;
  if (most === 0 || text.length < said.length - most) return false;
  let strange = 0;
  for (const character of said) if (!text.includes(character)) strange += 1;
  return strange <= most && distanceWithin(said, [...text]) <= most;
}

/** The least edit distance between `said` and any stretch of `text`: beginning and end are free. */
function distanceWithin(said: readonly string[], text: readonly string[]): number {
  let row = new Array<number>(text.length + 1).fill(0);
  for (const [index, character] of said.entries()) {
    const next = [index + 1];
    for (const [at, other] of text.entries())
      next.push(
        Math.min((row[at] ?? 0) + (character === other ? 0 : 1), (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1),
      );
    row = next;
  }
  return Math.min(...row);
}

/** The number of characters to put in, take out or change to come from one word to the other; swapped neighbours count one. */
export function editDistance(one: string, other: string): number {
  const [a, b] = [[...one], [...other]];
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (rows[i - 1]?.[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (rows[i - 2]?.[j - 2] ?? Infinity) + 1 : Infinity;
      row.push(Math.min(change, swap, (rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
