/** Certification as a conversation: a whole branch in an evening, an impostor, and what follows whom. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { HOUR, MINUTE, SECOND } from '../../src/clock.ts';
import { factMover } from '../../src/digest/follow.ts';
import { rebuildRollups } from '../../src/digest/rebuild.ts';
import { listCertifications, revokeCertification } from '../../src/people/certify.ts';
import { readClaim } from '../../src/people/claim.ts';
import { issueCodes, newCode, readCode } from '../../src/people/codes.ts';
import { addMember, memberOf } from '../../src/people/members.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { getUnitByName } from '../../src/people/units.ts';
import { readRollups } from '../support/classroom.ts';
import { DIALECTS } from '../support/databases.ts';
import { neverSaid, openSchool, type School } from '../support/school.ts';
import { until } from '../support/wait.ts';

const ZONE = 'Asia/Shanghai';

describe('a claim', () => {
  it.each([
    ['张三 A1023', { name: '张三', code: 'A1023' }],
    ['张三A1023', { name: '张三', code: 'A1023' }],
    ['张三，a1023', { name: '张三', code: 'a1023' }],
    ['A1023 张三', { name: '张三', code: 'A1023' }],
    ['张三（Ａ１０２３）', { name: '张三', code: 'A1023' }],
    ['阿依古丽·买买提 AB1234', { name: '阿依古丽·买买提', code: 'AB1234' }],
    ['张三', { name: '张三' }],
    ['张三 450127199001011234', 'id-card'],
    ['450127 19900101 123X', 'id-card'],
    ['A1023', undefined],
    ['我是 张三 A1023', undefined],
    ['', undefined],
  ])('%s', (text, claim) => expect(readClaim(text)).toEqual(claim));
});

it('makes codes of two letters and four digits, read however they are typed', () => {
  for (let index = 0; index < 200; index += 1) expect(newCode()).toMatch(/^[A-HJ-NP-Z]{2}\d{4}$/);
  expect(readCode('ak-73 02')).toBe('AK7302');
  expect(readCode('ＡＫ７３０２')).toBe('AK7302');
});

describe.each(DIALECTS)('certification on %s', (dialect) => {
  let school: School;
  beforeEach(async () => {
    // Nothing else is sent for two hours: the first lesson's quiz is the only one.
    school = await openSchool(dialect, '2026-11-24T18:00:00+08:00');
  });
  afterEach(async () => {
    await school.close();
  });

  it('certifies who was bound without it, as in the sandbox: by code at once, else by the secretary', async () => {
    const { id } = await getUnitByName(school.db, '花茶协会党支部');
    const codes = await issueCodes(school.db, { unitIds: [id] }, TERMINAL, school.clock.now());
    const code = codes.find(({ name }) => name === '覃小燕')?.code ?? '';
    const ann = school.pupil('覃小燕');
    await ann.whispers('亮明身份');
    await ann.hears(/要先认证/);
    await ann.whispers(`认证 覃小燕 ${code}`);
    await ann.hears(/认证好了，覃小燕/);
    await ann.whispers('亮明身份 开');
    await ann.hears(/覃小燕〔党员〕/);
    await ann.whispers(`认证 覃小燕 ${code}`);
    await ann.hears(/已经认证过了/);

    await school.pupil('农志远').whispers('认证 农志远');
    const [row] = await school.db
      .selectFrom('certification')
      .selectAll()
      .where('state', '=', 'waiting')
      .execute();
    expect(row).toMatchObject({ claimed_name: '农志远' });
    await school.pupil('黄秀兰').whispers(`同意 ${row?.no}`);
    await until(
      async () =>
        (
          await school.db
            .selectFrom('member')
            .select('certified_at')
            .where('name', '=', '农志远')
            .executeTakeFirstOrThrow()
        ).certified_at,
    );
  });

  /** Nobody of a branch is known by more than a nickname, as after a first start on a real account. */
  async function unbind(unit = '花茶协会党支部') {
    const { id } = await getUnitByName(school.db, unit);
    const members = await school.db
      .selectFrom('member')
      .select(['id', 'name'])
      .where('unit_id', '=', id)
      .execute();
    const secretary = await school.db
      .selectFrom('role_grant')
      .select('member_id')
      .where('unit_id', '=', id)
      .executeTakeFirstOrThrow();
    await school.db
      .deleteFrom('identity')
      .where(
        'member_id',
        'in',
        members.map((member) => member.id).filter((memberId) => memberId !== secretary.member_id),
      )
      .execute();
    const codes = await issueCodes(school.db, { unitIds: [id] }, TERMINAL, school.clock.now());
    const codeOf = (name: string) => codes.find((code) => code.name === name)?.code ?? '';
    const idOf = (name: string) => members.find((member) => member.name === name)?.id ?? '';
    return { codeOf, idOf, unitId: id };
  }

  async function expectRollupsAsRebuilt() {
    const read = () => readRollups(school.db);
    const kept = await read();
    await rebuildRollups(school.db, ZONE);
    expect(await read()).toEqual(kept);
  }

  const answersOf = async (memberId: string) =>
    await school.db
      .selectFrom('answer')
      .select(['question', 'value', 'counted'])
      .where('member_id', '=', memberId)
      .orderBy('id')
      .execute();

  const nicknamed = async (contactId: string, name: string) =>
    await school.db.updateTable('group_member').set({ name }).where('contact_id', '=', contactId).execute();

  it('takes a whole branch in an evening: by code at once, all else by the secretary', async () => {
    const { codeOf, idOf } = await unbind();
    const names = ['韦国强', '覃小燕', '农志远', '班美玲', '蒙建成', '陆春梅'];
    for (const name of names) {
      const pupil = school.pupil(name);
      await pupil.whispers(`认证 ${name} ${codeOf(name).toLowerCase()}`);
      expect(await pupil.hears(/认证好了/)).toMatch(`认证好了，${name}`);
    }
    // The code is spent; whoever is certified is told so.
    await school.pupil('韦国强').whispers(`认证 韦国强 ${codeOf('韦国强')}`);
    await school.pupil('韦国强').hears(/已经认证过了/);

    await school.pupil('黄炳南').whispers('认证 黄炳南');
    await school.pupil('韦彩凤').whispers('认证 韦彩凤 XX0000');
    await school.pupil('韦彩凤').hears(/已经请支部书记确认/);
    await school.pupil('覃家旺').whispers('认证 秦家旺 9');
    const secretary = school.pupil('黄秀兰');
    await school.pass(31 * SECOND);
    const told = await secretary.hears(/有 3 人等你认证/);
    expect(told).toMatch(/黄炳南（只报了名字）/);
    expect(told).toMatch(/秦家旺（名册里没有这个名字）/);
    expect(told).not.toMatch(/XX0000/);
    await school.pass(HOUR);
    await school.pass(HOUR);

    await secretary.whispers('待认证');
    const list = await secretary.hears(/黄炳南/);
    const no = (name: string) => new RegExp(`(\\d+)\\. ${name}`).exec(list)?.[1] ?? '';
    await secretary.whispers(`同意 ${no('黄炳南')}`);
    await secretary.hears(/已认证：黄炳南/);
    await school.pupil('黄炳南').hears(/认证好了，黄炳南/);
    await secretary.whispers(`拒绝 ${no('韦彩凤')} 不是本人`);
    await school.pupil('韦彩凤').hears(/没有通过：不是本人/);
    await secretary.whispers(`同意 ${no('秦家旺')}`);
    await secretary.hears(/名册里没有「秦家旺」/);
    await secretary.whispers('同意 999');
    await secretary.hears(/没有找到这个认证申请：999/);

    const notices = await school.db
      .selectFrom('delivery')
      .select('id')
      .where('kind', '=', 'notice')
      .execute();
    expect(notices).toHaveLength(1);
    const certified = await school.db
      .selectFrom('member')
      .select('id')
      .where('certified_at', 'is not', null)
      .execute();
    expect(new Set(certified.map(({ id }) => id))).toEqual(new Set([...names, '黄炳南'].map(idOf)));
    // What they typed is not kept.
    const texts = await school.db
      .selectFrom('message')
      .select(['text', 'intent'])
      .where('intent', 'like', '%"bind"%')
      .execute();
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.every(({ text, intent }) => text === null && !/\d{4}/.test(intent ?? ''))).toBe(true);
  });

  it('asks for private in a group, and never says the number there', async () => {
    const { codeOf } = await unbind();
    const code = codeOf('韦国强');
    await school.pupil('韦国强').says(`@小课 认证 韦国强 ${code}`);
    await school.hears(/请私聊我说/);
    await school.pupil('覃小燕').says(`认证 覃小燕 ${codeOf('覃小燕')}`);
    await school.pupil('农志远').whispers('认证 农志远 450127199001011234');
    await school.pupil('农志远').hears(/不要发身份证号/);
    neverSaid(await school.said(), new RegExp(`${code}|${codeOf('覃小燕')}`));
    expect(await listCertifications(school.db, TERMINAL)).toEqual([]);
    const kept = await school.db
      .selectFrom('message')
      .select('text')
      .where('text', 'like', '%0101%')
      .execute();
    expect(kept).toEqual([]);
    await school.pupil('韦国强').says('@小课 待认证');
    neverSaid(await school.said(), /等你认证/);
  });

  it('brings along what a guest did, and counts one answer when both had answered', async () => {
    const { codeOf, idOf } = await unbind();
    await nicknamed('huacha-05', '快乐每一天');
    await school.db.deleteFrom('identity').where('contact_id', '=', 'huacha-05').execute();
    await school.pass(21 * SECOND);
    await school.hears(/第1课/);
    // Somebody else's account answered under her name before: here her old one, certified as well.
    const memberId = idOf('班美玲');
    const { db, clock } = school;
    const guest = await memberOf(
      db,
      { account: 'sandbox', contactId: 'huacha-05', nickname: '快乐每一天' },
      clock.now(),
    );
    expect(guest.status).toBe('guest');
    const ann = school.pupil('班美玲');
    await ann.says('1A 2B');
    await ann.says('打卡 头一天');
    await school.pass(MINUTE);
    await db
      .insertInto('identity')
      .values({
        id: 'old',
        account: 'sandbox',
        contact_id: 'huacha-12',
        member_id: memberId,
        how: 'code',
        confirmed: 1,
        created_at: 1,
        closed_at: null,
      })
      .execute();
    await school.pupil('梁水生').says('1B 3错');
    await school.pupil('梁水生').says('打卡 旧手机');
    await school.pass(MINUTE);
    await ann.says('2C');
    expect(await answersOf(guest.id)).toHaveLength(3);

    await ann.whispers(`认证 班美玲 ${codeOf('班美玲')}`);
    await ann.hears(/以前学的都算在你名下/);
    expect(await answersOf(guest.id)).toEqual([]);
    expect(await answersOf(memberId)).toEqual([
      { question: 1, value: 'A', counted: 0 },
      { question: 2, value: 'B', counted: 0 },
      { question: 1, value: 'B', counted: 1 },
      { question: 3, value: '错', counted: 1 },
      { question: 2, value: 'C', counted: 1 },
    ]);
    const checkins = await db
      .selectFrom('checkin')
      .select(['note', 'counted'])
      .where('member_id', '=', memberId)
      .orderBy('id')
      .execute();
    expect(checkins).toEqual([
      { note: '头一天', counted: 1 },
      { note: '旧手机', counted: 0 },
    ]);
    await expectRollupsAsRebuilt();
    const trail = await db.selectFrom('attribution').select(['kind', 'from_member', 'to_member']).execute();
    expect(trail.filter(({ kind }) => kind !== 'ack_item')).toHaveLength(4);
    expect(trail.every((row) => row.from_member === guest.id && row.to_member === memberId)).toBe(true);
    await ann.whispers('我的');
    await ann.hears(/班美玲：学了 1 天/);

    // And back again, when it was the wrong one.
    const moved = await revokeCertification(db, memberId, TERMINAL, factMover(ZONE), clock.now());
    expect(moved).toBe(2);
    expect(await answersOf(memberId)).toEqual([]);
    await expectRollupsAsRebuilt();
  });

  it('brings along what they practise and what they agreed to', async () => {
    const { db } = school;
    const { codeOf, idOf } = await unbind();
    await school.pass(21 * SECOND);
    await school.hears(/第1课/);
    const ann = school.pupil('班美玲');
    const contact = { account: 'sandbox', contactId: 'huacha-05', nickname: '快乐每一天' };
    expect((await memberOf(db, contact, school.clock.now())).status).toBe('guest');
    await ann.says('1A 2A');
    await ann.whispers('练习 好');
    await ann.whispers('提醒我');
    await school.pass(31 * MINUTE);
    await ann.whispers('练习 好');
    const cards = async () =>
      await db.selectFrom('practice_card').select('member_id').where('closed_at', 'is', null).execute();
    const consents = async () =>
      await db
        .selectFrom('consent')
        .select(['member_id', 'kind'])
        .where('withdrawn_at', 'is', null)
        .orderBy('kind')
        .execute();
    const made = (await cards()).length;
    expect(made).toBeGreaterThan(0);
    await ann.whispers(`认证 班美玲 ${codeOf('班美玲')}`);
    await ann.hears(/认证好了，班美玲/);
    const memberId = idOf('班美玲');
    expect(await cards()).toEqual(Array.from({ length: made }, () => ({ member_id: memberId })));
    expect(await consents()).toEqual([
      { member_id: memberId, kind: 'practice' },
      { member_id: memberId, kind: 'reminder' },
    ]);
    const kinds = await db.selectFrom('attribution').select('kind').distinct().execute();
    expect(kinds.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['practice_card', 'consent']));
  });

  it('lets an impostor have nothing: who has only the name yields, guesses are limited and reported once', async () => {
    const { codeOf, idOf } = await unbind();
    await school.pass(21 * SECOND);
    await school.hears(/第1课/);
    const impostor = school.pupil('梁水生');
    await nicknamed('huacha-12', '花茶支部-韦国强');
    await memberOf(
      school.db,
      { account: 'sandbox', contactId: 'huacha-12', nickname: '花茶支部-韦国强' },
      school.clock.now(),
    );
    await impostor.says('1A 2A 3对');
    expect(await answersOf(idOf('韦国强'))).toHaveLength(3);
    // By name alone there are no rights and no flag.
    await impostor.whispers('亮明身份 开');
    await impostor.hears(/要先认证/);
    await impostor.whispers('待认证');
    await impostor.hears(/要支部书记来办/);

    const real = school.pupil('韦国强');
    await real.says('1B');
    await real.whispers(`认证 韦国强 ${codeOf('韦国强')}`);
    await real.hears(/认证好了，韦国强/);
    expect(await answersOf(idOf('韦国强'))).toEqual([{ question: 1, value: 'B', counted: 1 }]);
    await expectRollupsAsRebuilt();

    for (let index = 0; index < 7; index += 1)
      await impostor.whispers(`认证 覃小燕 QQ${String(index).padStart(4, '0')}`);
    await impostor.hears(/试的次数太多了/);
    // The right code helps no more that day.
    await impostor.whispers(`认证 覃小燕 ${codeOf('覃小燕')}`);
    expect(await answersOf(idOf('覃小燕'))).toEqual([]);
    await school.pass(31 * SECOND);
    const secretary = school.pupil('黄秀兰');
    await secretary.hears(/多次认证都没对上，报的名字是「覃小燕」，群里叫 梁水生/);
    const reports = await school.db
      .selectFrom('delivery')
      .select('id')
      .where('cause', 'like', 'tries:%')
      .execute();
    expect(reports).toHaveLength(1);
    expect(await listCertifications(school.db, TERMINAL)).toHaveLength(1);

    await school.pupil('覃小燕').whispers(`认证 覃小燕 ${codeOf('覃小燕')}`);
    await school.pupil('覃小燕').hears(/认证好了，覃小燕/);
    // Another branch's secretary knows nothing of any of this.
    const other = school.pupil('陆有福');
    await other.whispers('待认证');
    await other.hears(/没有等着认证的人/);
    const [waiting] = await listCertifications(school.db, TERMINAL);
    await other.whispers(`同意 ${waiting?.no}`);
    const said = await other.hears(/没有找到/);
    await other.whispers('同意 77');
    expect((await other.hears(/：77/)).replace('77', '')).toBe(said.replace(String(waiting?.no), ''));
  });

  it('asks which one when several are called so, and takes the number', async () => {
    const { unitId } = await unbind();
    const twin = await addMember(
      school.db,
      { name: '韦国强', unit: '花茶协会党支部', number: 'A2' },
      { who: 'test' },
      1,
    );
    const { id: other } = await addMember(
      school.db,
      { name: '韦国强', unit: '村淘服务站党支部', number: 'B9' },
      { who: 'test' },
      1,
    );
    const codes = await issueCodes(school.db, { unitIds: [unitId] }, TERMINAL, 2);
    const bob = school.pupil('韦国强');
    await bob.whispers('认证 韦国强');
    const secretary = school.pupil('黄秀兰');
    await secretary.whispers('待认证');
    await secretary.hears(/名册里有同名的/);
    await secretary.whispers('同意 1');
    await secretary.hears(/不止一个/);
    await secretary.whispers('同意 1 B9');
    await secretary.hears(/没有找到这个人：B9/);
    await secretary.whispers('同意 1 A2');
    await secretary.hears(/已认证：韦国强/);
    const bound = await school.db
      .selectFrom('identity')
      .select('member_id')
      .where('contact_id', '=', 'huacha-02')
      .where('closed_at', 'is', null)
      .execute();
    expect(bound).toEqual([{ member_id: twin.id }]);
    expect(other).not.toBe(twin.id);
    expect(codes.filter(({ name }) => name === '韦国强')).toHaveLength(2);
  });

  it('shows 〔党员〕 to those who agreed, and only them', async () => {
    const { codeOf } = await unbind();
    const bob = school.pupil('韦国强');
    await bob.whispers(`认证 韦国强 ${codeOf('韦国强')}`);
    await bob.hears(/亮明身份 开/);
    const applicant = school.pupil('李桂香');
    await applicant.whispers(`认证 李桂香 ${codeOf('李桂香')}`);
    await applicant.whispers('亮明身份 开');
    await applicant.hears(/正式党员和预备党员/);
    for (const name of ['韦国强', '覃小燕', '李桂香']) await school.pupil(name).says('打卡');
    await bob.whispers('排行');
    await bob.hears(/韦国强　学 1 天/);
    await bob.whispers('亮明身份 开');
    await bob.hears(/韦国强〔党员〕/);
    await bob.says('排行');
    const board = await school.hears(/光荣榜/);
    expect(board).toMatch(/韦国强〔党员〕　学 1 天/);
    expect(board).toMatch(/\d\. 李桂香　/);
    await bob.whispers('亮明身份关');
    await bob.hears(/不再写/);
    await bob.says('排行');
    const last = await school.db
      .selectFrom('delivery_part')
      .select('body')
      .where('body', 'like', '%光荣榜%')
      .orderBy('delivery_id', 'desc')
      .executeTakeFirstOrThrow();
    expect(last.body).toMatch(/韦国强　学 1 天/);
  });
});
