/** A recalled message: what it said counts no more. The facts stay, marked as withdrawn. */
import { withdrawCheckin } from '../checkin/checkins.ts';
import type { Db } from '../db/open.ts';
import type { MessageTable } from '../db/tables.ts';
import { applyChanges } from '../digest/changes.ts';
import { addToMemberDays } from '../digest/rollups.ts';
import { withdrawAnswers } from '../quiz/answers.ts';
import { notePointsDue } from '../quiz/points-due.ts';

/** `recall` is the inbox row of the recall; its text is the channel's id of the message taken back. Idempotent. */
export async function withdrawMessage(
  trx: Db,
  recall: MessageTable,
  zone: string,
  now: number,
): Promise<void> {
  if (!recall.text) return;
  const message = await trx
    .selectFrom('message')
    .select(['id', 'contact_id'])
    .where('account', '=', recall.account)
    .where('channel_id', '=', recall.text)
    .executeTakeFirst();
  // Nobody takes back what another said, whatever a channel reports.
  if (!message || (recall.contact_id !== '' && message.contact_id !== recall.contact_id)) return;
  await trx
    .updateTable('checkin_photo')
    .set({ withdrawn_at: now })
    .where('message_id', '=', message.id)
    .where('withdrawn_at', 'is', null)
    .execute();
  const windows = await withdrawAnswers(trx, message.id, now);
  for (const { windowId, groupId, memberId, changes } of windows)
    await applyChanges(trx, { windowId, groupId, memberId, zone }, changes);
  const checkin = await withdrawCheckin(trx, message.id, now);
  if (checkin) {
    const { groupId, memberId, day, checkins } = checkin;
    await addToMemberDays(trx, [{ groupId, memberId, day, answers: 0, correct: 0, checkins }]);
    await notePointsDue(trx, [{ groupId, memberId, day }]);
  }
  const answers = windows.reduce((sum, { withdrawn }) => sum + withdrawn, 0);
  if (answers === 0 && !checkin) return;
  await trx
    .insertInto('withdrawal')
    .values({ message_id: message.id, recalled_by: recall.id, answers, checkins: checkin ? 1 : 0, at: now })
    .onConflict((conflict) => conflict.column('message_id').doNothing())
    .execute();
  await trx
    .deleteFrom('ack_item')
    .where('message_id', '=', message.id)
    .where('delivery_id', 'is', null)
    .execute();
}
