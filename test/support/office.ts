/** A small county whose people talk to the bot in private, without channel and queue: what was answered is read from the ledger. */
import { openInbox } from '../../src/chat/inbox.ts';
import { handleNew, type HandlerParts } from '../../src/chat/handle.ts';
import type { Dialect } from '../../src/db/open.ts';
import type { Lesson } from '../../src/lessons/lesson.ts';
import { silentLog } from '../../src/log.ts';
import { testClock } from './clock.ts';
import { buildCounty } from './county.ts';
import { openTestDb } from './databases.ts';

const ZONE = 'Asia/Shanghai';

export interface OfficeOptions {
  readonly account?: string;
  readonly lessons?: readonly Lesson[];
  readonly linkBase?: string;
  readonly start?: string;
}

export async function openOffice(
  dialect: Dialect,
  {
    account = 'wechaty:county',
    lessons = [],
    linkBase = 'https://weike.example.cn',
    start = '2026-11-24T20:00:00+08:00',
  }: OfficeOptions = {},
) {
  const { db, close } = await openTestDb(dialect);
  const clock = testClock(start);
  const county = await buildCounty(db, { account, now: clock.now() - 1_000 });
  const inbox = openInbox(
    db,
    () => clock.now(),
    () => undefined,
  );
  const parts: HandlerParts = {
    db,
    log: silentLog,
    zone: ZONE,
    config: {
      zone: ZONE,
      channels: [],
      quietHours: { from: 22 * 60, to: 7 * 60 },
    },
    now: () => clock.now(),
    lessons: () => lessons,
    botNames: () => ['小课'],
    linkBase: () => (linkBase === '' ? undefined : linkBase),
  };
  let said = 0;

  return {
    db,
    clock,
    county,
    account,
    close,
    /** Says something in private and gives what the bot answers at once; `''` when it says nothing. */
    async tell(contactId: string, text: string, senderName = contactId): Promise<string> {
      said += 1;
      clock.advance(1);
      const id = `said-${said}`;
      await inbox.write({
        account,
        id,
        contactId,
        senderName,
        kind: 'text',
        text,
        mention: false,
        sentAt: clock.now(),
      });
      await handleNew(parts);
      const { id: messageId } = await db
        .selectFrom('message')
        .select('id')
        .where('channel_id', '=', id)
        .executeTakeFirstOrThrow();
      const answer = await db
        .selectFrom('delivery_part')
        .innerJoin('delivery', 'delivery.id', 'delivery_part.delivery_id')
        .select('body')
        .where('delivery.cause', '=', `reply:${messageId}`)
        .orderBy('seq')
        .execute();
      return answer.map(({ body }) => body).join('\n');
    },
  };
}

export type Office = Awaited<ReturnType<typeof openOffice>>;
