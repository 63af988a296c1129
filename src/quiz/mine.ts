/** A member's own side of the quizzes: which windows are theirs to answer, what they gave, what they missed. */
import { DAY } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { readTree } from '../people/places.ts';
import { lineageIn } from '../people/tree.ts';
import type { QuizWindow } from './windows.ts';

/**
 * The enabled groups in which a member answers: those where one of their contacts sits; beside them the groups of
 * their unit, and of the units above it, of which no channel tells who is in them; all of these for a member who sits
 * nowhere.
 */
export async function groupsOfMember(db: Db, memberId: string): Promise<string[]> {
  const seats = await db
    .selectFrom('group_member')
    .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
    .innerJoin('identity', (join) =>
      join
        .onRef('identity.contact_id', '=', 'group_member.contact_id')
        .onRef('identity.account', '=', 'chat_group.account'),
    )
    .select('chat_group.id')
    .distinct()
    .where('identity.member_id', '=', memberId)
    .where('identity.closed_at', 'is', null)
    .where('group_member.left_at', 'is', null)
    .where('chat_group.enabled', '=', 1)
    .execute();
  const own = new Set(seats.map(({ id }) => id));
  const member = await db
    .selectFrom('member')
    .select(['unit_id', 'left_at'])
    .where('id', '=', memberId)
    .executeTakeFirst();
  const units =
    member && member.unit_id !== null && member.left_at === null
      ? lineageIn(await readTree(db), member.unit_id)
      : [];
  if (units.length === 0) return [...own];
  const ofUnits = await db
    .selectFrom('chat_group')
    .select(['id', 'unit_id'])
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('group_member')
            .select('group_member.group_id')
            .whereRef('group_member.group_id', '=', 'chat_group.id')
            .where('group_member.left_at', 'is', null),
        )
        .as('seated'),
    )
    .where('unit_id', 'in', units)
    .where('enabled', '=', 1)
    .execute();
  for (const { id, seated } of ofUnits) if (seats.length === 0 || !seated) own.add(id);
  return [...own];
}

/** The window, when it is one of theirs: any other is answered as if it weren't there. */
export async function findOwnWindow(
  db: Db,
  memberId: string,
  windowId: string,
): Promise<QuizWindow | undefined> {
  const groups = await groupsOfMember(db, memberId);
  if (groups.length === 0) return undefined;
  return await db
    .selectFrom('quiz_window')
    .selectAll()
    .where('id', '=', windowId)
    .where('group_id', 'in', groups)
    .executeTakeFirst();
}

/** Their windows that opened within so many days, the last first; of a lesson, or of all. */
export async function listOwnWindows(
  db: Db,
  memberId: string,
  { now, days, lessonId }: { readonly now: number; readonly days: number; readonly lessonId?: string },
): Promise<QuizWindow[]> {
  const groups = await groupsOfMember(db, memberId);
  if (groups.length === 0) return [];
  return await db
    .selectFrom('quiz_window')
    .selectAll()
    .where('group_id', 'in', groups)
    .where('opens_at', '<=', now)
    .where('opens_at', '>', now - days * DAY)
    .$if(lessonId !== undefined, (query) => query.where('lesson_id', '=', lessonId ?? ''))
    .orderBy('opens_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

export interface GivenAnswer {
  readonly question: number;
  /** In the letters of the lesson itself. */
  readonly value: string;
  readonly correct: boolean;
  readonly makeup: boolean;
  /** ms. */
  readonly writtenAt: number;
}

export interface Given {
  /** By question the one that counts. */
  readonly counted: ReadonlyMap<number, GivenAnswer>;
  /** By question how many were given in time, recalled ones left out. */
  readonly tries: ReadonlyMap<number, number>;
  /** Rows in all. */
  readonly rows: number;
}

/** What a member has answered in a window so far. */
export async function readGiven(db: Db, windowId: string, memberId: string): Promise<Given> {
  const rows = await db
    .selectFrom('answer')
    .select(['question', 'value', 'correct', 'counted', 'makeup', 'written_at', 'withdrawn_at'])
    .where('window_id', '=', windowId)
    .where('member_id', '=', memberId)
    .execute();
  const counted = rows
    .filter((row) => row.counted === 1)
    .map((row): GivenAnswer => ({
      question: row.question,
      value: row.value,
      correct: row.correct === 1,
      makeup: row.makeup === 1,
      writtenAt: row.written_at,
    }));
  const tries = new Map<number, number>();
  for (const { question, makeup, withdrawn_at: withdrawn } of rows)
    if (makeup === 0 && withdrawn === null) tries.set(question, (tries.get(question) ?? 0) + 1);
  return { counted: new Map(counted.map((one) => [one.question, one])), tries, rows: rows.length };
}

export interface Mistake {
  readonly window: QuizWindow;
  readonly question: number;
  readonly value: string;
  readonly writtenAt: number;
}

/** What they last got wrong, newest first; of closed quizzes only, since the others still keep their key. */
export async function listMistakes(db: Db, memberId: string, most: number): Promise<Mistake[]> {
  const rows = await db
    .selectFrom('answer')
    .innerJoin('quiz_window', 'quiz_window.id', 'answer.window_id')
    .selectAll('quiz_window')
    .select(['answer.question', 'answer.value', 'answer.written_at'])
    .where('answer.member_id', '=', memberId)
    .where('answer.counted', '=', 1)
    .where('answer.correct', '=', 0)
    .where('quiz_window.closed_at', 'is not', null)
    .orderBy('answer.written_at', 'desc')
    .orderBy('answer.question')
    .limit(most)
    .execute();
  return rows.map(({ question, value, written_at: writtenAt, ...window }) => ({
    window,
    question,
    value,
    writtenAt,
  }));
}
