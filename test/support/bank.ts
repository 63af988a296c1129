/** Groups whose quizzes draw from the bank, and members who answer them: without queue and channel. */
import { newId } from '../../src/db/ids.ts';
import { answerWindow } from '../../src/chat/answer.ts';
import { insertMessages } from '../../src/chat/inbox.ts';
import { HOUR } from '../../src/clock.ts';
import { type Db, inTransaction } from '../../src/db/open.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import { parseLesson } from '../../src/lessons/parse.ts';
import { recordRevision } from '../../src/lessons/revisions.ts';
import { recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { addMember } from '../../src/people/members.ts';
import { makeCards } from '../../src/quiz/practice.ts';
import { findWindow, lessonOf, markClosed, openWindow, type QuizWindow } from '../../src/quiz/windows.ts';

export const ZONE = 'Asia/Shanghai';

export const drawingLesson = (id: string, tag: string, count: number) => `---
id: ${id}
title: 抽题的课 ${id}
---

正文

## 小测

抽题：${tag} ${count}

1. 对不对？

   答案：对
`;

/** A window of a lesson that draws from the bank, in a group of its own unless one is given. */
export async function openDrawn(
  db: Db,
  { source, opensAt, groupId }: { source: string; opensAt: number; groupId?: string },
): Promise<QuizWindow> {
  const id = newId();
  const { lesson } = parseLesson(source, `${id}.md`);
  if (!lesson) throw new Error('the lesson has a fault');
  await recordRevision(db, lesson, source, 'operator', opensAt);
  let own = groupId;
  if (own === undefined) {
    const seen = { account: 'sandbox', roomId: `${id}@room`, topic: '抽题群' };
    const group = await recordSeenGroup(db, seen, opensAt);
    await setGroupEnabled(db, group.key, true, 'test', opensAt);
    own = group.id;
  }
  const [deliveryId = ''] = await planDeliveries(
    db,
    [
      {
        cause: `lesson:${id}`,
        kind: 'lesson',
        account: 'sandbox',
        groupId: own,
        content: lesson.id,
        hash: lesson.hash,
        closeAfter: HOUR,
        plannedAt: opensAt,
      },
    ],
    opensAt,
  );
  await db
    .updateTable('delivery')
    .set({ state: 'sent', sent_at: opensAt })
    .where('id', '=', deliveryId)
    .execute();
  return await openWindow(db, {
    deliveryId,
    groupId: own,
    lessonId: lesson.id,
    hash: lesson.hash,
    opensAt,
    closesAt: opensAt + HOUR,
  });
}

/** A member who practises. */
export async function addPupil(db: Db, name: string, now: number): Promise<string> {
  const { id } = await addMember(db, { name }, { who: 'test' }, now);
  await db
    .insertInto('consent')
    .values({ id: newId(), member_id: id, kind: 'practice', given_at: now, withdrawn_at: null })
    .execute();
  return id;
}

export interface Given {
  readonly memberId: string;
  readonly question: number;
  readonly value: string;
  /** ms. */
  readonly at: number;
  readonly isPrivate?: boolean;
}

/** An answer as if it were said in the group, or in private. */
export async function giveAnswer(
  db: Db,
  windowId: string,
  { memberId, question, value, at, isPrivate = false }: Given,
): Promise<void> {
  const channelId = newId();
  const { room_id: roomId } = await db
    .selectFrom('quiz_window')
    .innerJoin('chat_group', 'chat_group.id', 'quiz_window.group_id')
    .select('room_id')
    .where('quiz_window.id', '=', windowId)
    .executeTakeFirstOrThrow();
  const message = {
    account: 'sandbox',
    id: channelId,
    contactId: memberId,
    senderName: '某',
    kind: 'text' as const,
    text: `${question}${value}`,
    mention: false,
    sentAt: at,
    ...(isPrivate ? {} : { roomId }),
  };
  await insertMessages(db, [message], at);
  const { id: messageId } = await db
    .selectFrom('message')
    .select('id')
    .where('channel_id', '=', channelId)
    .executeTakeFirstOrThrow();
  await db
    .updateTable('message')
    .set({ state: 'handled', intent: JSON.stringify({ kind: 'answer', answers: { [question]: [value] } }) })
    .where('id', '=', messageId)
    .execute();
  await inTransaction(db, async (trx) => {
    const window = await findWindow(trx, windowId);
    const lesson = window && (await lessonOf(trx, window));
    if (!window || !lesson) throw new Error('no window');
    const answers = { [question]: /^[A-H]+$/.test(value) ? [...value] : [value] };
    await answerWindow(
      trx,
      { window, lesson, message: { messageId, memberId, writtenAt: at }, answers, zone: ZONE },
      at,
    );
  });
}

/** Its key is told: what was wrong becomes cards. */
export async function closeDrawn(db: Db, windowId: string, at: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    await markClosed(trx, windowId, at);
    const window = await findWindow(trx, windowId);
    if (window) await makeCards(trx, window, at);
  });
}
