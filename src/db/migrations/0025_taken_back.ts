/**
 * What is taken back. What somebody pressed about a room or a person after a login holds a minute later, before which
 * nothing is moved, said or forgotten. An address of a calendar that was stopped by mistake goes on in a new row. And a file can be of
 * several units together.
 */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const takenBack: Migration = {
  name: '0025_taken_back',
  up: async (run, { int, end }) => {
    await run(
      sql`create table match_choice (id text primary key, item_id text not null references match_item,
        accepted ${int} not null, who text not null, via text not null, at ${int} not null,
        due_at ${int} not null, undone_at ${int}, done_at ${int}) ${end}`,
      sql`create unique index match_choice_open on match_choice (item_id)
        where undone_at is null and done_at is null`,
      sql`create index match_choice_due on match_choice (due_at) where undone_at is null and done_at is null`,
      sql`alter table export_job add column units text`,
      // SQLite takes no constraint off a column.
      sql`create table calendar_feed_anew (id text primary key, hash text not null, owner text not null,
        member_id text references member (id), created_at ${int} not null, revoked_at ${int}) ${end}`,
      sql`insert into calendar_feed_anew (id, hash, owner, member_id, created_at, revoked_at)
        select id, hash, owner, member_id, created_at, revoked_at from calendar_feed`,
      sql`drop table calendar_feed`,
      sql`alter table calendar_feed_anew rename to calendar_feed`,
      sql`create index calendar_feed_owner on calendar_feed (owner)`,
      sql`create unique index calendar_feed_live on calendar_feed (hash) where revoked_at is null`,
    );
  },
};
