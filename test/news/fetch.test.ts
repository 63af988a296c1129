/** Reading strangers' addresses: never anything inside, never for ever, never without a limit. */
import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fetchPublic, type FetchRules, type Resolve } from '../../src/news/fetch.ts';
import { openWebSite, type WebSite } from '../support/web-site.ts';

const HTML = 'text/html';
const name = (host: string, ...addresses: string[]): Record<string, string[]> => ({ [host]: addresses });

/** A DNS with these answers; it remembers what it was asked. */
function dns(table: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const resolve: Resolve = async (host) => {
    asked.push(host);
    const addresses = table[host];
    if (!addresses) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { resolve, asked };
}

describe('reading public addresses only', () => {
  it.each([
    'http://127.0.0.1/',
    'http://localhost/feed.xml',
    'http://a.localhost:8080/',
    'http://localhost./',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://10.1.2.3/',
    'http://192.168.0.1:8080/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://0.0.0.0/',
    'http://224.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://[2002:7f00:1::]/',
  ])('%s is refused', async (url) => {
    await expect(fetchPublic({ url, accept: HTML })).rejects.toMatchObject({ code: 'private' });
  });

  it.each([
    'ftp://news.example.cn/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'news.example.cn',
    '',
    'http://user:secret@news.example.cn/',
  ])('%j is no address to read', async (url) => {
    await expect(fetchPublic({ url, accept: HTML })).rejects.toMatchObject({ code: 'address' });
  });

  it.each([
    ['loopback', '127.0.0.1'],
    ['private', '10.0.0.5'],
    ['link-local', '169.254.1.1'],
    ['shared', '100.100.100.200'],
    ['multicast', '239.1.1.1'],
    ['IPv6 loopback', '::1'],
    ['unique local', 'fd00::5'],
    ['mapped', '::ffff:192.168.1.1'],
  ])('a name with a %s address is refused', async (_, address) => {
    const { resolve } = dns(name('news.test', address));
    await expect(fetchPublic({ url: 'http://news.test/', accept: HTML }, { resolve })).rejects.toMatchObject({
      code: 'private',
    });
  });

  it('a name without an address is no site', async () => {
    const { resolve } = dns({ 'empty.test': [] });
    await expect(
      fetchPublic({ url: 'http://nowhere.test/', accept: HTML }, { resolve }),
    ).rejects.toMatchObject({ code: 'network' });
    await expect(fetchPublic({ url: 'http://empty.test/', accept: HTML }, { resolve })).rejects.toMatchObject(
      { code: 'network' },
    );
  });
});

describe('a site', () => {
  let site: WebSite;
  let rules: FetchRules;
  beforeEach(async () => {
    site = await openWebSite();
    rules = {
      resolve: dns(name('news.test', '127.0.0.1')).resolve,
      allowed: new Set([site.address]),
      timeLimit: 5_000,
    };
  });
  afterEach(async () => {
    await site.close();
  });
  const url = (path: string) => `http://news.test:${site.port}${path}`;
  const read = (path: string, more: FetchRules = {}) =>
    fetchPublic({ url: url(path), accept: HTML }, { ...rules, ...more });

  it('is read with what it says of itself', async () => {
    site.at('/', (_, response) =>
      response
        .writeHead(200, {
          'content-type': 'text/html; charset=gbk',
          etag: '"1"',
          'last-modified': 'Tue, 24 Nov 2026 08:00:00 GMT',
        })
        .end('花'),
    );
    expect(await read('/')).toEqual({
      isUnchanged: false,
      url: url('/'),
      bytes: Buffer.from('花'),
      contentType: 'text/html; charset=gbk',
      etag: '"1"',
      lastModified: 'Tue, 24 Nov 2026 08:00:00 GMT',
    });
    expect(site.asked[0]?.headers).toMatchObject({ accept: HTML, host: `news.test:${site.port}` });
    expect(site.asked[0]?.headers.cookie).toBeUndefined();
  });

  it('is asked only for what changed', async () => {
    site.at('/', (request, response) => {
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304, { etag: '"1"' }).end();
      else response.writeHead(200, { etag: '"1"' }).end('x');
    });
    const asked = { url: url('/'), accept: HTML };
    const first = await fetchPublic(asked, rules);
    const second = await fetchPublic({ ...asked, etag: first.etag ?? '', lastModified: 'x' }, rules);
    expect(second).toMatchObject({ isUnchanged: true, etag: '"1"' });
    expect(site.asked[1]?.headers).toMatchObject({ 'if-none-match': '"1"', 'if-modified-since': 'x' });
  });

  it('that says 304 without having been asked for changes is wrong', async () => {
    site.at('/', (_, response) => response.writeHead(304).end());
    await expect(read('/')).rejects.toMatchObject({ code: 'status', status: 304 });
  });

  it.each([404, 410, 429, 500, 503])('that answers %i says so', async (status) => {
    site.at('/', (_, response) => response.writeHead(status, { 'retry-after': '120' }).end('x'));
    await expect(read('/')).rejects.toMatchObject({ code: 'status', status, retryAfter: '120' });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('may pack with %s', async (encoding, pack) => {
    site.at('/', (_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(pack(Buffer.from('茉莉花'))),
    );
    expect((await read('/')).bytes.toString()).toBe('茉莉花');
  });

  it('with a packed body of a thousand times its size is cut off', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    site.at('/', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    await expect(read('/', { sizeLimit: 1024 * 1024 })).rejects.toMatchObject({ code: 'too-large' });
  });

  it.each(['constructor', 'compress', 'gzip, gzip'])(
    'that packs with %j is not unpacked',
    async (encoding) => {
      site.at('/', (_, response) => response.writeHead(200, { 'content-encoding': encoding }).end('x'));
      await expect(read('/')).rejects.toMatchObject({ code: 'encoding' });
    },
  );

  it('that says gzip and sends something else is no use', async () => {
    site.at('/', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'));
    await expect(read('/')).rejects.toMatchObject({ code: 'network' });
  });

  it('that never stops sending is cut off', async () => {
    let timer: NodeJS.Timeout | undefined;
    site.at('/', (_, response) => {
      response.writeHead(200);
      timer = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1);
      response.on('close', () => clearInterval(timer));
    });
    await expect(read('/', { sizeLimit: 1024 * 1024 })).rejects.toMatchObject({ code: 'too-large' });
    clearInterval(timer);
  });

  it('that sends a byte now and then is given up', async () => {
    let timer: NodeJS.Timeout | undefined;
    site.at('/', (_, response) => {
      response.writeHead(200);
      timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    await expect(read('/', { timeLimit: 300 })).rejects.toMatchObject({ code: 'too-long' });
    clearInterval(timer);
  });

  it('that never answers is given up', async () => {
    site.at('/', () => undefined);
    await expect(read('/', { timeLimit: 300 })).rejects.toMatchObject({ code: 'too-long' });
  });

  it('whose name is never found is given up', async () => {
    await expect(
      read('/', { timeLimit: 300, resolve: () => new Promise(() => undefined) }),
    ).rejects.toMatchObject({ code: 'too-long' });
  });

  it('that breaks off is no use', async () => {
    site.at('/', (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
    });
    await expect(read('/')).rejects.toMatchObject({ code: 'network' });
  });

  it('with a head of many kilobytes is no use', async () => {
    site.at('/', (_, response) => response.writeHead(200, { 'x-long': 'x'.repeat(100_000) }).end('x'));
    await expect(read('/')).rejects.toMatchObject({ code: 'network' });
  });

  it('is not asked any more when the server stops', async () => {
    site.at('/', () => undefined);
    const stopping = new AbortController();
    const reading = read('/', { signal: stopping.signal });
    setTimeout(() => stopping.abort(), 50);
    await expect(reading).rejects.toMatchObject({ code: 'network' });
  });

  it('is followed through redirects, each asked of the budget', async () => {
    site.at('/a', (_, response) => response.writeHead(301, { location: '/b' }).end());
    site.at('/b', (_, response) => response.writeHead(302, { location: url('/c') }).end());
    site.at('/c', (_, response) => response.end('c'));
    const hosts: string[] = [];
    const got = await read('/a', { mayAsk: (host) => void hosts.push(host) });
    expect(got).toMatchObject({ url: url('/c'), bytes: Buffer.from('c') });
    expect(hosts).toEqual(['news.test', 'news.test', 'news.test']);
  });

  it('that leads in a circle is left', async () => {
    site.at('/a', (_, response) => response.writeHead(302, { location: '/a' }).end());
    await expect(read('/a')).rejects.toMatchObject({ code: 'redirects' });
    expect(site.asked).toHaveLength(6);
  });

  it.each(['', 'http://'])('that leads to %j is left', async (location) => {
    site.at('/a', (_, response) => response.writeHead(302, { location }).end());
    await expect(read('/a')).rejects.toMatchObject({ code: 'redirects' });
  });
});

describe('a site that leads inside', () => {
  let site: WebSite;
  let inside: WebSite;
  beforeEach(async () => {
    site = await openWebSite();
    inside = await openWebSite();
    inside.at('/', (_, response) => response.end('secret'));
  });
  afterEach(async () => {
    await site.close();
    await inside.close();
  });
  const rulesWith = (resolve: Resolve): FetchRules => ({
    resolve,
    allowed: new Set([site.address]),
    timeLimit: 5_000,
  });
  const start = () => `http://news.test:${site.port}/`;

  it.each([
    ['a literal address', () => `http://127.0.0.1:${inside.port}/`],
    ['the number of an address', () => `http://2130706433:${inside.port}/`],
    ['an IPv6 address', () => `http://[::1]:${inside.port}/`],
    ['a mapped address', () => `http://[::ffff:127.0.0.1]:${inside.port}/`],
    ['a name', () => `http://inside.test:${inside.port}/`],
    ['the cloud’s own address', () => 'http://169.254.169.254/latest/'],
  ])('by a redirect to %s is not followed', async (_, target) => {
    site.at('/', (_request, response) => response.writeHead(302, { location: target() }).end());
    const { resolve } = dns({ 'news.test': ['127.0.0.1'], 'inside.test': ['127.0.0.1'] });
    await expect(fetchPublic({ url: start(), accept: HTML }, rulesWith(resolve))).rejects.toMatchObject({
      code: 'private',
    });
    expect(inside.asked).toEqual([]);
  });

  it.each(['file:///etc/passwd', 'ftp://x/', 'gopher://x/'])(
    'by a redirect to %s is not followed',
    async (location) => {
      site.at('/', (_, response) => response.writeHead(302, { location }).end());
      const { resolve } = dns({ 'news.test': ['127.0.0.1'] });
      await expect(fetchPublic({ url: start(), accept: HTML }, rulesWith(resolve))).rejects.toMatchObject({
        code: 'address',
      });
    },
  );

  it('by a DNS that changes its answer can’t: the answer that was checked is the one that is connected to', async () => {
    let answers = 0;
    // First what may be read, then, and for ever, what may not.
    const resolve: Resolve = async () => {
      answers += 1;
      return [{ address: answers === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    };
    site.at('/', (_, response) => response.end('fine'));
    const got = await fetchPublic({ url: start(), accept: HTML }, rulesWith(resolve));
    expect(got.bytes.toString()).toBe('fine');
    expect(answers).toBe(1);
    await expect(fetchPublic({ url: start(), accept: HTML }, rulesWith(resolve))).rejects.toMatchObject({
      code: 'private',
    });
    expect(site.asked).toHaveLength(1);
  });

  it('by a DNS that changes its answer between a page and its redirect can’t', async () => {
    let answers = 0;
    const resolve: Resolve = async () => {
      answers += 1;
      return [{ address: answers === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    };
    site.at('/', (_, response) => response.writeHead(302, { location: '/again' }).end());
    await expect(fetchPublic({ url: start(), accept: HTML }, rulesWith(resolve))).rejects.toMatchObject({
      code: 'private',
    });
    expect(site.asked).toHaveLength(1);
  });

  it('by one good and one bad address is read at the good one', async () => {
    const { resolve } = dns({ 'news.test': ['10.0.0.1', '::1', '127.0.0.1'] });
    site.at('/', (_, response) => response.end('fine'));
    expect((await fetchPublic({ url: start(), accept: HTML }, rulesWith(resolve))).bytes.toString()).toBe(
      'fine',
    );
  });
});
