/**
 * Takes pictures of the pages at 360 and 1280 px into `shots/`: light and dark, large type, without script,
 * empty and broken; and the README's picture into `docs/`. It starts a server of its own in an empty folder
 * and plays a class in it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { BrowserContextOptions, Page } from 'playwright-core';

import { systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import { silentLog } from '../src/log.ts';
import type { HealthView, WebParts } from '../src/web/parts.ts';
import { openWeb } from '../src/web/server.ts';
import { openChromium } from '../test/support/chromium.ts';
import { PAGES as ALL } from '../test/support/walk-pages.ts';

const PORT = 8_199;
const PHONE = { width: 360, height: 720 } as const;
const DESKTOP = { width: 1280, height: 800 } as const;
const SIZES = { phone: PHONE, desktop: DESKTOP } as const;

const data = mkdtempSync(join(tmpdir(), 'weike-shots-'));
const lessons = join(data, 'lessons');
cpSync('lessons', lessons, { recursive: true });
// All but the lesson that has its picture taken draw a question from the bank.
for (const file of globSync(join(lessons, '{county,law,party,selling}/*.md')))
  if (!file.endsWith('cunchu.md')) appendFileSync(file, '\n抽题：存茶 1\n');
const env = { ...process.env, DATA_DIR: data, LESSONS_DIR: lessons, PORT: String(PORT), LOG_LEVEL: 'error' };
const server = spawn(process.execPath, ['src/main.ts'], {
  env,
  stdio: ['ignore', 'inherit', 'pipe'],
});
for await (const line of createInterface({ input: server.stderr })) if (line.includes('running at')) break;
server.stderr.resume();

const browser = await openChromium();
mkdirSync('shots', { recursive: true });
mkdirSync('docs', { recursive: true });
const url = `http://127.0.0.1:${PORT}`;

const PAGES = [
  ['home', '/'],
  ['lesson', '/l/cunchu-huacha'],
  ['sandbox', '/sandbox?room=huacha&as=huacha-02'],
  ['login', '/login'],
  ['enter-old', '/enter?t=nobody'],
  ['record-old', '/record?t=nobody'],
  ['reading-old', `/r/${'n'.repeat(22)}`],
] as const;

/** The console, with a plan, a draft and a doubtful message in it. */
const CONSOLE = [
  ['week', '/week'],
  ['month', '/week/month'],
  ['plan', '/week/add?time=20:00'],
  ['plan-item', '/week/s/2'],
  ['feed', '/week/feed'],
  ['lessons', '/lessons'],
  ['editor', '/lessons/d/1'],
  ['editor-markdown', '/lessons/d/1?as=markdown'],
  ['history', '/lessons/d/1/history'],
  ['groups', '/groups'],
  ['group', '/groups/huacha'],
  ['members', '/members'],
  ['import', '/members/import'],
  ['certifications', '/certifications'],
  ['matches', '/matches'],
  ['reviews', '/reviews'],
  ['deliveries', '/deliveries'],
  ['delivery', '/deliveries/1'],
  ['messages', '/messages'],
  ['accounts', '/accounts'],
  ['settings', '/settings'],
  ['audit', '/audit'],
  ['participation', '/participation'],
  ['participation-month', '/participation?kind=month'],
  ['people', '/participation/people'],
  ['items', '/participation/items'],
  ['workbook', '/workbook'],
  ['bank', '/bank'],
  ['bank-new', '/bank/new'],
  ['bank-import', '/bank/import'],
  ['news', '/news'],
  ['news-kept', '/news?state=kept'],
  ['news-add', '/news/add'],
  ['news-item', '/news/1'],
  ['news-feeds', '/news/feeds'],
  ['more', '/more'],
  ['no-lesson', '/lessons?q=%E6%B2%A1%E6%9C%89%E8%BF%99%E4%B8%80%E8%AF%BE'],
  ['no-member', '/members?q=%E6%B2%A1%E6%9C%89%E8%BF%99%E4%B8%AA%E4%BA%BA'],
] as const;

/** What answers with something else than a page, or with a piece of one. */
const NOT_PAGES =
  /\.(?:xlsx|json|csv|svg|css|ics|jpg)$|^\/(?:api|bank\/export|calendar|events|healthz|sandbox\/api|metrics|openapi|picture|static)\b|\/(?:find|fit|list|picture|state)\b|^\/(?:workbook|bank\/export)\/./;

/** The addresses of all that is asked for, as the server knows them: a new page gets its picture without being listed here. */
const ASKED = Object.keys(ALL)
  .filter((route) => route.startsWith('GET '))
  .map((route) => {
    const path = route.slice('GET '.length);
    const name = path.replaceAll(/\{.*?\}(?=\/|$)/g, '');
    const pattern = path.replaceAll(
      /:\w+(?:\{(.*?)\}(?=\/|$))?/g,
      (_, own?: string) => `(?:${own ?? '[^/]+'})`,
    );
    return { route: name, isPage: !NOT_PAGES.test(name), matches: new RegExp(`^${pattern}$`) };
  })
  .toSorted((one, other) => one.route.split(':').length - other.route.split(':').length);
const PAGE_ROUTES = ASKED.filter(({ isPage }) => isPage).map(({ route }) => route);

const routeOf = (path: string): string | undefined => {
  const { pathname } = new URL(path, url);
  const found = ASKED.find(({ matches }) => matches.test(pathname));
  return found?.isPage === true ? found.route : undefined;
};
const shot = new Set<string>();

const OWN = [
  ['me', '/me'],
  ['me-learned', '/me/learned'],
  ['me-mistakes', '/me/mistakes'],
  ['me-practice', '/me/practice'],
  ['me-points', '/me/points'],
  ['me-settings', '/me/settings'],
  ['me-badge', '/me/badge'],
] as const;

async function say(page: Page, words: string) {
  await page.fill('#text', words);
  await page.press('#text', 'Enter');
  await page.getByText(words, { exact: true }).last().waitFor();
}

/** One page in a browser of its own. */
async function withPage(
  options: BrowserContextOptions & { large?: boolean },
  work: (page: Page) => Promise<void>,
) {
  const { large = false, ...rest } = options;
  const context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...rest });
  if (large) await context.addCookies([{ name: 'weike_type', value: 'large', url }]);
  const page = await context.newPage();
  await work(page);
  await context.close();
}

async function shoot(page: Page, name: string, path: string, base = url) {
  await page.goto(base + path);
  await page.waitForLoadState('load');
  if (base === url) shot.add(routeOf(page.url()) ?? '');
  const isChat = name.startsWith('sandbox');
  if (isChat) await page.locator('.message.mine').first().waitFor({ state: 'attached' });
  if (isChat) await page.screenshot({ path: `shots/${name}.png` });
  else await shootWhole(page, name);
}

/** All of a page: as on a very high screen, since what sticks to the bottom would lie across a picture of parts. */
async function shootWhole(page: Page, name: string) {
  const size = page.viewportSize() ?? PHONE;
  const height = await page.evaluate<number>('document.documentElement.scrollHeight');
  await page.setViewportSize({ width: size.width, height: Math.max(size.height, height) });
  await page.screenshot({ path: `shots/${name}.png` });
  await page.setViewportSize(size);
}

async function playClass() {
  await withPage({ viewport: DESKTOP }, async (page) => {
    await page.goto(`${url}/sandbox?room=huacha&as=huacha-01`);
    await page.locator('.message').first().waitFor({ timeout: 60_000 });
    await say(page, '1B 2C 3错');
    await page.goto(`${url}/sandbox?room=huacha&as=huacha-02`);
    await say(page, '打卡 回去就换罐子');
    await page.getByText('已打卡').waitFor({ timeout: 60_000 });
  });
}

/** Comes in as a member, through the link that the bot sends when they say 登录. */
async function signIn() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${url}/sandbox?as=huacha-02&chat=private`);
  await say(page, '登录');
  const link = page.locator('.bubble a[href*="/enter?t="]');
  await link.waitFor();
  await page.goto((await link.getAttribute('href')) ?? '');
  await page.getByRole('button', { name: '进入' }).click();
  await page.waitForURL('**/me');
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}

async function shootOwn() {
  const cookies = await signIn();
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [size, viewport] of Object.entries(SIZES))
      await withPage({ viewport, colorScheme }, async (page) => {
        await page.context().addCookies(cookies);
        for (const [name, path] of OWN) await shoot(page, `${name}-${size}-${colorScheme}`, path);
        await page.goto(`${url}/me`);
        await page
          .getByRole('link', { name: /^(?:去答|改)$/ })
          .first()
          .click();
        await page.locator('main').waitFor();
        shot.add(routeOf(page.url()) ?? '');
        await shootWhole(page, `quiz-${size}-${colorScheme}`);
      });
}

/** A draft with a question, so that the editor has something to show. */
async function writeDraft() {
  await withPage({ viewport: DESKTOP }, async (page) => {
    await page.goto(`${url}/lessons`);
    await page.getByRole('button', { name: '写一课' }).first().click();
    await page.fill('[name=title]', '夏天怎么存花茶');
    await page.fill(
      '[name=body]',
      '放冰箱要**密封**，先装罐，再放冷藏室。\n\n- 别和鱼肉放一起\n- 拿出来先放到室温再开',
    );
    await page.getByRole('button', { name: '用 Markdown 写题' }).click();
    await page.fill(
      '[name=quiz]',
      '1. 放冰箱前先做什么？\n\n   - [ ] 直接放\n   - [x] 密封好\n\n   > 不密封会串味。',
    );
    await page.getByRole('button', { name: '保存', exact: true }).last().click();
    await page.locator('.toast').waitFor();
  });
}

const weike = (...words: string[]) =>
  execFileSync(process.execPath, ['src/cli.ts', ...words], { env, stdio: 'pipe' });

/** A question of the bank that was drawn and answered, and a digest that went out: its number. */
async function askFromBank(): Promise<string> {
  let digest = '';
  const stem = '没开封的茉莉花茶，夏天放哪里好？';
  await withPage({ viewport: DESKTOP }, async (page) => {
    await page.goto(`${url}/bank/new`);
    await page.fill('[name=stem]', stem);
    for (const [letter, words] of Object.entries({ A: '灶台边', B: '冰箱冷藏室', C: '窗台上' }))
      await page.fill(`[name=option-${letter}]`, words);
    await page.fill('[name=key]', 'B');
    await page.fill('[name=tags]', '存茶');
    await page.getByRole('button', { name: '加进题库' }).click();
    await page.waitForURL('**/bank/1');
    weike('bank', 'approve', '1');
    await page.goto(`${url}/sandbox?room=cuntao&as=cuntao-01`);
    await page.getByRole('button', { name: '立即发下一课' }).click();
    const quiz = page.locator('.message', { hasText: stem }).last();
    await quiz.waitFor({ timeout: 60_000 });
    const [, no = ''] = new RegExp(`(\\d+)\\D{1,20}${stem}`).exec(await quiz.innerText()) ?? [];
    await say(page, `${no}B`);
    await page.goto(`${url}/sandbox?room=cuntao&as=cuntao-02`);
    await say(page, `打卡 ${no}A`);
    await page.getByText('已打卡').waitFor({ timeout: 60_000 });
    const soon = new Date(Date.now() + 5_000).toISOString();
    weike('schedule', 'add', '--digest', 'day', '--group', 'cuntao', '--at', soon);
    await page.getByText('【学习简报').last().waitFor({ timeout: 90_000 });
    await page.goto(`${url}/deliveries`);
    const link = page.locator('a[href^="/deliveries/"]', { hasText: '简报' }).first();
    digest = /\d+/.exec((await link.getAttribute('href')) ?? '')?.[0] ?? '';
  });
  return digest;
}

/** What waits for a secretary: a lesson to look at, one of two of a name to certify; and a workbook. */
async function fillDesk() {
  weike('member', 'add', '覃小燕', '--unit', '村淘服务站党支部', '--status', 'masses');
  await withPage({ viewport: DESKTOP }, async (page) => {
    await page.goto(`${url}/sandbox?as=huacha-03&chat=private`);
    await say(page, '认证 覃小燕 QX4321');
    await page.locator('.message:not(.mine)').last().waitFor();
    await page.goto(`${url}/lessons`);
    await page.getByRole('button', { name: '写一课' }).first().click();
    await page.fill('[name=title]', '快递单上的电话别外传');
    await page.fill('[name=body]', '客人的电话只用来送货，**不发群、不留底**。');
    await page.getByRole('button', { name: '送审', exact: true }).click();
    await page.locator('.toast').waitFor();
    await page.goto(`${url}/workbook`);
    await page.getByRole('main').getByRole('button').first().click();
    await page.locator('.toast').waitFor();
  });
}

/** Every page of the console that can be reached from those that are listed. */
async function shootConsole(page: Page, suffix: string, digest: string) {
  const done = new Set<string | undefined>();
  const found: string[] = [];
  async function open(name: string, path: string) {
    done.add(routeOf(path));
    await shoot(page, `${name}-${suffix}`, path);
    const links = page.locator('a[href^="/"]:not([download])');
    found.push(
      ...(await links.evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''))).filter(
        (href) => !href.startsWith('/sandbox'),
      ),
    );
  }
  for (const [name, path] of CONSOLE) await open(name, path);
  await open('digest', `/deliveries/${digest}`);
  for (let next = found.shift(); next !== undefined; next = found.shift()) {
    const route = routeOf(next);
    if (route !== undefined && !done.has(route))
      await open(route.slice(1).replaceAll(/[/:]+/g, '-') || 'today', next);
  }
}

async function shootAll(digest: string) {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [size, viewport] of Object.entries(SIZES))
      await withPage({ viewport, colorScheme }, async (page) => {
        for (const [name, path] of PAGES) {
          await shoot(page, `${name}-${size}-${colorScheme}`, path);
          if (`${name}-${size}-${colorScheme}` === 'sandbox-desktop-light')
            await page.screenshot({ path: 'docs/sandbox.png' });
        }
        await shootConsole(page, `${size}-${colorScheme}`, digest);
      });
  await withPage({ viewport: PHONE, large: true }, async (page) => {
    for (const [name, path] of PAGES) await shoot(page, `${name}-phone-large`, path);
    await shootConsole(page, 'phone-large', digest);
  });
  await withPage({ viewport: PHONE }, async (page) => {
    await shoot(page, 'sandbox-phone-list', '/sandbox?as=huacha-02&pane=list');
    await page.locator('.me').click();
    await page.screenshot({ path: 'shots/sandbox-phone-picker.png' });
    await shoot(page, 'sandbox-phone-hints', '/sandbox?as=huacha-02&pane=hints');
    await page.route('**/api/say', (route) => route.abort());
    await page.goto(`${url}/sandbox?as=huacha-02`);
    await page.fill('#text', '这句没发出去');
    await page.press('#text', 'Enter');
    await page.locator('.again').waitFor();
    await page.screenshot({ path: 'shots/sandbox-phone-stuck.png' });
    await shoot(page, 'notice-phone', '/nowhere');
  });
  await withPage({ viewport: PHONE, javaScriptEnabled: false }, async (page) => {
    await shoot(page, 'sandbox-phone-plain', '/sandbox?as=huacha-02');
    await shoot(page, 'sandbox-phone-plain-list', '/sandbox?as=huacha-02&pane=list');
  });
}

/** Pages of a site that has nothing yet, and of one whose database is gone. */
async function shootStates() {
  const down: HealthView = {
    status: 'down',
    parts: {
      database: 'down',
      queue: 'ok',
      unknownDeliveries: 2,
      heldDeliveries: 1,
      channels: [
        { account: 'wechaty:county', state: 'waiting-login', reason: '等待扫码登录' },
        {
          account: 'wechaty:north',
          state: 'online',
          reason: '重新连上了，还没有听到消息',
          lastTrafficAt: Date.now() - 5_400_000,
          deafRestarts: 2,
        },
      ],
      links: 'none',
    },
  };
  const ok: HealthView = {
    status: 'ok',
    parts: { database: 'ok', queue: 'ok', unknownDeliveries: 0, heldDeliveries: 0, channels: [] },
  };
  const broken = () => Promise.reject(new Error('gone'));
  const base: Omit<WebParts, 'health' | 'upcoming' | 'participation' | 'sandbox'> = {
    config: readConfig({ PORT: '0' }, process.cwd()),
    clock: systemClock,
    log: silentLog,
    catalogue: () => ({ lessons: [], faults: [], byId: new Map(), sources: new Map() }),
    sendNextLesson: broken,
    sessions: { isLinkLive: broken, spendLink: broken, find: broken },
    entry: { startDesk: broken, deskState: broken, spendDesk: broken, endSession: broken },
  };
  const states = {
    broken: { health: async () => down, upcoming: broken, participation: broken },
    empty: {
      health: async () => ok,
      upcoming: async () => [],
      participation: async () => ({ week: '11月23日—29日', groups: [], members: [] }),
    },
  };
  for (const [name, parts] of Object.entries(states)) {
    const site = await openWeb({ ...base, ...parts });
    for (const [size, viewport] of Object.entries(SIZES))
      await withPage({ viewport }, (page) => shoot(page, `home-${size}-${name}`, '/', site.url));
    await site.close();
  }
}

try {
  await playClass();
  const digest = await askFromBank();
  await shootOwn();
  await writeDraft();
  await fillDesk();
  await shootAll(digest);
  await shootStates();
  const without = PAGE_ROUTES.filter((route) => !shot.has(route));
  if (without.length > 0) {
    process.stderr.write(`No picture of: ${without.join(', ')}. Open them in scripts/shots.ts.\n`);
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(data, { recursive: true, force: true });
}
