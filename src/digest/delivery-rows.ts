/** The ledger of some groups, one row a delivery, as workbooks and exports have it. */
import { isoInZone } from '../clock.ts';
import type { Db } from '../db/open.ts';

export const DELIVERY_COLUMNS = [
  'no',
  'id',
  'group',
  'kind',
  'content',
  'state',
  'reason',
  'planned_at',
  'sent_at',
] as const;

/** By the planned time, from `from` until before `to`, ms. */
export async function listDeliveryRows(
  db: Db,
  { from, to }: { readonly from: number; readonly to: number },
  groupIds: readonly string[],
  zone: string,
) {
  const inside = new Set(groupIds);
  const rows = await db
    .selectFrom('delivery')
    .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .leftJoin('lesson_revision', 'lesson_revision.hash', 'delivery.hash')
    .select([
      'delivery.no',
      'delivery.id',
      'delivery.group_id',
      'chat_group.key as group',
      'chat_group.topic',
      'delivery.kind',
      'delivery.content',
      'delivery.state',
      'delivery.reason',
      'delivery.planned_at',
      'delivery.sent_at',
      'lesson_revision.title',
    ])
    .where('delivery.planned_at', '>=', from)
    .where('delivery.planned_at', '<', to)
    .orderBy('delivery.planned_at')
    .orderBy('delivery.no')
    .execute();
  return rows
    .filter((row) => inside.has(row.group_id ?? ''))
    .map((row) => ({
      no: row.no,
      id: row.id,
      group: row.group,
      topic: row.topic,
      kind: row.kind,
      content: row.content,
      title: row.title,
      state: row.state,
      reason: row.reason,
      planned_at: isoInZone(row.planned_at, zone),
      sent_at: row.sent_at === null ? null : isoInZone(row.sent_at, zone),
    }));
}
