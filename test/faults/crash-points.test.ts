/** The server dies at every named point, is started again, and nothing is lost or said twice. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { DIALECTS } from '../support/databases.ts';
import { CRASH_POINTS, crashAt } from './crash.ts';
import { makeRooms, openRig, type Rig } from './rig.ts';

describe.each(DIALECTS)('a server on %s that dies', (dialect) => {
  let rig: Rig;

  beforeAll(async () => {
    // With a chat whose past can be read on one of the two, so that nothing may stay unknown there.
    const history = dialect === 'sqlite';
    const rooms = makeRooms(2, ['id', 'undefined', 'echo-first'], 600);
    rig = await openRig({
      dialect,
      postgresUrl: inject('postgresUrl'),
      seed: 7,
      rooms,
      history,
      factor: 60,
    });
  });
  afterAll(async () => {
    await rig.close();
  });

  // Each server starts on what the one before it left, and dies at the second passing of its own point.
  it.each(CRASH_POINTS.map((point, index) => [point, index + 1] as const))(
    'at %s',
    async (point, lesson) => {
      await crashAt(rig, point, lesson);
    },
    90_000,
  );

  it('has lost nothing and said nothing twice', async () => {
    await rig.start().ready;
    await rig.settle();
    expect(await rig.contradictions()).toEqual([]);
    expect(rig.errors()).toEqual([]);
    const states = await rig.states();
    expect(states['lesson sent']).toBeGreaterThan(0);
    if (dialect === 'sqlite')
      expect(Object.keys(states).filter((state) => !state.endsWith(' sent'))).toEqual([]);
  }, 90_000);
});
