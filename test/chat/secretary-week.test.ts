/** A secretary's week in her private chat with the bot, on both databases. It is Tuesday, 24 November 2026. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ASK_TO_READ } from '../../src/news/brief.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/clock.ts';
import { moveDelivery, planDeliveries } from '../../src/delivery/ledger.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { grantRole } from '../../src/people/roles.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { DIALECTS } from '../support/databases.ts';
import { neverSaid, openSchool, type Pupil, type School } from '../support/school.ts';

describe.each(DIALECTS)('a secretary’s week on %s', (dialect) => {
  let school: School;
  let huang: Pupil;
  beforeEach(async () => {
    school = await openSchool(dialect);
    huang = school.pupil('黄秀兰');
  });
  afterEach(async () => {
    await school.close();
  });

  const schedules = () =>
    school.db
      .selectFrom('schedule')
      .selectAll()
      .where('created_by', '!=', 'seed')
      .where('removed_at', 'is', null)
      .orderBy('no')
      .execute();
  const memberId = async (name: string) =>
    (
      await school.db
        .selectFrom('member')
        .select('id')
        .where('name', '=', name)
        .where('status', '!=', 'guest')
        .executeTakeFirstOrThrow()
    ).id;
  const groupOf = (key: string) =>
    school.db.selectFrom('chat_group').selectAll().where('key', '=', key).executeTakeFirstOrThrow();
  /** A second secretary of the branch. */
  const makeDeputy = async (name = '韦国强') => {
    const { unit_id: unitId } = await groupOf('huacha');
    await grantRole(
      school.db,
      { memberId: await memberId(name), role: 'secretary', unitId },
      TERMINAL,
      school.clock.now(),
    );
    return school.pupil(name);
  };

  it('plans a lesson only after it was said back and confirmed', async () => {
    await huang.whispers('排课 花茶保鲜 周五 20:00 花茶支部群');
    const back = await huang.hears(/我的理解/);
    expect(back).toMatch(/《茉莉花茶怎么存才不跑香》/);
    expect(back).toMatch(/群：花茶协会党支部群/);
    expect(back).toMatch(/时间：11月27日 周五 20:00/);
    expect(back).toMatch(/小测截止：11月28日 周六 20:00/);
    expect(back).toMatch(/回 确认 就排上/);
    expect(await schedules()).toEqual([]);

    await huang.whispers('好的');
    await huang.hears(/请回 确认 或 取消/);
    expect(await schedules()).toEqual([]);

    await huang.whispers('确认');
    const done = await huang.hears(/排好了/);
    const [added] = await schedules();
    expect(added).toMatchObject({
      kind: 'lesson',
      content: 'cunchu-huacha',
      at: Date.parse('2026-11-27T20:00:00+08:00'),
      close_after: DAY,
      created_by: await memberId('黄秀兰'),
    });
    expect(done).toMatch(new RegExp(`${added?.no} 号：11月27日 周五 20:00`));

    await huang.whispers('确认');
    expect(await schedules()).toHaveLength(1);

    await huang.whispers('课表');
    const table = await huang.hears(/【课表】/);
    expect(table).toMatch(new RegExp(`${added?.no} 号 11月27日 周五 20:00 《茉莉花茶怎么存才不跑香》`));
    neverSaid([table], /村淘服务站党支部群|机关党支部群/);

    await huang.whispers(`取消 ${added?.no}`);
    await huang.hears(/已取消/);
    expect(await schedules()).toEqual([]);
  });

  it('asks about what is open, one thing after the other, and takes numbers', async () => {
    await huang.whispers('排课 huacha 周五 8点');
    const which = await huang.hears(/是哪一课/);
    expect(which).toMatch(/^1\. 微课《花茶不是茶里放花：窨制》$/m);
    await huang.whispers('9');
    await huang.hears(/请回 1 到 3/);
    await huang.whispers('3');
    expect(await huang.hears(/是哪个时间/)).toMatch(
      /1\. 11月27日 周五 早上 08:00\n2\. 11月27日 周五 晚上 20:00/,
    );
    await huang.whispers('2');
    expect(await huang.hears(/我的理解/)).toMatch(/《茉莉花茶怎么存才不跑香》[\s\S]*11月27日 周五 20:00/);
    await huang.whispers('取消');
    await huang.hears(/没有排/);
    expect(await schedules()).toEqual([]);
  });

  it('takes an answer in words, and a change before it is confirmed', async () => {
    await huang.whispers('排课 花茶保鲜 周五');
    await huang.hears(/几点发/);
    await huang.whispers('晚上7点半');
    await huang.hears(/时间：11月27日 周五 19:30/);
    await huang.whispers('每周五晚上8点');
    expect(await huang.hears(/时间：每周五 20:00/)).toMatch(/第一次：11月27日 周五 20:00/);
    await huang.whispers('确认');
    await huang.hears(/排好了/);
    expect(await schedules()).toMatchObject([{ cron: '0 20 * * 5', kind: 'lesson' }]);
  });

  it('plans a course and a rule of the month, on workdays', async () => {
    await huang.whispers('排课 网上卖货 每个工作日 20:00');
    const back = await huang.hears(/课程：《网上卖货》/);
    expect(back).toMatch(/从《一部手机，把花茶拍清楚》起，还有 6 课/);
    expect(back).toMatch(/每个工作日 20:00/);
    await huang.whispers('确认');
    await huang.hears(/排好了/);
    await huang.whispers('排课 党员基础 每月第一个周五 20:00');
    await huang.hears(/第一次：12月4日 周五 20:00/);
    await huang.whispers('确认');
    await huang.hears(/12月4日 周五 20:00。/);
    expect(await schedules()).toMatchObject([
      { kind: 'course', cron: '0 20 * * *', days: 'workdays-only' },
      { kind: 'course', monthly: 'first fri 20:00' },
    ]);
  });

  it('replaces a question by a new command, forgets it after ten minutes, and keeps it over a restart', async () => {
    await huang.whispers('排课 花茶保鲜 周五 20:00');
    await huang.hears(/我的理解/);
    await huang.whispers('课表');
    expect(await huang.hears(/刚才问你的/)).toMatch(/【课表】/);
    await huang.whispers('确认');
    expect(await schedules()).toEqual([]);

    await huang.whispers('排课 花茶保鲜 周六 20:00');
    await huang.hears(/11月28日 周六 20:00/);
    await school.pass(11 * MINUTE);
    await huang.whispers('确认');
    await huang.hears(/过了 10 分钟/);
    expect(await schedules()).toEqual([]);

    await huang.whispers('排课 花茶保鲜 周日 20:00');
    await huang.hears(/11月29日 周日 20:00/);
    await school.restart();
    await huang.whispers('确认');
    await huang.hears(/排好了/);
    expect(await schedules()).toHaveLength(1);
  });

  it('leaves an answer an answer, and says nothing of all this in the group', async () => {
    await school.pass(21 * SECOND);
    await school.hears(/第1课/);
    await huang.whispers('排课 花茶保鲜 周五 20:00');
    await huang.hears(/我的理解/);
    await huang.whispers('1B 2B 3错');
    expect(await huang.hears(/已记下/)).toBe('已记下第 1、2、3 题。');
    await huang.whispers('打卡');
    await huang.hears(/已打卡/);
    // The question still waits.
    await huang.whispers('确认');
    await huang.hears(/排好了/);
    for (const words of [
      '排课 花茶保鲜 周五 20:00',
      '课表',
      '谁没学',
      '投递',
      '待审',
      '确认',
      '取消 1',
      '通知 开会',
    ])
      await huang.says(words);
    await school.pass(31 * SECOND);
    neverSaid(await school.said(), /排好了|课表|没学|投递|待审|通知|取消|我的理解/);
    expect(await schedules()).toHaveLength(1);
  });

  it('says who has not learned, and how it goes', async () => {
    await school.pass(21 * SECOND);
    await school.hears(/第1课/);
    await huang.whispers('谁没学');
    expect(await huang.hears(/还没学的 12 人/)).toMatch(/学了 0 \/ 12 人/);
    await huang.whispers('1B 2B 3错');
    await school.pupil('韦国强').says('打卡');
    await huang.whispers('谁没学？');
    const behind = await huang.hears(/还没学的 10 人/);
    expect(behind).toMatch(/花茶协会党支部群《横州和茉莉花》（11月24日 周二 19:59 发）：学了 2 \/ 12 人/);
    expect(behind).toMatch(/覃小燕/);
    neverSaid([behind], /黄秀兰|韦国强|村淘/);
    await huang.whispers('进度');
    const figures = await huang.hears(/【进度】/);
    expect(figures).toMatch(/花茶协会党支部群：学了 2 \/ 12 人（多 2 人），答对 \d \/ 3 题，打卡 1 次/);
    neverSaid([figures], /村淘|机关/);
  });

  it('sends a notice after somebody else has approved it, and only then', async () => {
    const wei = await makeDeputy();
    await huang.whispers('通知 明天上午9点在老榕树下开会，\n请带本子。');
    const back = await huang.hears(/要发的通知/);
    expect(back).toMatch(/到 花茶协会党支部群/);
    expect(back).toMatch(/明天上午9点在老榕树下开会，\n请带本子。/);
    expect(back).toMatch(/1 人审过就发/);
    await huang.whispers('确认');
    await huang.hears(/1 号通知「明天上午9点在老榕树下开会，」送审了/);
    await school.pass(20 * SECOND);
    const told = await wei.hears(/1 号通知等你审/);
    expect(told).toMatch(/黄秀兰 写的/);
    expect(told).toMatch(/请带本子/);
    neverSaid(await school.said(), /老榕树/);
    await huang.whispers('通过 1');
    await huang.hears(/你自己写的/);
    await wei.whispers('通过 1');
    await wei.hears(/通过了，这就发出去/);
    await school.pass(11 * SECOND);
    expect(await school.hears(/【通知】/)).toBe(
      `【通知】\n明天上午9点在老榕树下开会，\n请带本子。\n${ASK_TO_READ}`,
    );
    neverSaid(await school.said('cuntao'), /老榕树/);
    await huang.hears(/你的 1 号通知.*通过了/);
    // Told once.
    await school.pass(HOUR);
    const messages = await school.db
      .selectFrom('delivery')
      .select('cause')
      .where('cause', 'like', 'review:%')
      .execute();
    expect(messages).toHaveLength(2);
  });

  it('shows a text before it is approved by whoever was not told of it, and returns it with a reason', async () => {
    const wei = await makeDeputy();
    await huang.whispers('通知 发工资了');
    await huang.hears(/要发的通知/);
    await huang.whispers('确认');
    await huang.hears(/送审了/);
    await wei.whispers('待审');
    expect(await wei.hears(/等你审的 1 件/)).toMatch(/1 号 通知「发工资了」 黄秀兰/);
    await wei.whispers('通过 1');
    expect(await wei.hears(/看过了，回 确认 就通过/)).toMatch(/发工资了/);
    await wei.whispers('取消');
    await wei.hears(/先不审/);
    await wei.whispers('退回 1 日期没写');
    await wei.hears(/退回给作者了/);
    await school.pass(11 * SECOND);
    await huang.hears(/被退回了：日期没写/);
    await huang.whispers('修改 1 12月1日发工资');
    await huang.hears(/送审了/);
    await school.pass(11 * SECOND);
    await wei.hears(/12月1日发工资/);
    await wei.whispers('通过1');
    await wei.hears(/这就发出去/);
    await school.pass(11 * SECOND);
    expect(await school.hears(/【通知】/)).toBe(`【通知】\n12月1日发工资\n${ASK_TO_READ}`);
  });

  it('writes a lesson in the chat, has it approved, and plans it', async () => {
    const wei = await makeDeputy();
    await huang.whispers(
      '写课 夏天怎么存花茶\n放冰箱要**密封**。\n\n## 小测\n\n1. 放冰箱要密封。\n\n   答案：对',
    );
    await huang.hears(/1 号微课「夏天怎么存花茶」送审了/);
    await huang.whispers('排课 夏天怎么存花茶 周五 20:00');
    await huang.hears(/没有找到「夏天怎么存花茶」这样的课|是这一课吗/);
    await huang.whispers('取消');
    await school.pass(11 * SECOND);
    expect(await wei.hears(/等你审/)).toMatch(/放冰箱要密封。[\s\S]*答案：1\. 对/);
    await wei.whispers('通过 1');
    await wei.hears(/可以排课了/);
    await huang.whispers('排课 夏天怎么存花茶 周五 20:00');
    expect(await huang.hears(/课：《夏天怎么存花茶》/)).toMatch(/1 题/);
    await huang.whispers('确认');
    await huang.hears(/排好了/);
    await school.pass(3 * DAY + MINUTE);
    expect(await school.hears(/夏天怎么存花茶/)).toMatch(/放冰箱要密封。/);
  });

  it('decides what became of deliveries', async () => {
    const group = await groupOf('huacha');
    const other = await groupOf('cuntao');
    const plan = async (groupId: string, cause: string) => {
      const [id = ''] = await planDeliveries(
        school.db,
        [
          {
            cause,
            kind: 'digest',
            account: 'sandbox',
            groupId,
            content: 'day',
            plannedAt: school.clock.now() - MINUTE,
            ended: { state: 'failed', reason: '群里发不出去' },
          },
        ],
        school.clock.now() - MINUTE,
      );
      const { no } = await school.db
        .selectFrom('delivery')
        .select('no')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return { id, no };
    };
    const mine = await plan(group.id, 'x:1');
    const theirs = await plan(other.id, 'x:2');
    await school.pass(11 * SECOND);
    const told = await huang.hears(/有 1 条没有发好/);
    expect(told).toMatch(new RegExp(`^${mine.no} 号 .*花茶协会党支部群学习简报，没发成：群里发不出去`, 'm'));
    await huang.whispers('投递');
    neverSaid([await huang.hears(/有 1 条要看一下/)], /村淘/);
    await huang.whispers(`已收到 ${mine.no}`);
    await huang.hears(/现在是「没发成」，不用这样办/);
    await huang.whispers(`补发 ${mine.no}`);
    await huang.hears(/这就再发一次/);
    await school.pass(SECOND);
    await school.hears(/【学习简报/);
    await huang.whispers('投递');
    await huang.hears(/都好/);

    const stateOf = async () =>
      (await school.db.selectFrom('delivery').select('state').where('id', '=', theirs.id).executeTakeFirst())
        ?.state;
    for (const word of ['补发', '已收到', '不发']) {
      await huang.whispers(`${word} ${theirs.no}`);
      await huang.hears(new RegExp(`没有找到这个投递：${theirs.no}`));
    }
    expect(await stateOf()).toBe('failed');
    const third = await plan(group.id, 'x:3');
    await moveDelivery(school.db, third.id, { from: ['failed'], to: 'planned' }, school.clock.now());
    await huang.whispers(`不发 ${third.no}`);
    await huang.hears(/好，不发了/);
  });

  it('hears what her words are, and what is near a slip', async () => {
    await huang.whispers('帮助');
    expect(await huang.hears(/你是书记/)).not.toMatch(/授权/);
    await huang.whispers('课标');
    await huang.hears(/是不是想发「课表」/);
    await huang.whispers('补发');
    await huang.hears(/补发 编号/);
    // Nothing is rehearsed: silence would look as if it were done.
    for (const [words, verb] of [
      ['撤 3', '撤'],
      ['发', '发'],
      ['改 3 号', '改'],
    ]) {
      await huang.whispers(words ?? '');
      await huang.hears(new RegExp(`没有简报等你${verb}。`));
    }
    await huang.whispers('改课');
    await huang.hears(/取消 编号/);
    const ann = school.pupil('覃小燕');
    await ann.whispers('帮助');
    expect(await ann.hears(/我是小课/)).not.toMatch(/排课/);
    await ann.whispers('排行傍');
    await ann.hears(/是不是想发「排行榜」/);
    for (const words of [
      '课表',
      '谁没学',
      '排课 花茶保鲜 周五 20:00',
      '取消 1',
      '通过 1',
      '补发 1',
      '授权 覃小燕 书记 花茶协会党支部',
    ]) {
      await ann.whispers(words);
      await ann.hears(/没有这个说法/);
    }
    await ann.whispers('课标');
    expect(await schedules()).toEqual([]);
  });

  it('sends a notice at once where nobody has to review it', async () => {
    await setPolicy(school.db, 'reviewers', '0', {}, 'test', school.clock.now());
    await huang.whispers('通知 停电一天');
    expect(await huang.hears(/要发的通知/)).toMatch(/回 确认 就发出/);
    await huang.whispers('确认');
    await huang.hears(/这就发出去/);
    await school.pass(SECOND);
    await school.hears(/停电一天/);
  });
});
