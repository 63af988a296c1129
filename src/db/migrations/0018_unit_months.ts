/**
 * Sums of units by month, so that a county's month costs as much as it has units and not as it has members: each
 * month of a member says into which unit's sums it went, which is the one where they stood for all of the month.
 */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const unitMonths: Migration = {
  name: '0018_unit_months',
  up: async (run, { dialect, int, end }) => {
    const byKey = dialect === 'sqlite' ? sql.raw('strict, without rowid') : end;
    await run(
      sql`alter table rollup_member_month add column unit_id text references unit`,
      sql`create index member_place_member on member_place (member_id, from_day, to_day, unit_id)`,
      sql`create index rollup_member_month_member on rollup_member_month (member_id, month)`,
      sql`create table rollup_unit_month (month text not null, unit_id text not null references unit,
        learned ${int} not null, answered ${int} not null, days ${int} not null, answers ${int} not null,
        correct ${int} not null, checkins ${int} not null, primary key (month, unit_id)) ${byKey}`,
      // No month has a day 32: a place holds for the whole month that begins on its first and ends behind its 31st.
      sql`update rollup_member_month set unit_id = (
        select min(unit_id) from member_place where member_place.member_id = rollup_member_month.member_id
          and from_day <= month || '-01' and (to_day is null or to_day > month || '-31'))`,
      sql`insert into rollup_unit_month (month, unit_id, learned, answered, days, answers, correct, checkins)
        select month, unit_id, count(case when days > 0 then 1 end), count(case when answers > 0 then 1 end),
          sum(days), sum(answers), sum(correct), sum(checkins)
        from rollup_member_month where unit_id is not null group by month, unit_id`,
    );
  },
};
