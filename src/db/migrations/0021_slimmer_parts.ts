/** Each part of a delivery costs fewer pages to write: nothing looks by account and hour any more, and what has no message yet is not in the index of messages. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const slimmerParts: Migration = {
  name: '0021_slimmer_parts',
  up: async (run) => {
    await run(
      sql`drop index delivery_part_pace`,
      sql`drop index delivery_part_message`,
      sql`create index delivery_part_message on delivery_part (account, message_id) where message_id is not null`,
    );
  },
};
