/** Two branches with a quiz each, their chat and the members' own pages, on either database: what is said beside what is tapped. */
import { newId } from '../../src/db/ids.ts';
import type { InboundMessage } from '../../src/channels/channel.ts';
import { handleNew } from '../../src/chat/handle.ts';
import { openInbox } from '../../src/chat/inbox.ts';
import { HOUR } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Dialect } from '../../src/db/open.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import type { Lesson } from '../../src/lessons/lesson.ts';
import { parseLesson } from '../../src/lessons/parse.ts';
import { recordRevision, setHead } from '../../src/lessons/revisions.ts';
import { silentLog } from '../../src/log.ts';
import { issueMemberLink, spendLoginToken } from '../../src/people/sessions.ts';
import { type Asking, openWindow } from '../../src/quiz/windows.ts';
import { closeDueWindows } from '../../src/schedule/closing.ts';
import { webParts } from '../../src/site.ts';
import { makeRoutes, openWeb } from '../../src/web/server.ts';
import { testClock } from './clock.ts';
import { buildCounty } from './county.ts';
import { openTestDb } from './databases.ts';

export const ZONE = 'Asia/Shanghai';
const ACCOUNT = 'sandbox';

/** Right are 1B, 2AB, 3错, 4密封, 5 95 and 6 BAC. */
export const ALL_KINDS = `---
id: quanke
title: 茉莉花茶怎么存
course: 网上卖货
order: 4
author: 编写组
---

花茶最怕**潮、光、异味**。

## 小测

1. 开封后最好怎么放？

   - [ ] 用保鲜袋包好
   - [x] 换成带胶圈的罐
   - [ ] 原袋夹住就行

   > 胶圈能密封。

2. （多选）花茶最怕哪几样？

   - [x] 潮
   - [x] 光
   - [ ] 低温

3. 茶叶可以和腊肉放一个柜子。

   答案：错

4. 保存花茶最要紧的两个字是____。

   答案：密封 | 密封保存

5. 一斤装几克？（填数）

   答案：500±5

6. （排序）发货前怎么做？

   - [ ] 装箱
   - [ ] 封口
   - [ ] 写单

   答案：BAC
`;

export interface Asked {
  readonly windowId: string;
  readonly lesson: Lesson;
  readonly opensAt: number;
  readonly closesAt: number;
}

export async function openLearnSite(dialect: Dialect, env: Readonly<Record<string, string>> = {}) {
  const test = await openTestDb(dialect);
  const { db } = test;
  const clock = testClock('2026-11-24T20:00:00+08:00');
  const config = readConfig({ PORT: '0', LOG_LEVEL: 'silent', ...env }, '/nowhere');
  const county = await buildCounty(db, { account: ACCOUNT, now: clock.now() - HOUR });
  const lessons: Lesson[] = [];
  const catalogue = () => ({
    lessons,
    faults: [],
    byId: new Map(lessons.map((lesson) => [lesson.id, lesson])),
    sources: new Map<string, string>(),
  });
  const app = { catalogue, tick: async () => undefined, restart: async () => undefined };
  const parts = webParts({ config, db, clock, log: silentLog, app, channels: [] }, async () => {
    throw new Error('nobody asks for the health');
  });
  const { app: routes, close: closeRoutes } = makeRoutes(parts);
  const base = new URL(config.publicUrl).origin;
  const host = new URL(base).host;
  const inbox = openInbox(
    db,
    () => clock.now(),
    () => undefined,
  );
  let said = 0;

  return {
    db,
    clock,
    county,
    parts,
    base,
    /** Opens a quiz of that lesson in a group. */
    async ask(
      groupId: string,
      {
        source = ALL_KINDS,
        open = 2 * HOUR,
        ...asking
      }: Partial<Asking> & { readonly source?: string; readonly open?: number } = {},
    ): Promise<Asked> {
      const { lesson } = parseLesson(source, 'selling/quanke.md');
      if (!lesson) throw new Error('the lesson has a fault');
      if (!lessons.some(({ id }) => id === lesson.id)) lessons.push(lesson);
      await recordRevision(db, lesson, source, 'operator', clock.now());
      await setHead(db, lesson.id, lesson.hash, clock.now());
      const opensAt = clock.now();
      const plan = {
        cause: `lesson:${newId()}`,
        kind: 'lesson',
        account: ACCOUNT,
        groupId,
        content: lesson.id,
        hash: lesson.hash,
        closeAfter: open,
        plannedAt: opensAt,
      } as const;
      const [deliveryId = ''] = await planDeliveries(db, [plan], opensAt);
      await db
        .updateTable('delivery')
        .set({ state: 'sent', sent_at: opensAt })
        .where('id', '=', deliveryId)
        .execute();
      const window = await openWindow(
        db,
        { deliveryId, groupId, lessonId: lesson.id, hash: lesson.hash, opensAt, closesAt: opensAt + open },
        { mode: 'open', attempts: 0, shuffle: false, ...asking },
      );
      return { windowId: window.id, lesson, opensAt, closesAt: window.closes_at };
    },
    /** Moves the clock and closes what is due. */
    async pass(ms: number) {
      clock.advance(ms);
      await closeDueWindows(db, clock.now());
    },
    /** Says something in a group, or in private, and handles it. Gives what is owed for it at once. */
    async says(contactId: string, text: string, roomId?: string): Promise<string> {
      said += 1;
      const message: InboundMessage = {
        account: ACCOUNT,
        id: `said-${said}`,
        contactId,
        senderName: contactId,
        kind: 'text',
        text,
        mention: false,
        sentAt: clock.now(),
        ...(roomId === undefined ? {} : { roomId }),
      };
      await inbox.write(message);
      await handleNew({
        db,
        log: silentLog,
        zone: ZONE,
        config: { zone: ZONE, channels: [] },
        now: () => clock.now(),
        lessons: () => lessons,
        botNames: () => ['小课'],
        linkBase: () => base,
      });
      const { id } = await db
        .selectFrom('message')
        .select('id')
        .where('channel_id', '=', message.id)
        .executeTakeFirstOrThrow();
      const row = await db
        .selectFrom('delivery_part')
        .innerJoin('delivery', 'delivery.id', 'delivery_part.delivery_id')
        .select('delivery_part.body')
        .where('delivery.cause', '=', `reply:${id}`)
        .executeTakeFirst();
      return row?.body ?? '';
    },
    /** The cookie of a member's new session. */
    async signIn(memberId: string): Promise<string> {
      const secret = (await issueMemberLink(db, memberId, clock.now(), { unlimited: true })) ?? '';
      const opened = await spendLoginToken(db, secret, clock.now());
      return `weike_session=${opened?.session ?? ''}`;
    },
    async get(path: string, cookie = '', headers: Record<string, string> = {}) {
      return await routes.request(`${base}${path}`, { headers: { host, cookie, ...headers } });
    },
    async post(
      path: string,
      fields: readonly (readonly [string, string])[],
      cookie = '',
      headers: Record<string, string> = {},
    ) {
      return await routes.request(`${base}${path}`, {
        method: 'POST',
        headers: {
          host,
          origin: base,
          cookie,
          'content-type': 'application/x-www-form-urlencoded',
          ...headers,
        },
        body: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString(),
      });
    },
    /** What counts and what doesn't of a member's answers. */
    answers: (memberId: string) =>
      db
        .selectFrom('answer')
        .select(['question', 'value', 'correct', 'score', 'counted', 'makeup'])
        .where('member_id', '=', memberId)
        .orderBy('question')
        .orderBy('written_at')
        .orderBy('id')
        .execute(),
    /** Listens on a real port. */
    listen: () => openWeb(parts),
    async close() {
      closeRoutes();
      await test.close();
    },
  };
}

export type LearnSite = Awaited<ReturnType<typeof openLearnSite>>;
