/**
 * Handles what the inbox holds, in order of arrival. Each message is understood, recorded and marked as
 * handled in one transaction with the reply that it owes; a crash at any point leaves it to be handled again.
 * A message that can't be handled is tried again a few times, later and later, and then given up for people to
 * see; while the database itself fails, nothing is counted against a message.
 */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';

import { MINUTE, SECOND } from '../clock.ts';
import { isDatabaseFault } from '../db/faults.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { MessageTable } from '../db/tables.ts';
import { planDeliveries } from '../delivery/ledger.ts';
import { reasonOf } from '../errors.ts';
import type { Lesson } from '../lessons/lesson.ts';
import type { Log } from '../log.ts';
import type { Passing } from '../passing.ts';
import { findGroup, type Group, recordSeat } from '../people/groups.ts';
import { findMemberOf } from '../people/identities.ts';
import { memberOf } from '../people/members.ts';
import { greetOnce, isStranger } from '../people/reach.ts';
import { readActorOf } from '../people/scope.ts';
import { findPrivateQuiz } from '../quiz/private.ts';
import { lessonOf, type QuizWindow, windowAt } from '../quiz/windows.ts';
import type { PaceConfig } from '../schedule/outlook.ts';
import { sayAck } from './acks.ts';
import type { DeskContext } from './commands/desk.ts';
import { answerCommand } from './commands/index.ts';
import { type DeskIntent, takeAtDesk, takeLoose } from './desk.ts';
import { type Intent, interpret } from './interpret.ts';
import { explainAsk } from './explain.ts';
import { answerPrivate, type Asked, readPrivateQuiz } from './private.ts';
import { noteReading } from './readings.ts';
import { STRANGER } from './reach.ts';
import { decideByChat, SHOWN } from './rehearsal.ts';
import { recordIntent, type Recorded } from './record.ts';
import { withdrawMessage } from './withdraw.ts';

export interface HandlerParts {
  readonly db: Db;
  readonly log: Log;
  readonly zone: string;
  /** What a plan has to fit. */
  readonly config: PaceConfig;
  readonly now: () => number;
  readonly lessons: () => readonly Lesson[];
  /** Names under which people mention the bot of an account. */
  readonly botNames: (account: string) => readonly string[];
  /** Base of links that may be given in that account's chats; absent where none may. */
  readonly linkBase: (account: string) => string | undefined;
  /** Awaited between two transactions, so that what must not wait for a backlog goes first. */
  readonly giveWay?: () => Promise<void>;
  readonly passing?: Passing;
}

/** Where and to whom a message belongs. */
export interface Scene {
  readonly group?: Group;
  readonly window?: QuizWindow;
  readonly lesson?: Lesson;
  /** What the writer is being asked in private; then the lesson is that. */
  readonly asked?: Asked;
}

/** How many rows are read at once. */
const BATCH = 100;
/** How long one transaction goes on taking messages, ms: the inbox and everybody else wait for as long. */
const SLICE = 8;

/** How long to wait after the first, second, … failure of a message, ms; after one more it is given up. */
export const TRIES_AFTER: readonly number[] = [SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE];

/**
 * Handles what is new at the time of the call. Gives how many messages that were. Rejects when the database
 * fails; what is left is for the next call.
 */
export async function handleNew(parts: HandlerParts): Promise<number> {
  const last = await parts.db
    .selectFrom('message')
    .select(['received_at', 'id'])
    .where('state', '=', 'new')
    .orderBy('received_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  let handled = 0;
  // What arrives meanwhile belongs to the next call: under a steady flood this one would never end.
  while (last) {
    const rows = await listDue(parts.db, last, parts.now());
    if (rows.length === 0) break;
    for (let at = 0; at < rows.length;) {
      at += await handleSlice(parts, rows.slice(at));
      // SQLite works within this turn of the event loop; the others need theirs.
      await turnOfTheLoop();
      await parts.giveWay?.();
    }
    handled += rows.length;
  }
  return handled;
}

const listDue = (db: Db, last: Pick<MessageTable, 'received_at' | 'id'>, now: number) =>
  db
    .selectFrom('message')
    .selectAll()
    .where('state', '=', 'new')
    .where((eb) => eb.or([eb('try_at', 'is', null), eb('try_at', '<=', now)]))
    .where((eb) =>
      eb.or([
        eb('received_at', '<', last.received_at),
        eb.and([eb('received_at', '=', last.received_at), eb('id', '<=', last.id)]),
      ]),
    )
    .orderBy('received_at')
    .orderBy('id')
    .limit(BATCH)
    .execute();

/**
 * One transaction for as many of the rows, from the first on, as fit in a slice of time; when a message of it
 * can't be handled, each gets a transaction of its own. Gives how many were dealt with.
 */
async function handleSlice(parts: HandlerParts, rows: readonly MessageTable[]): Promise<number> {
  let taken = 0;
  try {
    await inTransaction(parts.db, async (trx) => {
      const until = performance.now() + SLICE;
      do {
        const row = rows[taken];
        if (!row) break;
        taken += 1;
        await handleMessage(parts, trx, row);
      } while (performance.now() < until);
    });
  } catch (error) {
    if (isDatabaseFault(error)) throw error;
    for (const row of rows.slice(0, taken)) await handleAlone(parts, row);
  }
  return taken;
}

async function handleAlone(parts: HandlerParts, row: MessageTable): Promise<void> {
  try {
    await inTransaction(parts.db, (trx) => handleMessage(parts, trx, row));
  } catch (error) {
    if (error instanceof HandledElsewhere) return;
    if (isDatabaseFault(error)) throw error;
    await putOff(parts, row, error);
  }
}

/** Notes a failure. Rejects when that can't be written down either: then the message isn't to blame. */
async function putOff(parts: HandlerParts, row: MessageTable, error: unknown): Promise<void> {
  const now = parts.now();
  const attempts = row.attempts + 1;
  const wait = TRIES_AFTER[row.attempts];
  const isGivenUp = wait === undefined;
  await parts.db
    .updateTable('message')
    .set(
      isGivenUp
        ? {
            state: 'failed',
            attempts,
            handled_at: now,
            intent: JSON.stringify({ kind: 'failed', reason: reasonOf(error) }),
          }
        : { attempts, try_at: now + wait },
    )
    .where('id', '=', row.id)
    .where('state', '=', 'new')
    .execute();
  parts.log.error(
    { message: row.id, attempts, reason: reasonOf(error) },
    isGivenUp ? 'a message could not be handled and is given up' : 'a message could not be handled yet',
  );
}

/** Gives what was given up one more chance: a newer version may know better. Gives how many there are. */
export async function retryFailed(db: Db): Promise<number> {
  const failed = await db
    .updateTable('message')
    .set({ state: 'new', attempts: TRIES_AFTER.length, try_at: null, handled_at: null, intent: null })
    .where('state', '=', 'failed')
    .returning('id')
    .execute();
  return failed.length;
}

async function handleMessage(parts: HandlerParts, trx: Db, row: MessageTable): Promise<void> {
  const now = parts.now();
  const group = row.room_id === null ? undefined : await findGroup(trx, row.account, row.room_id);
  // Turned off since the message was written down: what it says is not read any more.
  const intent =
    row.room_id !== null && group?.enabled !== 1 ? NONE : await understand(parts, trx, row, group, now);
  const mine = await trx
    .updateTable('message')
    .set({ state: 'handled', handled_at: now, ...keptOf(intent) })
    .where('id', '=', row.id)
    .where('state', '=', 'new')
    .returning('id')
    .executeTakeFirst();
  if (!mine) throw new HandledElsewhere();
  await parts.passing?.('before-handled');
}

/** Another process on the same database was faster: what was done here is rolled back. */
class HandledElsewhere extends Error {
  override name = 'HandledElsewhere';
}

/** What stays of a message: of who somebody says they are, and of a code, only that they said it. */
function keptOf(intent: Intent | DeskIntent) {
  if (intent.kind === 'command' && intent.name === 'bind')
    return { intent: JSON.stringify({ ...intent, rest: '' }), text: null };
  const isSecret = intent.kind === 'desk' && intent.name === 'desk';
  return { intent: JSON.stringify(intent), ...(isSecret ? { text: null } : {}) };
}

const NONE: Intent = { kind: 'none' };
const READ: Intent = { kind: 'command', name: 'read', rest: '' };
const REHEARSED: Intent = { kind: 'command', name: 'rehearse', rest: '' };

async function understand(
  parts: HandlerParts,
  trx: Db,
  row: MessageTable,
  group: Group | undefined,
  now: number,
): Promise<Intent | DeskIntent> {
  if (group) await recordSeat(trx, group.id, row.contact_id, row.sender_name);
  if (row.kind === 'recall') await withdrawMessage(trx, row, parts.zone, now);
  if (row.kind !== 'text' || !row.text) return NONE;
  if (group && (await noteReading(trx, row, group, now))) return READ;
  const contact = { account: row.account, contactId: row.contact_id };
  const isForeign = !group && (await isStranger(trx, contact));
  const decided = group || isForeign ? undefined : await decideByChat(trx, row, parts.lessons(), now);
  if (decided !== undefined) {
    if (decided !== SHOWN) await oweReply(trx, row, group, decided, now);
    return REHEARSED;
  }
  const desk = group || isForeign ? undefined : await openDesk(parts, trx, row, now);
  const taken = desk && (await takeAtDesk(row.text, desk));
  if (taken) {
    await oweReply(trx, row, group, taken.reply, now);
    return taken.intent;
  }
  const asked = group ? undefined : await findAsked(trx, row);
  const found = await findScene(trx, row, group);
  const scene: Scene = asked ? { asked, lesson: { ...found.lesson, ...asked.lesson } as Lesson } : found;
  const intent = interpret({
    quiz: (scene.lesson?.questions ?? []).map(({ type, options }) => ({ type, options: options.length })),
    where: group ? 'group' : 'dm',
    mention: row.mention === 1,
    text: row.text,
    botNames: parts.botNames(row.account),
  });
  const isClaim = intent.kind === 'command' && intent.name === 'bind';
  if (isForeign && !isClaim) {
    if (await greetOnce(trx, contact, now)) await oweReply(trx, row, group, STRANGER, now);
    return NONE;
  }
  const isUnclear = intent.kind === 'none' || (intent.kind === 'ask' && !scene.window && !scene.asked);
  const loose = desk && isUnclear ? await takeLoose(row.text, desk) : undefined;
  if (loose) {
    await oweReply(trx, row, group, loose.reply, now);
    return loose.intent;
  }
  if (intent.kind === 'none') return intent;
  const member = await memberOf(
    trx,
    { account: row.account, contactId: row.contact_id, nickname: row.sender_name },
    now,
  );
  if (intent.kind === 'answer' && scene.asked) {
    const answer = {
      memberId: member.id,
      messageId: row.id,
      writtenAt: row.sent_at,
      answers: intent.answers,
      zone: parts.zone,
    };
    const said = await answerPrivate(trx, scene.asked, answer, now);
    const marked = intent.checkin
      ? await recordIntent(trx, {
          row,
          member,
          intent: { kind: 'checkin', note: '' },
          scene: {},
          zone: parts.zone,
          now,
        })
      : undefined;
    const also = marked && sayAck(marked);
    await oweReply(trx, row, group, also === undefined ? said : `${said}\n${also}`, now);
    return intent;
  }
  const recorded = await recordIntent(trx, {
    row,
    member,
    intent,
    scene,
    zone: parts.zone,
    now,
    ...optional('linkBase', parts.linkBase(row.account)),
  });
  const reply = await replyTo(parts, trx, { row, intent, recorded, scene, memberId: member.id, now });
  if (reply) await oweReply(trx, row, group, reply, now);
  return intent;
}

/** What a private message may be to a secretary's desk. Nobody becomes anybody by being looked at. */
async function openDesk(parts: HandlerParts, trx: Db, row: MessageTable, now: number): Promise<DeskContext> {
  const contact = { account: row.account, contactId: row.contact_id };
  const member = await findMemberOf(trx, row.account, row.contact_id);
  const memberId = member?.id ?? '';
  return {
    db: trx,
    zone: parts.zone,
    config: parts.config,
    now,
    memberId,
    typed: row.text ?? '',
    messageId: row.id,
    writtenAt: row.sent_at,
    word: '',
    ...contact,
    actor: await readActorOf(trx, { ...contact, memberId }, now),
    lessons: parts.lessons(),
    ...optional('linkBase', parts.linkBase(row.account)),
  };
}

/** The group it is about, and the quiz that was open there when it was written. */
export async function findScene(trx: Db, row: MessageTable, group: Group | undefined): Promise<Scene> {
  const groupIds = group ? [group.id] : await groupsOfContact(trx, row.account, row.contact_id);
  const window = await windowAt(trx, groupIds, row.sent_at);
  const lesson = window && (await lessonOf(trx, window));
  return { ...(group ? { group } : {}), ...(window ? { window } : {}), ...(lesson ? { lesson } : {}) };
}

/** What somebody was being asked in private when they wrote. */
async function findAsked(trx: Db, row: MessageTable): Promise<Asked | undefined> {
  const member = await findMemberOf(trx, row.account, row.contact_id);
  const quiz = member && (await findPrivateQuiz(trx, member.id, row.sent_at));
  return quiz && (await readPrivateQuiz(trx, quiz));
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
  if (intent.kind === 'command') {
    const contact = { account: row.account, contactId: row.contact_id };
    return await answerCommand(intent.name, intent.rest, {
      db: trx,
      zone: parts.zone,
      now,
      memberId,
      ...contact,
      messageId: row.id,
      writtenAt: row.sent_at,
      typed: row.text ?? '',
      word: intent.word ?? '',
      actor: await readActorOf(trx, { ...contact, memberId }, now),
      lessons: parts.lessons(),
      ...(scene.group ? { group: scene.group } : {}),
      ...optional('linkBase', parts.linkBase(row.account)),
    });
  }
  if (scene.group) return undefined;
  if (recorded.elsewhere !== undefined) return recorded.elsewhere;
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
