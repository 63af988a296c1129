/**
 * Answers are looked up by time for exports, also those of one group. An index by group and time costs every
 * answer a page of its own to change, far from those of the others; one by time alone grows at its end.
 */
import { sql } from 'kysely';

import type { Migration } from './columns.ts';

export const answersByTime: Migration = {
  name: '0010_answers_by_time',
  up: async (run) => {
    await run(sql`drop index answer_group`, sql`create index answer_written on answer (written_at)`);
  },
};
