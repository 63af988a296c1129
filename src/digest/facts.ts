/** The facts that people made, one row each, as exports and programs read them. */
import { isoInZone } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { sql, type SqlBool } from '../db/sql.ts';
import { type Actor, unitInScope } from '../people/scope.ts';

export interface FactQuery {
  readonly groupId?: string;
  readonly memberId?: string;
  readonly windowId?: string;
  /** ms, by when it was written; the end isn't in it. */
  readonly from: number;
  readonly to: number;
  /** Only what comes after that place. */
  readonly after?: Place;
  readonly limit?: number;
}

/** Where a fact stands in the order of writing. */
export interface Place {
  /** ms. */
  readonly at: number;
  readonly id: string;
}

/** The rows, and the place of the last. */
export interface Facts<Row> {
  readonly rows: readonly Row[];
  readonly last?: Place;
}

export const ANSWER_COLUMNS = [
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
] as const;

export const CHECKIN_COLUMNS = [
  'message_id',
  'group',
  'member_id',
  'member',
  'day',
  'note',
  'written_at',
  'makeup',
  'withdrawn',
] as const;

/** One row per question answered, in the groups of the actor's scope; `message_id` is the channel's own. */
export async function listAnswers(db: Db, actor: Actor, query: FactQuery, zone: string) {
  const { groupId, memberId, windowId, from, to, after, limit } = query;
  const rows = await db
    .selectFrom('answer')
    .innerJoin('message', 'message.id', 'answer.message_id')
    .innerJoin('chat_group', 'chat_group.id', 'answer.group_id')
    .innerJoin('member', 'member.id', 'answer.member_id')
    .innerJoin('quiz_window', 'quiz_window.id', 'answer.window_id')
    .select([
      'answer.id',
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
    .where(unitInScope(actor, 'chat_group.unit_id'))
    .$if(groupId !== undefined, (found) => found.where('answer.group_id', '=', groupId ?? ''))
    .$if(memberId !== undefined, (found) => found.where('answer.member_id', '=', memberId ?? ''))
    .$if(windowId !== undefined, (found) => found.where('answer.window_id', '=', windowId ?? ''))
    .$if(after !== undefined, (found) => found.where(isBehind('answer', after)))
    .orderBy('answer.written_at')
    .orderBy('answer.id')
    .$if(limit !== undefined, (found) => found.limit(limit ?? 0))
    .execute();
  return withLast(
    rows,
    rows.map((row) => ({
      message_id: row.message_id,
      group: row.group,
      member_id: row.member_id,
      member: row.member,
      lesson: row.lesson,
      question: row.question,
      value: row.value,
      correct: row.correct === 1,
      counted: row.counted === 1,
      written_at: isoInZone(row.written_at, zone),
      recorded_at: isoInZone(row.recorded_at, zone),
      score: row.score / 1_000,
      makeup: row.makeup === 1,
      withdrawn: row.withdrawn_at !== null,
    })),
  );
}

/** In the groups of the actor's scope; `message_id` is the channel's own. */
export async function listCheckins(db: Db, actor: Actor, query: FactQuery, zone: string) {
  const { groupId, memberId, from, to, after, limit } = query;
  const rows = await db
    .selectFrom('checkin')
    .innerJoin('message', 'message.id', 'checkin.message_id')
    .innerJoin('chat_group', 'chat_group.id', 'checkin.group_id')
    .innerJoin('member', 'member.id', 'checkin.member_id')
    .select([
      'checkin.id',
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
    .where(unitInScope(actor, 'chat_group.unit_id'))
    .$if(groupId !== undefined, (found) => found.where('checkin.group_id', '=', groupId ?? ''))
    .$if(memberId !== undefined, (found) => found.where('checkin.member_id', '=', memberId ?? ''))
    .$if(after !== undefined, (found) => found.where(isBehind('checkin', after)))
    .orderBy('checkin.written_at')
    .orderBy('checkin.id')
    .$if(limit !== undefined, (found) => found.limit(limit ?? 0))
    .execute();
  return withLast(
    rows,
    rows.map((row) => ({
      message_id: row.message_id,
      group: row.group,
      member_id: row.member_id,
      member: row.member,
      day: row.day,
      note: row.note,
      written_at: isoInZone(row.written_at, zone),
      makeup: row.makeup === 1,
      withdrawn: row.withdrawn_at !== null,
    })),
  );
}

/** Whether a row comes after that place in the order of writing. */
const isBehind = (table: 'answer' | 'checkin', { at, id }: Place = { at: 0, id: '' }) =>
  sql<SqlBool>`(${sql.ref(`${table}.written_at`)}, ${sql.ref(`${table}.id`)}) > (${at}, ${id})`;

function withLast<Row>(
  found: readonly { readonly written_at: number; readonly id: string }[],
  rows: readonly Row[],
): Facts<Row> {
  const last = found.at(-1);
  return last ? { rows, last: { at: last.written_at, id: last.id } } : { rows };
}
