/** News as a conversation: a brief arrives, is read and said to be read; a secretary brings in a page and keeps it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE, SECOND } from '../src/clock.ts';
import { writeItem } from '../src/news/desk.ts';
import { getGroupByKey } from '../src/people/groups.ts';
import { grantRole } from '../src/people/roles.ts';
import { TERMINAL } from '../src/people/scope.ts';
import { ensureUnit } from '../src/people/units.ts';
import { addSchedule } from '../src/schedule/schedules.ts';
import { DIALECTS } from './support/databases.ts';
import { neverSaid, openSchool, type School } from './support/school.ts';
import { until } from './support/wait.ts';
import { openWebSite, type WebSite } from './support/web-site.ts';

const ZONE = 'Asia/Shanghai';

describe.each(DIALECTS)('a news day on %s', (dialect) => {
  let school: School;
  let site: WebSite;
  beforeEach(async () => {
    site = await openWebSite();
    school = await openSchool(dialect, '2026-11-24T11:58:00+08:00', {
      fetchRules: {
        resolve: async () => [{ address: '127.0.0.1', family: 4 }],
        allowed: new Set([site.address]),
      },
    });
    await school.db.updateTable('schedule').set({ next_at: null }).execute();
    await school.app.readNews();
  });
  afterEach(async () => {
    await school.close();
    await site.close();
  });

  const memberId = async (name: string) =>
    (await school.db.selectFrom('member').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;
  const brief = async (cron: string) =>
    await addSchedule(
      school.db,
      {
        kind: 'brief',
        content: 'day',
        groups: [await getGroupByKey(school.db, 'huacha')],
        when: { cron },
        zone: ZONE,
      },
      'cli',
      school.clock.now(),
    );

  it('brings the examples of the sandbox, counts 已阅, and says nothing on a day without news', async () => {
    const [ann, bob] = [school.pupil('黄秀兰'), school.pupil('韦国强')];
    // Nothing asks to be read yet: courtesy.
    await bob.says('已阅');
    await brief('0 12 * * *');
    await school.pass(3 * MINUTE);
    const words = await school.hears(/【电商动态】11月24日/);
    expect(words).toMatch(
      /【示例】[\s\S]*示例，不是真消息 11月\d+日[\s\S]*https:\/\/example\.com[\s\S]*看过请回复 已阅$/,
    );
    await until(
      async () =>
        (
          await school.db
            .selectFrom('delivery')
            .select('state')
            .where('kind', '=', 'brief')
            .executeTakeFirst()
        )?.state === 'sent',
    );

    await school.pass(MINUTE);
    await bob.says('已阅');
    await bob.says('已阅');
    await school.pupil('覃小燕').says('收到');
    await school.pass(31 * SECOND);
    expect(await school.hears(/^已阅/)).toBe('已阅 韦国强');
    const read = () =>
      school.db
        .selectFrom('reading')
        .innerJoin('member', 'member.id', 'member_id')
        .select(['name', 'how'])
        .execute();
    expect(await read()).toEqual([{ name: '韦国强', how: 'reply' }]);

    // The secretary sees who hasn't, in private; the others see their own.
    await ann.whispers('未阅');
    expect(await ann.hears(/已阅 1 \/ 12/)).toMatch(/还没看：.*覃小燕/);
    await bob.whispers('未阅');
    await bob.hears(/支部书记的事/);
    const eva = school.pupil('覃小燕');
    await eva.whispers('动态');
    const own = await eva.hears(/还有 1 条没看/);
    const [, secret = ''] = /\/r\/(\S+)/u.exec(own) ?? [];
    expect(secret).not.toBe('');
    await bob.whispers('动态');
    await bob.hears(/都看过了/);

    await school.pass(DAY);
    await until(
      async () =>
        (await school.db
          .selectFrom('delivery')
          .select('id')
          .where('kind', '=', 'brief')
          .where('state', '=', 'skipped')
          .executeTakeFirst()) !== undefined,
    );
    await school.pass(SECOND);
    await ann.hears(/没有新内容，群里没有发/);
    expect((await school.said()).filter((text) => text.startsWith('【电商动态】'))).toHaveLength(1);
  });

  it('lets a secretary bring in a page, keep it, and have it sent', async () => {
    site.at('/1', (_, response) =>
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(
          '<title>横州茶博会周五开幕</title><meta name="description" content="为期三天。免费参观。请带身份证。">',
        ),
    );
    await school.db.deleteFrom('news_decision').execute();
    const ann = school.pupil('黄秀兰');
    await school.pupil('韦国强').whispers(`动态 http://news.test:${site.port}/1`);
    await school.pupil('韦国强').hears(/支部书记的事/);
    await ann.whispers(`动态 http://news.test:${site.port}/1`);
    await ann.hears(/这就去读/);
    const told = await ann.hears(/收下了/);
    const [, no = ''] = /收下了，(\d+) 号/.exec(told) ?? [];
    expect(told).toMatch(/《横州茶博会周五开幕》\n为期三天。免费参观。/);
    await ann.whispers(`动态 改 ${no} 标题 横州茶博会周五开幕，免费`);
    await ann.hears(/改好了/);
    await ann.whispers(`留 ${no}`);
    await ann.hears(/要请别人来定/);
    await school.pupil('陆有福').whispers(`留${no}`);
    await school.pupil('陆有福').hears(/留下了/);
    await ann.whispers('动态');
    await ann.hears(/新来 \d+ 条/);

    // What somebody wrote for their branch: who stands above hears of it, and that it isn't sent by itself.
    const wei = school.pupil('韦国强');
    const unitId = await ensureUnit(school.db, '花茶协会党支部', school.clock.now());
    await grantRole(
      school.db,
      { memberId: await memberId('韦国强'), role: 'secretary', unitId },
      TERMINAL,
      1,
    );
    const words = {
      kind: 'party',
      title: '周六主题党日',
      summary: '上午九点，镇文化站。',
      source: '支部',
    } as const;
    const by = { who: await memberId('黄秀兰'), units: [unitId] };
    const written = await writeItem(school.db, words, by, school.clock.now());
    await wei.whispers('待审');
    expect(await wei.hears(/等你看/)).toContain(`动态 ${written.no} 号 党建信息「周六主题党日」`);
    await wei.whispers(`留 ${written.no}`);
    expect(await wei.hears(/留下了/)).toMatch(/排到群里/);
    await wei.whispers('待审');
    await wei.hears(/没有等你审的/);
    await ann.whispers('动态');
    expect(await ann.hears(/已留 1 条党建信息/)).toMatch(
      /已留 1 条党建信息、通知，登录网页排到群里：\n\d+\. 周六主题党日/,
    );

    // Kept by another branch's secretary, it is that branch's.
    await brief('0 12 * * *');
    await addSchedule(
      school.db,
      {
        kind: 'brief',
        content: 'day',
        groups: [await getGroupByKey(school.db, 'cuntao')],
        when: { cron: '0 12 * * *' },
        zone: ZONE,
      },
      'cli',
      school.clock.now(),
    );
    await school.pass(3 * MINUTE);
    expect(await school.hears(/【电商动态】/, 'cuntao')).toMatch(
      /1\. 横州茶博会周五开幕，免费\n为期三天。免费参观。（news\.test 11月24日）/,
    );
    await school.pass(HOUR);
    neverSaid(await school.said(), /茶博会/);
    const audited = await school.db
      .selectFrom('audit')
      .select('what')
      .where('what', 'like', 'news.%')
      .orderBy('id')
      .execute();
    expect(audited.map(({ what }) => what)).toEqual(['news.edit', 'news.keep', 'news.add', 'news.keep']);
  });
});
