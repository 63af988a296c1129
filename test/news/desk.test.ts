/** The desk on real databases: what comes in once, from feeds, pages, files and by hand, and what is decided. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, MINUTE } from '../../src/clock.ts';
import { listAudit } from '../../src/db/audit.ts';
import type { Db } from '../../src/db/open.ts';
import { takeRequest } from '../../src/news/budget.ts';
import {
  AT_THE_TERMINAL,
  COUNTY,
  type Decider,
  editItem,
  getDeskItem,
  keepItem,
  listDesk,
  rejectItem,
  reopenItem,
  takeBackDecision,
  wordsHash,
  writeItem,
} from '../../src/news/desk.ts';
import { addFeed, getFeedByNo, listDueFeeds, listFeeds, removeFeed } from '../../src/news/feeds.ts';
import { FeedFault } from '../../src/news/fault.ts';
import type { FetchRules } from '../../src/news/fetch.ts';
import { recordNewsFiles } from '../../src/news/files.ts';
import { gatherDue, gatherFeed } from '../../src/news/gather.ts';
import { readRequests, requestPage, sayDone } from '../../src/news/requests.ts';
import { setPolicy } from '../../src/people/policies.ts';
import { testClock, type TestClock } from '../support/clock.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';
import { openWebSite, type WebSite } from '../support/web-site.ts';

const ZONE = 'Asia/Shanghai';
const ANN: Decider = { who: 'ann', units: [COUNTY], via: 'chat' };
const BOB: Decider = { who: 'bob', units: [COUNTY], via: 'chat' };
const CAT: Decider = { who: 'cat', units: [COUNTY], via: 'chat' };
const REVIEWED = { reviewers: 1 };

interface Told {
  readonly title: string;
  readonly link?: string;
  readonly guid?: string;
  readonly date?: string;
  readonly text?: string;
}

const rss = (items: readonly Told[], title = '横州新闻') =>
  `<rss version="2.0"><channel><title>${title}</title>${items
    .map(
      ({ title: head, link = '', guid = link, date = 'Tue, 24 Nov 2026 08:00:00 +0800', text = '' }) =>
        `<item><title>${head}</title><link>${link.replaceAll('&', '&amp;')}</link><guid isPermaLink="false">${guid.replaceAll('&', '&amp;')}</guid><pubDate>${date}</pubDate><description>${text}</description></item>`,
    )
    .join('')}</channel></rss>`;

describe.each(DIALECTS)('the desk on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  let clock: TestClock;
  let site: WebSite;
  let rules: FetchRules;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    clock = testClock('2026-11-24T12:00:00+08:00');
    site = await openWebSite();
    rules = {
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      allowed: new Set([site.address]),
      timeLimit: 5_000,
    };
  });
  afterEach(async () => {
    await site.close();
    await close();
  });

  const gathering = () => ({ db, clock, zone: ZONE, rules });
  const url = (path: string, host = 'news.test') => `http://${host}:${site.port}${path}`;
  const allowed = () => new Set([`news.test:${site.port}`, `other.test:${site.port}`]);
  const feedAt = (path: string, host?: string) =>
    addFeed(db, { url: url(path, host) }, 'cli', clock.now(), allowed());
  const serve = (path: string, body: string, headers: Record<string, string> = {}) =>
    site.at(path, (_, response) =>
      response.writeHead(200, { 'content-type': 'application/rss+xml', ...headers }).end(body),
    );
  const titles = async () => (await listDesk(db, {}, clock.now())).map(({ title }) => title);

  describe('feeds', () => {
    it('are added once, listed, removed and audited', async () => {
      const feed = await addFeed(
        db,
        { url: 'https://Hznews.cn/rss#x', source: '横州新闻网' },
        'ann',
        clock.now(),
      );
      expect(feed).toMatchObject({ no: 1, url: 'https://hznews.cn/rss', source: '横州新闻网' });
      await expect(addFeed(db, { url: 'https://hznews.cn/rss' }, 'ann', clock.now())).rejects.toThrow(
        /feed 1 has/,
      );
      expect(await listFeeds(db)).toHaveLength(1);
      await removeFeed(db, 1, 'ann', clock.now());
      expect(await listFeeds(db)).toEqual([]);
      await expect(removeFeed(db, 1, 'ann', clock.now())).rejects.toThrow(/no feed 1/);
      await addFeed(db, { url: 'https://hznews.cn/rss' }, 'ann', clock.now());
      expect((await listAudit(db, feed.id)).map(({ what, who }) => `${who} ${what}`)).toEqual([
        'ann feed.add',
        'ann feed.remove',
      ]);
    });

    it.each([
      'http://127.0.0.1/rss',
      'http://localhost/rss',
      'http://10.0.0.1/',
      'http://nas.local/rss',
      'file:///etc/passwd',
      'rss',
    ])('%s is refused when it is added', async (address) => {
      await expect(addFeed(db, { url: address }, 'cli', clock.now())).rejects.toBeInstanceOf(FeedFault);
      expect(await listFeeds(db)).toEqual([]);
    });

    it('bring each item once, however often they are read', async () => {
      serve(
        '/rss',
        rss([
          { title: '横州茉莉花开了', link: 'https://hznews.cn/1' },
          { title: '村里修路了', link: 'https://hznews.cn/2' },
        ]),
      );
      await feedAt('/rss');
      expect(await gatherDue(gathering())).toMatchObject([{ no: 1, outcome: 'new', added: 2, reason: null }]);
      expect(await gatherDue(gathering())).toEqual([]);
      clock.advance(2 * HOUR);
      expect(await gatherDue(gathering())).toMatchObject([{ added: 0 }]);
      expect(await titles()).toEqual(['横州茉莉花开了', '村里修路了']);
      expect((await listDesk(db, {}, clock.now()))[0]).toMatchObject({
        source: '横州新闻',
        state: 'new',
        category: '产业行情',
      });
    });

    it('are asked for changes only', async () => {
      site.at('/rss', (request, response) => {
        if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
        else
          response.writeHead(200, { etag: '"1"' }).end(rss([{ title: '一条', link: 'https://hznews.cn/1' }]));
      });
      await feedAt('/rss');
      await gatherDue(gathering());
      clock.advance(2 * HOUR);
      expect(await gatherDue(gathering())).toMatchObject([{ outcome: 'unchanged', added: 0 }]);
      expect(await titles()).toEqual(['一条']);
    });

    it('that fail are asked less and less, and again as usual once they answer', async () => {
      let status = 500;
      site.at('/rss', (_, response) => response.writeHead(status).end(status === 200 ? rss([]) : ''));
      const { no } = await feedAt('/rss');
      const waits: number[] = [];
      for (let round = 0; round < 7; round += 1) {
        await gatherFeed(gathering(), await getFeedByNo(db, no));
        const feed = await getFeedByNo(db, no);
        waits.push(Math.round((feed.next_at - clock.now()) / HOUR));
        clock.set(feed.next_at);
      }
      expect(waits).toEqual([2, 4, 8, 16, 24, 24, 24]);
      expect(await getFeedByNo(db, no)).toMatchObject({
        failures: 7,
        outcome: 'failed',
        reason: '网站没有给出内容（500）',
      });
      status = 200;
      await gatherDue(gathering());
      expect(await getFeedByNo(db, no)).toMatchObject({ failures: 0, outcome: 'new', reason: null });
    });

    it('that say how long to wait, or that they are gone, are heard', async () => {
      site.at('/busy', (_, response) =>
        response.writeHead(429, { 'retry-after': String(3 * 24 * 3600) }).end(),
      );
      site.at('/gone', (_, response) => response.writeHead(410).end());
      await feedAt('/busy');
      await feedAt('/gone');
      await gatherDue(gathering());
      const [busy, gone] = await listFeeds(db);
      expect((busy?.next_at ?? 0) - clock.now()).toBe(3 * DAY);
      expect(gone).toMatchObject({ outcome: 'gone', reason: '网站说这个订阅已经停了' });
    });

    it('that are no feeds, or lead inside, say so in Chinese', async () => {
      serve('/page', '<html><title>x</title></html>');
      site.at('/inside', (_, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end());
      serve(
        '/bomb',
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><rss version="2.0"><channel><title>&a;</title></channel></rss>',
      );
      for (const path of ['/page', '/inside', '/bomb']) await feedAt(path);
      await gatherDue(gathering());
      expect((await listFeeds(db)).map(({ reason }) => reason)).toEqual([
        '这不是 RSS、Atom 或 JSON Feed',
        '这个网址指向内部网络，不能读',
        '里面定义了实体，可能有害，没有读',
      ]);
    });

    it('tell one thing once between them, by link, by words, and over time', async () => {
      serve(
        '/a',
        rss([
          {
            title: '横州：快递进村补贴延长到明年六月',
            link: 'https://hznews.cn/p?id=9&utm_source=rss',
            text: '村里每件补两角。',
          },
        ]),
      );
      serve(
        '/b',
        rss(
          [
            { title: '快递补贴延期', link: 'http://www.hznews.cn/p?id=9' },
            { title: '横州 快递进村补贴延长到明年六月！', link: 'https://copy.cn/77' },
          ],
          '转载网',
        ),
      );
      await feedAt('/a');
      await gatherDue(gathering());
      clock.advance(2 * DAY);
      await feedAt('/b', 'other.test');
      await gatherDue(gathering());
      expect(await titles()).toEqual(['横州：快递进村补贴延长到明年六月']);
      const seen = await db.selectFrom('news_sighting').select(['guid', 'item_id']).execute();
      expect(seen).toHaveLength(3);
      expect(new Set(seen.map((row) => row.item_id)).size).toBe(1);
    });

    it('that show the same id twice bring it once', async () => {
      serve(
        '/rss',
        rss([
          { title: '甲的第一条新闻', guid: 'x', link: 'https://a.cn/1' },
          { title: '乙的另一条消息', guid: 'x', link: 'https://a.cn/2' },
        ]),
      );
      await feedAt('/rss');
      await gatherDue(gathering());
      expect(await titles()).toEqual(['甲的第一条新闻']);
    });

    it('bring nothing old, and what is dated tomorrow is of today', async () => {
      serve(
        '/rss',
        rss([
          { title: '去年的老消息', link: 'https://a.cn/1', date: 'Mon, 24 Nov 2025 08:00:00 +0800' },
          { title: '明天的新消息', link: 'https://a.cn/2', date: 'Wed, 25 Nov 2026 08:00:00 +0800' },
        ]),
      );
      await feedAt('/rss');
      await gatherDue(gathering());
      const items = await listDesk(db, {}, clock.now());
      expect(items.map(({ title, published_at: at }) => [title, at])).toEqual([
        ['明天的新消息', clock.now()],
      ]);
    });

    it('with a word of the stop list bring it as rejected; a person may keep it all the same', async () => {
      serve('/rss', rss([{ title: '买彩票中大奖', link: 'https://a.cn/1' }]));
      await feedAt('/rss');
      await gatherDue(gathering());
      expect(await listDesk(db, { state: 'new' }, clock.now())).toEqual([]);
      expect(await listDesk(db, { state: 'rejected' }, clock.now())).toMatchObject([{ stopped: '彩票' }]);
      await keepItem(db, 1, ANN, REVIEWED, clock.now());
      expect(await getDeskItem(db, 1, clock.now())).toMatchObject({ state: 'kept' });
    });

    it('on one host share its budget', async () => {
      await setPolicy(db, 'feed-host-per-day', '2', {}, 'cli', clock.now());
      for (const path of ['/1', '/2', '/3']) {
        serve(path, rss([]));
        await feedAt(path);
      }
      expect((await gatherDue(gathering())).map(({ outcome }) => outcome)).toEqual(['new', 'new', 'failed']);
      expect(await getFeedByNo(db, 3)).toMatchObject({ failures: 0, reason: '这个网站刚问过，过一会儿再问' });
      expect(site.asked).toHaveLength(2);
      clock.advance(13 * HOUR);
      expect((await gatherDue(gathering())).map(({ outcome }) => outcome).toSorted()).toEqual([
        'failed',
        'new',
        'new',
      ]);
    });

    it('are left alone by a second server while one reads', async () => {
      serve('/rss', rss([{ title: '一条新闻在这里', link: 'https://a.cn/1' }]));
      await feedAt('/rss');
      const both = await Promise.all([gatherDue(gathering()), gatherDue(gathering())]);
      expect(both.flat()).toHaveLength(1);
      expect(await listDueFeeds(db, clock.now())).toEqual([]);
    });
  });

  it('gives a host so many requests in a short while, and a gap then', async () => {
    const ask = () => takeRequest(db, 'a.cn', { perDay: 100, zone: ZONE }, clock.now());
    for (let asked = 0; asked < 6; asked += 1) await ask();
    await expect(ask()).rejects.toMatchObject({ code: 'budget' });
    clock.advance(6_000);
    await ask();
    await expect(ask()).rejects.toMatchObject({ code: 'budget' });
    clock.advance(MINUTE);
    await ask();
    // A clock that was set back doesn't lock it.
    clock.advance(-5 * DAY);
    await ask();
  });

  describe('decisions', () => {
    // Two connections stand ready, so that two who press at once do come at once.
    beforeEach(async () => {
      const look = () => db.selectFrom('news_item').select('no').execute();
      await Promise.all([look(), look()]);
    });
    const write = (title: string, by = ANN, summary = '一句话。') =>
      writeItem(db, { kind: 'news', title, summary, source: '支部' }, by, clock.now());

    it('on what somebody wrote are taken by somebody else', async () => {
      const { no } = await write('自己写的一条');
      await expect(keepItem(db, no, ANN, REVIEWED, clock.now())).rejects.toThrow(
        '自己写的、改过的，要请别人来定',
      );
      expect(await keepItem(db, no, BOB, REVIEWED, clock.now())).toMatchObject({ state: 'kept' });
      expect(await keepItem(db, no, ANN, { reviewers: 0 }, clock.now())).toMatchObject({
        state: 'kept',
      });
    });

    it('of two are needed where the county says so, each for the same words', async () => {
      const { no } = await write('要两个人看的一条');
      const two = { reviewers: 2 };
      expect(await keepItem(db, no, BOB, two, clock.now())).toMatchObject({ state: 'new', missing: 1 });
      expect(await keepItem(db, no, BOB, two, clock.now())).toMatchObject({ state: 'new', missing: 1 });
      await editItem(db, no, { summary: '又改了一句。' }, ANN, clock.now());
      expect(await keepItem(db, no, CAT, two, clock.now())).toMatchObject({ state: 'new', missing: 1 });
      expect(await keepItem(db, no, BOB, two, clock.now())).toMatchObject({ state: 'kept', missing: 0 });
    });

    it('are needed anew when the words change', async () => {
      const { no } = await write('写好的一条');
      await keepItem(db, no, BOB, REVIEWED, clock.now());
      expect(await editItem(db, no, { summary: '改过的摘要。' }, BOB, clock.now())).toMatchObject({
        state: 'new',
        summary: '改过的摘要。',
      });
      await expect(keepItem(db, no, BOB, REVIEWED, clock.now())).rejects.toThrow('请别人来定');
      expect(await keepItem(db, no, CAT, REVIEWED, clock.now())).toMatchObject({ state: 'kept' });
      const audited = (await listAudit(db, (await getDeskItem(db, no, clock.now())).id)).map(
        ({ what, who }) => `${who} ${what}`,
      );
      expect(audited).toEqual(['ann news.add', 'bob news.keep', 'bob news.edit', 'cat news.keep']);
    });

    it('of two at once are counted together', async () => {
      const { no } = await write('两个人一起点的一条');
      const kept = await Promise.all(
        [BOB, CAT].map((one) => keepItem(db, no, one, { reviewers: 2 }, clock.now())),
      );
      expect(kept.reduce((sum, { missing }) => sum + missing, 0)).toBe(1);
      expect(await getDeskItem(db, no, clock.now())).toMatchObject({ state: 'kept' });
      const audited = (await listAudit(db, kept[0]?.id ?? '')).map(({ what }) => what);
      expect(audited).toEqual(['news.add', 'news.vote', 'news.keep']);
    });

    it('hold for the words that were looked at, whoever changes them at that moment', async () => {
      const { no, ...looked } = await write('正在看的一条', AT_THE_TERMINAL);
      await rejectItem(db, no, AT_THE_TERMINAL, clock.now());
      const words = wordsHash({ no, ...looked });
      const [edited, kept] = await Promise.allSettled([
        editItem(db, no, { summary: '没人看过的一句。' }, ANN, clock.now()),
        keepItem(db, no, BOB, { reviewers: 1, words }, clock.now()),
      ]);
      expect(edited.status).toBe('fulfilled');
      const now = await getDeskItem(db, no, clock.now());
      // Either the words had changed before, or changing them took what was kept back.
      if (kept.status === 'rejected') expect(String(kept.reason)).toContain('刚刚改过');
      expect(now).toMatchObject({ summary: '没人看过的一句。' });
      expect(now.decisions.filter(({ verdict }) => verdict === 'kept')).toEqual([]);
      await expect(keepItem(db, no, BOB, { reviewers: 1, words }, clock.now())).rejects.toThrow(
        '1 号的文字刚刚改过，还没有留用，请看一眼再定',
      );
      await expect(keepItem(db, no, BOB, { reviewers: 1, words: '' }, clock.now())).rejects.toThrow(
        '刚刚改过',
      );
      expect(await keepItem(db, no, BOB, { reviewers: 1, words: wordsHash(now) }, clock.now())).toMatchObject(
        { state: 'kept' },
      );
    });

    it('of two who edit at once from the same words keep the first', async () => {
      const item = await write('两个人一起改的一条');
      const from = wordsHash(item);
      const done = await Promise.allSettled(
        (
          [
            ['甲改的', BOB],
            ['乙改的', CAT],
          ] as const
        ).map(([summary, by]) => editItem(db, item.no, { from, summary }, by, clock.now())),
      );
      expect(done.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      const lost = done.find((one) => one.status === 'rejected');
      expect(String(lost?.reason)).toContain('刚刚被别人改过');
      const won = done.find((one) => one.status === 'fulfilled')?.value.summary;
      expect((await getDeskItem(db, item.no, clock.now())).summary).toBe(won);
    });

    it('of two at once that differ leave one of the two, and both in the audit', async () => {
      const { id, no } = await write('两个人定得不一样的一条', AT_THE_TERMINAL);
      await reopenItem(db, no, AT_THE_TERMINAL, clock.now());
      await Promise.all([
        keepItem(db, no, BOB, { reviewers: 0 }, clock.now()),
        rejectItem(db, no, CAT, clock.now()),
      ]);
      const { decisions } = await getDeskItem(db, no, clock.now());
      expect(decisions).toHaveLength(1);
      const audited = (await listAudit(db, id)).slice(-2);
      expect(audited.map(({ what }) => what).toSorted()).toEqual(['news.keep', 'news.reject']);
      expect(audited[1]?.who).toBe(decisions[0]?.decided_by);
    });

    it('that are taken back count no more for those who come after', async () => {
      const { id, no } = await write('先同意、又不同意的一条');
      const two = { reviewers: 2 };
      await keepItem(db, no, BOB, two, clock.now());
      await takeBackDecision(db, no, BOB, { ...two, before: new Map() }, clock.now());
      expect(await keepItem(db, no, CAT, two, clock.now())).toMatchObject({ state: 'new', missing: 1 });
      expect(await keepItem(db, no, BOB, two, clock.now())).toMatchObject({ state: 'kept' });
      await rejectItem(db, no, BOB, clock.now());
      expect(await keepItem(db, no, CAT, two, clock.now())).toMatchObject({ state: 'rejected', missing: 1 });
      expect((await listAudit(db, id)).map(({ who, what }) => `${who} ${what}`)).toEqual([
        'ann news.add',
        'bob news.vote',
        'bob news.reopen',
        'cat news.vote',
        'bob news.keep',
        'bob news.reject',
      ]);
    });

    it('are taken back by whoever took them, unit by unit, and as long as nobody else has decided since', async () => {
      const { no } = await write('各处不一样的一条', AT_THE_TERMINAL);
      const dan: Decider = { who: 'dan', units: ['branch-1', 'branch-2'], via: 'console' };
      const words = wordsHash(await getDeskItem(db, no, clock.now()));
      await keepItem(db, no, { ...dan, units: ['branch-1'] }, REVIEWED, clock.now());
      await rejectItem(db, no, dan, clock.now());
      const taken = {
        ...REVIEWED,
        words,
        before: new Map([
          ['branch-1', 'kept' as const],
          [COUNTY, 'kept' as const],
        ]),
      };
      await takeBackDecision(db, no, dan, taken, clock.now());
      const decisions = async () =>
        (await getDeskItem(db, no, clock.now())).decisions.map(
          ({ unit_id: unit, verdict, decided_by: who }) => `${unit} ${verdict} ${who}`,
        );
      // Only their own units; what the county has decided isn't theirs to bring back.
      await reopenItem(db, no, AT_THE_TERMINAL, clock.now());
      await takeBackDecision(db, no, dan, taken, clock.now());
      expect(await decisions()).toEqual(['branch-1 kept dan']);
      await rejectItem(db, no, { who: 'eve', units: ['branch-1'], via: 'console' }, clock.now());
      await expect(takeBackDecision(db, no, dan, taken, clock.now())).rejects.toThrow('后来别人又定过');
      expect(await decisions()).toEqual(['branch-1 rejected eve']);
      // Words that changed meanwhile have to be approved anew.
      const eve: Decider = { who: 'eve', units: ['branch-1'], via: 'console' };
      await editItem(db, no, { summary: '换了一句。' }, eve, clock.now());
      await expect(takeBackDecision(db, no, eve, taken, clock.now())).rejects.toThrow('刚刚改过');
      const anew = { ...taken, words: wordsHash(await getDeskItem(db, no, clock.now())) };
      await expect(takeBackDecision(db, no, eve, anew, clock.now())).rejects.toThrow('请别人来定');
      expect(await decisions()).toEqual(['branch-1 rejected eve']);
    });

    it('of the terminal stand at once', async () => {
      expect(await write('终端写的一条', AT_THE_TERMINAL)).toMatchObject({ state: 'kept' });
      expect(await editItem(db, 1, { title: '终端改的一条' }, AT_THE_TERMINAL, clock.now())).toMatchObject({
        state: 'kept',
        title: '终端改的一条',
      });
    });

    it('hold for a unit and below; the nearest counts', async () => {
      const { no } = await write('各看各的一条', AT_THE_TERMINAL);
      await rejectItem(db, no, { who: 'sec', units: ['branch-1'] }, clock.now());
      const seen = async (...lineage: string[]) => (await getDeskItem(db, no, clock.now(), lineage)).state;
      expect(await seen()).toBe('kept');
      expect(await seen('branch-2', 'dept')).toBe('kept');
      expect(await seen('branch-1', 'dept')).toBe('rejected');
      expect(await seen('group-of-1', 'branch-1', 'dept')).toBe('rejected');
      await rejectItem(db, no, AT_THE_TERMINAL, clock.now());
      await keepItem(db, no, { who: 'sec', units: ['branch-1'] }, REVIEWED, clock.now());
      expect(await seen('branch-1', 'dept')).toBe('kept');
      expect(await seen('branch-2')).toBe('rejected');
      expect(await listDesk(db, { state: 'kept', lineage: ['branch-1'] }, clock.now())).toHaveLength(1);
      expect(await listDesk(db, { state: 'kept' }, clock.now())).toEqual([]);
    });

    it('are refused for what has expired', async () => {
      const { no } = await write('会过期的一条');
      clock.advance(8 * DAY);
      await expect(keepItem(db, no, BOB, REVIEWED, clock.now())).rejects.toThrow('已经过期');
      expect(await listDesk(db, { state: 'expired' }, clock.now())).toHaveLength(1);
      expect(await listDesk(db, { state: 'new' }, clock.now())).toEqual([]);
    });

    it.each([
      [{}, '要改什么'],
      [{ title: ' ' }, '标题不能是空的'],
      [{ title: '长'.repeat(61) }, '标题最多 60 个字，现在有 61 个'],
      [{ summary: '长'.repeat(201) }, '摘要最多 200 个字'],
      [{ source: '' }, '来源不能是空的'],
    ])('an edit of %j is refused', async (edit, why) => {
      await write('要改的一条');
      await expect(editItem(db, 1, edit, BOB, clock.now())).rejects.toThrow(why);
    });

    it('name what is not there', async () => {
      await expect(keepItem(db, 7, ANN, REVIEWED, clock.now())).rejects.toThrow('没有 7 号动态');
    });
  });

  describe('pasted addresses', () => {
    const member = 'm1';
    beforeEach(async () => {
      await db
        .insertInto('member')
        .values({ id: member, name: '黄秀兰', unit_id: null, status: 'full', created_at: 0, left_at: null })
        .execute();
    });
    const paste = (address: string) =>
      requestPage(db, { url: address, account: 'sandbox', contact_id: 'c1', member_id: member }, clock.now());
    async function readAll() {
      const told: string[] = [];
      await readRequests(gathering(), async (_trx, _request, done) => void told.push(sayDone(done, ZONE)));
      return told;
    }

    it('are read, put on the desk, and told of once', async () => {
      site.at('/1', (_, response) =>
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end(
            '<title>横州茶博会开幕</title><meta name="description" content="为期三天。免费参观。请带身份证。">',
          ),
      );
      await paste(url('/1'));
      const [told] = await readAll();
      expect(told).toMatch(
        /^收下了，1 号：\n《横州茶博会开幕》\n为期三天。免费参观。\n（news.test 11月24日）/,
      );
      expect(told).toContain('回复 留 1');
      expect(await readAll()).toEqual([]);
      expect(await listDesk(db, {}, clock.now())).toMatchObject([
        { origin: 'link', added_by: member, state: 'new' },
      ]);
      await keepItem(db, 1, { who: member, units: [COUNTY] }, REVIEWED, clock.now());
    });

    it('that are there already, that fail, and that lead inside are told of too', async () => {
      site.at('/1', (_, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<title>茶博会开幕了</title>'),
      );
      site.at('/2', (_, response) => response.writeHead(302, { location: 'http://192.168.1.1/' }).end());
      await paste(url('/1'));
      await paste(`${url('/1')}?utm_source=x`);
      await paste(url('/2'));
      await paste(url('/missing'));
      expect(await readAll()).toEqual([
        expect.stringContaining('收下了，1 号'),
        '这个链接没有收下：已经有了：1 号《茶博会开幕了》。',
        '这个链接没有收下：这个网址指向内部网络，不能读。',
        '这个链接没有收下：网站没有给出内容。',
      ]);
    });
  });

  describe('files of the folder', () => {
    const file = (name: string, title: string, more = {}) => ({
      file: `news/${name}.md`,
      kind: 'news' as const,
      title,
      summary: '一句话。',
      source: '商务局',
      published: clock.now(),
      category: '',
      ...more,
    });
    const record = (files: ReturnType<typeof file>[], withExamples = false) =>
      recordNewsFiles(db, files, { withExamples }, clock.now());

    it('are kept, follow the file, and go with it', async () => {
      await record([file('a', '文件里的一条'), file('b', '另外的一件事')]);
      await record([file('a', '文件里的一条'), file('b', '另外的一件事')]);
      expect((await listDesk(db, { state: 'kept' }, clock.now())).map(({ title }) => title)).toEqual([
        '另外的一件事',
        '文件里的一条',
      ]);
      await record([file('a', '文件里改过的一条')]);
      expect((await listDesk(db, { state: 'kept' }, clock.now())).map(({ title }) => title)).toEqual([
        '文件里改过的一条',
      ]);
      expect((await listDesk(db, { state: 'rejected' }, clock.now())).map(({ title }) => title)).toEqual([
        '另外的一件事',
      ]);
    });

    it('that are made up come to the sandbox only, with a day of today', async () => {
      const example = file('x', '【示例】补贴怎么领', { published: clock.now() - 300 * DAY });
      await record([example]);
      expect(await titles()).toEqual([]);
      await record([example], true);
      expect(await listDesk(db, { state: 'kept' }, clock.now())).toMatchObject([
        { example: 1, published_at: clock.now() },
      ]);
      await expect(editItem(db, 1, { title: '补贴怎么领' }, AT_THE_TERMINAL, clock.now())).rejects.toThrow(
        '示例',
      );
    });
  });
});
