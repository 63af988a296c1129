/** Exports: one row a fact, RFC 4180 with a byte order mark, formulas made harmless. */
import { stringify } from 'csv-stringify/sync';

import { addDays, isoInZone, startOfDay } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/open.ts';
import { UserError } from '../errors.ts';
import { getGroupByKey } from '../people/groups.ts';
import { listMembers } from '../people/members.ts';
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
    columns: [
      'message_id',
      'group',
      'member_id',
      'member',
      'lesson',
      'question',
      'value',
      'correct',
      'counted',
      'written_at',
      'recorded_at',
      'score',
      'makeup',
      'withdrawn',
    ],
    read: readAnswers,
  },
  checkins: {
    columns: [
      'message_id',
      'group',
      'member_id',
      'member',
      'day',
      'note',
      'written_at',
      'makeup',
      'withdrawn',
    ],
    read: readCheckins,
  },
  deliveries: {
    columns: ['no', 'id', 'group', 'kind', 'content', 'state', 'reason', 'planned_at', 'sent_at'],
    read: async (db, { groupId, from, to }, { zone }) =>
      await readDeliveries(db, zone, { from, to, ...(groupId === undefined ? {} : { groupId }) }),
  },
  members: { columns: ['id', 'name', 'unit', 'status'], read: (db) => listMembers(db) },
};

/** `message_id` is the channel's own. */
async function readAnswers(db: Db, { groupId, from, to }: Filter, { zone }: Config) {
  let query = db
    .selectFrom('answer')
    .innerJoin('message', 'message.id', 'answer.message_id')
    .innerJoin('chat_group', 'chat_group.id', 'answer.group_id')
    .innerJoin('member', 'member.id', 'answer.member_id')
    .innerJoin('quiz_window', 'quiz_window.id', 'answer.window_id')
    .select([
      'message.channel_id as message_id',
      'chat_group.key as group',
      'answer.member_id',
      'member.name as member',
      'quiz_window.lesson_id as lesson',
      'answer.question',
      'answer.value',
      'answer.correct',
      'answer.counted',
      'answer.written_at',
      'answer.recorded_at',
      'answer.score',
      'answer.makeup',
      'answer.withdrawn_at',
    ])
    .where('answer.written_at', '>=', from)
    .where('answer.written_at', '<', to)
    .orderBy('answer.written_at')
    .orderBy('answer.id');
  if (groupId !== undefined) query = query.where('answer.group_id', '=', groupId);
  return (await query.execute()).map((row) => ({
    ...row,
    correct: row.correct === 1,
    counted: row.counted === 1,
    score: row.score / 1_000,
    makeup: row.makeup === 1,
    withdrawn: row.withdrawn_at !== null,
    written_at: isoInZone(row.written_at, zone),
    recorded_at: isoInZone(row.recorded_at, zone),
  }));
}

async function readCheckins(db: Db, { groupId, from, to }: Filter, { zone }: Config) {
  let query = db
    .selectFrom('checkin')
    .innerJoin('message', 'message.id', 'checkin.message_id')
    .innerJoin('chat_group', 'chat_group.id', 'checkin.group_id')
    .innerJoin('member', 'member.id', 'checkin.member_id')
    .select([
      'message.channel_id as message_id',
      'chat_group.key as group',
      'checkin.member_id',
      'member.name as member',
      'checkin.day',
      'checkin.note',
      'checkin.written_at',
      'checkin.makeup',
      'checkin.withdrawn_at',
    ])
    .where('checkin.written_at', '>=', from)
    .where('checkin.written_at', '<', to)
    .orderBy('checkin.written_at')
    .orderBy('checkin.id');
  if (groupId !== undefined) query = query.where('checkin.group_id', '=', groupId);
  return (await query.execute()).map((row) => ({
    ...row,
    written_at: isoInZone(row.written_at, zone),
    makeup: row.makeup === 1,
    withdrawn: row.withdrawn_at !== null,
  }));
}

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

/** RFC 4180 with a byte order mark; a cell that a spreadsheet would take for a formula begins with `'`. */
export const toCsv = (rows: readonly object[], columns: readonly string[]): string =>
  stringify([...rows], {
    header: true,
    columns: [...columns],
    bom: true,
    record_delimiter: 'windows',
    escape_formulas: true,
    cast: { boolean: (value) => String(value) },
  });
