/** Which quiz an answer is for, and when a quiz is over, while lessons go out, fail and are left half said. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { NotSentError } from '../../src/channels/channel.ts';
import { HOUR, MINUTE, SECOND } from '../../src/clock.ts';
import { findDelivery } from '../../src/delivery/ledger.ts';
import { openWindow, windowAt } from '../../src/quiz/windows.ts';
import { closeDueWindows } from '../../src/schedule/closing.ts';
import { DIALECTS } from '../support/databases.ts';
import { type Behaviour, openPostOffice, type PostOffice } from '../support/post-office.ts';

const said: Behaviour = async () => ({ messageId: crypto.randomUUID() });
const offline: Behaviour = async () => Promise.reject(new NotSentError('掉线'));

describe.each(DIALECTS)('quiz windows on %s', (dialect) => {
  let office: PostOffice;
  beforeEach(async () => {
    office = await openPostOffice(dialect);
  });
  afterEach(async () => {
    await office.close();
  });

  async function teach(name: string, closeAfter: number, parts = [name]): Promise<string> {
    const { clock, db, groupId, plan } = office;
    const deliveryId = await plan(parts);
    const now = clock.now();
    await openWindow(db, {
      deliveryId,
      groupId,
      lessonId: name,
      hash: name,
      opensAt: now,
      closesAt: now + closeAfter,
    });
    return deliveryId;
  }

  const openNow = async () => (await windowAt(office.db, [office.groupId], office.clock.now()))?.lesson_id;

  it('an answer is for the lesson that was said last, not for one that could not be said yet', async () => {
    const { channelThat, clock, send } = office;
    await send(channelThat(said), await teach('甲', HOUR));
    clock.advance(MINUTE);
    expect(await openNow()).toBe('甲');
    const second = await teach('乙', HOUR);
    expect((await send(channelThat(offline), second))?.state).toBe('planned');
    expect(await openNow()).toBe('甲');
    clock.advance(10 * MINUTE);
    expect((await send(channelThat(said), second))?.state).toBe('sent');
    expect(await openNow()).toBe('乙');
  });

  it('the key of a lesson that was left half said comes after its last part', async () => {
    const { channelThat, clock, db, send } = office;
    let calls = 0;
    const half = channelThat(async (text, echo) => {
      calls += 1;
      return calls === 2 ? await offline(text, echo) : await said(text, echo);
    });
    const id = await teach('甲', 10 * SECOND, ['正文', '小测']);
    expect((await send(half, id))?.state).toBe('planned');
    clock.advance(MINUTE);
    expect(await closeDueWindows(db, clock.now())).toBe(0);
    expect((await send(half, id))?.state).toBe('sent');
    expect(await closeDueWindows(db, clock.now())).toBe(1);
    const keys = await db.selectFrom('delivery').select('cause').where('kind', '=', 'key').execute();
    expect(keys).toHaveLength(1);
    expect((await findDelivery(db, id))?.state).toBe('sent');
  });
});
