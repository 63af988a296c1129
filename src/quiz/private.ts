/** What a member is asked in private: a quiz that they missed, or a card of their own. One at a time. */
import { DAY } from '../clock.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { PrivateQuizTable } from '../db/tables.ts';
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
 * The window that closed last in one of a member's groups, of which they answered nothing that counts, and which may
 * still be made up for there.
 */
export async function findMissedWindow(
  db: Db,
  memberId: string,
  now: number,
  makeupDays: (groupId: string) => Promise<number>,
): Promise<QuizWindow | undefined> {
  const windows = await db
    .selectFrom('quiz_window')
    .selectAll('quiz_window')
    .where('closes_at', '<=', now)
    .where('closes_at', '>', now - 60 * DAY)
    .where('group_id', 'in', (eb) =>
      eb
        .selectFrom('group_member')
        .innerJoin('identity', 'identity.contact_id', 'group_member.contact_id')
        .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
        .whereRef('chat_group.account', '=', 'identity.account')
        .select('group_member.group_id')
        .where('identity.member_id', '=', memberId)
        .where('identity.closed_at', 'is', null)
        .where('group_member.left_at', 'is', null)
        .where('chat_group.enabled', '=', 1),
    )
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
  for (const window of windows) {
    const allowed = days.get(window.group_id) ?? (await makeupDays(window.group_id));
    days.set(window.group_id, allowed);
    if (window.closes_at > now - allowed * DAY) return window;
  }
  return undefined;
}
