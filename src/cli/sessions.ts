/** Who is in the console, from a terminal; and a link for somebody whom the bot can't reach. */
import { isoInZone } from '../clock.ts';
import { UserError } from '../errors.ts';
import { getMemberByName } from '../people/members.ts';
import { isAtLeast, readActor } from '../people/scope.ts';
import {
  issueMemberLink,
  listSessions,
  readSessionNo,
  revokeSession,
  revokeSessionsOf,
} from '../people/sessions.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

export const list = (output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const rows = (await listSessions(db, Date.now())).map(
      ({ created_at: from, expires_at: until, ...row }) => ({
        ...row,
        created_at: isoInZone(from, zone),
        expires_at: isoInZone(until, zone),
      }),
    );
    printRows(rows, ['no', 'member', 'how', 'agent', 'created_at', 'expires_at'], output);
  });

/** By its number, or all of a member. */
export const revoke = (text: string | undefined, options: Output & { member?: string }): Promise<void> =>
  withDb(async (db) => {
    if ((text === undefined) === (options.member === undefined))
      throw new UserError('name a session by its number, or a member with --member; "weike session list"');
    const now = Date.now();
    if (options.member !== undefined) {
      const { id, name } = await getMemberByName(db, options.member);
      const revoked = await revokeSessionsOf(db, id, 'cli', 'cli', now);
      return printOne({ revoked }, `${name}: ${revoked} sessions ended`, options);
    }
    const no = readSessionNo(text ?? '');
    await revokeSession(db, no, 'cli', now);
    printOne({ revoked: 1 }, `session ${no} is ended`, options);
  });

export const loginLink = (named: string, output: Output): Promise<void> =>
  withDb(async (db, { publicUrl }) => {
    const member = await getMemberByName(db, named);
    const now = Date.now();
    if (!isAtLeast(await readActor(db, member.id, now), 'secretary'))
      throw new UserError(
        `${member.name} holds no role, the console has nothing for them: "weike role grant" first`,
      );
    const secret = await issueMemberLink(db, member.id, now, { unlimited: true });
    const url = `${publicUrl}/enter?t=${secret ?? ''}`;
    printOne({ url }, `${url}\nfor ${member.name}, works once, within ten minutes`, output);
  });
