/** Who looked at which version of a question of the bank: where the county asks for two people, one isn't enough. */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const bankLooks: Migration = {
  name: '0027_bank_looks',
  up: async (run, { int, end }) => {
    await run(
      sql`create table bank_look (question_id text not null, version ${int} not null, who text not null,
        at ${int} not null, primary key (question_id, version, who),
        foreign key (question_id, version) references bank_version (question_id, version)) ${end}`,
    );
  },
};
