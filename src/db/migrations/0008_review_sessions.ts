/**
 * Questions that wait for an answer in a private chat; what people write, with its texts and the votes on them;
 * what was told to whom; whose a link and a session are, desk codes, and what is counted to limit tries.
 */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const reviewSessions: Migration = {
  name: '0008_review_sessions',
  up: async (run, { int, end }) => {
    await run(
      sql`create table pending_question (id text primary key, account text not null, contact_id text not null,
        kind text not null, state text not null, asked_at ${int} not null, expires_at ${int} not null,
        closed_at ${int}, outcome text) ${end}`,
      sql`create unique index pending_question_open on pending_question (account, contact_id)
        where closed_at is null`,
    );

    await run(
      sql`create table review_item (id text primary key, no ${int} not null unique, kind text not null,
        lesson_id text, title text not null, hash text not null, unit_id text references unit,
        author text not null, state text not null, round ${int} not null, created_at ${int} not null,
        submitted_at ${int}, decided_at ${int}, reason text) ${end}`,
      sql`create index review_item_waiting on review_item (unit_id) where state = 'submitted'`,
      sql`create unique index review_item_lesson on review_item (lesson_id) where lesson_id is not null`,
      sql`create table review_text (item_id text not null references review_item, hash text not null,
        title text not null, body text not null, written_by text not null, written_at ${int} not null,
        primary key (item_id, hash)) ${end}`,
      sql`create table review_vote (id text primary key, item_id text not null references review_item,
        hash text not null, round ${int} not null, voter text not null, verdict text not null, reason text,
        at ${int} not null) ${end}`,
      sql`create index review_vote_item on review_vote (item_id, round)`,
      sql`create table review_seen (item_id text not null references review_item, hash text not null,
        who text not null, at ${int} not null, primary key (item_id, hash, who)) ${end}`,
      sql`create table review_group (item_id text not null references review_item,
        group_id text not null references chat_group, primary key (item_id, group_id)) ${end}`,
      sql`alter table lesson_head add column why text`,
    );

    await run(
      sql`create table told (thing text primary key, at ${int} not null) ${end}`,
      sql`alter table login_token add column member_id text references member`,
      sql`alter table session add column no ${int}`,
      sql`alter table session add column member_id text references member`,
      sql`alter table session add column how text not null default 'link'`,
      sql`alter table session add column agent text not null default ''`,
      sql`create unique index session_no on session (no) where no is not null`,
      sql`create index session_member on session (member_id)`,
      sql`create table desk_code (id text primary key, code_hash text not null, browser_hash text not null unique,
        agent text not null, created_at ${int} not null, expires_at ${int} not null,
        member_id text references member, claimed_at ${int}, spent_at ${int}) ${end}`,
      sql`create index desk_code_live on desk_code (code_hash) where claimed_at is null`,
      sql`create table tried (id text primary key, what text not null, who text not null, at ${int} not null) ${end}`,
      sql`create index tried_lately on tried (what, who, at)`,
    );
  },
};
