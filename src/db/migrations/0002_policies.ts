/** Policies: what the county, a unit or a group has set, closed and never changed. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const policies: Migration = {
  name: '0002_policies',
  up: async (run, { int, end }) => {
    await run(
      sql`create table policy (id text primary key, scope text not null, scope_id text not null,
        name text not null, value text not null, set_by text not null, set_at ${int} not null,
        closed_at ${int}) ${end}`,
      sql`create unique index policy_set on policy (scope, scope_id, name) where closed_at is null`,
    );
  },
};
