/** Attempts, held deliveries, one revision once per group, approved revisions, signs of life, whose an account is. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const trustedDelivery: Migration = {
  name: '0003_trusted_delivery',
  up: async (run, { int, end }) => {
    await run(
      sql`alter table delivery add column again ${int} not null default 0`,
      sql`alter table delivery add column held_until ${int}`,
      sql`create unique index delivery_once on delivery (group_id, hash)
        where kind = 'lesson' and again = 0 and hash is not null
          and state not in ('failed', 'expired', 'skipped')`,
      sql`create index delivery_look on delivery (state, planned_at) where state in ('held', 'unknown', 'failed')`,
      sql`create table delivery_attempt (delivery_id text not null references delivery,
        attempt ${int} not null, epoch text not null, body_hash text not null, began_at ${int} not null,
        ended_at ${int}, outcome text, reason text, primary key (delivery_id, attempt)) ${end}`,
    );
    await run(
      sql`create table lesson_head (lesson_id text primary key, hash text not null references lesson_revision,
        since ${int} not null, withdrawn_at ${int}) ${end}`,
      sql`create table account_pulse (account text primary key, seen_at ${int} not null) ${end}`,
      sql`create table account_lease (account text primary key, instance text not null, epoch text not null,
        until ${int} not null) ${end}`,
    );
  },
};
