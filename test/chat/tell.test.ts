/** What waits for a person is told to whoever it concerns: once, in private, and nobody else. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { noticeCertifications } from '../../src/chat/notices.ts';
import { tellWaiting } from '../../src/chat/tell.ts';
import { HOUR, MINUTE } from '../../src/clock.ts';
import { newId } from '../../src/db/ids.ts';
import { moveDelivery, planDeliveries } from '../../src/delivery/ledger.ts';
import { bindIdentity } from '../../src/people/identities.ts';
import { beginLogin, finishLogin } from '../../src/people/relogin.ts';
import { DIALECTS } from '../support/databases.ts';
import { type Office, openOffice } from '../support/office.ts';

describe.each(DIALECTS)('what waits on %s', (dialect) => {
  let office: Office;
  beforeEach(async () => {
    office = await openOffice(dialect);
  });
  afterEach(async () => {
    await office.close();
  });

  /** To whom it was said, on which account, and what. */
  const told = async () =>
    (
      await office.db
        .selectFrom('delivery')
        .innerJoin('delivery_part', 'delivery_part.delivery_id', 'delivery.id')
        .select(['delivery.account', 'delivery.contact_id', 'delivery_part.body'])
        .where('delivery.kind', '=', 'notice')
        .orderBy('delivery.no')
        .execute()
    ).map(({ account, contact_id: contactId, body }) => `${contactId}@${account}: ${body}`);
  const tell = (channels: Parameters<typeof tellWaiting>[1]['channels'] = []) =>
    tellWaiting(office.db, { zone: 'Asia/Shanghai', channels }, office.clock.now());

  it('deliveries that are unknown, held or failed: to the branch, together, once for each doubt', async () => {
    const { db, clock, county, account } = office;
    const { group } = county.own;
    const ids: string[] = [];
    for (const state of ['unknown', 'failed', 'held'] as const) {
      const plan = { cause: newId(), kind: 'digest', account, groupId: group.id, content: 'day' } as const;
      const [id = ''] = await planDeliveries(db, [{ ...plan, plannedAt: clock.now() }], clock.now());
      ids.push(id);
      if (state === 'held') await moveDelivery(db, id, { from: ['planned'], to: 'held' }, clock.now());
      else {
        await moveDelivery(db, id, { from: ['planned'], to: 'queued' }, clock.now());
        await moveDelivery(db, id, { from: ['queued'], to: 'sending' }, clock.now());
        await moveDelivery(db, id, { from: ['sending'], to: state }, clock.now());
      }
    }
    await tell();
    expect(await told()).toEqual([]);
    clock.advance(MINUTE);
    for (let round = 0; round < 3; round += 1) await tell();
    const said = await told();
    expect(said.map((line) => line.split('@')[0])).toEqual(['甲书记', '甲副书记']);
    for (const line of said) expect(line).toMatch(/有 3 条没有发好/);
    // Another doubt about the same is told again.
    await moveDelivery(db, ids[1] ?? '', { from: ['failed'], to: 'planned' }, clock.now());
    await moveDelivery(db, ids[1] ?? '', { from: ['planned'], to: 'held' }, clock.now());
    clock.advance(MINUTE);
    for (let round = 0; round < 2; round += 1) await tell();
    expect(await told()).toHaveLength(4);
  });

  it('what a login left in doubt: to the branch, and a group that stays away after an hour', async () => {
    const { db, clock, account } = office;
    await beginLogin(db, account, clock.now());
    const people = ['甲书记', '甲副书记', '甲成员'].map((name) => ({ contactId: `new-${name}`, name }));
    const renamed = { account, roomId: 'x@room', topic: '电商交流', members: people };
    await finishLogin(db, account, [renamed], clock.now() + 1);
    // People can be told by name only once their group can; until then nobody is who they were.
    const { chief, own } = office.county;
    for (const { id, contactId } of [chief, own.secretary]) {
      await db.updateTable('identity').set({ closed_at: 1 }).where('member_id', '=', id).execute();
      const here = { account, contactId: `new-${contactId}`, memberId: id, how: 'secretary' } as const;
      await bindIdentity(db, here, clock.now());
    }
    await tell();
    expect(await told()).toEqual([]);
    clock.advance(MINUTE);
    for (let round = 0; round < 2; round += 1) await tell();
    expect(await told()).toEqual([
      expect.stringMatching(/^new-甲书记@.*1 处认不准：\n• 1 号：现在的「电商交流」是不是「甲支部群」/),
    ]);
    clock.advance(HOUR);
    for (let round = 0; round < 2; round += 1) await tell();
    const later = (await told()).slice(1);
    expect(later).toHaveLength(2);
    expect(later.find((line) => /乙支部群/.test(line))).toMatch(/^new-县管@[\s\S]*没有再见到群「乙支部群」/);
  });

  it('an account that has been away for five minutes: to the county, by another account, once each time', async () => {
    const { db, clock, county, account } = office;
    const away = { account, state: 'offline', since: clock.now(), reason: '掉线了' } as const;
    const other = { account: 'wechaty:north', state: 'online', since: 0 } as const;
    const { id: memberId } = county.chief;
    const reach = { account: other.account, contactId: 'chief-north', memberId, how: 'secretary' } as const;
    await bindIdentity(db, reach, clock.now());
    await tell([away, other]);
    expect(await told()).toEqual([]);
    clock.advance(5 * MINUTE);
    // With no account online there is nobody to say it.
    await tell([away, { ...other, state: 'offline', since: clock.now() }]);
    expect(await told()).toEqual([]);
    for (let round = 0; round < 3; round += 1) await tell([away, other]);
    const said = await told();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^chief-north@wechaty:north: 账号 wechaty:county 已经掉线 5 分钟：掉线了/);
    const later = clock.now();
    clock.advance(6 * MINUTE);
    await tell([{ ...away, since: later }, other]);
    expect(await told()).toHaveLength(2);
  });

  it('a certification: to the nearest who can be reached, and later when nobody can', async () => {
    const { db, clock, county } = office;
    const { own, chief } = county;
    await db.updateTable('identity').set({ confirmed: 0 }).execute();
    await office.tell('new', '认证 甲成员');
    clock.advance(MINUTE);
    await noticeCertifications(db, clock.now());
    expect(await told()).toEqual([]);
    // Trying again loses nothing: nobody was told of the first.
    await office.tell('new', '认证 甲成员');
    clock.advance(MINUTE);
    await db.updateTable('identity').set({ confirmed: 1 }).where('member_id', '=', chief.id).execute();
    await noticeCertifications(db, clock.now());
    await noticeCertifications(db, clock.now());
    expect(await told()).toEqual([expect.stringMatching(/^县管@.*有 1 人等你认证/)]);
    await db
      .updateTable('identity')
      .set({ confirmed: 1 })
      .where('member_id', '=', own.secretary.id)
      .execute();
    await office.tell('second', '认证 甲成员');
    clock.advance(MINUTE);
    await noticeCertifications(db, clock.now());
    expect((await told()).at(-1)).toMatch(/^甲书记@/);
  });
});
