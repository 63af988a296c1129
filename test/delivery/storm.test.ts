/** After a long outage what is due is held and shown, and released, dropped or expired. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { HOUR, MINUTE, SECOND } from '../../src/clock.ts';
import { findDelivery } from '../../src/delivery/ledger.ts';
import { queueDue } from '../../src/delivery/recover.ts';
import { resolveDelivery } from '../../src/delivery/resolve.ts';
import { expireHeld, guardStorm } from '../../src/delivery/storm.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { DIALECTS } from '../support/databases.ts';
import { ACCOUNT, openPostOffice, type PostOffice } from '../support/post-office.ts';

describe.each(DIALECTS)('the storm guard on %s', (dialect) => {
  let office: PostOffice;
  beforeEach(async () => {
    office = await openPostOffice(dialect);
  });
  afterEach(async () => {
    await office.close();
  });

  const guard = async () => await guardStorm(office.db, ACCOUNT, office.clock.now());
  const stateOf = async (id: string) => (await findDelivery(office.db, id))?.state;

  it('holds nothing at a first start, nor while the server runs', async () => {
    const id = await office.plan(['一'], { kind: 'digest' });
    expect(await guard()).toBe(0);
    for (let minute = 0; minute < 60 * 24; minute += 30) {
      office.clock.advance(30 * MINUTE);
      expect(await guard()).toBe(0);
    }
    expect(await stateOf(id)).toBe('planned');
  });

  it('lets a short outage pass, and holds what is due after a long one, replies excepted', async () => {
    await guard();
    office.clock.advance(2 * HOUR);
    const early = await office.plan(['一'], { kind: 'digest' });
    expect(await guard()).toBe(0);
    expect((await queueDue(office.db, [ACCOUNT], office.clock.now())).map(({ id }) => id)).toEqual([early]);

    office.clock.advance(5 * HOUR);
    const due = await office.plan(['二'], { kind: 'digest', plannedAt: office.clock.now() - HOUR });
    const reply = await office.plan(['三'], { kind: 'reply', plannedAt: office.clock.now() - HOUR });
    const later = await office.plan(['四'], { kind: 'digest', plannedAt: office.clock.now() + HOUR });
    expect(await guard()).toBe(2);
    expect(await guard()).toBe(0);
    for (const id of [early, due])
      expect(await findDelivery(office.db, id)).toMatchObject({
        state: 'held',
        reason: expect.stringContaining('停了 5 小时'),
      });
    expect(await stateOf(reply)).toBe('planned');
    expect(await stateOf(later)).toBe('planned');
    expect((await queueDue(office.db, [ACCOUNT], office.clock.now())).map(({ id }) => id)).toEqual([reply]);
  });

  it('counts the time that the account was offline, and each account for itself', async () => {
    await guard();
    await guardStorm(office.db, 'other', office.clock.now());
    office.clock.advance(5 * HOUR);
    await office.plan(['二'], { kind: 'digest' });
    expect(await guardStorm(office.db, 'other', office.clock.now())).toBe(0);
    expect(await guard()).toBe(1);
  });

  it('follows the county’s setting, and a clock that is set back is no outage', async () => {
    await setPolicy(office.db, 'storm-guard', '30m', {}, 'test', 1);
    await guard();
    office.clock.advance(40 * MINUTE);
    await office.plan(['一'], { kind: 'digest' });
    expect(await guard()).toBe(1);
    office.clock.advance(-2 * HOUR);
    expect(await guard()).toBe(0);
    office.clock.advance(20 * MINUTE);
    expect(await guard()).toBe(0);
  });

  async function hold() {
    await guard();
    office.clock.advance(5 * HOUR);
    const id = await office.plan(['一'], { kind: 'digest' });
    expect(await guard()).toBe(1);
    return { id, no: (await findDelivery(office.db, id))?.no ?? 0 };
  }

  it('a person releases it: it goes out', async () => {
    const { id, no } = await hold();
    await resolveDelivery(office.db, no, 'resend', 'ann', office.clock.now());
    const sent = await office.send(
      office.channelThat(async () => ({ messageId: 'x' })),
      id,
      async () => ({ drafts: [{ kind: 'text', body: '简报' }] }),
    );
    expect(sent?.state).toBe('sent');
  });

  it('a person drops it, or it expires: it never goes out', async () => {
    const dropped = await hold();
    await resolveDelivery(office.db, dropped.no, 'drop', 'ann', office.clock.now());
    const { id } = await hold();
    office.clock.advance(24 * HOUR - SECOND);
    expect(await expireHeld(office.db, office.clock.now())).toBe(0);
    office.clock.advance(SECOND);
    expect(await expireHeld(office.db, office.clock.now())).toBe(1);
    expect(await findDelivery(office.db, id)).toMatchObject({ state: 'expired', held_until: null });
    expect(await stateOf(dropped.id)).toBe('skipped');
    expect(await queueDue(office.db, [ACCOUNT], office.clock.now())).toEqual([]);
  });
});
