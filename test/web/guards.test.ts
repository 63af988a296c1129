/** Who may come in, from where, and what every answer carries. */
import { afterEach, describe, expect, it } from 'vitest';

import { cookieOf, openSite, type SiteOptions, type TestSite } from './site.ts';

let site: TestSite;
const open = async (options?: SiteOptions) => {
  site = await openSite(options);
  return site;
};
afterEach(async () => await site.close());

const PUBLIC = { HOST: '0.0.0.0', PUBLIC_URL: 'https://weike.example.cn' };
const TOKEN = 'a-long-enough-token';

describe('the name of the host', () => {
  it('is one of this machine, or the public one', async () => {
    await open();
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080'])
      expect((await site.get('/', { host })).status).toBe(200);
  });

  it.each(['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    'is refused when it is %s',
    async (host) => {
      await open();
      for (const path of [
        '/',
        '/sandbox',
        '/healthz',
        '/l/cha',
        '/sandbox/api/messages?person=huacha-01&where=group',
      ]) {
        const answer = await site.get(path, { host });
        expect(answer.status).toBe(421);
        expect(await answer.text()).toContain('打不开');
      }
    },
  );

  it('may be the public one behind a proxy on the same machine', async () => {
    await open({ env: { HOST: '127.0.0.1', PUBLIC_URL: 'https://weike.example.cn' } });
    expect((await site.get('/l/cha', { host: 'weike.example.cn' })).status).toBe(200);
    expect((await site.get('/l/cha', { host: 'other.example.cn' })).status).toBe(421);
  });
});

describe('the origin of a change', () => {
  const words = { person: 'huacha-01', where: 'group', text: '打卡' };

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:9999' }],
    ['an opaque one', { origin: 'null' }],
    ['none at all', { origin: '' }],
    ['our own, though the browser says otherwise', { 'sec-fetch-site': 'cross-site' }],
  ])('is refused when it is %s', async (_what, headers) => {
    await open();
    for (const [path, body] of [
      ['/sandbox/api/say', words],
      ['/sandbox/api/next', { room: 'huacha@sandbox' }],
      ['/enter', new URLSearchParams({ t: 'x' })],
      ['/type', new URLSearchParams()],
    ] as const)
      expect((await site.post(path, body, headers)).status).toBe(403);
    expect(await site.sandbox.messages({ roomId: 'huacha@sandbox' }, { limit: 9 })).toEqual([]);
  });

  it('may be the public address where a proxy changes the host', async () => {
    await open({ env: { HOST: '127.0.0.1', PUBLIC_URL: 'https://weike.example.cn' } });
    const headers = { host: '127.0.0.1:8080', origin: 'https://weike.example.cn' };
    expect((await site.post('/type', new URLSearchParams(), headers)).status).toBe(303);
  });
});

describe('a server that others can reach', () => {
  it('shows names and figures to nobody without a session, and lessons to all', async () => {
    await open({ env: PUBLIC });
    for (const path of ['/', '/sandbox', '/sandbox/api/messages?person=huacha-01&where=group']) {
      const answer = await site.get(path);
      expect(answer.status).toBe(401);
      expect(await answer.text()).toContain('weike -- admin-link');
    }
    expect((await site.get('/l/cha')).status).toBe(200);
    expect((await site.get('/healthz')).status).toBe(200);
  });

  it('opens with a link that works once, and only by the press', async () => {
    await open({ env: PUBLIC });
    const secret = await site.issueLink();
    for (let look = 0; look < 3; look += 1) {
      const seen = await site.get(`/enter?t=${secret}`);
      expect(seen.status).toBe(200);
      expect(seen.headers.get('set-cookie')).toBeNull();
    }
    const entered = await site.post('/enter', new URLSearchParams({ t: secret }));
    expect(entered.status).toBe(303);
    expect(entered.headers.get('location')).toBe('/');
    expect(entered.headers.get('set-cookie')).toMatch(/; HttpOnly; Secure; SameSite=Lax/);
    const cookie = cookieOf(entered);
    expect((await site.get('/', { cookie })).status).toBe(200);
    expect((await site.get('/sandbox', { cookie })).status).toBe(200);

    const again = await site.post('/enter', new URLSearchParams({ t: secret }));
    expect(again.status).toBe(410);
    expect(again.headers.get('set-cookie')).toBeNull();
    expect(await again.text()).toContain('这个链接不能用了');
    expect((await site.get(`/enter?t=${secret}`)).status).toBe(410);
  });

  it('gives one session for two presses at the same moment', async () => {
    await open({ env: PUBLIC });
    const t = await site.issueLink();
    const presses = await Promise.all(
      [1, 2, 3, 4].map(() => site.post('/enter', new URLSearchParams({ t }))),
    );
    expect(presses.map(({ status }) => `${status}`).toSorted()).toEqual(['303', '410', '410', '410']);
  });

  it.each(['', 'x', '<script>alert(1)</script>', 'x'.repeat(8_000)])('knows no link %#', async (secret) => {
    await open({ env: PUBLIC });
    const page = await site.get(`/enter?t=${encodeURIComponent(secret)}`);
    expect(page.status).toBe(410);
    expect(await page.text()).not.toContain('<script>alert');
    expect((await site.post('/enter', new URLSearchParams({ t: secret }))).status).toBeGreaterThanOrEqual(
      410,
    );
  });

  it('opens the sandbox, and nothing else, by its token', async () => {
    await open({ env: { ...PUBLIC, SANDBOX_TOKEN: TOKEN } });
    for (const wrong of ['', 'x', `${TOKEN}x`, TOKEN.slice(1)])
      expect((await site.get(`/sandbox?token=${wrong}`)).status).toBe(401);
    const entered = await site.get(`/sandbox?token=${TOKEN}`);
    expect(entered.status).toBe(303);
    expect(entered.headers.get('location')).toBe('/sandbox');
    const cookie = cookieOf(entered);
    // What the browser keeps doesn't give the token away.
    expect(cookie).not.toContain(TOKEN);
    expect((await site.get('/sandbox', { cookie })).status).toBe(200);
    expect((await site.get('/', { cookie })).status).toBe(401);
    expect((await site.get('/sandbox', { cookie: `weike_sandbox=${TOKEN}` })).status).toBe(401);
  });
});

describe('every answer', () => {
  it('says what the page may load, and that nobody may frame it', async () => {
    await open();
    for (const path of ['/', '/sandbox', '/l/cha', '/healthz', '/static/base.css', '/nowhere']) {
      const { headers } = await site.get(path);
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'self';.*frame-ancestors 'none'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
    }
  });

  it('has neither inline script nor inline style, which the policy forbids', async () => {
    await open();
    for (const path of ['/', '/sandbox', '/l/cha', '/nowhere']) {
      const page = await (await site.get(path)).text();
      expect(page).not.toMatch(/<script(?![^>]*(src=|type="application\/json"))/);
      expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/);
    }
  });

  it('tells of a failure in kind words and shows no stack', async () => {
    await open({
      parts: {
        sendNextLesson: async () => {
          throw new Error('secret detail of the queue');
        },
      },
    });
    site.sandbox.messages = async () => {
      throw new Error('secret detail of the database');
    };
    const page = await site.get('/sandbox');
    expect(page.status).toBe(500);
    const shown = await page.text();
    expect(shown).toMatch(/出了点问题[\s\S]*已经记下来的都还在[\s\S]*再打开一次/);
    expect(shown).not.toMatch(/secret|at .*\.ts/);
    const answer = await site.post('/sandbox/api/next', { room: 'huacha@sandbox' });
    expect(answer.status).toBe(500);
    const words = await answer.text();
    expect(words).not.toMatch(/secret|at .*\.ts/);
    expect(words).toContain('请再试一次');
  });

  it('says what is safe where nobody can be recognised', async () => {
    const broken = async () => {
      throw new Error('secret detail of the database');
    };
    await open({ env: PUBLIC, parts: { sessions: { isLinkLive: broken, spendLink: broken, find: broken } } });
    const page = await site.get('/', { cookie: 'weike_session=x' });
    expect(page.status).toBe(503);
    expect(await page.text()).toMatch(/暂时进不去[\s\S]*记下过的都还在/);
  });
});
