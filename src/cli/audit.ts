/** Who changed what, when and from where, from a terminal. */
import { addDays, isoInZone, startOfDay } from '../clock.ts';
import { readAudit } from '../db/audit.ts';
import type { Db } from '../db/open.ts';
import { UserError } from '../errors.ts';
import { toCsv } from '../sheets/csv.ts';
import { thingsBehind } from '../web/console/names.ts';
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
    const names = new Map([
      ...(await thingsBehind(
        db,
        rows.map(({ subject }) => subject),
      )),
      ...(await readNames(db, new Set(rows.flatMap(namedIn)))),
    ]);
    const shown = rows.map(({ id, at, who, what, subject, before, after, via }) => ({
      id,
      at: isoInZone(at, zone),
      who,
      name: names.get(who) ?? null,
      via,
      what,
      subject,
      about: names.get(subject) ?? null,
      before,
      after,
    }));
    if (options.json)
      return printJson(
        shown.map(({ before, after, ...row }) => ({ ...row, before: parse(before), after: parse(after) })),
      );
    if (options.csv) return void process.stdout.write(toCsv(shown, COLUMNS));
    const told = shown.map(({ before, after, ...row }) => ({
      ...row,
      before: readable(before, names),
      after: readable(after, names),
    }));
    printRows(told, ['at', 'who', 'name', 'via', 'what', 'about', 'before', 'after'], options);
  });

const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

const namedIn = ({ who, subject, before, after }: Told): string[] => [
  who,
  subject,
  ...(`${before ?? ''} ${after ?? ''}`.match(UUID) ?? []),
];

interface Told {
  readonly who: string;
  readonly subject: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Characters of what was before or after that a table shows; --json and --csv have all of it. */
const SHOWN = 120;

/** Names for ids, no quotes and braces, and no more than fits a table. */
function readable(json: string | null, names: ReadonlyMap<string, string>): string | null {
  if (json === null) return null;
  const text = json.replace(/[{}"]/g, '').replace(UUID, (id) => names.get(id) ?? id.slice(0, 8));
  const letters = [...text];
  return letters.length > SHOWN ? `${letters.slice(0, SHOWN).join('')}…` : text;
}

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
