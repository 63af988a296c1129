/** What a member has done so far, from the rollups: told to themselves only. */
import type { Db } from '../db/open.ts';
import { countUnpublished } from '../quiz/answers.ts';

export interface OwnFigures {
  /** Local days on which they answered or checked in. */
  readonly days: number;
  readonly answers: number;
  /** Of `answers`, those in quizzes that are closed: of the others it isn't told yet what is right. */
  readonly told: number;
  /** Of `told`. */
  readonly correct: number;
  /** In tenths; what is due is settled by the caller first. */
  readonly tenths: number;
}

export async function readOwnFigures(db: Db, memberId: string): Promise<OwnFigures> {
  const sums = await db
    .selectFrom('rollup_member_day')
    .select(({ fn }) => [
      fn.sum<number | null>('answers').as('answers'),
      fn.sum<number | null>('correct').as('correct'),
      fn.count<number>('day').distinct().as('days'),
    ])
    .where('member_id', '=', memberId)
    .where((eb) => eb.or([eb('answers', '>', 0), eb('checkins', '>', 0)]))
    .executeTakeFirstOrThrow();
  const points = await db
    .selectFrom('point')
    .select(({ fn }) => fn.sum<number | null>('tenths').as('tenths'))
    .where('member_id', '=', memberId)
    .where('voided_at', 'is', null)
    .executeTakeFirstOrThrow();
  const open = await countUnpublished(db, memberId);
  const answers = Number(sums.answers ?? 0);
  return {
    days: Number(sums.days),
    answers,
    told: answers - open.answers,
    correct: Number(sums.correct ?? 0) - open.correct,
    tenths: Number(points.tenths ?? 0),
  };
}

export interface LearnedLesson {
  readonly windowId: string;
  readonly lessonId: string;
  /** As it was called then. */
  readonly title: string;
  readonly group: string;
  readonly answered: number;
  readonly correct: number;
  readonly makeup: boolean;
  /** Of the last answer that counts, ms. */
  readonly at: number;
  /** Whether the quiz still takes answers: what is right is kept until then. */
  readonly isOpen: boolean;
}

/** The lessons of which a member has answered anything, newest first. */
export async function listLearned(db: Db, memberId: string, most: number): Promise<LearnedLesson[]> {
  const rows = await db
    .selectFrom('answer')
    .innerJoin('quiz_window', 'quiz_window.id', 'answer.window_id')
    .innerJoin('chat_group', 'chat_group.id', 'quiz_window.group_id')
    .leftJoin('lesson_revision', 'lesson_revision.hash', 'quiz_window.hash')
    .select(({ fn }) => [
      'quiz_window.id as windowId',
      'quiz_window.lesson_id as lessonId',
      'quiz_window.closed_at as closedAt',
      'lesson_revision.title',
      'chat_group.topic as group',
      fn.countAll<number>().as('answered'),
      fn.sum<number>('answer.correct').as('correct'),
      fn.max('answer.makeup').as('makeup'),
      fn.max('answer.written_at').as('at'),
    ])
    .where('answer.member_id', '=', memberId)
    .where('answer.counted', '=', 1)
    .groupBy([
      'quiz_window.id',
      'quiz_window.lesson_id',
      'quiz_window.closed_at',
      'lesson_revision.title',
      'chat_group.topic',
    ])
    .orderBy('at', 'desc')
    .orderBy('quiz_window.id', 'desc')
    .limit(most)
    .execute();
  return rows.map((row) => ({
    windowId: row.windowId,
    lessonId: row.lessonId,
    title: row.title ?? row.lessonId,
    group: row.group,
    answered: Number(row.answered),
    correct: Number(row.correct),
    makeup: Number(row.makeup) === 1,
    at: Number(row.at),
    isOpen: row.closedAt === null,
  }));
}
