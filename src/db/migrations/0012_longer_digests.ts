/** Notices ask to be read as bulletins do. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const longerDigests: Migration = {
  name: '0012_longer_digests',
  up: async (run) => {
    await run(
      sql`drop index delivery_to_read`,
      sql`drop index delivery_bulletin`,
      sql`create index delivery_to_read on delivery (group_id, sent_at) where kind in ('brief', 'bulletin', 'notice')`,
      sql`create index delivery_bulletin on delivery (sent_at) where kind in ('bulletin', 'notice')`,
    );
  },
};
