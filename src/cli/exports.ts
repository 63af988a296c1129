/** Exports: one row a fact, RFC 4180 with a byte order mark, formulas made harmless. */
import { addDays, startOfDay } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/open.ts';
import { ANSWER_COLUMNS, CHECKIN_COLUMNS, listAnswers, listCheckins } from '../digest/facts.ts';
import { UserError } from '../errors.ts';
import { getGroupByKey } from '../people/groups.ts';
import { listMembers } from '../people/members.ts';
import { TERMINAL } from '../people/scope.ts';
import { toCsv } from '../sheets/csv.ts';
import { readDeliveries } from './deliveries.ts';
import { printJson, withDb } from './parts.ts';

interface Filter {
  readonly groupId?: string;
  /** ms; the end isn't in it. */
  readonly from: number;
  readonly to: number;
}

interface Export {
  readonly columns: readonly string[];
  readonly read: (db: Db, filter: Filter, config: Config) => Promise<readonly object[]>;
}

const EXPORTS: Readonly<Record<string, Export>> = {
  answers: {
    columns: ANSWER_COLUMNS,
    read: async (db, filter, { zone }) => (await listAnswers(db, TERMINAL, filter, zone)).rows,
  },
  checkins: {
    columns: CHECKIN_COLUMNS,
    read: async (db, filter, { zone }) => (await listCheckins(db, TERMINAL, filter, zone)).rows,
  },
  deliveries: {
    columns: ['no', 'id', 'group', 'kind', 'content', 'state', 'reason', 'planned_at', 'sent_at'],
    read: async (db, { groupId, from, to }, { zone }) =>
      await readDeliveries(db, zone, { from, to, ...(groupId === undefined ? {} : { groupId }) }),
  },
  members: { columns: ['id', 'name', 'unit', 'status'], read: (db) => listMembers(db) },
};

export const run = (what: string, given: Record<string, unknown>): Promise<void> =>
  withDb(async (db, config) => {
    const options = given as { format?: string; json?: boolean; from?: string; to?: string; group?: string };
    const wanted = Object.hasOwn(EXPORTS, what) ? EXPORTS[what] : undefined;
    if (!wanted) throw new UserError(`expected ${Object.keys(EXPORTS).join(', ')}, got "${what}"`);
    const format = options.json ? 'json' : options.format;
    if (format !== 'csv' && format !== 'json')
      throw new UserError(`--format: expected csv or json, got "${format ?? ''}"`);
    const groupId = options.group === undefined ? undefined : (await getGroupByKey(db, options.group)).id;
    const filter: Filter = {
      ...(groupId === undefined ? {} : { groupId }),
      from: options.from === undefined ? 0 : startOfDay(readDay('--from', options.from), config.zone),
      to:
        options.to === undefined
          ? Number.MAX_SAFE_INTEGER
          : startOfDay(addDays(readDay('--to', options.to), 1), config.zone),
    };
    const rows = await wanted.read(db, filter, config);
    if (format === 'json') printJson(rows);
    else process.stdout.write(toCsv(rows, wanted.columns));
  });

function readDay(option: string, text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && addDays(text, 0) === text) return text;
  throw new UserError(`${option}: expected a day like 2026-11-01, got "${text}"`);
}
