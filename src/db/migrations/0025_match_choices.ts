/**
 * What somebody pressed about a room or a person after a login: it holds a minute later, so that it can be taken back
 * before anything is moved, said or forgotten.
 */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const matchChoices: Migration = {
  name: '0025_match_choices',
  up: async (run, { int, end }) => {
    await run(
      sql`create table match_choice (id text primary key, item_id text not null references match_item,
        accepted ${int} not null, who text not null, via text not null, at ${int} not null,
        due_at ${int} not null, undone_at ${int}, done_at ${int}) ${end}`,
      sql`create unique index match_choice_open on match_choice (item_id)
        where undone_at is null and done_at is null`,
      sql`create index match_choice_due on match_choice (due_at) where undone_at is null and done_at is null`,
    );
  },
};
