/** The server is killed at any moment, again and again, while lessons go out and people answer. */
import { describe, expect, inject, it } from 'vitest';

import { DIALECTS } from '../support/databases.ts';
import { killUnderLoad } from './crash.ts';

/** In the short form; `npm run faults -- --kills 200` is the long one. */
const KILLS = 5;

describe.concurrent.each(DIALECTS)('a server on %s that is killed under load', (dialect) => {
  it('loses nothing that was acknowledged and says nothing twice', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`SEED=${seed} repeats this run on ${dialect}`);
    const outcome = await killUnderLoad({
      dialect,
      postgresUrl: inject('postgresUrl'),
      seed,
      kills: KILLS,
      history: false,
    });
    expect(outcome.said).toBeGreaterThan(20);
  }, 600_000);
});
