/**
 * Which room is which group, and which contact which person, after a login under which a channel's ids may all
 * have changed. Pure rules: each pair gets a score from 0 to 100 with its reasons in Chinese; what is sure binds by
 * itself, what is doubtful waits for a person, and namesakes are never sure.
 */
import { nameInNickname } from './nickname.ts';

export interface Seat {
  readonly contactId: string;
  /** The nickname in that group. */
  readonly nickname: string;
  /** The name that they gave themselves, where the channel tells. */
  readonly ownName?: string | undefined;
  /** What our account calls them: nobody else can change it. */
  readonly remark?: string | undefined;
}

export interface Room {
  readonly id: string;
  readonly topic: string;
  readonly seats: readonly Seat[];
  /** What was said there last, as `nickname: text`. */
  readonly lastWords?: readonly string[];
}

export interface Match {
  /** Of the known group or the contact id of before. */
  readonly before: string;
  /** Of the room or contact as the channel shows it now. */
  readonly after: string;
  readonly score: number;
  readonly reasons: readonly string[];
}

export interface Matches {
  readonly sure: readonly Match[];
  /** The best first; several may concern the same. */
  readonly doubtful: readonly Match[];
}

interface Scored {
  readonly score: number;
  readonly reasons: readonly string[];
}

const tidy = (text: string): string => text.normalize('NFKC').replaceAll(/\s+/gu, '').toLowerCase();
/** The person's name in a nickname, else the nickname: what namesakes have in common. */
export const nameKey = (nickname: string): string => tidy(nameInNickname(nickname) ?? nickname);

const pairsOf = (text: string): string[] => {
  const letters = [...text];
  return letters.slice(1).map((letter, index) => `${letters[index] ?? ''}${letter}`);
};

/** How alike two texts are by pairs of letters (Sørensen and Dice), 0 to 1. */
export function likeness(a: string, b: string): number {
  const [one, other] = [tidy(a), tidy(b)];
  if (one === other) return 1;
  const left = pairsOf(one);
  const rest = pairsOf(other);
  const total = left.length + rest.length;
  const both = left.filter((pair) => {
    const at = rest.indexOf(pair);
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  }).length;
  return total === 0 ? 0 : (2 * both) / total;
}

/** Somebody who goes by the same name in another form: 黄秀兰, 花茶-黄秀兰. */
const SAME_NAME = 0.9;

/** Of all nicknames of two rosters, how large a share they have in common (Jaccard, with repeats), 0 to 1. */
export function overlap(a: readonly Seat[], b: readonly Seat[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const exact = countBoth(a, b, ({ nickname }) => tidy(nickname));
  const named = countBoth(a, b, ({ nickname }) => nameKey(nickname));
  return (exact + SAME_NAME * (named - exact)) / (a.length + b.length - named);
}

function countBoth(a: readonly Seat[], b: readonly Seat[], keyOf: (seat: Seat) => string): number {
  const rest = new Map<string, number>();
  for (const seat of b) rest.set(keyOf(seat), (rest.get(keyOf(seat)) ?? 0) + 1);
  let both = 0;
  for (const seat of a) {
    const left = rest.get(keyOf(seat)) ?? 0;
    if (left === 0) continue;
    rest.set(keyOf(seat), left - 1);
    both += 1;
  }
  return both;
}

const TOPIC = 45;
const MEMBERS = 45;
const WORDS = 10;
const SURE_GROUP = 75;
const DOUBTFUL_GROUP = 35;
const MARGIN_GROUP = 20;

export function scoreGroup(before: Room, after: Room): Scored {
  const reasons: string[] = [];
  let score = 0;
  const alike = likeness(before.topic, after.topic);
  if (alike === 1 && before.topic !== '') {
    score += TOPIC;
    reasons.push('群名一样');
  } else if (alike >= 0.6) {
    score += Math.round(30 * alike);
    reasons.push(`群名相近（${after.topic}）`);
  } else reasons.push(`群名不同（${after.topic || '没有群名'}）`);
  const share = overlap(before.seats, after.seats);
  score += Math.round(MEMBERS * share);
  reasons.push(`成员重合 ${Math.round(100 * share)}%`);
  const words = new Set(after.lastWords ?? []);
  const heard = (before.lastWords ?? []).filter((line) => words.has(line)).length;
  if (heard > 0) {
    score += Math.min(WORDS, 4 * heard);
    reasons.push(`最近的消息对得上 ${heard} 条`);
  }
  return { score: Math.min(100, score), reasons };
}

/** Every pair of a group and a room that have anything in common. */
export function scoreGroups(before: readonly Room[], after: readonly Room[]): Match[] {
  const index = new Map<string, Room[]>();
  for (const room of after)
    for (const key of new Set(keysOfRoom(room))) index.set(key, [...(index.get(key) ?? []), room]);
  return before.flatMap((one) => {
    const others = new Set(keysOfRoom(one).flatMap((key) => index.get(key) ?? []));
    return [...others].map((other) => ({ before: one.id, after: other.id, ...scoreGroup(one, other) }));
  });
}

export const matchGroups = (pairs: readonly Match[]): Matches =>
  choose(pairs, { sure: SURE_GROUP, doubtful: DOUBTFUL_GROUP, margin: MARGIN_GROUP }, () => true);

/**
 * Whether a room under the same id is still the same group: it has the topic or half of the people, and neither
 * would the room be a better match for another group, nor the group for another room.
 */
export function isSameRoom(before: Room, after: Room, pairs: readonly Match[]): boolean {
  const own = pairs.find((pair) => pair.before === before.id && pair.after === after.id);
  const isEmpty = before.seats.length === 0 || after.seats.length === 0;
  const isAlike =
    tidy(before.topic) === tidy(after.topic) || isEmpty || overlap(before.seats, after.seats) >= 0.5;
  const rival = pairs
    .filter((pair) => pair !== own && (pair.before === before.id || pair.after === after.id))
    .reduce((best, { score }) => Math.max(best, score), 0);
  return isAlike && (own?.score ?? 0) >= rival;
}

/** Without any of these in common two rooms can't even be doubtful. */
const keysOfRoom = (room: Room): string[] => [
  `topic ${tidy(room.topic)}`,
  ...room.seats.map(({ nickname }) => `seat ${nameKey(nickname)}`),
];

/** Sure is what is good enough and better by a margin than anything else that either of the two could be. */
function choose(
  pairs: readonly Match[],
  least: { readonly sure: number; readonly doubtful: number; readonly margin: number },
  maySure: (pair: Match) => boolean,
): Matches {
  const byBefore = Map.groupBy(pairs, ({ before }) => before);
  const byAfter = Map.groupBy(pairs, ({ after }) => after);
  const rivals = (pair: Match) =>
    [...(byBefore.get(pair.before) ?? []), ...(byAfter.get(pair.after) ?? [])]
      .filter((one) => one !== pair)
      .reduce((best, { score }) => Math.max(best, score), 0);
  const sure = pairs.filter(
    (pair) => pair.score >= least.sure && pair.score - rivals(pair) >= least.margin && maySure(pair),
  );
  const taken = new Set(sure.flatMap(({ before, after }) => [`< ${before}`, `> ${after}`]));
  const doubtful = pairs
    .filter(
      ({ before, after, score }) =>
        score >= least.doubtful && !taken.has(`< ${before}`) && !taken.has(`> ${after}`),
    )
    .toSorted((a, b) => b.score - a.score);
  return { sure, doubtful };
}

/** One group of which the room is known, before and after. */
export interface PairedRoom {
  readonly groupId: string;
  readonly before: readonly Seat[];
  readonly after: readonly Seat[];
}

/** A contact over all rooms. */
interface Person {
  readonly contactId: string;
  readonly nicknames: ReadonlyMap<string, string>;
  readonly ownName: string | undefined;
  readonly remark: string | undefined;
}

export function personsOf(rooms: readonly PairedRoom[], side: 'before' | 'after'): Map<string, Person> {
  const persons = new Map<string, Person & { nicknames: Map<string, string> }>();
  for (const room of rooms)
    for (const seat of room[side]) {
      const known = persons.get(seat.contactId);
      if (known) known.nicknames.set(room.groupId, seat.nickname);
      else
        persons.set(seat.contactId, {
          contactId: seat.contactId,
          nicknames: new Map([[room.groupId, seat.nickname]]),
          ownName: seat.ownName || undefined,
          remark: seat.remark || undefined,
        });
    }
  return persons;
}

export interface Shift {
  /** Contact ids of before that no room shows any more, while somebody new goes by their name. */
  readonly replaced: ReadonlySet<string>;
  /** Contact ids that now go by the name of somebody else whom we knew, and not by their own. */
  readonly shifted: ReadonlySet<string>;
  /**
   * Of those, the ids whose name of before another contact has now: people who take a name leave theirs to nobody,
   * so here it is the ids that have moved.
   */
  readonly moved: ReadonlySet<string>;
}

const namesOf = (person: Person) => new Set([...person.nicknames.values()].map(nameKey));

/** What became of the contact ids that we knew. */
export function findShift(rooms: readonly PairedRoom[]): Shift {
  const before = personsOf(rooms, 'before');
  const after = personsOf(rooms, 'after');
  const [knownAs, shownAs] = [byName(before), byName(after)];
  const isElsewhere = (index: ReadonlyMap<string, ReadonlySet<string>>, name: string, id: string) =>
    [...(index.get(name) ?? [])].some((other) => other !== id);
  const replaced = new Set<string>();
  const shifted = new Set<string>();
  const moved = new Set<string>();
  for (const person of before.values()) {
    const { contactId } = person;
    const now = after.get(contactId);
    const names = namesOf(person);
    if (!now) {
      const isBack = [...names].some((name) => [...(shownAs.get(name) ?? [])].some((id) => !before.has(id)));
      if (isBack) replaced.add(contactId);
      continue;
    }
    const shown = namesOf(now);
    if ([...shown].some((name) => names.has(name))) continue;
    if (![...shown].some((name) => isElsewhere(knownAs, name, contactId))) continue;
    shifted.add(contactId);
    if ([...names].some((name) => isElsewhere(shownAs, name, contactId))) moved.add(contactId);
  }
  return { replaced, shifted, moved };
}

function byName(persons: ReadonlyMap<string, Person>): Map<string, Set<string>> {
  const index = new Map<string, Set<string>>();
  for (const person of persons.values())
    for (const name of namesOf(person)) index.set(name, (index.get(name) ?? new Set()).add(person.contactId));
  return index;
}

const SURE_PERSON = 60;
const DOUBTFUL_PERSON = 20;
const MARGIN_PERSON = 30;

function scorePerson(before: Person, after: Person): Scored | undefined {
  const reasons: string[] = [];
  let score = 0;
  const shared = [...before.nicknames].filter(([groupId]) => after.nicknames.has(groupId));
  if (shared.length === 0) return undefined;
  const same = shared.filter(
    ([groupId, nickname]) => tidy(after.nicknames.get(groupId) ?? '') === tidy(nickname),
  );
  if (same.length > 0) {
    score += 60 + 10 * (same.length - 1);
    reasons.push(same.length === 1 ? '群昵称一样' : `${same.length} 个群里昵称都一样`);
  } else if (
    shared.some(([groupId, nickname]) => nameKey(after.nicknames.get(groupId) ?? '') === nameKey(nickname))
  ) {
    score += 35;
    reasons.push('群昵称里的姓名一样');
  }
  if (before.remark !== undefined && after.remark !== undefined) {
    const isSame = tidy(before.remark) === tidy(after.remark);
    score += isSame ? 60 : -60;
    reasons.push(isSame ? '备注一样' : '备注不同');
  }
  if (before.ownName !== undefined && after.ownName !== undefined) {
    const isSame = tidy(before.ownName) === tidy(after.ownName);
    score += isSame ? 20 : -40;
    reasons.push(isSame ? '微信名一样' : '微信名不同');
  }
  const lost = [...before.nicknames.keys()].filter((groupId) => !after.nicknames.has(groupId)).length;
  if (lost > 0) {
    score -= Math.min(20, 10 * lost);
    reasons.push(`少了 ${lost} 个群`);
  }
  return { score: Math.max(0, Math.min(100, score)), reasons };
}

/**
 * Who is who by what they are called, ids left out of account. `ambiguous` are names that several members of the
 * roster have: whoever is called so is never sure, nor is anybody whose name another person in the rooms has,
 * before or after.
 */
export function matchPeople(
  rooms: readonly PairedRoom[],
  ambiguous: ReadonlySet<string>,
  /** Contact ids of before and after that are settled already. */
  settled: { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string> },
  /** Other rooms in which namesakes may sit. */
  others: readonly PairedRoom[] = [],
): Matches {
  const before = personsOf(rooms, 'before');
  const after = personsOf(rooms, 'after');
  const everywhere = [...rooms, ...others];
  const counts = {
    before: countNames(personsOf(everywhere, 'before')),
    after: countNames(personsOf(everywhere, 'after')),
  };
  const isNamesake = (person: Person, side: 'before' | 'after') =>
    [...person.nicknames.values()].some(
      (nickname) => (counts[side].get(nameKey(nickname)) ?? 0) > 1 || ambiguous.has(nameKey(nickname)),
    );
  const index = new Map<string, Set<Person>>();
  for (const person of after.values())
    if (!settled.after.has(person.contactId))
      for (const key of keysOfPerson(person)) index.set(key, (index.get(key) ?? new Set()).add(person));
  const pairs: Match[] = [];
  for (const one of before.values()) {
    if (settled.before.has(one.contactId)) continue;
    const others = new Set(keysOfPerson(one).flatMap((key) => [...(index.get(key) ?? [])]));
    for (const other of others) {
      const scored = scorePerson(one, other);
      if (!scored || scored.score === 0) continue;
      const namesake = isNamesake(one, 'before') || isNamesake(other, 'after');
      pairs.push({
        before: one.contactId,
        after: other.contactId,
        score: scored.score,
        reasons: namesake ? [...scored.reasons, '有同名的人'] : scored.reasons,
      });
    }
  }
  const maySure = (pair: Match) => {
    const [one, other] = [before.get(pair.before), after.get(pair.after)];
    return (
      one !== undefined && other !== undefined && !isNamesake(one, 'before') && !isNamesake(other, 'after')
    );
  };
  return choose(pairs, { sure: SURE_PERSON, doubtful: DOUBTFUL_PERSON, margin: MARGIN_PERSON }, maySure);
}

/** Without any of these in common in the same room two contacts can't even be doubtful. */
const keysOfPerson = (person: Person): string[] =>
  [...person.nicknames].flatMap(([groupId, nickname]) => [
    `${groupId} name ${nameKey(nickname)}`,
    ...(person.remark === undefined ? [] : [`${groupId} remark ${tidy(person.remark)}`]),
    ...(person.ownName === undefined ? [] : [`${groupId} own ${tidy(person.ownName)}`]),
  ]);

/** How many contacts go by each name in any room. */
export function countNames(persons: ReadonlyMap<string, Person>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { nicknames } of persons.values())
    for (const name of new Set([...nicknames.values()].map(nameKey)))
      counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Whether two remarks are there and the same: the one sign that a stranger can't forge. */
export const sameRemark = (before: Seat | undefined, after: Seat | undefined): boolean =>
  !!before?.remark && !!after?.remark && tidy(before.remark) === tidy(after.remark);
