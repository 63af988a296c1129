/** The sandbox's page and what its script calls, the live stream over real HTTP. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { UserError } from '../../src/errors.ts';
import type { MessageView } from '../../src/web/sandbox-view.ts';
import { PIXEL } from '../contracts/channel.ts';
import { until } from '../support/wait.ts';
import { openSite, type SiteOptions, type TestSite } from './site.ts';

let site: TestSite;
const open = async (options?: SiteOptions) => {
  site = await openSite(options);
  return site;
};
afterEach(async () => await site.close());

const GROUP = { roomId: 'huacha@sandbox' };
const EVIL = '<script>alert(1)</script><img src=x onerror=alert(1)>';

const say = (body: Record<string, unknown>) =>
  site.post('/sandbox/api/say', { person: 'huacha-01', where: 'group', text: '打卡', ...body });
const said = async () => (await site.sandbox.messages(GROUP, { limit: 100 })).map(({ text }) => text);
const read = async (query: string) => {
  const answer = await site.get(`/sandbox/api/messages?${query}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as { messages: MessageView[]; more: boolean };
};

describe('the page', () => {
  it('shows the log, the chats and who one is before any script has run', async () => {
    await open();
    await site.sandbox.say('huacha-02', GROUP, '1B 2C');
    await site.sandbox.send({ kind: 'group', ...GROUP }, { kind: 'text', text: '已收到' });
    const page = await (await site.get('/sandbox?as=huacha-02')).text();
    for (const words of [
      '1B 2C',
      '已收到',
      '花茶协会党支部群',
      '村淘服务站党支部群',
      '以 韦国强 的身份说',
      '没有开脚本',
    ])
      expect(page).toContain(words);
    expect(page).toContain('<span class="tag">党员</span>');
  });

  it('shows the private chat of whoever one is, and nobody else’s', async () => {
    await open();
    await site.sandbox.say('huacha-01', 'private', '我的秘密');
    expect(await (await site.get('/sandbox?as=huacha-01&chat=private')).text()).toContain('我的秘密');
    expect(await (await site.get('/sandbox?as=huacha-02&chat=private')).text()).not.toContain('我的秘密');
  });

  it('opens with anything in the address', async () => {
    await open();
    for (const query of [
      'as=nobody',
      'room=nowhere',
      `as=${encodeURIComponent(EVIL)}`,
      'chat=x',
      'room=cuntao',
    ]) {
      const answer = await site.get(`/sandbox?${query}`);
      expect(answer.status).toBe(200);
      expect(await answer.text()).not.toContain(EVIL);
    }
    expect(await (await site.get('/sandbox?room=cuntao')).text()).toContain(
      '<span id="topic">村淘服务站党支部群',
    );
  });

  it('tells an empty chat what to do first', async () => {
    await open();
    expect(await (await site.get('/sandbox')).text()).toContain('点下面的「立即发下一课」');
  });

  it('is missing in kind words where there is no sandbox', async () => {
    await open();
    const { sandbox: _none, ...parts } = site.parts;
    const { makeRoutes } = await import('../../src/web/server.ts');
    const answer = await makeRoutes(parts).app.request(`${site.base}/sandbox`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('没有开沙盒');
  });
});

describe('saying something', () => {
  it('reaches the inbox and the log as it was typed', async () => {
    await open();
    const text = '第一行\n  @小课 1A 2C  <b>';
    const answer = await say({ text });
    expect(answer.status).toBe(200);
    const { id, message } = (await answer.json()) as { id: string; message: MessageView };
    expect(site.heard.messages).toMatchObject([{ id, text, contactId: 'huacha-01', mention: true }]);
    // Blanks count in a bubble: it holds the words and nothing besides.
    expect(message.html).toContain(
      '<div class="bubble">第一行\n  <b class="mention">@小课</b> 1A 2C  &lt;b&gt;</div>',
    );
  });

  it('says a thing once for one key, however often it is tried', async () => {
    await open();
    const tries = await Promise.all(
      [1, 2, 3].map(async () => (await say({ key: 'abcdef123456' })).json() as Promise<{ id: string }>),
    );
    await say({ key: 'abcdef123456' });
    expect(new Set(tries.map(({ id }) => id)).size).toBe(1);
    expect(await said()).toEqual(['打卡']);
    await say({ key: 'abcdef123456', person: 'huacha-02' });
    expect(await said()).toEqual(['打卡', '打卡']);
  });

  it.each([
    ['nothing', { text: '' }],
    ['blanks only', { text: ' \n\t ' }],
    ['a NUL only', { text: '\0\0' }],
    ['no text', { text: undefined }],
    ['a number', { text: 5 }],
    ['an unknown person', { person: 'nobody' }],
    ['an unknown place', { where: 'elsewhere' }],
    ['a key that is none', { key: "x' or 1=1" }],
    ['too many characters', { text: '茶'.repeat(2_001) }],
  ])('is refused in Chinese when it is %s', async (_what, body) => {
    await open();
    const answer = await say(body);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: string }).error).toMatch(/^\p{Script=Han}/u);
    expect(await said()).toEqual([]);
  });

  it('takes what no database would', async () => {
    await open();
    expect((await say({ text: 'a\0b\ud800c\r\nd' })).status).toBe(200);
    expect(await said()).toEqual(['ab\ufffdc\nd']);
  });

  it('refuses a body that is too large before reading it', async () => {
    await open();
    const answer = await say({ text: 'x'.repeat(100_000) });
    expect(answer.status).toBe(413);
    expect(((await answer.json()) as { error: string }).error).toContain('太长了');
  });

  it('refuses what is no JSON', async () => {
    await open();
    const answer = await site.post('/sandbox/api/say', new URLSearchParams({ text: 'x' }));
    expect(answer.status).toBe(400);
  });
});

describe('reading', () => {
  it('goes back page by page, without gap or double', async () => {
    await open();
    const all = Array.from({ length: 95 }, (_, index) => `第 ${index} 句`);
    for (const [index, text] of all.entries())
      await site.sandbox.say(`huacha-0${(index % 9) + 1}`, GROUP, text);
    const seen: string[] = [];
    let before = '';
    for (;;) {
      const { messages, more } = await read(
        `person=huacha-01&where=group${before ? `&before=${before}` : ''}`,
      );
      seen.unshift(...messages.map(({ text }) => text));
      before = messages[0]?.id ?? '';
      if (!more) break;
    }
    expect(seen).toEqual(all);
  });

  it('shows script, links and mentions as what they are', async () => {
    await open();
    await say({ text: `${EVIL} 看 https://example.org/a?b=1&c=2。 ${site.base}/l/cha @韦国强` });
    const [message] = (await read('person=huacha-02&where=group')).messages;
    expect(message?.html).not.toMatch(/<script|<img/);
    expect(message?.html).toContain('&lt;script&gt;');
    expect(message?.html).toContain(
      '<a href="https://example.org/a?b=1&amp;c=2" target="_blank" rel="noopener">',
    );
    expect(message?.html).toContain('<a href="/l/cha"');
    expect(message?.html).toContain('<b class="mention">@韦国强</b>');
  });

  it('gives the pictures that were sent, and no other file', async () => {
    await open({ prepare: (dir) => writeFileSync(join(dir, 'dot.png'), PIXEL) });
    const path = join(site.lessonsDir, 'dot.png');
    const { messageId = '' } = await site.sandbox.send(
      { kind: 'group', ...GROUP },
      { kind: 'picture', path, alt: '一个"点' },
    );
    const [message] = (await read('person=huacha-01&where=group')).messages;
    expect(message?.html).toContain('alt="一个&quot;点"');
    const picture = await site.get(message?.picture ?? '');
    expect(picture.headers.get('content-type')).toBe('image/png');
    const words = (await say({})).json() as Promise<{ id: string }>;
    for (const id of ['nix', '..%2f..%2fetc%2fpasswd', (await words).id])
      expect((await site.get(`/sandbox/api/picture/${id}`)).status).toBe(404);
    expect(messageId).toBe(message?.id);
  });

  it.each([
    'person=nobody&where=group',
    'person=huacha-01&where=x',
    '',
    'person=huacha-01',
    `person=${'x'.repeat(65)}&where=group`,
  ])('refuses %s', async (query) => {
    await open();
    const answer = await site.get(`/sandbox/api/messages?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toHaveProperty('error');
  });
});

describe('the next lesson', () => {
  it('is sent to that group, and says so', async () => {
    const rooms: string[] = [];
    await open({
      parts: {
        sendNextLesson: async (room) => {
          rooms.push(room);
          return '《怎么存茶》这就发到群里';
        },
      },
    });
    const answer = await site.post('/sandbox/api/next', { room: GROUP.roomId });
    expect(await answer.json()).toEqual({ told: '《怎么存茶》这就发到群里' });
    expect(rooms).toEqual([GROUP.roomId]);
  });

  it('says why not', async () => {
    await open({
      parts: {
        sendNextLesson: async () => {
          throw new UserError('这个群没有启用');
        },
      },
    });
    const answer = await site.post('/sandbox/api/next', { room: GROUP.roomId });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: '这个群没有启用' });
  });

  it('says in Chinese what was meant for a terminal', async () => {
    await open({
      parts: {
        sendNextLesson: async () => {
          throw new UserError('group huacha has had lesson x in this revision already: nothing was sent');
        },
      },
    });
    const answer = await site.post('/sandbox/api/next', { room: GROUP.roomId });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: '没有办成，什么也没有改动。' });
  });
});

describe('a form without script', () => {
  const form = (fields: Record<string, string>) =>
    new URLSearchParams({
      person: 'huacha-01',
      where: 'group',
      text: '打卡',
      key: 'abcdef123456',
      ...fields,
    });

  it('says it once, however often it is sent, and leads back to the chat', async () => {
    await open();
    for (let at = 0; at < 2; at += 1) {
      const answer = await site.post('/sandbox/say', form({}));
      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toBe('/sandbox?as=huacha-01');
    }
    const own = await site.post('/sandbox/say', form({ where: 'private', key: 'fedcba654321' }));
    expect(own.headers.get('location')).toBe('/sandbox?as=huacha-01&chat=private');
    expect(await said()).toEqual(['打卡']);
  });

  it.each([
    ['nothing was typed', { text: ' ' }, '先写点什么'],
    ['too much was typed', { text: '茶'.repeat(2_001) }, '太长了，一次最多 2000 个字'],
    ['nobody is that', { person: 'nobody' }, '沙盒里没有这个人'],
    ['the place is none', { where: '<b>' }, '没看懂这条消息'],
  ])('keeps the words when %s', async (_what, fields, words) => {
    await open();
    const answer = await site.post('/sandbox/say', form({ ...fields }));
    expect(answer.status).toBe(400);
    const page = await answer.text();
    expect(page).toContain(words);
    expect(page).toContain(
      `${form({ ...fields })
        .get('text')
        ?.trim()}</textarea`,
    );
    expect(await said()).toEqual([]);
  });

  it('shows what was typed as text, whatever it is', async () => {
    await open();
    const answer = await site.post('/sandbox/say', form({ person: 'nobody', text: `</textarea>${EVIL}` }));
    expect(await answer.text()).not.toMatch(/<script>alert|<img/);
  });

  it('is refused when it is too large, and from elsewhere', async () => {
    await open();
    expect((await site.post('/sandbox/say', form({ text: 'x'.repeat(50_000) }))).status).toBe(413);
    const foreign = await site.post('/sandbox/say', form({}), { origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
    expect((await site.post('/sandbox/next', form({}), { origin: 'https://evil.example' })).status).toBe(403);
    expect(await said()).toEqual([]);
  });

  it('asks for the next lesson, and says why not', async () => {
    const rooms: string[] = [];
    await open({
      parts: {
        sendNextLesson: async (room) => {
          rooms.push(room);
          if (rooms.length === 1) return '这就发';
          throw new UserError('group huacha is disabled: "weike group enable huacha" first');
        },
      },
    });
    const sent = await site.post('/sandbox/next', form({}));
    expect(sent.status).toBe(303);
    const page = await (await site.get(sent.headers.get('location') ?? '')).text();
    expect(page).toContain('下一课这就发到群里');
    const refused = await site.post('/sandbox/next', form({}));
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('没有办成，什么也没有改动。');
    expect(rooms).toEqual([GROUP.roomId, GROUP.roomId]);
  });

  it('tells only what we know to tell', async () => {
    await open();
    const page = await (await site.get('/sandbox?told=%E4%B8%AD%E5%A5%96%E4%BA%86&try=99&pane=evil')).text();
    expect(page).not.toContain('中奖了');
    expect(page).toContain('data-pane="talk"');
  });
});

describe('the live stream', () => {
  /** Listens as a browser does; gives what has come so far. */
  async function listen(url: string, headers: Record<string, string> = {}) {
    const stop = new AbortController();
    const answer = await fetch(url, {
      headers: { 'accept-encoding': 'gzip', ...headers },
      signal: stop.signal,
    });
    const events: { id: string; event: string; data: string }[] = [];
    let ended = false;
    const reading = (async () => {
      let rest = '';
      for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const parts = (rest + chunk).split('\n\n');
        rest = parts.pop() ?? '';
        for (const part of parts) {
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1] ?? '';
          events.push({ id: field('id'), event: field('event'), data: field('data') });
        }
      }
    })()
      .catch(() => undefined)
      .finally(() => (ended = true));
    const texts = () =>
      events
        .filter(({ event }) => event === 'message')
        .map(({ data }) => (JSON.parse(data) as MessageView).text);
    return {
      answer,
      events,
      texts,
      hasEnded: () => ended,
      lastId: () => events.findLast(({ event }) => event === 'message')?.id ?? '',
      async stop() {
        stop.abort();
        await reading;
      },
    };
  }

  it('brings the group and one’s own private chat, live, unzipped, and nobody else’s', async () => {
    await open();
    const web = await site.listen();
    try {
      await site.sandbox.say('huacha-01', GROUP, '以前的话');
      const ann = await listen(`${web.url}/sandbox/api/events?person=huacha-01`);
      expect(ann.answer.headers.get('content-type')).toContain('text/event-stream');
      expect(ann.answer.headers.get('content-encoding')).toBeNull();
      await until(() => ann.events.length > 0, { what: 'the line up' });
      await site.sandbox.say('huacha-02', GROUP, '大家好');
      await site.sandbox.say('huacha-02', 'private', '悄悄话');
      await site.sandbox.say('cuntao-01', { roomId: 'cuntao@sandbox' }, '别的群');
      await site.sandbox.send({ kind: 'private', contactId: 'huacha-01' }, { kind: 'text', text: '给你的' });
      await until(() => ann.texts().includes('给你的'), { what: 'the private message' });
      expect(ann.texts()).toEqual(['大家好', '给你的']);
      await ann.stop();
    } finally {
      await web.close();
    }
  });

  it('goes on after the last id that was seen, without loss or double, even after hundreds', async () => {
    await open();
    const web = await site.listen();
    try {
      const url = `${web.url}/sandbox/api/events?person=huacha-01&after=0`;
      await site.sandbox.say('huacha-02', GROUP, '一');
      const first = await listen(url);
      await until(() => first.texts().length === 1);
      await first.stop();
      const missed = Array.from({ length: 230 }, (_, index) => `漏 ${index}`);
      for (const text of missed) await site.sandbox.say('huacha-03', GROUP, text);
      const second = await listen(url, { 'last-event-id': first.lastId() });
      const live = Array.from({ length: 30 }, (_, index) => `新 ${index}`);
      await Promise.all(live.map((text) => site.sandbox.say('huacha-04', GROUP, text)));
      await until(() => second.texts().length >= 260, { what: 'all that was missed' });
      expect(second.texts()).toEqual([...missed, ...live]);
      await second.stop();
    } finally {
      await web.close();
    }
  });

  it('ends when the server does, within two seconds', async () => {
    await open();
    const web = await site.listen();
    const lines = await Promise.all(
      [1, 2, 3].map(() => listen(`${web.url}/sandbox/api/events?person=huacha-01`)),
    );
    await until(() => lines.every(({ events }) => events.length > 0), { what: 'three lines up' });
    const began = performance.now();
    await web.close();
    expect(performance.now() - began).toBeLessThan(2_000);
    await until(() => lines.every((line) => line.hasEnded()), { what: 'the ends of the lines' });
  });

  it('lets go of readers who left', async () => {
    await open();
    const web = await site.listen();
    try {
      const subscribe = site.sandbox.subscribe.bind(site.sandbox);
      let open = 0;
      Object.assign(site.sandbox, {
        subscribe: (...given: Parameters<typeof subscribe>) => {
          const end = subscribe(...given);
          open += 1;
          return () => {
            open -= 1;
            end();
          };
        },
      });
      const line = await listen(`${web.url}/sandbox/api/events?person=huacha-01`);
      await until(() => line.events.length > 0);
      expect(open).toBe(2);
      await line.stop();
      await until(() => open === 0, { what: 'nobody listening any more' });
    } finally {
      await web.close();
    }
  });

  it('says plainly that a port is taken', async () => {
    await open();
    const web = await site.listen();
    const { port } = new URL(web.url);
    const second = await openSite({ env: { PORT: port } });
    await expect(second.listen()).rejects.toThrow(`port ${port} on 127.0.0.1 is taken`);
    await second.close();
    await web.close();
  });
});
