/** Keys of programs, from a terminal. The key itself is shown once. */
import { isoInZone, parseDuration } from '../clock.ts';
import { UserError } from '../errors.ts';
import { getMemberByName } from '../people/members.ts';
import { issueToken, listTokens, revokeToken } from '../people/tokens.ts';
import { TERMINAL } from '../people/scope.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

interface CreateOptions extends Output {
  readonly member?: string;
  readonly scope?: string;
  readonly for?: string;
}

export const create = (name: string, options: CreateOptions): Promise<void> =>
  withDb(async (db, { zone, publicUrl }) => {
    const { scope = 'read', for: life = '90d' } = options;
    if (scope !== 'read' && scope !== 'write')
      throw new UserError(`--scope: expected read or write, got "${scope}"`);
    const lasts = parseDuration(life);
    if (lasts === undefined) throw new UserError(`--for: expected a duration like 90d, got "${life}"`);
    const memberId = options.member === undefined ? null : (await getMemberByName(db, options.member)).id;
    const made = await issueToken(db, { name, memberId, scope, life: lasts }, TERMINAL, Date.now());
    const expires = isoInZone(made.expiresAt, zone);
    printOne(
      { no: made.no, token: made.secret, scope, expires_at: expires },
      `${made.secret}\nkey ${made.no} for ${publicUrl}/api/v1, ${scope}, until ${expires}; it is shown this once`,
      options,
    );
  });

export const list = (output: Output): Promise<void> =>
  withDb(async (db, { zone }) => {
    const at = (instant: number | null) => (instant === null ? null : isoInZone(instant, zone));
    const rows = (await listTokens(db, Date.now())).map(
      ({ created_at: created, expires_at: expires, used_at: used, ...row }) => ({
        ...row,
        created_at: at(created),
        expires_at: at(expires),
        used_at: at(used),
      }),
    );
    printRows(rows, ['no', 'name', 'member', 'scope', 'expires_at', 'used_at'], output);
  });

export const revoke = (text: string, output: Output): Promise<void> =>
  withDb(async (db) => {
    if (!/^\d{1,9}$/.test(text)) throw new UserError(`expected a key's number, got "${text}"`);
    await revokeToken(db, Number(text), TERMINAL, Date.now());
    printOne({ revoked: Number(text) }, `key ${text} is ended`, output);
  });
