/** A member's own pages in a real browser: whole on a phone, in large type and in the dark, and usable by everybody. */
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DAY } from '../../src/clock.ts';
import type { Site } from '../../src/web/server.ts';
import { findChromium, openChromium } from '../support/chromium.ts';
import { ALL_KINDS, type LearnSite, openLearnSite } from '../support/learn-site.ts';

const canRun = findChromium() !== undefined || process.env.CI === 'true';
if (!canRun) console.warn('The pages of members are not tested in a browser: there is no Chromium in PATH.');

const PHONE = { width: 360, height: 720 };
const PATHS = [
  '/me',
  '/me/learned',
  '/me/mistakes',
  '/me/practice',
  '/me/points',
  '/me/settings',
  '/me/badge',
];

describe.runIf(canRun)('a member’s own pages in a browser', () => {
  let browser: Browser;
  let site: LearnSite;
  let web: Site;
  let quiz: string;
  let done: string;
  let faults: string[];
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    faults = [];
    site = await openLearnSite('sqlite');
    const { member, group } = site.county.own;
    const cookie = await site.signIn(member.id);
    const first = await site.ask(group.id);
    done = `/q/${first.windowId}`;
    await site.post(
      done,
      [
        ['q1', 'A'],
        ['q2', 'A'],
        ['q3', '对'],
        ['q4', '敞开'],
        ['q5', '1'],
        ['q6', 'ABC'],
      ],
      cookie,
    );
    await site.says('甲成员', '打卡', '甲@room');
    await site.pass(DAY);
    await site.says('甲成员', '请假 1天');
    await site.says('甲成员', '练习 好');
    await site.pass(DAY);
    const another = ALL_KINDS.replace('id: quanke', 'id: quanke-er').replace('怎么存', '怎么存'.repeat(12));
    quiz = `/q/${(await site.ask(group.id, { source: another })).windowId}`;
    web = await site.listen();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await web.close();
    await site.close();
    if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`);
  });

  async function open(options: BrowserContextOptions & { large?: boolean } = {}): Promise<Page> {
    const { large = false, ...rest } = options;
    const context = await browser.newContext({ viewport: PHONE, ...rest });
    const [name = '', value = ''] = (await site.signIn(site.county.own.member.id)).split('=');
    await context.addCookies([
      { name, value, url: web.url },
      ...(large ? [{ name: 'weike_type', value: 'large', url: web.url }] : []),
    ]);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    return page;
  }

  async function violations(page: Page): Promise<string[]> {
    await page.evaluate(axe.source);
    const { violations: found } = await page.evaluate<axe.AxeResults>('axe.run()');
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 90)).join(' | ')}`);
  }

  const overflow = (page: Page) => page.evaluate('document.documentElement.scrollWidth - innerWidth');

  it.each([
    ['in the light', 'light'],
    ['in the dark', 'dark'],
  ] as const)('are without a fault that axe finds %s', { timeout: 120_000 }, async (_, colorScheme) => {
    const page = await open({ colorScheme });
    for (const path of [...PATHS, quiz, done, '/l/quanke']) {
      await page.goto(web.url + path);
      expect([path, await violations(page)]).toEqual([path, []]);
    }
  });

  it.each([
    ['on a phone', { viewport: PHONE }],
    ['in large type', { viewport: PHONE, large: true }],
    ['on a desktop', { viewport: { width: 1280, height: 800 } }],
  ] as const)('are whole %s', async (_, options) => {
    const page = await open(options);
    for (const path of [...PATHS, quiz, done, '/l/quanke']) {
      await page.goto(web.url + path);
      expect([path, await overflow(page)]).toEqual([path, 0]);
    }
  });

  it('have targets for a thumb and no text that is too small', async () => {
    const page = await open();
    for (const path of PATHS) {
      await page.goto(web.url + path);
      for (const folded of await page.locator('summary').all()) await folded.click();
      for (const target of await page.locator('a.button, button, .cells a, nav a, a.row, summary').all()) {
        const box = await target.boundingBox();
        expect([path, await target.innerText(), (box?.height ?? 0) >= 44]).toEqual([
          path,
          expect.any(String),
          true,
        ]);
      }
      const small = await page.evaluate(`[...document.querySelectorAll('main *')]
        .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 13).map((one) => one.outerHTML.slice(0, 80))`);
      expect([path, small]).toEqual([path, []]);
    }
  });

  it.each([[true], [false]])(
    'practise an order of steps by tapping, with script %s',
    async (javaScriptEnabled) => {
      await site.db
        .updateTable('practice_card')
        .set({ due_at: 1 })
        .where('question', 'like', '%"type":"order"%')
        .execute();
      const page = await open({ javaScriptEnabled });
      await page.goto(`${web.url}/me/mistakes`);
      await page.getByRole('link', { name: '去练' }).click();
      await page.getByRole('button', { name: '练一道' }).click();
      if (javaScriptEnabled)
        for (const letter of 'BAC') await page.locator(`li[data-letter="${letter}"] button`).click();
      else
        for (const [place, letter] of [...'BAC'].entries())
          await page.selectOption(`select[name="q1.${place + 1}"]`, letter);
      await page.getByRole('button', { name: '就选这个' }).click();
      await page.getByText('答对了').waitFor();
      await page.getByRole('switch', { name: '快忘的时候考我' }).click();
      await page.getByText('打开下面的开关').waitFor();
      expect(await page.getByRole('switch', { name: '快忘的时候考我' }).getAttribute('aria-checked')).toBe(
        'false',
      );
    },
  );

  it('turn the months, and lead from what is open to its quiz and back', async () => {
    const page = await open({ javaScriptEnabled: false });
    await page.goto(`${web.url}/me`);
    await page.getByRole('link', { name: /上个月/ }).click();
    await page.getByText('2026年10月').waitFor();
    await page.getByRole('link', { name: '下个月' }).click();
    await page.getByText('2026年11月').waitFor();
    await page.getByRole('link', { name: '去答' }).click();
    expect(new URL(page.url()).pathname).toBe(quiz);
    await page.getByRole('link', { name: '我的学习' }).click();
    await page.getByRole('heading', { name: '甲成员' }).waitFor();
  });
});
