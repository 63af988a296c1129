/** Redis is killed, frozen, emptied, full, cut off: under load, on SQLite. */
import { expect, it } from 'vitest';

import { makeRooms } from './rig.ts';
import { runOutages } from './outages.ts';
import { redisOutages } from './redis-outages.ts';

it('whatever happens to Redis, nothing is lost, said twice or in doubt', async () => {
  const outcome = await runOutages(
    { dialect: 'sqlite', seed: 11, rooms: makeRooms(3, ['id', 'undefined'], 200), behaviours: ['id'] },
    redisOutages(3_000),
  );
  expect(Object.keys(outcome.states).filter((state) => !state.endsWith(' sent'))).toEqual([]);
}, 600_000);
