/** `/me`: what a member did, what they may make up for and practise, and what they decide about themselves. */
import { randomUUID } from 'node:crypto';

import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie } from 'hono/cookie';

import { localDay } from '../clock.ts';
import { UserError } from '../errors.ts';
import { type NewSheet, writeWorkbook } from '../sheets/write.ts';
import { attachment } from './download.ts';
import { cookieOptions, SESSION_COOKIE } from './guards.ts';
import { requireLearner } from './learner.ts';
import { readForm, tooLarge } from './learn-routes.ts';
import { leftPage } from './pages/login.ts';
import { mePage } from './pages/me.ts';
import { learnedPage, mistakesPage, pointsPage } from './pages/me-lists.ts';
import { practicePage } from './pages/me-practice.ts';
import { badgePage, settingsPage } from './pages/me-settings.ts';
import type { WebParts } from './parts.ts';

const LARGEST_FORM = 16 * 1024;
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

export function meRoutes(app: Hono, parts: WebParts): void {
  const { learning } = parts;
  if (!learning) return;
  const light = () => ({ now: parts.clock.now(), zone: parts.config.zone });
  const who = (c: Context) => c.get('learner').id;
  app.use('/me/*', requireLearner(parts, learning));
  app.use('/me/*', bodyLimit({ maxSize: LARGEST_FORM, onError: tooLarge }));

  app.get('/me', async (c) => c.html(mePage(await learning.me(who(c), c.req.query('month')), light())));
  app.get('/me/learned', async (c) => c.html(learnedPage(await learning.learned(who(c)), light())));
  app.get('/me/mistakes', async (c) => {
    const id = who(c);
    return c.html(mistakesPage(await learning.mistakes(id), await learning.practice(id), light()));
  });
  app.get('/me/points', async (c) => {
    const span = c.req.query('span') === 'month' ? 'month' : 'week';
    // `coverage` is what it was called: links that were kept go on.
    const by = ['with-points', 'coverage'].includes(c.req.query('by') ?? '') ? 'with-points' : 'per-head';
    return c.html(pointsPage(await learning.points(who(c), span, by), light()));
  });

  app.get('/me/practice', async (c) => {
    const view = await learning.practice(who(c), c.req.query('done'));
    return c.html(practicePage(view));
  });
  app.post('/me/practice/next', async (c) => {
    await learning.askCard(who(c));
    return c.redirect('/me/practice', 303);
  });
  app.post('/me/practice', async (c) => {
    const body = await c.req.parseBody({ all: true });
    const { chosen, partial } = readForm(body);
    const cardId = typeof body.card === 'string' ? body.card : '';
    const value = chosen[1];
    const view = await learning.practice(who(c));
    if (view.card && view.card.id === cardId && (!value || partial.length > 0))
      return c.html(
        practicePage(view, { error: value ? '顺序还没排完。' : '还没有选。', value: value ?? [] }),
        400,
      );
    try {
      const review = await learning.answerCard(who(c), { cardId, tapId: randomUUID(), value: value ?? [] });
      return c.redirect(`/me/practice?done=${encodeURIComponent(review)}`, 303);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return c.html(practicePage(view, { error: error.message, value: value ?? [] }), 400);
    }
  });

  app.get('/me/settings', async (c) => c.html(settingsPage(await learning.settings(who(c)), light())));
  app.get('/me/badge', async (c) => c.html(badgePage(await learning.settings(who(c)))));
  const isOn = async (c: Context) => (await c.req.parseBody()).on === '1';
  for (const kind of ['practice', 'reminder'] as const)
    app.post(`/me/consent/${kind}`, async (c) => {
      await learning.setConsent(who(c), kind, await isOn(c));
      return c.redirect(backOf(c), 303);
    });
  app.post('/me/badge', async (c) => {
    await learning.setParty(who(c), await isOn(c));
    return c.redirect('/me/badge', 303);
  });
  app.post('/me/erasure', async (c) => {
    await learning.askErasure(who(c));
    return c.redirect('/me/settings#mine', 303);
  });
  app.post('/me/leave', async (c) => {
    await learning.leaveEverywhere(who(c));
    deleteCookie(c, SESSION_COOKIE, cookieOptions(parts));
    return c.html(leftPage());
  });

  app.get('/me/record.json', async (c) =>
    sendFile(
      c,
      JSON.stringify(await learning.record(who(c)), null, 2),
      'application/json',
      `${fileName(parts)}.json`,
    ),
  );
  app.get('/me/record.xlsx', async (c) => {
    const bytes = await writeWorkbook(sheetsOf(await learning.record(who(c))));
    return sendFile(c, new Uint8Array(bytes), XLSX, `${fileName(parts)}.xlsx`);
  });
}

/** The two pages that have the switch. */
const backOf = (c: Context): string =>
  /\/me\/practice(?:$|\?)/.test(c.req.header('referer') ?? '') ? '/me/practice' : '/me/settings';

const fileName = ({ clock, config }: WebParts) => `我的记录-${localDay(clock.now(), config.zone)}`;

const sendFile = (c: Context, body: string | Uint8Array<ArrayBuffer>, type: string, name: string) =>
  c.body(body, 200, {
    'Content-Type': type,
    'Content-Disposition': attachment('record', name),
  });

/** In the glossary's words; a table that has none keeps its own name. */
const NAMES: Readonly<Record<string, string>> = {
  member: '成员',
  member_place: '所在支部',
  role_grant: '职务',
  identity: '账号绑定',
  certification: '认证',
  answer: '作答',
  checkin: '打卡',
  checkin_photo: '打卡照片',
  absence: '请假',
  consent: '同意',
  point: '积分',
  practice_card: '练习卡',
  practice_review: '练习',
  reading: '已阅',
  news_request: '荐的动态',
  audit: '变更记录',
  group_member: '群',
  message: '说过的话',
};

/** A sheet for each table that has anything. */
export function sheetsOf(record: Readonly<Record<string, readonly unknown[]>>): NewSheet[] {
  const filled = Object.entries(record).filter(([, rows]) => rows.length > 0);
  return filled.map(([table, rows]) => {
    const entries = rows as readonly Readonly<Record<string, unknown>>[];
    const columns = [...new Set(entries.flatMap((row) => Object.keys(row)))];
    return {
      name: NAMES[table] ?? table,
      columns: columns.map((title) => ({ title })),
      rows: entries.map((row) => columns.map((column) => cellOf(row[column]))),
    };
  });
}

const cellOf = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
