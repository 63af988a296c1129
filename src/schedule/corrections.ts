/** A digest never goes twice; when its figures were wrong, a new message that says so tells the right ones. */
import { appendAudit } from '../db/audit.ts';
import { newId } from '../db/ids.ts';
import { type Db, inTransaction } from '../db/open.ts';
import { planDeliveries } from '../delivery/ledger.ts';
import { periodOf, type Span } from '../digest/spans.ts';
import { UserError } from '../errors.ts';
import type { Group } from '../people/groups.ts';
import { nextOrdinal } from './syllabus.ts';

/**
 * Plans a correction of what a group was told of a span, for now. Gives the delivery's id. Throws `UserError` when the
 * group was told nothing.
 */
export async function planCorrection(
  db: Db,
  group: Pick<Group, 'id' | 'key' | 'account'>,
  span: Span,
  by: { readonly who: string; readonly via?: string },
  now: number,
): Promise<string> {
  return await inTransaction(db, async (trx) => {
    const before = await trx
      .selectFrom('delivery')
      .select('no')
      .where('group_id', '=', group.id)
      .where('kind', '=', 'digest')
      .where('content', '=', span.kind)
      .where('period', '=', periodOf(span))
      .where('state', 'in', ['sent', 'unknown', 'awaiting-echo'])
      .orderBy('no', 'desc')
      .executeTakeFirst();
    if (!before)
      throw new UserError(
        `group ${group.key} has had no digest of ${span.from} to ${span.to}: there is nothing to correct`,
      );
    const [planned = ''] = await planDeliveries(
      trx,
      [
        {
          cause: `correction:${newId()}`,
          kind: 'digest',
          account: group.account,
          groupId: group.id,
          content: span.kind,
          period: periodOf(span),
          ordinal: await nextOrdinal(trx, group.id, 'digest'),
          plannedAt: now,
          again: true,
        },
      ],
      now,
    );
    await appendAudit(trx, {
      at: now,
      ...by,
      what: 'digest.correct',
      subject: planned,
      before: { delivery: before.no },
    });
    return planned;
  });
}
