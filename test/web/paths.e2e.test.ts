/** The main paths of those in charge, in a real browser at the size of a phone and of a desktop. */
import type { Browser, Page } from 'playwright-core';
import readExcel from 'read-excel-file/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DAY, localDay, MINUTE, systemClock } from '../../src/clock.ts';
import type { Db } from '../../src/db/open.ts';
import { factMover } from '../../src/digest/follow.ts';
import { openExports } from '../../src/exports.ts';
import { silentLog } from '../../src/log.ts';
import { askCertification } from '../../src/people/certify.ts';
import { addGuest, bindIdentity } from '../../src/people/identities.ts';
import { addItems } from '../../src/quiz/bank.ts';
import { openWeb, type Site } from '../../src/web/server.ts';
import { closeDrawn, drawingLesson, giveAnswer, openDrawn } from '../support/bank.ts';
import { findChromium, openChromium, watch } from '../support/chromium.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';

const canRun = findChromium() !== undefined || process.env.CI === 'true';
const ZONE = 'Asia/Shanghai';
const SIZES = {
  phone: { width: 360, height: 720 },
  desktop: { width: 1280, height: 800 },
} as const;

/** Holds the first word of how far a file is, until it is let go. */
function holdProgress(db: Db) {
  const { promise: held, resolve: isHeld } = Promise.withResolvers<void>();
  const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
  const updates = new WeakSet<object>();
  const slow = db.withPlugin({
    transformQuery({ node, queryId }) {
      if (node.kind === 'UpdateQueryNode') updates.add(queryId);
      return node;
    },
    async transformResult({ result, queryId }) {
      if (updates.has(queryId)) {
        isHeld();
        await free;
      }
      return result;
    },
  });
  return { slow, held, letGo };
}

describe.runIf(canRun)('a main path in a browser', () => {
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
    web = await desk.listen();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await web.close();
    await desk.close();
    if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`);
  });

  describe.each(Object.entries(SIZES))('on a %s', (size, viewport) => {
    async function enter(memberId: string, options = {}): Promise<Page> {
      const context = await browser.newContext({ viewport, locale: 'zh-CN', timezoneId: ZONE, ...options });
      await context.addCookies([{ ...(await desk.cookieFor(memberId)), url: web.url }]);
      const page = await context.newPage();
      watch(page, faults);
      return page;
    }
    /** By the side column, or by 更多 where there is no room for all pages. */
    async function goTo(page: Page, name: string, path: string) {
      await page.goto(web.url);
      if (size === 'phone') {
        await page.locator('nav a.more').click();
        await page.waitForURL('**/more');
        await page.locator('main').getByRole('link', { name }).click();
      } else await page.locator('nav').getByRole('link', { name, exact: true }).click();
      await page.waitForURL(`**${path}`);
    }
    const pressAndWait = async (page: Page, name: string | RegExp, toast: string) => {
      await page.getByRole('button', { name }).click();
      await page.locator('.toast', { hasText: toast }).waitFor();
    };

    /** Two of three learned this week, one the week before; all of what was asked is over. */
    async function learn() {
      const { own } = desk.county;
      const now = Date.now() - 10 * MINUTE;
      for (const [opensAt, people] of [
        [now - 7 * DAY, [own.member]],
        [now, [own.member, own.deputy]],
      ] as const) {
        const source = drawingLesson(`w${opensAt}`, '没有', 1).replace(
          '抽题的课',
          `课 ${localDay(opensAt, ZONE)}`,
        );
        const window = await openDrawn(desk.db, { source, opensAt, groupId: own.group.id });
        for (const [index, { id }] of people.entries())
          await giveAnswer(desk.db, window.id, {
            memberId: id,
            question: 1,
            value: index === 0 ? '对' : '错',
            at: opensAt + index + 1,
          });
        await closeDrawn(desk.db, window.id, opensAt + MINUTE);
      }
      return { day: localDay(now, ZONE), before: localDay(now - 7 * DAY, ZONE) };
    }
    async function narrow(page: Page, fields: { unit: string; day: string; with: string }) {
      await page.locator('summary', { hasText: '换党组织' }).click();
      await page.selectOption('select[name=unit]', { label: fields.unit });
      await page.fill('[name=day]', fields.day);
      await page.fill('[name=with]', fields.with);
      await page.getByRole('button', { name: '看', exact: true }).click();
      await page.waitForURL((url) => url.searchParams.get('with') === fields.with);
    }

    it('reads who learned: a unit, two spans side by side, a figure down to what is under it', async () => {
      const { day, before } = await learn();
      const page = await enter(desk.county.chief.id);
      await goTo(page, '参与', '/participation');
      await narrow(page, { unit: '　　甲支部', day, with: before });
      const sum = (name: string) => page.locator('.sum', { hasText: name });
      expect(await sum('参学率').innerText()).toMatch(/67%\s+2 \/ 3\s+前一周 33% ↑/);
      expect(await sum('正确率').innerText()).toMatch(/50%\s+1 \/ 2\s+前一周 100% ↓/);
      await sum('参学率').click();
      await page.waitForURL('**/participation/people**');
      const shown = await page.locator('tbody tr').count();
      expect(shown).toBe(3);
      await page.getByRole('link', { name: '甲副书记' }).click();
      await page.waitForURL('**/participation/member/**');
      expect(await page.locator('main').innerText()).toMatch(/第 1 题[\s\S]*错[\s\S]*错/);
      await page.goBack();
      await page.waitForURL('**/participation/people**');
      await page.getByRole('link', { name: '还没学 1' }).click();
      await page.waitForURL(/who=missing/);
      expect(await page.locator('tbody').innerText()).toContain('甲书记');
      await page.getByRole('link', { name: '参与' }).locator('visible=true').first().click();
      await page.waitForURL('**/participation**');
      // The share of right answers leads to the lesson, and that to who answered what.
      await sum('正确率').click();
      await page.locator('#lessons a').first().click();
      await page.waitForURL('**/participation/quiz/**');
      expect(await page.locator('main').innerText()).toMatch(/甲成员[\s\S]*第 1 题/);
    });

    it('asks for the workbook, goes away while it is made, comes back, and finds the figures of the page in it', async () => {
      const { db, parts, lessonsDir } = desk;
      const { day } = await learn();
      const { slow, held, letGo } = holdProgress(db);
      const files = openExports({
        db: slow,
        clock: systemClock,
        log: silentLog,
        dataDir: lessonsDir,
        zone: ZONE,
      });
      await web.close();
      if (!parts.console) throw new Error('no console');
      web = await openWeb({ ...parts, console: { ...parts.console, makeFiles: files.poke } });
      try {
        const page = await enter(desk.county.chief.id);
        await page.goto(`${web.url}/participation?kind=month&day=${day}`);
        const [rate = '', figures = ''] = (
          await page.locator('.sum', { hasText: '参学率' }).locator('b, b + span').allInnerTexts()
        ).map((text) => text.trim());
        await page.getByRole('link', { name: '台账' }).locator('visible=true').last().click();
        await page.waitForURL('**/workbook**');
        await pressAndWait(page, '开始做', '开始做了');
        await held;
        await page.goto(web.url);
        await page.goto(`${web.url}/workbook`);
        await page.getByText(/正在做 \d+%/).waitFor();
        letGo();
        await files.idle();
        await page.getByRole('link', { name: '看做好没有' }).click();
        await page.getByRole('link', { name: '下载' }).waitFor();
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('link', { name: '下载' }).click(),
        ]);
        expect(download.suggestedFilename()).toMatch(/^学习台账 县委 \d{4}年\d+月\.xlsx$/);
        const sheets = await readExcel(await download.path());
        const cover = sheets.find(({ sheet }) => sheet === '封面')?.data ?? [];
        expect(cover.find(([name]) => name === '参学率')).toEqual(['参学率', rate, figures]);
        const [base, learned] = figures.split(' / ').toReversed().map(Number);
        const units = sheets.find(({ sheet }) => sheet === '党组织')?.data ?? [];
        expect(units[1]?.slice(1, 3)).toEqual([base, learned]);
      } finally {
        letGo();
        await files.close();
      }
    });

    it('writes a lesson, which another approves', async () => {
      const { secretary, deputy } = desk.county.own;
      const page = await enter(secretary.id);
      await page.goto(`${web.url}/lessons`);
      await page.getByRole('button', { name: '写一课' }).first().click();
      await page.waitForURL(/lessons\/d\/\d+/);
      await page.fill('[name=title]', '梅雨天存茶');
      await page.fill('[name=body]', '罐口要封严，别放灶台边。');
      await page.getByRole('button', { name: '送审' }).click();
      await page.getByText('自己写的要别人来审').waitFor();
      expect(await page.locator('.toast').innerText()).toContain('送审了');

      const other = await enter(deputy.id);
      await other.goto(web.url);
      await other.locator('summary', { hasText: '看一看' }).click();
      await other.getByText('罐口要封严').first().waitFor();
      await pressAndWait(other, '通过', '可以排课了');
      await page.reload();
      expect(await page.locator('main').innerText()).toContain('通过');
    });

    it('certifies a member from the first page, and takes it back', async () => {
      const { db } = desk;
      const { own } = desk.county;
      const guest = await addGuest(db, '茶山阿妹', 1);
      await bindIdentity(db, { account: 'sandbox', contactId: 'x1', memberId: guest.id, how: 'guest' }, 1);
      const asking = {
        account: 'sandbox',
        contactId: 'x1',
        member: guest,
        claim: { name: own.member.name, code: undefined },
        unitId: own.branch.id,
        tries: 5,
      };
      await askCertification(db, asking as never, factMover(ZONE), Date.now());
      const certified = async () =>
        (
          await db
            .selectFrom('member')
            .select('certified_at')
            .where('id', '=', own.member.id)
            .executeTakeFirstOrThrow()
        ).certified_at !== null;

      const page = await enter(own.secretary.id);
      await page.goto(web.url);
      await page.getByText('甲成员 申请认证').waitFor();
      await pressAndWait(page, '同意 甲成员 的认证', '已认证：甲成员');
      expect(await certified()).toBe(true);
      await pressAndWait(page, '撤回', '认证撤回了');
      expect(await certified()).toBe(false);
    });

    it('settles a delivery of which nobody knows whether it came, from its own page', async () => {
      const { secretary } = desk.county.own;
      await desk.doubt('【微课】花茶怎么存');
      const page = await enter(secretary.id);
      await goTo(page, '投递', '/deliveries');
      await page
        .locator('main')
        .getByRole('link', { name: /花茶怎么存/ })
        .click();
      await page.waitForURL(/deliveries\/\d+/);
      expect(await page.locator('main').innerText()).toContain('【微课】花茶怎么存');
      await pressAndWait(page, '1 号不发了', '不发了');
      await pressAndWait(page, '还是要发', '再发');
      const { state } = await desk.db.selectFrom('delivery').select('state').executeTakeFirstOrThrow();
      expect(['planned', 'queued']).toContain(state);
    });

    it('puts the key of a question right, after a look at whom it touches', async () => {
      const { own, chief } = desk.county;
      await addItems(
        desk.db,
        [
          {
            type: 'single',
            stem: '开封后的花茶放哪里？',
            options: ['窗台', '柜子'],
            key: ['A'],
            explanation: '',
            tags: ['保鲜'],
            source: 'test',
          },
        ],
        'cli',
        1,
      );
      const opensAt = Date.now() - 10 * MINUTE;
      const window = await openDrawn(desk.db, {
        source: drawingLesson('k', '保鲜', 1),
        opensAt,
        groupId: own.group.id,
      });
      await giveAnswer(desk.db, window.id, {
        memberId: own.member.id,
        question: 2,
        value: 'B',
        at: opensAt + 1,
      });
      const page = await enter(chief.id);
      await goTo(page, '题库', '/bank');
      await page.getByRole('link', { name: '开封后的花茶放哪里' }).click();
      await page.waitForURL('**/bank/1');
      await page.fill('[name=key]', 'B');
      await page.getByRole('button', { name: '先看会改什么' }).click();
      await page.getByText('1 个人的 1 个答案').waitFor();
      await pressAndWait(page, '就这样改', '重新判了 1 个答案');
      expect(await desk.db.selectFrom('answer').select('correct').execute()).toEqual([{ correct: 1 }]);
    });

    it('brings questions in from a file, after a look at what it holds', async () => {
      const page = await enter(desk.county.chief.id);
      await goTo(page, '题库', '/bank');
      await page.getByRole('link', { name: '导入' }).first().click();
      await page.waitForURL('**/bank/import');
      await page.setInputFiles('[name=file]', {
        name: '保鲜.gift',
        mimeType: 'text/plain',
        buffer: Buffer.from('花茶怕潮吗？ {T}\n\n说说看 {}\n'),
      });
      await page.getByRole('button', { name: '先看一遍' }).click();
      await page.getByText('问答题不能自动判分').waitFor();
      await page.getByText('花茶怕潮吗').waitFor();
      await pressAndWait(page, '就这样收下', '收下了 1 道题');
      await page.getByRole('link', { name: '花茶怕潮吗' }).waitFor();
    });

    it('reads and answers without script', async () => {
      const { own } = desk.county;
      const opensAt = Date.now() - MINUTE;
      const source = drawingLesson('s', '没有', 1).replace('正文', '花茶最怕潮。');
      const window = await openDrawn(desk.db, { source, opensAt, groupId: own.group.id });
      const page = await enter(own.member.id, { javaScriptEnabled: false });
      await page.goto(`${web.url}/q/${window.id}`);
      await page.locator('input[name="q1"][value="对"] + .face').click();
      await page.getByRole('button', { name: '交答案' }).click();
      await page.getByText('已记下').first().waitFor();
      expect(await desk.db.selectFrom('answer').select(['value', 'correct']).execute()).toEqual([
        { value: '对', correct: 1 },
      ]);
      await page.goto(`${web.url}/me`);
      expect(await page.locator('main').innerText()).toContain('甲成员');
    });
  });
});
