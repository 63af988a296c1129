/** Groups and people that weren't recognised with certainty after a login, from a terminal. */
import { isoInZone } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { factMover } from '../digest/follow.ts';
import { UserError } from '../errors.ts';
import { acceptMatch, listMatches, rejectMatch } from '../people/matching.ts';
import { TERMINAL } from '../people/scope.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

export const list = (output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const rows = (await listMatches(db, TERMINAL)).map((row) => ({
      ...row,
      created_at: isoInZone(row.created_at, zone),
    }));
    const columns = ['no', 'kind', 'account', 'group', 'topic', 'candidate', 'score', 'reasons'];
    printRows(rows, columns, output);
  });

async function getNo(db: Db, no: string): Promise<number> {
  const found = (await listMatches(db, TERMINAL)).find((row) => String(row.no) === no);
  if (!found) throw new UserError(`nothing waits under "${no}": see "weike match list"`);
  return found.no;
}

export const accept = (text: string, output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const no = await getNo(db, text);
    await acceptMatch(db, no, TERMINAL, factMover(zone), Date.now());
    printOne({ no, state: 'accepted' }, `${no} is accepted: everything goes on as before`, output);
  });

export const reject = (text: string, output: Output): Promise<void> =>
  withDb(async (db) => {
    const no = await getNo(db, text);
    await rejectMatch(db, no, TERMINAL, Date.now());
    printOne({ no, state: 'rejected' }, `${no} is rejected`, output);
  });
