/** 已阅 in a group, while something there asks to be read: elsewhere, and at any other time, it is courtesy. */
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { MessageTable } from '../db/tables.ts';
import { findToRead, recordReading } from '../delivery/readings.ts';
import type { Group } from '../people/groups.ts';
import { memberOf } from '../people/members.ts';
import { normalise } from '../quiz/normalise.ts';
import { dropQuote } from '../quiz/unwrap.ts';

/** 已阅 and nothing else that says anything; the group's form 姓名 已阅 with one's own name is told apart below. */
const READ =
  /^[\s\p{P}\p{S}]*(?:(?<name>[\p{Script=Han}·]{1,6}?)[\s\p{P}]*)?(?:学习)?已(?:阅读|阅|读)(?:完毕|完|了)?(?:[\s\p{P}]*(?:收到|谢谢))?[\s\p{P}\p{S}\p{Extended_Pictographic}]*$/u;

/** Whether a text says that its writer, called `name`, has read something. `text` is as it was typed. */
export function saysRead(text: string, name: string): boolean {
  if (text.length > 400) return false;
  const match = READ.exec(normalise(dropQuote(text)).trim());
  const named = match?.groups?.name;
  return match !== null && (named === undefined || named === name || /^(?:我|本人|我们|学习)$/u.test(named));
}

/** Records the reading of the last thing that asked for it before the message; says whether there was one. */
export async function noteReading(trx: Db, row: MessageTable, group: Group, now: number): Promise<boolean> {
  if (row.kind !== 'text' || !row.text || !/已[阅閱读讀]/u.test(row.text)) return false;
  const toRead = await findToRead(trx, group.id, row.sent_at);
  if (!toRead) return false;
  const contact = { account: row.account, contactId: row.contact_id, nickname: row.sender_name };
  const member = await memberOf(trx, contact, now);
  if (!saysRead(row.text, member.name)) return false;
  const isNew = await recordReading(
    trx,
    { delivery_id: toRead.id, member_id: member.id, how: 'reply', message_id: row.id },
    row.sent_at,
  );
  if (isNew)
    await trx
      .insertInto('ack_item')
      .values({
        id: newId(),
        group_id: group.id,
        member_id: member.id,
        kind: 'read',
        detail: '',
        message_id: row.id,
        created_at: now,
        delivery_id: null,
      })
      .onConflict((conflict) => conflict.columns(['message_id', 'kind']).doNothing())
      .execute();
  return true;
}
