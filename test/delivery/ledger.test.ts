/** The ledger's states, on both databases: what the channel reports, what echoes decide, what a dead process leaves. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { NotSentError, RefusedError } from '../../src/channels/channel.ts';
import { MINUTE, SECOND } from '../../src/clock.ts';
import { recordEcho } from '../../src/delivery/echo.ts';
import { findDelivery, listParts } from '../../src/delivery/ledger.ts';
import {
  beginEpoch,
  ECHO_WAIT,
  expireEchoes,
  listQueued,
  queueDue,
  searchHistory,
  settleOrphans,
} from '../../src/delivery/recover.ts';
import { setGroupEnabled } from '../../src/people/groups.ts';
import { DIALECTS } from '../support/databases.ts';
import { ACCOUNT, type Behaviour, openPostOffice, type PostOffice } from '../support/post-office.ts';

describe.each(DIALECTS)('the ledger on %s', (dialect) => {
  let office: PostOffice;
  beforeEach(async () => {
    office = await openPostOffice(dialect);
  });
  afterEach(async () => {
    await office.close();
  });

  const reports: [string, Behaviour, string][] = [
    ['a message id', async () => ({ messageId: 'x1' }), 'sent'],
    ['nothing', async () => ({}), 'awaiting-echo'],
    [
      'nothing, its echo before the call returned',
      async (_text, echo) => {
        await echo('');
        return {};
      },
      'sent',
    ],
    [
      'an id and an echo of it',
      async (_text, echo) => {
        await echo('x1');
        return { messageId: 'x1' };
      },
      'sent',
    ],
    ['that it was offline', async () => Promise.reject(new NotSentError('掉线')), 'planned'],
    ['a refusal', async () => Promise.reject(new RefusedError('被移出群聊')), 'failed'],
    ['any other error', async () => Promise.reject(new Error('socket hang up')), 'unknown'],
    [
      'an error after it was said, the echo faster',
      async (_text, echo) => {
        await echo('');
        throw new Error('timeout');
      },
      'sent',
    ],
  ];
  it.each(reports)('the channel reports %s', async (_name, behave, state) => {
    const { channelThat, plan, send } = office;
    const delivery = await send(channelThat(behave), await plan());
    expect(delivery?.state).toBe(state);
    if (state !== 'sent' && state !== 'awaiting-echo') expect(delivery?.reason).toBeTruthy();
  });

  it('a send that hangs is in doubt, never tried again', async () => {
    const { channelThat, clock, courierFor, db, plan } = office;
    const channel = channelThat(() => new Promise(() => undefined));
    const id = await plan();
    await queueDue(db, [ACCOUNT], clock.now());
    const running = courierFor(channel).deliver(id);
    const timer = setInterval(() => clock.advance(SECOND), 2);
    await running;
    clearInterval(timer);
    expect((await findDelivery(db, id))?.state).toBe('unknown');
    clock.advance(60 * MINUTE);
    expect(await queueDue(db, [ACCOUNT], clock.now())).toEqual([]);
  });

  it('an echo that comes late decides; one that never comes leaves it unknown; a duplicate changes nothing', async () => {
    const { channelThat, clock, db, echoOf, plan, send } = office;
    const silent = channelThat(async () => ({}));
    const [first, second] = [await plan(['第一课']), await plan(['第二课'])];
    await send(silent, first);
    await send(silent, second);
    await recordEcho(db, echoOf('e1', '第一课'), clock.now());
    await recordEcho(db, echoOf('e1', '第一课'), clock.now());
    expect((await findDelivery(db, first))?.state).toBe('sent');
    clock.advance(ECHO_WAIT);
    await expireEchoes(db, clock.now());
    expect(await findDelivery(db, second)).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('不确定'),
    });
    await recordEcho(db, echoOf('e2', ' 第二课\r\n'), clock.now());
    expect((await findDelivery(db, second))?.state).toBe('sent');
  });

  it('the row begun nearest to its time gets the echo, and each echo serves one', async () => {
    const { channelThat, clock, db, echoOf, plan, send } = office;
    const silent = channelThat(async () => ({}));
    const [first, second] = [await plan(['同样的话']), await plan(['同样的话'])];
    const at = clock.now();
    await send(silent, first);
    clock.advance(2 * SECOND);
    await send(silent, second);
    await recordEcho(db, echoOf('e1', '同样的话', at + 500), clock.now());
    expect((await findDelivery(db, first))?.state).toBe('sent');
    expect((await findDelivery(db, second))?.state).toBe('awaiting-echo');
    await recordEcho(db, echoOf('e2', '同样的话', at + 500), clock.now());
    expect((await findDelivery(db, second))?.state).toBe('sent');
  });

  it('an older row in doubt does not take the echo of a younger one with the same words', async () => {
    const { channelThat, clock, db, plan, send } = office;
    const broken = channelThat(async () => Promise.reject(new Error('socket hang up')));
    const [older, younger] = [await plan(['同样的话']), await plan(['同样的话'])];
    await send(broken, older);
    clock.advance(MINUTE);
    const quick = channelThat(async (_text, echo) => {
      await echo('x1');
      return { messageId: 'x1' };
    });
    await send(quick, younger);
    expect((await findDelivery(db, younger))?.state).toBe('sent');
    expect(await findDelivery(db, older)).toMatchObject({ state: 'unknown', reason: expect.any(String) });
  });

  it('what was said twice with the same words around a crash is found twice in the history, and not said again', async () => {
    const { channelThat, clock, db, echoOf, plan, send } = office;
    const epoch = await beginEpoch(db, clock.now());
    const [older, younger] = [await plan(['同样的话']), await plan(['同样的话'])];
    const broken = channelThat(async () => Promise.reject(new Error('killed')));
    const first = clock.now();
    await send(broken, older);
    clock.advance(3 * MINUTE);
    const second = clock.now();
    await send(broken, younger);
    // The second one's echo comes before anybody has asked for the history.
    await recordEcho(db, echoOf('m2', '同样的话', second), clock.now());
    clock.advance(10 * MINUTE);
    const history = async () => [echoOf('m1', '同样的话', first), echoOf('m2', '同样的话', second)];
    await db.updateTable('delivery').set({ epoch: 'dead' }).where('id', 'in', [older, younger]).execute();
    await searchHistory(db, { ...broken, history }, epoch, clock.now());
    for (const id of [older, younger]) expect((await findDelivery(db, id))?.state).toBe('sent');
  });

  it('parts go out in order, and what is left goes on after the echo', async () => {
    const { channelThat, clock, db, echoOf, plan, said, send } = office;
    const silent = channelThat(async () => ({}));
    const id = await plan(['一', '二', '三']);
    for (const [index, body] of ['一', '二', '三'].entries()) {
      await send(silent, id);
      expect(said).toEqual(['一', '二', '三'].slice(0, index + 1));
      await recordEcho(db, echoOf(`e${index}`, body), clock.now());
    }
    expect((await findDelivery(db, id))?.state).toBe('sent');
    expect((await listParts(db, id)).map((part) => part.message_id)).toEqual(['e0', 'e1', 'e2']);
  });

  it('two workers take a delivery once', async () => {
    const { channelThat, clock, courierFor, db, plan, said } = office;
    const channel = channelThat(async () => ({ messageId: `m${said.length}` }));
    const id = await plan();
    await queueDue(db, [ACCOUNT], clock.now());
    const [one, other] = [courierFor(channel), courierFor(channel)];
    await Promise.all([one.deliver(id), other.deliver(id), one.deliver(id)]);
    expect(said).toEqual(['一课']);
  });

  it('what a dead process left is unknown when it may have been said, and goes on when it was not', async () => {
    const { channelThat, clock, db, echoOf, epoch, plan } = office;
    const [begun, claimed] = [await plan(['说到一半']), await plan(['还没开口'])];
    const other = await beginEpoch(db, clock.now());
    await db.updateTable('delivery').set({ state: 'sending', epoch: other }).execute();
    await db
      .updateTable('delivery_part')
      .set({ state: 'sending', sending_at: clock.now() })
      .where('delivery_id', '=', begun)
      .execute();
    await settleOrphans(db, [ACCOUNT], { epoch, isActive: () => false }, clock.now());
    expect((await findDelivery(db, begun))?.state).toBe('unknown');
    expect((await findDelivery(db, claimed))?.state).toBe('planned');

    const history = async () => [echoOf('h1', '说到一半')];
    expect(
      await searchHistory(
        db,
        channelThat(async () => ({}), { history }),
        epoch,
        clock.now(),
      ),
    ).toBe(1);
    expect((await findDelivery(db, begun))?.state).toBe('sent');
  });

  it('a lost queue is rebuilt from the ledger', async () => {
    const { clock, db, plan } = office;
    const id = await plan();
    await queueDue(db, [ACCOUNT], clock.now());
    expect((await listQueued(db, [ACCOUNT])).map((row) => row.id)).toEqual([id]);
  });

  it('the same cause is planned once', async () => {
    const { plan } = office;
    expect(await plan(['一课'], { cause: 'same' })).not.toBe('');
    expect(await plan(['一课'], { cause: 'same' })).toBe('');
  });

  it('a group that was turned off gets nothing', async () => {
    const { channelThat, clock, db, plan, said, send } = office;
    const id = await plan();
    const { key } = await db.selectFrom('chat_group').select('key').executeTakeFirstOrThrow();
    await setGroupEnabled(db, key, false, 'test', clock.now());
    const delivery = await send(
      channelThat(async () => ({ messageId: 'x' })),
      id,
    );
    expect(delivery).toMatchObject({ state: 'skipped', reason: '这个群已停用' });
    expect(said).toEqual([]);
  });
});
