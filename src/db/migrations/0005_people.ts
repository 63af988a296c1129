/**
 * People: the tree and its dated places, roles, certification, re-matching after a login, who asked to reach
 * the bot, erasure. The places that were known so far hold from the beginning of time.
 */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const people: Migration = {
  name: '0005_people',
  up: async (run, { dialect, int, end }) => {
    await run(
      sql`alter table unit add column closed_at ${int}`,
      sql`create table unit_place (id text primary key, unit_id text not null references unit,
        parent_id text references unit, from_day text not null, to_day text) ${end}`,
      sql`create unique index unit_place_now on unit_place (unit_id) where to_day is null`,
      sql`create table member_place (id text primary key, member_id text not null references member,
        unit_id text references unit, status text not null, from_day text not null, to_day text) ${end}`,
      sql`create unique index member_place_now on member_place (member_id) where to_day is null`,
      sql`create index member_place_unit on member_place (unit_id)`,
      sql`create table group_place (id text primary key, group_id text not null references chat_group,
        unit_id text references unit, from_day text not null, to_day text) ${end}`,
      sql`create unique index group_place_now on group_place (group_id) where to_day is null`,
      sql`insert into unit_place (id, unit_id, parent_id, from_day, to_day)
        select id, id, parent_id, '0000-01-01', null from unit`,
      sql`insert into member_place (id, member_id, unit_id, status, from_day, to_day)
        select id, id, unit_id, status, '0000-01-01', null from member
        where status <> 'guest' and left_at is null`,
      sql`insert into group_place (id, group_id, unit_id, from_day, to_day)
        select id, id, unit_id, '0000-01-01', null from chat_group where unit_id is not null`,
    );

    await run(
      sql`alter table member add column number text`,
      sql`alter table member add column mobile ${int} not null default 0`,
      sql`alter table member add column left_reason text`,
      sql`alter table member add column certified_at ${int}`,
      sql`alter table member add column shows_party ${int} not null default 0`,
      sql`alter table member add column merged_into text references member`,
      sql`alter table member add column erased_at ${int}`,
      sql`create unique index member_number on member (number) where number is not null`,
      sql`create index member_unit on member (unit_id)`,
      sql`create table role_grant (id text primary key, member_id text not null references member,
        role text not null, unit_id text references unit, granted_by text not null, from_at ${int} not null,
        to_at ${int}, revoked_by text) ${end}`,
      sql`create unique index role_grant_now on role_grant (member_id, role, coalesce(unit_id, ''))
        where to_at is null`,
    );

    await run(
      sql`alter table identity add column confirmed ${int} not null default 0`,
      sql`alter table identity add column closed_why text`,
      sql`alter table identity add column continues text references identity`,
      sql`update identity set confirmed = 1 where how = 'seed'`,
      sql`create table certify_code (id text primary key, member_id text not null references member,
        salt text not null, hash text not null, issued_by text not null, issued_at ${int} not null,
        expires_at ${int} not null, used_at ${int}, revoked_at ${int}) ${end}`,
      sql`create unique index certify_code_live on certify_code (member_id)
        where used_at is null and revoked_at is null`,
      sql`create table certification (id text primary key, no ${int} not null unique, account text not null,
        contact_id text not null, asked_by text not null references member, claimed_name text not null,
        member_id text references member, unit_id text references unit, evidence text not null,
        state text not null, reason text, created_at ${int} not null, noticed_at ${int}, decided_at ${int},
        decided_by text) ${end}`,
      sql`create unique index certification_waiting on certification (account, contact_id)
        where state = 'waiting'`,
      sql`create index certification_tries on certification (account, contact_id, created_at)`,
      sql`create table attribution (id text primary key, kind text not null, fact_id text not null,
        from_member text not null references member, to_member text not null references member,
        cause text not null, at ${int} not null) ${end}`,
      sql`create index attribution_cause on attribution (cause)`,
    );

    await run(
      sql`create table account_login (id text primary key, account text not null, at ${int} not null,
        listed_at ${int}, changed ${int} not null default 0) ${end}`,
      sql`create index account_login_last on account_login (account, at)`,
      sql`alter table chat_group add column state text not null default 'ok'`,
      sql`alter table chat_group add column seen_at ${int}`,
      sql`alter table group_member add column joined_at ${int}`,
      sql`alter table group_member add column own_name text`,
      sql`alter table group_member add column remark text`,
      sql`create table match_item (id text primary key, no ${int} not null unique, kind text not null,
        account text not null, group_id text references chat_group, member_id text references member,
        room_id text, contact_id text, score ${int} not null, reasons text not null, state text not null,
        created_at ${int} not null, decided_at ${int}, decided_by text) ${end}`,
      sql`create index match_item_waiting on match_item (account) where state = 'waiting'`,
      sql`create index message_held on message (account, room_id) where state = 'held'`,
    );

    await run(
      sql`create table friend_request (id text primary key, account text not null, channel_id text not null,
        contact_id text not null, state text not null, due_at ${int}, created_at ${int} not null,
        decided_at ${int}, unique (account, channel_id)) ${end}`,
      sql`create index friend_request_due on friend_request (due_at) where state = 'waiting'`,
      sql`create table group_invitation (id text primary key, no ${int} not null unique, account text not null,
        channel_id text not null, inviter_id text not null, topic text not null, state text not null,
        created_at ${int} not null, decided_at ${int}, decided_by text, unique (account, channel_id)) ${end}`,
      sql`create table greeted (account text not null, contact_id text not null, at ${int} not null,
        primary key (account, contact_id)) ${end}`,
      sql`create table tombstone (member_id text primary key, at ${int} not null, who text not null,
        applied_at ${int}) ${end}`,
      sql`alter table audit add column via text not null default ''`,
    );
    await run(...(dialect === 'sqlite' ? GUARD_SQLITE : GUARD_POSTGRES));
  },
};

/** Rows of the audit are never deleted, and of their columns only what was personal can be blanked. */
const BLANKED = `'"erased"'`;

const GUARD_SQLITE = [
  sql`create trigger audit_no_delete before delete on audit
    begin select raise(abort, 'audit rows are never deleted'); end`,
  sql`create trigger audit_no_update before update on audit
    when old.id is not new.id or old.at is not new.at or old.who is not new.who or old.what is not new.what
      or old.subject is not new.subject or old.via is not new.via
      or (new."before" is not old."before" and new."before" is not ${sql.raw(BLANKED)})
      or (new."after" is not old."after" and new."after" is not ${sql.raw(BLANKED)})
    begin select raise(abort, 'audit rows are never changed'); end`,
];

const GUARD_POSTGRES = [
  sql`create function audit_guard() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then raise exception 'audit rows are never deleted'; end if;
      if old.id is distinct from new.id or old.at is distinct from new.at or old.who is distinct from new.who
        or old.what is distinct from new.what or old.subject is distinct from new.subject
        or old.via is distinct from new.via
        or (new."before" is distinct from old."before" and new."before" is distinct from ${sql.raw(BLANKED)})
        or (new."after" is distinct from old."after" and new."after" is distinct from ${sql.raw(BLANKED)})
      then raise exception 'audit rows are never changed'; end if;
      return new;
    end $$`,
  sql`create trigger audit_guard before update or delete on audit
    for each row execute function audit_guard()`,
];
