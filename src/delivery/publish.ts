/**
 * Notices on their way to the groups: planned when they are approved, and said only while they are. Whatever
 * plans, resends or releases one, this is what the courier asks at the end.
 */
import { type Db, inTransaction } from '../db/open.ts';
import {
  type Approval,
  approveItem,
  CHANGED,
  findItem,
  getText,
  groupsOfItem,
  type ReviewItem,
  submitItem,
  WITHHELD,
} from '../lessons/review.ts';
import { getGroup } from '../people/groups.ts';
import type { Actor } from '../people/scope.ts';
import { type Delivery, moveDelivery, type NewDelivery, planDeliveries } from './ledger.ts';

/** `submitItem`; what nobody has to review goes out at once. */
export const submitAndPublish = (db: Db, no: number, actor: Actor, now: number): Promise<ReviewItem> =>
  inTransaction(db, async (trx) => await publish(trx, await submitItem(trx, no, actor, now), now));

/** `approveItem`; with the last approval that it needs a notice goes out. */
export const approveAndPublish = (
  db: Db,
  no: number,
  actor: Actor,
  now: number,
  hash?: string,
): Promise<Approval> =>
  inTransaction(db, async (trx) => {
    const approval = await approveItem(trx, no, actor, now, hash);
    await publish(trx, approval.item, now);
    return approval;
  });

const causeOf = (item: Pick<ReviewItem, 'id' | 'hash'>, groupId: string) =>
  `notice:${item.id}:${item.hash}:${groupId}`;

async function publish(trx: Db, item: ReviewItem, now: number): Promise<ReviewItem> {
  if (item.kind !== 'notice' || item.state !== 'approved') return item;
  const groupIds = await groupsOfItem(trx, item.id);
  const plans: NewDelivery[] = [];
  for (const groupId of groupIds) {
    const group = await getGroup(trx, groupId);
    plans.push({
      cause: causeOf(item, groupId),
      kind: 'notice',
      account: group.account,
      groupId,
      content: item.id,
      hash: item.hash,
      plannedAt: now,
      ...(group.enabled === 1 ? {} : { ended: { state: 'skipped', reason: '这个群没有启用' } as const }),
    });
  }
  await planDeliveries(trx, plans, now);
  await planAgain(
    trx,
    groupIds.map((groupId) => causeOf(item, groupId)),
    now,
  );
  return item;
}

/** The same text approved anew: what was held back for want of an approval is due now. */
async function planAgain(trx: Db, causes: readonly string[], now: number): Promise<void> {
  if (causes.length === 0) return;
  const held = await trx
    .selectFrom('delivery')
    .select('id')
    .where('cause', 'in', [...causes])
    .where('state', '=', 'skipped')
    .where('reason', 'in', NOT_APPROVED)
    .execute();
  for (const { id } of held)
    await moveDelivery(trx, id, { from: ['skipped'], to: 'planned', reason: null, dueAt: now }, now);
}

const NOT_APPROVED = [...Object.values(WITHHELD), CHANGED].map((why) => `通知${why}`);

/** The words of a notice, or why it may not be said: unapproved, changed since, another group's. */
export async function wordsOfNotice(
  trx: Db,
  { content, hash, group_id: groupId }: Pick<Delivery, 'content' | 'hash' | 'group_id'>,
): Promise<{ readonly text: string } | { readonly reason: string }> {
  const item = await findItem(trx, content);
  if (!item || item.kind !== 'notice') return { reason: '没有这条通知' };
  if (item.hash !== hash) return { reason: `通知${CHANGED}` };
  if (item.state !== 'approved') return { reason: `通知${WITHHELD[item.state]}` };
  if (groupId === null || !(await groupsOfItem(trx, item.id)).includes(groupId))
    return { reason: '通知不是发到这个群的，没有发' };
  const { body } = await getText(trx, item.id, item.hash);
  return { text: `【通知】\n${body}` };
}
