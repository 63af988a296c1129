/** The web server: pages, the sandbox, health. */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';

import { serve, type ServerType } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import { getCookie } from 'hono/cookie';

import { addDays, localDay, SECOND, startOfDay } from '../clock.ts';
import { reasonOf, UserError } from '../errors.ts';
import { picturePath } from '../lessons/pictures.ts';
import { NotFoundError } from '../people/scope.ts';
import { picturesOf, pictureType } from '../lessons/catalogue.ts';
import type { Lesson } from '../lessons/lesson.ts';
import { apiRoutes } from './api/routes.ts';
import { consoleRoutes } from './console/routes.ts';
import { deskOf } from './console/parts.ts';
import { shellPage } from './console/shell.ts';
import { readToday } from './console/today.ts';
import {
  isSecure,
  knownHost,
  requireSession,
  sameOrigin,
  securityHeaders,
  SESSION_COOKIE,
} from './guards.ts';
import { failurePage, notice } from './layout.ts';
import { findLearner } from './learner.ts';
import { learnRoutes, sceneOf } from './learn-routes.ts';
import { loginRoutes } from './login-routes.ts';
import { meRoutes } from './me-routes.ts';
import { homeBody } from './pages/home.ts';
import { lessonPage, type LessonView } from './pages/lesson.ts';
import { metricRoutes } from './metrics.ts';
import type { HealthView, WebParts } from './parts.ts';
import { readingRoutes } from './reading-routes.ts';
import { recordRoutes } from './record-routes.ts';
import { sandboxRoutes } from './sandbox-routes.ts';
import { etagOf, isKnown, staticFiles } from './static-files.ts';
import { typeModeRoutes } from './type-mode.ts';
import { wordsOf } from './words.ts';

export interface Site {
  /** Where it listens, without a closing slash. */
  readonly url: string;
  close(): Promise<void>;
}

/** Connections that are still busy then are cut. */
const CLOSE_WITHIN = SECOND;
/** What can't be read by then can't be read; the health itself takes 3 s to find that a database hangs. */
const ANSWER_WITHIN = 4 * SECOND;

/** The routes, without a listening server: what the tests call. */
export function makeRoutes(parts: WebParts): { app: Hono; close: () => void } {
  const app = new Hono();
  const closers: (() => void)[] = [];
  app.use(securityHeaders());
  // Event streams stay as they are: zipping would hold an event back until more of them fill a block.
  app.use(compress());
  app.use(knownHost(parts), sameOrigin(parts));

  const file = staticFiles();
  app.get('/static/:name', (c) => file(c, c.req.param('name')) ?? c.notFound());
  app.get('/healthz', async (c) => {
    const health = await askHealth(parts);
    return c.json(health, health.status === 'down' ? 503 : 200, { 'Cache-Control': 'no-store' });
  });
  metricRoutes(app, parts, askHealth);
  app.route('/', typeModeRoutes(isSecure(parts)));
  app.route('/', loginRoutes(parts));
  app.route('/', recordRoutes(parts));
  homeRoutes(app, parts);
  consoleRoutes(app, parts);
  if (parts.console) apiRoutes(app, { ...parts, console: parts.console });
  lessonRoutes(app, parts);
  learnRoutes(app, parts);
  meRoutes(app, parts);
  readingRoutes(app, parts);
  closers.push(sandboxRoutes(app, parts, (picture) => sendPicture(parts, picture)));

  app.notFound((c) => c.html(notice('没有这个页面', '地址可能写错了，或者这一课已经撤下。'), 404));
  app.onError((error, c) => {
    if (error instanceof NotFoundError) return c.html(notice('没有找到', error.message), 404);
    if (error instanceof UserError) return c.html(notice('没有办成', wordsOf(error)), 400);
    parts.log.error({ reason: reasonOf(error), path: c.req.path }, 'a page failed');
    return c.html(failurePage(), 500);
  });
  return { app, close: () => closers.forEach((close) => close()) };
}

/** What was read, or `undefined` when that failed or took too long: whoever asks has to be answered. */
async function inTime<T>({ clock, log }: WebParts, what: string, read: () => Promise<T>) {
  const waiting = new AbortController();
  const tooLate = clock.sleep(ANSWER_WITHIN, waiting.signal).then(() => {
    throw new Error(`no answer within ${ANSWER_WITHIN} ms`);
  });
  try {
    return await Promise.race([read(), tooLate]);
  } catch (error) {
    log.error({ what, reason: reasonOf(error) }, 'a part of a page can not be read');
    return undefined;
  } finally {
    tooLate.catch(() => undefined);
    waiting.abort();
  }
}

/** Never rejects: a database that hangs or throws is `down`, and whoever watches us has to read that. */
const askHealth = async (parts: WebParts): Promise<HealthView> =>
  (await inTime(parts, 'health', parts.health)) ?? {
    status: 'down',
    parts: { database: 'down', queue: 'down', unknownDeliveries: 0, heldDeliveries: 0, channels: [] },
  };

function homeRoutes(app: Hono, parts: WebParts): void {
  app.get('/', requireSession(parts), async (c) => {
    const viewer = c.get('viewer');
    const { console } = parts;
    const [health, upcoming, participation, today] = await Promise.all([
      askHealth(parts),
      inTime(parts, 'upcoming', () => parts.upcoming(viewer)),
      inTime(parts, 'participation', () => parts.participation(viewer)),
      console && inTime(parts, 'today', () => readToday(deskOf({ ...parts, console }, c))),
    ]);
    // How the place runs is for those who run it.
    const runs = viewer.units === 'all';
    const hasSandbox = runs && parts.sandbox !== undefined;
    const { lessons, faults: all } = parts.catalogue();
    const faults = runs ? all : [];
    const now = parts.clock.now();
    // What goes out today stands in a card of its own.
    const tomorrow = startOfDay(addDays(localDay(now, parts.config.zone), 1), parts.config.zone);
    const later = today ? upcoming?.filter(({ at }) => at >= tomorrow) : upcoming;
    const read = { ...(later ? { upcoming: later } : {}), ...(participation ? { participation } : {}) };
    const view = { health, ...read, lessons, faults, hasSandbox, runs, now, zone: parts.config.zone };
    return shellPage(c, parts, {
      title: '今天',
      body: homeBody({ ...view, ...(today ? { today: today.cards } : {}) }),
      wide: true,
      waiting: today?.waiting ?? 0,
    });
  });
}

/** A lesson's page as everybody sees it who isn't known, drawn once for each reading of the lessons. */
interface Drawn {
  readonly previous: Lesson | undefined;
  readonly next: Lesson | undefined;
  readonly body: string;
  readonly tag: string;
}

function lessonRoutes(app: Hono, parts: WebParts): void {
  const plain = new WeakMap<Lesson, Drawn>();
  app.get('/l/:id', async (c) => {
    const { byId, lessons } = parts.catalogue();
    const lesson = byId.get(c.req.param('id'));
    if (!lesson) return c.notFound();
    const course = lesson.course === '' ? [] : lessons.filter((other) => other.course === lesson.course);
    const at = course.indexOf(lesson);
    const [previous, next] = [course[at - 1], course[at + 1]];
    const around = { ...(previous ? { previous } : {}), ...(next ? { next } : {}) };
    const asked = await askedOf(c, parts, lesson.id);
    const kept = asked.isKnown ? undefined : plain.get(lesson);
    const drawn =
      kept && kept.previous === previous && kept.next === next
        ? kept
        : await draw({ lesson, ...around, ...asked });
    if (!asked.isKnown) plain.set(lesson, { ...drawn, previous, next });
    const { body, tag } = drawn;
    // A member's page is theirs: nobody in between may keep it.
    const headers = { ETag: tag, 'Cache-Control': 'private, no-cache', Vary: 'Cookie' };
    return isKnown(c, tag) ? c.body(null, 304, headers) : c.html(body, 200, headers);
  });
  app.get('/l/:id/picture/:name{.+}', async (c) => {
    const lesson = parts.catalogue().byId.get(c.req.param('id'));
    if (!lesson) return c.notFound();
    const wanted = c.req.param('name');
    return picturesOf(lesson).includes(wanted) ? await sendPicture(parts, wanted) : c.notFound();
  });
}

async function draw(view: LessonView): Promise<Pick<Drawn, 'body' | 'tag'>> {
  const body = String(await lessonPage(view));
  return { body, tag: etagOf(body) };
}

/** The quiz of a lesson as it stands for the member who looks. The lesson itself is readable whatever fails. */
async function askedOf(
  c: Context,
  parts: WebParts,
  lessonId: string,
): Promise<Pick<LessonView, 'asked' | 'isKnown'>> {
  const { learning } = parts;
  if (!learning || getCookie(c, SESSION_COOKIE) === undefined) return {};
  const read = async () => {
    const learner = await findLearner(learning, c);
    if (!learner) return {};
    const id = await learning.quizOfLesson(learner.id, lessonId);
    const view = id === undefined ? undefined : await learning.quiz(learner.id, id);
    return {
      isKnown: true,
      ...(view ? { asked: { view, scene: sceneOf(parts, learner.id, 'lesson') } } : {}),
    };
  };
  return (await inTime(parts, 'quiz', read)) ?? {};
}

/** A picture from the lessons' folder, one that a lesson names, or one of our own making that was said in a chat. */
async function sendPicture({ config }: WebParts, file: string): Promise<Response> {
  const path = picturePath(config, file);
  const type = await pictureType(path).catch(() => undefined);
  if (!type) return new Response('这张图片不在了', { status: 404 });
  const bytes = await readFile(path);
  return new Response(new Uint8Array(bytes), {
    headers: { 'Content-Type': type, 'Cache-Control': 'max-age=3600' },
  });
}

/** Why nobody can listen there, with the cure. */
function listenFault(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new UserError(`port ${port} on ${host} is taken: stop what runs there, or set PORT`);
    case 'EACCES':
      return new UserError(`port ${port} may not be used by this user: set PORT to 1024 or more`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new UserError(`${host} is no address of this machine: set HOST to one, or leave it out`);
    default:
      return error;
  }
}

/** Listens. Rejects with a `UserError` when nobody can listen there. */
export async function openWeb(parts: WebParts): Promise<Site> {
  const { app, close } = makeRoutes(parts);
  const { host, port } = parts.config;
  const server = await new Promise<ServerType>((resolve, reject) => {
    const opened = serve({ fetch: app.fetch, hostname: host, port }, () => resolve(opened));
    opened.on('error', (error: NodeJS.ErrnoException) => reject(listenFault(error, host, port)));
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
        }, CLOSE_WITHIN);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      });
    },
  };
}
