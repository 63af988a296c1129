/** When an account may speak, as rules: held against what they promise, whatever the order of calls. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addDays, DAY, HOUR, isoInZone, localDay, MINUTE, minuteOfDay, SECOND } from '../../src/clock.ts';
import { parsePace, parseQuietHours, type Pace, type QuietHours } from '../../src/config.ts';
import {
  type Breaker,
  breakerAfterSpoken,
  breakerAfterTrouble,
  breakerUntil,
  capOfDay,
  CLOSED,
  gapAfter,
  type PaceRules,
  PROBE_WAIT,
  quietUntil,
  type Spoken,
  turnAt,
} from '../../src/delivery/pace-rules.ts';

const ZONES = ['Asia/Shanghai', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe'];
const NOON = Date.parse('2026-11-24T12:00:00+08:00');

const paceOf = (text: string): Pace => {
  const pace = parsePace(text);
  if (!pace || pace === 'off') throw new TypeError(text);
  return pace;
};
const quietOf = (text: string): QuietHours => {
  const quiet = parseQuietHours(text);
  if (!quiet || quiet === 'off') throw new TypeError(text);
  return quiet;
};

const rules: PaceRules = {
  zone: 'Asia/Shanghai',
  pace: paceOf('3-8s,12/min,200/day'),
  quietHours: quietOf('22:00-07:00'),
  groupPerDay: 30,
  warmUpDays: 7,
};
const silent: Spoken = {
  nextAllowedAt: 0,
  lastMinute: [],
  today: 0,
  groupToday: 0,
  firstDay: '2026-01-01',
  breaker: CLOSED,
};

describe('the next turn', () => {
  const at = (time: string) => Date.parse(`2026-11-24T${time}+08:00`);
  const tomorrow = Date.parse('2026-11-25T07:00:00+08:00');
  const full = Array.from({ length: 12 }, (_, index) => NOON - 59 * SECOND + index * SECOND);
  const cases: [
    string,
    { [K in keyof PaceRules]?: PaceRules[K] | undefined },
    Partial<Spoken>,
    number,
    boolean,
    number,
    string | undefined,
  ][] = [
    ['is now when nothing was said', {}, {}, NOON, false, NOON, undefined],
    ['waits for the gap', {}, { nextAllowedAt: NOON + 5_000 }, NOON, false, NOON + 5_000, 'gap'],
    ['also for an answer', {}, { nextAllowedAt: NOON + 5_000 }, NOON, true, NOON + 5_000, 'gap'],
    ['waits for the minute', {}, { lastMinute: full }, NOON, true, NOON + SECOND, 'minute'],
    ['goes on one below the cap', {}, { lastMinute: full.slice(1) }, NOON, false, NOON, undefined],
    ['waits for the morning', {}, {}, at('22:00:00'), false, tomorrow, 'quiet'],
    ['does not for an answer', {}, {}, at('23:30:00'), true, at('23:30:00'), undefined],
    ['is free at the last minute', {}, {}, at('21:59:59'), false, at('21:59:59'), undefined],
    ['waits for tomorrow', {}, { today: 200 }, NOON, false, tomorrow, 'day'],
    ['answers beyond the cap', {}, { today: 200 }, NOON, true, NOON, undefined],
    ['goes on below the cap', {}, { today: 199 }, NOON, false, NOON, undefined],
    ['keeps a new account low', {}, { today: 40, firstDay: '2026-11-24' }, NOON, false, tomorrow, 'day'],
    ['lets it say a fifth', {}, { today: 39, firstDay: '2026-11-24' }, NOON, false, NOON, undefined],
    ['spares a group', {}, { groupToday: 30 }, NOON, false, tomorrow, 'group-day'],
    ['spares it without a pace', { pace: undefined }, { groupToday: 30 }, NOON, false, tomorrow, 'group-day'],
    [
      'knows no account cap without a pace',
      { pace: undefined },
      { today: 999 },
      NOON,
      false,
      NOON,
      undefined,
    ],
    [
      'begins a day at midnight where no hour is quiet',
      { quietHours: undefined },
      { today: 200 },
      NOON,
      false,
      Date.parse('2026-11-25T00:00:00+08:00'),
      'day',
    ],
    [
      'does not take the morning after for a new day of grace',
      {},
      { today: 200 },
      at('03:00:00'),
      false,
      tomorrow,
      'day',
    ],
    [
      'counts a gap over midnight to the new day',
      { quietHours: undefined },
      { today: 200, nextAllowedAt: at('23:59:59') + 5_000 },
      at('23:59:59'),
      false,
      at('23:59:59') + 5_000,
      'gap',
    ],
    [
      'pauses with the breaker, also for an answer',
      {},
      { breaker: { failures: 1, opens: 1, openUntil: NOON + HOUR, probeAt: null } },
      NOON,
      true,
      NOON + HOUR,
      'breaker',
    ],
  ];
  it.each(cases)('%s', (_name, changed, spoken, now, answers, expected, hold) => {
    const merged = Object.fromEntries(
      Object.entries({ ...rules, ...changed }).filter(([, value]) => value !== undefined),
    ) as unknown as PaceRules;
    const turn = turnAt(merged, { ...silent, ...spoken }, now, answers);
    expect(isoInZone(turn.at, rules.zone)).toBe(isoInZone(expected, rules.zone));
    expect(turn.hold).toBe(hold);
  });
});

describe('the daily cap of a new account', () => {
  it('is a fifth on the first day and whole after the ramp', () => {
    const caps = Array.from({ length: 9 }, (_, age) =>
      capOfDay(200, 7, '2026-12-29', addDays('2026-12-29', age)),
    );
    expect(caps).toEqual([40, 62, 85, 108, 131, 154, 177, 200, 200]);
  });

  it('never falls, never is nothing, and never exceeds the cap', () => {
    const days = fc.tuple(fc.integer({ min: -5, max: 400 }), fc.integer({ min: 0, max: 90 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), days, (perDay, [age, warmUp]) => {
        const first = '2027-12-15';
        const cap = capOfDay(perDay, warmUp, first, addDays(first, age));
        expect(cap).toBeGreaterThanOrEqual(1);
        expect(cap).toBeLessThanOrEqual(perDay);
        expect(capOfDay(perDay, warmUp, first, addDays(first, age + 1))).toBeGreaterThanOrEqual(cap);
        if (age >= warmUp) expect(cap).toBe(perDay);
      }),
    );
  });
});

describe('quiet hours', () => {
  it('end where the clocks are set back to before they began', () => {
    // All day from 01:01 to midnight; at two in the night it is one again, for a minute not quiet.
    const quiet = { from: 61, to: 0 };
    const now = Date.parse('2026-11-01T01:01-04:00');
    expect(quietUntil(quiet, now, 'America/New_York')).toBe(Date.parse('2026-11-01T01:00-05:00'));
  });

  it('end at the first minute that is not quiet, also where clocks change', () => {
    const time = fc.integer({ min: 0, max: 1439 });
    // Around the changes of 2026 in these zones, and anywhere.
    const when = fc.oneof(
      ...['2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'].map((day) =>
        fc.integer({ min: Date.parse(day) - DAY, max: Date.parse(day) + 2 * DAY }),
      ),
      fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2030, 0) }),
    );
    const isQuiet = ({ from, to }: QuietHours, at: number, zone: string) => {
      const minute = minuteOfDay(at, zone);
      return from < to ? minute >= from && minute < to : minute >= from || minute < to;
    };
    fc.assert(
      fc.property(time, time, when, fc.constantFrom(...ZONES), (from, to, now, zone) => {
        fc.pre(from !== to);
        const quiet = { from, to };
        const end = quietUntil(quiet, now, zone);
        expect(end === undefined).toBe(!isQuiet(quiet, now, zone));
        if (end === undefined) return;
        expect(end).toBeGreaterThan(now);
        const minutes = [];
        for (let at = now; at < end; at += MINUTE) minutes.push(at);
        expect(minutes.filter((at) => !isQuiet(quiet, at, zone))).toEqual([]);
        // A gap may swallow the end; then it is the first minute after it.
        expect(isQuiet(quiet, end, zone)).toBe(false);
      }),
      { numRuns: 1_500 },
    );
  });
});

/** Plays calls in any order and at any time against the rules, and gives what was said. */
function play(
  given: PaceRules,
  firstDay: string,
  calls: readonly { after: number; group: number; answers: boolean; random: number }[],
) {
  const said: { at: number; group: number; answers: boolean }[] = [];
  let now = NOON;
  let nextAllowedAt = 0;
  for (const { after, group, answers, random } of calls) {
    now += after;
    const today = said.filter(({ at }) => localDay(at, given.zone) === localDay(now, given.zone));
    const spoken: Spoken = {
      ...silent,
      firstDay,
      nextAllowedAt,
      lastMinute: said.map(({ at }) => at).filter((at) => at > now - MINUTE),
      today: today.length,
      groupToday: today.filter((one) => one.group === group && !one.answers).length,
    };
    if (turnAt(given, spoken, now, answers).at > now) continue;
    said.push({ at: now, group, answers });
    if (given.pace) nextAllowedAt = now + gapAfter(given.pace, random);
  }
  return said;
}

describe('whatever the order of calls', () => {
  const call = fc.record({
    after: fc.oneof(
      fc.integer({ min: 0, max: 5_000 }),
      fc.integer({ min: 0, max: 20 * MINUTE }),
      fc.integer({ min: 0, max: 9 * HOUR }),
    ),
    group: fc.integer({ min: 0, max: 2 }),
    answers: fc.boolean(),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  const pace = fc
    .record({
      minGap: fc.integer({ min: 0, max: 4_000 }),
      jitter: fc.integer({ min: 0, max: 4_000 }),
      perMinute: fc.integer({ min: 1, max: 6 }),
      perDay: fc.integer({ min: 1, max: 40 }),
    })
    .map(({ minGap, jitter, ...caps }) => ({ minGap, maxGap: minGap + jitter, ...caps }));

  it('no gap, minute, day, group or night sees more than it may', () => {
    fc.assert(
      fc.property(
        pace,
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(...ZONES),
        fc.array(call, { maxLength: 150 }),
        (given, warmUpDays, groupPerDay, zone, calls) => {
          const all: PaceRules = { ...rules, zone, pace: given, warmUpDays, groupPerDay };
          const firstDay = localDay(NOON, zone);
          const said = play(all, firstDay, calls);
          for (const [index, { at, answers, group }] of said.entries()) {
            const before = said.slice(0, index);
            const last = before.at(-1);
            if (last) expect(at - last.at).toBeGreaterThanOrEqual(given.minGap);
            const minute = before.filter((one) => one.at > at - MINUTE);
            expect(minute.length).toBeLessThan(given.perMinute);
            if (answers) continue;
            const day = localDay(at, zone);
            const today = before.filter((one) => localDay(one.at, zone) === day);
            expect(today.length).toBeLessThan(capOfDay(given.perDay, warmUpDays, firstDay, day));
            const same = today.filter((one) => !one.answers && one.group === group);
            expect(same.length).toBeLessThan(groupPerDay);
            expect(quietUntil(quietOf('22:00-07:00'), at, zone)).toBeUndefined();
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('whoever waits until the turn may speak then', () => {
    const state = fc.record({
      gap: fc.integer({ min: 0, max: 8_000 }),
      ages: fc.array(fc.integer({ min: 1, max: MINUTE - 1 }), { maxLength: 15 }),
      today: fc.integer({ min: 0, max: 220 }),
      groupToday: fc.integer({ min: 0, max: 35 }),
      pause: fc.option(fc.integer({ min: 1, max: DAY })),
    });
    const when = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2028, 0) });
    fc.assert(
      fc.property(state, when, fc.boolean(), fc.constantFrom(...ZONES), (given, now, answers, zone) => {
        const lastMinute = given.ages.map((age) => now - age).toSorted((a, b) => a - b);
        const spoken: Spoken = {
          ...silent,
          nextAllowedAt: now + given.gap,
          lastMinute,
          today: given.today,
          groupToday: given.groupToday,
          breaker: given.pause === null ? CLOSED : { ...CLOSED, opens: 1, openUntil: now + given.pause },
        };
        const { at } = turnAt({ ...rules, zone }, spoken, now, answers);
        expect(at).toBeGreaterThanOrEqual(now);
        const isSameDay = localDay(at, zone) === localDay(now, zone);
        const then: Spoken = {
          ...spoken,
          lastMinute: lastMinute.filter((one) => one > at - MINUTE),
          today: isSameDay ? spoken.today : 0,
          groupToday: isSameDay ? spoken.groupToday : 0,
        };
        expect(turnAt({ ...rules, zone }, then, at, answers)).toEqual({ at });
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the breaker', () => {
  const limits = { errors: 5, wait: 30 * MINUTE };

  it('opens at once when told off, after some errors in a row otherwise', () => {
    expect(breakerAfterTrouble(CLOSED, 'throttled', NOON, limits).openUntil).toBe(NOON + 30 * MINUTE);
    let breaker: Breaker = CLOSED;
    for (let count = 1; count <= 4; count += 1) {
      breaker = breakerAfterTrouble(breaker, 'error', NOON, limits);
      expect(breaker).toEqual({ ...CLOSED, failures: count });
    }
    expect(breakerAfterTrouble(breaker, 'error', NOON, limits).openUntil).toBe(NOON + 30 * MINUTE);
  });

  it('lets one message try, and doubles its pause to a day when that fails', () => {
    let breaker = breakerAfterTrouble(CLOSED, 'throttled', NOON, limits);
    let now = NOON;
    const pauses = [];
    for (let round = 0; round < 8; round += 1) {
      pauses.push(((breaker.openUntil ?? 0) - now) / MINUTE);
      now = breaker.openUntil ?? 0;
      expect(breakerUntil(breaker, now)).toBe(now);
      breaker = breakerAfterSpoken(breaker, now);
      expect(breakerUntil(breaker, now)).toBe(now + PROBE_WAIT);
      now += SECOND;
      breaker = breakerAfterTrouble(breaker, 'error', now, limits);
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 960, 1440, 1440]);
  });

  it('lets another one try when nobody heard of the first', () => {
    const open = breakerAfterTrouble(CLOSED, 'throttled', NOON, limits);
    const later = NOON + 31 * MINUTE;
    const tried = breakerAfterSpoken(open, later);
    expect(breakerUntil(tried, later + PROBE_WAIT)).toBe(later + PROBE_WAIT);
    // A clock that was set back before the try holds nothing up beyond the pause.
    expect(breakerUntil(tried, later - SECOND)).toBe(later - SECOND);
  });

  it('does not grow by what was begun before it opened', () => {
    const open = breakerAfterTrouble(CLOSED, 'throttled', NOON, limits);
    const more = breakerAfterTrouble(open, 'throttled', NOON + SECOND, limits);
    expect(more).toEqual({ ...open, failures: 2 });
  });

  it('between opening and closing no two messages go out within a try, whatever comes', () => {
    const event = fc.record({
      after: fc.oneof(fc.integer({ min: 0, max: MINUTE }), fc.integer({ min: 0, max: 3 * HOUR })),
      what: fc.constantFrom('speak', 'speak', 'throttled', 'error', 'success'),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        let breaker: Breaker = CLOSED;
        let now = NOON;
        let openedAt: number | undefined;
        let lastTry: number | undefined;
        for (const { after, what } of events) {
          now += after;
          if (what === 'speak') {
            if (breakerUntil(breaker, now) > now) continue;
            if (openedAt !== undefined) {
              expect(now - openedAt).toBeGreaterThanOrEqual(limits.wait);
              if (lastTry !== undefined) expect(now - lastTry).toBeGreaterThanOrEqual(PROBE_WAIT);
              lastTry = now;
            }
            breaker = breakerAfterSpoken(breaker, now);
          } else if (what === 'success') {
            breaker = CLOSED;
            openedAt = undefined;
            lastTry = undefined;
          } else {
            const before = breaker.openUntil;
            breaker = breakerAfterTrouble(breaker, what === 'error' ? 'error' : 'throttled', now, limits);
            if (breaker.openUntil !== before) {
              openedAt = now;
              lastTry = undefined;
            }
            if (what === 'throttled') expect(breaker.openUntil).not.toBeNull();
          }
        }
      }),
    );
  });
});
