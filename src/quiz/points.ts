/** What facts earn: a table of rules, pure. Points are counted in tenths, since a make-up earns half. */

export interface PointRules {
  /** Points for all questions of a quiz, a right answer, a check-in, each full run of check-ins. */
  readonly lesson: number;
  readonly right: number;
  readonly checkin: number;
  readonly streak: number;
  /** Days of a full run. */
  readonly streakDays: number;
  /** What a make-up earns, in percent. */
  readonly makeup: number;
  /** Most points a day; 0 for no cap. */
  readonly dayCap: number;
}

/** What a member did in a group on one local day, as far as it counts. */
export interface DayFacts {
  /** Windows of which the last question was answered that day. */
  readonly lessons: readonly { readonly windowId: string; readonly makeup: boolean }[];
  /** `score` in thousandths. */
  readonly answers: readonly { readonly id: string; readonly score: number; readonly makeup: boolean }[];
  readonly checkin?: { readonly id: string; readonly makeup: boolean; readonly streak: number };
}

export interface Award {
  readonly rule: 'lesson' | 'right' | 'checkin' | 'streak';
  /** What earned it. */
  readonly fact: string;
  readonly tenths: number;
}

const TENTHS = 10;

/**
 * The awards of a day, each with the fact that it traces to. The cap cuts what comes last: lessons first, then right
 * answers, the check-in, the run. Awards of nothing are left out.
 */
export function awardDay({ lessons, answers, checkin }: DayFacts, rules: PointRules): Award[] {
  const part = (points: number, makeup: boolean) => points * TENTHS * (makeup ? rules.makeup / 100 : 1);
  const earned: Award[] = [
    ...lessons.map(({ windowId, makeup }) => ({
      rule: 'lesson' as const,
      fact: windowId,
      tenths: part(rules.lesson, makeup),
    })),
    ...answers.map(({ id, score, makeup }) => ({
      rule: 'right' as const,
      fact: id,
      tenths: (part(rules.right, makeup) * score) / 1_000,
    })),
  ];
  if (checkin) {
    earned.push({ rule: 'checkin', fact: checkin.id, tenths: part(rules.checkin, checkin.makeup) });
    if (checkin.streak > 0 && checkin.streak % rules.streakDays === 0)
      earned.push({
        rule: 'streak',
        fact: `${checkin.id} ${checkin.streak}`,
        tenths: part(rules.streak, checkin.makeup),
      });
  }
  let left = rules.dayCap === 0 ? Number.POSITIVE_INFINITY : rules.dayCap * TENTHS;
  const awards: Award[] = [];
  for (const award of earned) {
    const tenths = Math.min(left, Math.round(award.tenths));
    if (tenths <= 0) continue;
    left -= tenths;
    awards.push({ ...award, tenths });
  }
  return awards;
}

/** `12` or `12.5`. */
export const sayPoints = (tenths: number): string => String(tenths / TENTHS);
