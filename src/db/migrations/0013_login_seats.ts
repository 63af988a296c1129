/** Who sat in which group when an account logged in, and who was shown there first: what tells who is who. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const loginSeats: Migration = {
  name: '0013_login_seats',
  up: async (run, { int, end }) => {
    await run(
      sql`create table login_seat (group_id text not null references chat_group, side text not null,
        contact_id text not null, name text not null, own_name text, remark text,
        primary key (group_id, side, contact_id)) ${end}`,
      sql`alter table account_login add column contacts_moved ${int} not null default 0`,
    );
  },
};
