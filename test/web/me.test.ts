/** A member's own pages: all of what is theirs, nothing of anybody else's, and the same records as by chat. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE } from '../../src/clock.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { readSheets } from '../../src/sheets/read.ts';
import { DIALECTS } from '../support/databases.ts';
import { type LearnSite, openLearnSite } from '../support/learn-site.ts';

const PAGES = [
  '',
  '/learned',
  '/mistakes',
  '/practice',
  '/points',
  '/settings',
  '/badge',
  '/record.json',
  '/record.xlsx',
];
const WRONG: readonly (readonly [string, string])[] = [
  ['q1', 'A'],
  ['q2', 'A'],
  ['q2', 'B'],
  ['q3', '错'],
  ['q4', '密封'],
  ['q5', '500'],
  ['q6', 'BAC'],
];

describe.each(DIALECTS)('a member’s own pages on %s', (dialect) => {
  let site: LearnSite;
  beforeEach(async () => {
    site = await openLearnSite(dialect);
  });
  afterEach(async () => {
    await site.close();
  });
  const own = () => site.county.own;
  const me = () => own().member;
  const read = async (path: string, cookie: string) => await (await site.get(path, cookie)).text();

  /** One lesson, of which the first question was wrong; closed. */
  async function learn(cookie: string) {
    const asked = await site.ask(own().group.id);
    await site.post(`/q/${asked.windowId}`, WRONG, cookie);
    await site.pass(asked.closesAt - site.clock.now());
    return asked;
  }

  it('are where a member is led who opens a page of the console, instead of to a login that leads back', async () => {
    await site.close();
    site = await openLearnSite(dialect, { HOST: '0.0.0.0', PUBLIC_URL: 'https://weike.example.cn' });
    const answer = await site.get('/members', await site.signIn(me().id));
    expect(answer.status).toBe(401);
    const words = await answer.text();
    expect(words).toContain('这一页给书记和管理员用');
    expect(words).toContain('href="/me"');
    expect(words).not.toContain('请先登录');
    expect((await site.get('/members')).status).toBe(401);
  });

  it('are nobody’s without a session, and never kept in between', async () => {
    for (const path of PAGES) {
      const answer = await site.get(`/me${path}`);
      expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([path, 401, 'no-store']);
      expect(await answer.text()).toMatch(/私聊小课说「登录」/);
    }
    const cookie = await site.signIn(me().id);
    for (const path of PAGES) {
      const answer = await site.get(`/me${path}`, cookie);
      expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([path, 200, 'no-store']);
    }
    expect((await site.post('/me/leave', [], cookie)).status).toBe(200);
    expect((await site.get('/me', cookie)).status).toBe(401);
    // The terminal's link is nobody's: it opens the console, and no page of a member.
    await site.db.updateTable('session').set({ member_id: null, revoked_at: null }).execute();
    expect((await site.get('/me', cookie)).status).toBe(401);
  });

  it('say what was learned, and what is right only when the quiz is over', async () => {
    const cookie = await site.signIn(me().id);
    expect(await read('/me', cookie)).toContain('还没有你的学习记录');
    expect(await read('/me/learned', cookie)).toContain('还没有');
    const asked = await site.ask(own().group.id);
    expect(await read('/me', cookie)).toMatch(/6 道题 · 今天 22:00 截止/);
    await site.post(`/q/${asked.windowId}`, WRONG, cookie);
    const open = await read('/me', cookie);
    expect(open).toMatch(/都答了 · 今天 22:00 截止/);
    // Nothing tells what is right before the others have answered: not the figures, not the points, not the file.
    expect(open).toMatch(/<b>0<small> \/ 0<\/small><\/b\s*><small>答对，6 题待公布/);
    expect(await read('/me/points', cookie)).not.toContain('答对');
    const file = JSON.parse(await read('/me/record.json', cookie)) as { answer: Record<string, unknown>[] };
    expect(file.answer.map(({ correct, score }) => [correct, score])).toEqual(Array(6).fill([null, null]));
    expect(await read('/me/learned', cookie)).toContain('答了 6 题');
    expect(await read('/me/mistakes', cookie)).toContain('没有答错的题');
    await site.pass(asked.closesAt - site.clock.now());
    expect(await read('/me/learned', cookie)).toMatch(/5<small> \/ 6<\/small>/);
    const mistakes = await read('/me/mistakes', cookie);
    expect(mistakes).toContain('你答：A 用保鲜袋包好');
    expect(mistakes).toContain('正确：B 换成带胶圈的罐');
    expect(mistakes).toContain('胶圈能密封');
    expect(await read('/me', cookie)).toMatch(/<b>5<small> \/ 6<\/small><\/b\s*><small>答对/);
  });

  it('show the month with check-ins, make-ups and leave, as a table that can be heard', async () => {
    await site.says('甲成员', '打卡 学了', '甲@room');
    await site.pass(DAY);
    await site.says('甲成员', '请假 1天');
    await site.pass(2 * DAY);
    await site.says('甲成员', '补卡');
    const cookie = await site.signIn(me().id);
    const page = await read('/me', cookie);
    expect(page).toMatch(/<caption>\s*2026年11月<small>打卡 2 天，请假 1 天<\/small>/);
    const cell = (day: string) =>
      new RegExp(`<td class="([^"]*)">\\s*<time datetime="${day}"[^]*?class="unseen">([^<]*)<`)
        .exec(page)
        ?.slice(1);
    expect(cell('2026-11-24')).toEqual(['checkin', '11月24日 周二，打卡']);
    expect(cell('2026-11-25')).toEqual(['leave', '11月25日 周三，请假']);
    expect(cell('2026-11-26')).toEqual(['makeup', '11月26日 周四，补打卡']);
    expect(cell('2026-11-27')).toEqual(['today', '11月27日 周五，今天']);
    expect(page.match(/<th scope="col">/g)).toHaveLength(7);
    expect(await read('/me?month=2026-10', cookie)).toContain('2026年10月<small>打卡 0 天</small>');
    // Months that are none, or haven't begun, are the one that runs.
    for (const month of ['2027-01', '2026-13', '../etc', "2026-11' or 1=1", '0000-00'])
      expect(await read(`/me?month=${encodeURIComponent(month)}`, cookie)).toContain('2026年11月');
  });

  it('list what was missed, and lead to it', async () => {
    const asked = await site.ask(own().group.id);
    await site.pass(asked.closesAt - site.clock.now() + HOUR);
    const cookie = await site.signIn(me().id);
    const page = await read('/me', cookie);
    expect(page).toMatch(/补学<small>1 课没赶上/);
    expect(page).toContain(`href="/q/${asked.windowId}"`);
    expect(await site.says('甲成员', '补学')).toContain('【补学】茉莉花茶怎么存');
    await site.post(`/q/${asked.windowId}`, WRONG, cookie);
    expect(await read('/me', cookie)).not.toMatch(/补学<small>/);
    await setPolicy(site.db, 'makeup-days', '0', {}, 'test', site.clock.now());
    expect(await read('/me', await site.signIn(own().secretary.id))).not.toMatch(/补学<small>/);
  });

  it('practise like the chat: only for who agreed, so many a day, told at once', async () => {
    const cookie = await site.signIn(me().id);
    const asked = await site.ask(own().group.id);
    await site.post(
      `/q/${asked.windowId}`,
      [
        ['q1', 'A'],
        ['q3', '对'],
        ['q5', '1'],
        ['q6', 'ABC'],
      ],
      cookie,
    );
    await site.pass(asked.closesAt - site.clock.now());
    await setPolicy(site.db, 'practice-per-day', '2', {}, 'test', site.clock.now());
    const reviews = () =>
      site.db
        .selectFrom('practice_review')
        .select(['id', 'member_id', 'value', 'correct', 'message_id'])
        .orderBy('asked_at')
        .orderBy('id')
        .execute();
    expect((await site.post('/me/practice/next', [], cookie)).status).toBe(400);
    await site.post('/me/consent/practice', [['on', '1']], cookie);
    expect(await site.db.selectFrom('practice_card').select('id').execute()).toHaveLength(4);
    expect(await read('/me/practice', cookie)).toContain('今天没有该练的');
    await site.pass(DAY);
    expect(await read('/me/practice', cookie)).toContain('4 道该练了');
    await site.post('/me/practice/next', [], cookie);
    // Pressed twice, it is the same card.
    await site.post('/me/practice/next', [], cookie);
    expect(await reviews()).toHaveLength(1);
    const page = await read('/me/practice', cookie);
    const card = /name="card" value="([\w-]+)"/.exec(page)?.[1] ?? '';
    const { question } = await site.db
      .selectFrom('practice_card')
      .select('question')
      .where('id', '=', card)
      .executeTakeFirstOrThrow();
    const { type, key } = JSON.parse(question) as { type: string; key: string[] };
    const right = type === 'number' ? '500' : key.join('');
    // Nobody else answers it, and nobody sees what came of it.
    const other = await site.signIn(own().secretary.id);
    expect(
      (
        await site.post(
          '/me/practice',
          [
            ['card', card],
            ['q1', right],
          ],
          other,
        )
      ).status,
    ).toBe(400);
    expect((await site.post('/me/practice', [['card', card]], cookie)).status).toBe(400);
    const answered = await site.post(
      '/me/practice',
      [
        ['card', card],
        ['q1', right],
      ],
      cookie,
    );
    const told = answered.headers.get('location') ?? '';
    expect(told).toMatch(/^\/me\/practice\?done=/);
    expect(await read(told, cookie)).toContain('✓ 答对了');
    expect(await read(told, other)).not.toContain('答对了');
    expect(await reviews()).toMatchObject([
      { member_id: me().id, value: right, correct: 1, message_id: expect.any(String) },
    ]);
    // A second time it was answered already; the next one comes in the chat, by the same rules.
    expect(
      (
        await site.post(
          '/me/practice',
          [
            ['card', card],
            ['q1', right],
          ],
          cookie,
        )
      ).status,
    ).toBe(400);
    await site.says('甲成员', '练习');
    expect(await reviews()).toHaveLength(2);
    const second = await read('/me/practice', cookie);
    expect(/name="card" value="([\w-]+)"/.exec(second)?.[1]).not.toBe(card);
    const next = /name="card" value="([\w-]+)"/.exec(second)?.[1] ?? '';
    const kind = /data-type="(\w+)"/.exec(second)?.[1];
    const wrong = { single: 'C', truefalse: '对', number: '2', order: 'CBA' }[kind ?? ''] ?? '';
    const missed = await site.post(
      '/me/practice',
      [
        ['card', next],
        ['q1', wrong],
      ],
      cookie,
    );
    const after = await read(missed.headers.get('location') ?? '', cookie);
    expect(after).toContain('✗ 答错了');
    expect(after).toContain('今天练够了');
    expect(after).not.toContain('练一道');
    await site.post('/me/practice/next', [], cookie);
    expect(await reviews()).toHaveLength(2);
    await site.post('/me/consent/practice', [['on', '0']], cookie);
    expect(await site.says('甲成员', '练习')).toContain('想练就回复');
  });

  it('show points that trace to days, and boards with oneself in them', async () => {
    const cookie = await site.signIn(me().id);
    await learn(cookie);
    await site.says('甲书记', '打卡', '甲@room');
    const page = await read('/me/points', cookie);
    expect(page).toMatch(/学完一课 \+5/);
    expect(page).toMatch(/答对 5 题 \+10/);
    expect(page).toMatch(/<tr class="me">\s*<td>1<\/td>\s*<th scope="row">\s*甲成员/);
    expect(page).toContain('甲书记');
    // Another branch's people are on another board; the branches are on one.
    expect(page).not.toContain('乙成员');
    expect(page).toContain('乙支部');
    for (const query of ['by=with-points', 'by=coverage'])
      expect(await read(`/me/points?${query}`, cookie)).toMatch(/aria-current="?true"?[^>]*>\s*按有积分的人/);
    for (const query of ['span=month&by=coverage', 'span=x&by=y'])
      expect(await read(`/me/points?${query}`, cookie)).toContain('甲成员');
  });

  it('take consents and the badge as the chat does', async () => {
    const cookie = await site.signIn(me().id);
    const consents = () =>
      site.db
        .selectFrom('consent')
        .select(['kind', 'withdrawn_at'])
        .where('member_id', '=', me().id)
        .execute();
    await site.post('/me/consent/reminder', [['on', '1']], cookie);
    expect(await consents()).toEqual([{ kind: 'reminder', withdrawn_at: null }]);
    expect(await read('/me/settings', cookie)).toMatch(/aria-checked="true"\s+aria-label="截止前提醒我"/);
    expect(await site.says('甲成员', '退订提醒')).toContain('不再私下提醒');
    expect(await read('/me/settings', cookie)).toMatch(/aria-checked="false"\s+aria-label="截止前提醒我"/);

    expect(await read('/me/badge', cookie)).toContain('要先认证');
    expect((await site.post('/me/badge', [['on', '1']], cookie)).status).toBe(400);
    await site.db.updateTable('member').set({ certified_at: 1 }).where('id', '=', me().id).execute();
    await site.post('/me/badge', [['on', '1']], cookie);
    expect(await read('/me/badge', cookie)).toContain('甲成员〔党员〕');
    expect(await site.says('甲成员', '亮明身份')).toContain('后面有〔党员〕');
    const audit = await site.db
      .selectFrom('audit')
      .selectAll()
      .where('what', '=', 'member.shows-party')
      .execute();
    expect(audit).toMatchObject([{ who: me().id, subject: me().id, via: 'page' }]);
  });

  it('hand over all that is kept of oneself, and nothing of others', async () => {
    const cookie = await site.signIn(me().id);
    await learn(cookie);
    await site.says('甲成员', '打卡 我的心得', '甲@room');
    await site.says('甲书记', '打卡 书记的心得', '甲@room');
    const text = await read('/me/record.json', cookie);
    const record = JSON.parse(text) as Record<string, { member_id?: string }[]>;
    expect(text).toContain('我的心得');
    expect(text).not.toContain('书记的心得');
    expect(text).not.toContain(own().secretary.id);
    for (const row of [...(record.answer ?? []), ...(record.checkin ?? [])])
      expect(row.member_id).toBe(me().id);
    expect(record.answer).toHaveLength(6);
    const file = await site.get('/me/record.xlsx', cookie);
    expect(file.headers.get('content-disposition')).toContain(encodeURIComponent('我的记录-2026-11-24.xlsx'));
    const sheets = await readSheets(Buffer.from(await file.arrayBuffer()));
    expect(sheets.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['成员', '作答', '打卡', '说过的话']),
    );
  });

  it('let one ask to be forgotten, once, and tell those who decide', async () => {
    const cookie = await site.signIn(me().id);
    for (const path of ['/me/erasure', '/me/erasure'])
      expect((await site.post(path, [], cookie)).status).toBe(303);
    const audit = await site.db
      .selectFrom('audit')
      .selectAll()
      .where('what', '=', 'member.ask-erasure')
      .execute();
    expect(audit).toMatchObject([{ subject: me().id }]);
    const notices = await site.db
      .selectFrom('delivery_part')
      .innerJoin('delivery', 'delivery.id', 'delivery_part.delivery_id')
      .select(['delivery.contact_id', 'body'])
      .where('delivery.kind', '=', 'notice')
      .execute();
    expect(notices).toMatchObject([{ contact_id: '县管', body: expect.stringMatching(/甲成员 要求注销/) }]);
    expect(await read('/me/settings', cookie)).toContain('申请了注销');
    site.clock.advance(31 * DAY);
    expect(await read('/me/settings', await site.signIn(me().id))).toContain('我明白，抹掉就找不回来');
  });

  it('refuse what comes from another site, and change nothing', async () => {
    const cookie = await site.signIn(me().id);
    const before = await site.db.selectFrom('audit').select('id').execute();
    for (const path of ['consent/practice', 'badge', 'erasure', 'leave', 'practice', 'practice/next']) {
      const forged = await site.post(`/me/${path}`, [['on', '1']], cookie, {
        origin: 'https://evil.example',
      });
      expect([path, forged.status]).toEqual([path, 403]);
    }
    expect(await site.db.selectFrom('audit').select('id').execute()).toEqual(before);
    expect(await site.db.selectFrom('consent').selectAll().execute()).toEqual([]);
    expect((await site.get('/me', cookie)).status).toBe(200);
  });

  it('follow a guest who turned out to be a member, and end for whoever was forgotten', async () => {
    const guest = 'guest-1';
    await site.db
      .insertInto('member')
      .values({ id: guest, name: '小茉莉', unit_id: null, status: 'guest', created_at: 1, left_at: null })
      .execute();
    const cookie = await site.signIn(guest);
    expect(await read('/me', cookie)).toContain('小茉莉');
    await site.db.updateTable('member').set({ merged_into: me().id }).where('id', '=', guest).execute();
    expect(await read('/me', cookie)).toContain('甲成员');
    site.clock.advance(MINUTE);
    await site.db.updateTable('member').set({ erased_at: 1 }).where('id', '=', me().id).execute();
    expect((await site.get('/me', cookie)).status).toBe(401);
  });
});
