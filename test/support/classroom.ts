/** Groups with an open quiz and an inbox, without queue and channel: for tests of how messages are kept. */
import { newId } from '../../src/db/ids.ts';
import type { InboundMessage } from '../../src/channels/channel.ts';
import type { HandlerParts } from '../../src/chat/handle.ts';
import { HOUR } from '../../src/clock.ts';
import type { Db, Dialect } from '../../src/db/open.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import { parseLesson } from '../../src/lessons/parse.ts';
import { recordRevision } from '../../src/lessons/revisions.ts';
import { silentLog } from '../../src/log.ts';
import { recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { openWindow } from '../../src/quiz/windows.ts';
import { type TestClock, testClock } from './clock.ts';
import { openTestDb, type TestDb } from './databases.ts';

export const ACCOUNT = 'wechaty:county';
export const ZONE = 'Asia/Shanghai';

/** Right are 1B, 2AB and 3 对. */
export const SOURCE = `---
id: cunchu
title: 茉莉花茶怎么存
---

花茶最怕潮。

## 小测

1. 放在哪里？

   - [ ] 窗台
   - [x] 柜子

2. （多选）最怕什么？

   - [x] 潮
   - [x] 光
   - [ ] 低温

3. 不能和腊肉放一起。

   答案：对
`;

export interface Room {
  readonly roomId: string;
  readonly groupId: string;
  readonly windowId: string;
}

export interface Classroom {
  readonly db: Db;
  readonly config: TestDb['config'];
  readonly clock: TestClock;
  readonly parts: HandlerParts;
  /** A new enabled group with a quiz that is open from `opensAt` to `closesAt`. */
  openRoom(opensAt: number, closesAt: number): Promise<Room>;
  close(): Promise<void>;
}

export async function openClassroom(
  dialect: Dialect,
  start = '2026-11-24T20:00:00+08:00',
): Promise<Classroom> {
  const { db, config, close } = await openTestDb(dialect);
  const clock = testClock(start);
  const { lesson } = parseLesson(SOURCE, 'cunchu.md');
  if (!lesson) throw new Error('the lesson has a fault');
  await recordRevision(db, lesson, SOURCE, 'operator', clock.now());
  return {
    db,
    config,
    clock,
    parts: {
      db,
      log: silentLog,
      zone: ZONE,
      config: { zone: ZONE, channels: [] },
      now: () => clock.now(),
      lessons: () => [lesson],
      botNames: () => ['小课'],
      linkBase: () => undefined,
    },
    async openRoom(opensAt, closesAt) {
      const roomId = `${newId()}@chatroom`;
      const seen = { account: ACCOUNT, roomId, topic: '花茶支部群' };
      const group = await recordSeenGroup(db, seen, clock.now());
      await setGroupEnabled(db, group.key, true, 'test', clock.now());
      const [deliveryId = ''] = await planDeliveries(
        db,
        [
          {
            cause: `lesson:${roomId}`,
            kind: 'lesson',
            account: ACCOUNT,
            groupId: group.id,
            content: lesson.id,
            hash: lesson.hash,
            closeAfter: HOUR,
            plannedAt: opensAt,
          },
        ],
        clock.now(),
      );
      const { id: lessonId, hash } = lesson;
      await openWindow(db, { deliveryId, groupId: group.id, lessonId, hash, opensAt, closesAt });
      const window = await db
        .selectFrom('quiz_window')
        .select('id')
        .where('delivery_id', '=', deliveryId)
        .executeTakeFirstOrThrow();
      return { roomId, groupId: group.id, windowId: window.id };
    },
    close,
  };
}

let said = 0;

/** A text message with an id of its own. */
export function says(
  text: string,
  sentAt: number,
  given: Partial<InboundMessage> & { roomId?: string } = {},
): InboundMessage {
  said += 1;
  return {
    account: ACCOUNT,
    id: `said-${said}`,
    contactId: 'ann',
    senderName: '黄秀兰',
    kind: 'text',
    text,
    mention: false,
    sentAt,
    ...given,
  };
}

/**
 * All rollups in one order, to compare what was kept with what is counted anew. A row of zeros says the same as no
 * row.
 */
export const readRollups = async (db: Db) => ({
  days: (
    await db
      .selectFrom('rollup_member_day')
      .selectAll()
      .orderBy('group_id')
      .orderBy('day')
      .orderBy('member_id')
      .execute()
  ).filter(isSomething),
  months: (
    await db.selectFrom('rollup_member_month').selectAll().orderBy('member_id').orderBy('month').execute()
  ).filter(isSomething),
  unitMonths: (
    await db.selectFrom('rollup_unit_month').selectAll().orderBy('unit_id').orderBy('month').execute()
  ).filter(isSomething),
  groupDays: (
    await db.selectFrom('rollup_group_day').selectAll().orderBy('group_id').orderBy('day').execute()
  ).filter(isSomething),
  windows: await db.selectFrom('rollup_window').selectAll().orderBy('window_id').execute(),
  questions: await db
    .selectFrom('rollup_question')
    .selectAll()
    .orderBy('window_id')
    .orderBy('question')
    .execute(),
});

const isSomething = ({ answers, checkins }: { readonly answers: number; readonly checkins: number }) =>
  answers > 0 || checkins > 0;
