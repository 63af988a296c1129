/** The console in a real browser: a week in a minute on a phone, a lesson written by two, nothing lost, nothing hidden from anybody. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { addDays, DAY, localDay, mondayOf } from '../../src/clock.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import { recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { assignGroup } from '../../src/people/units.ts';
import { grantRole } from '../../src/people/roles.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { addItems } from '../../src/quiz/bank.ts';
import { addSchedule } from '../../src/schedule/schedules.ts';
import { NAV } from '../../src/web/console/nav.ts';
import type { Site } from '../../src/web/server.ts';
import { drawingLesson, giveAnswer, openDrawn } from '../support/bank.ts';
import { findChromium, openChromium, watch } from '../support/chromium.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';
import { DESKTOP, findFaults, type Look, LOOKS, PHONE } from '../support/looks.ts';
import { until } from '../support/wait.ts';

const canRun = findChromium() !== undefined || process.env.CI === 'true';
const ZONE = 'Asia/Shanghai';
const nextMonday = () => addDays(mondayOf(localDay(Date.now(), ZONE)), 7);

describe.runIf(canRun)('the console in a browser', () => {
  let browser: Browser;
  let desk: TestDesk;
  let web: Site;
  let faults: string[];
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(async () => await browser.close());
  beforeEach(async () => {
    faults = [];
    desk = await openDesk();
    const { own } = desk.county;
    const second = await recordSeenGroup(
      desk.db,
      { account: 'sandbox', roomId: '甲二@room', topic: '甲支部二群' },
      2_000,
    );
    await setGroupEnabled(desk.db, second.key, true, 'test', 2_000);
    await assignGroup(desk.db, second, own.branch.id, '2026-01-01', { who: 'test' }, 2_000);
    web = await desk.listen();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await web.close();
    await desk.close();
    if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`);
  });

  async function enter(
    memberId: string,
    viewport = PHONE,
    javaScriptEnabled = true,
    { colorScheme = 'light', isLarge = false }: Partial<Look> = {},
  ): Promise<Page> {
    const context = await browser.newContext({
      viewport,
      locale: 'zh-CN',
      timezoneId: ZONE,
      javaScriptEnabled,
      colorScheme,
    });
    if (isLarge) await context.addCookies([{ name: 'weike_type', value: 'large', url: web.url }]);
    await context.addCookies([{ ...(await desk.cookieFor(memberId)), url: web.url }]);
    const page = await context.newPage();
    watch(page, faults);
    return page;
  }
  const schedules = () =>
    desk.db.selectFrom('schedule').selectAll().where('removed_at', 'is', null).orderBy('next_at').execute();

  it('plans three lessons to two groups on a phone in twelve taps or fewer', async () => {
    const page = await enter(desk.county.own.secretary.id);
    let taps = 0;
    const tap = async (what: string, find: ReturnType<Page['locator']>) => {
      taps += 1;
      await find.click();
      expect(what).not.toBe('');
    };
    await page.goto(`${web.url}/week?day=${nextMonday()}`);
    for (const [index, [day, lesson]] of (
      [
        ['0', '花茶怎么存'],
        ['2', '拍照拍清楚'],
        ['4', '标题怎么写'],
      ] as const
    ).entries()) {
      const on = addDays(nextMonday(), Number(day));
      await tap('an hour', page.locator(`[data-day="${on}"] .slot[data-time="20:00"]`));
      const choice = page.locator('label', { hasText: lesson });
      // Of a course the next one is suggested; the others are a press away.
      if (!(await choice.first().isVisible()))
        await tap('all lessons', page.locator('summary', { hasText: '全部的课' }));
      await tap('a lesson', choice.first());
      if (index === 0)
        for (const group of ['甲支部群', '甲支部二群'])
          await tap('a group', page.locator('label', { hasText: group }));
      await page.locator('#fit', { hasText: '发出，还有' }).waitFor();
      await tap('done', page.getByRole('button', { name: '排上' }));
      await page.locator('.toast', { hasText: '排好了' }).waitFor();
    }
    console.info(`three lessons to two groups: ${taps} taps`);
    expect(taps).toBeLessThanOrEqual(12);
    const planned = await schedules();
    expect(planned.map(({ content }) => content)).toEqual(['l1', 'l2', 'l3']);
    for (const { id } of planned)
      expect(
        await desk.db.selectFrom('schedule_group').selectAll().where('schedule_id', '=', id).execute(),
      ).toHaveLength(2);
  });

  it('drags a plan to another day and hour on a desktop, and takes it back', async () => {
    const page = await enter(desk.county.own.secretary.id, DESKTOP);
    const day = nextMonday();
    await page.goto(
      `${web.url}/week/add?day=${day}&time=20:00&what=lesson:l1&group=${desk.county.own.group.key}`,
    );
    await page.getByRole('button', { name: '排上' }).click();
    await page.locator('.toast').waitFor();
    const [before] = await schedules();
    const target = page.locator(`[data-day="${addDays(day, 3)}"] .slot[data-time="12:30"]`);
    await page.locator('.entry[draggable]').dragTo(target);
    await page.locator('.toast', { hasText: '挪好了' }).waitFor();
    expect((await schedules())[0]?.next_at).toBe((before?.next_at ?? 0) + 3 * 86_400_000 - 7.5 * 3_600_000);
    await page.getByRole('button', { name: '挪回去' }).click();
    await page.locator('.toast', { hasText: '挪好了' }).waitFor();
    expect((await schedules())[0]?.next_at).toBe(before?.next_at);
  });

  it('says at once that an hour does not fit, and takes the nearest', async () => {
    for (const context of browser.contexts()) await context.close();
    await web.close();
    await desk.close();
    desk = await openDesk({
      env: { CHANNELS: 'wechaty:county', QUIET_HOURS: '22:00-07:00' },
      account: 'wechaty:county',
    });
    web = await desk.listen();
    const page = await enter(desk.county.own.secretary.id);
    await page.goto(`${web.url}/week/add?day=${nextMonday()}&time=20:00`);
    await page.locator('label', { hasText: '花茶怎么存' }).first().click();
    await page.locator('#fit', { hasText: '发出，还有' }).waitFor();
    await page.fill('[name=time]', '23:00');
    await page.locator('[name=time]').blur();
    await page.locator('#fit', { hasText: '不打扰的时段' }).waitFor();
    await page.locator('#fit button').click();
    await page.locator('.toast', { hasText: '排好了' }).waitFor();
    const at = (await schedules())[0]?.next_at ?? 0;
    expect(new Date(at + 8 * 3_600_000).toISOString().slice(11, 16)).not.toBe('23:00');
  });

  it('keeps in sight why a plan was refused, however long the form', async () => {
    const { secretary, group } = desk.county.own;
    const page = await enter(secretary.id);
    await page.goto(`${web.url}/week/add?day=2020-01-01&time=08:00&what=lesson:l1&group=${group.key}`);
    await page.getByRole('button', { name: '排上' }).click();
    const refusal = page.locator('.alert', { hasText: '已经过了' });
    await refusal.waitFor();
    const { y = 0, height = 0 } = (await refusal.boundingBox()) ?? {};
    expect(y).toBeGreaterThan(0);
    expect(y + height).toBeLessThan(page.viewportSize()?.height ?? 0);
  });

  it('settles an unknown delivery from the first page, with one press', async () => {
    const { secretary } = desk.county.own;
    await desk.doubt('课');
    const page = await enter(secretary.id);
    await page.goto(web.url);
    expect(await page.locator('nav em').innerText()).toContain('1');
    await page.getByRole('button', { name: /号已经到群/ }).click();
    await page.locator('.toast', { hasText: '算到群了' }).waitFor();
    expect((await desk.db.selectFrom('delivery').select('state').executeTakeFirstOrThrow()).state).toBe(
      'sent',
    );
    await page.goBack();
    await page.reload();
    await page.getByText('都办完了').waitFor();
  });

  const saved = (page: Page) => page.locator('#live [data-saved]', { hasText: '自己保存' }).waitFor();

  it('shows while one writes what the group will see, and saves by itself', async () => {
    const page = await enter(desk.county.own.secretary.id, DESKTOP);
    await page.goto(`${web.url}/lessons`);
    await page.getByRole('button', { name: '写一课' }).first().click();
    await page.fill('[name=title]', '夏天存茶');
    await page.fill('[name=body]', '放冰箱要**密封**。\n\n- 别和鱼肉放一起');
    await saved(page);
    await until(
      async () =>
        (await page.locator('#live .bubble').first().innerText()) ===
        '【微课】夏天存茶\n放冰箱要密封。\n• 别和鱼肉放一起',
      { what: 'the bubble' },
    );
    expect(await page.locator('.paper strong').innerText()).toBe('密封');
    await page.getByRole('button', { name: '加一题' }).click();
    await page.fill('[name=q0-stem]', '放冰箱前先做什么？');
    await page.fill('[name=q0-option-A]', '直接放');
    await page.fill('[name=q0-option-B]', '密封好');
    await page.check('[name=q0-right][value=B]');
    await page.getByRole('button', { name: '用 Markdown 写题' }).click();
    expect(await page.locator('[name=quiz]').inputValue()).toContain('- [x] 密封好');
    await page.getByRole('button', { name: '用表格写题' }).click();
    expect(await page.locator('[name=q0-option-B]').inputValue()).toBe('密封好');
    await page.reload();
    expect(await page.locator('[name=body]').inputValue()).toContain('别和鱼肉放一起');
    await page.getByRole('button', { name: '送审' }).click();
    await page.getByText('自己写的要别人来审').waitFor();

    const deputy = await enter(desk.county.own.deputy.id);
    await deputy.goto(web.url);
    await deputy.locator('summary', { hasText: '看一看' }).click();
    await deputy.getByRole('button', { name: '通过' }).click();
    await deputy.locator('.toast', { hasText: '可以排课了' }).waitFor();
  });

  it('does not say that something was left unsaved when all of it has just been saved', async () => {
    const page = await enter(desk.county.own.secretary.id);
    await page.goto(`${web.url}/lessons`);
    await page.getByRole('button', { name: '写一课' }).first().click();
    await page.fill('[name=title]', '夏天存茶');
    // As a picture that was put in leaves it; the draft keeps no blank end.
    await page.fill('[name=body]', '放冰箱要密封。\n\n');
    await saved(page);
    // Sent with what is saved already: nothing is new when it comes back.
    await page.evaluate("document.querySelector('[name=act][value=add]').click()");
    await page.locator('[name=q0-stem]').waitFor();
    expect(await page.locator('[data-kept-note]').isVisible()).toBe(false);
    expect(await page.locator('[name=body]').inputValue()).toBe('放冰箱要密封。');
  });

  it('loses nothing of two who write one lesson', async () => {
    const { own } = desk.county;
    const ann = await enter(own.secretary.id, DESKTOP);
    await ann.goto(`${web.url}/lessons`);
    await ann.getByRole('button', { name: '写一课' }).first().click();
    await ann.fill('[name=title]', '两个人写');
    await ann.fill('[name=body]', '第一段\n\n第二段\n\n第三段');
    await ann.getByRole('button', { name: '保存', exact: true }).last().click();
    await ann.locator('.toast', { hasText: '保存了' }).waitFor();
    const bob = await enter(own.deputy.id, DESKTOP);
    await bob.goto(ann.url());
    await bob.fill('[name=body]', '第一段\n\n第二段\n\n第三段，小白改的');
    await saved(bob);
    await ann.fill('[name=body]', '第一段，安安改的\n\n第二段\n\n第三段');
    await ann.locator('#live', { hasText: '别人也在改这一课' }).waitFor();
    await ann.getByRole('button', { name: '保存', exact: true }).last().click();
    await ann.locator('.toast', { hasText: '合在一起' }).waitFor();
    expect(await ann.locator('[name=body]').inputValue()).toBe(
      '第一段，安安改的\n\n第二段\n\n第三段，小白改的',
    );
    // The same line by both: neither is thrown away.
    await bob.reload();
    await ann.fill('[name=body]', '第一段，安安又改\n\n第二段\n\n第三段，小白改的');
    await saved(ann);
    await bob.fill('[name=body]', '第一段，小白也改\n\n第二段\n\n第三段，小白改的');
    await bob.getByRole('button', { name: '保存', exact: true }).last().click();
    await bob.getByText('改了同一段').waitFor();
    expect(await bob.locator('[name=body]').inputValue()).toContain('小白也改');
    expect(await bob.locator('.alert').first().innerText()).toContain('安安又改');
    await bob.goto(`${bob.url().split('?')[0]}/history`);
    expect(await bob.locator('main').innerText()).toContain('单独留着');
  });

  it('loses no text to a session that runs out, a reload, or the back button', async () => {
    const page = await enter(desk.county.own.secretary.id, DESKTOP);
    await page.goto(`${web.url}/lessons`);
    await page.getByRole('button', { name: '写一课' }).first().click();
    const at = page.url();
    await page.fill('[name=body]', '先写的');
    await saved(page);
    await desk.db.updateTable('session').set({ revoked_at: 1 }).execute();
    await page.fill('[name=body]', '登录过期以后写的');
    await page.locator('#live', { hasText: '登录过期了，没有保存' }).waitFor();
    expect(await page.locator('[name=body]').inputValue()).toBe('登录过期以后写的');
    await page.getByRole('button', { name: '保存', exact: true }).last().click();
    await page.getByRole('heading', { name: '登录过期了' }).waitFor();
    await page
      .context()
      .addCookies([{ ...(await desk.cookieFor(desk.county.own.secretary.id)), url: web.url }]);
    await page.getByRole('button', { name: '再交一次' }).click();
    await page.locator('.toast', { hasText: '保存了' }).waitFor();
    expect(await page.locator('[name=body]').inputValue()).toBe('登录过期以后写的');

    await page.route('**/auto', (route) => route.abort());
    await page.fill('[name=body]', '断网时写的');
    await page.goto(`${web.url}/lessons`);
    await page.goBack();
    expect(await page.locator('[name=body]').inputValue()).toBe('断网时写的');
    await page.reload();
    expect(await page.locator('[name=body]').inputValue()).toBe('断网时写的');
    await page.goto(at);
    expect(await page.locator('[name=body]').inputValue()).toBe('断网时写的');
    expect(await page.locator('[data-kept-note]').isVisible()).toBe(true);
    await page.unroute('**/auto');
    await page.getByRole('button', { name: '保存', exact: true }).last().click();
    await page.locator('.toast', { hasText: '保存了' }).waitFor();
    expect(await page.locator('[data-kept-note]').isVisible()).toBe(false);
  });

  it.each(['*', 'htmx'])('saves what was typed before the page had all come: %s', async (late) => {
    const page = await enter(desk.county.own.secretary.id, DESKTOP);
    await page.goto(`${web.url}/lessons`);
    await page.getByRole('button', { name: '写一课' }).first().click();
    await page.waitForURL(/lessons\/d\/\d+/);
    const { promise: typed, resolve: go } = Promise.withResolvers<void>();
    await page.route(`**/static/${late}.js`, async (route) => {
      await typed;
      await route.continue();
    });
    await page.goto(page.url(), { waitUntil: 'commit' });
    await page.fill('[name=body]', '等不及先写的');
    go();
    await saved(page);
    await page.goto(page.url());
    expect(await page.locator('[name=body]').inputValue()).toBe('等不及先写的');
  });

  it('plans, decides and writes without script', async () => {
    const page = await enter(desk.county.own.secretary.id, PHONE, false);
    await page.goto(`${web.url}/week?day=${nextMonday()}`);
    await page.locator('.slot').first().click();
    await page.locator('label', { hasText: '花茶怎么存' }).first().click();
    await page.locator('label', { hasText: '甲支部群' }).click();
    await page.getByRole('button', { name: '排上' }).click();
    expect(await page.locator('.toast').innerText()).toContain('排好了');
    await page.getByRole('button', { name: '撤掉' }).click();
    expect(await schedules()).toEqual([]);
    await page.goto(`${web.url}/lessons`);
    await page.getByRole('button', { name: '写一课' }).first().click();
    await page.fill('[name=title]', '没有脚本');
    await page.fill('[name=body]', '也能写。');
    await page.getByRole('button', { name: '保存', exact: true }).last().click();
    expect(await page.locator('#live .bubble').first().innerText()).toContain('也能写。');
  });

  const PAGES = [
    ...NAV.map(({ path }) => path),
    '/more',
    '/members',
    '/members/import',
    '/certifications',
    '/matches',
    '/week/month',
    '/week/add',
    '/week/s/1',
    '/week/s/2',
    '/week/feed',
    '/lessons/d/1',
    '/bank/1',
    '/bank/new',
    '/bank/import',
    '/bank/export',
    '/participation/items',
    '/participation/items/bank/1',
  ];

  it.each(Object.entries(LOOKS))(
    'is whole, pressable and readable by all on a %s',
    async (size, look) => {
      const { own } = desk.county;
      const long = '很长很长的名字'.repeat(8);
      await desk.db.updateTable('chat_group').set({ topic: long }).where('id', '=', own.group.id).execute();
      await planDeliveries(
        desk.db,
        [
          {
            cause: 'f',
            kind: 'lesson',
            account: 'sandbox',
            groupId: own.group.id,
            content: 'l1',
            hash: '0'.repeat(64),
            plannedAt: Date.now() - 1_000,
            parts: [{ kind: 'text', body: long }],
          },
        ],
        Date.now(),
      );
      await desk.db
        .updateTable('delivery')
        .set({ state: 'failed', reason: `https://example.org/${'a'.repeat(120)}` })
        .execute();
      // A day that is over, with something that went out.
      const lastWeek = Date.now() - 7 * DAY;
      const over = { cause: 'o', kind: 'lesson', account: 'sandbox', groupId: own.group.id } as const;
      const [gone = ''] = await planDeliveries(
        desk.db,
        [{ ...over, content: 'l1', plannedAt: lastWeek }],
        lastWeek,
      );
      await desk.db.updateTable('delivery').set({ state: 'sent' }).where('id', '=', gone).execute();
      const question = { stem: long, options: [long, '柜子'], key: ['B'], explanation: long, tags: ['长'] };
      await addItems(desk.db, [{ ...question, type: 'single', source: long }], 'cli', 1);
      const opensAt = Date.now() - 60_000;
      const window = await openDrawn(desk.db, {
        source: drawingLesson('chang', '长', 1),
        opensAt,
        groupId: own.group.id,
      });
      await giveAnswer(desk.db, window.id, {
        memberId: own.member.id,
        question: 2,
        value: 'A',
        at: opensAt + 1,
      });
      // Who may write sees more of it.
      await grantRole(
        desk.db,
        { memberId: own.secretary.id, role: 'county', unitId: null },
        TERMINAL,
        Date.now(),
      );
      const plan = { groups: [own.group], zone: ZONE };
      for (const added of [
        { ...plan, kind: 'course', content: '网上卖货', when: { cron: '0 20 * * 1,3,5' } },
        { ...plan, kind: 'digest', content: 'month', when: { monthly: 'last workday 18:00' } },
      ] as const)
        await addSchedule(desk.db, added, 'test', Date.now());
      const page = await enter(own.secretary.id, look.viewport, true, look);
      await page.goto(`${web.url}/lessons`);
      await page.getByRole('button', { name: '写一课' }).first().click();
      for (const path of [...PAGES, `/week?day=${localDay(lastWeek, ZONE)}`]) {
        await page.goto(web.url + path);
        // The forms of the settings are folded away.
        if (path === '/settings')
          await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
        expect([size, path, ...(await findFaults(page, look))]).toEqual([size, path]);
      }
    },
    120_000,
  );
});
