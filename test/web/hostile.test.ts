/** What people write is hostile until proven otherwise: on every page that there is, and in every file that one takes away. */
import { parse } from 'csv-parse/sync';
import exceljs from 'exceljs';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { HOUR, localDay, MINUTE, systemClock } from '../../src/clock.ts';
import { newId } from '../../src/db/ids.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import { factMover } from '../../src/digest/follow.ts';
import { openExports } from '../../src/exports.ts';
import { startDraft } from '../../src/lessons/drafts.ts';
import { submitItem, writeItem } from '../../src/lessons/review.ts';
import { silentLog } from '../../src/log.ts';
import { writeItem as writeNews } from '../../src/news/desk.ts';
import { addFeed } from '../../src/news/feeds.ts';
import { askCertification } from '../../src/people/certify.ts';
import { addGuest, bindIdentity } from '../../src/people/identities.ts';
import { recordInvitation } from '../../src/people/reach.ts';
import { issueReadingToken } from '../../src/delivery/readings.ts';
import { addItems } from '../../src/quiz/bank.ts';
import { addSchedule } from '../../src/schedule/schedules.ts';
import { makeRoutes, openWeb } from '../../src/web/server.ts';
import { drawingLesson, giveAnswer, openDrawn, ZONE } from '../support/bank.ts';
import { findChromium, openChromium } from '../support/chromium.ts';
import { LESSONS, openDesk, type TestDesk } from '../support/desk.ts';

/** Mark-up, a turn of the reading direction, what can't be seen, pictures made of several, a word without an end. */
const EVIL = `<script>alert(1)</script><img src=x onerror=alert(1)>"'\u202E\u2067\u200B\u200D👨‍👩‍👧‍👦${'长'.repeat(80)}${'x'.repeat(80)}`;
const FORMULAS = ['=HYPERLINK("http://evil","点")', '+cmd|calc', '-2+3', '@SUM(A1)', '\t=1', '\r=1'];

/** Pages that name something, with what is there to be named; a new one that isn't here fails the test. */
type Furniture = Awaited<ReturnType<typeof furnish>>;
const NAMED: Readonly<Record<string, (ids: Furniture) => string>> = {
  '/deliveries/:no{\\d+}': ({ delivery }) => `/deliveries/${delivery}`,
  '/deliveries/:no{\\d+}/correct': ({ digest }) => `/deliveries/${digest}/correct`,
  '/deliveries/picture/:name{[0-9a-f]{32}\\.png}': () => `/deliveries/picture/${'0'.repeat(32)}.png`,
  '/reviews/:no{\\d+}': ({ review }) => `/reviews/${review}`,
  '/lessons/d/:no{\\d+}': ({ draft }) => `/lessons/d/${draft}`,
  '/lessons/d/:no{\\d+}/history': ({ draft }) => `/lessons/d/${draft}/history`,
  '/lessons/d/:no{\\d+}/v/:version{\\d+}': ({ draft }) => `/lessons/d/${draft}/v/1`,
  '/news/:no{\\d+}': ({ news }) => `/news/${news}`,
  '/groups/:key': ({ group }) => `/groups/${group}`,
  '/certifications/:no{\\d+}': ({ certification }) => `/certifications/${certification}`,
  '/members/:id': ({ member }) => `/members/${member}`,
  '/messages/:id': ({ message }) => `/messages/${message}`,
  '/week/s/:no': ({ schedule }) => `/week/s/${schedule}`,
  '/l/:id': () => '/l/l1',
  '/l/:id/answer': () => '/l/l1/answer',
  '/q/:id': ({ window }) => `/q/${window}`,
  '/bank/:no{\\d+}': () => '/bank/1',
  '/participation/member/:id': ({ member }) => `/participation/member/${member}`,
  '/participation/quiz/:id': ({ window }) => `/participation/quiz/${window}`,
  '/participation/items/lesson/:hash{[0-9a-f]{64}}/:no{\\d+}': ({ hash }) =>
    `/participation/items/lesson/${hash}/1`,
  '/participation/items/bank/:no{\\d+}': () => '/participation/items/bank/1',
};
/** Files, pictures, what is nobody's, and a made-up world with tests of its own. */
const OTHERS =
  /^\/(?:static|sandbox|healthz|metrics|type\.css|enter|login|record$|r\/|calendar|api\/|.*\.(?:xlsx|svg|json)$|l\/:id\/picture|lessons\/picture|workbook\/:no|bank\/export\/:)/;

async function furnish(desk: TestDesk, words: string) {
  const { db, county } = desk;
  const { own, chief } = county;
  const now = Date.now();
  await addItems(
    db,
    [
      {
        type: 'text',
        stem: words,
        options: [],
        key: [words],
        explanation: words,
        tags: ['标签'],
        source: words,
      },
    ],
    'cli',
    1,
  );
  const source = drawingLesson('xie', '标签', 1);
  const window = await openDrawn(db, { source, opensAt: now - 10 * MINUTE, groupId: own.group.id });
  const at = now - 9 * MINUTE;
  await giveAnswer(db, window.id, { memberId: own.member.id, question: 1, value: '对', at });
  await giveAnswer(db, window.id, { memberId: own.member.id, question: 2, value: words, at });
  const { id: message } = await db.selectFrom('message').select('id').executeTakeFirstOrThrow();
  await db.updateTable('message').set({ text: words, sender_name: words }).execute();
  await db
    .insertInto('checkin')
    .values({
      id: newId(),
      member_id: own.member.id,
      group_id: own.group.id,
      day: localDay(now, ZONE),
      note: words,
      counted: 1,
      makeup: 0,
      withdrawn_at: null,
      message_id: message,
      written_at: at,
      recorded_at: at,
    })
    .execute();
  const deputy = await own.deputy.actor();
  const item = await writeItem(
    db,
    { kind: 'notice', body: words, unitId: own.branch.id, groupIds: [own.group.id] },
    deputy,
    now,
  );
  await submitItem(db, item.no, deputy, now);
  const draft = await startDraft(
    db,
    {
      source: `---\ntitle: ${JSON.stringify(words)}\n---\n\n${words}\n\n[x](javascript:alert(1))\n`,
      unitId: own.branch.id,
    },
    deputy,
    now,
  );
  const guest = await addGuest(db, words, 1);
  await bindIdentity(db, { account: 'sandbox', contactId: 'x1', memberId: guest.id, how: 'guest' }, 1);
  await askCertification(
    db,
    {
      account: 'sandbox',
      contactId: 'x1',
      member: guest,
      claim: { name: own.member.name, code: undefined },
      unitId: own.branch.id,
      tries: 5,
    } as never,
    factMover(ZONE),
    now,
  );
  const { no: certification } = await db.selectFrom('certification').select('no').executeTakeFirstOrThrow();
  await recordInvitation(db, { account: 'sandbox', id: 'i', inviterId: 'x1', topic: words }, now);
  const told = { kind: 'party', title: '一条', summary: '一句', source: '某处' } as const;
  const { id: newsId, no: news } = await writeNews(db, told, { who: own.deputy.id, units: [] }, now);
  // As no way in lets them through.
  await db
    .updateTable('news_item')
    .set({
      title: words,
      summary: words,
      source: words,
      category: words,
      stopped: words,
      url: 'javascript:alert(1)',
    })
    .where('id', '=', newsId)
    .execute();
  await addFeed(db, { url: 'https://example.org/feed' }, chief.id, now);
  await db
    .updateTable('feed')
    .set({ source: words, category: words, outcome: 'failed', reason: words, fetched_at: now })
    .execute();
  const schedule = await addSchedule(
    db,
    { kind: 'lesson', content: 'l1', groups: [own.group], when: { at: now + HOUR }, zone: ZONE },
    chief.id,
    now,
  );
  await planDeliveries(
    db,
    [
      {
        cause: 'f',
        kind: 'notice',
        account: 'sandbox',
        groupId: own.group.id,
        content: 'x',
        plannedAt: now,
        parts: [{ kind: 'text', body: words }],
      },
    ],
    now,
  );
  const { no: delivery } = await db
    .updateTable('delivery')
    .set({ state: 'failed', reason: words })
    .where('cause', '=', 'f')
    .returning('no')
    .executeTakeFirstOrThrow();
  const today = localDay(now, ZONE);
  await planDeliveries(
    db,
    [
      {
        cause: 'd',
        kind: 'digest',
        account: 'sandbox',
        groupId: own.group.id,
        content: 'day',
        period: `${today}/${today}`,
        plannedAt: now,
        parts: [{ kind: 'text', body: words }],
      },
    ],
    now,
  );
  const { no: digest } = await db
    .updateTable('delivery')
    .set({ state: 'sent', sent_at: now })
    .where('cause', '=', 'd')
    .returning('no')
    .executeTakeFirstOrThrow();
  await db.updateTable('chat_group').set({ topic: words }).where('id', '=', own.group.id).execute();
  await db.updateTable('group_member').set({ name: words }).execute();
  for (const id of [own.member.id, own.deputy.id])
    await db
      .updateTable('member')
      .set({ name: words, number: words.slice(0, 100) + id })
      .where('id', '=', id)
      .execute();
  await db.updateTable('unit').set({ name: words }).where('id', '=', own.branch.id).execute();
  await db.updateTable('certification').set({ claimed_name: words }).execute();
  await db.updateTable('lesson_revision').set({ title: words, course: words }).execute();
  await db.updateTable('review_item').set({ title: words }).execute();
  return {
    delivery,
    digest,
    review: item.no,
    news,
    draft: draft.no,
    group: own.group.key,
    certification,
    member: own.member.id,
    message,
    schedule: schedule.no,
    window: window.id,
    hash: window.hash,
  };
}

const lessonsWith = (words: string) =>
  LESSONS.map((lesson) => ({
    ...lesson,
    title: words,
    course: words,
    author: words,
    body: `${words}\n\n[x](javascript:alert(1))`,
    sources: ['javascript:alert(1)', words],
  }));

describe('whatever people write', () => {
  let desk: TestDesk;
  let ids: Furniture;
  beforeEach(async () => {
    desk = await openDesk({ lessons: lessonsWith(EVIL) });
    ids = await furnish(desk, EVIL);
  });
  afterEach(async () => await desk.close());

  /** Every page that is drawn, by its address. */
  function pages(): string[] {
    const { app, close } = makeRoutes(desk.parts);
    const paths = new Set(app.routes.filter(({ method }) => method === 'GET').map(({ path }) => path));
    close();
    return [...paths]
      .filter((path) => !OTHERS.test(path) && !path.endsWith('*'))
      .map((path) => {
        if (!path.includes(':')) return path;
        const named = NAMED[path];
        if (!named) throw new Error(`say how ${path} is asked for`);
        return named(ids);
      });
  }

  it('is words on every page, and runs nowhere', async () => {
    const { own, chief } = desk.county;
    let shown = 0;
    const all = pages();
    expect(all.length).toBeGreaterThan(40);
    for (const who of [
      await desk.as(chief.id),
      await desk.as(own.secretary.id),
      await desk.as(own.member.id),
    ])
      for (const path of all) {
        const answer = await who.get(path);
        expect(answer.status, path).toBeLessThan(500);
        const page = await answer.text();
        expect([
          path,
          /<script>|<img src=x|href="?javascript|[\u202a-\u202e\u2066-\u2069]/.exec(page)?.[0],
        ]).toEqual([path, undefined]);
        if (page.includes('&lt;script&gt;')) shown += 1;
      }
    expect(shown).toBeGreaterThan(30);
  }, 60_000);

  it('is no formula in any file that one takes away', async () => {
    const { own, chief } = desk.county;
    const { db, lessonsDir } = desk;
    for (const words of FORMULAS) {
      await db.updateTable('member').set({ name: words }).where('id', '=', own.member.id).execute();
      await db.updateTable('chat_group').set({ topic: words }).where('id', '=', own.group.id).execute();
      await db.updateTable('unit').set({ name: words }).where('id', '=', own.branch.id).execute();
      await db.updateTable('checkin').set({ note: words }).execute();
      await db.updateTable('answer').set({ value: words }).where('question', '=', 2).execute();
      await db.updateTable('delivery').set({ reason: words }).where('cause', '=', 'f').execute();
      await db.updateTable('bank_question').set({ stem: words, explanation: words, source: words }).execute();
      const who = await desk.as(chief.id);
      const files = openExports({ db, clock: systemClock, log: silentLog, dataDir: lessonsDir, zone: ZONE });
      const day = localDay(Date.now(), ZONE);
      for (const what of ['workbook', 'answers', 'checkins', 'deliveries'])
        await who.post('/workbook/ask', { what, unit: desk.county.county.id, kind: 'month', day });
      files.poke();
      await files.idle();
      await files.close();
      const jobs = await db.selectFrom('export_job').select(['no', 'kind', 'state']).orderBy('no').execute();
      const member = await desk.as(own.member.id);
      const taken = [
        ...jobs.slice(-4).map(({ no, kind, state }) => {
          expect(state).toBe('ready');
          return [who, `/workbook/${no}`, kind === 'workbook'] as const;
        }),
        [who, '/members/roster.xlsx', true] as const,
        [who, '/bank/export/xlsx', true] as const,
        [member, '/me/record.xlsx', true] as const,
      ];
      for (const [one, path, isBook] of taken) {
        const answer = await one.get(path);
        expect([path, answer.status]).toEqual([path, 200]);
        const bytes = Buffer.from(await answer.arrayBuffer());
        let found = 0;
        if (isBook) {
          const book = new exceljs.Workbook();
          await book.xlsx.load(bytes as unknown as ArrayBuffer);
          book.eachSheet((sheet) =>
            sheet.eachRow((row) =>
              row.eachCell((cell) => {
                expect([path, cell.address, cell.formula]).toEqual([path, cell.address, undefined]);
                if (cell.text.includes(words.trim())) found += 1;
              }),
            ),
          );
        } else
          for (const cell of parse(bytes, { bom: true }).flat()) {
            expect([path, cell]).not.toEqual([path, expect.stringMatching(/^[=+\-@\t\r]/)]);
            if (cell.includes(words.trim())) found += 1;
          }
        expect([path, words, found]).not.toEqual([path, words, 0]);
      }
    }
  }, 120_000);

  it('ends no line of a calendar', async () => {
    const { chief } = desk.county;
    await desk.close();
    const words = '夏天\r\nATTENDEE:mailto:evil@example.org\r\nEND:VCALENDAR';
    desk = await openDesk({ lessons: lessonsWith(words) });
    ids = await furnish(desk, words);
    const who = await desk.as(desk.county.chief.id);
    expect(chief.id).not.toBe('');
    const answer = await who.post('/week/feed/issue', {});
    const page = await who.page(answer.headers.get('location') ?? '/week/feed');
    const [path = ''] = /\/calendar\/[\w-]+\.ics/.exec(page) ?? [];
    const text = await (await desk.get(path)).text();
    const lines = text.replaceAll(/\r\n /g, '').split('\r\n');
    expect(lines.filter((line) => line.startsWith('SUMMARY'))).not.toEqual([]);
    expect(lines.filter((line) => line.startsWith('ATTENDEE'))).toEqual([]);
    expect(lines.filter((line) => line === 'END:VCALENDAR')).toHaveLength(1);
    // Forged, cut short, or of somebody else's making it leads nowhere.
    for (const forged of [
      path.replace(/.\.ics/, 'A.ics'),
      path.replace('.ics', 'x.ics'),
      '/calendar/guessguessguessguess.ics',
    ])
      if (forged !== path) expect((await desk.get(forged)).status, forged).toBe(404);
  });
});

describe('a link to something to read', () => {
  let desk: TestDesk;
  beforeEach(async () => {
    desk = await openDesk();
  });
  afterEach(async () => await desk.close());

  it('counts once for its owner, however often it is pressed; forged, cut or from elsewhere it counts for nobody', async () => {
    const { db, county } = desk;
    const { own } = county;
    const [deliveryId = ''] = await planDeliveries(
      db,
      [
        {
          cause: 'notice',
          kind: 'notice',
          account: 'sandbox',
          groupId: own.group.id,
          content: 'x',
          plannedAt: Date.now(),
          parts: [{ kind: 'text', body: EVIL }],
        },
      ],
      Date.now(),
    );
    const secret = await issueReadingToken(db, deliveryId, own.member.id, Date.now());
    const readers = async () =>
      (await db.selectFrom('reading').select('member_id').execute()).map((row) => row.member_id);
    const press = (key: string, headers = {}) =>
      desk.post(`/r/${encodeURIComponent(key)}`, new URLSearchParams(), headers);
    // Scanners of chats open links: looking counts for nothing.
    for (let look = 0; look < 3; look += 1) {
      const seen = await desk.get(`/r/${secret}`);
      expect(seen.status).toBe(200);
      expect(await seen.text()).not.toMatch(/<script>|<img src=x|[\u202a-\u202e\u2066-\u2069]/);
    }
    for (const forged of [
      `${secret}x`,
      secret.slice(1),
      secret.toLowerCase() + 'A',
      'x'.repeat(5_000),
      "' or 1=1 --",
      EVIL,
    ])
      for (const answer of [await desk.get(`/r/${encodeURIComponent(forged)}`), await press(forged)]) {
        expect([404, 414]).toContain(answer.status);
        expect(await answer.text()).not.toMatch(/<script>|<img src=x/);
      }
    expect((await press(secret, { origin: 'https://evil.example' })).status).toBe(403);
    expect(await readers()).toEqual([]);
    const pressed = await Promise.all([press(secret), press(secret), press(secret)]);
    expect(pressed.map(({ status }) => status)).toEqual([303, 303, 303]);
    await press(secret);
    expect(await readers()).toEqual([own.member.id]);
    expect(await (await desk.get(`/r/${secret}`)).text()).toContain('已阅');
  });
});

const canRun = findChromium() !== undefined || process.env.CI === 'true';

describe.runIf(canRun)('whatever people write, in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(async () => await browser.close());

  it('widens no page of a phone and runs nothing', async () => {
    const desk = await openDesk({ lessons: lessonsWith(EVIL) });
    const ids = await furnish(desk, EVIL);
    const web = await openWeb(desk.parts);
    const context = await browser.newContext({ viewport: { width: 360, height: 720 }, locale: 'zh-CN' });
    try {
      await context.addCookies([{ ...(await desk.cookieFor(desk.county.own.secretary.id)), url: web.url }]);
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      const faults: string[] = [];
      page.on('dialog', (dialog) => {
        faults.push(dialog.message());
        void dialog.dismiss();
      });
      page.on('pageerror', (error) => faults.push(error.message));
      for (const path of [
        '/',
        '/week',
        '/week/add',
        '/lessons',
        '/groups',
        '/members',
        '/certifications',
        '/participation?kind=month',
        '/participation/people?kind=month&who=all',
        '/participation/items?kind=month',
        '/workbook',
        '/reviews',
        '/news',
        '/news/feeds',
        '/deliveries',
        '/messages',
        '/messages?group=private',
        '/audit',
        '/bank',
        ...Object.values(NAMED).map((named) => named(ids)),
      ]) {
        await page.goto(web.url + path);
        const over = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect([path, over]).toEqual([path, 0]);
      }
      expect(faults).toEqual([]);
    } finally {
      await context.close();
      await web.close();
      await desk.close();
    }
  }, 60_000);
});
