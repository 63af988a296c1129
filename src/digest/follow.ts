/**
 * What somebody did follows them when it turns out who they are. Facts are kept by the message that they came
 * in, so what a contact did is known for ever; whose it is may be learned later. Each fact that goes from one
 * member to another is written down in `attribution`; which of them count, and all rollups, are told anew.
 */
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { AttributionTable } from '../db/tables.ts';
import type { Contact, MoveFacts } from '../people/certify.ts';
import { moveConsents } from '../people/consent.ts';
import { countBestAnswer, WEB } from '../quiz/answers.ts';
import { movePractice } from '../quiz/follow.ts';
import { noteAllPointsDue } from '../quiz/points-due.ts';
import { recountMember, recountWindow } from './rollups.ts';

/** Makes the function that moves facts, for days in a zone. */
export const factMover = (zone: string): MoveFacts =>
  async function moveFacts(trx, { contacts, from, to, cause, now }) {
    if (from === to) return;
    const moved: Pick<AttributionTable, 'kind' | 'fact_id'>[] = [];
    const windows = new Set<string>();

    // What no message of a chat proves goes along when nobody else was ever taken for them.
    const isAll = await isWholly(trx, from, contacts);
    const tapped = isAll ? await tappedBy(trx, from) : [];
    for (const answer of [...(await answersOf(trx, from, contacts)), ...tapped]) {
      // None of the two counts until it is known which does: at most one may.
      await uncountAnswers(trx, answer, [from, to]);
      await trx.updateTable('answer').set({ member_id: to }).where('id', '=', answer.id).execute();
      for (const memberId of [from, to])
        await countBestAnswer(trx, { windowId: answer.window_id, question: answer.question, memberId });
      windows.add(answer.window_id);
      moved.push({ kind: 'answer', fact_id: answer.id });
    }
    for (const checkin of await checkinsOf(trx, from, contacts)) {
      await uncountCheckins(trx, checkin, [from, to]);
      await trx.updateTable('checkin').set({ member_id: to }).where('id', '=', checkin.id).execute();
      for (const memberId of [from, to]) await countFirstCheckin(trx, checkin, memberId);
      moved.push({ kind: 'checkin', fact_id: checkin.id });
    }
    for (const kind of ['checkin_photo', 'absence', 'ack_item'] as const)
      for (const { id } of await rowsOf(trx, kind, from, contacts)) {
        await trx
          .updateTable(kind as 'ack_item')
          .set({ member_id: to })
          .where('id', '=', id)
          .execute();
        moved.push({ kind, fact_id: id });
      }

    for (const { id } of await readingsOf(trx, from, contacts, to)) {
      await trx.updateTable('reading').set({ member_id: to }).where('id', '=', id).execute();
      moved.push({ kind: 'reading', fact_id: id });
    }

    if (isAll) {
      for (const id of await movePractice(trx, from, to, now))
        moved.push({ kind: 'practice_card', fact_id: id });
      for (const id of await moveConsents(trx, from, to, now)) moved.push({ kind: 'consent', fact_id: id });
    }

    for (const { kind, fact_id: factId } of moved)
      await trx
        .insertInto('attribution')
        .values({ id: newId(), kind, fact_id: factId, from_member: from, to_member: to, cause, at: now })
        .execute();
    if (moved.length === 0) return;
    for (const windowId of windows) await recountWindow(trx, windowId);
    for (const memberId of [from, to]) {
      await recountMember(trx, memberId, zone);
      await noteAllPointsDue(trx, memberId);
    }
  };

/** Whether a member was never anybody but these contacts. */
async function isWholly(trx: Db, memberId: string, contacts: readonly Contact[]): Promise<boolean> {
  const bound = await trx
    .selectFrom('identity')
    .select(['account', 'contact_id'])
    .where('member_id', '=', memberId)
    .execute();
  return bound.every(({ account, contact_id: id }) =>
    contacts.some((one) => one.account === account && one.contactId === id),
  );
}

interface AnswerKey {
  readonly id: string;
  readonly window_id: string;
  readonly question: number;
}

async function answersOf(trx: Db, memberId: string, contacts: readonly Contact[]): Promise<AnswerKey[]> {
  const found: AnswerKey[] = [];
  for (const { account, contactId } of contacts)
    found.push(
      ...(await trx
        .selectFrom('answer')
        .innerJoin('message', 'message.id', 'answer.message_id')
        .select(['answer.id', 'window_id', 'question'])
        .where('answer.member_id', '=', memberId)
        .where('message.account', '=', account)
        .where('message.contact_id', '=', contactId)
        .orderBy('answer.id')
        .execute()),
    );
  return found;
}

/** What they answered on pages: those rows of the inbox belong to no chat. */
const tappedBy = (trx: Db, memberId: string): Promise<AnswerKey[]> =>
  trx
    .selectFrom('answer')
    .innerJoin('message', 'message.id', 'answer.message_id')
    .select(['answer.id', 'window_id', 'question'])
    .where('answer.member_id', '=', memberId)
    .where('message.account', '=', WEB)
    .orderBy('answer.id')
    .execute();

async function uncountAnswers(trx: Db, key: AnswerKey, memberIds: readonly string[]): Promise<void> {
  await trx
    .updateTable('answer')
    .set({ counted: 0 })
    .where('window_id', '=', key.window_id)
    .where('question', '=', key.question)
    .where('member_id', 'in', [...memberIds])
    .where('counted', '=', 1)
    .execute();
}

interface CheckinKey {
  readonly id: string;
  readonly group_id: string;
  readonly day: string;
}

async function checkinsOf(trx: Db, memberId: string, contacts: readonly Contact[]): Promise<CheckinKey[]> {
  const found: CheckinKey[] = [];
  for (const { account, contactId } of contacts)
    found.push(
      ...(await trx
        .selectFrom('checkin')
        .innerJoin('message', 'message.id', 'checkin.message_id')
        .select(['checkin.id', 'group_id', 'day'])
        .where('checkin.member_id', '=', memberId)
        .where('message.account', '=', account)
        .where('message.contact_id', '=', contactId)
        .orderBy('checkin.id')
        .execute()),
    );
  return found;
}

async function uncountCheckins(trx: Db, key: CheckinKey, memberIds: readonly string[]): Promise<void> {
  await trx
    .updateTable('checkin')
    .set({ counted: 0 })
    .where('group_id', '=', key.group_id)
    .where('day', '=', key.day)
    .where('member_id', 'in', [...memberIds])
    .where('counted', '=', 1)
    .execute();
}

/** The first that arrived counts. */
async function countFirstCheckin(trx: Db, key: CheckinKey, memberId: string): Promise<void> {
  const first = await trx
    .selectFrom('checkin')
    .select('id')
    .where('group_id', '=', key.group_id)
    .where('day', '=', key.day)
    .where('member_id', '=', memberId)
    .where('withdrawn_at', 'is', null)
    .orderBy('recorded_at')
    .orderBy('id')
    .executeTakeFirst();
  if (first) await trx.updateTable('checkin').set({ counted: 1 }).where('id', '=', first.id).execute();
}

/** Rows that a member has by messages of these contacts. */
async function rowsOf(
  trx: Db,
  table: 'checkin_photo' | 'absence' | 'ack_item',
  memberId: string,
  contacts: readonly Contact[],
): Promise<{ readonly id: string }[]> {
  const found: { readonly id: string }[] = [];
  // The three tables name the member and the message alike.
  const facts = table as 'ack_item';
  for (const { account, contactId } of contacts)
    found.push(
      ...(await trx
        .selectFrom(facts)
        .innerJoin('message', 'message.id', `${facts}.message_id`)
        .select(`${facts}.id`)
        .where(`${facts}.member_id`, '=', memberId)
        .where('message.account', '=', account)
        .where('message.contact_id', '=', contactId)
        .orderBy(`${facts}.id`)
        .execute()),
    );
  return found;
}

/** 已阅 that was said as somebody else; what they have said under both names counts once. */
async function readingsOf(
  trx: Db,
  memberId: string,
  contacts: readonly Contact[],
  to: string,
): Promise<{ readonly id: string }[]> {
  const found: { readonly id: string }[] = [];
  for (const { account, contactId } of contacts)
    found.push(
      ...(await trx
        .selectFrom('reading')
        .innerJoin('message', 'message.id', 'reading.message_id')
        .select('reading.id')
        .where('reading.member_id', '=', memberId)
        .where('message.account', '=', account)
        .where('message.contact_id', '=', contactId)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('reading as own')
                .select('own.id')
                .whereRef('own.delivery_id', '=', 'reading.delivery_id')
                .where('own.member_id', '=', to),
            ),
          ),
        )
        .orderBy('reading.id')
        .execute()),
    );
  return found;
}
