/**
 * Every form that a question of the bank has had, and who looked at the one that it has now; keys that were put right
 * in the bank; files between the look at them and the press that takes them in.
 */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const bankVersions: Migration = {
  name: '0020_bank_versions',
  up: async (run, { dialect, int, end }) => {
    const tags =
      dialect === 'sqlite'
        ? sql`(select json_group_array(tag) from bank_tag where question_id = bank_question.id)`
        : sql`(select coalesce(json_agg(tag), '[]')::text from bank_tag where question_id = bank_question.id)`;
    await run(
      sql`alter table bank_question add column version ${int} not null default 1`,
      sql`alter table bank_question add column written_by text not null default ''`,
      sql`alter table bank_question add column approved_by text`,
      sql`alter table bank_question add column approved_at ${int}`,
      sql`update bank_question set written_by = created_by, approved_by = created_by, approved_at = created_at`,
      sql`create table bank_version (question_id text not null references bank_question, version ${int} not null,
        type text not null, stem text not null, options text not null, key text not null,
        explanation text not null, tags text not null, written_by text not null, written_at ${int} not null,
        primary key (question_id, version)) ${end}`,
      sql`insert into bank_version
        select id, 1, type, stem, options, key, explanation, ${tags}, created_by, created_at from bank_question`,
      sql`alter table key_change add column bank_id text references bank_question`,
      sql`create index key_change_bank on key_change (bank_id) where bank_id is not null`,
      sql`create index quiz_window_drawn on quiz_window (opens_at) where drawn is not null`,
    );
    await run(
      sql`create table upload (id text primary key, owner text not null, kind text not null, name text not null,
        options text not null, bytes text not null, created_at ${int} not null) ${end}`,
      sql`create index upload_created on upload (created_at)`,
    );
  },
};
