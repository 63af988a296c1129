/** Instants and wall clocks, in zones that change them. */
import fc from 'fast-check';
import { Settings } from 'luxon';
import { afterEach, describe, expect, it } from 'vitest';

import { HOUR, instantOfWall, isoInZone, MINUTE, parseInstant, startOfDay, wallOf } from '../src/clock.ts';

const ZONES = [
  'Asia/Shanghai',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'America/Havana',
  'Pacific/Apia',
  'America/Nuuk',
  'UTC',
];

describe('a local time as a person writes it', () => {
  const now = Settings.now;
  afterEach(() => {
    Settings.now = now;
  });

  const cases = [
    ['Asia/Shanghai', '2026-12-01T20:00', '2026-12-01T20:00:00+08:00'],
    ['Asia/Shanghai', '2028-02-29 23:59', '2028-02-29T23:59:00+08:00'],
    ['Asia/Shanghai', '2026-12-31T24:00', '2027-01-01T00:00:00+08:00'],
    ['Asia/Shanghai', '2026-12-01T20:00Z', '2026-12-02T04:00:00+08:00'],
    ['Asia/Shanghai', '2026-12-01T20:00-05:00', '2026-12-02T09:00:00+08:00'],
    ['America/New_York', '2026-03-08T02:30', '2026-03-08T03:30:00-04:00'],
    ['America/New_York', '2026-11-01T01:30', '2026-11-01T01:30:00-04:00'],
    ['America/New_York', '2026-11-01T01:30-05:00', '2026-11-01T01:30:00-05:00'],
    ['Europe/Berlin', '2026-03-29T02:00', '2026-03-29T03:00:00+02:00'],
    ['Europe/Berlin', '2026-10-25T02:59', '2026-10-25T02:59:00+02:00'],
    ['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T03:00:00+01:00'],
    // Half an hour only.
    ['Australia/Lord_Howe', '2026-10-04T02:10', '2026-10-04T02:40:00+11:00'],
    ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-05T01:45:00+11:00'],
    // A whole day that never was.
    ['Pacific/Apia', '2011-12-30T20:00', '2011-12-31T20:00:00+14:00'],
  ] as const;
  // What luxon makes of an hour that comes twice depends on the season in which it is asked.
  it.each(cases.flatMap((one) => ['2026-01-15', '2026-07-15'].map((season) => [...one, season] as const)))(
    'in %s, %s is %s, asked on %s',
    (zone, text, expected, season) => {
      Settings.now = () => Date.parse(season);
      const at = parseInstant(text, zone);
      expect(at === undefined ? undefined : isoInZone(at, zone)).toBe(expected);
    },
  );

  it.each(['', 'soon', '2026-02-30T20:00', '2026-12-01T25:00', '20:00:00:00'])('"%s" is none', (text) => {
    expect(parseInstant(text, 'Asia/Shanghai')).toBeUndefined();
  });

  it('a day begins at its first instant', () => {
    expect(isoInZone(startOfDay('2026-03-08', 'America/Havana'), 'America/Havana')).toBe(
      '2026-03-08T01:00:00-04:00',
    );
    for (const season of ['2026-01-15', '2026-07-15']) {
      Settings.now = () => Date.parse(season);
      expect(isoInZone(startOfDay('2026-11-01', 'America/Havana'), 'America/Havana')).toBe(
        '2026-11-01T00:00:00-04:00',
      );
    }
  });
});

it('is the first instant that shows that time, or lies past it by a gap', () => {
  const minute = fc.integer({ min: Date.UTC(2010, 0) / MINUTE, max: Date.UTC(2031, 0) / MINUTE });
  fc.assert(
    fc.property(minute, fc.constantFrom(...ZONES), (no, zone) => {
      const wall = no * MINUTE;
      const at = instantOfWall(wall, zone);
      const moved = wallOf(at, zone) - wall;
      expect(moved).toBeGreaterThanOrEqual(0);
      if (moved > 0) {
        // Clocks jumped over it: a little earlier they showed less.
        expect(wallOf(at - moved, zone)).toBeLessThan(wall);
        return;
      }
      for (let back = 30 * MINUTE; back <= 3 * HOUR; back += 30 * MINUTE)
        expect(wallOf(at - back, zone)).not.toBe(wall);
    }),
    { numRuns: 2_000 },
  );
});
