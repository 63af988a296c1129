/** What a log is spared. */
import { expect, it } from 'vitest';

import { sparing } from '../src/log.ts';

it('lets a complaint through at first, and then once in a while, also when the clock is put back', () => {
  const isDue = sparing(30);
  expect([0, 1, 29, 30, 31, 59, 60, 90].map((now) => isDue(now))).toEqual([
    true,
    false,
    false,
    true,
    false,
    false,
    true,
    true,
  ]);
  expect([50, 60, 81].map((now) => isDue(now))).toEqual([true, false, true]);
});
