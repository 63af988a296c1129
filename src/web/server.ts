/** The web server: pages, the sandbox, health. */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { serve, type ServerType } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import { setCookie } from 'hono/cookie';

import { UserError } from '../errors.ts';
import { pictureFile, picturesOf, pictureType } from '../lessons/catalogue.ts';
import {
  isSandboxToken,
  knownHost,
  requireSandbox,
  requireSession,
  sameOrigin,
  SANDBOX_COOKIE,
  securityHeaders,
  SESSION_COOKIE,
} from './guards.ts';
import { notice } from './layout.ts';
import { enterPage, staleLinkPage } from './pages/enter.ts';
import { homePage } from './pages/home.ts';
import { lessonPage } from './pages/lesson.ts';
import { sandboxPage } from './pages/sandbox.ts';
import type { WebParts } from './parts.ts';
import { sandboxApi } from './sandbox-api.ts';
import { etagOf, staticFiles } from './static-files.ts';

export interface Site {
  /** Where it listens, without a closing slash. */
  readonly url: string;
  close(): Promise<void>;
}

const CLOSE_WITHIN = 2_000;

/** The routes, without a listening server: what the tests call. */
export function makeRoutes(parts: WebParts): { app: Hono; close: () => void } {
  const app = new Hono();
  const closers: (() => void)[] = [];
  app.use(securityHeaders());
  app.use(knownHost(parts), sameOrigin());
  const zipped = compress();
  // Compressing would hold an event back until more of them fill a block.
  app.use(async (c, next) => (c.req.path.endsWith('/events') ? await next() : await zipped(c, next)));

  const file = staticFiles();
  app.get('/static/:name', (c) => file(c, c.req.param('name')) ?? c.notFound());
  app.get('/healthz', async (c) => {
    const health = await parts.health();
    return c.json(health, health.status === 'down' ? 503 : 200);
  });
  homeRoutes(app, parts);
  lessonRoutes(app, parts);
  if (parts.sandbox) closers.push(sandboxRoutes(app, parts));

  app.notFound((c) => c.html(notice('没有这个页面', '地址可能写错了，或者这一课已经撤下。'), 404));
  app.onError((error, c) => {
    if (error instanceof UserError) return c.html(notice('没有办成', error.message), 400);
    parts.log.error({ reason: error.message, path: c.req.path }, 'a page failed');
    return c.html(notice('出了点问题', '已经记下来的都还在。过一会儿再打开试试。'), 500);
  });
  return { app, close: () => closers.forEach((close) => close()) };
}

function homeRoutes(app: Hono, parts: WebParts): void {
  app.get('/', requireSession(parts), async (c) => {
    const [health, upcoming, participation] = await Promise.all([
      parts.health(),
      parts.upcoming(),
      parts.participation(),
    ]);
    const hasSandbox = parts.sandbox !== undefined;
    const { faults } = parts.catalogue();
    const now = parts.clock.now();
    return c.html(
      homePage({ health, upcoming, participation, faults, hasSandbox, now, zone: parts.config.zone }),
    );
  });
  app.get('/enter', async (c) => {
    const secret = c.req.query('t') ?? '';
    return (await parts.sessions.isLinkLive(secret))
      ? c.html(enterPage(secret))
      : c.html(staleLinkPage(), 410);
  });
  app.post('/enter', async (c) => {
    const { t } = await c.req.parseBody();
    const spent = typeof t === 'string' ? await parts.sessions.spendLink(t) : undefined;
    if (!spent) return c.html(staleLinkPage(), 410);
    setCookie(c, SESSION_COOKIE, spent.session, cookieOptions(parts, new Date(spent.expiresAt)));
    return c.redirect('/', 303);
  });
}

const cookieOptions = ({ config }: WebParts, expires?: Date) => ({
  path: '/',
  httpOnly: true,
  sameSite: 'Lax' as const,
  secure: config.publicUrl.startsWith('https:'),
  ...(expires ? { expires } : {}),
});

function lessonRoutes(app: Hono, parts: WebParts): void {
  app.get('/l/:id', async (c) => {
    const { byId, lessons } = parts.catalogue();
    const lesson = byId.get(c.req.param('id'));
    if (!lesson) return c.notFound();
    const course = lesson.course === '' ? [] : lessons.filter((other) => other.course === lesson.course);
    const at = course.indexOf(lesson);
    const [previous, next] = [course[at - 1], course[at + 1]];
    const body = String(
      await lessonPage({ lesson, ...(previous ? { previous } : {}), ...(next ? { next } : {}) }),
    );
    const tag = etagOf(body);
    const headers = { ETag: tag, 'Cache-Control': 'no-cache' };
    return c.req.header('if-none-match') === tag ? c.body(null, 304, headers) : c.html(body, 200, headers);
  });
  app.get('/l/:id/picture/:name{.+}', async (c) => {
    const lesson = parts.catalogue().byId.get(c.req.param('id'));
    if (!lesson) return c.notFound();
    const wanted = pictureFile(lesson, c.req.param('name'));
    return picturesOf(lesson).includes(wanted) ? await sendPicture(parts, wanted) : c.notFound();
  });
}

/** A picture from the lessons' folder; `file` is one that a lesson names. */
async function sendPicture({ config }: WebParts, file: string): Promise<Response> {
  const path = join(config.lessonsDir, file);
  const type = await pictureType(path).catch(() => undefined);
  if (!type) return new Response('这张图片不在了', { status: 404 });
  const bytes = await readFile(path);
  return new Response(new Uint8Array(bytes), {
    headers: { 'Content-Type': type, 'Cache-Control': 'max-age=3600' },
  });
}

function sandboxRoutes(app: Hono, parts: WebParts): () => void {
  const { sandbox } = parts;
  if (!sandbox) return () => undefined;
  app.get('/sandbox', async (c, next) => {
    const token = c.req.query('token');
    if (token === undefined || !isSandboxToken(parts, token)) return await next();
    setCookie(c, SANDBOX_COOKIE, token, cookieOptions(parts));
    return c.redirect('/sandbox', 303);
  });
  app.use('/sandbox', requireSandbox(parts));
  app.use('/sandbox/*', requireSandbox(parts));
  app.get('/sandbox', async (c) => c.html(await drawSandbox(c, sandbox)));
  const api = sandboxApi(parts, sandbox, (picture) => sendPicture(parts, picture));
  app.route('/sandbox/api', api.routes);
  return api.close;
}

async function drawSandbox(c: Context, sandbox: NonNullable<WebParts['sandbox']>) {
  const world = sandbox.world();
  const [first] = world.rooms;
  const room = world.rooms.find(({ id }) => id === c.req.query('room')) ?? first;
  if (!room) throw new UserError('沙盒里没有群');
  const person = room.people.find(({ id }) => id === c.req.query('as')) ?? room.people[0];
  const messages = await sandbox.messages({ roomId: room.id }, { limit: 30 });
  return await sandboxPage({ world, room, personId: person?.id ?? '', chat: 'group', messages });
}

/** Listens. Rejects with a `UserError` when the port is taken. */
export async function openWeb(parts: WebParts): Promise<Site> {
  const { app, close } = makeRoutes(parts);
  const { host, port } = parts.config;
  const server = await new Promise<ServerType>((resolve, reject) => {
    const opened = serve({ fetch: app.fetch, hostname: host, port }, () => resolve(opened));
    opened.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new UserError(`port ${port} on ${host} is taken: stop what runs there, or set PORT`)
          : error,
      ),
    );
  });
  const { port: listening } = server.address() as AddressInfo;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return {
    url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${listening}`,
    async close() {
      close();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          if ('closeAllConnections' in server) server.closeAllConnections();
        }, CLOSE_WITHIN / 2);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      });
    },
  };
}
