/** Counts what is asked of the database: how many statements a page takes does not depend on who else is at work. */
import type { KyselyPlugin } from 'kysely';

import type { Db } from '../../src/db/open.ts';

export function countStatements() {
  let count = 0;
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      count += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return {
    /** The same database, with each of its statements counted. */
    through: (db: Db): Db => db.withPlugin(plugin),
    /** Since it was last asked. */
    take(): number {
      const taken = count;
      count = 0;
      return taken;
    },
  };
}
