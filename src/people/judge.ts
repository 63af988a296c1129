/**
 * Who kept their contact id at a login under which ids may have gone to other people. Pure rules over all that the
 * login has shown so far. An id that is the same proves nothing by itself: it counts together with the name, and a
 * name counts only for somebody who is the only one called so.
 */
import {
  countNames,
  findShift,
  type Match,
  matchPeople,
  nameKey,
  type PairedRoom,
  personsOf,
} from './match.ts';

export interface Evidence {
  /** All rooms: one without `after` wasn't shown yet, one without `before` is new or none of ours. */
  readonly rooms: readonly PairedRoom[];
  /** Whether the ids of the rooms have changed. */
  readonly roomsChanged: boolean;
  /** Names that several members of the roster have. */
  readonly ambiguous: ReadonlySet<string>;
  /** Names in groups of which the contact ids have long meant nothing. */
  readonly formerly: ReadonlySet<string>;
  /** Contacts with whom we only spoke in private, by the name that we know them under. */
  readonly privately: ReadonlyMap<string, string>;
}

export interface Verdict {
  /** Whether ids went to other people: of none that we see, of some, or so that no id means anything any more. */
  readonly moved: 'none' | 'some' | 'all';
  /** Contact ids that are who they were. */
  readonly kept: ReadonlySet<string>;
  /** Contact ids of before of which nobody can tell now who has them. */
  readonly unsure: ReadonlySet<string>;
}

/** How much of those who can be told apart must be as they were, for the others to be believed. */
const VOUCHED = 2 / 3;

export function judge({ rooms, roomsChanged, ambiguous, privately, formerly }: Evidence): Verdict {
  const before = personsOf(rooms, 'before');
  const after = personsOf(rooms, 'after');
  const { replaced, shifted, moved } = findShift(rooms);
  const hidden = new Set(
    rooms.filter(({ after: seats }) => seats.length === 0).map(({ groupId }) => groupId),
  );
  const namesOf = (id: string) => new Set([...(before.get(id)?.nicknames.values() ?? [])].map(nameKey));
  const agrees = (id: string) =>
    [...(after.get(id)?.nicknames.values() ?? [])].some((nickname) => namesOf(id).has(nameKey(nickname)));

  const counts = [countNames(before), countNames(after)];
  const isNamesake = (id: string) =>
    [...namesOf(id)].some((name) => ambiguous.has(name) || counts.some((of) => (of.get(name) ?? 0) > 1));

  // Somebody under the name of another took that name, if all rooms show that nobody else bears his own; else the
  // id may have gone to that other.
  const isWholly = (id: string) =>
    [...(before.get(id)?.nicknames.keys() ?? [])].every((at) => !hidden.has(at));
  const isFormer = (id: string) =>
    [...(after.get(id)?.nicknames.values() ?? [])].some((nickname) => formerly.has(nameKey(nickname)));
  const suspects = [...before.keys()].filter(
    (id) =>
      after.has(id) && !agrees(id) && (moved.has(id) || isFormer(id) || (shifted.has(id) && !isWholly(id))),
  );
  const known = new Set([
    ...formerly,
    ...[...before.values()].flatMap(({ nicknames }) => [...nicknames.values()].map(nameKey)),
  ]);
  const strangers = [...after.values()].filter(
    ({ contactId, nicknames }) =>
      !before.has(contactId) &&
      privately.has(contactId) &&
      [...nicknames.values()].some((nickname) => known.has(nameKey(nickname))),
  );

  // Only who could have been shown is counted: a group that isn't listed yet says nothing.
  const judged = new Set([
    ...rooms.flatMap((room) =>
      hidden.has(room.groupId) ? [] : room.before.map(({ contactId }) => contactId),
    ),
    ...[...after.keys()].filter((id) => before.has(id)),
  ]);
  const away = [...judged].filter((id) => replaced.has(id) || shifted.has(id)).length;
  const isAll = roomsChanged || away * 2 > judged.size;
  const isSome = isAll || suspects.length > 0 || strangers.length > 0;

  const tellable = [...judged].filter((id) => !isNamesake(id) && after.has(id));
  const agreeing = tellable.filter(agrees).length;
  const isVouched = agreeing > 0 && agreeing >= tellable.length * VOUCHED;
  const replacedNames = new Set([...replaced].flatMap((id) => [...namesOf(id)]).concat(namesRenewed(rooms)));
  const isBelieved = (id: string): boolean => {
    if (isAll) return false;
    if (isSome) return agrees(id) && !isNamesake(id);
    if (!isNamesake(id)) return agrees(id) || isWholly(id) || isVouched;
    if ([...namesOf(id)].some((name) => replacedNames.has(name))) return false;
    return hidden.size === 0 || isVouched;
  };
  const kept = new Set([...before.keys()].filter((id) => after.has(id) && isBelieved(id)));
  const unsure = new Set([
    ...[...before.keys()].filter((id) => !kept.has(id) && (isSome || (after.has(id) && !isBelieved(id)))),
    ...strangers.map(({ contactId }) => contactId),
    ...(isSome
      ? [...privately].filter(([id, name]) => isElsewise(after.get(id), name)).map(([id]) => id)
      : []),
  ]);
  return { moved: isAll ? 'all' : isSome ? 'some' : 'none', kept, unsure };
}

/** Names under which somebody went out of a room and somebody else came in. */
const namesRenewed = (rooms: readonly PairedRoom[]): string[] =>
  rooms.flatMap(({ before, after }) => {
    const [were, are] = [before, after].map((seats) => new Set(seats.map(({ contactId }) => contactId)));
    const gone = new Set(
      before.filter(({ contactId }) => !are?.has(contactId)).map((seat) => nameKey(seat.nickname)),
    );
    return after
      .filter(({ contactId }) => !were?.has(contactId))
      .map(({ nickname }) => nameKey(nickname))
      .filter((name) => gone.has(name));
  });

/** Whether a contact is shown under other names only than the one that we know it under. */
const isElsewise = (
  person: { readonly nicknames: ReadonlyMap<string, string> } | undefined,
  name: string,
): boolean =>
  person !== undefined &&
  [...person.nicknames.values()].every((nickname) => nameKey(nickname) !== nameKey(name));

/** Who of those that aren't kept is whom now, by what they are called. */
export function findSuccessors(
  { rooms, ambiguous }: Pick<Evidence, 'rooms' | 'ambiguous'>,
  settled: { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string> },
): { sure: readonly Match[]; doubtful: readonly Match[] } {
  const isPaired = ({ before, after }: PairedRoom) => before.length > 0 && after.length > 0;
  return matchPeople(
    rooms.filter(isPaired),
    ambiguous,
    settled,
    rooms.filter((room) => !isPaired(room)),
  );
}
