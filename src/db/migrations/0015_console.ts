/** What the console keeps: addresses of calendars, drafts of lessons with all that they have been, pictures beside them. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const consoleTables: Migration = {
  name: '0015_console',
  up: async (run, { int, end }) => {
    await run(
      sql`create table calendar_feed (
        id text primary key,
        hash text not null unique,
        owner text not null,
        member_id text references member (id),
        created_at ${int} not null,
        revoked_at ${int}
      ) ${end}`,
      sql`create index calendar_feed_owner on calendar_feed (owner)`,
      sql`create table lesson_draft (
        id text primary key,
        no ${int} not null unique,
        unit_id text references unit (id),
        title text not null,
        version ${int} not null,
        review_no ${int},
        created_by text not null,
        created_at ${int} not null,
        updated_by text not null,
        updated_at ${int} not null,
        dropped_at ${int}
      ) ${end}`,
      sql`create unique index lesson_draft_review on lesson_draft (review_no) where review_no is not null`,
      sql`create table lesson_draft_text (
        draft_id text not null references lesson_draft (id),
        version ${int} not null,
        source text not null,
        written_by text not null,
        written_at ${int} not null,
        how text not null check (how in ('typed', 'merged', 'aside', 'restored')),
        base ${int} not null,
        primary key (draft_id, version)
      ) ${end}`,
    );
  },
};
