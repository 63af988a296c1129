/** The pages around a sandbox and plain figures, as the tests open them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openSandbox } from '../../src/channels/sandbox/sandbox.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { findReadingLink, readByLink } from '../../src/delivery/readings.ts';
import type { Db } from '../../src/db/open.ts';
import type { Catalogue } from '../../src/lessons/catalogue.ts';
import type { Lesson } from '../../src/lessons/lesson.ts';
import { learningParts } from '../../src/learning.ts';
import { silentLog } from '../../src/log.ts';
import {
  endSession,
  issueLoginToken,
  isLoginTokenLive,
  readDeskCode,
  spendDeskCode,
  spendLoginToken,
  startDeskCode,
} from '../../src/people/sessions.ts';
import { findViewer } from '../../src/people/viewer.ts';
import type { WebParts } from '../../src/web/parts.ts';
import { makeRoutes, openWeb } from '../../src/web/server.ts';
import { recordingSink } from '../contracts/harness.ts';
import { openTestDb } from '../support/databases.ts';

export type Env = Readonly<Record<string, string>>;

export interface SiteOptions {
  /** Settings as a deployment gives them. */
  readonly env?: Env;
  readonly lessons?: readonly Lesson[];
  readonly parts?: Partial<WebParts>;
  /** Files in the lessons' folder, by their path in it. */
  readonly prepare?: (lessonsDir: string) => void;
  /** The database as the pages see it. */
  readonly through?: (db: Db) => Db;
}

export const healthy = {
  status: 'ok',
  parts: {
    database: 'ok',
    queue: 'ok',
    unknownDeliveries: 0,
    heldDeliveries: 0,
    channels: [{ account: 'sandbox', state: 'online' }],
  },
} as const;

export const lessonOf = (given: Partial<Lesson> = {}): Lesson => ({
  id: 'cha',
  title: '茉莉花茶怎么存',
  course: '网上卖货',
  order: 1,
  category: '电商',
  author: '花茶协会党支部',
  sources: [],
  tags: [],
  minutes: 2,
  body: '花茶最怕**潮**。',
  questions: [],
  draws: [],
  file: 'selling/cha.md',
  hash: 'f'.repeat(64),
  ...given,
});

const catalogueOf = (lessons: readonly Lesson[]): Catalogue => ({
  lessons,
  faults: [],
  byId: new Map(lessons.map((lesson) => [lesson.id, lesson])),
  sources: new Map(),
});

export async function openSite({
  env = {},
  lessons = [lessonOf()],
  parts = {},
  prepare,
  through = (db) => db,
}: SiteOptions = {}) {
  const test = await openTestDb('sqlite');
  const db = through(test.db);
  const lessonsDir = mkdtempSync(join(tmpdir(), 'weike-lessons-'));
  prepare?.(lessonsDir);
  const config = readConfig({ PORT: '0', LESSONS_DIR: lessonsDir, ...env }, lessonsDir);
  const clock = systemClock;
  const sandbox = openSandbox({ db, clock, lessonsDir });
  const heard = recordingSink();
  await sandbox.start(heard.sink);
  const all: WebParts = {
    config,
    clock,
    log: silentLog,
    catalogue: () => catalogueOf(lessons),
    health: async () => healthy,
    upcoming: async () => [],
    participation: async () => ({ week: '11月23日—11月29日', groups: [], members: [] }),
    sandbox,
    console: {
      db,
      config,
      dataDir: lessonsDir,
      channels: () => [],
      longestTexts: () => new Map(),
      restart: async () => undefined,
      poke: async () => undefined,
      makeFiles: () => undefined,
    },
    sendNextLesson: async () => '这就发到群里',
    learning: learningParts({ db, clock, zone: config.zone }),
    readings: {
      find: (secret) => findReadingLink(db, secret),
      press: (secret) => readByLink(db, secret, clock.now()),
    },
    sessions: {
      isLinkLive: (secret) => isLoginTokenLive(db, secret, clock.now()),
      spendLink: (secret, browser) => spendLoginToken(db, secret, clock.now(), browser),
      find: (secret) => findViewer(db, secret, clock.now()),
    },
    entry: {
      startDesk: (browser) => startDeskCode(db, browser, clock.now()),
      deskState: (browser) => readDeskCode(db, browser, clock.now()),
      spendDesk: (browser) => spendDeskCode(db, browser, clock.now()),
      endSession: (secret) => endSession(db, secret, clock.now()),
    },
    ...parts,
  };
  const { app, close: closeRoutes } = makeRoutes(all);
  const base = new URL(config.publicUrl).origin;
  return {
    sandbox,
    heard,
    parts: all,
    base,
    lessonsDir,
    db,
    issueLink: () => issueLoginToken(db, 'admin', clock.now()),
    /** A request as a browser on this site makes it. */
    async get(path: string, headers: Record<string, string> = {}) {
      return await app.request(`${base}${path}`, { headers: { host: new URL(base).host, ...headers } });
    },
    async post(path: string, body: unknown, headers: Record<string, string> = {}) {
      const isForm = body instanceof URLSearchParams;
      return await app.request(`${base}${path}`, {
        method: 'POST',
        headers: {
          host: new URL(base).host,
          origin: base,
          'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
          ...headers,
        },
        body: isForm ? body.toString() : JSON.stringify(body),
      });
    },
    /** Listens on a real port. */
    listen: () => openWeb(all),
    async close() {
      closeRoutes();
      await sandbox.stop();
      await test.close();
      rmSync(lessonsDir, { recursive: true, force: true });
    },
  };
}

export type TestSite = Awaited<ReturnType<typeof openSite>>;

/** `name=value` of a cookie that an answer sets, as the next request sends it. */
export const cookieOf = (answer: Response): string =>
  (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
