/** What a person decides, and what the courier finds out late. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { NotSentError, type Receipt, RefusedError } from '../../src/channels/channel.ts';
import { listAudit } from '../../src/db/audit.ts';
import { MINUTE, SECOND } from '../../src/clock.ts';
import type { DeliveryState } from '../../src/db/tables.ts';
import { listAttempts } from '../../src/delivery/attempts.ts';
import { recordEcho } from '../../src/delivery/echo.ts';
import {
  conclusionOf,
  findDelivery,
  listParts,
  moveDelivery,
  type NewDelivery,
} from '../../src/delivery/ledger.ts';
import {
  beginEpoch,
  queueDue,
  searchHistory,
  settleOrphans,
  SYNC_WINDOW,
} from '../../src/delivery/recover.ts';
import { DECIDABLE, DECISIONS, resolveDelivery } from '../../src/delivery/resolve.ts';
import { FOLLOWS, mayFollow, STATES } from '../../src/delivery/states.ts';
import { DIALECTS } from '../support/databases.ts';
import { ACCOUNT, openPostOffice, type PostOffice } from '../support/post-office.ts';
import { until } from '../support/wait.ts';

describe.each(DIALECTS)('deciding about a delivery on %s', (dialect) => {
  let office: PostOffice;
  beforeEach(async () => {
    office = await openPostOffice(dialect);
  });
  afterEach(async () => {
    await office.close();
  });

  const stateOf = async (id: string) => (await findDelivery(office.db, id))?.state;
  const noOf = async (id: string) => (await findDelivery(office.db, id))?.no ?? 0;
  const decide = async (id: string, decision: 'sent' | 'resend' | 'drop') =>
    await resolveDelivery(office.db, await noOf(id), decision, 'ann', office.clock.now());
  const broken = () => office.channelThat(async () => Promise.reject(new Error('socket hang up')));
  const working = () => office.channelThat(async () => ({ messageId: `x${office.said.length}` }));

  it('believes a person who saw it, and goes on with the parts that are left', async () => {
    const id = await office.plan(['一', '二']);
    await office.send(broken(), id);
    expect(await stateOf(id)).toBe('unknown');
    await decide(id, 'sent');
    expect(await stateOf(id)).toBe('planned');
    await office.send(working(), id);
    expect(await stateOf(id)).toBe('sent');
    expect(office.said).toEqual(['二']);
    expect((await listAudit(office.db, id)).map(({ who, what }) => [who, what])).toEqual([
      ['ann', 'delivery.sent'],
    ]);
  });

  it('sends again what a person wants again, and records each attempt', async () => {
    const id = await office.plan();
    await office.send(broken(), id);
    await decide(id, 'resend');
    await office.send(working(), id);
    expect(await stateOf(id)).toBe('sent');
    const attempts = await listAttempts(office.db, id);
    expect(attempts.map(({ attempt, outcome, epoch }) => [attempt, outcome, epoch])).toEqual([
      [1, 'unknown', office.epoch],
      [2, 'sent', office.epoch],
    ]);
    expect(attempts[0]?.body_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(attempts[0]?.body_hash).toBe(attempts[1]?.body_hash);
    expect(attempts.every(({ began_at: began, ended_at: ended }) => began <= (ended ?? 0))).toBe(true);
  });

  it('drops what a person drops; an echo proves it was said all the same', async () => {
    const id = await office.plan(['一课']);
    await office.send(broken(), id);
    await decide(id, 'drop');
    expect(await stateOf(id)).toBe('skipped');
    expect(await queueDue(office.db, [ACCOUNT], office.clock.now() + MINUTE)).toEqual([]);
    await recordEcho(office.db, office.echoOf('e1', '一课'), office.clock.now());
    expect(await stateOf(id)).toBe('sent');
  });

  it.each(
    DECISIONS.flatMap((decision) =>
      STATES.filter((state) => !DECIDABLE[decision].includes(state)).map(
        (state) => [decision, state] as const,
      ),
    ),
  )('refuses %s for one that is %s, and changes nothing', async (decision, state) => {
    const id = await office.plan();
    await office.db.updateTable('delivery').set({ state }).where('id', '=', id).execute();
    await expect(decide(id, decision)).rejects.toThrow(/nothing was changed/);
    expect(await stateOf(id)).toBe(state);
    expect(await listAudit(office.db, id)).toEqual([]);
  });

  it('says plainly that a number is nobody’s', async () => {
    await expect(resolveDelivery(office.db, 404, 'drop', 'ann', 1)).rejects.toThrow(
      /there is no delivery 404/,
    );
  });

  describe('sending a digest after all', () => {
    const DIGEST = { kind: 'digest', content: 'week', period: '2026-11-16/2026-11-22' } as const;
    const late = async (extra: Partial<NewDelivery> = {}) => {
      const ended = { state: 'expired', reason: '太晚' } as const;
      return await office.plan(['简报'], { ...DIGEST, ...extra, ended });
    };

    it('is refused where another has brought it, unless it is a marked one', async () => {
      const [id, marked] = [await late(), await late({ again: true })];
      await office.plan(['简报'], DIGEST);
      await expect(decide(id, 'resend')).rejects.toThrow(/the group has had this digest/);
      expect(await stateOf(id)).toBe('expired');
      await decide(marked, 'resend');
      expect(await stateOf(marked)).toBe('planned');
    });

    it.each<[string, Partial<NewDelivery>]>([
      ['of another span', { period: '2026-11-09/2026-11-15' }],
      ['of another length', { content: 'month' }],
      ['that is marked', { again: true }],
      ['that never came', { ended: { state: 'failed', reason: '发不出' } }],
    ])('is not held back by one %s', async (_what, extra) => {
      const id = await late();
      await office.plan(['简报'], { ...DIGEST, ...extra });
      await decide(id, 'resend');
      expect(await stateOf(id)).toBe('planned');
    });

    it('is not held back by what is no digest, by another group, nor where it has no span', async () => {
      const [id, old] = [await late(), await late({ period: undefined as never })];
      await office.plan(['课'], { ...DIGEST, kind: 'brief' });
      await office.plan(['简报'], { ...DIGEST, groupId: office.other.id });
      await decide(id, 'resend');
      expect(await stateOf(id)).toBe('planned');
      await decide(old, 'resend');
      expect(await stateOf(old)).toBe('planned');
    });
  });

  it('waits for a database that is away while the outcome is known', async () => {
    const id = await office.plan();
    await queueDue(office.db, [ACCOUNT], office.clock.now());
    let away = false;
    const db = office.db.withPlugin({
      transformQuery({ node }) {
        if (away) throw new Error('the database is away');
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    const channel = office.channelThat(async () => {
      away = true;
      return { messageId: 'known' };
    });
    const running = office.courierFor(channel, { db }).deliver(id);
    await until(() => office.said.length === 1);
    const timer = setInterval(() => {
      office.clock.advance(SECOND);
      if (office.clock.now() > Date.parse('2026-11-24T12:00:20+08:00')) away = false;
    }, 2);
    await running;
    clearInterval(timer);
    expect(await stateOf(id)).toBe('sent');
    expect((await listParts(office.db, id))[0]?.message_id).toBe('known');
  });

  const late: [string, () => Promise<Receipt>, DeliveryState][] = [
    ['an id', async () => ({ messageId: 'late' }), 'sent'],
    ['that it was never said', async () => Promise.reject(new NotSentError('掉线')), 'planned'],
    ['a refusal', async () => Promise.reject(new RefusedError('被移出群聊')), 'failed'],
    ['nothing', async () => ({}), 'unknown'],
  ];
  it.each(late)('a send that was given up answers late: %s', async (_name, answer, state) => {
    const id = await office.plan();
    await queueDue(office.db, [ACCOUNT], office.clock.now());
    let finish = () => undefined as void;
    const hanging = new Promise<void>((resolve) => (finish = resolve));
    const channel = office.channelThat(async () => {
      await hanging;
      return await answer();
    });
    const running = office.courierFor(channel).deliver(id);
    const timer = setInterval(() => office.clock.advance(SECOND), 2);
    await running;
    clearInterval(timer);
    expect(await stateOf(id)).toBe('unknown');
    finish();
    if (state === 'unknown') {
      await until(() => office.said.length === 1);
      expect(await stateOf(id)).toBe(state);
    } else await until(async () => (await stateOf(id)) === state, { what: state });
  });

  it('an echo of something older is not taken for it', async () => {
    const id = await office.plan(['同样的话']);
    await office.send(
      office.channelThat(async () => ({})),
      id,
    );
    const before = office.clock.now() - 10 * MINUTE;
    expect(await recordEcho(office.db, office.echoOf('old', '同样的话', before), office.clock.now())).toBe(
      false,
    );
    expect(await stateOf(id)).toBe('awaiting-echo');
  });

  it('a sending row of ours that nobody is at is in doubt; one that is active is left alone', async () => {
    const id = await office.plan();
    await office.db
      .updateTable('delivery')
      .set({ state: 'sending', epoch: office.epoch })
      .where('id', '=', id)
      .execute();
    await office.db.updateTable('delivery_part').set({ state: 'sending', sending_at: 1 }).execute();
    const settle = async (isActive: boolean) =>
      await settleOrphans(
        office.db,
        [ACCOUNT],
        { epoch: office.epoch, isActive: () => isActive },
        office.clock.now(),
      );
    expect(await settle(true)).toBe(0);
    expect(await stateOf(id)).toBe('sending');
    expect(await settle(false)).toBe(1);
    expect(await stateOf(id)).toBe('unknown');
  });

  describe('a channel with a history', () => {
    async function leaveInDoubt() {
      const id = await office.plan(['说没说']);
      await office.send(broken(), id);
      return id;
    }
    const search = async (epoch: string, echoes: readonly string[]) =>
      await searchHistory(
        office.db,
        office.channelThat(async () => ({}), {
          history: async () => echoes.map((text) => office.echoOf('h1', text)),
        }),
        epoch,
        office.clock.now(),
      );

    it('decides that it was said', async () => {
      const id = await leaveInDoubt();
      expect(await search(office.epoch, ['说没说'])).toBe(1);
      expect(await stateOf(id)).toBe('sent');
    });

    it('decides that a dead process never said it, once the history is complete', async () => {
      const id = await leaveInDoubt();
      const epoch = await beginEpoch(office.db, office.clock.now());
      expect(await search(epoch, [])).toBe(0);
      expect(await stateOf(id)).toBe('unknown');
      office.clock.advance(SYNC_WINDOW);
      expect(await search(epoch, [])).toBe(1);
      expect(await findDelivery(office.db, id)).toMatchObject({
        state: 'planned',
        reason: '群消息里没有它，重新发',
      });
    });

    it('leaves a doubt of its own process: the call may still be on its way', async () => {
      const id = await leaveInDoubt();
      office.clock.advance(10 * SYNC_WINDOW);
      expect(await search(office.epoch, [])).toBe(0);
      expect(await stateOf(id)).toBe('unknown');
    });
  });
});

describe('the table of states', () => {
  it('has an end that nothing follows, and no state that leads nowhere else', () => {
    expect(FOLLOWS.sent).toEqual([]);
    for (const state of STATES) if (state !== 'sent') expect(FOLLOWS[state].length).toBeGreaterThan(0);
  });

  it('never sends again by itself what may have been said', () => {
    // Back to `queued` it is only by way of `planned`, which echo, history or a person decide.
    for (const state of STATES)
      if (state !== 'planned') expect(mayFollow(state, 'queued')).toBe(state === 'queued');
    for (const state of STATES)
      if (state !== 'queued') expect(mayFollow(state, 'sending')).toBe(state === 'sending');
  });

  it.each([
    [['sent', 'sent'], 'sent'],
    [['sent', 'planned'], 'planned'],
    [['sent', 'awaiting-echo', 'planned'], 'awaiting-echo'],
    [['sent', 'unknown', 'awaiting-echo', 'planned'], 'unknown'],
    [['sending', 'planned'], 'unknown'],
    [[], 'planned'],
  ] as const)('parts %j make it %s', (states, conclusion) => {
    expect(conclusionOf(states.map((state) => ({ state })))).toBe(conclusion);
  });

  it('refuses a move that the table does not have', async () => {
    const office = await openPostOffice('sqlite');
    const id = await office.plan();
    await expect(moveDelivery(office.db, id, { from: ['planned'], to: 'sent' }, 1)).rejects.toThrow(
      /can't go from planned to sent/,
    );
    await office.close();
  });
});
