/** Longer digests: sums by month and by day, the span of each digest, rehearsals; notices ask to be read as bulletins do. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const longerDigests: Migration = {
  name: '0012_longer_digests',
  up: async (run, { dialect, int, end }) => {
    // Looked up by nothing but their keys: SQLite keeps the rows in the order of those.
    const byKey = dialect === 'sqlite' ? sql.raw('strict, without rowid') : end;
    await run(
      sql`drop index delivery_to_read`,
      sql`drop index delivery_bulletin`,
      sql`create index delivery_to_read on delivery (group_id, sent_at) where kind in ('brief', 'bulletin', 'notice')`,
      sql`create index delivery_bulletin on delivery (sent_at) where kind in ('bulletin', 'notice')`,
    );

    await run(
      sql`create table rollup_member_month (month text not null, member_id text not null references member,
        days ${int} not null, answers ${int} not null, correct ${int} not null, checkins ${int} not null,
        primary key (month, member_id)) ${byKey}`,
      sql`create table rollup_group_day (day text not null, group_id text not null references chat_group,
        learned ${int} not null, answers ${int} not null, correct ${int} not null, checkins ${int} not null,
        primary key (day, group_id)) ${byKey}`,
      sql`insert into rollup_member_month (month, member_id, days, answers, correct, checkins)
        select substr(day, 1, 7), member_id,
          count(distinct case when answers > 0 or checkins > 0 then day end),
          sum(answers), sum(correct), sum(checkins)
        from rollup_member_day group by substr(day, 1, 7), member_id`,
      sql`insert into rollup_group_day (day, group_id, learned, answers, correct, checkins)
        select day, group_id, count(case when answers > 0 or checkins > 0 then 1 end),
          sum(answers), sum(correct), sum(checkins)
        from rollup_member_day group by day, group_id`,
      // Who stood in a unit for a whole span, without a look at the rows.
      sql`create index member_place_span on member_place (unit_id, from_day, to_day, member_id)`,
      sql`create index delivery_lesson_sent on delivery (sent_at) where kind = 'lesson' and state = 'sent'`,
    );

    await run(
      sql`alter table delivery add column period text`,
      sql`create unique index delivery_digest_once on delivery (group_id, content, period)
        where kind = 'digest' and again = 0 and period is not null and group_id is not null
          and state not in ('failed', 'expired', 'skipped')`,
      sql`create table rehearsal (id text primary key, no ${int} not null unique,
        schedule_id text not null references schedule, nominal_at ${int} not null,
        author text not null references member, state text not null, words text,
        shown_at ${int} not null, decided_at ${int}, unique (schedule_id, nominal_at)) ${end}`,
      sql`create index rehearsal_author on rehearsal (author, nominal_at)`,
    );
  },
};
