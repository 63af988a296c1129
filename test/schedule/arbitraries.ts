/** Schedules and spans of time in which something happens: clock changes, holidays, leap days, ends of years. */
import fc from 'fast-check';

import type { Asked } from './oracle.ts';

const DAY = 86_400_000;

/** The local days on which clocks change in 2026. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  'America/New_York': ['2026-03-08', '2026-11-01'],
  'Europe/Berlin': ['2026-03-29', '2026-10-25'],
  'Australia/Lord_Howe': ['2026-04-05', '2026-10-04'],
  'America/Havana': ['2026-03-08', '2026-11-01'],
  'America/Nuuk': ['2026-03-28', '2026-10-24'],
};

const OCCASIONS = [
  // Spring Festival, Labour Day and National Day, with their make-up weekends.
  '2026-02-12',
  '2026-02-26',
  '2026-04-30',
  '2026-09-19',
  '2026-09-30',
  '2026-10-09',
  // Leap days, and ends of years, also into a year that isn't published.
  '2024-02-28',
  '2028-02-28',
  '2025-12-30',
  '2026-12-30',
];

const place = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...Object.keys(CHANGES)).chain(changeIn) },
  {
    weight: 2,
    arbitrary: fc.record({
      zone: fc.constantFrom('Asia/Shanghai', ...Object.keys(CHANGES)),
      day: fc.constantFrom(...OCCASIONS),
    }),
  },
);

function changeIn(zone: string): fc.Arbitrary<{ zone: string; day: string }> {
  return fc.constantFrom(...(CHANGES[zone] ?? [])).map((day) => ({ zone, day }));
}

const cron = fc
  .tuple(
    fc.constantFrom('0', '30', '15,45', '*/20', '59', '10-12'),
    fc.constantFrom('2', '1', '0', '23', '20', '1,2,3', '0,23', '*', '0-3', '22-23', '*/7'),
    fc.constantFrom('*', '*', '*', '*', '1', '29', '31', '8,15', 'L', '1-7'),
    fc.constantFrom('*', '*', '*', '2', '3,10-11', '*/2'),
    fc.constantFrom('*', '*', '*', '1,3,5', '6,0', '1-5', '7', '5#1', '0#1', '0L', '5L'),
  )
  // A day that no month has is refused when it is read.
  .filter(([, , date, month, week]) => !(date === '31' && month === '2' && week === '*'))
  .map((fields) => ({ cron: fields.join(' ') }));

const monthly = fc
  .tuple(
    fc.constantFrom('first', 'second', 'third', 'fourth', 'fifth', 'last'),
    fc.constantFrom('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'workday'),
    fc.constantFrom('20:00', '02:30', '00:00', '23:59', '01:30'),
  )
  .map((words) => ({ monthly: words.join(' ') }));

const dated = fc
  .tuple(fc.constantFrom('1', '8', '15', '28', '29', '31', 'last day'), fc.constantFrom('20:00', '02:10'))
  .map((words) => ({ monthly: words.join(' ') }));

export interface Question {
  readonly asked: Asked;
  /** Whole minutes. */
  readonly from: number;
  readonly to: number;
}

export const question: fc.Arbitrary<Question> = fc
  .record({
    place,
    when: fc.oneof({ weight: 4, arbitrary: cron }, monthly, dated),
    days: fc.constantFrom<Asked['days'][]>(
      'all',
      'all',
      'workdays-only',
      'skip-holidays',
      'move-to-next-workday',
    ),
    before: fc.integer({ min: 60, max: 2 * 1440 }),
    length: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ place: { zone, day }, when, days, before, length }) => {
    const from = Date.parse(day) - before * 60_000;
    return { asked: { zone, when, days }, from, to: from + length * DAY };
  });
