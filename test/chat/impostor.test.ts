/** An impostor tries: names that aren't his, codes, links of others, numbers of others, and roles that he hasn't. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MINUTE } from '../../src/clock.ts';
import { recordSeat } from '../../src/people/groups.ts';
import { bindIdentity, closeIdentity, findMemberOf } from '../../src/people/identities.ts';
import { addMember } from '../../src/people/members.ts';
import { grantRole, revokeRole } from '../../src/people/roles.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { isLoginTokenLive, spendLoginToken, startDeskCode } from '../../src/people/sessions.ts';
import { findLearner, findViewer } from '../../src/people/viewer.ts';
import { DIALECTS } from '../support/databases.ts';
import { type Office, openOffice } from '../support/office.ts';

const DESK = { agent: 'Chrome，Windows', from: 'desk' };
const secretIn = (reply: string) => /\/enter\?t=([\w-]+)/.exec(reply)?.[1] ?? '';

describe.each(DIALECTS)('an impostor on %s', (dialect) => {
  let office: Office;
  beforeEach(async () => {
    office = await openOffice(dialect);
  });
  afterEach(async () => {
    await office.close();
  });

  it('who calls himself like the secretary and sits in no group hears one polite line', async () => {
    expect(await office.tell('thief', '课表', '甲书记')).toMatch(/只为党支部群里的成员服务/);
    for (const words of ['登录', '投递', '确认', '通过 1', '帮助'])
      expect(await office.tell('thief', words, '甲书记')).toBe('');
    expect(await office.db.selectFrom('login_token').selectAll().execute()).toEqual([]);
  });

  it('who sits in the group under the name of the secretary is nobody', async () => {
    const { db, county } = office;
    await recordSeat(db, county.own.group.id, 'thief', '甲书记');
    await recordSeat(db, county.own.group.id, 'thief2', '甲支部-甲书记');
    for (const [contact, name] of [
      ['thief', '甲书记'],
      ['thief2', '甲支部-甲书记'],
    ] as const) {
      for (const words of ['课表', '投递', '待审', '通过 1', '授权 甲成员 书记 甲支部'])
        expect(await office.tell(contact, words, name)).toMatch(/没有这个说法/);
      expect(await office.tell(contact, '帮助', name)).not.toMatch(/排课/);
      // A guest may see what is a guest's own: that is all that is behind the link.
      const secret = secretIn(await office.tell(contact, '登录', name));
      const session = (await spendLoginToken(db, secret, office.clock.now()))?.session ?? '';
      expect(await findViewer(db, session, office.clock.now())).toBeUndefined();
      const learner = await findLearner(db, session, office.clock.now());
      expect(learner).toBeDefined();
      expect(learner?.id).not.toBe(county.own.secretary.id);
    }
    expect(await db.selectFrom('role_grant').select('id').execute()).toHaveLength(7);
  });

  it('who is taken by name for a secretary that nobody has certified yet has none of their rights', async () => {
    const { db, county } = office;
    const named = await addMember(db, { name: '覃小燕', unit: '甲支部' }, { who: 'test' }, 1);
    const role = { memberId: named.id, role: 'secretary', unitId: county.own.branch.id } as const;
    await grantRole(db, role, TERMINAL, 1);
    await recordSeat(db, county.own.group.id, 'thief', '覃小燕');
    await office.tell('thief', '我的', '覃小燕');
    expect((await findMemberOf(db, office.account, 'thief'))?.id).toBe(named.id);
    for (const words of ['登录', '登录 123456', '我的数据'])
      expect(await office.tell('thief', words, '覃小燕')).toMatch(/先认证/);
    for (const words of ['课表', '待审', '通知 开会'])
      expect(await office.tell('thief', words, '覃小燕')).toMatch(/没有这个说法/);
    expect(await db.selectFrom('login_token').select('hash').execute()).toEqual([]);
  });

  it('who got hold of a link has it once at most, and its owner can end that', async () => {
    const { db, clock, county } = office;
    const { contactId } = county.own.secretary;
    const first = secretIn(await office.tell(contactId, '登录'));
    expect(first).not.toBe('');
    // The owner asks again: the stolen one is worth nothing.
    const second = secretIn(await office.tell(contactId, '后台'));
    expect(await isLoginTokenLive(db, first, clock.now())).toBe(false);
    const stolen = (await spendLoginToken(db, second, clock.now()))?.session ?? '';
    expect(await findViewer(db, stolen, clock.now())).toMatchObject({ rank: 'secretary' });
    expect(await office.tell(contactId, '下线')).toMatch(/1 处登录都下线了/);
    expect(await findViewer(db, stolen, clock.now())).toBeUndefined();
    expect(await office.tell(contactId, '下线')).toMatch(/没有在用的登录/);
    for (let count = 0; count < 3; count += 1) await office.tell(contactId, '登录');
    expect(await office.tell(contactId, '登录')).toMatch(/过十分钟再来/);
    clock.advance(11 * MINUTE);
    expect(secretIn(await office.tell(contactId, '登录'))).not.toBe('');
  });

  it('who guesses codes is stopped, and no text of a code is kept', async () => {
    const { db, clock, county } = office;
    const shown = await startDeskCode(db, DESK, clock.now());
    const code = shown?.code ?? '';
    const { contactId } = county.own.secretary;
    const wrong = code === '111111' ? '222222' : '111111';
    for (let count = 0; count < 5; count += 1)
      expect(await office.tell(contactId, `登录 ${wrong}`)).toMatch(/不对，或者过时了/);
    expect(await office.tell(contactId, `登录 ${code}`)).toMatch(/过十分钟再来/);
    const { deputy } = county.own;
    expect(await office.tell(deputy.contactId, `登录 ${code.slice(0, 3)} ${code.slice(3)}`)).toMatch(
      /电脑上（Chrome，Windows）可以进去了/,
    );
    const kept = await db.selectFrom('message').select(['text', 'intent']).execute();
    expect(JSON.stringify(kept)).not.toContain(code);
    expect(kept.every(({ text }) => text === null)).toBe(true);
  });

  it('sends no link where only the server itself could open it', async () => {
    await office.close();
    office = await openOffice(dialect, { linkBase: '' });
    const heard = await office.tell(office.county.own.secretary.contactId, '登录');
    expect(heard).toMatch(/在那台电脑的浏览器里打开 \/login/);
    expect(heard).not.toMatch(/enter|http/);
  });

  it('can’t answer a question that another was asked, nor one in a group', async () => {
    const { county } = office;
    const { contactId } = county.own.secretary;
    await recordSeat(office.db, county.own.group.id, 'thief', '甲书记');
    expect(await office.tell(contactId, '通知 开会')).toMatch(/要发的通知/);
    expect(await office.tell('thief', '确认', '甲书记')).toBe('');
    expect(await office.tell(county.own.deputy.contactId, '确认')).toBe('');
    expect(await office.tell(county.other.secretary.contactId, '确认')).toBe('');
    expect(await office.db.selectFrom('review_item').selectAll().execute()).toEqual([]);
    expect(await office.tell(contactId, '确认')).toMatch(/送审了/);
  });

  it('can’t say yes for whoever had the contact, or the role, when the bot asked', async () => {
    const { db, clock, county, account } = office;
    const { secretary, deputy } = county.own;
    await office.tell(secretary.contactId, '通知 开会');
    // A login gives the contact to another, of the same branch at that.
    await closeIdentity(db, account, secretary.contactId, 'login', clock.now());
    await closeIdentity(db, account, deputy.contactId, 'login', clock.now());
    const taken = { account, contactId: secretary.contactId, memberId: deputy.id, how: 'secretary' } as const;
    await bindIdentity(db, taken, clock.now());
    expect(await office.tell(secretary.contactId, '确认')).toBe('');
    await office.tell(secretary.contactId, '通知 散会');
    const role = { memberId: deputy.id, role: 'secretary', unitId: county.own.branch.id } as const;
    await revokeRole(db, role, TERMINAL, clock.now());
    expect(await office.tell(secretary.contactId, '确认')).not.toMatch(/送审|发/);
    expect(await db.selectFrom('review_item').selectAll().execute()).toEqual([]);
  });

  it('gets no role by asking, and gives none that isn’t theirs to give', async () => {
    const { db, county } = office;
    const roles = async () => (await db.selectFrom('role_grant').select('id').execute()).length;
    const before = await roles();
    const { own, chief } = county;
    expect(await office.tell(own.member.contactId, '授权 甲成员 书记 甲支部')).toMatch(/没有这个说法/);
    expect(await office.tell(own.secretary.contactId, '授权 甲成员 书记 甲支部')).toMatch(/没有这个说法/);
    expect(await office.tell(own.head.contactId, '授权 甲成员 部门管理员 甲部门')).toMatch(/不归你管/);
    expect(await office.tell(own.head.contactId, '授权 甲成员 县管理员')).toMatch(/不归你管/);
    expect(await office.tell(chief.contactId, '授权 甲成员 县管理员')).toMatch(/不归你管/);
    expect(await office.tell(own.head.contactId, '授权 甲成员 书记')).toMatch(/这样发/);
    expect(await office.tell(own.head.contactId, '授权 甲成员 书记 甲支部')).toMatch(
      /给 甲成员（县委\/甲部门\/甲支部）：县委\/甲部门\/甲支部 的支部书记/,
    );
    expect(await roles()).toBe(before);
    expect(await office.tell(own.head.contactId, '确认')).toMatch(/现在是支部书记/);
    expect(await roles()).toBe(before + 1);
    expect(await office.tell(own.member.contactId, '课表')).toMatch(/7 天/);
    await office.tell(own.head.contactId, '撤权 甲成员 书记 甲支部');
    expect(await office.tell(own.head.contactId, '确认')).toMatch(/不再是支部书记/);
    expect(await office.tell(own.member.contactId, '课表')).toMatch(/没有这个说法/);
  });
});
