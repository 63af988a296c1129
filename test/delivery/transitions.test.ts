/** Each step of the ledger by itself, field by field: what it changes, what it leaves, and from where it may be taken. */
import { createHash, randomUUID } from 'node:crypto';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { NotSentError, RefusedError, ThrottledError } from '../../src/channels/channel.ts';
import type { DeliveryState, PartState } from '../../src/db/tables.ts';
import { attemptHash, beginAttempt, endAttempt, listAttempts } from '../../src/delivery/attempts.ts';
import { bodyHash } from '../../src/delivery/body.ts';
import { hasBrought } from '../../src/delivery/brought.ts';
import {
  beginPart,
  claimDelivery,
  concludeDelivery,
  conclusionOf,
  type Delivery,
  dropParts,
  findDelivery,
  HAD_IT,
  listParts,
  moveDelivery,
  type NewDelivery,
  type Part,
  planDeliveries,
  settlePart,
  writeParts,
} from '../../src/delivery/ledger.ts';
import { outcomeOfError, outcomeOfReceipt, retryDelay } from '../../src/delivery/outcome.ts';
import { FOLLOWS, mayFollow, NOT_BROUGHT, STATES } from '../../src/delivery/states.ts';
import { PermanentError } from '../../src/errors.ts';
import { DIALECTS } from '../support/databases.ts';
import { ACCOUNT, openPostOffice, type PostOffice } from '../support/post-office.ts';

const PART_STATES: readonly PartState[] = ['planned', 'sending', 'awaiting-echo', 'sent', 'unknown'];
const HASH = 'a'.repeat(64);

describe.each(DIALECTS)('the steps of the ledger on %s', (dialect) => {
  let office: PostOffice;
  let now: number;
  beforeEach(async () => {
    office = await openPostOffice(dialect);
    now = office.clock.now();
  });
  afterEach(async () => {
    await office.close();
  });

  const get = async (id: string): Promise<Delivery> => {
    const delivery = await findDelivery(office.db, id);
    if (!delivery) throw new Error('no such delivery');
    return delivery;
  };
  const force = async (id: string, set: Partial<Delivery>) => {
    await office.db.updateTable('delivery').set(set).where('id', '=', id).execute();
  };
  const forcePart = async (id: string, seq: number, set: Partial<Part>) => {
    await office.db
      .updateTable('delivery_part')
      .set(set)
      .where('delivery_id', '=', id)
      .where('seq', '=', seq)
      .execute();
  };
  const planOf = (extra: Partial<NewDelivery> = {}): NewDelivery => ({
    cause: `test:${randomUUID()}`,
    kind: 'lesson',
    account: ACCOUNT,
    groupId: office.groupId,
    plannedAt: now,
    ...extra,
  });
  const plan = (...plans: readonly NewDelivery[]) => planDeliveries(office.db, plans, now + 1);

  describe('planning', () => {
    it('writes the least that a plan says', async () => {
      const [id = ''] = await plan({ cause: 'least', kind: 'ack', account: ACCOUNT, plannedAt: now - 5 });
      expect(await get(id)).toEqual({
        id,
        no: 1,
        cause: 'least',
        occurrence_id: null,
        period: null,
        kind: 'ack',
        account: ACCOUNT,
        group_id: null,
        contact_id: null,
        content: '',
        hash: null,
        ordinal: null,
        close_after: 0,
        state: 'planned',
        reason: null,
        planned_at: now - 5,
        due_at: now - 5,
        sent_at: null,
        attempt: 0,
        epoch: null,
        updated_at: now + 1,
        again: 0,
        held_until: null,
      });
      expect(await listParts(office.db, id)).toEqual([]);
    });

    it('writes all that a plan says', async () => {
      const [id = ''] = await plan(
        planOf({
          contactId: 'ann',
          content: 'cunchu',
          hash: HASH,
          ordinal: 7,
          closeAfter: 99,
          again: true,
          ended: { state: 'expired', reason: '太晚了' },
          parts: [
            { kind: 'text', body: '一' },
            { kind: 'picture', body: 'cha.png', alt: '茶' },
          ],
        }),
      );
      expect(await get(id)).toMatchObject({
        group_id: office.groupId,
        contact_id: 'ann',
        content: 'cunchu',
        hash: HASH,
        ordinal: 7,
        close_after: 99,
        again: 1,
        state: 'expired',
        reason: '太晚了',
      });
      const common = {
        delivery_id: id,
        account: ACCOUNT,
        state: 'planned',
        message_id: null,
        sending_at: null,
        sent_at: null,
      };
      expect(await listParts(office.db, id)).toEqual([
        { ...common, seq: 0, kind: 'text', body: '一', alt: '', hash: bodyHash('text', '一') },
        { ...common, seq: 1, kind: 'picture', body: 'cha.png', alt: '茶', hash: bodyHash('picture', '') },
      ]);
    });

    it('numbers many in their order, and takes no number for none', async () => {
      expect(await plan()).toEqual([]);
      const plans = Array.from({ length: 450 }, () => planOf({ parts: [{ kind: 'text', body: '一' }] }));
      const ids = await plan(...plans);
      expect(ids).toHaveLength(450);
      const rows = await office.db
        .selectFrom('delivery')
        .select(['id', 'no', 'cause'])
        .orderBy('no')
        .execute();
      expect(rows.map(({ id }) => id)).toEqual(ids);
      expect(rows.map(({ cause }) => cause)).toEqual(plans.map(({ cause }) => cause));
      expect(rows.map(({ no }) => no)).toEqual(plans.map((_, at) => at + 1));
      const parts = await office.db.selectFrom('delivery_part').select('delivery_id').execute();
      expect(parts).toHaveLength(450);
    });

    it('plans a cause once, and leaves the one that is there as it is', async () => {
      const first = planOf({ kind: 'ack', parts: [{ kind: 'text', body: '一' }] });
      const [id = ''] = await plan(first);
      const second = planOf({ kind: 'ack', parts: [{ kind: 'text', body: '二' }] });
      const again = await plan({ ...first, parts: [{ kind: 'text', body: '另一句' }] }, second);
      expect(again).toHaveLength(1);
      expect((await get(again[0] ?? '')).cause).toBe(second.cause);
      expect((await listParts(office.db, id)).map(({ body }) => body)).toEqual(['一']);
    });

    it('skips a revision that is on its way to the group, without a number in the course', async () => {
      const [first = ''] = await plan(planOf({ hash: HASH, ordinal: 1 }));
      const [second = ''] = await plan(planOf({ hash: HASH, ordinal: 2, content: 'cunchu' }));
      expect(await get(second)).toMatchObject({
        state: 'skipped',
        reason: HAD_IT,
        ordinal: null,
        content: 'cunchu',
      });
      // Planned by two at the same time: in one call as well.
      const [third, fourth] = await plan(planOf({ hash: 'b'.repeat(64) }), planOf({ hash: 'b'.repeat(64) }));
      expect([(await get(third ?? '')).state, (await get(fourth ?? '')).state]).toEqual([
        'planned',
        'skipped',
      ]);
      // Another group, or the same once the first is given up, or by a person's wish.
      const [elsewhere = ''] = await plan(planOf({ hash: HASH, groupId: office.other.id }));
      const [wished = ''] = await plan(planOf({ hash: HASH, again: true }));
      expect([(await get(elsewhere)).state, (await get(wished)).state]).toEqual(['planned', 'planned']);
      await force(first, { state: 'failed' });
      const [after = ''] = await plan(planOf({ hash: HASH }));
      expect((await get(after)).state).toBe('planned');
    });

    it('fixes no words where there are none', async () => {
      const [id = ''] = await plan(planOf());
      expect(await writeParts(office.db, { id, account: ACCOUNT }, [])).toEqual([]);
      const written = await writeParts(office.db, { id, account: ACCOUNT }, [{ kind: 'text', body: '一' }]);
      expect(written).toEqual(await listParts(office.db, id));
    });

    it('takes back only words that were not begun, of this delivery alone', async () => {
      const id = await office.plan(PART_STATES.map(String));
      const other = await office.plan(['别的']);
      for (const [seq, state] of PART_STATES.entries()) await forcePart(id, seq, { state });
      await dropParts(office.db, id);
      expect((await listParts(office.db, id)).map(({ state }) => state)).toEqual(PART_STATES.slice(1));
      expect(await listParts(office.db, other)).toHaveLength(1);
    });
  });

  describe('claiming', () => {
    it('takes one that is queued, and none in another state', async () => {
      for (const state of STATES) await tryClaim(state);
    });

    const tryClaim = async (state: DeliveryState) => {
      const id = await office.plan();
      const bystander = await office.plan();
      await force(id, { state, attempt: 2, epoch: 'before', reason: '上次没发成' });
      await force(bystander, { state: 'queued' });
      const before = await get(id);
      const claimed = await claimDelivery(office.db, id, 'mine', now + 9);
      if (state === 'queued') {
        const after = {
          ...before,
          state: 'sending',
          epoch: 'mine',
          attempt: 3,
          updated_at: now + 9,
          reason: null,
        };
        expect(claimed).toEqual(after);
        expect(await get(id)).toEqual(after);
      } else {
        expect(claimed).toBeUndefined();
        expect(await get(id)).toEqual(before);
      }
      expect((await get(bystander)).state).toBe('queued');
    };
  });

  describe('moving', () => {
    const moves = STATES.flatMap((from) => FOLLOWS[from].map((to) => [from, to] as const));

    it('goes where the table has it, and from no other state than it is told', async () => {
      for (const [from, to] of moves) await tryMove(from, to);
    });

    const tryMove = async (from: DeliveryState, to: DeliveryState) => {
      const [id, other] = [await office.plan(), await office.plan()];
      const stray: DeliveryState = from === 'planned' ? 'held' : 'planned';
      await force(id, { state: from, reason: '从前', held_until: now, sent_at: null });
      await force(other, { state: stray, held_until: now });
      const before = await get(other);
      expect(await moveDelivery(office.db, other, { from: [from], to }, now + 3)).toBe(false);
      expect(await get(other)).toEqual(before);
      const unmoved = await get(id);
      expect(await moveDelivery(office.db, id, { from: [from], to }, now + 3)).toBe(true);
      expect(await get(id)).toEqual({ ...unmoved, state: to, updated_at: now + 3, held_until: null });
    };

    it('refuses what the table does not have, and changes nothing', async () => {
      const id = await office.plan();
      for (const from of STATES)
        for (const to of STATES.filter((one) => !mayFollow(from, one))) {
          await force(id, { state: from });
          // Also when it is one of several.
          const several = STATES.find((one) => mayFollow(one, to) && one !== from) ?? from;
          const move = moveDelivery(office.db, id, { from: [several, from], to }, now);
          await expect(move).rejects.toThrow(`a delivery can't go from ${from} to ${to}`);
          expect((await get(id)).state).toBe(from);
        }
    });

    it('sets what it is given, and clears a reason only when told so', async () => {
      const id = await office.plan();
      await force(id, { state: 'queued', reason: '从前' });
      await moveDelivery(office.db, id, { from: ['queued'], to: 'planned', dueAt: now + 50 }, now);
      expect(await get(id)).toMatchObject({ due_at: now + 50, reason: '从前', sent_at: null });
      await moveDelivery(office.db, id, { from: ['planned'], to: 'skipped', reason: '不发了' }, now);
      expect(await get(id)).toMatchObject({ due_at: now + 50, reason: '不发了' });
      await moveDelivery(
        office.db,
        id,
        { from: ['skipped'], to: 'sent', reason: null, sentAt: now - 1 },
        now,
      );
      expect(await get(id)).toMatchObject({ reason: null, sent_at: now - 1 });
    });

    it('closes the attempt of a send, and of nothing else', async () => {
      const [id, other] = [await office.plan(), await office.plan()];
      for (const one of [id, other])
        await beginAttempt(office.db, { delivery_id: one, attempt: 1, epoch: 'mine', body_hash: HASH }, now);
      await force(id, { state: 'queued' });
      await moveDelivery(office.db, id, { from: ['queued'], to: 'planned' }, now + 1);
      expect(await listAttempts(office.db, id)).toMatchObject([{ ended_at: null, outcome: null }]);
      // Not there any more when the move comes: nothing is closed.
      await moveDelivery(office.db, id, { from: ['sending'], to: 'unknown' }, now + 2);
      expect(await listAttempts(office.db, id)).toMatchObject([{ ended_at: null }]);
      await force(id, { state: 'sending', reason: '内容改过' });
      await moveDelivery(office.db, id, { from: ['queued', 'sending'], to: 'planned' }, now + 3);
      expect(await listAttempts(office.db, id)).toEqual([
        {
          delivery_id: id,
          attempt: 1,
          epoch: 'mine',
          body_hash: HASH,
          began_at: now,
          ended_at: now + 3,
          outcome: 'planned',
          reason: '内容改过',
        },
      ]);
      expect(await listAttempts(office.db, other)).toMatchObject([{ ended_at: null }]);
    });
  });

  describe('attempts', () => {
    it('keeps each with its own end', async () => {
      const id = await office.plan();
      const begin = (attempt: number) =>
        beginAttempt(office.db, { delivery_id: id, attempt, epoch: 'e', body_hash: HASH }, now + attempt);
      await begin(2);
      await endAttempt(office.db, id, { outcome: 'planned', reason: '不在线' }, now + 10);
      await begin(1);
      await endAttempt(office.db, id, { outcome: 'sent', reason: null }, now + 20);
      expect(
        (await listAttempts(office.db, id)).map((one) => [
          one.attempt,
          one.outcome,
          one.ended_at,
          one.reason,
        ]),
      ).toEqual([
        [1, 'sent', now + 20, null],
        [2, 'planned', now + 10, '不在线'],
      ]);
    });

    it('hashes what is going to be said, in its order', () => {
      const [one, two] = [{ hash: 'x' }, { hash: 'y' }];
      expect(attemptHash([one, two])).toBe(createHash('sha256').update('x\ny\n').digest('hex'));
      expect(attemptHash([two, one])).not.toBe(attemptHash([one, two]));
      expect(attemptHash([one])).not.toBe(attemptHash([one, two]));
    });
  });

  describe('parts', () => {
    it('begins one that is planned, and none in another state', async () => {
      for (const state of PART_STATES) await tryBegin(state);
    });

    const tryBegin = async (state: PartState) => {
      const id = await office.plan(['一', '二']);
      await forcePart(id, 0, { state });
      const part = { delivery_id: id, seq: 0 };
      expect(await beginPart(office.db, part, now + 4)).toBe(state === 'planned');
      expect(await listParts(office.db, id)).toMatchObject([
        state === 'planned' ? { state: 'sending', sending_at: now + 4 } : { state, sending_at: null },
        { state: 'planned', sending_at: null },
      ]);
      const stranger = { delivery_id: await office.plan(), seq: 1 };
      expect(await beginPart(office.db, stranger, now)).toBe(false);
    };

    it('settles one that is sending, and leaves one in another state', async () => {
      for (const state of PART_STATES) await trySettle(state);
    });

    const trySettle = async (state: PartState) => {
      const id = await office.plan(['一', '二']);
      await forcePart(id, 0, { state });
      await forcePart(id, 1, { state: 'sending' });
      const part = { delivery_id: id, seq: 0 };
      const settled = await settlePart(office.db, part, { state: 'sent', messageId: 'm1' }, now + 4);
      const [first, second] = await listParts(office.db, id);
      expect(settled).toBe(first?.state);
      expect(first).toMatchObject(
        state === 'sending'
          ? { state: 'sent', message_id: 'm1', sent_at: now + 4 }
          : { state, message_id: null, sent_at: null },
      );
      expect(second).toMatchObject({ state: 'sending', message_id: null });
    };

    it('notes a time and an id only where there is one, and settles from where it is told', async () => {
      const id = await office.plan(['一']);
      const part = { delivery_id: id, seq: 0 };
      await forcePart(id, 0, { state: 'sending' });
      expect(await settlePart(office.db, part, { state: 'unknown' }, now + 1)).toBe('unknown');
      expect(await listParts(office.db, id)).toMatchObject([{ message_id: null, sent_at: null }]);
      expect(await settlePart(office.db, part, { state: 'planned' }, now + 2)).toBe('unknown');
      expect(await settlePart(office.db, part, { state: 'planned' }, now + 3, ['unknown'])).toBe('planned');
      await expect(settlePart(office.db, { ...part, seq: 9 }, { state: 'sent' }, now)).rejects.toThrow(
        'no result',
      );
    });
  });

  describe('concluding', () => {
    const withParts = async (...states: readonly PartState[]) => {
      const id = await office.plan(states.map(String));
      for (const [seq, state] of states.entries())
        await forcePart(id, seq, { state, sent_at: state === 'sent' ? now + 10 * (2 - seq) : null });
      await force(id, { state: 'sending', reason: '内容改过', due_at: now - 7 });
      return id;
    };

    it('makes it sent at the time of the part that was said last, and keeps the courier’s note', async () => {
      const id = await withParts('sent', 'sent');
      expect(await concludeDelivery(office.db, id, ['sending'], now + 99, '没人看')).toBe('sent');
      expect(await get(id)).toMatchObject({
        state: 'sent',
        sent_at: now + 20,
        reason: '内容改过',
        due_at: now - 7,
      });
    });

    it('clears the reason of a doubt that an echo settled', async () => {
      const id = await withParts('sent');
      await force(id, { state: 'unknown' });
      expect(await concludeDelivery(office.db, id, ['unknown'], now + 99, '没人看')).toBe('sent');
      expect(await get(id)).toMatchObject({ state: 'sent', reason: null });
    });

    it('is sent now where a part has no time', async () => {
      const id = await withParts('sent');
      await forcePart(id, 0, { sent_at: null });
      await concludeDelivery(office.db, id, ['sending'], now + 99);
      expect((await get(id)).sent_at).toBe(now + 99);
    });

    it.each([
      [['sent', 'unknown'], 'unknown'],
      [['sending'], 'unknown'],
      [['awaiting-echo'], 'awaiting-echo'],
    ] as const)('with parts %j it is %s, for that reason and due as before', async (states, to) => {
      const id = await withParts(...states);
      expect(await concludeDelivery(office.db, id, ['sending'], now + 99, '不确定')).toBe(to);
      expect(await get(id)).toMatchObject({ state: to, reason: '不确定', due_at: now - 7, sent_at: null });
    });

    it('goes on at once with what is left, and without a reason where none is given', async () => {
      const id = await withParts('sent', 'planned');
      expect(await concludeDelivery(office.db, id, ['sending'], now + 99)).toBe('planned');
      expect(await get(id)).toMatchObject({
        state: 'planned',
        reason: null,
        due_at: now + 99,
        sent_at: null,
      });
    });

    it('does nothing from another state', async () => {
      const id = await withParts('sent');
      await force(id, { state: 'failed' });
      const before = await get(id);
      expect(await concludeDelivery(office.db, id, ['sending', 'unknown'], now + 99)).toBeUndefined();
      expect(await get(id)).toEqual(before);
    });
  });

  it('knows what a group has had or is about to have', async () => {
    const [id = ''] = await plan(planOf({ hash: HASH }));
    const { groupId, db } = office;
    expect(await hasBrought(db, groupId, HASH, 'another')).toBe(true);
    expect(await hasBrought(db, groupId, HASH, id)).toBe(false);
    expect(await hasBrought(db, groupId, 'b'.repeat(64), 'another')).toBe(false);
    expect(await hasBrought(db, office.other.id, HASH, 'another')).toBe(false);
    expect(await hasBrought(db, null, HASH, 'another')).toBe(false);
    expect(await hasBrought(db, groupId, null, 'another')).toBe(false);
    for (const state of STATES) {
      await force(id, { state });
      expect(await hasBrought(db, groupId, HASH, 'another')).toBe(!NOT_BROUGHT.includes(state));
    }
    await force(id, { state: 'sent', kind: 'key' });
    expect(await hasBrought(db, groupId, HASH, 'another')).toBe(false);
  });
});

describe('what the parts make of a delivery', () => {
  it('is doubt before waiting, waiting before what is left, and sent only when all are', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PART_STATES)), (states) => {
        const conclusion = conclusionOf(states.map((state) => ({ state })));
        const any = (...some: PartState[]) => states.some((state) => some.includes(state));
        if (any('unknown', 'sending')) expect(conclusion).toBe('unknown');
        else if (any('awaiting-echo')) expect(conclusion).toBe('awaiting-echo');
        else if (any('planned') || states.length === 0) expect(conclusion).toBe('planned');
        else expect(conclusion).toBe('sent');
      }),
    );
  });
});

describe('what may follow what', () => {
  it('is this table and no other', () => {
    expect(FOLLOWS).toEqual({
      planned: ['queued', 'held', 'skipped', 'expired'],
      held: ['planned', 'skipped', 'expired'],
      queued: ['sending', 'planned', 'held', 'skipped', 'expired'],
      sending: ['sent', 'awaiting-echo', 'planned', 'failed', 'unknown', 'skipped'],
      'awaiting-echo': ['sent', 'planned', 'unknown'],
      unknown: ['sent', 'planned', 'awaiting-echo', 'failed', 'skipped'],
      failed: ['planned', 'skipped', 'sent'],
      expired: ['planned'],
      skipped: ['planned', 'sent'],
      sent: [],
    });
    for (const from of STATES)
      for (const to of STATES) expect(mayFollow(from, to)).toBe(from === to || FOLLOWS[from].includes(to));
  });
});

describe('what a channel’s answer means', () => {
  it.each([
    [{ messageId: 'm1' }, { kind: 'sent', messageId: 'm1' }],
    [{ messageId: '' }, { kind: 'awaiting-echo' }],
    [{}, { kind: 'awaiting-echo' }],
  ])('a receipt %j is %j', (receipt, outcome) => {
    expect(outcomeOfReceipt(receipt)).toEqual(outcome);
  });

  it.each([
    [new NotSentError('不在线'), { kind: 'not-sent', reason: '不在线' }],
    [new ThrottledError('太频繁'), { kind: 'not-sent', reason: '太频繁', throttled: true }],
    [new RefusedError('不在群里'), { kind: 'refused', reason: '不在群里' }],
    [new PermanentError('坏了'), { kind: 'refused', reason: '坏了' }],
    [new Error('socket hang up'), { kind: 'doubt', reason: 'socket hang up' }],
    ['nonsense', { kind: 'doubt', reason: 'nonsense' }],
  ])('%s is %j', (error, outcome) => {
    expect(outcomeOfError(error)).toEqual(outcome);
  });

  it('waits twice as long each time, from five seconds to five minutes', () => {
    expect([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1_000].map(retryDelay)).toEqual([
      5_000, 5_000, 5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000,
    ]);
  });
});
