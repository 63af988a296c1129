/** 动态 against those who mean harm: what feeds, pages and people write, addresses that lead inside, presses that are nobody's. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { newId } from '../../src/db/ids.ts';
import { getDeskItem, listDesk } from '../../src/news/desk.ts';
import { listFeeds } from '../../src/news/feeds.ts';
import { openIntake, takeIn } from '../../src/news/items.ts';
import { openDesk, type TestDesk } from '../support/desk.ts';
import { openWebSite, type WebSite } from '../support/web-site.ts';

/** Mark-up, turns of the reading direction, what can't be seen, what a chat would take for a mention. */
const EVIL = `<script>alert(1)</script><img src=x onerror=alert(1)>"'\u202E\u2067\u200B\u2005\u00AD`;
const SHORT = `<i>\u202E"'\u200B`;
const BAD_ADDRESSES = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)//https://example.org',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'file:///etc/passwd',
  'blob:https://example.org/1',
  'ftp://example.org/',
  'https://user:secret@example.org/',
  '//example.org/feed',
  'https://',
];
/** All the ways of saying "here" or "inside" that a reader of addresses may fall for. */
const INSIDE = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://0.0.0.0/',
  'http://10.1.2.3/',
  'http://172.16.0.1/',
  'http://192.168.1.1/admin',
  'http://169.254.169.254/latest/meta-data/',
  'http://100.64.0.1/',
  'http://[::1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://[64:ff9b::a00:1]/',
  'http://[fe80::1]/',
  'http://[fd00::1]/',
];
const NAMES_INSIDE = [
  'http://localhost/',
  'http://router.lan/',
  'http://db.internal./',
  'http://pc.local:8080/',
];

const cdata = (words: string) => `<![CDATA[${words}]]>`;

describe('news and those who mean harm', () => {
  let desk: TestDesk;
  let site: WebSite;
  let ann: Awaited<ReturnType<TestDesk['as']>>;
  let chief: Awaited<ReturnType<TestDesk['as']>>;
  beforeEach(async () => {
    site = await openWebSite();
    await open({ FEED_ALLOW: site.address });
  });
  afterEach(async () => {
    await desk.close();
    await site.close();
  });
  async function open(env: Readonly<Record<string, string>>) {
    desk = await openDesk({ env });
    ann = await desk.as(desk.county.own.secretary.id);
    chief = await desk.as(desk.county.chief.id);
  }
  const serve = (path: string, type: string, body: string) =>
    site.at(path, (_, response) => response.writeHead(200, { 'content-type': type }).end(body));
  const url = (path: string) => `http://${site.address}${path}`;
  const all = () => desk.db.selectFrom('news_item').selectAll().orderBy('no').execute();
  const everything = async () => ({
    items: await all(),
    decisions: await desk.db.selectFrom('news_decision').selectAll().execute(),
    votes: await desk.db.selectFrom('news_vote').selectAll().execute(),
    feeds: await listFeeds(desk.db),
  });
  async function bring(title: string, more = {}) {
    const now = Date.now();
    const found = {
      title,
      summary: '说一句。',
      source: '报',
      origin: 'feed',
      originKey: newId(),
      ...more,
    } as const;
    const taken = await takeIn(desk.db, await openIntake(desk.db, now), found, 'feed', now);
    if (taken.kind !== 'added') throw new Error(`not taken in: ${taken.kind}`);
    return taken.item;
  }
  const wordsOf = async (who: typeof ann, no: number) =>
    /name="words" value="(\w+)"/.exec(await who.page(`/news/${no}`))?.[1] ?? '';
  async function expectHarmless() {
    for (const who of [ann, chief])
      for (const path of [
        '/news',
        '/news?state=kept',
        '/news?state=rejected',
        '/news/feeds',
        '/news/add',
        ...(await all()).map(({ no }) => `/news/${no}`),
      ]) {
        const page = await who.page(path);
        expect([
          path,
          /<script>|<img src=x|<i>|href="?\s*(?:javascript|data|vbscript):|[\u202a-\u202e\u2066-\u2069]/i.exec(
            page,
          )?.[0],
        ]).toEqual([path, undefined]);
      }
  }
  /** They go into chats and on to others, where no page stands in between. */
  async function expectClean() {
    for (const { title, summary, source, category, url: link } of await all()) {
      const words = [title, summary, source, category].join('\n');
      expect(/\p{Cf}|[^\P{Cc}\n]/u.exec(words)?.[0]).toBeUndefined();
      expect(link).toMatch(/^(?:https?:\/\/|$)/);
    }
    for (const { source, category } of await listFeeds(desk.db))
      expect(/\p{Cf}|\p{Cc}/u.exec(source + category)?.[0]).toBeUndefined();
  }

  it('a feed brings words and nothing else', async () => {
    const item = (no: number, link: string) =>
      `<item><title>${cdata(`${no} ${'甲乙丙丁戊己庚'[no]}的事 ${EVIL}`)}</title><guid isPermaLink="false">${no}</guid><link>${cdata(link)}</link><description>${cdata(`${'子丑寅卯辰巳午'[no]} ${EVIL} 说完了。`)}</description><category>${cdata(EVIL)}</category><author>${cdata(EVIL)}</author></item>`;
    const links = [...BAD_ADDRESSES.slice(0, 5), `https://example.org/"onmouseover="alert(1)`, `/a?<script>`];
    serve(
      '/feed',
      'application/rss+xml',
      `<rss version="2.0"><channel><title>${cdata(EVIL)}</title><link>javascript:alert(1)</link>${links.map((link, no) => item(no, link)).join('')}</channel></rss>`,
    );
    serve(
      '/named',
      'application/rss+xml',
      `<rss version="2.0"><channel><title>x</title><item><title>另外一条消息在这里</title><guid>1</guid></item></channel></rss>`,
    );
    await chief.post('/news/feeds/add', { url: url('/feed'), source: '', category: '' });
    // Whoever subscribes may have copied more than they see.
    await chief.post('/news/feeds/add', { url: url('/named'), source: SHORT, category: SHORT });
    expect((await all()).length).toBeGreaterThan(5);
    expect((await listFeeds(desk.db)).map(({ outcome }) => outcome)).toEqual(['new', 'new']);
    await expectClean();
    await expectHarmless();
    expect(await ann.page('/news')).toContain('甲的事');
  });

  it('a page that is brought in brings words and nothing else', async () => {
    serve(
      '/page',
      'text/html; charset=utf-8',
      `<title>x</title><meta property="og:title" content="&lt;script&gt;alert(1)&lt;/script&gt;花茶\u202E价格"><meta name="description" content="&lt;img src=x onerror=alert(1)&gt;今年\u2067的价格。"><meta property="og:site_name" content="${SHORT.replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"><link rel="canonical" href="javascript:alert(1)">`,
    );
    const answer = await ann.post('/news/link', { url: url('/page') });
    expect(answer.headers.get('location')).toBe('/news/1');
    expect(await all()).toMatchObject([{ url: url('/page') }]);
    await expectClean();
    await expectHarmless();
  });

  it('what is written is words and nothing else, and no address but one of the web', async () => {
    const words = { kind: 'party', title: SHORT + '写的', summary: EVIL, source: SHORT, category: SHORT };
    for (const bad of BAD_ADDRESSES) {
      const refused = await ann.post('/news/write', { ...words, url: bad });
      expect([bad, refused.status]).toEqual([bad, 409]);
      const page = await refused.text();
      expect(page).toContain('还没有加：网址不对');
      expect(page).not.toMatch(/<script>|<img src=x|<i>|[\u202a-\u202e\u2066-\u2069]/);
      const link = await ann.post('/news/link', { url: bad });
      expect([bad, link.status]).toEqual([bad, 409]);
      await chief.post('/news/feeds/add', { url: bad });
      expect(await chief.page('/news/feeds')).toContain('网址不对');
    }
    expect(await all()).toEqual([]);
    expect(await listFeeds(desk.db)).toEqual([]);
    expect((await ann.post('/news/write', { ...words, url: 'https://example.org/"><script>' })).status).toBe(
      303,
    );
    const from = /name="from" value="(\w+)"/.exec(await ann.page('/news/1'))?.[1] ?? '';
    const edited = await ann.post('/news/1/edit', { ...words, title: `${SHORT}改的`, from });
    expect(edited.status).toBe(303);
    await expectClean();
    await expectHarmless();
    expect(await ann.page('/news/1')).toContain('href="https://example.org/%22%3E%3Cscript%3E"');
  });

  it('no address leads inside, however it is written, nor by way of another', async () => {
    let hop = 0;
    site.at('/away', (_, response) => response.writeHead(302, { location: INSIDE[hop] ?? '' }).end());
    for (const inside of INSIDE) {
      const answer = await ann.post('/news/link', { url: inside });
      expect([inside, answer.status]).toEqual([inside, 409]);
      expect(await answer.text()).toContain('没有收下：这个网址指向内部网络');
      await chief.post('/news/feeds/add', { url: inside });
      expect([inside, await chief.page('/news/feeds')]).toEqual([
        inside,
        expect.stringContaining('指向内部网络'),
      ]);
    }
    for (hop = 0; hop < INSIDE.length; hop += 1) {
      // A site is asked a few times in a while only.
      await desk.db.deleteFrom('feed_host').execute();
      const answer = await ann.post('/news/link', { url: url('/away') });
      expect([INSIDE[hop], answer.status]).toEqual([INSIDE[hop], 409]);
      expect(await answer.text()).toContain('没有收下：这个网址指向内部网络');
    }
    // Another port of this machine isn't what was allowed.
    const other = await openWebSite();
    site.at('/away', (_, response) =>
      response.writeHead(307, { location: `http://${other.address}/` }).end(),
    );
    await desk.db.deleteFrom('feed_host').execute();
    expect(await (await ann.post('/news/link', { url: url('/away') })).text()).toContain('指向内部网络');
    expect(other.asked).toEqual([]);
    await other.close();
    expect(await everything()).toEqual({ items: [], decisions: [], votes: [], feeds: [] });
  });

  it('no name of a machine inside is asked, where nothing is allowed', async () => {
    await desk.close();
    await open({});
    for (const inside of [...INSIDE, ...NAMES_INSIDE, url('/page')]) {
      const answer = await ann.post('/news/link', { url: inside });
      expect([inside, answer.status]).toEqual([inside, 409]);
      expect(await answer.text()).toContain('没有收下：这个网址指向内部网络');
      await chief.post('/news/feeds/add', { url: inside });
    }
    expect(site.asked).toEqual([]);
    expect(await everything()).toEqual({ items: [], decisions: [], votes: [], feeds: [] });
  });

  it('a secretary decides for their own branch, whatever they send', async () => {
    const { own, other } = desk.county;
    const far = await desk.as(other.secretary.id);
    const { no } = await bring('快递进村又多三个点');
    const words = await wordsOf(ann, no);
    await ann.post('/news/keep', { no: String(no), words });
    const kept = await everything();
    expect(kept.decisions).toMatchObject([{ unit_id: own.branch.id, verdict: 'kept' }]);
    const units = `county ${own.branch.id} ${own.department.id}`;
    const forged = { no: String(no), words, kept: units, rejected: units, unit: own.branch.id };
    const undone = async (fields: Record<string, string>) => {
      await far.post('/news/undo', { ...forged, ...fields });
      expect((await everything()).decisions).toEqual(kept.decisions);
    };
    await undone({ kept: '', rejected: '' });
    await undone({ kept: '' });
    await undone({ rejected: '' });
    const seen = async (unit: string) => (await getDeskItem(desk.db, no, Date.now(), [unit])).state;
    await far.post('/news/reject', forged);
    expect([await seen(own.branch.id), await seen(other.branch.id)]).toEqual(['kept', 'rejected']);
    const from = words;
    const refused = await far.post(`/news/${no}/edit`, { title: '改', summary: '改', source: '改', from });
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain('别的地方也留用了');
    expect((await all())[0]?.title).toBe('快递进村又多三个点');
    // Nor does one take back what a colleague decided.
    const dan = await desk.as(own.deputy.id);
    await dan.post('/news/undo', { no: String(no), words });
    expect(await dan.page('/news')).toContain('后来别人又定过，没有改动');
    expect(await seen(own.branch.id)).toBe('kept');
    // A feed is the whole county's.
    for (const what of ['add', 'read', 'remove']) {
      await far.post(`/news/feeds/${what}`, { no: '1', url: url('/feed') });
      expect(await far.page('/news/feeds')).toContain('由县里管理员来定。没有改动');
    }
    expect(await listFeeds(desk.db)).toEqual([]);
  });

  it('changes nothing for members, for strangers, and for pages of others', async () => {
    const { own } = desk.county;
    const { no } = await bring('梅雨天怎么存花茶');
    const words = await wordsOf(ann, no);
    const form = { title: '坏的', summary: '坏的', source: '坏的', kind: 'party', from: words };
    const presses: (readonly [string, Record<string, string>])[] = [
      ['/news/keep', { no: String(no), words }],
      ['/news/reject', { no: String(no) }],
      ['/news/undo', { no: String(no), words, kept: 'county' }],
      [`/news/${no}/edit`, form],
      ['/news/write', form],
      ['/news/link', { url: url('/page') }],
      ['/news/feeds/add', { url: url('/feed') }],
      ['/news/feeds/read', { no: '1' }],
      ['/news/feeds/remove', { no: '1' }],
    ];
    const before = await everything();
    const member = await desk.as(own.member.id);
    for (const [path, fields] of presses) {
      expect([path, (await member.post(path, fields)).status]).toEqual([path, 401]);
      expect([path, (await desk.post(path, new URLSearchParams(fields))).status]).toEqual([path, 401]);
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { origin: '' },
        { 'sec-fetch-site': 'cross-site' },
      ])
        expect([path, (await chief.post(path, fields, headers)).status]).toEqual([path, 403]);
      // A press is a press: looking at its address does nothing.
      if (!path.endsWith('/edit')) expect([path, (await chief.get(path)).status]).toEqual([path, 404]);
    }
    for (const path of ['/news', '/news/add', `/news/${no}`, '/news/feeds'])
      expect([path, (await member.get(path)).status]).toEqual([path, 401]);
    expect(await everything()).toEqual(before);
    expect(site.asked).toEqual([]);
  });

  it('takes nothing that is too long, odd or nobody’s', async () => {
    const { no } = await bring('直播间的灯怎么打');
    const words = await wordsOf(ann, no);
    const long = '长'.repeat(3_000);
    const good = { title: '题', summary: '话', source: '报', category: '', from: words, kind: 'party' };
    for (const [field, said] of [
      ['title', '标题最多 60 个字'],
      ['summary', '最多 '],
      ['source', '来源最多 20 个字'],
      ['category', '分类最多 10 个字'],
    ] as const)
      for (const path of [`/news/${no}/edit`, '/news/write']) {
        const answer = await ann.post(path, { ...good, [field]: long });
        expect([path, field, answer.status]).toEqual([path, field, 409]);
        expect([path, await answer.text()]).toEqual([path, expect.stringContaining(said)]);
      }
    const address = `https://example.org/${'a'.repeat(5_000)}`;
    const written = await ann.post('/news/write', { ...good, url: address });
    expect(written.status).toBe(409);
    expect(await written.text()).toContain('网址太长');
    const linked = await ann.post('/news/link', { url: address });
    expect(await linked.text()).toContain('网址太长');
    await chief.post('/news/feeds/add', { url: address });
    expect(await chief.page('/news/feeds')).toContain('网址太长');
    expect(await listFeeds(desk.db)).toEqual([]);
    // One character of thousands of marks is one that nobody can read.
    const piled = await ann.post('/news/write', { ...good, title: `题${'\u0301'.repeat(5_000)}` });
    expect(piled.status).toBe(303);
    expect((await all()).at(-1)?.title).toBe('题');
    for (const body of ['x'.repeat(2 * 1024 * 1024)])
      for (const path of ['/news/write', '/news/link', '/news/keep', `/news/${no}/edit`])
        expect([path, (await ann.post(path, { title: body, url: body, no: body })).status]).toEqual([
          path,
          413,
        ]);
    for (const odd of ['', '0', '-1', '99', '1e0', '1 or 1=1', '9'.repeat(30), '１'])
      for (const path of ['/news/keep', '/news/reject', '/news/undo'])
        expect([path, odd, (await ann.post(path, { no: odd, words })).status]).toEqual([path, odd, 404]);
    expect((await ann.post('/news/99/edit', good)).status).toBe(404);
    // Nobody keeps what they say they haven't looked at.
    for (const unread of ['', 'x', words.toUpperCase(), words.slice(1)]) {
      await ann.post('/news/keep', { no: String(no), words: unread });
      expect(await ann.page('/news')).toContain('刚刚改过，还没有留用');
    }
    expect(
      await listDesk(desk.db, { state: 'kept', lineage: [desk.county.own.branch.id] }, Date.now()),
    ).toEqual([]);
    // No page leads away after a press.
    const away = await ann.post('/news/reject', { no: String(no), back: '//evil.example/' });
    expect(away.headers.get('location')).toBe('/news');
  });

  it('two who press at the same moment leave one decision and one set of words', async () => {
    const { own } = desk.county;
    const dan = await desk.as(own.deputy.id);
    const { no } = await bring('收柑子的人来了');
    const words = await wordsOf(ann, no);
    const press = { no: String(no), words };
    await Promise.all([ann.post('/news/keep', press), dan.post('/news/reject', press)]);
    expect((await everything()).decisions).toHaveLength(1);
    const edit = (title: string) => ({ title, summary: '同一句。', source: '报', category: '', from: words });
    const edited = await Promise.all([
      ann.post(`/news/${no}/edit`, edit('甲改的标题')),
      dan.post(`/news/${no}/edit`, edit('乙改的标题')),
    ]);
    expect(edited.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 409]);
    // An edit lands between a look and a press: what nobody has read isn't kept.
    await ann.post('/news/keep', press);
    await dan.post('/news/keep', press);
    expect((await everything()).decisions.filter(({ verdict }) => verdict === 'kept')).toEqual([]);
  });
});
