/** What becomes of firings whose hour was missed, as a pure rule. */
import { MINUTE } from '../clock.ts';
import type { Misfire } from '../db/tables.ts';

export interface MisfireRule {
  readonly misfire: Misfire;
  /** How late `catch-up` may still be, ms. */
  readonly grace: number;
}

export type Fate =
  { readonly kind: 'send' } | { readonly kind: 'fold' | 'skipped' | 'expired'; readonly reason: string };

/** Up to so late nothing was missed: the tick came a little later. */
export const ON_TIME = MINUTE;

export const FATES = {
  fold: { kind: 'fold', reason: '错过了时间，并入下一期简报' },
  skip: { kind: 'skipped', reason: '错过了时间，按设定不补发' },
  superseded: { kind: 'skipped', reason: '错过了时间，只补发最近的一次' },
  expired: { kind: 'expired', reason: '错过的时间太久，没有补发' },
  late: { kind: 'expired', reason: '过了补发的时限，没有发出去' },
} as const satisfies Readonly<Record<string, Fate>>;

/** The fate of a firing that was planned in time and couldn't go out within its grace. */
export const fateOfLate = (misfire: Misfire): Exclude<Fate, { readonly kind: 'send' }> =>
  misfire === 'fold' ? FATES.fold : misfire === 'skip' ? FATES.skip : FATES.late;

/**
 * The fate of each of a schedule's firings that have come, oldest first. What is on time is sent; of what is
 * late `catch-up` sends the latest alone, if its grace allows.
 */
export function fatesOf(firings: readonly number[], now: number, { misfire, grace }: MisfireRule): Fate[] {
  return firings.map((at, index) => {
    if (now - at <= ON_TIME) return { kind: 'send' };
    if (misfire === 'fold') return FATES.fold;
    if (misfire === 'skip') return FATES.skip;
    if (now - at > grace) return FATES.expired;
    return index === firings.length - 1 ? { kind: 'send' } : FATES.superseded;
  });
}
