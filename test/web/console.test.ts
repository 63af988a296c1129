/** The console by requests: who sees and touches what, what is refused, what is said, what is undone. */
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { addDays, DAY, HOUR, localDay } from '../../src/clock.ts';
import { appendAudit } from '../../src/db/audit.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import { factMover } from '../../src/digest/follow.ts';
import { getText, submitItem, writeItem } from '../../src/lessons/review.ts';
import { askCertification } from '../../src/people/certify.ts';
import { addGuest, bindIdentity } from '../../src/people/identities.ts';
import { addMember } from '../../src/people/members.ts';
import { readPolicy } from '../../src/people/policies.ts';
import { POLICIES } from '../../src/people/policy-names.ts';
import { accountName } from '../../src/web/console/names.ts';
import { NAV } from '../../src/web/console/nav.ts';
import { choiceName, sections } from '../../src/web/console/settings-list.ts';
import { drawingLesson, giveAnswer, openDrawn } from '../support/bank.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';
import { lessonOf } from './site.ts';

const ZONE = 'Asia/Shanghai';
const EVIL = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'';
/** A week ahead, so that no hour of it is over. */
const soon = () => addDays(localDay(Date.now(), ZONE), 7);

describe('the console', () => {
  let desk: TestDesk;
  let ann: Awaited<ReturnType<TestDesk['as']>>;
  let other: Awaited<ReturnType<TestDesk['as']>>;
  let chief: Awaited<ReturnType<TestDesk['as']>>;
  beforeEach(async () => {
    desk = await openDesk();
    const { own, other: far, chief: head } = desk.county;
    ann = await desk.as(own.secretary.id);
    other = await desk.as(far.secretary.id);
    chief = await desk.as(head.id);
  });
  afterEach(async () => await desk.close());

  const schedules = () =>
    desk.db.selectFrom('schedule').selectAll().where('removed_at', 'is', null).orderBy('no').execute();
  const plan = async (who: typeof ann, more: Record<string, string | readonly string[]> = {}) =>
    await who.post('/week/add', {
      what: 'lesson:l1',
      day: soon(),
      time: '20:00',
      group: desk.county.own.group.key,
      ...more,
    });

  async function deliver(
    state: 'unknown' | 'failed' | 'held' | 'sent',
    topic: 'own' | 'other' = 'own',
  ): Promise<number> {
    const { id, account } = desk.county[topic].group;
    const now = Date.now();
    const [made] = await planDeliveries(
      desk.db,
      [
        {
          cause: `test ${now} ${state} ${topic}`,
          kind: 'lesson',
          account,
          groupId: id,
          content: 'l1',
          hash: `${state}-${topic}`.padEnd(64, 'h'),
          plannedAt: now - HOUR,
          parts: [{ kind: 'text', body: '【微课】' }],
        },
      ],
      now,
    );
    const row = await desk.db
      .updateTable('delivery')
      .set({ state })
      .where('id', '=', made ?? '')
      .returning('no')
      .executeTakeFirstOrThrow();
    await desk.db
      .updateTable('delivery_part')
      .set({ state: state === 'unknown' ? 'unknown' : 'planned', sending_at: now })
      .where('delivery_id', '=', made ?? '')
      .execute();
    return row.no;
  }
  const stateOf = async (no: number) =>
    (await desk.db.selectFrom('delivery').select('state').where('no', '=', no).executeTakeFirstOrThrow())
      .state;

  async function handIn(kind: 'lesson' | 'notice' = 'lesson') {
    const { own } = desk.county;
    const author = await own.deputy.actor();
    const body = kind === 'notice' ? '周五开会' : '夏天怎么存花茶\n放冰箱要密封。';
    const item = await writeItem(
      desk.db,
      { kind, body, unitId: own.branch.id, groupIds: [own.group.id] },
      author,
      Date.now(),
    );
    return await submitItem(desk.db, item.no, author, Date.now());
  }
  async function askToBe(name: string) {
    const { own } = desk.county;
    const guest = await addGuest(desk.db, '网名', 1);
    await bindIdentity(desk.db, { account: 'sandbox', contactId: 'x1', memberId: guest.id, how: 'guest' }, 1);
    const asking = {
      account: 'sandbox',
      contactId: 'x1',
      member: guest,
      claim: { name, code: undefined },
      unitId: own.branch.id,
      tries: 5,
    };
    await askCertification(desk.db, asking as never, factMover(ZONE), Date.now());
  }

  describe('as a whole', () => {
    it('has every page of its column, says what to do first on each, and is small and scripted by files only', async () => {
      for (const { path } of [
        ...NAV,
        { path: '/more' },
        { path: '/members' },
        { path: '/members/import' },
        { path: '/certifications' },
        { path: '/matches' },
        { path: '/week/month' },
        { path: '/week/feed' },
        { path: '/week/add' },
      ]) {
        const answer = await chief.get(path);
        expect([path, answer.status]).toEqual([path, 200]);
        const page = await answer.text();
        expect(page).not.toMatch(/<script(?![^>]* src="\/static\/)|style="|onclick=/);
        expect(gzipSync(page).length, path).toBeLessThan(20_000);
      }
      const assets = await Promise.all(
        ['console.js', 'console.css', 'base.css', 'htmx.js', 'icons.svg'].map(
          async (name) => gzipSync(await (await desk.get(`/static/${name}`)).text()).length,
        ),
      );
      expect(assets.reduce((sum, size) => sum + size, 0)).toBeLessThan(40_000);
      for (const [path, words] of [
        ['/', '都办完了'],
        ['/week', '还没有排课'],
        ['/deliveries', '没有这样的投递'],
        ['/reviews', '没有等您审的'],
        ['/matches', '都认出来了'],
        ['/messages', '还没有这样的消息'],
      ] as const)
        expect(await ann.page(path)).toContain(words);
    });

    it('is for nobody without a session, on any of its paths', async () => {
      for (const path of [
        ...NAV.map((one) => one.path),
        '/week/add',
        '/week/fit?what=lesson:l1',
        '/lessons/d/1',
        '/members/import',
        '/members/roster.xlsx',
        '/accounts/list',
      ])
        expect([path, (await desk.get(path)).status]).toEqual([path, 401]);
    });

    it('takes no change that comes from elsewhere', async () => {
      for (const path of [
        '/week/add',
        '/week/move',
        '/week/remove',
        '/deliveries/decide',
        '/reviews/approve',
        '/settings',
        '/lessons/new',
        '/groups/enable',
        '/messages/correct',
        '/accounts/restart',
      ])
        expect([
          path,
          (await chief.post(path, { no: '1' }, { origin: 'https://evil.example' })).status,
        ]).toEqual([path, 403]);
    });

    it('gives what was written back when the session is over, to be sent again', async () => {
      const reason = '这里要改：说明要短一点，把密封那一句放到最前面';
      const answer = await desk.post('/reviews/return', new URLSearchParams({ no: '1', reason }), {
        cookie: 'weike_session=gone',
      });
      expect(answer.status).toBe(401);
      const page = await answer.text();
      for (const words of ['登录过期了', reason, 'action="/reviews/return"', 'name="no" value="1"'])
        expect(page).toContain(words);
      const piece = await desk.post('/lessons/d/1/auto', new URLSearchParams({ base: '3', body: '正文' }), {
        cookie: 'weike_session=gone',
        'hx-request': 'true',
      });
      expect(await piece.text()).toMatch(/name="base"\s+form="editor"\s+value="3"[\s\S]*登录过期了/);
    });

    it('shows names, titles and topics as text, whatever stands in them', async () => {
      const { own } = desk.county;
      await desk.db.updateTable('chat_group').set({ topic: EVIL }).where('id', '=', own.group.id).execute();
      await desk.db.updateTable('member').set({ name: EVIL }).where('id', '=', own.deputy.id).execute();
      await desk.db.updateTable('unit').set({ name: EVIL }).where('id', '=', own.branch.id).execute();
      const no = await deliver('failed');
      await desk.db.updateTable('delivery').set({ reason: EVIL }).where('no', '=', no).execute();
      const item = await handIn();
      await desk.db.updateTable('review_item').set({ title: EVIL }).where('no', '=', item.no).execute();
      await askToBe('甲成员');
      for (const path of [
        '/',
        '/week',
        '/week/add',
        '/deliveries',
        `/deliveries/${no}`,
        '/reviews',
        `/reviews/${item.no}`,
        '/groups',
        `/groups/${own.group.key}`,
        '/members',
        `/members/${own.deputy.id}`,
        '/settings',
        '/audit',
        '/certifications',
      ])
        expect([path, (await ann.page(path)).match(/<script>|<img src=x/)]).toEqual([path, null]);
      const draft = await ann.post('/lessons/new', {});
      const at = draft.headers.get('location') ?? '';
      await ann.post(at, {
        act: 'save',
        base: '1',
        title: EVIL,
        body: `${EVIL}\n\n[x](javascript:alert(1))`,
        'quiz-as': 'markdown',
        quiz: '',
      });
      expect(await ann.page(at)).not.toMatch(/<script>|<img src=x|href="javascript/);
    });

    it("answers for another branch's things exactly as for what isn't there", async () => {
      const { other: far } = desk.county;
      const delivery = await deliver('failed', 'other');
      await plan(other, { group: far.group.key });
      const [schedule] = await schedules();
      const started = (await other.post('/lessons/new', {})).headers.get('location') ?? '';
      const handed = await writeItem(
        desk.db,
        { kind: 'lesson', body: '课\n正文', unitId: far.branch.id },
        await far.deputy.actor(),
        Date.now(),
      );
      const pairs: [string, string][] = [
        [`/deliveries/${delivery}`, '/deliveries/999'],
        [`/week/s/${schedule?.no}`, '/week/s/999'],
        [started, '/lessons/d/999'],
        [`${started}/history`, '/lessons/d/999/history'],
        [`/reviews/${handed.no}`, '/reviews/999'],
        [`/groups/${far.group.key}`, '/groups/g999'],
        [`/members/${far.member.id}`, '/members/nobody'],
        [`/settings?place=group:${far.group.key}`, '/settings?place=group:g999'],
        [`/settings?place=unit:${far.branch.id}`, '/settings?place=unit:nowhere'],
      ];
      const plain = (page: string) =>
        page.replaceAll(/[\w-]*\d[\w-]*|nobody|nowhere/g, 'N').replaceAll(/N+/g, 'N');
      for (const [theirs, nobody] of pairs) {
        const [one, two] = [await ann.get(theirs), await ann.get(nobody)];
        expect([theirs, one.status]).toEqual([theirs, 404]);
        expect(two.status).toBe(404);
        expect(plain(await one.text())).toBe(plain(await two.text()));
      }
      const no = String(delivery);
      for (const [path, fields] of [
        ['/deliveries/decide', { no, as: 'drop' }],
        ['/week/remove', { no: String(schedule?.no) }],
        ['/week/move', { no: String(schedule?.no), day: soon(), time: '10:00' }],
        ['/reviews/approve', { no: String(handed.no), hash: handed.hash }],
        ['/groups/enable', { key: far.group.key, on: '0' }],
        ['/settings', { place: `group:${far.group.key}`, name: 'quiz-close', value: '2', span: 'h' }],
        ['/certifications/revoke', { member: far.member.id }],
        ['/members/code', { member: far.member.id }],
        [started, { act: 'save', base: '1', title: '改', body: '改', 'quiz-as': 'markdown' }],
      ] as const)
        expect([path, (await ann.post(path, fields)).status]).toEqual([path, 404]);
      expect(await stateOf(delivery)).toBe('failed');
      expect(await schedules()).toHaveLength(1);
      for (const path of ['/deliveries', '/groups', '/members', '/reviews', '/week', '/'])
        expect(await ann.page(path)).not.toContain('乙');
    });
  });

  describe('今天', () => {
    it('counts what waits, and settles each by a press', async () => {
      const [unknown, failed, held] = [
        await deliver('unknown'),
        await deliver('failed'),
        await deliver('held'),
      ];
      await askToBe('甲成员');
      const item = await handIn();
      const page = await ann.page('/');
      expect(page).toContain('5 件');
      for (const words of [
        '不确定是否到群',
        '没发成',
        '扣下了',
        '甲成员 申请认证',
        '夏天怎么存花茶',
        '放冰箱要密封',
      ])
        expect(page).toContain(words);

      await ann.post('/deliveries/decide', { no: String(unknown), as: 'sent' });
      expect(await stateOf(unknown)).toBe('sent');
      await ann.post('/deliveries/decide', { no: String(failed), as: 'drop' });
      expect(await stateOf(failed)).toBe('skipped');
      const undo = await ann.page('/');
      expect(undo).toContain('还是要发');
      await ann.post('/deliveries/decide', { no: String(failed), as: 'resend' });
      expect(await stateOf(failed)).toBe('planned');
      await ann.post('/deliveries/decide', { no: String(held), as: 'resend' });
      expect(await stateOf(held)).toBe('planned');

      await ann.post('/certifications/approve', { no: '1' });
      expect(await ann.page('/')).toContain('已认证：甲成员');
      const certified = async () =>
        (
          await desk.db
            .selectFrom('member')
            .select('certified_at')
            .where('id', '=', desk.county.own.member.id)
            .executeTakeFirstOrThrow()
        ).certified_at;
      expect(await certified()).not.toBeNull();
      await ann.post('/certifications/revoke', { member: desk.county.own.member.id });
      expect(await certified()).toBeNull();

      await ann.post('/reviews/approve', { no: String(item.no), hash: item.hash });
      expect(await ann.page('/')).toContain('可以排课了');
      expect(await ann.page('/reviews')).toContain('已通过');
    });

    it('says which groups a login has not recognised, to those whose groups they are', async () => {
      const { own, other: far } = desk.county;
      const set = (state: 'quarantined' | 'ok', id: string) =>
        desk.db.updateTable('chat_group').set({ state }).where('id', '=', id).execute();
      await set('quarantined', own.group.id);
      await set('quarantined', far.group.id);
      const page = await ann.page('/');
      expect(page).toContain(`「${own.group.topic}」重新登录后还没认出来`);
      expect(page).toContain('1 件');
      expect(page).toMatch(/href="\/matches"[^>]*>去认</);
      expect(page).not.toContain(`「${far.group.topic}」重新登录后还没认出来`);
      expect(await chief.page('/')).toContain(`「${far.group.topic}」重新登录后还没认出来`);
      await set('ok', own.group.id);
      expect(await ann.page('/')).not.toContain('还没认出来');
    });

    it('says what goes out today, and how long until then', async ({ skip }) => {
      const at = Date.now() + 20 * 60_000;
      skip(localDay(at, ZONE) !== localDay(Date.now(), ZONE), 'in twenty minutes it is tomorrow');
      const time = new Date(at + 8 * HOUR).toISOString().slice(11, 16);
      await plan(ann, { day: localDay(at, ZONE), time });
      expect(await ann.page('/')).toMatch(/花茶怎么存[\s\S]*data-until="\d+"[\s\S]*待发/);
      expect(await other.page('/')).not.toContain('data-until');
    });

    it('approves no text that was not shown', async () => {
      const item = await handIn();
      for (const hash of ['', 'x'.repeat(64)]) {
        await ann.post('/reviews/approve', { no: String(item.no), hash });
        expect(
          (await desk.db.selectFrom('review_item').select('state').executeTakeFirstOrThrow()).state,
        ).toBe('submitted');
      }
      const { written_by: writer } = await getText(desk.db, item.id, item.hash);
      const own = await desk.as(writer);
      await own.post('/reviews/approve', { no: String(item.no), hash: item.hash });
      expect(await own.page('/reviews')).toContain('要别人来审');
      await ann.post('/reviews/return', { no: String(item.no), reason: '短一点' });
      expect(await ann.page(`/reviews/${item.no}`)).toContain('短一点');
    });
  });

  describe('课表', () => {
    it('plans, moves, takes away and puts back, each undone by a press', async () => {
      expect((await plan(ann)).headers.get('location')).toBe(`/week?day=${soon()}`);
      expect(await ann.page(`/week?day=${soon()}`)).toMatch(/排好了：[\s\S]*撤掉[\s\S]*《花茶怎么存》/);
      const [first] = await schedules();
      expect(first).toMatchObject({
        kind: 'lesson',
        content: 'l1',
        created_by: desk.county.own.secretary.id,
      });
      await ann.post('/week/move', { no: String(first?.no), day: addDays(soon(), 1), time: '19:30' });
      const [moved] = await schedules();
      expect((moved?.next_at ?? 0) - (first?.next_at ?? 0)).toBe(DAY - HOUR / 2);
      expect(await ann.page('/week')).toContain('挪回去');
      await ann.post('/week/remove', { no: String(moved?.no) });
      expect(await schedules()).toEqual([]);
      await ann.post('/week/restore', { no: String(moved?.no) });
      expect((await schedules())[0]?.next_at).toBe(moved?.next_at);
      expect((await ann.page('/week/month')).length).toBeGreaterThan(0);
    });

    it('plans a course week by week', async () => {
      await plan(ann, { what: 'course:网上卖货', weekday: ['1', '3', '5'], days: 'skip-holidays' });
      expect((await schedules())[0]).toMatchObject({
        kind: 'course',
        content: '网上卖货',
        cron: '0 20 * * 1,3,5',
        days: 'skip-holidays',
      });
      expect(await ann.page(`/week/s/1`)).toContain('每周一、三、五 20:00');
    });

    it('plans news and digests on the weekdays, and the month’s on its day', async () => {
      const weekdays = { weekday: ['1', '4'], time: '18:30' };
      await plan(ann, { what: 'brief:day', ...weekdays });
      await plan(ann, { what: 'digest:week', weekday: ['1'], time: '09:05' });
      await plan(ann, { what: 'digest:month', time: '09:00' });
      await plan(ann, { what: 'digest:quarter', time: '10:30' });
      const day = Number(soon().slice(8));
      expect(
        (await schedules()).map(({ kind, content, cron, monthly }) => [kind, content, cron, monthly]),
      ).toEqual([
        ['brief', 'day', '30 18 * * 1,4', null],
        ['digest', 'week', '5 9 * * 1', null],
        ['digest', 'month', null, `${day} 09:00`],
        ['digest', 'quarter', `30 10 ${Math.min(28, day)} 1,4,7,10 *`, null],
      ]);
      expect(await ann.page('/week')).toContain('撤掉');
      expect(await ann.page('/week/s/4')).toContain(`一、四、七、十月 ${Math.min(28, day)} 号 10:30`);
      expect((await plan(ann, { what: 'digest:year', weekday: ['2'] })).status).toBe(409);
      expect((await plan(ann, { what: 'constructor', weekday: ['2'] })).status).toBe(409);
      expect(await schedules()).toHaveLength(4);
      const fit = await ann.page(
        `/week/fit?what=digest:week&weekday=5&day=${soon()}&time=10:00&group=${desk.county.own.group.key}`,
      );
      expect(fit).toContain('以后照着发');
      expect(fit).not.toContain('小测');
    });

    it('leaves out what groups have had, and refuses where that is all of them', async () => {
      const { own } = desk.county;
      await planDeliveries(
        desk.db,
        [
          {
            cause: 'had',
            kind: 'lesson',
            account: 'sandbox',
            groupId: own.group.id,
            content: 'l1',
            hash: '0'.repeat(64),
            plannedAt: 1,
          },
        ],
        1,
      );
      const answer = await plan(ann);
      expect(answer.status).toBe(409);
      expect(await answer.text()).toContain('已经学过《花茶怎么存》');
      expect(await schedules()).toEqual([]);
    });

    it.each([
      ['an hour that is over', { day: '2020-01-01' }, '已经过了'],
      ['no lesson', { what: '' }, '先选一课'],
      ['a lesson that is not there', { what: 'lesson:none' }, '现在不能发'],
      ['no group', { group: [] }, '再选发到哪些群'],
      ["another branch's group", { group: 'g2' }, '不归您管'],
      ['no hour', { time: '' }, '没有写完整'],
    ])('refuses %s, and keeps what was chosen', async (_name, more, words) => {
      const answer = await plan(ann, more);
      expect(answer.status).toBe(409);
      const page = await answer.text();
      expect(page).toContain(words);
      expect(page).toContain('name="what"');
      expect(await schedules()).toEqual([]);
    });

    it('gives a calendar under an address that can be taken back, for its owner only', async () => {
      await plan(ann);
      await ann.post('/week/feed/issue', {});
      const address = /\/calendar\/[\w-]+\.ics/.exec(await ann.page('/week/feed'))?.[0] ?? '';
      const read = async () => await desk.get(address);
      const calendar = await (await read()).text();
      expect(calendar).toMatch(
        /^BEGIN:VCALENDAR\r\n[\s\S]*SUMMARY:微课《花茶怎么存》[\s\S]*END:VCALENDAR\r\n$/,
      );
      expect(calendar.split('\r\n').every((line) => Buffer.byteLength(line) <= 75)).toBe(true);
      expect(await ann.page('/week/feed')).not.toContain('.ics');
      await other.post('/week/feed/issue', {});
      const far = /\/calendar\/[\w-]+\.ics/.exec(await other.page('/week/feed'))?.[0] ?? '';
      expect(await (await desk.get(far)).text()).not.toContain('花茶');
      expect(await ann.page('/week/feed')).toMatch(/<summary[^>]*>停掉<[\s\S]*都会没有[\s\S]*停掉这个地址/);
      await ann.post('/week/feed/revoke', {});
      expect((await read()).status).toBe(404);
      const stopped = /name="feed" value="([^"]+)"/.exec(await ann.page('/week/feed'))?.[1] ?? '';
      await other.post('/week/feed/resume', { feed: stopped });
      expect((await read()).status).toBe(404);
      await ann.post('/week/feed/resume', { feed: stopped });
      expect((await read()).status).toBe(200);
      await ann.post('/week/feed/revoke', {});
      expect((await read()).status).toBe(404);
      expect((await desk.get(`/calendar/${'x'.repeat(32)}.ics`)).status).toBe(404);
    });
  });

  describe('the rest', () => {
    it('shows the ledger by state, group and day, and the proof of each', async () => {
      const no = await deliver('unknown');
      await deliver('sent', 'other');
      const all = await ann.page('/deliveries');
      expect(all).toContain('甲支部群');
      expect(await ann.page('/deliveries?state=sent')).toContain('没有这样的投递');
      expect(await ann.page(`/deliveries?state=look&group=${desk.county.own.group.key}`)).toContain(
        `/deliveries/${no}`,
      );
      const page = await ann.page(`/deliveries/${no}`);
      for (const words of ['【微课】', '不确定', '凭据', '到群里看一眼']) expect(page).toContain(words);
    });

    it('sets what a branch may set for itself, and no more', async () => {
      const { own } = desk.county;
      const place = `unit:${own.branch.id}`;
      const policy = () => readPolicy(desk.db, 'quiz-close', { unitId: own.branch.id });
      const before = await policy();
      await ann.post('/settings', { place, name: 'quiz-close', value: '3', span: 'h' });
      expect(await policy()).toBe(3 * HOUR);
      expect(await ann.page(`/settings?place=${place}`)).toContain('改回去');
      await ann.post('/settings', { place, name: 'quiz-close', reset: '1' });
      expect(await policy()).toBe(before);
      await ann.post('/settings', { place, name: 'quiz-close', value: '1', span: 'm' });
      expect(await policy()).toBe(before);
      await ann.post('/settings', { place, name: 'reviewers', value: '0' });
      expect(await readPolicy(desk.db, 'reviewers', { unitId: own.branch.id })).toBe(1);
      expect(
        (await ann.post('/settings', { place: 'county', name: 'quiz-close', value: '3', span: 'h' })).status,
      ).toBe(404);
      await chief.post('/settings', { place: 'county', name: 'pace', value: '5-9s,10/min,100/day' });
      const page = await chief.page('/settings');
      expect(page).toContain('隔 5 到 9 秒，一分钟最多 10 条，一天最多 100 条');
      expect(page).toContain('改回去');
      await chief.post('/settings', { place: 'county', name: 'pace', value: 'off' });
      expect(await chief.page('/settings')).toContain('发言节奏：要照 3-8s,12/min,200/day 这样写，没有改动');
      await chief.post('/settings', { place: 'county', name: 'quiet-hours', value: '25:00' });
      expect(await chief.page('/settings')).toContain('免打扰：要照 22:00-07:00，或者 off 这样写，没有改动');
      await chief.post('/settings', { place: 'county', name: 'quiet-hours', value: '21:30-06:30' });
      expect(await chief.page('/settings')).toContain('免打扰：21:30 到 06:30');
      await chief.post('/settings', { place: 'county', name: 'quiet-hours', value: '' });
      expect(await chief.page('/settings')).toContain('免打扰：照服务器上设的');
      expect(await readPolicy(desk.db, 'quiet-hours')).toBeNull();
      await chief.post('/settings', { place: 'county', name: 'reviewers', value: '2' });
      expect(await readPolicy(desk.db, 'reviewers')).toBe(2);
    });

    it('sets pace and quiet hours number by number, and says exactly which one is wrong', async () => {
      const set = async (name: 'pace' | 'quiet-hours', fields: Record<string, string>) => {
        await chief.post('/settings', { place: 'county', name, ...fields });
        return await chief.page('/settings');
      };
      const pace = { least: '4', most: '9.5', minute: '10', day: '150' };
      const page = await set('pace', pace);
      expect(page).toContain('发言节奏：隔 4 到 9.5 秒，一分钟最多 10 条，一天最多 150 条。');
      expect(page).toMatch(/name="most"[^>]*value="9.5"/);
      for (const [wrong, words] of [
        [{ least: '0' }, '两条之间最少隔几秒：要填 1 到 600 的数，没有改动'],
        [{ most: '' }, '两条之间最多隔几秒：要填 1 到 600 的数，没有改动'],
        [{ most: '3' }, '最多隔几秒不能比最少隔几秒还短，没有改动'],
        [{ minute: '61' }, '一分钟最多几条：要填 1 到 60 的数，没有改动'],
        [{ minute: '2.5' }, '一分钟最多几条：要填 1 到 60 的数，没有改动'],
        [{ day: '一百' }, '一天最多几条：要填 1 到 5000 的数，没有改动'],
        [{ day: '9999' }, '一天最多几条：要填 1 到 5000 的数，没有改动'],
      ] as const)
        expect(await set('pace', { ...pace, ...wrong })).toContain(words);
      expect(await readPolicy(desk.db, 'pace')).toMatchObject({ minGap: 4_000, maxGap: 9_500, perDay: 150 });
      expect(await set('quiet-hours', { from: '21:00', to: '' })).toContain('从几点、到几点都要填，没有改动');
      expect(await set('quiet-hours', { from: '21:00', to: '21:00' })).toContain('不能一样，没有改动');
      expect(await set('quiet-hours', { from: '21:00', to: '06:30' })).toContain('免打扰：21:00 到 06:30。');
      expect(await set('quiet-hours', { from: '21:00', to: '06:30', never: '1' })).toContain(
        '免打扰：没有。',
      );
      expect(await readPolicy(desk.db, 'quiet-hours')).toBe('off');
      const branch = `unit:${desk.county.own.branch.id}`;
      await ann.post('/settings', { place: branch, name: 'quiet-hours', from: '20:30', to: '08:00' });
      expect(await ann.page(`/settings?place=${branch}`)).toContain('免打扰：20:30 到 08:00。');
      expect(await readPolicy(desk.db, 'quiet-hours', { groupId: desk.county.own.group.id })).toEqual({
        from: 20 * 60 + 30,
        to: 8 * 60,
      });
      expect(await readPolicy(desk.db, 'quiet-hours', { groupId: desk.county.other.group.id })).toBe('off');
      await ann.post('/settings', { place: branch, name: 'pace', ...pace });
      expect(await ann.page('/settings')).toContain('只能为全县设');
      expect((await ann.post('/settings', { place: 'county', name: 'pace', ...pace })).status).toBe(404);
    });

    it('says every choice there is in Chinese, and lists every setting in a place of its own', () => {
      for (const [name, { kind }] of Object.entries(POLICIES)) {
        const { form } = kind;
        if (form.kind === 'choice')
          for (const choice of form.choices) expect(choiceName(name, choice)).toMatch(/\p{Script=Han}/u);
      }
      expect(sections().map(({ title }) => title)).not.toContain('其他');
    });

    it('says what is kept, and what would go before it goes', async () => {
      const talk = (hours: number, no: number) => ({
        id: `talk-${no}`,
        account: 'sandbox',
        channel_id: `talk-${no}`,
        room_id: 'r',
        contact_id: 'c',
        sender_name: '张三',
        kind: 'text' as const,
        text: '今天茉莉花真香',
        mention: 0 as const,
        sent_at: Date.now() - hours * HOUR,
        received_at: Date.now() - hours * HOUR,
        state: 'handled' as const,
        attempts: 0,
        try_at: null,
        intent: '{"kind":"none"}',
        handled_at: Date.now(),
      });
      await desk.db.insertInto('message').values([10, 30, 50, 100, 150].map(talk)).execute();
      const page = await chief.page('/settings');
      expect(page).toMatch(/5 条闲聊的原话，最早的是[\s\S]*一天之内到期清掉 1 条/);
      for (const [span, count] of [
        ['1 天', 4],
        ['3 天', 2],
        ['7 天', 0],
      ] as const)
        expect(page).toMatch(new RegExp(`${span}</th>\\s*<td[^>]*>${count} / 5<`));
      await chief.post('/settings', { place: 'county', name: 'talk-kept', value: '3', span: 'd' });
      expect(await chief.page('/settings')).toContain(
        '闲聊的原话留多久：3 天。有 2 条已经到期，一分钟内清掉，清掉的找不回来。',
      );
      await chief.post('/settings', { place: 'county', name: 'talk-kept', value: '1', span: 'h' });
      expect(await readPolicy(desk.db, 'talk-kept')).toBe(3 * DAY);
      expect(await ann.page('/settings')).not.toContain('留多久');
    });

    it('writes down of every change here that it was made here', async () => {
      const { own } = desk.county;
      await plan(ann);
      await ann.post('/week/move', { no: '1', day: addDays(soon(), 1), time: '19:30' });
      await ann.post('/week/remove', { no: '2' });
      await ann.post('/week/restore', { no: '2' });
      await ann.post('/settings', {
        place: `unit:${own.branch.id}`,
        name: 'quiz-close',
        value: '3',
        span: 'h',
      });
      await ann.post('/settings', { place: `unit:${own.branch.id}`, name: 'quiz-close', reset: '1' });
      await ann.post('/deliveries/decide', { no: String(await deliver('unknown')), as: 'sent' });
      await ann.post('/groups/enable', { key: own.group.key, on: '0' });
      const rows = await desk.db
        .selectFrom('audit')
        .select(['what', 'via', 'who'])
        .where('who', '=', own.secretary.id)
        .where('what', 'not like', 'session.%')
        .orderBy('id')
        .execute();
      const all = [
        'schedule.add',
        'schedule.remove',
        'schedule.add',
        'schedule.remove',
        'schedule.add',
        'setting.set',
        'setting.reset',
        'delivery.sent',
        'group.disable',
      ];
      expect(rows).toEqual(all.map((what) => ({ what, via: 'console', who: own.secretary.id })));
    });

    it('shows of the audit what concerns one', async () => {
      await ann.post('/groups/enable', { key: desk.county.own.group.key, on: '0' });
      await other.post('/groups/enable', { key: desk.county.other.group.key, on: '0' });
      const mine = await ann.page('/audit?what=group');
      expect(mine).toContain('甲支部群');
      expect(mine).not.toContain('乙支部群');
      const all = await chief.page('/audit?what=group');
      for (const words of ['甲支部群', '乙支部群', '停用群']) expect(all).toContain(words);
    });

    it('calls the sandbox by its name', () => {
      expect(accountName('sandbox')).toBe('沙盒');
      expect(accountName('wechaty:county')).toBe('wechaty:county');
    });

    it('says in the audit in Chinese what was planned and what was given away', async () => {
      const write = async (what: string, subject: string, after: object) =>
        await appendAudit(desk.db, { at: Date.now(), who: desk.county.chief.id, what, subject, after });
      await write('schedule.add', '', { kind: 'digest', content: 'month', when: 'last day 20:00' });
      await write('schedule.add', '', { kind: 'lesson', content: 'l1', when: '0 20 * * 1,3,5' });
      await write('schedule.add', '', { kind: 'lesson', content: 'l2', when: '2026-12-01T20:00:00+08:00' });
      await write('lesson.send', 'l1', { groups: [desk.county.own.group.key] });
      const verbs = ['token.issue', 'token.revoke', 'export.ask', 'member.data', 'member.ask-erasure'];
      for (const what of [...verbs, 'news.file']) await write(what, '', {});
      const page = await chief.page('/audit');
      for (const words of [
        '种类 简报，内容 每月，时间 每月最后一天 20:00',
        '内容 《花茶怎么存》，时间 每周一、三、五 20:00',
        '12月1日 周二 20:00',
        '群 甲支部群',
        '发程序钥匙',
      ])
        expect(page).toContain(words);
      expect(page).not.toMatch(/>\s*[a-z]+\.[a-z-]+\s*</);
    });

    it('shows the roster of the branch, gives a code once, and takes a table after it was looked at', async () => {
      const { own } = desk.county;
      const roster = await ann.page('/members');
      for (const words of ['甲书记', '甲成员', '3 人']) expect(roster).toContain(words);
      expect(roster).not.toContain('乙成员');
      await ann.post('/members/code', { member: own.member.id });
      const shown = await ann.page(`/members/${own.member.id}`);
      expect(shown).toMatch(/认证 甲成员 [A-Z]{2}\d{4}/);
      expect(await ann.page(`/members/${own.member.id}`)).not.toMatch(/认证 甲成员 [A-Z]{2}\d{4}/);

      const upload = async (csv: string) => {
        const body = new FormData();
        body.append('file', new File([csv], '名册.csv'));
        body.append('partial', '1');
        const { app } = await import('../../src/web/server.ts').then(({ makeRoutes }) =>
          makeRoutes(desk.parts),
        );
        return {
          answer: await app.request(`${desk.base}/members/import`, {
            method: 'POST',
            body,
            headers: {
              origin: desk.base,
              host: new URL(desk.base).host,
              cookie: `weike_session=${ann.session}`,
            },
          }),
        };
      };
      const bad = await upload('姓名,党支部\n新人,乙支部\n');
      const refused = await bad.answer.text();
      expect(refused).toContain('整个文件先不收');
      expect(refused).toContain('请县管理员先加上它');
      // Whoever sits at a page has no terminal.
      expect(refused).not.toContain('weike org');
      const { answer } = await upload('姓名,党支部,状态\n新人,甲支部,群众\n');
      const page = await answer.text();
      expect(page).toMatch(/新增[\s\S]*新人/);
      const key = /name="key" value="([\w-]+)"/.exec(page)?.[1] ?? '';
      const headers = {
        origin: desk.base,
        host: new URL(desk.base).host,
        'content-type': 'application/x-www-form-urlencoded',
      };
      // Each by a server that has just started: what was looked at lies in the database.
      const send = async (session: string) => {
        const { makeRoutes } = await import('../../src/web/server.ts');
        const { app, close } = makeRoutes(desk.parts);
        const sent = await app.request(`${desk.base}/members/import/take`, {
          method: 'POST',
          headers: { ...headers, cookie: `weike_session=${session}` },
          body: new URLSearchParams({ key }).toString(),
        });
        close();
        return sent.headers
          .getSetCookie()
          .map((one) => decodeURIComponent(one))
          .join(' ');
      };
      await send(other.session);
      expect(await ann.page('/members')).not.toContain('新人');
      await send(ann.session);
      expect(await ann.page('/members')).toContain('新人');
      expect(await desk.db.selectFrom('upload').select('name').execute()).toEqual([{ name: '名册.csv' }]);
      expect(await send(ann.session)).toContain('已经收过');
    });

    it('lists of private chats what was recorded, says so, and nothing else', async () => {
      const { own } = desk.county;
      const at = Date.now() - HOUR;
      const window = await openDrawn(desk.db, {
        source: drawingLesson('si', '没有', 1),
        opensAt: at,
        groupId: own.group.id,
      });
      await giveAnswer(desk.db, window.id, {
        memberId: own.member.id,
        question: 1,
        value: '错',
        at: at + 1,
        isPrivate: true,
      });
      const said = await desk.db.selectFrom('message').selectAll().executeTakeFirstOrThrow();
      await desk.db
        .insertInto('message')
        .values({ ...said, id: 'talk', channel_id: 'talk', text: '家里的事', intent: '{"kind":"none"}' })
        .execute();
      const page = await ann.page('/messages?group=private');
      for (const words of ['1错', '记成了答案或打卡', '谁也看不到']) expect(page).toContain(words);
      expect(page).not.toContain('家里的事');
      expect(await ann.page('/messages')).not.toContain('1错');
      expect(await other.page('/messages?group=private')).not.toContain('1错');
      const { id } = await desk.db
        .selectFrom('message')
        .select('id')
        .where('text', '=', '1错')
        .executeTakeFirstOrThrow();
      expect(await ann.page(`/messages/${id}`)).toContain('他其实想说');
      expect((await other.get(`/messages/${id}`)).status).toBe(404);
      for (const who of [ann, chief]) expect((await who.get('/messages/talk')).status).toBe(404);
      await other.post('/messages/correct', { id, text: '' });
      expect(
        await desk.db.selectFrom('answer').select('counted').where('counted', '=', 1).execute(),
      ).toHaveLength(1);
      await ann.post('/messages/correct', { id, text: '' });
      expect(await desk.db.selectFrom('answer').select('counted').execute()).toEqual([{ counted: 0 }]);
    });

    it('adds, corrects and lets go of one person, within the scope', async () => {
      const { own, other: far } = desk.county;
      const person = { name: '新来的', unit: own.branch.id, status: 'probationary', number: 'B7' };
      const at = (await ann.post('/members/add', person)).headers.get('location') ?? '';
      expect(await ann.page(at)).toMatch(/预备党员[\s\S]*B7/);
      const member = at.split('/').at(-1) ?? '';
      await ann.post('/members/change', { ...person, member, status: 'full' });
      expect(await ann.page(at)).toContain('正式党员');
      await ann.post('/members/change', { ...person, member, unit: far.branch.id });
      expect(await other.page('/members')).not.toContain('新来的');
      await ann.post('/members/add', { ...person, name: '另一个' });
      expect(await ann.page('/members')).toContain('编号 B7 已经是别人的了');
      await ann.post('/members/add', { ...person, name: '长'.repeat(41), number: 'B8' });
      expect(await ann.page('/members')).toContain('姓名要有 1 到 40 个字');
      await ann.post('/members/add', { ...person, name: '另一个', number: '450127196001011234' });
      expect(await ann.page('/members')).toContain('像是身份证号，不收');
      await ann.post('/members/leave', { member, reason: 'transferred' });
      expect(await ann.page('/members')).not.toContain(`/members/${member}`);
      const changes = await desk.db
        .selectFrom('audit')
        .select(['what', 'via'])
        .where('subject', '=', member)
        .orderBy('id')
        .execute();
      expect(changes.map(({ what, via }) => `${what} ${via}`)).toEqual([
        'member.add console',
        'member.change console',
        'member.leave console',
      ]);
    });

    it('takes back who was added, changed and let go, and a code that was handed out, from the page', async () => {
      const { own, other: far } = desk.county;
      const person = { name: '新来的', unit: own.branch.id, status: 'probationary', number: 'B7' };
      const undoOn = async (at: string, label: string) => {
        const page = await ann.page(at);
        const form = new RegExp(
          `<form method="post" action="([^"]+)">((?:(?!</form>)[\\s\\S])*)<button>${label}`,
        ).exec(page.slice(page.indexOf('class="toast')));
        const fields = [...(form?.[2] ?? '').matchAll(/name="(\w+)" value="([^"]*)"/g)].map(
          ([, name = '', value = '']) => [name, value] as const,
        );
        return { path: form?.[1] ?? '', fields: Object.fromEntries(fields) };
      };
      const pressed = async ({ path, fields }: Awaited<ReturnType<typeof undoOn>>, who = ann) =>
        await who.post(path, fields);
      const at = (await ann.post('/members/add', person)).headers.get('location') ?? '';
      const member = at.split('/').at(-1) ?? '';
      const added = await undoOn(at, '不加了');
      await ann.post('/members/change', { ...person, member, status: 'full', name: '改了名', number: '' });
      const changed = await undoOn(at, '改回去');
      // A stranger to the branch can't, however they come by it.
      expect((await pressed(changed, other)).status).toBe(404);
      await pressed(changed);
      expect(await ann.page(at)).toMatch(/新来的 改回去了[\s\S]*预备党员[\s\S]*B7/);
      // What was changed since stands.
      await pressed(added);
      expect(await ann.page(at)).toContain('后来又改过');
      await ann.post('/members/leave', { member, reason: 'left' });
      await pressed(await undoOn('/members', '请回来'));
      expect(await ann.page(at)).toMatch(/回到名册上了[\s\S]*预备党员/);

      await ann.post('/members/code', { member });
      const code = await undoOn(at, '收回这个码');
      expect((await pressed(code, other)).status).toBe(404);
      await pressed(code);
      expect(await ann.page(at)).toContain('刚才的码收回了');
      await pressed(code);
      expect(await ann.page(at)).toContain('收不回来');

      const next = await ann.post('/members/add', { ...person, name: '又一个', number: 'B9' });
      await pressed(await undoOn(next.headers.get('location') ?? '', '不加了'));
      expect(await ann.page('/members')).toMatch(/又一个 没有加进名册/);
      expect(await ann.page('/members')).not.toContain('又一个');
      expect(far.branch.id).not.toBe(own.branch.id);
    });

    it('draws a branch of ten thousand in pages', async () => {
      const { own } = desk.county;
      const rows = Array.from({ length: 10_000 }, (_, at) => ({
        id: `m${String(at).padStart(6, '0')}`,
        name: `人${String(at).padStart(6, '0')}`,
        unit_id: own.branch.id,
        status: 'masses' as const,
        created_at: 1,
        left_at: null,
      }));
      for (let at = 0; at < rows.length; at += 1_000)
        await desk.db
          .insertInto('member')
          .values(rows.slice(at, at + 1_000))
          .execute();
      const page = await ann.page('/members');
      expect(page).toContain('10003 人');
      expect(page.match(/class="go"/g)).toHaveLength(50);
      expect(await ann.page('/members?q=009999')).toContain('人009999');
    });

    it('finds lessons by a part of their name and by its sound', async () => {
      for (const query of ['存', '花茶', 'huacha', 'zhibo'])
        expect([query, await ann.page(`/lessons?q=${query}`)].join()).toMatch(/花茶怎么存|直播第一场/);
      expect(await ann.page('/lessons?q=没有的')).toContain('没有找到');
    });

    it('hands a lesson in from a draft, and lets another branch officer approve it', async () => {
      const at = (await ann.post('/lessons/new', {})).headers.get('location') ?? '';
      const fields = {
        base: '1',
        title: '夏天存茶',
        body: '放冰箱要**密封**。',
        'quiz-as': 'markdown',
        quiz: '1. 要密封。\n\n   答案：对',
      };
      const early = await ann.post(at, { ...fields, quiz: '1. 题', act: 'submit' });
      expect(early.status).toBe(409);
      expect(await early.text()).toContain('还有几处没写好');
      const base = /name="base"\s+form="editor"\s+value="(\d+)"/.exec(await ann.page(at))?.[1] ?? '';
      const handed = await ann.post(at, { ...fields, base, act: 'submit' });
      expect(handed.headers.get('location')).toBe('/reviews/1');
      const deputy = await desk.as(desk.county.own.deputy.id);
      const page = await deputy.page('/reviews/1');
      for (const words of ['【微课】夏天存茶', '1. 要密封。（判断）', '甲书记'])
        expect(page).toContain(words);
      const hash = /name="hash" value="(\w+)"/.exec(page)?.[1] ?? '';
      await deputy.post('/reviews/approve', { no: '1', hash });
      expect(await ann.page('/reviews/1')).toContain('已通过');
      // A change takes the approval back.
      const next = /name="base"\s+form="editor"\s+value="(\d+)"/.exec(await ann.page(at))?.[1] ?? '';
      await ann.post(at, { ...fields, body: '改了', base: next, act: 'submit' });
      expect(await ann.page('/reviews/1')).toContain('待审');
    });

    it('keeps a picture made anew, and refuses what lies about being one', async () => {
      const { makeRoutes } = await import('../../src/web/server.ts');
      const { app } = makeRoutes(desk.parts);
      const send = async (bytes: Uint8Array, name: string) => {
        const body = new FormData();
        body.append('file', new File([new Uint8Array(bytes)], name));
        return await app.request(`${desk.base}/lessons/picture`, {
          method: 'POST',
          body,
          headers: {
            origin: desk.base,
            host: new URL(desk.base).host,
            cookie: `weike_session=${ann.session}`,
          },
        });
      };
      const { default: sharp } = await import('sharp');
      const photo = await sharp({ create: { width: 2_000, height: 1_000, channels: 3, background: '#0a0' } })
        .withExif({ IFD0: { ImageDescription: 'SECRET-PLACE' } })
        .jpeg()
        .toBuffer();
      expect(photo.includes('SECRET-PLACE')).toBe(true);
      const said = await (await send(photo, '茶园[1].jpg')).text();
      expect(said).toMatch(/^!\[茶园 1\]\([0-9a-f]{32}\.jpg\)$/);
      const name = /\(([^)]+)\)/.exec(said)?.[1] ?? '';
      const kept = Buffer.from(await (await ann.get(`/lessons/picture/${name}`)).arrayBuffer());
      expect(kept.includes('SECRET-PLACE')).toBe(false);
      expect((await sharp(kept).metadata()).width).toBe(1_280);
      for (const [bytes, file] of [
        [Buffer.from('<svg onload="alert(1)"/>'), 'x.png'],
        [Buffer.from('MZ\u0000\u0000'), 'x.jpg'],
        [photo.subarray(0, 300), 'half.jpg'],
      ] as const)
        expect((await send(bytes, file)).status).toBe(400);
    });

    it('restarts an account for those who run the place, and shows its code to nobody else', async () => {
      await desk.close();
      const restarted: string[] = [];
      desk = await openDesk({
        lessons: [lessonOf()],
        parts: {},
      });
      const status = {
        account: 'wechaty:county',
        state: 'waiting-login',
        since: Date.now(),
        qr: 'https://login.example/key',
      } as const;
      Object.assign(desk.parts.console ?? {}, {
        channels: () => [status],
        restart: async (account: string) => void restarted.push(account),
      });
      const [head, plain] = [
        await desk.as(desk.county.chief.id),
        await desk.as(desk.county.own.secretary.id),
      ];
      expect(await head.page('/accounts')).toMatch(/等待扫码登录[\s\S]*<svg/);
      expect(await plain.page('/accounts')).not.toMatch(/登录二维码|重新连接/);
      expect((await plain.post('/accounts/restart', { account: 'wechaty:county' })).status).toBe(404);
      await head.post('/accounts/restart', { account: 'wechaty:county' });
      expect(restarted).toEqual(['wechaty:county']);
      expect(await head.page('/')).toContain('账号 wechaty:county 等待扫码登录');
    });
  });

  it('knows people of the roster who have a name in common', async () => {
    const { own } = desk.county;
    await addMember(desk.db, { name: '甲成员', unit: '甲部门/甲支部', number: 'A7' }, { who: 'test' }, 1);
    await askToBe('甲成员');
    expect(await ann.page('/')).toContain('选是谁');
    const page = await ann.page('/certifications/1');
    expect(page).toContain('A7');
    await ann.post('/certifications/approve', { no: '1', as: own.member.id });
    expect(await ann.page('/certifications')).toContain('没有人等着');
  });
});
