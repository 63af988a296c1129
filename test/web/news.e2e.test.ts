/** 动态 in a real browser: what came in is kept or left by a tap, put right, written and planned; sites are read. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { addDays, localDay } from '../../src/clock.ts';
import { newId } from '../../src/db/ids.ts';
import { AT_THE_TERMINAL, getDeskItem, keepItem, rejectItem } from '../../src/news/desk.ts';
import { listFeeds } from '../../src/news/feeds.ts';
import { openIntake, takeIn } from '../../src/news/items.ts';
import type { Site } from '../../src/web/server.ts';
import { findChromium, openChromium, watch } from '../support/chromium.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';
import { DESKTOP, findFaults, LOOKS, PHONE } from '../support/looks.ts';
import { openWebSite, type WebSite } from '../support/web-site.ts';

const canRun = findChromium() !== undefined || process.env.CI === 'true';
const ZONE = 'Asia/Shanghai';
const FEED = `<rss version="2.0"><channel><title>横州新闻</title>${[
  ['茉莉花茶补贴开始申请', '先到村里登记，带上身份证明。'],
  ['快递进村又多三个点', '云表镇、校椅镇和马岭镇各一个。'],
]
  .map(
    ([title, text]) =>
      `<item><title>${title}</title><guid>${title}</guid><description>${text}</description></item>`,
  )
  .join('')}</channel></rss>`;

describe.runIf(canRun)('news in a browser', () => {
  let browser: Browser;
  let site: WebSite;
  let desk: TestDesk;
  let web: Site;
  let faults: string[];
  beforeAll(async () => {
    browser = await openChromium();
    site = await openWebSite();
    site.at('/feed', (_, response) =>
      response.writeHead(200, { 'content-type': 'application/rss+xml' }).end(FEED),
    );
    site.at('/page', (_, response) =>
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end('<title>直播间怎么打光</title><p>直播间的灯要放在侧面，从上往下照，人脸才清楚好看。</p>'),
    );
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });
  beforeEach(async () => {
    faults = [];
    desk = await openDesk({ env: { FEED_ALLOW: site.address } });
    web = await desk.listen();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await web.close();
    await desk.close();
    if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`);
  });

  async function enter(memberId: string, options: BrowserContextOptions = {}, isLarge = false) {
    const context = await browser.newContext({ locale: 'zh-CN', timezoneId: ZONE, ...options });
    if (isLarge) await context.addCookies([{ name: 'weike_type', value: 'large', url: web.url }]);
    await letIn(await context.newPage(), memberId);
    const [page] = context.pages();
    if (!page) throw new Error('no page');
    watch(page, faults);
    return page;
  }
  const letIn = async (page: Page, memberId: string) =>
    await page.context().addCookies([{ ...(await desk.cookieFor(memberId)), url: web.url }]);
  /** As a feed brings it. */
  async function bring(title: string, summary: string, more = {}) {
    const now = Date.now();
    const found = {
      title,
      summary,
      source: '横州新闻',
      origin: 'feed',
      originKey: newId(),
      ...more,
    } as const;
    const taken = await takeIn(desk.db, await openIntake(desk.db, now), found, 'feed', now);
    if (taken.kind !== 'added') throw new Error(`not taken in: ${taken.kind}`);
    return taken.item.no;
  }
  const itemOf = async (no: number) => await getDeskItem(desk.db, no, Date.now());
  /** Where it was decided how. */
  const decided = async (no: number) =>
    (await itemOf(no)).decisions.map(({ unit_id: unit, verdict }) => `${unit} ${verdict}`);
  const schedules = () => desk.db.selectFrom('schedule').selectAll().execute();
  async function press(page: Page, name: string, said: string) {
    await page.getByRole('button', { name, exact: true }).click();
    await page.locator('.toast', { hasText: said }).waitFor();
    // What was typed before is put back by a script.
    await page.waitForLoadState();
  }

  describe.each([
    ['phone', PHONE],
    ['desktop', DESKTOP],
  ])('on a %s', (size, viewport) => {
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

    it('is kept or left by one tap of a secretary, and taken back by another', async () => {
      const { branch, secretary } = desk.county.own;
      const no = await bring('快递进村又多三个点', '云表镇、校椅镇和马岭镇各一个。');
      const page = await enter(secretary.id, { viewport });
      await goTo(page, '动态', '/news');
      expect(await decided(no)).toEqual([]);
      await press(page, '留用「快递进村又多三个点」', '会进下一期动态');
      expect(await decided(no)).toEqual([`${branch.id} kept`]);
      await press(page, '撤销', '和刚才一样了');
      expect(await decided(no)).toEqual([]);
      await press(page, '不要「快递进村又多三个点」', '不要了');
      expect(await decided(no)).toEqual([`${branch.id} rejected`]);
      await page.getByText('没有等着挑的消息').waitFor();
      await press(page, '撤销', '和刚才一样了');
      expect(await decided(no)).toEqual([]);
      // What stands on the screen is what is kept: of words that changed since nothing is kept unread.
      await desk.db.updateTable('news_item').set({ summary: '别人刚改的一句。' }).execute();
      await press(page, '留用「快递进村又多三个点」', '文字刚刚改过，还没有留用');
      expect(await decided(no)).toEqual([]);
      await page.getByText('别人刚改的一句。').waitFor();
      await press(page, '留用「快递进村又多三个点」', '会进下一期动态');
    });

    it('is written, kept by another and planned into a group; a form that arrived is empty the next time', async () => {
      const { secretary, deputy, group } = desk.county.own;
      const page = await enter(secretary.id, { viewport });
      await goTo(page, '动态', '/news');
      await page.getByRole('link', { name: '收一条' }).first().click();
      await page.waitForURL('**/news/add');
      await page.selectOption('[name=kind]', 'party');
      await page.fill('[name=title]', '七一前夕走访老党员');
      await page.fill('[name=summary]', '每个支部走访两户。\n回来写三句话。');
      await page.fill('[name=source]', '县委组织部');
      await page.getByRole('button', { name: '写好了' }).click();
      await page.waitForURL('**/news/1');
      await page.goto(`${web.url}/news/add`);
      expect(await page.inputValue('[name=title]')).toBe('');
      expect(await page.inputValue('[name=summary]')).toBe('');
      await page.goto(`${web.url}/news/1`);
      await page.getByText('您写的或改的，要别人看过留用才能发').waitFor();
      expect(await decided(1)).toEqual([]);

      const other = await enter(deputy.id, { viewport });
      await goTo(other, '动态', '/news');
      await other.getByRole('link', { name: '七一前夕走访老党员' }).click();
      await other.waitForURL('**/news/1');
      await press(other, '留用「七一前夕走访老党员」', '可以排到群里了');
      await other.getByRole('link', { name: '排到群里' }).click();
      await other.waitForURL('**/week/add**');
      const day = addDays(localDay(Date.now(), ZONE), 2);
      await other.fill('[name=day]', day);
      await other.fill('[name=time]', '20:00');
      await other.locator('[name=time]').blur();
      await other.locator('#fit', { hasText: '20:00 发出，还有' }).waitFor();
      await press(other, '排上', '排好了');
      const [planned] = await schedules();
      expect(planned).toMatchObject({ kind: 'bulletin', content: (await itemOf(1)).id, cron: null });
      const groups = await desk.db.selectFrom('schedule_group').selectAll().execute();
      expect(groups.map(({ group_id: id }) => id)).toEqual([group.id]);
      await press(other, '撤掉', '已取消');
      expect((await schedules()).every(({ removed_at: at }) => at !== null)).toBe(true);
    });

    it('is read from a site that an admin subscribes, leaves and takes again', async () => {
      const page = await enter(desk.county.chief.id, { viewport });
      await goTo(page, '动态', '/news');
      await page.getByRole('link', { name: '订了哪些网站' }).click();
      await page.waitForURL('**/news/feeds');
      const url = `http://${site.address}/feed`;
      await page.fill('[name=url]', 'http://192.168.0.1/feed');
      await press(page, '订上，读一次', '指向内部网络');
      // What was refused stands there to be put right.
      expect(await page.inputValue('[name=url]')).toBe('http://192.168.0.1/feed');
      expect(await listFeeds(desk.db)).toEqual([]);
      await page.fill('[name=url]', url);
      await press(page, '订上，读一次', '来了 2 条新的');
      expect(await page.inputValue('[name=url]')).toBe('');
      expect((await listFeeds(desk.db)).map((feed) => [feed.url, feed.source])).toEqual([[url, '横州新闻']]);
      await page.locator('summary', { hasText: '去掉' }).click();
      await press(page, '去掉 横州新闻', '不再读 横州新闻 了');
      expect(await listFeeds(desk.db)).toEqual([]);
      await press(page, '再订上', '订上了');
      expect(await listFeeds(desk.db)).toHaveLength(1);
      await goTo(page, '动态', '/news');
      await page.getByRole('heading', { name: '快递进村又多三个点' }).waitFor();
      await press(page, '留用「茉莉花茶补贴开始申请」', '会进下一期动态');
      expect(
        await decided(
          (
            await desk.db
              .selectFrom('news_item')
              .select('no')
              .where('title', 'like', '茉莉%')
              .executeTakeFirstOrThrow()
          ).no,
        ),
      ).toEqual([' kept']);
    });
  });

  const WORDS = { title: '标题', summary: '内容', source: '来源' };

  it('shows a title as a title, at the left and as large as the text', async () => {
    await bring('快递进村又多三个点', '村里就能寄茶。');
    const page = await enter(desk.county.own.secretary.id, { viewport: PHONE });
    await page.goto(`${web.url}/news`);
    const looks = (selector: string) =>
      page.evaluate<unknown[]>(`(() => {
        const node = document.querySelector('${selector}');
        return [node.getBoundingClientRect().left, getComputedStyle(node).fontSize];
      })()`);
    expect(await looks('.news h2 a')).toEqual(await looks('.news p'));
  });

  it('loses no word of a rewriting to a reload, a session that runs out or another who rewrites', async () => {
    const { secretary, deputy } = desk.county.own;
    const no = await bring('村里新开直播间', '就在文化室里。');
    const at = `${web.url}/news/${no}`;
    const page = await enter(secretary.id, { viewport: PHONE });
    await page.goto(at);
    await page.fill('[name=title]', '村里的直播间开张了');
    await page.fill('[name=summary]', '就在文化室里，每天晚上八点开播，谁都可以来学。');
    await page.reload();
    expect(await page.inputValue('[name=title]')).toBe('村里的直播间开张了');
    await page.goto(web.url);
    await page.goto(at);
    expect(await page.inputValue('[name=summary]')).toContain('谁都可以来学');
    expect((await itemOf(no)).edited_by).toBeNull();

    await desk.db.updateTable('session').set({ revoked_at: 1 }).execute();
    await page.getByRole('button', { name: '改好了' }).click();
    await page.getByRole('heading', { name: '登录过期了' }).waitFor();
    expect((await itemOf(no)).edited_by).toBeNull();
    await letIn(page, secretary.id);
    await page.getByRole('button', { name: '再交一次' }).click();
    await page.waitForURL(at);
    expect(await itemOf(no)).toMatchObject({
      title: '村里的直播间开张了',
      summary: '就在文化室里，每天晚上八点开播，谁都可以来学。',
      edited_by: secretary.id,
    });
    await page.getByText('您写的或改的，要别人看过').waitFor();

    // What one has typed and not sent yet doesn't go over what another has written meanwhile.
    await page.fill('[name=summary]', '安安正在写的。');
    const other = await enter(deputy.id, { viewport: DESKTOP });
    await other.goto(at);
    await other.fill('[name=summary]', '副书记先改好的。');
    await other.getByRole('button', { name: '改好了' }).click();
    await other.locator('.written', { hasText: '副书记先改好的' }).waitFor();
    await page.reload();
    expect(await page.inputValue('[name=summary]')).toBe('安安正在写的。');
    await page.getByRole('button', { name: '改好了' }).click();
    await page.locator('[role=alert]', { hasText: '刚刚被别人改过' }).waitFor();
    await page.waitForLoadState();
    expect((await itemOf(no)).summary).toBe('副书记先改好的。');
    expect(await page.locator('.written').innerText()).toBe('副书记先改好的。');
    expect(await page.inputValue('[name=summary]')).toBe('安安正在写的。');
    // Having seen it they may.
    await page.getByRole('button', { name: '改好了' }).click();
    await page.locator('.written', { hasText: '安安正在写的' }).waitFor();
    await page.reload();
    expect(await page.inputValue('[name=summary]')).toBe('安安正在写的。');
    expect((await itemOf(no)).summary).toBe('安安正在写的。');
  });

  it('is all there without script', async () => {
    const { branch, secretary } = desk.county.own;
    const no = await bring('冬至前后收柑子', '皮薄的先收。');
    const page = await enter(secretary.id, { viewport: PHONE, javaScriptEnabled: false });
    await page.goto(`${web.url}/news`);
    await press(page, '留用「冬至前后收柑子」', '会进下一期动态');
    expect(await decided(no)).toEqual([`${branch.id} kept`]);
    await press(page, '撤销', '和刚才一样了');
    expect(await decided(no)).toEqual([]);
    await page.getByRole('link', { name: '冬至前后收柑子' }).click();
    for (const [name, word] of Object.entries(WORDS)) await page.fill(`[name=${name}]`, `${word}改过`);
    await page.getByRole('button', { name: '改好了' }).click();
    await page.locator('.written', { hasText: '内容改过' }).waitFor();
    expect(await itemOf(no)).toMatchObject({ title: '标题改过', summary: '内容改过', source: '来源改过' });
    await page.goto(`${web.url}/news/add`);
    await page.locator('form[action="/news/link"] [name=url]').fill('http://10.0.0.1/');
    await page.getByRole('button', { name: '读一读，收下' }).click();
    await page.locator('[role=alert]', { hasText: '指向内部网络' }).waitFor();
    await page.locator('form[action="/news/link"] [name=url]').fill(`http://${site.address}/page`);
    await page.getByRole('button', { name: '读一读，收下' }).click();
    await page.getByText('从上往下照').first().waitFor();
    await page.goto(`${web.url}/news/add`);
    await page.selectOption('[name=kind]', 'notice');
    for (const [name, word] of Object.entries(WORDS)) await page.fill(`[name=${name}]`, `${word}通知`);
    await page.getByRole('button', { name: '写好了' }).click();
    await page.locator('.written', { hasText: '内容通知' }).waitFor();
  });

  it.each(Object.entries(LOOKS))('is whole, pressable and readable by all on a %s', async (size, look) => {
    const { chief } = desk.county;
    const url = `http://${site.address}/${'a'.repeat(400)}`;
    const endless = (word: string, length: number) => (word + 'x'.repeat(length)).slice(0, length);
    for (const word of ['新来的', '留着的', '不要的', '写的'])
      await bring(endless(word, 60), endless(`${word}内容`, 120), {
        url: `${url}${encodeURIComponent(word)}`.slice(0, 500),
        source: endless('来源', 20),
        category: endless('分类', 10),
        ...(word === '写的' ? { kind: 'party', summary: endless('写的', 1_500) } : {}),
      });
    await keepItem(desk.db, 2, { who: chief.id, units: [''] }, { reviewers: 0 }, Date.now());
    await rejectItem(desk.db, 3, { who: chief.id, units: [''] }, Date.now());
    await keepItem(desk.db, 4, AT_THE_TERMINAL, { reviewers: 0 }, Date.now());
    const { isLarge = false, ...rest } = look;
    const page = await enter(chief.id, rest, isLarge);
    await page.goto(`${web.url}/news/feeds`);
    await page.fill('[name=url]', url);
    await page.getByRole('button', { name: '订上，读一次' }).click();
    await page.locator('.toast', { hasText: '没有读到' }).waitFor();
    expect([size, '/news/feeds', 'said', ...(await findFaults(page, look))]).toEqual([
      size,
      '/news/feeds',
      'said',
    ]);
    for (const path of ['/news', '/news?state=kept', '/news/add', '/news/4']) {
      await page.goto(web.url + path);
      expect([size, path, ...(await findFaults(page, look))]).toEqual([size, path]);
    }
    // A refusal is drawn as well.
    await page.goto(`${web.url}/news/1`);
    await page.fill('[name=category]', ' ');
    await page.fill('[name=title]', '长'.repeat(80));
    await page.getByRole('button', { name: '改好了' }).click();
    await page.locator('[role=alert]', { hasText: '标题最多 60 个字' }).waitFor();
    expect([size, 'refused', ...(await findFaults(page, look))]).toEqual([size, 'refused']);
  });
});
