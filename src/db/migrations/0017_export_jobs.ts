/** Files that take a while to make: asked for by a person, made one after the other, kept for some days. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const exportJobs: Migration = {
  name: '0017_export_jobs',
  up: async (run, { int, end }) => {
    await run(
      sql`create table export_job (
        id text primary key,
        no ${int} not null unique,
        kind text not null check (kind in ('workbook', 'answers', 'checkins', 'deliveries')),
        unit_id text not null references unit (id),
        from_day text not null,
        to_day text not null,
        span text not null,
        owner text not null,
        state text not null check (state in ('waiting', 'ready', 'failed')),
        done ${int} not null,
        total ${int} not null,
        asked_at ${int} not null,
        ended_at ${int}
      ) ${end}`,
      sql`create index export_job_owner on export_job (owner, no)`,
      sql`create index export_job_waiting on export_job (no) where state = 'waiting'`,
    );
  },
};
