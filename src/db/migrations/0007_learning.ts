/**
 * Learning: a bank of questions, what a window asked and how, scores and make-up, withdrawn facts, photos, absences,
 * points, keys that changed, practice in private, and who agreed to what.
 */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const learning: Migration = {
  name: '0007_learning',
  up: async (run, { int, end }) => {
    await run(
      sql`create table bank_question (id text primary key, no ${int} not null unique, hash text not null,
        type text not null, stem text not null, options text not null, key text not null,
        explanation text not null, source text not null, created_by text not null, created_at ${int} not null,
        retired_at ${int}) ${end}`,
      sql`create unique index bank_question_hash on bank_question (hash) where retired_at is null`,
      sql`create table bank_tag (question_id text not null references bank_question, tag text not null,
        primary key (question_id, tag)) ${end}`,
      sql`create index bank_tag_tag on bank_tag (tag)`,
    );
    await run(
      sql`alter table quiz_window add column drawn text`,
      sql`alter table quiz_window add column orders text`,
      sql`alter table quiz_window add column mode text not null default 'open'`,
      sql`alter table quiz_window add column attempts ${int} not null default 0`,
      sql`alter table quiz_window add column reminded_at ${int}`,
      sql`alter table answer add column score ${int} not null default 0`,
      sql`update answer set score = 1000 where correct = 1`,
      sql`alter table answer add column makeup ${int} not null default 0`,
      sql`alter table answer add column withdrawn_at ${int}`,
      sql`alter table checkin add column makeup ${int} not null default 0`,
      sql`alter table checkin add column withdrawn_at ${int}`,
      sql`create table withdrawal (message_id text primary key references message, recalled_by text not null,
        answers ${int} not null, checkins ${int} not null, at ${int} not null) ${end}`,
    );
    await run(
      sql`create table checkin_photo (id text primary key, member_id text not null references member,
        checkin_id text not null references checkin, message_id text not null unique references message,
        file text not null, width ${int} not null, height ${int} not null, bytes ${int} not null,
        created_at ${int} not null, withdrawn_at ${int}) ${end}`,
      sql`create index checkin_photo_checkin on checkin_photo (checkin_id)`,
      sql`create table absence (id text primary key, member_id text not null references member,
        from_day text not null, to_day text not null, message_id text not null unique references message,
        created_at ${int} not null, closed_at ${int}) ${end}`,
      sql`create index absence_member on absence (member_id, to_day)`,
    );
    await run(
      sql`create table point (id text primary key, member_id text not null references member,
        group_id text not null references chat_group, day text not null, rule text not null,
        fact text not null, tenths ${int} not null, at ${int} not null, voided_at ${int}) ${end}`,
      sql`create unique index point_fact on point (member_id, rule, fact) where voided_at is null`,
      sql`create table point_due (group_id text not null references chat_group,
        member_id text not null references member, day text not null,
        primary key (group_id, member_id, day)) ${end}`,
      sql`create index point_day on point (group_id, day) where voided_at is null`,
      sql`create index point_member on point (member_id, day) where voided_at is null`,
    );
    await run(
      sql`create table key_change (id text primary key, hash text not null, question ${int} not null,
        key text not null, before text not null, remarked ${int} not null, who text not null,
        at ${int} not null) ${end}`,
      sql`create index key_change_question on key_change (hash, question, at)`,
      sql`create table answer_remark (key_change_id text not null references key_change,
        answer_id text not null references answer, correct_before ${int} not null,
        correct_after ${int} not null, score_before ${int} not null, score_after ${int} not null,
        primary key (key_change_id, answer_id)) ${end}`,
    );
    await run(
      sql`create table consent (id text primary key, member_id text not null references member,
        kind text not null, given_at ${int} not null, withdrawn_at ${int}) ${end}`,
      sql`create unique index consent_open on consent (member_id, kind) where withdrawn_at is null`,
      sql`create table practice_card (id text primary key, member_id text not null references member,
        question_hash text not null, lesson_id text not null, question text not null, card text not null,
        due_at ${int} not null, created_at ${int} not null, closed_at ${int}) ${end}`,
      sql`create unique index practice_card_open on practice_card (member_id, question_hash)
        where closed_at is null`,
      sql`create index practice_card_due on practice_card (due_at) where closed_at is null`,
      sql`create table practice_review (id text primary key, card_id text not null references practice_card,
        member_id text not null references member, asked_at ${int} not null, answered_at ${int},
        value text, correct ${int}, message_id text references message) ${end}`,
      sql`create index practice_review_member on practice_review (member_id, asked_at)`,
      sql`create table private_quiz (id text primary key, member_id text not null references member,
        kind text not null, window_id text references quiz_window, card_id text references practice_card,
        opened_at ${int} not null, expires_at ${int} not null, closed_at ${int}) ${end}`,
      sql`create unique index private_quiz_open on private_quiz (member_id) where closed_at is null`,
    );
  },
};
