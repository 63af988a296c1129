/**
 * The figures of digests, worked out the simple way: a list of what was said, a list of who stood where, and loops
 * over days and people. It shares nothing with the code that it checks, and reads no database.
 */

export interface SaidAnswer {
  readonly who: string;
  readonly group: string;
  readonly quiz: string;
  readonly question: number;
  readonly right: boolean;
  /** `2026-11-24`: the local day on which it was written. */
  readonly day: string;
  /** Later ones have greater numbers. */
  readonly order: number;
  isRecalled: boolean;
}

export interface SaidCheckin {
  readonly who: string;
  readonly group: string;
  readonly day: string;
}

/** From the first day on, up to the day before `until`. */
export interface Held {
  readonly what: string;
  /** The unit that somebody stands in, or the unit above. */
  readonly in: string;
  readonly from: string;
  until?: string;
}

export interface Chronicle {
  readonly answers: SaidAnswer[];
  readonly checkins: SaidCheckin[];
  readonly stands: Held[];
  readonly above: Held[];
}

export interface PlainFigures {
  base: number;
  learned: number;
  answered: number;
  answers: number;
  correct: number;
  days: number;
  checkins: number;
}

export function daysFrom(from: string, to: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(`${from}T12:00:00Z`); at <= Date.parse(`${to}T12:00:00Z`); at += 86_400_000)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

const holds = (held: Held, day: string) => held.from <= day && (held.until === undefined || day < held.until);

/** The unit and all above it on a day. */
function upwards(chronicle: Chronicle, unit: string, day: string): string[] {
  const line = [unit];
  for (;;) {
    const next = chronicle.above.find((held) => held.what === line.at(-1) && holds(held, day));
    if (!next) return line;
    line.push(next.in);
  }
}

/** Of each quiz, person and question the last that wasn't taken back. */
function counting(answers: readonly SaidAnswer[]): SaidAnswer[] {
  const last = new Map<string, SaidAnswer>();
  for (const answer of answers) {
    if (answer.isRecalled) continue;
    const key = [answer.quiz, answer.who, answer.question].join(' ');
    if (answer.order > (last.get(key)?.order ?? -1)) last.set(key, answer);
  }
  return [...last.values()];
}

export function unitFigures(
  chronicle: Chronicle,
  unit: string,
  from: string,
  to: string,
  { own = false } = {},
): PlainFigures {
  const [base, learned, answered] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const sum = { answers: 0, correct: 0, days: 0, checkins: 0 };
  const counted = counting(chronicle.answers);
  for (const day of daysFrom(from, to))
    for (const held of chronicle.stands) {
      if (!holds(held, day)) continue;
      if (own ? held.in !== unit : !upwards(chronicle, held.in, day).includes(unit)) continue;
      const who = held.what;
      base.add(who);
      const answers = counted.filter((one) => one.who === who && one.day === day);
      const checkins = new Set(
        chronicle.checkins.filter((one) => one.who === who && one.day === day).map(({ group }) => group),
      );
      if (answers.length === 0 && checkins.size === 0) continue;
      learned.add(who);
      if (answers.length > 0) answered.add(who);
      sum.days += 1;
      sum.answers += answers.length;
      sum.correct += answers.filter(({ right }) => right).length;
      sum.checkins += checkins.size;
    }
  return { base: base.size, learned: learned.size, answered: answered.size, ...sum };
}

/** `people`: how many sit there. */
export function groupFigures(
  chronicle: Chronicle,
  group: string,
  people: number,
  from: string,
  to: string,
): PlainFigures {
  const did = whatPeopleDid(chronicle, from, to, group);
  const all = [...did.values()];
  const total = (key: 'answers' | 'correct' | 'days' | 'checkins') =>
    all.reduce((sum, one) => sum + one[key], 0);
  return {
    base: people,
    learned: all.length,
    answered: all.filter(({ answers }) => answers > 0).length,
    answers: total('answers'),
    correct: total('correct'),
    days: total('days'),
    checkins: total('checkins'),
  };
}

export interface Did {
  readonly answers: number;
  readonly correct: number;
  readonly days: number;
  readonly checkins: number;
}

/** By person; of one group, or over all of them. Who did nothing isn't there. */
export function whatPeopleDid(
  chronicle: Chronicle,
  from: string,
  to: string,
  group?: string,
): Map<string, Did> {
  const here = (one: { group: string; day: string }) =>
    (group === undefined || one.group === group) && one.day >= from && one.day <= to;
  const answers = counting(chronicle.answers).filter(here);
  const checkins = chronicle.checkins.filter(here);
  const names = new Set([...answers, ...checkins].map(({ who }) => who));
  return new Map(
    [...names].map((who) => {
      const own = answers.filter((one) => one.who === who);
      const marks = checkins.filter((one) => one.who === who);
      return [
        who,
        {
          answers: own.length,
          correct: own.filter(({ right }) => right).length,
          days: new Set([...own, ...marks].map(({ day }) => day)).size,
          checkins: new Set(marks.map((one) => `${one.group} ${one.day}`)).size,
        },
      ] as const;
    }),
  );
}

/** Learners of a day, each counted once a group. */
export const learnersOf = (chronicle: Chronicle, groups: readonly string[], day: string): number =>
  groups.reduce((sum, group) => sum + whatPeopleDid(chronicle, day, day, group).size, 0);
