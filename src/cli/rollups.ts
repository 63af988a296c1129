/** The rollups from a terminal: compared with the facts, or counted anew. */
import { rebuildRollups, verifyRollups } from '../digest/rebuild.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';
import { openProgress } from './progress.ts';

/** Gives 1 when a rollup isn't what the facts say. */
export const verify = (output: Output): Promise<number> =>
  withDb(async (db, { zone }) => {
    const bar = openProgress('comparing');
    const found = await verifyRollups(db, zone, { progress: bar.set });
    bar.close();
    const rows = found.map(({ table, key, kept, counted }) => ({
      table,
      key,
      kept: JSON.stringify(kept),
      counted: JSON.stringify(counted),
    }));
    if (output.json) printRows(found, [], output);
    else if (rows.length === 0) process.stdout.write('the rollups are what the facts say\n');
    else printRows(rows, ['table', 'key', 'kept', 'counted'], output);
    return found.length > 0 ? 1 : 0;
  });

export const rebuild = (output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const bar = openProgress('counting');
    const began = performance.now();
    await rebuildRollups(db, zone, bar.set);
    bar.close();
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    printOne({ seconds }, `the rollups are counted anew (${seconds} s)`, output);
  });
