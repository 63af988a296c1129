/** The sandbox in a real browser: live for two people, whole on a phone, and nothing lost on a bad line. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { openWeb, type Site } from '../../src/web/server.ts';
import { findChromium, openChromium } from '../support/chromium.ts';
import { until } from '../support/wait.ts';
import { openSite, type TestSite } from './site.ts';

const canRun = findChromium() !== undefined || process.env.CI === 'true';
if (!canRun) console.warn('The sandbox is not tested in a browser: there is no Chromium in PATH.');

const GROUP = { roomId: 'huacha@sandbox' };
const PHONE = { width: 360, height: 720 };
const DESKTOP = { width: 1280, height: 800 };

/** A click on a plain form or link returns before the next page is there. */
const SOON = { timeout: 15_000 };

describe.runIf(canRun)('the sandbox in a browser', () => {
  let browser: Browser;
  let site: TestSite;
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
    site = await openSite();
    web = await site.listen();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await web.close();
    await site.close();
    if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`);
  });

  async function open(path: string, options: BrowserContextOptions = { viewport: DESKTOP }): Promise<Page> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('dialog', (dialog) => {
      faults.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(web.url + path);
    await live(page);
    return page;
  }
  const live = (page: Page) => page.locator('#app[data-line="up"]').waitFor();
  const bubbles = async (page: Page) => await page.locator('#messages .bubble').allInnerTexts();
  const sees = (page: Page, words: string) =>
    page.locator('#messages .bubble', { hasText: words }).first().waitFor();
  async function say(page: Page, words: string) {
    await page.fill('#text', words);
    await page.press('#text', 'Enter');
  }
  const overflow = (page: Page) =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  it('shows at once to one person what another one says', async () => {
    const ann = await open('/sandbox?as=huacha-01');
    const bob = await open('/sandbox?as=huacha-02', { viewport: PHONE });
    await say(ann, '大家早');
    await sees(bob, '大家早');
    const atBob = bob.locator('#messages .message').first();
    expect(await atBob.locator('.name').innerText()).toMatch(/^花茶支部-黄秀兰\s*党员$/);
    expect(await atBob.getAttribute('class')).not.toContain('mine');
    await sees(ann, '大家早');
    expect(await ann.locator('#messages .message').first().getAttribute('class')).toContain('mine');

    await bob.getByRole('button', { name: '@小课' }).click();
    await bob.keyboard.type('我的');
    await bob.keyboard.press('Shift+Enter');
    await bob.keyboard.type('第二行');
    await bob.keyboard.press('Enter');
    await sees(ann, '@小课 我的\n第二行');
    await until(() => site.heard.messages.some(({ mention }) => mention), { what: 'the mention' });
    expect(await bob.locator('#text').inputValue()).toBe('');
    expect(await bubbles(ann)).toEqual(await bubbles(bob));
  });

  it('keeps a private chat between one person and the bot, and counts what is unread', async () => {
    const ann = await open('/sandbox?as=huacha-01');
    const bob = await open('/sandbox?as=huacha-02');
    await ann.locator('.chat[data-chat="private"]').click();
    await say(ann, '帮助');
    await sees(ann, '帮助');
    await site.sandbox.send({ kind: 'private', contactId: 'huacha-01' }, { kind: 'text', text: '我是小课' });
    await sees(ann, '我是小课');
    await ann.locator('.chat[data-chat="group"]').click();
    await site.sandbox.send({ kind: 'private', contactId: 'huacha-01' }, { kind: 'text', text: '还有一句' });
    await ann.locator('.chat[data-chat="private"] .unread', { hasText: '1' }).waitFor();
    await say(ann, '到群里了');
    await sees(bob, '到群里了');
    expect(await bubbles(bob)).toEqual(['到群里了']);
  });

  it('lets one be somebody else, and remembers who', async () => {
    const page = await open('/sandbox');
    await page.locator('.me').click();
    await page.locator('#picker .person', { hasText: '覃小燕' }).click();
    await say(page, '我是小燕');
    await until(() => site.heard.messages.some(({ contactId }) => contactId === 'huacha-03'));
    await page.locator('.chat[data-room="cuntao@sandbox"]').click();
    await say(page, '换个群');
    await until(() => site.heard.messages.some(({ roomId }) => roomId === 'cuntao@sandbox'));
    await page.goto(`${web.url}/sandbox?room=huacha@sandbox`);
    await live(page);
    expect(await page.locator('#my-name').innerText()).toBe('覃小燕');
    await page.goto(`${web.url}/sandbox`);
    await live(page);
    expect(await page.locator('#my-name').innerText()).toBe('覃小燕');
  });

  it('is whole at 360 px, whatever is said, with targets for a thumb', async () => {
    await site.sandbox.say(
      'huacha-02',
      GROUP,
      `${'长'.repeat(600)} ${'w'.repeat(600)} https://example.org/${'a'.repeat(200)}`,
    );
    await site.sandbox.say('huacha-02', GROUP, '<script>alert(1)</script><img src=x onerror=alert(1)>');
    const page = await open('/sandbox?as=huacha-01', { viewport: PHONE });
    await sees(page, '<script>');
    const small = async () =>
      await page
        .locator(
          'button:visible, .bar a:visible, a.chat:visible, a.as:visible, .tries a:visible, textarea:visible',
        )
        .evaluateAll((all) =>
          all.filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.outerHTML),
        );
    const panes = [
      async () => undefined,
      () => page.getByRole('link', { name: '聊天列表' }).click(),
      () => page.locator('.me').click(),
    ];
    for (const go of panes) {
      await go();
      expect(await overflow(page)).toBe(0);
      expect(await small()).toEqual([]);
    }
    await page.keyboard.press('Escape');
    await page.locator('.chat[data-chat="group"]').click();
    await page.getByRole('link', { name: '怎么试' }).click();
    expect(await overflow(page)).toBe(0);
    expect(await small()).toEqual([]);
    await page.getByRole('link', { name: '1A 2C' }).click();
    expect(await page.locator('#text').inputValue()).toBe('1A 2C');
    expect(await page.locator('#log').evaluate((log) => log.scrollWidth - log.clientWidth)).toBe(0);
  });

  it('goes back through a long log without moving what is being read', async () => {
    for (let at = 0; at < 100; at += 1) await site.sandbox.say('huacha-02', GROUP, `第 ${at} 句`);
    const page = await open('/sandbox?as=huacha-01');
    await page.locator('#older:visible').waitFor({ state: 'attached' });
    const log = page.locator('#log');
    await until(
      async () => await log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 5),
    );
    for (const first of ['第 20 句', '第 0 句']) {
      await log.evaluate((box) => box.scrollTo(0, 0));
      await sees(page, first);
    }
    expect(await bubbles(page)).toEqual(Array.from({ length: 100 }, (_, at) => `第 ${at} 句`));
    // Somebody who reads further up isn't torn away, but is told.
    await log.evaluate((box) => box.scrollTo(0, 300));
    await site.sandbox.say('huacha-03', GROUP, '新的一句');
    await page.locator('#fresh').click();
    await until(
      async () => await log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 5),
    );
  });

  it('loses nothing and doubles nothing when the server goes and comes back', async () => {
    const page = await open('/sandbox?as=huacha-01');
    await say(page, '断线以前');
    await sees(page, '断线以前');
    const { port } = new URL(web.url);
    await web.close();
    await page.locator('#banner', { hasText: '连接断了' }).waitFor();
    await site.sandbox.say('huacha-02', GROUP, '断线的时候');
    web = await openWeb({ ...site.parts, config: { ...site.parts.config, port: Number(port) } });
    await sees(page, '断线的时候');
    await page.locator('#banner').waitFor({ state: 'hidden' });
    await site.sandbox.say('huacha-02', GROUP, '回来以后');
    await sees(page, '回来以后');
    expect(await bubbles(page)).toEqual(['断线以前', '断线的时候', '回来以后']);
  });

  it('says once what was stored though its answer was lost', async () => {
    const page = await open('/sandbox?as=huacha-01');
    await page.route('**/api/say', async (route) => {
      // Taking the rule away may find a request under way.
      await route
        .fetch()
        .then(() => route.abort())
        .catch(() => undefined);
    });
    await say(page, '一定要到');
    await sees(page, '一定要到');
    await page.locator('#pending > *').first().waitFor({ state: 'detached' });
    await page.unroute('**/api/say');
    // What is said next comes after every try of the first.
    await say(page, '后一句');
    await sees(page, '后一句');
    expect(await bubbles(page)).toEqual(['一定要到', '后一句']);
    const kept = await site.sandbox.messages(GROUP, { limit: 10 });
    expect(kept.map(({ text }) => text)).toEqual(['一定要到', '后一句']);
  });

  it('says what did not go out, and lets the rest go on', async () => {
    const page = await open('/sandbox?as=huacha-01');
    await page.route('**/api/say', (route) => route.abort());
    await say(page, '发不出去的');
    await page.getByRole('button', { name: '没发出去，点一下重发' }).waitFor();
    await page.unroute('**/api/say');
    await say(page, '后来的');
    await sees(page, '后来的');
    await page.locator('.chat[data-chat="private"]').click();
    await page.locator('.chat[data-chat="group"]').click();
    await page.getByRole('button', { name: '没发出去，点一下重发' }).click();
    await sees(page, '发不出去的');
    expect(await bubbles(page)).toEqual(['后来的', '发不出去的']);
  });

  it('can be used by the keyboard alone, and in the large type', async () => {
    const page = await open('/sandbox?as=huacha-01', { viewport: PHONE });
    await page.locator('#text').focus();
    await page.keyboard.type('打卡');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('发送');
    await page.keyboard.press('Enter');
    await sees(page, '打卡');
    await page.getByRole('link', { name: '聊天列表' }).press('Enter');
    await page.getByRole('button', { name: '大字' }).press('Enter');
    await page.waitForLoadState('load');
    await live(page);
    await until(async () => (await page.evaluate('getComputedStyle(document.body).fontSize')) === '20px');
    expect(await overflow(page)).toBe(0);
  });

  it('keeps over a reload what did not go out, until it is sent again or thrown away', async () => {
    const page = await open('/sandbox?as=huacha-01', { viewport: PHONE });
    await page.route('**/api/say', (route) => route.abort());
    await say(page, '第一句没发出去');
    await page.getByRole('button', { name: '没发出去，点一下重发' }).waitFor();
    await say(page, '第二句也没有');
    await page.getByRole('button', { name: '没发出去，点一下重发' }).nth(1).waitFor();
    await page.unroute('**/api/say');
    await page.reload();
    await live(page);
    expect(await page.locator('#pending .bubble').allInnerTexts()).toEqual([
      '第一句没发出去',
      '第二句也没有',
    ]);
    // It belongs to whoever said it, where it was said.
    await page.goto(`${web.url}/sandbox?as=huacha-02`);
    await live(page);
    expect(await page.locator('#pending .bubble').count()).toBe(0);
    await page.goto(`${web.url}/sandbox?as=huacha-01`);
    await live(page);
    await page.getByRole('button', { name: '没发出去，点一下重发' }).first().click();
    await sees(page, '第一句没发出去');
    await page.getByRole('button', { name: '不发了' }).click();
    await page.reload();
    await live(page);
    await sees(page, '第一句没发出去');
    expect(await page.locator('#pending .bubble').count()).toBe(0);
    const kept = await site.sandbox.messages(GROUP, { limit: 10 });
    expect(kept.map(({ text }) => text)).toEqual(['第一句没发出去']);
  });

  it('does not say twice what was stored though the page was closed before it heard', async () => {
    const page = await open('/sandbox?as=huacha-01');
    await page.route('**/api/say', async (route) => {
      await route
        .fetch()
        .then(() => new Promise(() => undefined))
        .catch(() => undefined);
    });
    // Neither the answer nor the live line tells this page that it was stored.
    await page.route('**/api/events*', (route) => route.abort());
    await page.reload();
    await say(page, '其实到了');
    await until(async () => (await site.sandbox.messages(GROUP, { limit: 10 })).length === 1);
    await page.unroute('**/api/events*');
    await page.reload();
    await live(page);
    await sees(page, '其实到了');
    await page.locator('#pending > *').first().waitFor({ state: 'detached' });
    expect(await bubbles(page)).toEqual(['其实到了']);
  });

  it('throws away in one window what another one has sent', async () => {
    const context = await browser.newContext({ viewport: PHONE });
    const [first, second] = [await context.newPage(), await context.newPage()];
    await first.goto(`${web.url}/sandbox?as=huacha-01`);
    await live(first);
    await first.route('**/api/say', (route) => route.abort());
    await say(first, '两个窗口');
    await first.locator('.again').waitFor();
    await first.unroute('**/api/say');
    await second.goto(`${web.url}/sandbox?as=huacha-01`);
    await live(second);
    await second.locator('.again').waitFor();
    await first.locator('.again').click();
    await sees(second, '两个窗口');
    await second.locator('.again').waitFor({ state: 'detached' });
    expect(await bubbles(second)).toEqual(['两个窗口']);
  });

  describe('without script', () => {
    async function openPlain(path: string): Promise<Page> {
      const context = await browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(web.url + path);
      return page;
    }
    const plainBubbles = (page: Page) => page.locator('#messages .bubble').allInnerTexts();

    it('shows the newest message, the chats, the other groups and the hints at 360 px', async () => {
      for (let at = 1; at <= 30; at += 1) await site.sandbox.say('huacha-02', GROUP, `第 ${at} 句`);
      const page = await openPlain('/sandbox?as=huacha-01');
      const newest = page.getByText('第 30 句', { exact: true });
      const isInView = async () => {
        const box = await newest.boundingBox();
        return box !== null && box.y > 52 && box.y + box.height < 720;
      };
      expect(await isInView()).toBe(true);
      await page.getByRole('link', { name: '聊天列表' }).click();
      await page.getByRole('link', { name: /村淘服务站党支部群/ }).click();
      await expect.poll(() => page.locator('#topic').innerText(), SOON).toBe('村淘服务站党支部群');
      await page.getByRole('link', { name: '聊天列表' }).click();
      await page.getByRole('combobox').selectOption({ label: '农志远' });
      await page.getByRole('button', { name: '换成这个人' }).click();
      await expect.poll(() => page.locator('#text').getAttribute('placeholder'), SOON).toContain('农志远');
      await page.getByRole('link', { name: '怎么试' }).click();
      await page.getByRole('link', { name: /打卡 今天学会了/ }).click();
      await expect.poll(() => page.locator('#text').inputValue(), SOON).toBe('打卡 今天学会了密封存茶');
      await page.getByRole('button', { name: '发送' }).click();
      await expect.poll(() => plainBubbles(page), SOON).toContain('打卡 今天学会了密封存茶');
      await until(() => site.heard.messages.some(({ contactId }) => contactId === 'huacha-04'));
    });

    it('says things in the group and in private, and keeps what was refused', async () => {
      const page = await openPlain('/sandbox?as=huacha-01');
      await page.fill('#text', '1A 2C\n第二行');
      await page.getByRole('button', { name: '发送' }).click();
      await expect.poll(() => plainBubbles(page), SOON).toEqual(['1A 2C\n第二行']);
      await page.getByRole('link', { name: '刷新' }).click();
      await expect.poll(() => plainBubbles(page), SOON).toEqual(['1A 2C\n第二行']);
      await page.getByRole('link', { name: '聊天列表' }).click();
      await page.getByRole('link', { name: /小课（私聊）/ }).click();
      await page.fill('#text', '   ');
      await page.getByRole('button', { name: '发送' }).click();
      await expect.poll(() => page.locator('#told').innerText(), SOON).toBe('先写点什么');
      await page.fill('#text', '帮助');
      await page.getByRole('button', { name: '发送' }).click();
      await expect.poll(() => plainBubbles(page), SOON).toEqual(['帮助']);
      await expect.poll(() => page.locator('#topic').innerText(), SOON).toBe('小课');
    });

    it('sends the next lesson, and says so', async () => {
      const page = await openPlain('/sandbox?as=huacha-01');
      await page.getByRole('button', { name: '立即发下一课' }).click();
      await expect.poll(() => page.locator('#told').innerText(), SOON).toContain('下一课这就发到群里');
    });
  });
});
