/** PostgreSQL is killed and started again, under load. */
import { expect, it } from 'vitest';

import { openPostgres } from '../support/postgres.ts';
import { type Outage, runOutages } from './outages.ts';
import { makeRooms } from './rig.ts';

it('goes on by itself after PostgreSQL was killed, and loses nothing', async () => {
  const postgres = await openPostgres({ fsync: true });
  try {
    const killed = (lasts: number): Outage => ({
      name: `PostgreSQL killed for ${lasts} ms`,
      begin: () => postgres.kill(),
      end: () => postgres.restart(),
      lasts,
      ...(lasts > 0 ? { shows: ({ status, parts }) => status === 'down' && parts.database === 'down' } : {}),
      errors: true,
    });
    const rooms = makeRooms(3, ['id', 'undefined'], 200);
    const options = { dialect: 'postgres', postgresUrl: postgres.url, seed: 31, rooms } as const;
    const outcome = await runOutages(options, [killed(3_000), killed(0)]);
    expect(outcome.states['lesson sent']).toBe(9);
  } finally {
    await postgres.stop();
  }
}, 600_000);
