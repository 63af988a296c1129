/** Who has not learned a group's last lesson. */
import type { Db } from '../db/open.ts';
import { nameInNickname } from '../people/nickname.ts';

export interface Unlearned {
  readonly title: string;
  /** When it reached the group, ms. */
  readonly sentAt: number;
  /** How many sit in the group, the bot left out. */
  readonly people: number;
  /** The names of those who neither answered its quiz nor checked in since, as they are called. */
  readonly missing: readonly string[];
}

/** Of the last lesson that was sent to the group; `undefined` when none was. */
export async function readUnlearned(db: Db, groupId: string): Promise<Unlearned | undefined> {
  const last = await db
    .selectFrom('delivery')
    .leftJoin('lesson_revision', 'lesson_revision.hash', 'delivery.hash')
    .leftJoin('quiz_window', 'quiz_window.delivery_id', 'delivery.id')
    .select(['delivery.content', 'delivery.sent_at', 'lesson_revision.title', 'quiz_window.id as windowId'])
    .where('delivery.group_id', '=', groupId)
    .where('delivery.kind', '=', 'lesson')
    .where('delivery.state', '=', 'sent')
    .orderBy('delivery.sent_at', 'desc')
    .orderBy('delivery.id', 'desc')
    .executeTakeFirst();
  if (last?.sent_at === undefined || last.sent_at === null) return undefined;
  const seats = await db
    .selectFrom('group_member')
    .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
    .leftJoin('identity', (join) =>
      join
        .onRef('identity.account', '=', 'chat_group.account')
        .onRef('identity.contact_id', '=', 'group_member.contact_id')
        .on('identity.closed_at', 'is', null),
    )
    .leftJoin('member', 'member.id', 'identity.member_id')
    .select(['group_member.name as nickname', 'member.id as memberId', 'member.name'])
    .where('group_member.group_id', '=', groupId)
    .where('group_member.left_at', 'is', null)
    .orderBy('group_member.name')
    .orderBy('group_member.contact_id')
    .execute();
  const learned = await readLearned(db, groupId, last.windowId, last.sent_at);
  const missing = seats
    .filter(({ memberId }) => memberId === null || !learned.has(memberId))
    .map(({ name, nickname }) => name ?? nameInNickname(nickname) ?? nickname);
  return { title: last.title ?? last.content, sentAt: last.sent_at, people: seats.length, missing };
}

async function readLearned(
  db: Db,
  groupId: string,
  windowId: string | null,
  since: number,
): Promise<Set<string>> {
  const answered =
    windowId === null
      ? []
      : await db
          .selectFrom('answer')
          .select('member_id')
          .distinct()
          .where('window_id', '=', windowId)
          .where('counted', '=', 1)
          .execute();
  const checkedIn = await db
    .selectFrom('checkin')
    .select('member_id')
    .distinct()
    .where('group_id', '=', groupId)
    .where('written_at', '>=', since)
    .execute();
  return new Set([...answered, ...checkedIn].map((row) => row.member_id));
}
