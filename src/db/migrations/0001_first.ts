/** The tables of the first version. Types and meanings stand in `../tables.ts`. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const first: Migration = {
  name: '0001_first',
  up: async (run, { int, end }) => {
    await run(
      sql`create table counter (name text primary key, value ${int} not null) ${end}`,
      sql`create table boot (epoch text primary key, started_at ${int} not null, ended_at ${int}) ${end}`,
      sql`create table audit (id text primary key, at ${int} not null, who text not null, what text not null,
        subject text not null, before text, after text) ${end}`,
      sql`create index audit_at on audit (at)`,
    );

    await run(
      sql`create table unit (id text primary key, parent_id text references unit, name text not null,
        kind text not null, created_at ${int} not null) ${end}`,
      sql`create table member (id text primary key, name text not null, unit_id text references unit,
        status text not null, created_at ${int} not null, left_at ${int}) ${end}`,
      sql`create index member_name on member (name)`,
      sql`create table identity (id text primary key, account text not null, contact_id text not null,
        member_id text not null references member, how text not null, created_at ${int} not null,
        closed_at ${int}) ${end}`,
      sql`create unique index identity_contact on identity (account, contact_id) where closed_at is null`,
      sql`create index identity_member on identity (member_id)`,
      sql`create table chat_group (id text primary key, key text not null unique, account text not null,
        room_id text not null, topic text not null, unit_id text references unit, enabled ${int} not null,
        created_at ${int} not null, unique (account, room_id)) ${end}`,
      sql`create table group_member (group_id text not null references chat_group, contact_id text not null,
        name text not null, left_at ${int}, primary key (group_id, contact_id)) ${end}`,
      sql`create index group_member_contact on group_member (contact_id)`,
      sql`create table login_token (hash text primary key, role text not null, created_at ${int} not null,
        expires_at ${int} not null, used_at ${int}) ${end}`,
      sql`create table session (hash text primary key, role text not null, created_at ${int} not null,
        expires_at ${int} not null, revoked_at ${int}) ${end}`,
    );

    await run(
      sql`create table message (id text primary key, account text not null, channel_id text not null,
        room_id text, contact_id text not null, sender_name text not null, kind text not null, text text,
        mention ${int} not null, sent_at ${int} not null, received_at ${int} not null, state text not null,
        intent text, handled_at ${int}, unique (account, channel_id)) ${end}`,
      sql`create index message_new on message (received_at, id) where state = 'new'`,
      sql`create index message_forget on message (received_at) where text is not null and state = 'handled'`,
    );

    await run(
      sql`create table lesson_revision (hash text primary key, lesson_id text not null, title text not null,
        course text not null, file text not null, source text not null, approved_by text not null,
        recorded_at ${int} not null) ${end}`,
      sql`create table schedule (id text primary key, no ${int} not null unique, kind text not null,
        content text not null, all_groups ${int} not null, at ${int}, cron text, zone text not null,
        close_after ${int} not null, next_at ${int}, created_by text not null, created_at ${int} not null,
        removed_at ${int}) ${end}`,
      sql`create index schedule_next on schedule (next_at) where removed_at is null and next_at is not null`,
      sql`create table schedule_group (schedule_id text not null references schedule,
        group_id text not null references chat_group, primary key (schedule_id, group_id)) ${end}`,
      sql`create table occurrence (id text primary key, schedule_id text not null references schedule,
        nominal_at ${int} not null, created_at ${int} not null, unique (schedule_id, nominal_at)) ${end}`,
      sql`create table delivery (id text primary key, no ${int} not null unique, cause text not null unique,
        occurrence_id text references occurrence, kind text not null, account text not null,
        group_id text references chat_group, contact_id text, content text not null, hash text,
        ordinal ${int}, close_after ${int} not null, state text not null, reason text,
        planned_at ${int} not null, due_at ${int} not null, sent_at ${int}, attempt ${int} not null,
        epoch text, updated_at ${int} not null) ${end}`,
      sql`create index delivery_open on delivery (state, due_at)
        where state in ('planned', 'queued', 'sending', 'awaiting-echo')`,
      sql`create index delivery_group on delivery (group_id, kind, content)`,
      sql`create index delivery_planned on delivery (planned_at)`,
      sql`create table delivery_part (delivery_id text not null references delivery, seq ${int} not null,
        account text not null, kind text not null, body text not null, alt text not null, hash text not null,
        state text not null, message_id text, sending_at ${int}, sent_at ${int},
        primary key (delivery_id, seq)) ${end}`,
      sql`create index delivery_part_message on delivery_part (account, message_id)`,
      sql`create index delivery_part_open on delivery_part (account, hash)
        where state in ('sending', 'awaiting-echo', 'unknown')`,
      sql`create index delivery_part_pace on delivery_part (account, sending_at)`,
      sql`create table pace (account text not null, scope text not null, next_allowed_at ${int} not null,
        primary key (account, scope)) ${end}`,
    );

    await run(
      sql`create table quiz_window (id text primary key, delivery_id text not null unique references delivery,
        group_id text not null references chat_group, lesson_id text not null, hash text not null,
        opens_at ${int} not null, closes_at ${int} not null, closed_at ${int}) ${end}`,
      sql`create index quiz_window_group on quiz_window (group_id, closes_at)`,
      sql`create index quiz_window_open on quiz_window (closes_at) where closed_at is null`,
      sql`create table answer (id text primary key, window_id text not null references quiz_window,
        group_id text not null references chat_group, member_id text not null references member,
        question ${int} not null, value text not null, correct ${int} not null, counted ${int} not null,
        message_id text not null references message, written_at ${int} not null,
        recorded_at ${int} not null, unique (message_id, question)) ${end}`,
      sql`create unique index answer_counted on answer (window_id, member_id, question) where counted = 1`,
      sql`create index answer_member on answer (member_id, written_at)`,
      sql`create index answer_group on answer (group_id, written_at)`,
      sql`create table checkin (id text primary key, member_id text not null references member,
        group_id text not null references chat_group, day text not null, note text not null,
        counted ${int} not null, message_id text not null unique references message,
        written_at ${int} not null, recorded_at ${int} not null) ${end}`,
      sql`create unique index checkin_counted on checkin (member_id, group_id, day) where counted = 1`,
      sql`create index checkin_group on checkin (group_id, day)`,
      sql`create table ack_item (id text primary key, group_id text not null references chat_group,
        member_id text not null references member, kind text not null, detail text not null,
        message_id text not null references message, created_at ${int} not null,
        delivery_id text references delivery, unique (message_id, kind)) ${end}`,
      sql`create index ack_item_waiting on ack_item (group_id, created_at) where delivery_id is null`,
    );

    await run(
      sql`create table rollup_member_day (group_id text not null references chat_group, day text not null,
        member_id text not null references member, answers ${int} not null, correct ${int} not null,
        checkins ${int} not null, primary key (group_id, day, member_id)) ${end}`,
      sql`create index rollup_member_day_member on rollup_member_day (member_id, day)`,
      sql`create table rollup_window (window_id text primary key references quiz_window,
        members ${int} not null, answers ${int} not null, correct ${int} not null) ${end}`,
      sql`create table rollup_question (window_id text not null references quiz_window,
        question ${int} not null, answers ${int} not null, correct ${int} not null,
        primary key (window_id, question)) ${end}`,
    );

    await run(
      sql`create table sandbox_room (id text primary key, topic text not null, created_at ${int} not null) ${end}`,
      sql`create table sandbox_person (id text primary key, name text not null) ${end}`,
      sql`create table sandbox_seat (room_id text not null references sandbox_room,
        person_id text not null references sandbox_person, nickname text not null,
        primary key (room_id, person_id)) ${end}`,
      sql`create table sandbox_message (id text primary key, room_id text references sandbox_room,
        person_id text references sandbox_person, from_bot ${int} not null, kind text not null,
        text text not null, mention ${int} not null, at ${int} not null) ${end}`,
      sql`create index sandbox_message_room on sandbox_message (room_id, id)`,
      sql`create index sandbox_message_person on sandbox_message (person_id, id)`,
    );
  },
};
