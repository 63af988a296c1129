/**
 * Handles what the inbox holds, in order of arrival. Each message is understood, recorded and marked as
 * handled in one transaction with the reply that it owes; a crash at any point leaves it to be handled again.
 */
import { type Db, inTransaction } from '../db/open.ts';
import type { MessageTable } from '../db/tables.ts';
import { planDeliveries } from '../delivery/ledger.ts';
import { reasonOf } from '../errors.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { findRevision } from '../lessons/revisions.ts';
import type { Log } from '../log.ts';
import { findGroup, type Group, recordSeat } from '../people/groups.ts';
import { memberOf } from '../people/members.ts';
import { type QuizWindow, windowAt } from '../quiz/windows.ts';
import { sayAck } from './acks.ts';
import { answerCommand } from './commands/index.ts';
import { type Intent, interpret } from './interpret.ts';
import { explainAsk } from './explain.ts';
import { recordIntent, type Recorded } from './record.ts';

export interface HandlerParts {
  readonly db: Db;
  readonly log: Log;
  readonly zone: string;
  readonly now: () => number;
  readonly lessons: () => readonly Lesson[];
  /** Names under which people mention the bot of an account. */
  readonly botNames: (account: string) => readonly string[];
  /** Base of links that may be given in that account's chats; absent where none may. */
  readonly linkBase: (account: string) => string | undefined;
}

/** Where and to whom a message belongs. */
export interface Scene {
  readonly group?: Group;
  readonly window?: QuizWindow;
  readonly lesson?: Lesson;
}

const BATCH = 100;

/** Handles everything that is new now. Gives how many messages that were. */
export async function handleNew(parts: HandlerParts): Promise<number> {
  let handled = 0;
  for (;;) {
    const rows = await parts.db
      .selectFrom('message')
      .selectAll()
      .where('state', '=', 'new')
      .orderBy('received_at')
      .orderBy('id')
      .limit(BATCH)
      .execute();
    if (rows.length === 0) return handled;
    await handleBatch(parts, rows);
    handled += rows.length;
  }
}

/** One transaction for the batch; when a message of it can't be handled, each gets one of its own. */
async function handleBatch(parts: HandlerParts, rows: readonly MessageTable[]): Promise<void> {
  try {
    await inTransaction(parts.db, async (trx) => {
      for (const row of rows) await handleMessage(parts, trx, row);
    });
    return;
  } catch (error) {
    if (rows.length === 1 && rows[0]) return await markFailed(parts, rows[0], error);
  }
  for (const row of rows) await handleBatch(parts, [row]);
}

async function markFailed(parts: HandlerParts, row: MessageTable, error: unknown): Promise<void> {
  parts.log.error({ message: row.id, reason: reasonOf(error) }, 'a message could not be handled');
  await parts.db
    .updateTable('message')
    .set({ state: 'failed', handled_at: parts.now(), intent: JSON.stringify({ failed: reasonOf(error) }) })
    .where('id', '=', row.id)
    .execute();
}

async function handleMessage(parts: HandlerParts, trx: Db, row: MessageTable): Promise<void> {
  const now = parts.now();
  const group = row.room_id === null ? undefined : await findGroup(trx, row.account, row.room_id);
  // Turned off since the message was written down: what it says is not read any more.
  const intent =
    row.room_id !== null && group?.enabled !== 1 ? NONE : await understand(parts, trx, row, group, now);
  await trx
    .updateTable('message')
    .set({ state: 'handled', handled_at: now, intent: JSON.stringify(intent) })
    .where('id', '=', row.id)
    .execute();
}

const NONE: Intent = { kind: 'none' };

async function understand(
  parts: HandlerParts,
  trx: Db,
  row: MessageTable,
  group: Group | undefined,
  now: number,
): Promise<Intent> {
  if (group) await recordSeat(trx, group.id, row.contact_id, row.sender_name);
  if (row.kind !== 'text' || !row.text) return NONE;
  const scene = await findScene(trx, row, group);
  const intent = interpret({
    quiz: (scene.lesson?.questions ?? []).map(({ type, options }) => ({ type, options: options.length })),
    where: group ? 'group' : 'dm',
    mention: row.mention === 1,
    text: row.text,
    botNames: parts.botNames(row.account),
  });
  if (intent.kind === 'none') return intent;
  const member = await memberOf(
    trx,
    { account: row.account, contactId: row.contact_id, nickname: row.sender_name },
    now,
  );
  const recorded = await recordIntent(trx, { row, member, intent, scene, zone: parts.zone, now });
  const reply = await replyTo(parts, trx, { row, intent, recorded, scene, memberId: member.id, now });
  if (reply) await oweReply(trx, row, group, reply, now);
  return intent;
}

/** The group it is about, and the quiz that was open there when it was written. */
async function findScene(trx: Db, row: MessageTable, group: Group | undefined): Promise<Scene> {
  const groupIds = group ? [group.id] : await groupsOfContact(trx, row.account, row.contact_id);
  const window = await windowAt(trx, groupIds, row.sent_at);
  const lesson = window && (await findRevision(trx, window.hash));
  return { ...(group ? { group } : {}), ...(window ? { window } : {}), ...(lesson ? { lesson } : {}) };
}

async function groupsOfContact(trx: Db, account: string, contactId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('group_member')
    .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
    .select('chat_group.id')
    .where('chat_group.account', '=', account)
    .where('chat_group.enabled', '=', 1)
    .where('group_member.contact_id', '=', contactId)
    .where('group_member.left_at', 'is', null)
    .execute();
  return rows.map((seat) => seat.id);
}

interface Replying {
  readonly row: MessageTable;
  readonly intent: Intent;
  readonly recorded: Recorded;
  readonly scene: Scene;
  readonly memberId: string;
  readonly now: number;
}

/** What to say at once. In a group answers and check-ins are acknowledged together, later. */
async function replyTo(parts: HandlerParts, trx: Db, replying: Replying): Promise<string | undefined> {
  const { row, intent, recorded, scene, memberId, now } = replying;
  if (intent.kind === 'command')
    return await answerCommand(intent.name, intent.rest, {
      db: trx,
      zone: parts.zone,
      now,
      memberId,
      lessons: parts.lessons(),
      ...(scene.group ? { group: scene.group } : {}),
      ...optional('linkBase', parts.linkBase(row.account)),
    });
  if (scene.group) return undefined;
  if (intent.kind === 'ask') return explainAsk(intent.why, scene.lesson);
  return sayAck(recorded);
}

const optional = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };

async function oweReply(
  trx: Db,
  row: MessageTable,
  group: Group | undefined,
  text: string,
  now: number,
): Promise<void> {
  await planDeliveries(
    trx,
    [
      {
        cause: `reply:${row.id}`,
        kind: 'reply',
        account: row.account,
        ...(group ? { groupId: group.id } : { contactId: row.contact_id }),
        plannedAt: now,
        parts: [{ kind: 'text', body: text }],
      },
    ],
    now,
  );
}
