/** The ledger as people look through it: the deliveries to the groups in somebody's scope, with what they bring. */
import type { Db } from '../db/open.ts';
import type { DeliveryKind, DeliveryState } from '../db/tables.ts';
import { type Actor, notFound, unitInScope } from '../people/scope.ts';

export interface DeliveryQuery {
  readonly states?: readonly DeliveryState[];
  readonly kinds?: readonly DeliveryKind[];
  readonly groupId?: string;
  /** ms, by the planned time; the end isn't in it. */
  readonly from?: number;
  readonly to?: number;
  /** Only those with a smaller number: the next page of a list. */
  readonly before?: number;
  readonly limit?: number;
}

const scoped = (db: Db, actor: Actor) =>
  db
    .selectFrom('delivery')
    .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
    .leftJoin('lesson_revision', 'lesson_revision.hash', 'delivery.hash')
    .leftJoin('review_item', 'review_item.id', 'delivery.content')
    .select([
      'delivery.id',
      'delivery.no',
      'delivery.kind',
      'delivery.content',
      'delivery.ordinal',
      'delivery.state',
      'delivery.reason',
      'delivery.planned_at',
      'delivery.due_at',
      'delivery.sent_at',
      'delivery.held_until',
      'delivery.occurrence_id',
      'delivery.account',
      'chat_group.key',
      'chat_group.topic',
      'lesson_revision.title as lesson',
      'review_item.title as notice',
    ])
    .where(unitInScope(actor, 'chat_group.unit_id'));

export type ListedDelivery = Awaited<ReturnType<ReturnType<typeof scoped>['execute']>>[number];

/** The newest first. */
export function listDeliveries(db: Db, actor: Actor, query: DeliveryQuery): Promise<ListedDelivery[]> {
  const { states, kinds, groupId, from, to, before, limit = 50 } = query;
  let found = scoped(db, actor).orderBy('delivery.no', 'desc').limit(limit);
  if (states) found = found.where('delivery.state', 'in', [...states]);
  if (kinds) found = found.where('delivery.kind', 'in', [...kinds]);
  if (groupId !== undefined) found = found.where('delivery.group_id', '=', groupId);
  if (from !== undefined) found = found.where('delivery.planned_at', '>=', from);
  if (to !== undefined) found = found.where('delivery.planned_at', '<', to);
  if (before !== undefined) found = found.where('delivery.no', '<', before);
  return found.execute();
}

/** By its number. Throws `NotFoundError`, outside the scope as well. */
export async function getListedDelivery(db: Db, actor: Actor, no: number): Promise<ListedDelivery> {
  const found = await scoped(db, actor).where('delivery.no', '=', no).executeTakeFirst();
  if (!found) throw notFound('delivery', no);
  return found;
}
