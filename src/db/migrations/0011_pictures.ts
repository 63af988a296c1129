/** Pictures of the last minutes are looked for at every tick. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const pictures: Migration = {
  name: '0011_pictures',
  up: async (run) => {
    await run(sql`create index message_picture on message (received_at) where kind = 'picture'`);
  },
};
