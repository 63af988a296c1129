/** Home, lessons, pictures, health and the files that pages load. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import { DAY, HOUR, localDay, startOfDay } from '../../src/clock.ts';
import { loadCatalogue } from '../../src/lessons/catalogue.ts';
import type { Question } from '../../src/lessons/lesson.ts';
import { PIXEL } from '../contracts/channel.ts';
import { ROOT } from '../support/school.ts';
import { cookieOf, healthy, lessonOf, openSite, type SiteOptions, type TestSite } from './site.ts';

let site: TestSite;
const open = async (options?: SiteOptions) => {
  site = await openSite(options);
  return site;
};
afterEach(async () => await site.close());

const EVIL = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'';
const question = (given: Partial<Question> = {}): Question => ({
  no: 1,
  type: 'single',
  stem: '开封后怎么放？',
  options: ['保鲜袋', '带胶圈的罐'],
  key: ['B'],
  explanation: '罐最密封。',
  line: 9,
  ...given,
});

describe('the home page', () => {
  it('says what to do first when there is nothing yet', async () => {
    await open({ lessons: [] });
    const page = await (await site.get('/')).text();
    for (const words of ['还没有排课', '还没有启用的群', '还没有人作答或打卡', '还没有微课', '打开沙盒'])
      expect(page).toContain(words);
  });

  it('shows figures with their base, sends in words, and the same send to several groups once', async () => {
    const at = Date.now() + 86_400_000;
    await open({
      parts: {
        upcoming: async () => ['甲群', '乙群'].map((topic) => ({ at, topic, title: '怎么存茶' })),
        participation: async () => ({
          week: '11月23日—11月29日',
          groups: [{ topic: '甲群', people: 28, learned: 24, answers: 60, correct: 45, checkins: 20 }],
          members: [
            {
              name: '黄秀兰',
              status: '正式党员',
              unit: '甲支部',
              group: '甲群',
              answers: 3,
              correct: 2,
              checkins: 1,
              days: 2,
            },
          ],
        }),
      },
    });
    const page = await (await site.get('/')).text();
    for (const words of ['24 / 28', '86%', '45 / 60', '2 / 3', '2 天', '黄秀兰', '甲群、乙群'])
      expect(page).toContain(words);
    expect(page.match(/怎么存茶/g)).toHaveLength(1);
  });

  it('shows one hour that the pace spreads over some minutes once, with how long it takes', async () => {
    const hour = Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 86_400_000;
    const send = (topic: string, after: number, title = '怎么存茶') => ({
      at: hour + after,
      hour,
      topic,
      title,
    });
    await open({
      parts: {
        upcoming: async () => [
          send('甲群', 0),
          send('乙群', 90_000),
          send('丙群', 180_000),
          send('甲群', 6_000, '拍照'),
        ],
      },
    });
    const page = await (await site.get('/')).text();
    expect(page.match(/怎么存茶/g)).toHaveLength(1);
    expect(page).toContain('甲群 等 3 个群，约 3 分钟发完');
    expect(page.match(/发完/g)).toHaveLength(1);
  });

  it('says of an account that it pauses, and until when', async () => {
    const paused = [{ account: 'wechaty:county', until: Date.now() + 30 * 60_000 }];
    const parts = { ...healthy.parts, paused } as const;
    await open({ parts: { health: async () => ({ status: 'degraded', parts }) } });
    const page = await (await site.get('/')).text();
    for (const words of ['账号 wechaty:county 先停一停', '到点先试一条']) expect(page).toContain(words);
  });

  it('says what is broken and what is still safe', async () => {
    const channels = [{ account: 'wechaty:county', state: 'waiting-login', reason: '请扫码登录' }];
    const parts = { ...healthy.parts, queue: 'down', unknownDeliveries: 2, channels } as const;
    await open({ parts: { health: async () => ({ status: 'down', parts }) } });
    const page = await (await site.get('/')).text();
    for (const words of ['连不上', '课和回复先攒着', '等待扫码登录', '请扫码登录', '不确定是否到群', '2 条'])
      expect(page).toContain(words);
  });

  it('answers with what it still knows while the database is down or hangs', async () => {
    const down = { ...healthy.parts, database: 'down' } as const;
    const broken: SiteOptions['parts'] = {
      health: async () => ({ status: 'down', parts: down }),
      upcoming: async () => {
        throw new Error('secret detail');
      },
      participation: () => new Promise(() => undefined),
      clock: { now: () => Date.now(), sleep: async () => undefined },
    };
    await open({ parts: broken });
    const answer = await site.get('/');
    expect(answer.status).toBe(200);
    const page = await answer.text();
    for (const words of ['连不上', '记下过的都还在', '接下来要发', '现在读不出来', '茉莉花茶怎么存'])
      expect(page).toContain(words);
    expect(page.match(/现在读不出来/g)).toHaveLength(3);
    expect(page).not.toContain('secret');
  });

  it('says of an account when it was last heard, and that it was deaf', async () => {
    const channels = [
      {
        account: 'wechaty:county',
        state: 'online',
        reason: '重新连上了，还没有听到消息',
        lastTrafficAt: Date.now() - 5 * 60_000,
        deafRestarts: 1,
      },
    ];
    await open({ parts: { health: async () => ({ ...healthy, parts: { ...healthy.parts, channels } }) } });
    const page = await (await site.get('/')).text();
    expect(page).toContain('重新连上了，还没有听到消息；5 分钟前听到过消息');
    expect(page).toMatch(/pill warn">在线/);
  });

  it('shows the next sends by day, the later ones behind a press', async () => {
    // Of the county's day, whatever day it is where the tests run.
    const noon = startOfDay(localDay(Date.now(), 'Asia/Shanghai'), 'Asia/Shanghai') + 12 * HOUR;
    const upcoming = Array.from({ length: 9 }, (_, index) => ({
      at: noon + index * DAY,
      topic: '甲群',
      title: `第 ${index} 课`,
    }));
    await open({ parts: { upcoming: async () => upcoming } });
    const page = await (await site.get('/')).text();
    expect(page).toMatch(/今天要发[\s\S]*<h3>明天<\/h3>/);
    const [first = '', later = ''] = page.split('后面还有 2 条');
    expect(first).toContain('第 6 课');
    expect(later).toContain('第 7 课');
  });

  it('draws a thousand groups and members without a thousand rows', async () => {
    const groups = Array.from({ length: 1_000 }, (_, index) => ({
      topic: `群${index}`,
      people: 30,
      learned: 1,
      answers: 1,
      correct: 1,
      checkins: 0,
    }));
    const members = Array.from({ length: 1_000 }, (_, index) => ({
      name: `人${index}`,
      status: '群众',
      unit: null,
      group: '群',
      answers: 1,
      correct: 1,
      checkins: 0,
      days: 1,
    }));
    await open({ parts: { participation: async () => ({ week: '', groups, members }) } });
    const page = await (await site.get('/')).text();
    expect(page).toContain('还有 940 人没有列出');
    expect(page).toContain('还有 940 个群没有列出');
    expect(page.match(/<tr>/g)?.length).toBeLessThan(130);
  });

  it('shows names, titles and faults as text, whatever stands in them', async () => {
    await open({
      lessons: [lessonOf({ title: EVIL, course: EVIL })],
      parts: {
        health: async () => ({
          ...healthy,
          parts: { ...healthy.parts, channels: [{ account: EVIL, state: EVIL, reason: EVIL }] },
        }),
        upcoming: async () => [{ at: Date.now(), topic: EVIL, title: EVIL }],
        participation: async () => ({
          week: EVIL,
          groups: [{ topic: EVIL, people: 1, learned: 1, answers: 1, correct: 1, checkins: 1 }],
          members: [
            {
              name: EVIL,
              status: EVIL,
              unit: EVIL,
              group: EVIL,
              answers: 1,
              correct: 1,
              checkins: 1,
              days: 1,
            },
          ],
        }),
      },
    });
    const page = await (await site.get('/')).text();
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toMatch(/<script(?! type="module" src="\/static\/)|<img/);
  });
});

describe('a lesson', () => {
  it('shows course, place, title, body, questions and their options, and how to answer, but not the key', async () => {
    const questions = [
      question(),
      question({ no: 2, type: 'truefalse', stem: '潮了还能喝。', options: [], key: ['错'] }),
    ];
    await open({ lessons: [lessonOf({ questions, sources: ['待核：https://example.org/a'] })] });
    const page = await (await site.get('/l/cha')).text();
    for (const words of [
      '网上卖货 · 第 1 课',
      '茉莉花茶怎么存',
      '2 分钟 · 花茶协会党支部',
      '<strong>潮</strong>',
      '带胶圈的罐',
      '1A 2对',
      '在群里回复',
      '资料来源',
    ])
      expect(page).toContain(words);
    expect(page).toContain('<a href="https://example.org/a" rel="noopener nofollow">');
    expect(page).not.toContain('罐最密封');
    expect(page).not.toContain('<script');
  });

  it('leads to its neighbours in the course and to no other lesson', async () => {
    const lessons = [1, 2, 3].map((order) => lessonOf({ id: `l${order}`, order, title: `课${order}` }));
    await open({ lessons: [...lessons, lessonOf({ id: 'alone', course: '', order: 0, title: '单独' })] });
    const links = async (id: string) =>
      [...(await (await site.get(`/l/${id}`)).text()).matchAll(/href="\/l\/(\w+)"/g)].map(([, to]) => to);
    expect(await links('l1')).toEqual(['l2']);
    expect(await links('l2')).toEqual(['l1', 'l3']);
    expect(await links('alone')).toEqual([]);
  });

  it('is text where somebody wrote script', async () => {
    const questions = [question({ stem: EVIL, options: [EVIL, `[x](javascript:alert(1))`] })];
    await open({
      lessons: [
        lessonOf({
          title: EVIL,
          author: EVIL,
          course: EVIL,
          body: EVIL,
          questions,
          sources: [EVIL, 'javascript:alert(1)'],
        }),
      ],
    });
    const page = await (await site.get('/l/cha')).text();
    expect(page).not.toMatch(/<script|<img|href="javascript/i);
    expect(page).toContain('&lt;script&gt;');
  });

  it('is missed in kind words', async () => {
    await open();
    for (const path of ['/l/nix', '/l/%2e%2e%2fetc', `/l/${encodeURIComponent(EVIL)}`, '/l/', '/nowhere']) {
      const answer = await site.get(path);
      expect(answer.status).toBe(404);
      const page = await answer.text();
      expect(page).toContain('没有这个页面');
      expect(page).not.toContain('<script');
    }
  });

  it('is not sent again to who has it, compressed or not', async () => {
    await open({ lessons: [lessonOf({ body: '茶'.repeat(2_000) })] });
    for (const encoding of ['gzip', 'identity']) {
      const first = await site.get('/l/cha', { 'accept-encoding': encoding });
      expect(first.headers.get('content-encoding')).toBe(encoding === 'gzip' ? 'gzip' : null);
      const tag = first.headers.get('etag') ?? '';
      const again = await site.get('/l/cha', { 'accept-encoding': encoding, 'if-none-match': tag });
      expect(again.status).toBe(304);
      expect(await again.text()).toBe('');
    }
  });

  it('weighs less than 14 KB with its style, for each lesson that ships', async () => {
    const { lessons } = await loadCatalogue(join(ROOT, 'lessons'));
    expect(lessons.length).toBeGreaterThan(0);
    await open({ lessons });
    const weigh = async (path: string) => gzipSync(await (await site.get(path)).bytes()).byteLength;
    const style =
      (await weigh('/static/base.css')) +
      (await weigh('/static/lesson.css')) +
      (await weigh('/static/answer.css')) +
      (await weigh('/type.css'));
    for (const { id } of lessons) expect((await weigh(`/l/${id}`)) + style).toBeLessThan(14 * 1024);
  });
});

describe('pictures', () => {
  const withFiles = (dir: string) => {
    mkdirSync(join(dir, 'selling/pic'), { recursive: true });
    for (const name of ['selling/pic/罐 1.png', 'selling/pic/other.png', 'shared.png', 'secret.png'])
      writeFileSync(join(dir, name), PIXEL);
    writeFileSync(join(dir, 'selling/pic/page.png'), '<script>alert(1)</script>');
    writeFileSync(join(dir, '../outside.png'), PIXEL);
  };
  const body =
    '![罐](<pic/罐 1.png>)\n\n![页](pic/page.png)\n\n![共](../shared.png)\n\n![外](https://evil.example/track.png)';

  it('come from the lesson that names them', async () => {
    await open({ lessons: [lessonOf({ body })], prepare: withFiles });
    const page = await (await site.get('/l/cha')).text();
    const addresses = [...page.matchAll(/<img src="([^"]+)"/g)].map(([, address]) => address ?? '');
    expect(addresses).toHaveLength(3);
    // As a browser asks: it resolves dots by itself.
    for (const address of [addresses[0], addresses[2]].map((one) => new URL(one ?? '', site.base).pathname)) {
      const answer = await site.get(address);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('image/png');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(Buffer.from(await answer.bytes())).toEqual(PIXEL);
    }
    expect(page).not.toContain('src="https://evil.example');
  });

  it.each([
    'selling/pic/other.png',
    'secret.png',
    'selling/../secret.png',
    'selling/..%2fsecret.png',
    '../secret.png',
    '..%2fsecret.png',
    '%2e%2e/secret.png',
    '..%5csecret.png',
    'pic/..%2f..%2fsecret.png',
    'pic/../../../outside.png',
    '..%2f..%2foutside.png',
    '%2fetc%2fpasswd',
    'cha.md',
    '%00',
    '%zz',
  ])('are not %s', async (path) => {
    await open({ lessons: [lessonOf({ body })], prepare: withFiles });
    expect((await site.get(`/l/cha/picture/${path}`)).status).toBe(404);
  });

  it('are what their bytes say, not what their name says', async () => {
    await open({ lessons: [lessonOf({ body })], prepare: withFiles });
    expect((await site.get('/l/cha/picture/selling/pic/page.png')).status).toBe(404);
  });
});

describe('/healthz', () => {
  const ask = async (health: SiteOptions['parts']) => {
    await open({ parts: { ...health } });
    const answer = await site.get('/healthz');
    return { status: answer.status, body: (await answer.json()) as { status: string } };
  };

  it('is 200 when all is well', async () => {
    const { status, body } = await ask({});
    expect({ status, says: body.status }).toEqual({ status: 200, says: 'ok' });
  });

  it('is 200 and degraded when a channel is offline', async () => {
    const { status, body } = await ask({ health: async () => ({ ...healthy, status: 'degraded' }) });
    expect({ status, says: body.status }).toEqual({ status: 200, says: 'degraded' });
  });

  it('is 503 when the database or the queue is down, also when asking them throws', async () => {
    const down = await ask({ health: async () => ({ ...healthy, status: 'down' }) });
    expect(down.status).toBe(503);
    await site.close();
    const thrown = await ask({
      health: async () => {
        throw new Error('postgres://user:password@host');
      },
    });
    expect(thrown.status).toBe(503);
    expect(JSON.stringify(thrown.body)).not.toContain('password');
  });

  it('is 503 when nothing answers in time', async () => {
    const { status } = await ask({
      health: () => new Promise(() => undefined),
      clock: { now: () => Date.now(), sleep: async () => undefined },
    });
    expect(status).toBe(503);
  });
});

describe('the files that pages load', () => {
  it('are there, with their type and a tag', async () => {
    await open();
    for (const path of ['/', '/sandbox', '/l/cha']) {
      const page = await (await site.get(path)).text();
      const files = [...page.matchAll(/(?:href|src)="(\/static\/[^"]+|\/type\.css)"/g)].map(
        ([, file]) => file ?? '',
      );
      expect(files.length).toBeGreaterThan(2);
      for (const file of files) {
        const answer = await site.get(file);
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toMatch(/css|javascript|svg/);
      }
    }
    const first = await site.get('/static/sandbox.js');
    const again = await site.get('/static/sandbox.js', { 'if-none-match': first.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
  });

  it.each(['..%2fserver.ts', '%2e%2e/parts.ts', 'nix.css', '__proto__', 'constructor'])(
    'are not %s',
    async (name) => {
      await open();
      expect((await site.get(`/static/${name}`)).status).toBe(404);
    },
  );
});

describe('the large type', () => {
  it('comes and goes with a press, and leads back to the page', async () => {
    await open();
    const press = async (headers: Record<string, string>) =>
      await site.post('/type', new URLSearchParams(), headers);
    expect(await (await site.get('/type.css')).text()).toBe('');
    const large = await press({ referer: `${site.base}/l/cha?x=1` });
    expect(large.status).toBe(303);
    expect(large.headers.get('location')).toBe('/l/cha?x=1');
    const cookie = cookieOf(large);
    expect(await (await site.get('/type.css', { cookie })).text()).toContain('--text:20px');
    const usual = await press({ cookie });
    expect(await (await site.get('/type.css', { cookie: cookieOf(usual) })).text()).toBe('');
  });

  it.each(['https://evil.example//evil.example/x', 'https://evil.example/\\evil.example', 'not an address'])(
    'never leads away to %s',
    async (referer) => {
      await open();
      const answer = await site.post('/type', new URLSearchParams(), { referer });
      const location = answer.headers.get('location') ?? '';
      expect(new URL(location, site.base).origin).toBe(site.base);
    },
  );
});
