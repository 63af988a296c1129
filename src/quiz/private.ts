/** What a member is asked in private: a quiz that they missed, or a card of their own. One at a time. */
import { DAY } from '../clock.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { PrivateQuizTable } from '../db/tables.ts';
import { readPolicy } from '../people/policies.ts';
import { groupsOfMember } from './mine.ts';
import type { QuizWindow } from './windows.ts';

export type PrivateQuiz = PrivateQuizTable;

/** Asked and not answered for so long, it is asked no more. */
const LIFE = DAY;

export interface NewPrivateQuiz {
  readonly memberId: string;
  readonly kind: PrivateQuiz['kind'];
  readonly windowId?: string;
  readonly cardId?: string;
}

/** Opens it; what was open before is closed. */
export async function openPrivateQuiz(db: Db, opened: NewPrivateQuiz, now: number): Promise<void> {
  await db
    .updateTable('private_quiz')
    .set({ closed_at: now })
    .where('member_id', '=', opened.memberId)
    .where('closed_at', 'is', null)
    .execute();
  await db
    .insertInto('private_quiz')
    .values({
      id: newId(),
      member_id: opened.memberId,
      kind: opened.kind,
      window_id: opened.windowId ?? null,
      card_id: opened.cardId ?? null,
      opened_at: now,
      expires_at: now + LIFE,
      closed_at: null,
    })
    .execute();
}

/** What was open for a member at that instant. */
export const findPrivateQuiz = (db: Db, memberId: string, at: number): Promise<PrivateQuiz | undefined> =>
  db
    .selectFrom('private_quiz')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('closed_at', 'is', null)
    .where('expires_at', '>', at)
    .executeTakeFirst();

export async function closePrivateQuiz(db: Db, id: string, now: number): Promise<void> {
  await db.updateTable('private_quiz').set({ closed_at: now }).where('id', '=', id).execute();
}

/**
 * The windows that closed in a member's groups, of which they answered nothing that counts, and which may still be
 * made up for there; the last first.
 */
export async function listMissedWindows(db: Db, memberId: string, now: number): Promise<QuizWindow[]> {
  const groups = await groupsOfMember(db, memberId);
  if (groups.length === 0) return [];
  const windows = await db
    .selectFrom('quiz_window')
    .selectAll('quiz_window')
    .where('closes_at', '<=', now)
    .where('closes_at', '>', now - 60 * DAY)
    .where('group_id', 'in', groups)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('answer')
            .select('answer.id')
            .whereRef('answer.window_id', '=', 'quiz_window.id')
            .where('answer.member_id', '=', memberId)
            .where('answer.counted', '=', 1),
        ),
      ),
    )
    .orderBy('closes_at', 'desc')
    .limit(50)
    .execute();
  const days = new Map<string, number>();
  for (const groupId of new Set(windows.map((window) => window.group_id)))
    days.set(groupId, await readPolicy(db, 'makeup-days', { groupId }));
  return windows.filter((window) => window.closes_at > now - (days.get(window.group_id) ?? 0) * DAY);
}
