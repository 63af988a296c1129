/** Who changed what, when and from where, from a terminal. */
import { addDays, isoInZone, startOfDay } from '../clock.ts';
import { readAudit } from '../db/audit.ts';
import type { Db } from '../db/open.ts';
import { UserError } from '../errors.ts';
import { toCsv } from '../sheets/csv.ts';
import { type Output, printJson, printRows, withDb } from './parts.ts';

const COLUMNS = ['at', 'who', 'name', 'via', 'what', 'subject', 'about', 'before', 'after'] as const;

export interface AuditOptions extends Output {
  readonly from?: string;
  readonly to?: string;
  readonly who?: string;
  readonly what?: string;
  readonly subject?: string;
  readonly limit?: string;
  readonly csv?: boolean;
}

function readDay(option: string, text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && addDays(text, 0) === text) return text;
  throw new UserError(`${option}: expected a day like 2026-11-01, got "${text}"`);
}

export const list = (options: AuditOptions): Promise<void> =>
  withDb(async (db, { zone }) => {
    const limit = Number(options.limit);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UserError(`--limit: expected a number, got "${options.limit ?? ''}"`);
    const rows = await readAudit(db, {
      limit,
      ...(options.from === undefined ? {} : { from: startOfDay(readDay('--from', options.from), zone) }),
      ...(options.to === undefined ? {} : { to: startOfDay(addDays(readDay('--to', options.to), 1), zone) }),
      ...(options.who === undefined ? {} : { who: await idsOf(db, options.who) }),
      ...(options.subject === undefined ? {} : { subject: await idsOf(db, options.subject) }),
      ...(options.what === undefined ? {} : { what: options.what }),
    });
    const names = await readNames(db, new Set(rows.flatMap(({ who, subject }) => [who, subject])));
    const shown = rows.map(({ id, at, who, what, subject, before, after, via }) => ({
      id,
      at: isoInZone(at, zone),
      who,
      name: names.get(who) ?? null,
      via,
      what,
      subject,
      about: names.get(subject) ?? null,
      before: options.json ? parse(before) : before,
      after: options.json ? parse(after) : after,
    }));
    if (options.json) return printJson(shown);
    if (options.csv) return void process.stdout.write(toCsv(shown, COLUMNS));
    printRows(shown, ['at', 'who', 'name', 'via', 'what', 'about', 'before', 'after'], options);
  });

const parse = (json: string | null): unknown => (json === null ? null : JSON.parse(json));

/** Whatever people call it: an id as it is, a member by name or number, a group by key, a unit by name. */
async function idsOf(db: Db, named: string): Promise<string[]> {
  const members = await db
    .selectFrom('member')
    .select('id')
    .where((eb) => eb.or([eb('name', '=', named), eb('number', '=', named)]))
    .execute();
  const groups = await db.selectFrom('chat_group').select('id').where('key', '=', named).execute();
  const units = await db.selectFrom('unit').select('id').where('name', '=', named).execute();
  return [named, ...[...members, ...groups, ...units].map(({ id }) => id)];
}

/** What people call the things behind ids. */
async function readNames(db: Db, ids: ReadonlySet<string>): Promise<Map<string, string>> {
  const all = [...ids];
  const names = new Map<string, string>();
  // Databases limit the parameters of a statement.
  for (let at = 0; at < all.length; at += 500) {
    const some = all.slice(at, at + 500);
    const members = await db.selectFrom('member').select(['id', 'name']).where('id', 'in', some).execute();
    const groups = await db
      .selectFrom('chat_group')
      .select(['id', 'topic as name'])
      .where('id', 'in', some)
      .execute();
    const units = await db.selectFrom('unit').select(['id', 'name']).where('id', 'in', some).execute();
    for (const { id, name } of [...members, ...groups, ...units]) names.set(id, name);
  }
  return names;
}
