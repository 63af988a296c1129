/**
 * The figures, each defined once: closing messages, boards, digests, pages, workbooks and the API all take them from here.
 *
 * All of them come from six counts over a span of local days, for a unit with everything below it:
 *
 * | count      | 名称     | what is counted                                                                        |
 * | ---------- | -------- | -------------------------------------------------------------------------------------- |
 * | `base`     | 在册     | members who stood on the roster there on at least one day of the span                  |
 * | `learned`  | 学了     | of those, who answered or checked in on a day on which they stood there                 |
 * | `answered` | 作答     | of those, who gave at least one answer that counts                                      |
 * | `answers`  |          | answers that count: to each question of each quiz the last one in time                  |
 * | `correct`  |          | of those, the right ones                                                                |
 * | `days`     | 学习天数 | member-days: local days on which a member answered or checked in, each day once         |
 *
 * An answer belongs to the day on which it was written; what a member did counts for the unit in which they
 * stood that day. Guests, who are on no roster, count for no unit; in a group's own figures `base` is everybody
 * who sits in the group now, and guests count there.
 *
 * | figure         | 名称     | formula                                                                             |
 * | -------------- | -------- | ----------------------------------------------------------------------------------- |
 * | `learningRate` | 参学率   | learned / base                                                                        |
 * | `answerRate`   | 作答率   | answered / base                                                                       |
 * | `shareRight`   | 正确率   | correct / answers                                                                     |
 * | `activity`     | 人均天数 | days / base                                                                           |
 * | `coverage`     | 覆盖率   | units with somebody on their own roster where anybody learned / such units            |
 *
 * Where people read it, `coverage` is called 有人学的党组织: that says what is counted. The share of members with any
 * points on the boards is another thing, and no figure of these.
 */

export interface Counts {
  readonly base: number;
  readonly learned: number;
  readonly answered: number;
  readonly answers: number;
  readonly correct: number;
  readonly days: number;
  /** Check-ins, of each member, group and day the first. */
  readonly checkins: number;
}

export const NO_COUNTS: Counts = {
  base: 0,
  learned: 0,
  answered: 0,
  answers: 0,
  correct: 0,
  days: 0,
  checkins: 0,
};

/** A figure with its base: it is always shown with both. */
export interface Ratio {
  readonly part: number;
  readonly base: number;
}

export const learningRate = ({ learned, base }: Counts): Ratio => ({ part: learned, base });
export const answerRate = ({ answered, base }: Counts): Ratio => ({ part: answered, base });
export const shareRight = ({ correct, answers }: Pick<Counts, 'correct' | 'answers'>): Ratio => ({
  part: correct,
  base: answers,
});
export const activity = ({ days, base }: Counts): Ratio => ({ part: days, base });

/** Of the units that have members of their own. */
export function coverage(units: readonly Pick<Counts, 'base' | 'learned'>[]): Ratio {
  const peopled = units.filter(({ base }) => base > 0);
  return { part: peopled.filter(({ learned }) => learned > 0).length, base: peopled.length };
}

/** The quotient; `undefined` where there is nothing to divide by. */
export const valueOf = ({ part, base }: Ratio): number | undefined => (base > 0 ? part / base : undefined);

/** `24 / 28` */
export const sayParts = ({ part, base }: Ratio): string => `${part} / ${base}`;

/** `86%`; `—` where there is nothing to divide by. What isn't all is never 100%, what isn't none never 0%. */
export function sayPercent(ratio: Ratio): string {
  const percent = percentOf(ratio);
  return percent === undefined ? '—' : `${percent}%`;
}

/** The same as a whole number. */
export function percentOf(ratio: Ratio): number | undefined {
  const value = valueOf(ratio);
  if (value === undefined) return undefined;
  const rounded = Math.round(value * 100);
  if (rounded === 100 && value < 1) return 99;
  return rounded === 0 && value > 0 ? 1 : rounded;
}

/** `2.4`, for what is no share; `—` where there is nothing to divide by. */
export const sayMean = (ratio: Ratio): string => valueOf(ratio)?.toFixed(1) ?? '—';

/** The sum of counts over units that share no member. */
export const addCounts = (a: Counts, b: Counts): Counts => ({
  base: a.base + b.base,
  learned: a.learned + b.learned,
  answered: a.answered + b.answered,
  answers: a.answers + b.answers,
  correct: a.correct + b.correct,
  days: a.days + b.days,
  checkins: a.checkins + b.checkins,
});
