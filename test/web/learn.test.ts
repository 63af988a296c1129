/** Answering by tapping: the same records as in chat, on both databases; and what must not be possible. */
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE } from '../../src/clock.ts';
import { rebuildRollups } from '../../src/digest/rebuild.ts';
import { issueCodes } from '../../src/people/codes.ts';
import { recordSeenGroup } from '../../src/people/groups.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { settlePoints } from '../../src/quiz/settle.ts';
import { readRollups } from '../support/classroom.ts';
import { DIALECTS } from '../support/databases.ts';
import { ALL_KINDS, type LearnSite, openLearnSite, ZONE } from '../support/learn-site.ts';

const JSON_ONLY = { accept: 'application/json' };
const ALL: readonly (readonly [string, string])[] = [
  ['q1', 'B'],
  ['q2', 'A'],
  ['q2', 'C'],
  ['q3', '错'],
  ['q4', '密封'],
  ['q5', '503'],
  ['q6.1', 'B'],
  ['q6.2', 'A'],
  ['q6.3', 'C'],
];

const cookiesOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((one) => one.split(';')[0] ?? '')
    .filter((one) => !one.endsWith('='))
    .join('; ');

describe.each(DIALECTS)('answering by tapping on %s', (dialect) => {
  let site: LearnSite;
  beforeEach(async () => {
    site = await openLearnSite(dialect);
  });
  afterEach(async () => {
    await site.close();
  });
  const own = () => site.county.own;
  const me = () => own().member;
  const textOf = async (answer: Response | Promise<Response>) => await (await answer).text();
  const statusOf = async (answer: Promise<Response>) => (await answer).status;

  it('keeps the same as what is typed: answers, rollups and points', async () => {
    await setPolicy(site.db, 'multi-credit', 'share', {}, 'test', site.clock.now());
    const { windowId, closesAt } = await site.ask(own().group.id);
    const cookie = await site.signIn(own().member.id);
    const posted = await site.post(`/q/${windowId}`, ALL, cookie);
    expect(posted.status).toBe(303);
    expect(posted.headers.get('location')).toBe(`/q/${windowId}`);
    await site.says('甲书记', '1B 2AC 3错 4密封 5、503 6BAC', '甲@room');
    const tapped = await site.answers(own().member.id);
    expect(tapped).toEqual(await site.answers(own().secretary.id));
    expect(tapped.map(({ value, correct, score }) => [value, correct, score])).toEqual([
      ['B', 1, 1_000],
      ['AC', 0, 0],
      ['错', 1, 1_000],
      ['密封', 1, 1_000],
      ['503', 1, 1_000],
      ['BAC', 1, 1_000],
    ]);
    const rollups = await readRollups(site.db);
    const [first, second] = rollups.days.map((row) => ({ ...row, member_id: '' }));
    expect(first).toEqual(second);
    await rebuildRollups(site.db, ZONE);
    expect(await readRollups(site.db)).toEqual(rollups);
    await settlePoints(site.db, ZONE, site.clock.now());
    const pointsOf = (memberId: string) =>
      site.db
        .selectFrom('point')
        .select(['rule', 'tenths', 'day'])
        .where('member_id', '=', memberId)
        .orderBy('rule')
        .orderBy('tenths')
        .execute();
    // What is right earns nothing before the quiz is closed: the points would tell.
    expect(await pointsOf(own().member.id)).toMatchObject([{ rule: 'lesson' }]);

    const page = await textOf(site.get(`/q/${windowId}`, cookie));
    expect(page).toContain('都答了');
    expect(page).not.toMatch(/正确：|答对了|答错了/);
    // The wrong one is told only when the quiz is over.
    await site.pass(closesAt - site.clock.now());
    const over = await textOf(site.get(`/q/${windowId}`, cookie));
    expect(over).toMatch(/答对 <b>5<\/b> \/ 6 题/);
    expect(over).toContain('正确：A 潮；B 光');
    await settlePoints(site.db, ZONE, site.clock.now());
    expect(await pointsOf(own().member.id)).toEqual(await pointsOf(own().secretary.id));
    expect(await pointsOf(own().member.id)).toHaveLength(6);
  });

  it('holds back who sends faster than a finger taps, for a minute, and loses nothing of it', async () => {
    const { windowId } = await site.ask(own().group.id);
    const cookie = await site.signIn(own().member.id);
    for (let sent = 0; sent < 120; sent += 1)
      expect((await site.post(`/q/${windowId}`, [['q9', 'A']], cookie, JSON_ONLY)).status).not.toBe(429);
    const held = await site.post(`/q/${windowId}`, [['q1', 'B']], cookie, JSON_ONLY);
    expect(held.status).toBe(429);
    expect(await held.json()).toMatchObject({ error: expect.stringContaining('选的还在') });
    const plain = await site.post(`/q/${windowId}`, [['q1', 'B']], cookie);
    expect([plain.status, plain.headers.get('retry-after')]).toEqual([429, '60']);
    expect(plain.headers.get('set-cookie')).toContain('B');
    expect(await site.answers(own().member.id)).toEqual([]);
    // Others aren't held back with them.
    const other = await site.signIn(own().secretary.id);
    expect((await site.post(`/q/${windowId}`, [['q1', 'B']], other)).status).toBe(303);
    site.clock.advance(MINUTE);
    expect((await site.post(`/q/${windowId}`, [['q1', 'B']], cookie)).status).toBe(303);
  });

  it('takes one answer after the other, the last of each counts, and says so to a script', async () => {
    const { windowId } = await site.ask(own().group.id);
    const cookie = await site.signIn(own().member.id);
    const tap = async (fields: readonly (readonly [string, string])[]) => {
      const answer = await site.post(`/q/${windowId}`, fields, cookie, JSON_ONLY);
      return { status: answer.status, said: (await answer.json()) as Record<string, unknown> };
    };
    const first = await tap([
      ['q1', 'A'],
      ['tap', 'aaaaaaaa1'],
    ]);
    expect(first).toMatchObject({
      status: 200,
      said: { kept: { 1: { given: 'A', at: '20:00' } }, errors: {} },
    });
    site.clock.advance(MINUTE);
    await tap([
      ['q1', 'B'],
      ['tap', 'aaaaaaaa2'],
    ]);
    // The first comes again, late: it was kept, and doesn't win.
    const again = await tap([
      ['q1', 'A'],
      ['tap', 'aaaaaaaa1'],
      ['ago', '60000'],
    ]);
    expect(again.said).toMatchObject({ kept: { 1: { given: 'B' } } });
    const bad = await tap([
      ['q5', '很多'],
      ['q3', '对'],
      ['tap', 'aaaaaaaa3'],
    ]);
    expect(bad.said).toMatchObject({
      kept: { 3: { given: '对' } },
      errors: { 5: expect.stringMatching(/第 5 题/) },
    });
    expect(await site.answers(own().member.id)).toMatchObject([
      { question: 1, value: 'A', counted: 0 },
      { question: 1, value: 'B', counted: 1 },
      { question: 3, value: '对', counted: 1 },
    ]);
    expect((await tap([])).said).toMatchObject({ error: expect.stringMatching(/还没有选/) });
  });

  it('loses none of many taps at the same moment, and lets one of each question count', async () => {
    const { windowId } = await site.ask(own().group.id);
    const cookie = await site.signIn(own().member.id);
    const taps = Array.from({ length: 12 }, (_, at): readonly (readonly [string, string])[] => [
      ['q1', 'ABC'[at % 3] ?? ''],
      ['q3', at % 2 ? '对' : '错'],
      ['tap', `aaaaaaaa${at}`],
    ]);
    const send = async (fields: (typeof taps)[number]) => {
      // As the page's script does: what the server could not take is sent again.
      for (let attempt = 0; attempt < 20; attempt += 1) {
        const answer = await site.post(`/q/${windowId}`, fields, cookie, JSON_ONLY);
        if (answer.status < 500) return answer.status;
      }
      return 500;
    };
    expect(new Set(await Promise.all(taps.map(send)))).toEqual(new Set([200]));
    const rows = await site.answers(own().member.id);
    for (const no of [1, 3])
      expect(rows.filter(({ question, counted }) => question === no && counted === 1)).toHaveLength(1);
    const rollups = await readRollups(site.db);
    await rebuildRollups(site.db, ZONE);
    expect(await readRollups(site.db)).toEqual(rollups);
  });

  it('shows what was wrong beside what was kept, without script', async () => {
    const { windowId } = await site.ask(own().group.id);
    const cookie = await site.signIn(own().member.id);
    const answer = await site.post(
      `/q/${windowId}`,
      [
        ['q1', 'C'],
        ['q5', '不知道'],
        ['q6.1', 'A'],
        ['q6.2', ''],
        ['q6.3', ''],
      ],
      cookie,
    );
    expect(answer.status).toBe(400);
    const page = await answer.text();
    expect(page).toContain('第 5 题的答案填得不对');
    expect(page).toContain('第 6 题的顺序还没排完');
    expect(page).toMatch(/value="不知道"/);
    expect(page).toMatch(/<option selected>A<\/option>/);
    expect(await site.answers(own().member.id)).toMatchObject([{ question: 1, value: 'C', counted: 1 }]);
    expect(await statusOf(site.post(`/q/${windowId}`, [['q9', 'A']], cookie))).toBe(400);
    expect(await statusOf(site.post(`/q/${windowId}`, [], cookie))).toBe(400);
  });

  it('shows each group its own order, and keeps the letters of the lesson', async () => {
    const { windowId } = await site.ask(own().group.id, { shuffle: true });
    const window = await site.db.selectFrom('quiz_window').selectAll().executeTakeFirstOrThrow();
    const orders = JSON.parse(window.orders ?? '{}') as Record<string, string>;
    const cookie = await site.signIn(own().member.id);
    const seen = 'ABC'[(orders[1] ?? 'ABC').indexOf('B')] ?? '';
    const steps = [...'BAC'].map((letter) => 'ABC'[(orders[6] ?? 'ABC').indexOf(letter)] ?? '');
    await site.post(
      `/q/${windowId}`,
      [['q1', seen], ...steps.map((letter, at) => [`q6.${at + 1}`, letter] as const)],
      cookie,
    );
    expect(await site.answers(own().member.id)).toMatchObject([
      { question: 1, value: 'B', correct: 1 },
      { question: 6, value: 'BAC', correct: 1 },
    ]);
    const page = await textOf(site.get(`/q/${windowId}`, cookie));
    const options = [...page.matchAll(/name="q1" value="(\w)"( checked)?[^]*?<p>(.*?)<\/p>/g)];
    expect(options.find(([, , on]) => on !== undefined)?.slice(1, 4)).toEqual([
      seen,
      ' checked',
      '换成带胶圈的罐',
    ]);
  });

  it('lets as many answers count as the group allows, and locks the question then', async () => {
    const { windowId } = await site.ask(own().group.id, { attempts: 2 });
    const cookie = await site.signIn(own().member.id);
    expect(await textOf(site.get(`/q/${windowId}`, cookie))).toContain('data-keeps="press"');
    await site.post(`/q/${windowId}`, [['q1', 'A']], cookie);
    site.clock.advance(MINUTE);
    // The form sends the first question again, too: that is no second try.
    await site.post(
      `/q/${windowId}`,
      [
        ['q1', 'A'],
        ['q3', '错'],
      ],
      cookie,
    );
    expect(await textOf(site.get(`/q/${windowId}`, cookie))).toContain('还能答 1 次');
    site.clock.advance(MINUTE);
    await site.post(`/q/${windowId}`, [['q1', 'B']], cookie);
    expect(await textOf(site.get(`/q/${windowId}`, cookie))).toMatch(/data-given="B"\s+disabled/);
    site.clock.advance(MINUTE);
    await site.post(`/q/${windowId}`, [['q1', 'C']], cookie);
    expect((await site.answers(own().member.id)).filter(({ counted }) => counted === 1)).toMatchObject([
      { question: 1, value: 'B' },
      { question: 3, value: '错' },
    ]);
  });

  it('takes late answers as make-up, shows the key when all are given, and then takes none', async () => {
    const { windowId, closesAt } = await site.ask(own().group.id);
    const cookie = await site.signIn(own().member.id);
    await site.post(`/q/${windowId}`, [['q1', 'A']], cookie);
    await site.pass(closesAt - site.clock.now() + MINUTE);
    const late = await textOf(site.get(`/q/${windowId}`, cookie));
    expect(late).toContain('现在答算补学');
    expect(late).toContain('截止前答的不改了');
    expect(late).not.toMatch(/正确：/);
    await site.post(`/q/${windowId}`, ALL, cookie);
    const rows = await site.answers(own().member.id);
    expect(rows.filter(({ question }) => question === 1)).toMatchObject([
      { value: 'A', makeup: 0, counted: 1 },
    ]);
    expect(rows.filter(({ makeup }) => makeup === 1)).toHaveLength(5);
    expect(await textOf(site.get(`/q/${windowId}`, cookie))).toMatch(/答对 <b>4<\/b> \/ 6 题/);
    const after = await site.post(`/q/${windowId}`, [['q2', 'A']], cookie, JSON_ONLY);
    expect(await after.json()).toMatchObject({ error: expect.stringMatching(/不能再答/) });
    expect(await site.answers(own().member.id)).toEqual(rows);
    // The key that was posted counts the answers in time only.
    const { answers } = await site.db
      .selectFrom('rollup_question')
      .selectAll()
      .where('question', '=', 1)
      .executeTakeFirstOrThrow();
    expect(answers).toBe(1);
  });

  it('is over for good after the days of make-up', async () => {
    const { windowId, closesAt } = await site.ask(own().group.id);
    const cookie = await site.signIn(own().member.id);
    await site.pass(closesAt - site.clock.now() + 7 * DAY);
    expect(await textOf(site.get(`/q/${windowId}`, cookie))).toContain('这次没有作答');
    const late = await site.post(`/q/${windowId}`, [['q1', 'B']], cookie, JSON_ONLY);
    expect(await late.json()).toMatchObject({ error: expect.stringMatching(/已经截止/) });
    expect(await site.answers(own().member.id)).toEqual([]);
  });

  it('asks whoever has no session to come in, keeps what was chosen, and leads back', async () => {
    const { windowId } = await site.ask(own().group.id);
    const path = `/q/${windowId}`;
    const stranger = await site.get(path);
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get('cache-control')).toBe('no-store');
    const words = await stranger.text();
    expect(words).toMatch(/私聊小课说「登录」/);
    expect(words).not.toContain('胶圈');
    const posted = await site.post(path, ALL, 'weike_session=over');
    expect(posted.status).toBe(401);
    expect(await posted.text()).toContain('刚才选的 6 题都留着');
    expect(await site.answers(own().member.id)).toEqual([]);
    const kept = cookiesOf(posted);

    const said = await site.says('甲成员', '登录');
    const [link = ''] = /http\S+\/enter\?t=\S+/.exec(said) ?? [];
    const secret = new URL(link).searchParams.get('t') ?? '';
    const entered = await site.post('/enter', [['t', secret]], kept);
    expect(entered.headers.get('location')).toBe(path);
    const cookie = `${cookiesOf(entered)}; ${kept}`;
    const page = await textOf(site.get(path, cookie));
    expect(page).toContain('刚才选的还在');
    expect(page).toMatch(/name="q1" value="B" checked/);
    expect(page).toMatch(/value="密封"/);
    expect(await statusOf(site.post(path, ALL, cookie))).toBe(303);
    expect(await site.answers(own().member.id)).toHaveLength(6);
    // A script is told in its own way.
    const script = await site.post(path, [['q1', 'B']], '', JSON_ONLY);
    expect([script.status, await script.json()]).toEqual([401, { error: '登录过期了' }]);
  });

  it('leads members to their own pages and those with a role to the console', async () => {
    const come = async (memberId: string, more = '') => {
      // A person gets so many links within ten minutes.
      site.clock.advance(HOUR);
      const cookie = await site.signIn(memberId);
      expect(cookie).toMatch(/=.{20}/);
      const said = await site.says(memberId === own().member.id ? '甲成员' : '甲书记', '登录');
      const secret = /t=(\S+)/.exec(said)?.[1] ?? '';
      return (await site.post('/enter', [['t', secret]], more)).headers.get('location');
    };
    expect(await come(own().member.id)).toBe('/me');
    expect(await come(own().secretary.id)).toBe('/');
    // Only pages of ours: a cookie that somebody planted leads nowhere else.
    for (const place of ['https://evil.example/', '//evil.example', '/q/../enter', '/me/../../x'])
      expect(await come(own().member.id, `weike_next=${encodeURIComponent(place)}`)).toBe('/me');
  });

  it('gives a login to nobody who is known by a nickname only', async () => {
    await site.db
      .updateTable('identity')
      .set({ confirmed: 0, how: 'name' })
      .where('member_id', '=', own().member.id)
      .execute();
    expect(await site.says('甲成员', '登录')).toMatch(/请先认证/);
    expect(await site.says('甲成员', '登录 123456')).toMatch(/请先认证/);
    expect(await site.db.selectFrom('login_token').selectAll().execute()).toEqual([]);
  });

  it('brings along what a guest tapped when it turns out who they are', async () => {
    const { windowId } = await site.ask(own().group.id);
    // In the group under a name that is nobody's.
    await recordSeenGroup(
      site.db,
      {
        account: 'sandbox',
        roomId: '甲@room',
        topic: '甲支部群',
        members: [{ contactId: 'moli', name: '小茉莉' }],
      },
      site.clock.now(),
    );
    await site.says('moli', '打卡', '甲@room');
    const guest = await site.db
      .selectFrom('identity')
      .select('member_id')
      .where('contact_id', '=', 'moli')
      .executeTakeFirstOrThrow();
    const said = await site.says('moli', '登录');
    expect(said).toMatch(/enter\?t=/);
    const cookie = await site.signIn(guest.member_id);
    await site.post(`/q/${windowId}`, ALL, cookie);
    // Nobody is bound as that member yet.
    await site.db.deleteFrom('identity').where('member_id', '=', me().id).execute();
    const codes = await issueCodes(site.db, { unitIds: [own().branch.id] }, TERMINAL, site.clock.now());
    const code = codes.find(({ name }) => name === me().name)?.code ?? '';
    expect(await site.says('moli', `认证 ${me().name} ${code}`)).toMatch(/认证/);
    expect((await site.answers(me().id)).map(({ value }) => value)).toEqual([
      'B',
      'AC',
      '错',
      '密封',
      '503',
      'BAC',
    ]);
    expect(await site.answers(guest.member_id)).toEqual([]);
    // The session goes on, as the member's.
    expect(await textOf(site.get('/me', cookie))).toContain(me().name);
  });

  it('refuses a forged origin, a quiz of another group, and forms without end', async () => {
    const { windowId } = await site.ask(own().group.id);
    const foreign = await site.ask(site.county.other.group.id);
    const cookie = await site.signIn(own().member.id);
    const path = `/q/${windowId}`;
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: '' },
      { 'sec-fetch-site': 'cross-site' },
    ])
      expect(await statusOf(site.post(path, ALL, cookie, headers))).toBe(403);
    const other = `/q/${foreign.windowId}`;
    const there = await site.get(other, cookie);
    const nowhere = await site.get('/q/nothing', cookie);
    expect([there.status, await there.text()]).toEqual([404, await nowhere.text()]);
    expect(await statusOf(site.post(other, ALL, cookie))).toBe(404);
    expect(await statusOf(site.post(path, [['q4', '密'.repeat(9_000)]], cookie))).toBe(413);
    expect(await site.db.selectFrom('answer').selectAll().execute()).toEqual([]);
    // What is typed is shown as it is.
    const shown = await site.post(
      path,
      [
        ['q4', '"><script>alert(1)</script>'],
        ['q5', 'x'],
      ],
      cookie,
    );
    expect(await shown.text()).not.toContain('<script>alert');
  });

  it('stands on the page of the lesson, for whoever it was sent to', async () => {
    const { windowId, lesson, closesAt } = await site.ask(own().group.id);
    const path = `/l/${lesson.id}`;
    const stranger = await textOf(site.get(path));
    expect(stranger).toContain(`href="${path}/answer"`);
    expect(stranger).not.toContain('<form class="answers"');
    const cookie = await site.signIn(own().member.id);
    const page = await site.get(path, cookie);
    expect(page.headers.get('cache-control')).toBe('private, no-cache');
    expect(await page.text()).toContain(`action="/q/${windowId}"`);
    const posted = await site.post(
      `/q/${windowId}`,
      [
        ['q1', 'B'],
        ['from', 'lesson'],
      ],
      cookie,
    );
    expect(posted.headers.get('location')).toBe(`${path}#quiz`);
    expect(await textOf(site.get(path, cookie))).toMatch(/name="q1" value="B" checked/);
    // Nobody of another branch sees it as theirs.
    const other = await textOf(site.get(path, await site.signIn(site.county.other.member.id)));
    expect(other).not.toContain(windowId);
    expect(other).toContain('还没有发到你的群里');
    expect((await site.get(`${path}/answer`)).status).toBe(401);
    expect((await site.get(`${path}/answer`, cookie)).headers.get('location')).toBe(`${path}#quiz`);
    // The lesson came again, put better: that quiz is the one to answer.
    await site.pass(closesAt - site.clock.now() + HOUR);
    const second = await site.ask(own().group.id, { source: ALL_KINDS.replace('最怕', '怕') });
    expect(await textOf(site.get(path, cookie))).toContain(`action="/q/${second.windowId}"`);
  });

  it('weighs less than 14 KB with its style and script, on the page of the lesson', async () => {
    const { lesson } = await site.ask(own().group.id);
    const cookie = await site.signIn(own().member.id);
    let weight = 0;
    const files = ['base.css', 'lesson.css', 'answer.css', 'answer.js'].map((name) => `/static/${name}`);
    for (const path of [`/l/${lesson.id}`, ...files])
      weight += gzipSync(await (await site.get(path, cookie)).bytes()).byteLength;
    expect(weight).toBeLessThan(14 * 1024);
  });

  it('draws the same questions for a group, and takes them like the others', async () => {
    const source = '---\nid: chouti\ntitle: 抽题\n---\n\n看。\n\n## 小测\n\n1. 对吗？\n\n   答案：对\n';
    const { windowId } = await site.ask(own().group.id, { source });
    const drawn = {
      no: 2,
      type: 'single',
      stem: '抽来的题？',
      options: ['甲', '乙'],
      key: ['B'],
      explanation: '',
      line: 1,
    };
    await site.db
      .updateTable('quiz_window')
      .set({ drawn: JSON.stringify([drawn]) })
      .where('id', '=', windowId)
      .execute();
    const cookie = await site.signIn(own().member.id);
    expect(await textOf(site.get(`/q/${windowId}`, cookie))).toContain('抽来的题');
    await site.post(`/q/${windowId}`, [['q2', 'B']], cookie);
    expect(await site.answers(own().member.id)).toMatchObject([{ question: 2, value: 'B', correct: 1 }]);
  });
});
