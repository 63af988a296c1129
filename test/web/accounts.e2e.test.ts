/** 聊天账号 in a real browser, on a real account with a mock puppet: a code to scan, the next one, logged in, connected anew. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';
import { toString as drawQr } from 'qrcode';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { types } from 'wechaty-puppet';
import type { PuppetMock } from 'wechaty-puppet-mock';

import { type App, openApp } from '../../src/app.ts';
import type { Channel } from '../../src/channels/channel.ts';
import { openWechaty } from '../../src/channels/wechaty/wechaty.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { silentLog } from '../../src/log.ts';
import { webParts } from '../../src/site.ts';
import { openWeb, type Site } from '../../src/web/server.ts';
import { findChromium, openChromium, watch } from '../support/chromium.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';
import { makeMockChat } from '../support/mock-chat.ts';
import { until } from '../support/wait.ts';
import { healthy } from './site.ts';

const canRun = findChromium() !== undefined || process.env.CI === 'true';
const ACCOUNT = 'wechaty:county';
const CONFIG = { kind: 'wechaty', account: ACCOUNT, puppet: 'wechaty-puppet-mock' } as const;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { Waiting, Scanned } = types.ScanStatus;

describe.runIf(canRun)('an account on its page', () => {
  let browser: Browser;
  let desk: TestDesk;
  let dataDir: string;
  let puppets: PuppetMock[];
  let channel: Channel;
  let app: App;
  let web: Site;
  let faults: string[];
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(async () => await browser.close());
  beforeEach(async () => {
    faults = [];
    puppets = [];
    dataDir = mkdtempSync(join(tmpdir(), 'weike-accounts-'));
    desk = await openDesk({ account: ACCOUNT });
    const config = readConfig(
      {
        HOST: '0.0.0.0',
        PORT: '0',
        PUBLIC_URL: 'http://weike.example.cn',
        DATA_DIR: dataDir,
        LESSONS_DIR: dataDir,
      },
      dataDir,
    );
    const chat = makeMockChat();
    channel = openWechaty(CONFIG, {
      clock: systemClock,
      log: silentLog,
      dataDir,
      puppet() {
        const puppet = chat.connect();
        // The mock logs in by itself at every start; a person has to scan first.
        puppet.onStart = async () => undefined;
        puppets.push(puppet);
        return puppet;
      },
      onQr: () => undefined,
      reconnect: { first: 10, longest: 40 },
      probeEvery: 60_000,
    });
    const parts = { config, db: desk.db, clock: systemClock, log: silentLog, channels: [channel] };
    app = await openApp({
      ...parts,
      redis: { path: inject('redisPath') },
      queuePrefix: `t-${randomUUID()}`,
    });
    web = await openWeb(webParts({ ...parts, app }, async () => healthy));
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await web.close();
    await app.stop();
    await desk.close();
    rmSync(dataDir, { recursive: true, force: true });
    if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`);
  });

  async function openAccounts(memberId: string): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 360, height: 720 }, locale: 'zh-CN' });
    await context.addCookies([{ ...(await desk.cookieFor(memberId)), url: web.url }]);
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    watch(page, faults);
    await page.goto(`${web.url}/accounts`);
    return page;
  }
  /** The newest of `count` connections, once it can be logged in. */
  async function connection(count: number): Promise<PuppetMock> {
    const puppet = await until(() => (puppets.length === count ? puppets.at(-1) : undefined), {
      what: `connection ${count}`,
    });
    await until(() => puppet.state.active(), { what: 'the puppet started' });
    return puppet;
  }
  /** The dark squares of a code, as they are drawn. */
  async function squaresOf(code: string): Promise<string> {
    const [, squares = ''] =
      /stroke="#000000" d="([^"]+)"/.exec(await drawQr(code, { type: 'svg', margin: 2 })) ?? [];
    expect(squares).not.toBe('');
    return squares;
  }
  const codeOn = async (page: Page, code: string) =>
    await page.locator(`.qr path[d="${await squaresOf(code)}"]`).waitFor();

  it(
    'shows the code to scan, the next one, and who it is logged in as, without a reload',
    { timeout: 90_000 },
    async () => {
      const puppet = await connection(1);
      const page = await openAccounts(desk.county.chief.id);
      const far = await openAccounts(desk.county.own.secretary.id);
      await page.evaluate('window.isSamePage = true');
      expect(await page.locator('.qr').count()).toBe(0);

      puppet.emit('scan', { qrcode: 'https://login.example/first', status: Waiting });
      await codeOn(page, 'https://login.example/first');
      await page.getByText('等待扫码登录').first().waitFor();
      await page.evaluate(AXE);
      const { violations } = await page.evaluate<{ violations: { id: string; impact: string }[] }>(
        'axe.run()',
      );
      expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      // A key to the account: who runs one branch waits for it without seeing it.
      await far.getByText('等待扫码登录').first().waitFor();
      expect(await far.locator('.qr').count()).toBe(0);

      // What one has opened stays open while the next code comes.
      await page.locator('summary', { hasText: '重新连接' }).click();
      puppet.emit('scan', { qrcode: 'https://login.example/second', status: Waiting });
      await codeOn(page, 'https://login.example/second');
      expect(await page.locator('.qr').count()).toBe(1);
      expect(await page.getByRole('button', { name: '重新连接' }).isVisible()).toBe(true);

      puppet.emit('scan', { qrcode: 'https://login.example/second', status: Scanned });
      await page.getByText('已扫码，请在手机上按确认').waitFor();
      puppet.login('bot');
      await page.locator('dt:has-text("登录的是") + dd', { hasText: '小课' }).waitFor();
      await page.locator('.pill.good', { hasText: '在线' }).waitFor();
      expect(await page.locator('.qr').count()).toBe(0);
      expect(await page.evaluate('window.isSamePage')).toBe(true);
    },
  );

  it('is connected anew by a press, and asks for a scan again', async () => {
    const first = await connection(1);
    first.login('bot');
    await until(() => channel.status().state === 'online', { what: 'the account online' });
    const page = await openAccounts(desk.county.chief.id);
    await page.locator('.pill.good', { hasText: '在线' }).waitFor();
    await page.locator('summary', { hasText: '重新连接' }).click();
    await page.getByRole('button', { name: '重新连接' }).click();
    await page.locator('.toast', { hasText: `账号 ${ACCOUNT} 正在重新连接` }).waitFor();

    const second = await connection(2);
    expect(first.state.active()).toBe(false);
    second.emit('scan', { qrcode: 'https://login.example/again', status: Waiting });
    await codeOn(page, 'https://login.example/again');
    second.login('bot');
    await page.locator('dt:has-text("登录的是") + dd', { hasText: '小课' }).waitFor();
    const trail = await desk.db
      .selectFrom('audit')
      .selectAll()
      .where('what', '=', 'account.restart')
      .execute();
    expect(trail).toMatchObject([{ who: desk.county.chief.id, subject: ACCOUNT }]);
  });
});
