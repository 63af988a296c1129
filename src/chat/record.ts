/** Turns what was understood into facts, their rollups, and what the next acknowledgement has to mention. */
import { recordCheckin, streakOf } from '../checkin/checkins.ts';
import { localDay } from '../clock.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { AckItemTable, MessageTable } from '../db/tables.ts';
import { addToMemberDays } from '../digest/rollups.ts';
import { homeGroupOf } from '../people/groups.ts';
import type { Member } from '../people/members.ts';
import { notePointsDue } from '../quiz/points-due.ts';
import type { Answers } from '../quiz/question.ts';
import { answerWindow } from './answer.ts';
import { explainAsk } from './explain.ts';
import type { Scene } from './handle.ts';
import type { Intent } from './interpret.ts';

export interface Recorded {
  readonly answered: readonly number[];
  /** Days in a row including today, when it was a check-in. */
  readonly streak?: number;
  /** Where answers are taken instead, when they aren't taken here: nothing of them was kept. */
  readonly elsewhere?: string;
}

export interface Recording {
  readonly row: MessageTable;
  readonly member: Member;
  readonly intent: Intent;
  readonly scene: Scene;
  readonly zone: string;
  readonly now: number;
  /** Base of links that may be given there; absent where none may. */
  readonly linkBase?: string;
}

export async function recordIntent(trx: Db, recording: Recording): Promise<Recorded> {
  const { intent, scene } = recording;
  const isCheckin = intent.kind === 'checkin' || (intent.kind === 'answer' && intent.checkin === true);
  const elsewhere = intent.kind === 'answer' || intent.kind === 'ask' ? sayElsewhere(recording) : undefined;
  const answered =
    intent.kind === 'answer' && elsewhere === undefined
      ? await recordAnswer(trx, recording, intent.answers)
      : [];
  const streak = isCheckin
    ? await recordMark(trx, recording, 'note' in intent ? (intent.note ?? '') : '')
    : undefined;
  if (scene.group && elsewhere !== undefined)
    await addAckItem(trx, recording, scene.group.id, 'elsewhere', elsewhere);
  else if (scene.group && intent.kind === 'ask')
    await addAckItem(trx, recording, scene.group.id, 'ask', explainAsk(intent.why, scene.lesson));
  return {
    answered,
    ...(streak === undefined ? {} : { streak }),
    ...(elsewhere === undefined ? {} : { elsewhere }),
  };
}

/** Where the group has its answers given, when it isn't here. */
function sayElsewhere({ scene: { window, group }, linkBase }: Recording): string | undefined {
  if (!window || window.mode === 'open' || (window.mode === 'private' && !group)) return undefined;
  const link = linkBase === undefined ? undefined : `${linkBase}/q/${window.id}`;
  if (window.mode === 'link') return `这次点链接作答${link === undefined ? '' : `：${link}`}`;
  return `这次的答案请私聊我，群里说的不算${link === undefined ? '' : `；也可以点 ${link}`}`;
}

async function recordAnswer(trx: Db, recording: Recording, answers: Answers): Promise<number[]> {
  const { row, member, scene, zone, now } = recording;
  const { window, lesson } = scene;
  if (!window || !lesson) return [];
  const message = { messageId: row.id, memberId: member.id, writtenAt: row.sent_at };
  const marked = await answerWindow(trx, { window, lesson, message, answers, zone }, now);
  if (scene.group) await addAckItem(trx, recording, scene.group.id, 'answer', '');
  return marked;
}

/** A check-in in a private chat counts for the group whose quiz is open, else for the first of the person's groups. */
async function recordMark(trx: Db, recording: Recording, note: string): Promise<number | undefined> {
  const { row, member, scene, zone, now } = recording;
  const groupId =
    scene.group?.id ?? scene.window?.group_id ?? (await homeGroupOf(trx, row.account, row.contact_id));
  if (groupId === undefined) return undefined;
  const day = localDay(row.sent_at, zone);
  const mark = { memberId: member.id, groupId, day, note, messageId: row.id, writtenAt: row.sent_at };
  const checkins = await recordCheckin(trx, mark, now);
  await addToMemberDays(trx, [{ groupId, memberId: member.id, day, answers: 0, correct: 0, checkins }]);
  await notePointsDue(trx, [{ groupId, memberId: member.id, day }]);
  const streak = await streakOf(trx, member.id, day);
  if (scene.group) await addAckItem(trx, recording, scene.group.id, 'checkin', String(streak));
  return streak;
}

async function addAckItem(
  trx: Db,
  { row, member, now }: Recording,
  groupId: string,
  kind: AckItemTable['kind'],
  detail: string,
): Promise<void> {
  await trx
    .insertInto('ack_item')
    .values({
      id: newId(),
      group_id: groupId,
      member_id: member.id,
      kind,
      detail,
      message_id: row.id,
      created_at: now,
      delivery_id: null,
    })
    .onConflict((conflict) => conflict.columns(['message_id', 'kind']).doNothing())
    .execute();
}
