/**
 * How good a question is, from how it was answered: facility, discrimination, what was chosen instead. Terms and
 * bounds as in classical test theory (e.g. Crocker and Algina, 1986, chapter 14).
 */

/** One member's answers to one quiz that count: by question the value in the lesson's own letters and its score. */
export type Response = ReadonlyMap<
  number,
  { readonly value: string; readonly correct: boolean; readonly score: number }
>;

export type ItemFlag = 'too-easy' | 'too-hard' | 'weak' | 'key-suspect';

export interface ItemStats {
  readonly question: number;
  readonly answers: number;
  /** Mean score, 0 to 1; `undefined` without answers. */
  readonly facility: number | undefined;
  /**
   * The point-biserial correlation of being right with the score of the rest of the quiz, -1 to 1; `undefined` where
   * all were right, or wrong, or had the same rest, or there is no rest.
   */
  readonly discrimination: number | undefined;
  /** How often each value was given; of a multiple choice how often each letter stood in it. */
  readonly chosen: Readonly<Record<string, number>>;
  readonly flags: readonly ItemFlag[];
}

/** Fewer answers tell nothing. */
const ENOUGH = 10;
const EASY = 0.95;
const HARD = 0.2;
const WEAK = 0.1;
const SUSPECT = -0.1;
/** Other values than the most frequent are one-off spellings. */
const MOST_VALUES = 8;

export interface AskedItem {
  readonly no: number;
  readonly type: string;
  readonly key: readonly string[];
}

export const itemStats = (items: readonly AskedItem[], responses: readonly Response[]): ItemStats[] =>
  items.map((item) => statsOf(item, responses, items.length > 1));

/** Of one question; `hasRest`: whether any of the quizzes asked another one beside it. */
export function statsOf(item: AskedItem, responses: readonly Response[], hasRest: boolean): ItemStats {
  const given = responses.flatMap((response) => {
    const answer = response.get(item.no);
    if (!answer) return [];
    let rest = 0;
    for (const [no, other] of response) if (no !== item.no) rest += other.score;
    return [{ ...answer, rest }];
  });
  const answers = given.length;
  const facility = answers === 0 ? undefined : mean(given.map(({ score }) => score / 1_000));
  const rests = given.map(({ rest }) => rest);
  const discrimination = !hasRest
    ? undefined
    : correlation(
        given.map(({ correct }) => (correct ? 1 : 0)),
        rests,
      );
  const chosen = countChosen(
    item,
    given.map(({ value }) => value),
  );
  const flags: ItemFlag[] = [];
  if (answers >= ENOUGH && facility !== undefined) {
    if (facility >= EASY) flags.push('too-easy');
    if (facility <= HARD) flags.push('too-hard');
    if (isKeySuspect(item, given, discrimination)) flags.push('key-suspect');
    else if (discrimination !== undefined && discrimination < WEAK && facility < EASY) flags.push('weak');
  }
  return { question: item.no, answers, facility, discrimination, chosen, flags };
}

/** Those who know the rest get it wrong; or they and most others choose one and the same other option. */
function isKeySuspect(
  { type, key }: AskedItem,
  given: readonly { value: string; rest: number }[],
  discrimination: number | undefined,
): boolean {
  if (discrimination !== undefined && discrimination < SUSPECT) return true;
  if (type !== 'single' && type !== 'truefalse') return false;
  const right = key[0] ?? '';
  const values = [...new Set(given.map(({ value }) => value))];
  const count = (value: string) => given.filter((one) => one.value === value).length;
  const favourite = values.toSorted((a, b) => count(b) - count(a))[0];
  if (favourite === undefined || favourite === right || count(favourite) <= given.length / 2) return false;
  const follows = correlation(
    given.map(({ value }) => (value === favourite ? 1 : 0)),
    given.map(({ rest }) => rest),
  );
  return follows !== undefined && follows > (discrimination ?? 0);
}

function countChosen({ type }: AskedItem, values: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values)
    for (const part of type === 'multi' ? value : [value]) counts.set(part, (counts.get(part) ?? 0) + 1);
  const most = [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_VALUES);
  return Object.fromEntries(most.toSorted((a, b) => (a[0] < b[0] ? -1 : 1)));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Pearson's; of a truth value with a score it is the point-biserial. `undefined` where either doesn't vary. */
export function correlation(xs: readonly number[], ys: readonly number[]): number | undefined {
  if (xs.length < 2) return undefined;
  const [mx, my] = [mean(xs), mean(ys)];
  let [xy, xx, yy] = [0, 0, 0];
  for (const [index, x] of xs.entries()) {
    const [dx, dy] = [x - mx, (ys[index] ?? 0) - my];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx === 0 || yy === 0 ? undefined : xy / Math.sqrt(xx * yy);
}
