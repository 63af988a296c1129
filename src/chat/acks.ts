/**
 * Acknowledgements with restraint: in a group they are gathered and posted once, 30 s after the first
 * message since the last one; never one a message.
 */
import { SECOND } from '../clock.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { planDeliveries } from '../delivery/ledger.ts';
import type { Recorded } from './record.ts';

export const ACK_WAIT = 30 * SECOND;

/** How many names stand in one message before 等 N 人. */
const NAMED = 5;
const STREAKS_NAMED = 3;

/** The reply in a private chat, at once; `undefined` when there is nothing to acknowledge. */
export function sayAck({ answered, streak }: Recorded): string | undefined {
  const parts: string[] = [];
  if (answered.length > 0) parts.push(`已记下第 ${answered.join('、')} 题`);
  if (streak !== undefined) parts.push(streak > 1 ? `已打卡，连续 ${streak} 天` : '已打卡');
  return parts.length > 0 ? `${parts.join('；')}。` : undefined;
}

/** Plans the acknowledgement of every group in which the first unmentioned message is old enough. */
export async function planAcks(db: Db, now: number): Promise<number> {
  const due = await db
    .selectFrom('ack_item')
    .innerJoin('chat_group', 'chat_group.id', 'ack_item.group_id')
    .select(({ fn }) => [
      'ack_item.group_id',
      'chat_group.account',
      fn.min('ack_item.created_at').as('first'),
    ])
    .where('delivery_id', 'is', null)
    .groupBy(['ack_item.group_id', 'chat_group.account'])
    .having(({ fn }) => fn.min('ack_item.created_at'), '<=', now - ACK_WAIT)
    .execute();
  for (const { group_id: groupId, account } of due) await planAck(db, groupId, account, now);
  return due.length;
}

async function planAck(db: Db, groupId: string, account: string, now: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    const items = await trx
      .selectFrom('ack_item')
      .innerJoin('member', 'member.id', 'ack_item.member_id')
      .select(['ack_item.id', 'ack_item.kind', 'ack_item.detail', 'ack_item.member_id', 'member.name'])
      .where('group_id', '=', groupId)
      .where('delivery_id', 'is', null)
      .orderBy('ack_item.created_at')
      .orderBy('ack_item.id')
      .execute();
    const [first] = items;
    if (!first) return;
    const text = composeAck(items.map((item) => ({ ...item, memberId: item.member_id })));
    const [deliveryId] = await planDeliveries(
      trx,
      [
        {
          cause: `ack:${first.id}`,
          kind: 'ack',
          account,
          groupId,
          plannedAt: now,
          parts: [{ kind: 'text', body: text }],
        },
      ],
      now,
    );
    if (deliveryId === undefined) return;
    for (const item of items)
      await trx.updateTable('ack_item').set({ delivery_id: deliveryId }).where('id', '=', item.id).execute();
  });
}

export interface AckLine {
  readonly kind: 'answer' | 'checkin' | 'ask' | 'elsewhere' | 'read';
  readonly memberId: string;
  readonly name: string;
  readonly detail: string;
}

/** The gathered message: who answered, who checked in, and who should please say it again. */
export function composeAck(items: readonly AckLine[]): string {
  const lines: string[] = [];
  const answered = people(items, 'answer');
  const checkedIn = people(items, 'checkin');
  if (answered.length > 0) lines.push(`已收到 ${nameSome(answered)}作答`);
  if (checkedIn.length > 0) {
    const streaks = checkedIn
      .filter((item) => Number(item.detail) > 1)
      .toSorted((a, b) => Number(b.detail) - Number(a.detail))
      .slice(0, STREAKS_NAMED)
      .map((item) => `${item.name}连续 ${item.detail} 天`);
    lines.push(
      `已打卡 ${nameSome(checkedIn)}${streaks.length > 0 ? `（${streaks.join('，')}）` : ''}`.trimEnd(),
    );
  }
  const read = people(items, 'read');
  if (read.length > 0) lines.push(`已阅 ${nameSome(read)}`.trimEnd());
  // Somebody whose later message was understood needs no question any more.
  const understood = new Set(answered.map((item) => item.memberId));
  const elsewhere = people(items, 'elsewhere');
  if (elsewhere.length > 0) lines.push(`${nameSome(elsewhere).trimEnd()}：${elsewhere.at(-1)?.detail ?? ''}`);
  const unclear = people(items, 'ask').filter((item) => !understood.has(item.memberId));
  const byReason = Map.groupBy(unclear, (item) => item.detail);
  for (const [reason, persons] of byReason) lines.push(`${nameSome(persons).trimEnd()}：${reason}`);
  return lines.join('\n') || '已收到';
}

/** Each person once, by their last message of that kind, in the order of their first. */
function people(items: readonly AckLine[], kind: AckLine['kind']): AckLine[] {
  const byMember = new Map<string, AckLine>();
  for (const item of items) if (item.kind === kind) byMember.set(item.memberId, item);
  return [...byMember.values()];
}

function nameSome(persons: readonly AckLine[]): string {
  const names = persons
    .slice(0, NAMED)
    .map((person) => person.name)
    .join('、');
  return persons.length > NAMED ? `${names} 等 ${persons.length} 人` : `${names} `;
}
