/** Answering by tapping in a real browser: each tap kept at once, nothing lost offline or with the session, whole without script. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Site } from '../../src/web/server.ts';
import { findChromium, openChromium } from '../support/chromium.ts';
import { type Asked, type LearnSite, openLearnSite } from '../support/learn-site.ts';
import { until } from '../support/wait.ts';

const canRun = findChromium() !== undefined || process.env.CI === 'true';
if (!canRun) console.warn('Answering is not tested in a browser: there is no Chromium in PATH.');

const PHONE = { width: 360, height: 720 };

describe.runIf(canRun)('answering in a browser', () => {
  let browser: Browser;
  let site: LearnSite;
  let web: Site;
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
    web = await site.listen();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await web.close();
    await site.close();
    if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`);
  });

  const me = () => site.county.own.member.id;
  const counted = async () =>
    (await site.answers(me()))
      .filter((row) => row.counted === 1)
      .map(({ question, value }) => `${question}${value}`);
  const kept = (expected: readonly string[]) =>
    until(async () => String(await counted()) === String(expected), {
      what: `${expected.join(' ')} on record`,
    });

  async function signIn(context: BrowserContext, memberId = me()) {
    const [name = '', value = ''] = (await site.signIn(memberId)).split('=');
    await context.addCookies([{ name, value, url: web.url }]);
  }
  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: PHONE, ...options });
    await signIn(context);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(web.url + path);
    return page;
  }
  const pick = (page: Page, no: number, value: string) =>
    page.locator(`input[name="q${no}"][value="${value}"] + .face`).click();
  const step = (page: Page, letter: string) => page.locator(`li[data-letter="${letter}"] button`).click();
  const line = (page: Page) => page.locator('.line');
  const note = (page: Page, no: number) => page.locator(`fieldset[data-no="${no}"] .kept`);
  const overflow = (page: Page) =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  async function answerAll(page: Page) {
    await pick(page, 1, 'B');
    await pick(page, 2, 'A');
    await pick(page, 2, 'B');
    await pick(page, 3, '错');
    await page.fill('input[name="q4"]', '密封');
    await page.fill('input[name="q5"]', '500');
    for (const letter of 'BAC') await step(page, letter);
  }
  const WHOLE = ['1B', '2AB', '3错', '4密封', '5500', '6BAC'];

  it('keeps each tap at once, of every kind of question', async () => {
    const { windowId } = await site.ask(site.county.own.group.id);
    const page = await open(`/q/${windowId}`);
    expect(await page.locator('.send button').isVisible()).toBe(false);
    await pick(page, 1, 'A');
    await note(page, 1).getByText('已记下，20:00').waitFor();
    expect(await counted()).toEqual(['1A']);
    await answerAll(page);
    await kept(WHOLE);
    await line(page).getByText('都答了').waitFor();
    expect(await overflow(page)).toBe(0);
    // Tapped out again, the order isn't whole, and what was kept stays.
    await step(page, 'A');
    await note(page, 6).getByText('还有 1 步').or(note(page, 6).getByText('之前的答案还在')).waitFor();
    await page.reload();
    expect(await page.locator('.pick:checked').count()).toBe(4);
    expect(await page.locator('li[data-letter="C"] b').innerText()).toBe('3');
    expect(await counted()).toEqual(WHOLE);
  });

  it('says that it is offline, keeps the choice, and sends it when the line is back', async () => {
    const { windowId } = await site.ask(site.county.own.group.id);
    const page = await open(`/q/${windowId}`);
    await page.context().setOffline(true);
    await pick(page, 1, 'A');
    await pick(page, 1, 'B');
    await pick(page, 3, '错');
    await line(page).getByText('现在没有网').waitFor();
    await note(page, 1).getByText('还在这台手机里').waitFor();
    expect(await counted()).toEqual([]);
    await page.context().setOffline(false);
    await kept(['1B', '3错']);
    await note(page, 1).getByText('已记下').waitFor();
    // Only the last of what was changed offline is an answer.
    expect(await site.answers(me())).toHaveLength(2);
  });

  it('keeps the choice when the page is closed offline, and sends it from the next one', async () => {
    const { windowId } = await site.ask(site.county.own.group.id);
    const page = await open(`/q/${windowId}`);
    const context = page.context();
    await context.setOffline(true);
    await pick(page, 3, '错');
    await page.fill('input[name="q4"]', '密封');
    await page.close();
    await context.setOffline(false);
    expect(await counted()).toEqual([]);
    const next = await context.newPage();
    await next.goto(`${web.url}/q/${windowId}`);
    await kept(['3错', '4密封']);
    expect(await next.locator('input[name="q3"][value="错"]').isChecked()).toBe(true);
  });

  it('keeps the chosen answers when the session is over, and sends them after the login, as the same member', async () => {
    const { windowId } = await site.ask(site.county.own.group.id);
    const page = await open(`/q/${windowId}`);
    const context = page.context();
    await context.clearCookies();
    await pick(page, 1, 'B');
    await line(page).getByText('登录过期了').waitFor();
    await pick(page, 3, '错');
    expect(await counted()).toEqual([]);
    // Somebody else comes in with this phone: nothing of it becomes theirs.
    await signIn(context, site.county.own.secretary.id);
    await page.goto(`${web.url}/q/${windowId}`);
    expect(await page.locator('.pick:checked').count()).toBe(0);
    await pick(page, 1, 'C');
    await note(page, 1).getByText('已记下').waitFor();
    expect(await site.answers(site.county.own.secretary.id)).toMatchObject([{ question: 1, value: 'C' }]);
    await signIn(context);
    await page.goto(`${web.url}/q/${windowId}`);
    await kept(['1B', '3错']);
  });

  it('works without script, keeps what was chosen over the login, and says what is kept', async () => {
    const { windowId, lesson } = await site.ask(site.county.own.group.id);
    const page = await open(`/l/${lesson.id}`, { javaScriptEnabled: false });
    const choose = async () => {
      await page.locator('input[name="q1"][value="B"] + .face').click();
      await page.locator('input[name="q2"][value="A"] + .face').click();
      await page.locator('input[name="q2"][value="B"] + .face').click();
      await page.locator('input[name="q3"][value="错"] + .face').click();
      await page.fill('input[name="q4"]', '密封');
      await page.fill('input[name="q5"]', '500');
      for (const [place, letter] of [...'BAC'].entries())
        await page.selectOption(`select[name="q6.${place + 1}"]`, letter);
    };
    await choose();
    await page.context().clearCookies();
    await page.getByRole('button', { name: '交答案' }).click();
    await page.getByText('刚才选的 6 题都留着').waitFor();
    expect(await counted()).toEqual([]);
    await signIn(page.context());
    await page.getByRole('link', { name: '登录好了，接着来' }).click();
    await page.getByText('刚才选的还在').waitFor();
    await page.getByRole('button', { name: '交答案' }).click();
    await page.getByText('都答了').waitFor();
    expect(await counted()).toEqual(WHOLE);
    expect(new URL(page.url()).pathname).toBe(`/q/${windowId}`);
    expect(await page.locator('fieldset .kept').first().innerText()).toContain('已记下');
    expect(await overflow(page)).toBe(0);
  });

  it('waits for the button where answers are few, keeps the half-chosen, and sends them once', async () => {
    const { windowId } = await site.ask(site.county.own.group.id, { attempts: 1 });
    const page = await open(`/q/${windowId}`);
    await pick(page, 1, 'A');
    await pick(page, 1, 'B');
    await page.reload();
    expect(await page.locator('input[name="q1"][value="B"]').isChecked()).toBe(true);
    await line(page).getByText('上次选到一半的还在').waitFor();
    expect(await site.answers(me())).toEqual([]);
    await page.context().setOffline(true);
    await page.getByRole('button', { name: '交答案' }).click();
    await line(page).getByText('没有交上去').waitFor();
    await page.context().setOffline(false);
    await kept(['1B']);
    await page.locator('fieldset[data-no="1"]:disabled').waitFor({ state: 'attached' });
    expect(await site.answers(me())).toHaveLength(1);
  });

  it('is whole at 360 px in large type and in the dark, with targets for a thumb', async () => {
    const { windowId, lesson }: Asked = await site.ask(site.county.own.group.id);
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open(`/q/${windowId}`, { colorScheme });
      await page.context().addCookies([{ name: 'weike_type', value: 'large', url: web.url }]);
      for (const path of [`/q/${windowId}`, `/l/${lesson.id}`]) {
        await page.goto(web.url + path);
        expect(await overflow(page)).toBe(0);
        for (const face of await page.locator('.face, .step, .field').all())
          expect((await face.boundingBox())?.height).toBeGreaterThanOrEqual(44);
      }
    }
  });
});
