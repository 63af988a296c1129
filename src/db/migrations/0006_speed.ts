/** Messages that could not be handled are tried again later; those that were given up are counted at once. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const speed: Migration = {
  name: '0006_speed',
  up: async (run, { int }) => {
    await run(
      sql`alter table message add column attempts ${int} not null default 0`,
      sql`alter table message add column try_at ${int}`,
      sql`create index message_failed on message (received_at) where state = 'failed'`,
    );
  },
};
