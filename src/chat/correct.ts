/**
 * A message that was understood wrongly, put right by a person: what it recorded is taken back, and what it should
 * have recorded is recorded as of the hour at which it was written. Both are new rows of the inbox that name the old
 * one; nothing is overwritten.
 */
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import type { MessageTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';
import { findGroup } from '../people/groups.ts';
import { type Member, memberOf } from '../people/members.ts';
import { type Actor, isInScope, notFound, scopedMembers } from '../people/scope.ts';
import type { Answers } from '../quiz/question.ts';
import { findWindow, lessonOf } from '../quiz/windows.ts';
import { answerWindow } from './answer.ts';
import { findScene, type Scene } from './handle.ts';
import { type Intent, interpret } from './interpret.ts';
import { recordIntent } from './record.ts';
import { withdrawMessage } from './withdraw.ts';

const LONGEST = 300;
const PREFIX = 'correction:';

/**
 * What was said in private is between its writer and the bot, except where it was recorded: an answer and a check-in
 * are facts of the member, for whoever answers for them to see and to put right. Practice is nobody's but theirs.
 */
export const recordedInPrivate = (db: Db, actor: Actor) =>
  db
    .selectFrom('message')
    .where('message.room_id', 'is', null)
    .where('message.kind', '=', 'text')
    .where('message.channel_id', 'not like', `${PREFIX}%`)
    .where((eb) =>
      eb.or(
        (['answer', 'checkin'] as const).map((fact) =>
          eb.exists(
            eb
              .selectFrom(fact)
              .select(`${fact}.id`)
              .whereRef(`${fact}.message_id`, '=', 'message.id')
              .where(`${fact}.member_id`, 'in', scopedMembers(db, actor).clearSelect().select('member.id')),
          ),
        ),
      ),
    );

/** By its id, in a group of the actor's scope, or recorded in private. Throws `NotFoundError`. */
export async function getScopedMessage(db: Db, actor: Actor, id: string): Promise<MessageTable> {
  const row = await db.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row || row.channel_id.startsWith(PREFIX)) throw notFound('message', id);
  const isSeen =
    row.room_id === null
      ? await recordedInPrivate(db, actor)
          .select('message.id')
          .where('message.id', '=', id)
          .executeTakeFirst()
      : isInScope(actor, (await findGroup(db, row.account, row.room_id))?.unit_id ?? null);
  if (!isSeen) throw notFound('message', id);
  return row;
}

/** What people made of a message since, the first first. */
export const listCorrections = (db: Db, id: string): Promise<MessageTable[]> =>
  db
    .selectFrom('message')
    .selectAll()
    .where('channel_id', '>=', `${PREFIX}${id}:`)
    .where('channel_id', '<', `${PREFIX}${id};`)
    .orderBy('id')
    .execute();

/**
 * Takes the message for `text` instead, as if its writer had said that then: `1A 2C`, `打卡`; empty for nothing.
 * Gives what was understood. Throws `UserError`, and changes nothing, where that is neither answer nor check-in.
 */
export async function correctMessage(
  db: Db,
  id: string,
  text: string,
  { actor, zone, now }: { readonly actor: Actor; readonly zone: string; readonly now: number },
): Promise<Intent> {
  return await inTransaction(db, async (trx) => {
    const row = await getScopedMessage(trx, actor, id);
    if (row.state !== 'handled') throw new UserError('这一条还没有处理完，过一会儿再改。');
    const before = await listCorrections(trx, id);
    const standing = before.findLast(({ kind }) => kind === 'text') ?? row;
    const said = text.normalize('NFC').trim();
    if ([...said].length > LONGEST) throw new UserError('太长了，写成 1A 2C 或 打卡 这样就好。');

    const no = before.length + 1;
    const recall = synthetic(row, {
      no,
      kind: 'recall',
      text: standing.channel_id,
      intent: { kind: 'none' },
      now,
    });
    await insert(trx, recall);
    await withdrawMessage(trx, recall, zone, now);
    const intent: Intent =
      said === '' ? { kind: 'none' } : await record(trx, row, said, no + 1, { zone, now });
    await appendAudit(trx, {
      at: now,
      who: actor.who,
      via: actor.via ?? '',
      what: 'message.correct',
      subject: row.id,
      before: standing.intent === null ? null : { kind: (JSON.parse(standing.intent) as Intent).kind },
      after: { kind: intent.kind },
    });
    return intent;
  });
}

async function record(
  trx: Db,
  row: MessageTable,
  said: string,
  no: number,
  { zone, now }: { readonly zone: string; readonly now: number },
): Promise<Intent> {
  const group = row.room_id === null ? undefined : await findGroup(trx, row.account, row.room_id);
  const known = row.room_id === null ? await findRecorded(trx, row) : undefined;
  const scene = known?.window ? known : await findScene(trx, row, group);
  const intent = interpret({
    quiz: (scene.lesson?.questions ?? []).map(({ type, options }) => ({ type, options: options.length })),
    where: group ? 'group' : 'dm',
    mention: true,
    text: said,
    botNames: [],
  });
  if (intent.kind === 'answer' && !scene.window)
    throw new UserError('他说这句话的时候没有开着的小测，不能记成答案。没有改动。');
  if (intent.kind !== 'answer' && intent.kind !== 'checkin')
    throw new UserError('没有看懂。写成 1A 2C 这样的答案，或 打卡；都不算就留空。没有改动。');
  const fixed = synthetic(row, { no, kind: 'text', text: said, intent, now });
  await insert(trx, fixed);
  const contact = { account: row.account, contactId: row.contact_id, nickname: row.sender_name };
  const member = known?.member ?? (await memberOf(trx, contact, now));
  if (known?.makeup && intent.kind === 'answer')
    await recordMakeup(trx, fixed, known, intent.answers, zone, now);
  else await recordIntent(trx, { row: fixed, member, intent, scene, zone, now });
  // Nobody said anything just now: there is nothing to acknowledge in the group.
  await trx
    .deleteFrom('ack_item')
    .where('message_id', '=', fixed.id)
    .where('delivery_id', 'is', null)
    .execute();
  return intent;
}

interface KnownScene extends Scene {
  readonly member: Member;
  /** Whether it made up for what was missed. */
  readonly makeup: boolean;
}

/**
 * Whose facts came of a private message, and of which quiz: the contact may be somebody else's by now, and of several
 * quizzes another may look like the one that was meant.
 */
async function findRecorded(trx: Db, row: MessageTable): Promise<KnownScene | undefined> {
  const ids = [row.id, ...(await listCorrections(trx, row.id)).map(({ id }) => id)];
  const answer = await trx
    .selectFrom('answer')
    .select(['window_id', 'member_id', 'makeup'])
    .where('message_id', 'in', ids)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  const checkin = await trx
    .selectFrom('checkin')
    .select('member_id')
    .where('message_id', 'in', ids)
    .executeTakeFirst();
  const memberId = answer?.member_id ?? checkin?.member_id;
  if (memberId === undefined) return undefined;
  const member = await trx
    .selectFrom('member')
    .selectAll()
    .where('id', '=', memberId)
    .executeTakeFirstOrThrow();
  const window = answer && (await findWindow(trx, answer.window_id));
  const lesson = window && (await lessonOf(trx, window));
  return {
    member,
    makeup: answer?.makeup === 1,
    ...(window ? { window } : {}),
    ...(lesson ? { lesson } : {}),
  };
}

async function recordMakeup(
  trx: Db,
  fixed: MessageTable,
  { window, lesson, member }: KnownScene,
  answers: Answers,
  zone: string,
  now: number,
): Promise<void> {
  if (!window || !lesson) return;
  const message = { messageId: fixed.id, memberId: member.id, writtenAt: fixed.sent_at, makeup: true };
  await answerWindow(trx, { window, lesson, message, answers, zone }, now);
}

function synthetic(
  row: MessageTable,
  {
    no,
    kind,
    text,
    intent,
    now,
  }: { no: number; kind: 'text' | 'recall'; text: string; intent: Intent; now: number },
): MessageTable {
  return {
    ...row,
    id: newId(),
    channel_id: `${PREFIX}${row.id}:${String(no).padStart(4, '0')}`,
    kind,
    text,
    mention: 0,
    received_at: now,
    state: 'handled',
    attempts: 0,
    try_at: null,
    intent: JSON.stringify(intent),
    handled_at: now,
  };
}

async function insert(trx: Db, row: MessageTable): Promise<void> {
  const written = await trx
    .insertInto('message')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!written) throw new UserError('这一条刚刚被别人改过，请再看一遍。');
}
