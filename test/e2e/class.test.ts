/** A class in a real browser: the lesson comes, two people answer and check in, the bot acknowledges, the page is whole. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { readHealth } from '../../src/health.ts';
import { openSite } from '../../src/site.ts';
import { readConfig } from '../../src/config.ts';
import { SECOND } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import type { Site } from '../../src/web/server.ts';
import { findChromium, openChromium } from '../support/chromium.ts';
import { openSchool, ROOT, type School } from '../support/school.ts';
import { until } from '../support/wait.ts';

const hasBrowser = findChromium() !== undefined || process.env.CI === 'true';
const SIZES = [
  { width: 360, height: 720 },
  { width: 1280, height: 800 },
] as const;

describe.runIf(hasBrowser)('a class in the browser', () => {
  let browser: Browser;
  let school: School;
  let site: Site;
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    school = await openSchool('sqlite');
    const config = readConfig({ PORT: '0', LESSONS_DIR: `${ROOT}lessons` }, ROOT);
    const { db, clock, app, sandbox } = school;
    const parts = { config, db, clock, log: silentLog, app, sandbox, channels: [sandbox] };
    site = await openSite(parts, () => readHealth(parts));
  });
  afterEach(async () => {
    await site.close();
    await school.close();
  });

  async function open(path: string, viewport: (typeof SIZES)[number]): Promise<Page> {
    const page = await browser.newPage({ viewport });
    await page.goto(site.url + path);
    return page;
  }

  async function say(page: Page, words: string) {
    await page.fill('#text', words);
    await page.press('#text', 'Enter');
  }

  const bubble = (page: Page, words: string) => page.locator('.bubble', { hasText: words }).first();

  const overflow = (page: Page) =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  it('is taught, live, in two windows', async () => {
    const [phone, desktop] = SIZES;
    const ann = await open('/sandbox?room=huacha@sandbox&as=huacha-01', phone);
    const bob = await open('/sandbox?room=huacha@sandbox&as=huacha-02', desktop);
    await school.pass(21 * SECOND);
    for (const page of [ann, bob]) await bubble(page, '【微课 第1课】').waitFor();

    await say(ann, '1B 2B 3错');
    await bubble(bob, '1B 2B 3错').waitFor();
    await say(bob, '打卡 回去就换罐子');
    await bubble(ann, '打卡 回去就换罐子').waitFor();
    await until(async () => (await school.db.selectFrom('checkin').select('id').execute()).length === 1);
    await school.pass(31 * SECOND);
    for (const page of [ann, bob]) await bubble(page, '已收到 黄秀兰 作答').waitFor();
    for (const page of [ann, bob]) {
      expect(await overflow(page)).toBe(0);
      expect((await page.screenshot()).byteLength).toBeGreaterThan(10_000);
    }

    const home = await open('/', phone);
    await home.getByText('1 / 12').or(home.getByText('2 / 12')).first().waitFor();
    expect(await overflow(home)).toBe(0);
    for (const page of [ann, bob, home]) await page.close();
  });

  it('gives the next lesson at a press, and a picture with it', async () => {
    const page = await open('/sandbox?room=huacha@sandbox&as=huacha-01', SIZES[1]);
    await page.getByRole('button', { name: '立即发下一课' }).click();
    await bubble(page, '【微课 第1课】').waitFor();
    await page.getByRole('button', { name: '立即发下一课' }).click();
    await bubble(page, '【微课 第2课】').waitFor();
    await page.locator('.bubble img').first().waitFor();
    await page.close();
  });

  it.each(SIZES)('shows lessons whole at $width px, also without script', async (viewport) => {
    const context = await browser.newContext({ viewport, javaScriptEnabled: false });
    const page = await context.newPage();
    for (const id of ['cunchu-huacha', 'guanggao-yongyu', 'sanhui-yike']) {
      await page.goto(`${site.url}/l/${id}`);
      await page.getByText('小测').first().waitFor();
    }
    await context.close();
    const live = await open('/l/guanggao-yongyu', viewport);
    expect(await overflow(live)).toBe(0);
    await live.close();
  });
});
