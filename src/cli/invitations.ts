/** Invitations of the account into groups, from a terminal. */
import { isoInZone } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { UserError } from '../errors.ts';
import { decideInvitation, listInvitations } from '../people/reach.ts';
import { TERMINAL } from '../people/scope.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

export const list = (output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const rows = (await listInvitations(db, TERMINAL)).map((row) => ({
      no: row.no,
      account: row.account,
      topic: row.topic,
      inviter: row.inviter_id,
      created_at: isoInZone(row.created_at, zone),
    }));
    printRows(rows, ['no', 'account', 'topic', 'inviter', 'created_at'], output);
  });

async function getNo(db: Db, text: string): Promise<number> {
  const found = (await listInvitations(db, TERMINAL)).find(({ no }) => String(no) === text);
  if (!found) throw new UserError(`no invitation waits under "${text}": see "weike invitation list"`);
  return found.no;
}

export const decide = (text: string, accepted: boolean, output: Output): Promise<void> =>
  withDb(async (db) => {
    const no = await getNo(db, text);
    const { topic } = await decideInvitation(db, no, accepted, TERMINAL, Date.now());
    const state = accepted ? 'accepting' : 'rejected';
    printOne(
      { no, topic, state },
      accepted ? `${topic}: the server joins within two minutes` : `${topic} is turned down`,
      output,
    );
  });
