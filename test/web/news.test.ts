/** 动态 in the console: what came in is kept or left by a tap, put right, written, brought in by its address; sites are read. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, localDay } from '../../src/clock.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import { AT_THE_TERMINAL, editItem, getDeskItem, wordsHash, writeItem } from '../../src/news/desk.ts';
import { gatherFeed } from '../../src/news/gather.ts';
import { addFeed, listFeeds } from '../../src/news/feeds.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';
import { until } from '../support/wait.ts';
import { openWebSite, type WebSite } from '../support/web-site.ts';

const ZONE = 'Asia/Shanghai';
const rss = (titles: readonly string[]) =>
  `<rss version="2.0"><channel><title>横州新闻</title>${titles
    .map(
      (title, at) =>
        `<item><title>${title}</title><guid>${at}-${title}</guid><link>http://127.0.0.1:1/${at}${encodeURIComponent(title)}</link><description>${title}的第一句话。第二句话说得再细一些。</description></item>`,
    )
    .join('')}</channel></rss>`;

describe('news in the console', () => {
  let desk: TestDesk;
  let site: WebSite;
  let ann: Awaited<ReturnType<TestDesk['as']>>;
  let dan: Awaited<ReturnType<TestDesk['as']>>;
  let chief: Awaited<ReturnType<TestDesk['as']>>;
  beforeEach(async () => {
    site = await openWebSite();
    site.at('/feed', (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/rss+xml' })
        .end(rss(['茉莉花茶补贴开始申请', '天气热了注意防晒', '快递进村又多三个点'])),
    );
    site.at('/page', (_, response) =>
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(
          '<html><head><title>直播间怎么打光</title></head><body><p>直播间的灯要放在侧面，从上往下照，人脸才清楚好看。第二句也在这里。</p></body></html>',
        ),
    );
    desk = await openDesk({ env: { FEED_ALLOW: site.address } });
    ann = await desk.as(desk.county.own.secretary.id);
    dan = await desk.as(desk.county.own.deputy.id);
    chief = await desk.as(desk.county.chief.id);
  });
  afterEach(async () => {
    await desk.close();
    await site.close();
  });

  const feedUrl = () => `http://${site.address}/feed`;
  const audited = async () =>
    (
      await desk.db
        .selectFrom('audit')
        .select(['what', 'via'])
        .where('what', 'like', 'news.%')
        .orderBy('id')
        .execute()
    ).map(({ what, via }) => `${what} ${via}`);
  const stateOf = async (no: number, lineage: readonly string[] = []) =>
    (await getDeskItem(desk.db, no, Date.now(), lineage)).state;
  /** Keeps it after a look at it. */
  async function keep(who: typeof ann, no: number, more = {}) {
    const page = await who.page(`/news/${no}`);
    const words = /action="\/news\/keep"[\s\S]*?name="words" value="(\w+)"/.exec(page)?.[1] ?? '';
    return await who.post('/news/keep', { no: String(no), words, ...more });
  }
  /** Presses what stands beside what was said just now. */
  async function undo(who: typeof ann, at = '/news') {
    const [, fields = ''] = /action="\/news\/undo">([\s\S]*?)<\/form>/.exec(await who.page(at)) ?? [];
    const given = [...fields.matchAll(/name="(\w+)" value="([^"]*)"/g)];
    return await who.post('/news/undo', Object.fromEntries(given.map(([, name, value]) => [name, value])));
  }
  const lineage = () => [desk.county.own.branch.id, desk.county.own.department.id, desk.county.county.id];

  it('says what to do first, subscribes, reads, and says what came', async () => {
    expect(await ann.page('/news')).toMatch(/没有等着挑的消息[\s\S]*收一条/);
    expect(await chief.page('/news/feeds')).toContain('还没有订网站');
    await chief.post('/news/feeds/add', { url: feedUrl(), source: '', category: '' });
    expect(await chief.page('/news/feeds')).toMatch(/订上了。来了 3 条新的[\s\S]*横州新闻[\s\S]*现在读/);
    // It is there already; what was typed is no address; one that leads inside isn't read.
    await chief.post('/news/feeds/add', { url: feedUrl() });
    expect(await chief.page('/news/feeds')).toContain('这个地址已经订了，是 1 号');
    await chief.post('/news/feeds/add', { url: 'feed' });
    expect(await chief.page('/news/feeds')).toContain('网址不对');
    await chief.post('/news/feeds/add', { url: 'http://10.0.0.1/feed' });
    expect(await chief.page('/news/feeds')).toContain('指向内部网络');
    site.at('/feed', (_, response) => response.writeHead(404).end());
    await until(
      async () => {
        // One site isn't asked twice within seconds.
        await chief.post('/news/feeds/read', { no: '1' });
        return /没有读到：网站没有给出内容（404）/.test(await chief.page('/news/feeds'));
      },
      { what: 'a second reading', within: 15_000 },
    );
    await chief.post('/news/feeds/remove', { no: '1' });
    expect(await chief.page('/news/feeds')).toMatch(/不再读 横州新闻 了[\s\S]*再订上/);
    expect(await listFeeds(desk.db)).toEqual([]);
    // A branch looks, and changes nothing.
    expect(await ann.page('/news/feeds')).not.toContain('action="/news/feeds/add"');
    await ann.post('/news/feeds/add', { url: feedUrl() });
    expect(await ann.page('/news/feeds')).toContain('由县里管理员来定。没有改动');
  }, 30_000);

  async function bringThree() {
    const { db } = desk;
    const feed = await addFeed(db, { url: feedUrl() }, 'cli', Date.now(), new Set([site.address]));
    const parts = { db, clock: desk.parts.clock, zone: ZONE, rules: { allowed: new Set([site.address]) } };
    expect((await gatherFeed(parts, feed)).added).toBe(3);
  }
  /** By its number: what concerns the county most stands first. */
  const numbers = (page: string) =>
    [...page.matchAll(/<h2><a href="\/news\/(\d+)">/g)].map(([, no]) => Number(no));

  it('keeps and leaves by one tap, for the branch alone, and takes it back', async () => {
    await bringThree();
    const page = await ann.page('/news');
    const [first = 0, second = 0] = numbers(page);
    expect(page).toMatch(/茉莉花茶补贴开始申请[\s\S]*横州新闻 \d+月\d+日/);
    await keep(ann, first, { back: '/news' });
    expect(await ann.page('/news')).toMatch(/留下了，《茉莉花茶补贴开始申请》会进下一期动态。[\s\S]*撤销/);
    expect(await stateOf(first, lineage())).toBe('kept');
    expect(await stateOf(first)).toBe('new');
    await ann.post('/news/reject', { no: String(second), back: '/news' });
    expect(await ann.page('/news?state=rejected')).toContain(`href="/news/${second}"`);
    await ann.post('/news/undo', { no: String(second) });
    expect(await stateOf(second, lineage())).toBe('new');
    await ann.post('/news/reject', { no: String(first) });
    await undo(ann);
    expect(await stateOf(first, lineage())).toBe('kept');
    expect(await audited()).toEqual([
      'news.keep console',
      'news.reject console',
      'news.reopen console',
      'news.reject console',
      'news.keep console',
    ]);
    const shown = await ann.page(`/news/${first}`);
    expect(shown).toMatch(/已留[\s\S]*谁定的[\s\S]*甲支部留用[\s\S]*甲书记/);
    // The other branch hasn't decided.
    const other = await desk.as(desk.county.other.secretary.id);
    expect(numbers(await other.page('/news'))).toContain(first);
    expect((await ann.get('/news/99')).status).toBe(404);
  });

  it('puts words right, lets another decide about them, and loses nothing that was typed', async () => {
    await bringThree();
    const [no = 0] = numbers(await ann.page('/news'));
    const base = /name="from" value="(\w+)"/.exec(await ann.page(`/news/${no}`))?.[1] ?? '';
    const words = {
      title: '茉莉花补贴怎么领',
      summary: '先到村里登记。',
      source: '横州新闻',
      category: '',
      from: base,
    };
    await ann.post(`/news/${no}/edit`, words);
    expect(await ann.page(`/news/${no}`)).toMatch(/茉莉花补贴怎么领[\s\S]*您写的或改的，要别人看过/);
    // Pressed all the same, on a page that was drawn before.
    const own = wordsHash(await getDeskItem(desk.db, no, Date.now()));
    await ann.post('/news/keep', { no: String(no), words: own });
    expect(await ann.page('/news')).toContain('要请别人来定');
    const late = await dan.post(`/news/${no}/edit`, { ...words, title: '别人同时改的标题' });
    expect(late.status).toBe(409);
    expect(await late.text()).toMatch(/刚刚被别人改过[\s\S]*value="别人同时改的标题"/);
    const empty = await dan.post(`/news/${no}/edit`, { ...words, from: '', title: ' ' });
    expect(await empty.text()).toContain('没有改：');
    await keep(dan, no);
    expect(await stateOf(no, lineage())).toBe('kept');
    // What the county has kept a branch doesn't take back by rewriting it.
    await keep(chief, no);
    const now = /name="from" value="(\w+)"/.exec(await dan.page(`/news/${no}`))?.[1] ?? '';
    const refused = await dan.post(`/news/${no}/edit`, { ...words, from: now, title: '支部想改' });
    expect(await refused.text()).toContain('别的地方也留用了');
    expect(await stateOf(no)).toBe('kept');
  });

  it('tells in the audit which piece it was, what was changed of it, and which site', async () => {
    await chief.post('/news/feeds/add', { url: feedUrl(), source: '', category: '' });
    const [no = 0] = numbers(await ann.page('/news'));
    const base = /name="from" value="(\w+)"/.exec(await ann.page(`/news/${no}`))?.[1] ?? '';
    const summary = '先到村里登记，再把材料交到镇里的电商服务站。';
    await ann.post(`/news/${no}/edit`, {
      title: '茉莉花茶补贴开始申请',
      summary,
      source: '横州新闻',
      category: '政策补贴',
      from: base,
    });
    await keep(dan, no);
    const row = (words: string, all: string) =>
      all.split('<tr>').find((one) => one.includes(`>${words}<`)) ?? '';
    const news = await chief.page('/audit?what=news');
    expect(row('留用动态', news)).toMatch(/甲副书记[\s\S]*号《茉莉花茶补贴开始申请》[\s\S]*党组织 甲支部/);
    expect(row('改动态', news)).toMatch(
      /甲书记[\s\S]*内容 [^<]*… → 内容 先到村里登记，再把材料交到镇里的电商服务…/,
    );
    expect(row('改动态', news)).not.toMatch(/标题|来源/);
    const by = { who: desk.county.own.deputy.id, units: [desk.county.own.branch.id], via: 'chat' };
    await editItem(desk.db, no, { summary: '只改了这一句。' }, by, Date.now());
    expect(row('改动态', await chief.page('/audit?what=news'))).toMatch(
      />内容 先到村里登记，[^<]*… → 内容 只改了这一句。</,
    );
    expect(row('加订阅源', await chief.page('/audit?what=feed'))).toMatch(/>横州新闻<[\s\S]*地址 http:/);
  });

  it('brings in an address, and says why it can not', async () => {
    const answer = await ann.post('/news/link', { url: `http://${site.address}/page` });
    expect(answer.headers.get('location')).toBe('/news/1');
    expect(await ann.page('/news/1')).toMatch(/直播间怎么打光[\s\S]*直播间的灯要放在侧面/);
    expect(await audited()).toEqual(['news.add console']);
    expect(await ann.page('/audit')).toMatch(/写动态[\s\S]*1 号《直播间怎么打光》/);
    const inside = await ann.post('/news/link', { url: 'http://192.168.1.1/admin' });
    expect(inside.status).toBe(409);
    expect(await inside.text()).toMatch(
      /没有收下：[\s\S]*内部网络[\s\S]*value="http:\/\/192\.168\.1\.1\/admin"/,
    );
    expect(await (await ann.post('/news/link', { url: '不是网址' })).text()).toContain('没有收下：网址不对');
  });

  /** The first branch's group has had it. */
  async function bring(itemId: string) {
    const { id: groupId } = desk.county.own.group;
    const plan = {
      cause: 'b',
      kind: 'bulletin',
      account: 'sandbox',
      groupId,
      content: itemId,
      plannedAt: 1,
    } as const;
    const [id = ''] = await planDeliveries(desk.db, [plan], Date.now());
    await desk.db.updateTable('delivery').set({ state: 'sent' }).where('id', '=', id).execute();
    const sending = { group_id: groupId, item_id: itemId, delivery_id: id, at: Date.now() };
    await desk.db.insertInto('news_sending').values(sending).execute();
  }

  it('takes what is written, and plans a kept notice into a group', async () => {
    const answer = await ann.post('/news/write', {
      kind: 'party',
      title: '七一前夕走访老党员',
      summary: '每个支部走访两户。\n回来写三句话。',
      source: '县委组织部',
      category: '主题党日',
      url: '',
    });
    expect(answer.headers.get('location')).toBe('/news/1');
    const page = await ann.page('/news/1');
    expect(page).toMatch(
      /每个支部走访两户。\n回来写三句话。[\s\S]*党建信息 · 县委组织部 \d+月\d+日 · 主题党日/,
    );
    expect(page).not.toContain('排到群里');
    expect(await dan.page('/news')).toContain('<p class="written">每个支部走访两户。\n回来写三句话。</p>');
    // Whoever wrote it is told who has to look, and they are told on their first page; the other branch isn't.
    expect(page).toMatch(/要别人看过留用才能发[\s\S]*不要/);
    expect(page).not.toContain('action="/news/keep"');
    const waits = /href="\/news\/1"[\s\S]*党建信息「七一前夕走访老党员」等你看/;
    const other = await desk.as(desk.county.other.secretary.id);
    const head = await desk.as(desk.county.own.head.id);
    for (const one of [dan, head, chief]) expect(await one.page('/')).toMatch(waits);
    for (const one of [ann, other]) expect(await one.page('/')).not.toMatch(waits);
    const kept = await keep(dan, 1);
    expect(kept.headers.get('location')).toBe('/news/1');
    for (const one of [dan, chief]) expect(await one.page('/')).not.toMatch(waits);
    // One row of buttons, what comes next first.
    expect(await dan.page('/news/1')).toMatch(
      /<div class="buttons">\s*<a class="button small" href="\/week\/add\?what=bulletin%3A1"\s*>排到群里<\/a\s*>\s*<form class="press" method="post" action="\/news\/reject">/,
    );
    const day = localDay(Date.now() + 2 * DAY, ZONE);
    const group = desk.county.own.group.key;
    const form = { what: 'bulletin:1', day, time: '20:00', group, days: 'all' };
    const plan = await dan.page(`/week/add?what=bulletin%3A1&day=${day}&time=20:00&group=${group}`);
    expect(plan).toMatch(/七一前夕走访老党员[\s\S]*20:00 发出/);
    expect((await dan.post('/week/add', form)).status).toBe(303);
    const [schedule] = await desk.db.selectFrom('schedule').selectAll().execute();
    const { id } = await getDeskItem(desk.db, 1, Date.now());
    expect(schedule).toMatchObject({ kind: 'bulletin', content: id, cron: null });
    // It is called by its title wherever plans are shown.
    for (const path of [`/week?day=${day}`, `/week/s/${schedule?.no ?? 0}`])
      expect(await dan.page(path)).toContain('党建信息《七一前夕走访老党员》');
    // When it is over by then it would never come: that is said now. So is who has had it, or where it wasn't kept.
    const later = localDay(Date.now() + 9 * DAY, ZONE);
    const late = await dan.post('/week/add', { ...form, day: later });
    expect(late.status).toBe(409);
    expect(await late.text()).toMatch(/就过期了，过期不再发。请排在那之前/);
    await keep(chief, 1);
    const both = `group=${group}&group=${desk.county.other.group.key}`;
    const asked = `/week/add?what=bulletin%3A1&day=${day}&time=20:00&${both}`;
    expect(await chief.page(asked)).not.toMatch(/支部群(?:已经|那里)/);
    await other.post('/news/reject', { no: '1' });
    expect(await chief.page(asked)).toMatch(/20:00 发出[\s\S]*乙支部群那里没有留用这一条，不发。/);
    await bring(id);
    // Sent where it was kept; where nobody has decided yet it is still to be decided about.
    await chief.post('/news/undo', { no: '1', verdict: '' });
    await other.post('/news/undo', { no: '1', verdict: '' });
    expect(await stateOf(1, lineage())).toBe('sent');
    expect(await dan.page('/news/1')).not.toContain('action="/news/keep"');
    expect(numbers(await other.page('/news'))).toEqual([1]);
    await keep(chief, 1);
    await other.post('/news/reject', { no: '1' });
    expect(await chief.page(asked)).toMatch(
      /甲支部群已经发过这一条，不再发。乙支部群那里没有留用这一条，不发。/,
    );
    expect((await dan.post('/week/add', form)).status).toBe(409);
    // What nobody has kept can't be planned, nor what goes out with the day's news.
    const news = await writeItem(
      desk.db,
      { kind: 'news', title: '一条动态', summary: '说一句。', source: '报' },
      AT_THE_TERMINAL,
      Date.now(),
    );
    for (const what of [`bulletin:${news.no}`, 'bulletin:99', 'bulletin:x'])
      expect((await dan.post('/week/add', { ...form, what })).status).toBe(409);
    const empty = await ann.post('/news/write', { kind: 'news', title: '', summary: '有内容', source: '我' });
    expect(await empty.text()).toMatch(/还没有加：标题不能是空的[\s\S]*有内容/);
  });
});
