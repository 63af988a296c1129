/** What a schedule says of missed hours, holidays and months; what is folded into a digest; what the pace remembers. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const schedulePolicies: Migration = {
  name: '0004_schedule_policies',
  up: async (run, { int, end }) => {
    await run(
      sql`alter table schedule add column monthly text`,
      sql`alter table schedule add column days text not null default 'all'`,
      sql`alter table schedule add column misfire text not null default 'catch-up'`,
      sql`alter table schedule add column grace ${int} not null default 43200000`,
      sql`alter table schedule add column again ${int} not null default 0`,
    );

    await run(
      sql`create index audit_subject on audit (subject)`,
      sql`create table folded (delivery_id text primary key references delivery,
        group_id text not null references chat_group, title text not null, nominal_at ${int} not null,
        told_in text references delivery) ${end}`,
      sql`create index folded_group on folded (group_id, nominal_at)`,
    );

    await run(
      sql`create table spoken (id text primary key, account text not null, group_id text,
        answer ${int} not null, at ${int} not null) ${end}`,
      sql`create index spoken_account on spoken (account, at)`,
      sql`create index spoken_group on spoken (group_id, at) where answer = 0`,
      sql`create table account_pace (account text primary key, first_at ${int} not null,
        failures ${int} not null, opens ${int} not null, open_until ${int}, probe_at ${int}) ${end}`,
      // What was said before this table was there still counts towards the caps.
      sql`insert into spoken (id, account, group_id, answer, at)
        select delivery.id || ':' || delivery_part.seq, delivery.account, delivery.group_id,
          case when delivery.kind in ('reply', 'ack') then 1 else 0 end, delivery_part.sending_at
        from delivery_part join delivery on delivery.id = delivery_part.delivery_id
        where delivery_part.sending_at is not null`,
      sql`insert into account_pace (account, first_at, failures, opens)
        select account, min(at), 0, 0 from spoken group by account`,
    );
  },
};
