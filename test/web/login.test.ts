/** The pages of coming in and going out, as a browser sees them. */
import { afterEach, describe, expect, it } from 'vitest';

import { claimDeskCode, issueMemberLink } from '../../src/people/sessions.ts';
import { buildCounty } from '../support/county.ts';
import { cookieOf, openSite, type TestSite } from './site.ts';

let site: TestSite;
afterEach(async () => await site.close());

const PUBLIC = { HOST: '0.0.0.0', PUBLIC_URL: 'https://weike.example.cn' };
const open = async (env: Record<string, string> = PUBLIC) => {
  site = await openSite({ env });
  return site;
};

const cookiesOf = (answer: Response) => answer.headers.getSetCookie();
const named = (answer: Response, name: string) =>
  cookiesOf(answer)
    .find((cookie) => cookie.startsWith(`${name}=`) && !cookie.includes('Max-Age=0'))
    ?.split(';')[0];
const codeIn = (text: string) => /<b>(\d{3}) (\d{3})<\/b>/.exec(text)?.slice(1).join('') ?? '';

describe('a desk', () => {
  it('shows a code, keeps it, and goes in once it was sent', async () => {
    await open();
    const county = await buildCounty(site.db);
    const first = await site.get('/login');
    expect(first.status).toBe(200);
    expect(first.headers.get('cache-control')).toBe('no-store');
    const text = await first.text();
    const code = codeIn(text);
    expect(code).toMatch(/^\d{6}$/);
    expect(text).not.toMatch(/<script>|onclick|style=/);
    const [cookie = ''] = cookiesOf(first);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    expect(cookie).toMatch(/Secure/);
    const desk = named(first, 'weike_desk') ?? '';

    const again = await site.get('/login', { cookie: desk });
    expect(codeIn(await again.text())).toBe(code);
    expect(await (await site.get('/login/state', { cookie: desk })).json()).toEqual({ state: 'waiting' });

    await claimDeskCode(site.db, code, county.own.secretary.id, Date.now());
    expect(await (await site.get('/login/state', { cookie: desk })).json()).toEqual({ state: 'claimed' });
    const inside = await site.get('/login', { cookie: desk });
    expect(inside.status).toBe(303);
    expect(inside.headers.get('location')).toBe('/');
    const session = named(inside, 'weike_session') ?? '';
    expect((await site.get('/', { cookie: session })).status).toBe(200);
    // The browser's secret is spent: it shows another code now.
    const later = await site.get('/login', { cookie: desk });
    expect(codeIn(await later.text())).not.toBe(code);
    expect(await (await site.get('/login/state', { cookie: desk })).json()).toEqual({ state: 'gone' });
  });

  it('makes nothing of a cookie that somebody made up', async () => {
    await open();
    for (const cookie of [
      'weike_desk=x',
      'weike_desk=..',
      `weike_desk=${'a'.repeat(32)}.123456.9999999999999`,
      'weike_desk=%3Cb%3E',
    ]) {
      expect(await (await site.get('/login/state', { cookie })).json()).toEqual({ state: 'gone' });
      expect((await site.get('/login', { cookie })).status).toBe(200);
    }
  });

  it('says so when there are too many', async () => {
    await open();
    for (let count = 0; count < 60; count += 1) expect((await site.get('/login')).status).toBe(200);
    const crowded = await site.get('/login');
    expect(crowded.status).toBe(429);
    expect(await crowded.text()).toMatch(/过十分钟/);
  });
});

describe('a link', () => {
  it('shows a button, and only the press spends it', async () => {
    await open();
    const { own } = await buildCounty(site.db);
    const secret = (await issueMemberLink(site.db, own.secretary.id, Date.now())) ?? '';
    for (let look = 0; look < 3; look += 1) {
      const page = await site.get(`/enter?t=${secret}`);
      expect(page.status).toBe(200);
      expect(await page.text()).toMatch(/<button[^>]*>进入/);
      expect(cookiesOf(page)).toEqual([]);
    }
    const pressed = await site.post('/enter', new URLSearchParams({ t: secret }));
    expect(pressed.status).toBe(303);
    const [cookie = ''] = cookiesOf(pressed);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    expect((await site.get('/', { cookie: cookieOf(pressed) })).status).toBe(200);
    expect((await site.get(`/enter?t=${secret}`)).status).toBe(410);
    const again = await site.post('/enter', new URLSearchParams({ t: secret }));
    expect(again.status).toBe(410);
    expect(await again.text()).toMatch(/登录/);
  });
});

describe('a record', () => {
  it('is a file behind a button, once', async () => {
    const opened: string[] = [];
    site = await openSite({
      env: PUBLIC,
      parts: {
        records: {
          isLinkLive: async (secret) => secret === 'good' && opened.length === 0,
          open: async (secret) =>
            secret === 'good' && opened.push(secret) === 1 ? '\uFEFFtable\r\n' : undefined,
        },
      },
    });
    expect(await (await site.get('/record?t=good')).text()).toMatch(/<button[^>]*>下载/);
    expect((await site.get('/record?t=bad')).status).toBe(410);
    const file = await site.post('/record', new URLSearchParams({ t: 'good' }));
    expect(file.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(file.headers.get('cache-control')).toBe('no-store');
    expect(await file.text()).toContain('table');
    expect((await site.post('/record', new URLSearchParams({ t: 'good' }))).status).toBe(410);
    expect((await site.post('/record', new URLSearchParams({ t: 'x'.repeat(9_000) }))).status).toBe(413);
  });
});

describe('going out', () => {
  it('ends the session for good', async () => {
    await open();
    const { own } = await buildCounty(site.db);
    const secret = (await issueMemberLink(site.db, own.secretary.id, Date.now())) ?? '';
    const cookie = cookieOf(await site.post('/enter', new URLSearchParams({ t: secret })));
    const home = await site.get('/', { cookie });
    expect(await home.text()).toMatch(/action="\/logout"/);
    expect(
      (await site.post('/logout', new URLSearchParams(), { cookie, origin: 'https://evil.example' })).status,
    ).toBe(403);
    expect((await site.get('/', { cookie })).status).toBe(200);
    const left = await site.post('/logout', new URLSearchParams(), { cookie });
    expect(await left.text()).toMatch(/已经退出/);
    expect((await site.get('/', { cookie })).status).toBe(401);
    expect((await site.post('/logout', new URLSearchParams())).status).toBe(200);
  });

  it('is not there on a machine of one’s own', async () => {
    await open({});
    expect(await (await site.get('/')).text()).not.toMatch(/\/logout/);
  });
});

it('asks whoever has no session to come in, and says how', async () => {
  await open();
  const refused = await site.get('/');
  expect(refused.status).toBe(401);
  const text = await refused.text();
  expect(text).toMatch(/href="\/login"/);
  expect(text).toMatch(/私聊小课说 登录/);
});
