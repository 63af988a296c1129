/** What came of each lesson that reached a group. */
import { addDays, startOfDay } from '../clock.ts';
import type { Db } from '../db/open.ts';
import type { Span } from './spans.ts';

export interface LessonCounts {
  /** Null where it asks nothing. */
  readonly window_id: string | null;
  readonly group_id: string | null;
  readonly topic: string;
  readonly title: string;
  readonly course: string;
  /** ms. */
  readonly sent_at: number;
  readonly members: number;
  readonly answers: number;
  readonly correct: number;
}

/** Of the groups, in the order of sending. */
export async function listLessonCounts(
  db: Db,
  span: Pick<Span, 'from' | 'to'>,
  groupIds: readonly string[],
  zone: string,
): Promise<LessonCounts[]> {
  const inside = new Set(groupIds);
  const sent = await db
    .selectFrom('delivery')
    .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .leftJoin('lesson_revision', 'lesson_revision.hash', 'delivery.hash')
    .leftJoin('quiz_window', 'quiz_window.delivery_id', 'delivery.id')
    .leftJoin('rollup_window', 'rollup_window.window_id', 'quiz_window.id')
    .select([
      'delivery.group_id',
      'delivery.sent_at',
      'delivery.content',
      'chat_group.topic',
      'lesson_revision.title',
      'lesson_revision.course',
      'quiz_window.id as window_id',
      'rollup_window.members',
      'rollup_window.answers',
      'rollup_window.correct',
    ])
    .where('delivery.kind', '=', 'lesson')
    .where('delivery.state', '=', 'sent')
    .where('delivery.sent_at', '>=', startOfDay(span.from, zone))
    .where('delivery.sent_at', '<', startOfDay(addDays(span.to, 1), zone))
    .orderBy('delivery.sent_at')
    .orderBy('delivery.no')
    .execute();
  return sent
    .filter((row) => inside.has(row.group_id ?? ''))
    .map((row) => ({
      window_id: row.window_id,
      group_id: row.group_id,
      topic: row.topic,
      title: row.title ?? row.content,
      course: row.course ?? '',
      sent_at: row.sent_at ?? 0,
      members: Number(row.members ?? 0),
      answers: Number(row.answers ?? 0),
      correct: Number(row.correct ?? 0),
    }));
}
