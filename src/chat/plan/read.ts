/**
 * Reads `花茶保鲜 周五 20:00 花茶支部群`: what, to whom, when. Each of the three is understood for certain, or it is
 * a question or a choice; nothing is guessed. Pure: what there is to choose from is given.
 */
import { findNamed, type Found, type Named, WAYS } from '../../lessons/names.ts';
import { normalise } from '../../quiz/normalise.ts';
import { DATE_LIKE } from './days.ts';
import { NUMERAL, readNumeral } from './numerals.ts';
import type { WhenContext } from './reading.ts';
import type { SaidWhen } from './rule.ts';
import { findTimes } from './times.ts';
import { readWhen } from './when.ts';

export interface Content {
  readonly kind: 'lesson' | 'course';
  /** The lesson's id, or the course's name. */
  readonly id: string;
  /** `微课《…》`, `课程《…》`. */
  readonly say: string;
}

export interface Addressee {
  readonly id: string;
  /** The group's topic. */
  readonly say: string;
}

export interface Option<T> {
  readonly say: string;
  readonly value: T;
}

/** One of the three things: known, to be chosen by its number, or to be said again. */
export type Slot<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'choice'; readonly text: string; readonly options: readonly Option<T>[] }
  | { readonly kind: 'ask'; readonly text: string };

export interface PlanDraft {
  readonly content: Slot<Content>;
  readonly groups: Slot<readonly Addressee[]>;
  readonly when: Slot<SaidWhen>;
  /** How long the quiz stays open, ms, when it was said. */
  readonly closeAfter?: number;
  /** The words, for reading them again with what is added. */
  readonly said: string;
}

export interface PlanContext extends WhenContext {
  readonly contents: readonly Named<Content>[];
  readonly groups: readonly Named<Addressee>[];
}

/** More than a person picks from on a phone. */
const MOST_OPTIONS = 8;
const LONGEST = 300;
const MOST_PIECES = 8;

export function readPlan(text: string, context: PlanContext): PlanDraft {
  const said = normalise(text).trim().slice(0, LONGEST);
  const { closeAfter, rest: unclosed } = readClose(said.replace(/每一?个群/gu, '所有群'));
  const { pieces: quoted, rest: unquoted } = takeQuoted(unclosed, context);
  const { reading, rest } = readWhen(unquoted, context);
  const pieces = [...quoted, ...splitPieces(rest)];
  const { content, groups } = assign(pieces, context);
  const when: Slot<SaidWhen> =
    reading.kind === 'when'
      ? { kind: 'known', value: reading.when }
      : reading.kind === 'choice'
        ? { ...reading, options: reading.options.map((value) => ({ say: value.say, value })) }
        : { kind: 'ask', text: reading.text };
  return { content, groups, when, said, ...(closeAfter === undefined ? {} : { closeAfter }) };
}

/** The content alone, where it was asked for. */
export function readContent(text: string, context: PlanContext): Slot<Content> {
  const said = nameIn(text);
  const content = findContent(said, context);
  return contentSlot({ ...(content ? { content } : {}), groups: [], isAll: false, unknown: [said], cost: 0 });
}

/** The groups alone, where they were asked for. */
export function readGroups(text: string, context: PlanContext): Slot<readonly Addressee[]> {
  const pieces = splitPieces(nameIn(text).replace(/每一?个群/gu, '所有群'));
  const isAll = pieces.some((piece) => ALL_GROUPS.test(piece));
  const named = pieces.filter((piece) => !ALL_GROUPS.test(piece));
  const whole = named.length > 1 ? findGroup(named.join(''), context) : undefined;
  const singly = named.map((piece) => findGroup(piece, context));
  const found = singly.includes(undefined) && whole ? [whole] : singly;
  return groupSlot(
    {
      groups: found.filter((one) => one !== undefined),
      isAll,
      unknown: named.filter((_, index) => found.length === named.length && found[index] === undefined),
      cost: 0,
    },
    context,
    true,
  );
}

const nameIn = (text: string): string =>
  normalise(text)
    .replaceAll(/[《》]/gu, ' ')
    .trim()
    .slice(0, LONGEST);

/** 答题2小时: how long the quiz stays open. */
function readClose(text: string): { closeAfter?: number; rest: string } {
  const match = new RegExp(
    `(?:答题|限时|小测)\\s*(?:时间)?(${NUMERAL})\\s*个?(小时|分钟|天)(?!后)`,
    'u',
  ).exec(text);
  const count = match ? readNumeral(match[1] ?? '') : undefined;
  if (!match || count === undefined || count === 0) return { rest: text };
  const unit = match[2] === '分钟' ? 60_000 : match[2] === '小时' ? 3_600_000 : 86_400_000;
  return { closeAfter: count * unit, rest: text.replace(match[0], ' ') };
}

/** What stands in 《》, and whole names that look like a date, are names and never times. */
function takeQuoted(text: string, { contents, groups }: PlanContext): { pieces: string[]; rest: string } {
  const pieces: string[] = [];
  const take = (piece: string) => {
    pieces.push(piece.trim());
    return ' ';
  };
  let rest = text.replace(/《([^《》]{1,80})》/gu, (_, piece: string) => take(piece));
  for (const name of [...contents, ...groups].flatMap(({ names }) => names).map(normalise)) {
    const isDated = [...name].length >= 3 && (DATE_LIKE.test(name) || findTimes(name).length > 0);
    if (isDated && rest.includes(name)) rest = rest.replace(name, () => take(name));
  }
  return { pieces: pieces.filter((piece) => piece !== ''), rest };
}

const FILLER = /^(?:请|帮我|帮忙|我要|我想|安排|排课?|发课|和|跟|与|及|在|到|给|发|的|课|群|吧)$/u;

const splitPieces = (rest: string): string[] =>
  rest
    // 花茶保鲜发到村淘群, without a blank.
    .replace(/(\S\S)(?:发到|发给|推到|推给|到|给)(?=[^\s,、]{1,12}群(?:$|[\s,、]))/gu, '$1 ')
    .split(/[\s,，、;；。.!！:：()（）"“”「」【】]+/u)
    .filter((piece) => piece !== '' && !FILLER.test(piece));

const ALL_GROUPS = /^(?:发?[到给往]?)(?:所有|全部|各个?|每个)(?:的?群|的?支部)?$|^都发?$/u;
const TO = /^(?:发到|发给|发在|推到|推给|给|到|在|往|向|发|学|排)/u;
const GROUP_END = /(?:微信|的)?群(?:里|内)?$/u;

type ContentFound = Found<Content>;

interface Assigned {
  readonly content?: ContentFound;
  readonly groups: readonly Found<Addressee>[];
  readonly isAll: boolean;
  readonly unknown: readonly string[];
  readonly cost: number;
}

/** Which pieces name the content and which the groups: the surest way to understand them all. */
function assign(all: readonly string[], context: PlanContext): Pick<PlanDraft, 'content' | 'groups'> {
  const isAll = all.some((piece) => ALL_GROUPS.test(piece));
  const pieces = all.filter((piece) => !ALL_GROUPS.test(piece)).slice(0, MOST_PIECES);
  let best: Assigned | undefined;
  for (let from = 0; from <= pieces.length; from += 1)
    for (let to = pieces.length; to > from || to === from; to -= 1) {
      const tried = tryAssign(pieces, from, to, isAll, context);
      if (!best || tried.cost < best.cost) best = tried;
    }
  const found = best ?? { groups: [], isAll, unknown: [], cost: 0 };
  return { content: contentSlot(found), groups: groupSlot(found, context) };
}

/** Nothing understood costs more than anything understood badly. */
const UNKNOWN_COST = 100;

function tryAssign(
  pieces: readonly string[],
  from: number,
  to: number,
  isAll: boolean,
  context: PlanContext,
): Assigned {
  const named = pieces.slice(from, to);
  const content = named.length > 0 ? findContent(named.join(''), context) : undefined;
  let cost = content ? costOf(content) : UNKNOWN_COST / 2;
  // What ends in 群 is no lesson, unless one is called just so.
  if (content && content.way !== 'exact' && GROUP_END.test(named.join(''))) cost += UNKNOWN_COST;
  const unknown: string[] = named.length > 0 && !content ? [named.join('')] : [];
  if (unknown.length > 0) cost += UNKNOWN_COST + named.length * 20;
  const groups: Found<Addressee>[] = [];
  for (const side of [pieces.slice(0, from), pieces.slice(to)]) {
    const joined = side.length > 1 ? findGroup(side.join(''), context) : undefined;
    const singly = side.map((piece) => findGroup(piece, context));
    const found = singly.every((one) => one !== undefined) || !joined ? singly : [joined];
    for (const [index, one] of found.entries()) {
      if (one) groups.push(one);
      else unknown.push(side[index] ?? '');
      cost += one ? costOf(one) : UNKNOWN_COST;
    }
  }
  if (groups.length === 0 && !isAll && context.groups.length > 1) cost += 1;
  return { ...(content ? { content } : {}), groups, isAll, unknown, cost };
}

const costOf = ({ way, values }: Found<unknown>): number =>
  WAYS.indexOf(way) * 2 + (values.length > 1 ? 1 : 0);

const findContent = (said: string, { contents }: PlanContext): ContentFound | undefined =>
  surest([said, said.replace(TO, '')], contents);

function findGroup(said: string, { groups }: PlanContext): Found<Addressee> | undefined {
  const plain = said.replace(TO, '');
  return surest([said, plain, plain.replace(GROUP_END, '')], groups);
}

/** The surest reading of any of the forms in which a name was said. */
const surest = <T>(forms: readonly string[], all: readonly Named<T>[]): Found<T> | undefined =>
  [...new Set(forms)]
    .map((form) => findNamed(form, all))
    .filter((found) => found !== undefined)
    .toSorted((a, b) => costOf(a) - costOf(b))[0];

function contentSlot({ content, unknown }: Assigned): Slot<Content> {
  if (!content) {
    const [said] = unknown;
    return {
      kind: 'ask',
      text:
        said === undefined
          ? '排哪一课？请写课名、课程名，或其中几个字'
          : `没有找到「${said}」这样的课，请换几个字再写课名`,
    };
  }
  const [only, ...more] = content.values;
  if (only && content.sure) return { kind: 'known', value: only };
  if (content.values.length > MOST_OPTIONS)
    return { kind: 'ask', text: `有 ${content.values.length} 课都对得上，课名请多写几个字` };
  return {
    kind: 'choice',
    text: more.length > 0 ? '是哪一课？' : '是这一课吗？',
    options: content.values.map((value) => ({ say: value.say, value })),
  };
}

function groupSlot(
  { groups, isAll, unknown, content }: Assigned,
  context: PlanContext,
  isOnlyGroups = false,
): Slot<readonly Addressee[]> {
  const all = context.groups.map(({ value }) => value);
  const [only] = all;
  if (!only) return { kind: 'ask', text: '你名下还没有启用的群，请找管理员启用' };
  const strange = content || isOnlyGroups ? unknown : unknown.slice(1);
  if (strange.length > 0) return chooseGroup(`没有找到「${strange.join('」「')}」这个群。发到哪个群？`, all);
  if (isAll) return { kind: 'known', value: all };
  if (groups.length === 0)
    return all.length === 1 ? { kind: 'known', value: all } : chooseGroup('发到哪个群？', all);
  const open = groups.find(({ sure }) => !sure);
  if (open) {
    const known = groups.filter(({ sure }) => sure).flatMap(({ values }) => values);
    if (groups.filter(({ sure }) => !sure).length > 1) return chooseGroup('发到哪个群？', all);
    return {
      kind: 'choice',
      text: open.values.length > 1 ? '是哪个群？' : '是这个群吗？',
      options: open.values.slice(0, MOST_OPTIONS).map((value) => ({
        say: [...known, value].map(({ say }) => say).join('、'),
        value: unique([...known, value]),
      })),
    };
  }
  return { kind: 'known', value: unique(groups.flatMap(({ values }) => values)) };
}

const unique = (groups: readonly Addressee[]): Addressee[] => [
  ...new Map(groups.map((group) => [group.id, group])).values(),
];

function chooseGroup(text: string, all: readonly Addressee[]): Slot<readonly Addressee[]> {
  if (all.length >= MOST_OPTIONS) return { kind: 'ask', text: `${text}请写群名` };
  const options: Option<readonly Addressee[]>[] = all.map((group) => ({ say: group.say, value: [group] }));
  if (all.length > 1) options.push({ say: `全部 ${all.length} 个群`, value: all });
  return { kind: 'choice', text, options };
}
