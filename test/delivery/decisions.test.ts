/** What a person decides about a delivery: from every state, with what it leaves behind. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { DeliveryState, PartState } from '../../src/db/tables.ts';
import { type Delivery, findDelivery, listParts } from '../../src/delivery/ledger.ts';
import { type Decision, DECIDABLE, DECISIONS, resolveDelivery } from '../../src/delivery/resolve.ts';
import { STATES } from '../../src/delivery/states.ts';
import { DIALECTS } from '../support/databases.ts';
import { openPostOffice, type PostOffice } from '../support/post-office.ts';

const HASH = 'a'.repeat(64);
/** Where it is after the decision, with one part that was in doubt. */
const BECOMES: Readonly<Record<Decision, DeliveryState>> = {
  sent: 'sent',
  resend: 'planned',
  drop: 'skipped',
};

describe.each(DIALECTS)('a decision on %s', (dialect) => {
  let office: PostOffice;
  let now: number;
  beforeEach(async () => {
    office = await openPostOffice(dialect);
    now = office.clock.now();
  });
  afterEach(async () => {
    await office.close();
  });

  /** A delivery with parts in these states, begun at `now - 7`. */
  const deliveryIn = async (
    set: Partial<Delivery>,
    parts: readonly PartState[] = ['unknown'],
  ): Promise<Delivery> => {
    const id = await office.plan(parts.map(String));
    await office.db.updateTable('delivery').set(set).where('id', '=', id).execute();
    for (const [seq, state] of parts.entries())
      await office.db
        .updateTable('delivery_part')
        .set({ state, sending_at: now - 7 })
        .where('delivery_id', '=', id)
        .where('seq', '=', seq)
        .execute();
    return await get(id);
  };
  const get = async (id: string): Promise<Delivery> => {
    const delivery = await findDelivery(office.db, id);
    if (!delivery) throw new Error('no such delivery');
    return delivery;
  };
  const decide = ({ no }: Delivery, decision: Decision) =>
    resolveDelivery(office.db, no, decision, 'ann', now + 5);
  const audits = (subject: string) =>
    office.db.selectFrom('audit').selectAll().where('subject', '=', subject).execute();

  it('is taken from the states that allow it, and refused in words from the others', async () => {
    for (const decision of DECISIONS)
      for (const state of STATES) {
        const delivery = await deliveryIn({ state, reason: '从前' });
        if (DECIDABLE[decision].includes(state)) {
          const after = await decide(delivery, decision);
          expect([decision, state, after.state]).toEqual([decision, state, BECOMES[decision]]);
          expect(after).toEqual(await get(delivery.id));
          const [audit, ...more] = await audits(delivery.id);
          expect(more).toEqual([]);
          expect(audit).toMatchObject({ at: now + 5, who: 'ann', what: `delivery.${decision}` });
          expect(JSON.parse(audit?.before ?? '')).toEqual({ state, reason: '从前' });
          expect(JSON.parse(audit?.after ?? '')).toEqual({ state: BECOMES[decision] });
        } else {
          const allowed = DECIDABLE[decision].join(', ');
          await expect(decide(delivery, decision)).rejects.toThrow(
            `delivery ${delivery.no} is ${state}: --as ${decision} is for ${allowed}; nothing was changed`,
          );
          expect(await get(delivery.id)).toEqual(delivery);
          expect(await audits(delivery.id)).toEqual([]);
        }
      }
  });

  it('that it arrived: what was in doubt was said when it was begun, what is left goes on', async () => {
    const other = await deliveryIn({ state: 'unknown' });
    const whole = await deliveryIn({ state: 'unknown', reason: '不确定' }, ['unknown', 'awaiting-echo']);
    expect(await decide(whole, 'sent')).toMatchObject({ state: 'sent', reason: null, sent_at: now - 7 });
    expect(await listParts(office.db, whole.id)).toMatchObject([
      { state: 'sent', sent_at: now - 7 },
      { state: 'sent', sent_at: now - 7 },
    ]);
    const half = await deliveryIn({ state: 'awaiting-echo' }, ['awaiting-echo', 'planned']);
    expect(await decide(half, 'sent')).toMatchObject({ state: 'planned', due_at: now + 5 });
    expect((await listParts(office.db, half.id)).map(({ state }) => state)).toEqual(['sent', 'planned']);
    expect((await listParts(office.db, other.id)).map(({ state }) => state)).toEqual(['unknown']);
  });

  it('that it is to be sent: what was in doubt is said again, what was said is not', async () => {
    const other = await deliveryIn({ state: 'unknown' });
    const half = await deliveryIn({ state: 'unknown', due_at: 0 }, ['sent', 'unknown', 'planned']);
    expect(await decide(half, 'resend')).toMatchObject({
      state: 'planned',
      due_at: now + 5,
      reason: '有人决定再发',
    });
    expect((await listParts(office.db, half.id)).map(({ state }) => state)).toEqual([
      'sent',
      'planned',
      'planned',
    ]);
    expect((await listParts(office.db, other.id)).map(({ state }) => state)).toEqual(['unknown']);
  });

  it('never brings a revision twice that way, unless that was the wish', async () => {
    const lesson = { kind: 'lesson', hash: HASH } as const;
    const first = await deliveryIn({ ...lesson, state: 'failed' });
    const second = await deliveryIn({ ...lesson, state: 'sent' });
    await expect(decide(first, 'resend')).rejects.toThrow(
      `delivery ${first.no}: the group has had this revision by another delivery`,
    );
    expect(await get(first.id)).toEqual(first);
    const wished = await deliveryIn({ ...lesson, state: 'failed', again: 1 });
    expect((await decide(wished, 'resend')).state).toBe('planned');
    // A key or a digest isn't a lesson, whatever revision it is about.
    const key = await deliveryIn({ kind: 'key', hash: HASH, state: 'failed' });
    expect((await decide(key, 'resend')).state).toBe('planned');
    expect((await get(second.id)).state).toBe('sent');
  });

  it('that it is dropped says so', async () => {
    const delivery = await deliveryIn({ state: 'held', held_until: now });
    expect(await decide(delivery, 'drop')).toMatchObject({
      state: 'skipped',
      reason: '有人决定不发',
      held_until: null,
    });
  });
});
