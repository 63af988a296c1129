/** Turns what was understood into facts, their rollups, and what the next acknowledgement has to mention. */
import { recordCheckin, streakOf } from '../checkin/checkins.ts';
import { localDay } from '../clock.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { AckItemTable, MessageTable } from '../db/tables.ts';
import { addToMemberDays, addToWindow } from '../digest/rollups.ts';
import type { Lesson } from '../lessons/lesson.ts';
import type { Member } from '../people/members.ts';
import { type NewAnswer, recordAnswers } from '../quiz/answers.ts';
import { markAnswer } from '../quiz/mark.ts';
import type { Answers } from '../quiz/question.ts';
import { explainAsk } from './explain.ts';
import type { Scene } from './handle.ts';
import type { Intent } from './interpret.ts';

export interface Recorded {
  readonly answered: readonly number[];
  /** Days in a row including today, when it was a check-in. */
  readonly streak?: number;
}

export interface Recording {
  readonly row: MessageTable;
  readonly member: Member;
  readonly intent: Intent;
  readonly scene: Scene;
  readonly zone: string;
  readonly now: number;
}

export async function recordIntent(trx: Db, recording: Recording): Promise<Recorded> {
  const { intent, scene } = recording;
  const answered = intent.kind === 'answer' ? await recordAnswer(trx, recording, intent.answers) : [];
  const isCheckin = intent.kind === 'checkin' || (intent.kind === 'answer' && intent.checkin === true);
  const streak = isCheckin
    ? await recordMark(trx, recording, 'note' in intent ? (intent.note ?? '') : '')
    : undefined;
  if (scene.group && intent.kind === 'ask')
    await addAckItem(trx, recording, scene.group.id, 'ask', explainAsk(intent.why, scene.lesson));
  return { answered, ...(streak === undefined ? {} : { streak }) };
}

async function recordAnswer(trx: Db, recording: Recording, answers: Answers): Promise<number[]> {
  const { row, member, scene, zone, now } = recording;
  const { window, lesson } = scene;
  if (!window || !lesson) return [];
  const marked = markAll(lesson, answers);
  const message = { messageId: row.id, memberId: member.id, writtenAt: row.sent_at };
  const { members, lines } = await recordAnswers(trx, window, message, marked, now);
  await addToWindow(trx, window.id, { members, questions: lines });
  await addToMemberDays(
    trx,
    lines.map(({ writtenAt, answers, correct }) => ({
      groupId: window.group_id,
      memberId: member.id,
      day: localDay(writtenAt, zone),
      answers,
      correct,
      checkins: 0,
    })),
  );
  if (scene.group) await addAckItem(trx, recording, scene.group.id, 'answer', '');
  return marked.map(({ question }) => question);
}

function markAll(lesson: Lesson, answers: Answers): NewAnswer[] {
  return Object.entries(answers).flatMap(([no, value]) => {
    const question = lesson.questions[Number(no) - 1];
    if (!question) return [];
    const joined = question.type === 'text' ? value.join(' ') : value.join('');
    return [{ question: question.no, value: joined, correct: markAnswer(question, value) }];
  });
}

/** A check-in in a private chat counts for the group whose quiz is open, else for the first of the person's groups. */
async function recordMark(trx: Db, recording: Recording, note: string): Promise<number | undefined> {
  const { row, member, scene, zone, now } = recording;
  const groupId = scene.group?.id ?? scene.window?.group_id ?? (await homeGroup(trx, row));
  if (groupId === undefined) return undefined;
  const day = localDay(row.sent_at, zone);
  const mark = { memberId: member.id, groupId, day, note, messageId: row.id, writtenAt: row.sent_at };
  const checkins = await recordCheckin(trx, mark, now);
  await addToMemberDays(trx, [{ groupId, memberId: member.id, day, answers: 0, correct: 0, checkins }]);
  const streak = await streakOf(trx, member.id, day);
  if (scene.group) await addAckItem(trx, recording, scene.group.id, 'checkin', String(streak));
  return streak;
}

async function homeGroup(trx: Db, row: MessageTable): Promise<string | undefined> {
  const seat = await trx
    .selectFrom('group_member')
    .innerJoin('chat_group', 'chat_group.id', 'group_member.group_id')
    .select('chat_group.id')
    .where('chat_group.account', '=', row.account)
    .where('chat_group.enabled', '=', 1)
    .where('group_member.contact_id', '=', row.contact_id)
    .where('group_member.left_at', 'is', null)
    .orderBy('chat_group.created_at')
    .executeTakeFirst();
  return seat?.id;
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
