import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { carryOut } from '../../src/chat/reach.ts';
import { DAY, MINUTE, SECOND } from '../../src/clock.ts';
import type { Channel } from '../../src/channels/channel.ts';
import { insertMessages } from '../../src/chat/inbox.ts';
import { silentLog } from '../../src/log.ts';
import { addMember } from '../../src/people/members.ts';
import { setPolicy } from '../../src/people/policies.ts';
import {
  decideInvitation,
  listDueFriends,
  listInvitations,
  recordFriendRequest,
  recordInvitation,
  reopenInvitation,
  SECOND_THOUGHTS,
} from '../../src/people/reach.ts';
import { grantRole } from '../../src/people/roles.ts';
import { readActor, TERMINAL } from '../../src/people/scope.ts';
import { getUnitByName } from '../../src/people/units.ts';
import { DIALECTS } from '../support/databases.ts';
import { openSchool, type School } from '../support/school.ts';

describe.each(DIALECTS)('reaching the bot on %s', (dialect) => {
  let school: School;
  beforeEach(async () => {
    school = await openSchool(dialect, '2026-11-24T18:00:00+08:00');
  });
  afterEach(async () => {
    await school.close();
  });

  /** An account that does what it is told, and remembers. */
  function fakeChannel(refuse = false) {
    const accepted: string[] = [];
    const accept = async (id: string) => {
      if (refuse) throw new Error('no');
      accepted.push(id);
    };
    const channel = {
      account: 'sandbox',
      status: () => ({ account: 'sandbox', state: 'online', since: 0 }),
      acceptFriend: accept,
      acceptInvitation: accept,
    } as unknown as Channel;
    return { channel, accepted };
  }

  it('accepts people of enabled groups one by one, slowly, and so many a day', async () => {
    const { db, clock } = school;
    const request = (id: string, contactId: string) =>
      recordFriendRequest(db, { account: 'sandbox', id, contactId }, clock.now(), 0.5);
    expect(await request('f1', 'huacha-01')).toBe('waiting');
    expect(await request('f2', 'huacha-02')).toBe('waiting');
    expect(await request('f3', 'nobody')).toBe('ignored');
    await request('f1', 'huacha-01');
    const { channel, accepted } = fakeChannel();
    const round = () => carryOut({ db, log: silentLog, now: () => clock.now() }, channel);
    await round();
    expect(accepted).toEqual([]);
    clock.advance(MINUTE);
    await round();
    await round();
    expect(accepted).toEqual(['f1']);
    clock.advance(2 * MINUTE);
    await round();
    expect(accepted).toEqual(['f1']);
    clock.advance(2 * MINUTE);
    await round();
    expect(accepted).toEqual(['f1', 'f2']);

    await setPolicy(db, 'friends-a-day', '2', {}, 'test', clock.now());
    await request('f4', 'huacha-03');
    clock.advance(10 * MINUTE);
    expect(await listDueFriends(db, 'sandbox', clock.now())).toEqual([]);
    clock.advance(DAY);
    expect(await listDueFriends(db, 'sandbox', clock.now())).toHaveLength(1);
    await carryOut({ db, log: silentLog, now: () => clock.now() }, fakeChannel(true).channel);
    const states = await db
      .selectFrom('friend_request')
      .select(['channel_id', 'state'])
      .orderBy('channel_id')
      .execute();
    expect(states.map(({ state }) => state)).toEqual(['accepted', 'accepted', 'ignored', 'failed']);
  });

  it('lets a county admin decide on invitations, and nobody below', async () => {
    const { db, clock } = school;
    const now = clock.now();
    const invitation = { account: 'sandbox', id: 'i1', inviterId: 'x', topic: '电商群' };
    expect(await recordInvitation(db, invitation, now)).toBe(1);
    expect(await recordInvitation(db, invitation, now)).toBeUndefined();
    const chief = await addMember(db, { name: '县管' }, { who: 'test' }, now);
    await grantRole(db, { memberId: chief.id, role: 'county', unitId: null }, TERMINAL, now);
    const { id: unitId } = await getUnitByName(db, '花茶协会党支部');
    const head = await addMember(db, { name: '部门长' }, { who: 'test' }, now);
    await grantRole(db, { memberId: head.id, role: 'department', unitId }, TERMINAL, now);
    const low = await readActor(db, head.id, now);
    expect(await listInvitations(db, low)).toEqual([]);
    await expect(decideInvitation(db, 1, true, low, now)).rejects.toThrow(/没有找到这个入群邀请：1/);
    const ruler = await readActor(db, chief.id, now);
    const { channel, accepted } = fakeChannel();
    const round = async (at: number) => await carryOut({ db, log: silentLog, now: () => at }, channel);

    // A slip of the thumb is taken back, either way.
    for (const answer of [true, false]) {
      await decideInvitation(db, 1, answer, ruler, now);
      await round(now);
      await expect(reopenInvitation(db, 1, low, now)).rejects.toThrow(/没有找到/);
      expect(await reopenInvitation(db, 1, ruler, now)).toMatchObject({ state: 'waiting' });
      expect(await listInvitations(db, ruler)).toHaveLength(1);
    }
    await round(now + DAY);
    expect(accepted).toEqual([]);

    await decideInvitation(db, 1, true, ruler, now);
    await round(now + SECOND_THOUGHTS - 1);
    expect(accepted).toEqual([]);
    await round(now + SECOND_THOUGHTS);
    await round(now + SECOND_THOUGHTS);
    expect(accepted).toEqual(['i1']);
    await expect(decideInvitation(db, 1, false, TERMINAL, now)).rejects.toThrow(/没有找到/);
    await expect(reopenInvitation(db, 1, ruler, now)).rejects.toMatchObject({
      said: expect.stringContaining('已经进群了'),
    });
    const changes = await db
      .selectFrom('audit')
      .select(['what', 'via'])
      .where('what', 'like', 'invitation.%')
      .orderBy('id')
      .execute();
    expect(changes.map(({ what, via }) => `${what} ${via}`)).toEqual([
      'invitation.accept console',
      'invitation.reopen console',
      'invitation.reject console',
      'invitation.reopen console',
      'invitation.accept console',
    ]);
  });

  it('gives a stranger one polite line, once, and lets them certify', async () => {
    const { db, app, clock } = school;
    let no = 0;
    const whisper = async (text: string) => {
      no += 1;
      const message = {
        account: 'sandbox',
        id: `s${no}`,
        contactId: 'stranger',
        senderName: '路人',
        kind: 'text' as const,
        text,
        mention: false,
        sentAt: clock.now(),
      };
      await insertMessages(db, [message], clock.now());
      clock.advance(SECOND);
      await app.settled();
    };
    for (const text of ['你好', '在吗', '帮助', '1A 2B', '打卡']) await whisper(text);
    const replies = async () =>
      (
        await db
          .selectFrom('delivery')
          .innerJoin('delivery_part', 'delivery_part.delivery_id', 'delivery.id')
          .select('delivery_part.body')
          .where('delivery.contact_id', '=', 'stranger')
          .orderBy('delivery.no')
          .execute()
      ).map(({ body }) => body);
    expect(await replies()).toHaveLength(1);
    expect((await replies())[0]).toMatch(/只为党支部群里的成员服务/);
    expect(await db.selectFrom('checkin').select('id').execute()).toEqual([]);
    await whisper('认证 韦国强');
    expect((await replies()).at(-1)).toMatch(/已经请支部书记确认/);
  });
});
