import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { HOUR, MINUTE } from '../../src/clock.ts';
import { FATES, fatesOf, type MisfireRule, ON_TIME } from '../../src/schedule/misfire.ts';

const NOW = Date.parse('2026-11-24T20:00:00+08:00');
const SEND = { kind: 'send' } as const;

describe('what was missed', () => {
  const ago = (...minutes: number[]) => minutes.map((one) => NOW - one * MINUTE);
  const cases: [string, Partial<MisfireRule>, number[], ReturnType<typeof fatesOf>][] = [
    ['nothing', {}, [], []],
    ['on time', {}, ago(0), [SEND]],
    ['a minute late is on time, whatever is said', { misfire: 'skip' }, ago(1), [SEND]],
    ['an hour late', {}, ago(60), [SEND]],
    ['as late as its grace', {}, ago(720), [SEND]],
    ['later than its grace', {}, ago(721), [FATES.expired]],
    [
      'several, the latest alone is caught up with',
      {},
      ago(180, 120, 60),
      [FATES.superseded, FATES.superseded, SEND],
    ],
    ['several, some of them too late', {}, ago(2000, 1000, 60), [FATES.expired, FATES.expired, SEND]],
    ['several, all of them too late', { grace: HOUR }, ago(180, 120), [FATES.expired, FATES.expired]],
    ['a late one before one on time', {}, ago(60, 0), [FATES.superseded, SEND]],
    ['folded', { misfire: 'fold' }, ago(1000, 60, 0), [FATES.fold, FATES.fold, SEND]],
    ['skipped', { misfire: 'skip' }, ago(1000, 60), [FATES.skip, FATES.skip]],
  ];
  it.each(cases)('%s', (_name, rule, firings, expected) => {
    expect(fatesOf(firings, NOW, { misfire: 'catch-up', grace: 12 * HOUR, ...rule })).toEqual(expected);
  });

  it('sends at most one late firing, none later than its grace, and gives every other a reason', () => {
    const ages = fc.uniqueArray(fc.integer({ min: 0, max: 5_000 }), { maxLength: 30 });
    const rule = fc.record({
      misfire: fc.constantFrom('catch-up' as const, 'fold' as const, 'skip' as const),
      grace: fc.integer({ min: 1, max: 3_000 }).map((minutes) => minutes * MINUTE),
    });
    fc.assert(
      fc.property(ages, rule, (given, policy) => {
        const firings = given.map((age) => NOW - age * MINUTE).toSorted((a, b) => a - b);
        const fates = fatesOf(firings, NOW, policy);
        expect(fates).toHaveLength(firings.length);
        const late = firings.filter((at, index) => NOW - at > ON_TIME && fates[index]?.kind === 'send');
        expect(late.length).toBeLessThanOrEqual(policy.misfire === 'catch-up' ? 1 : 0);
        for (const at of late) expect(NOW - at).toBeLessThanOrEqual(policy.grace);
        for (const fate of fates) if (fate.kind !== 'send') expect(fate.reason).not.toBe('');
      }),
    );
  });
});
