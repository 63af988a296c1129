/** The whole application around a sandbox, with a moved clock: tests read as conversations. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, inject } from 'vitest';

import { type App, type AppParts, openApp } from '../../src/app.ts';
import { openSandbox, type SandboxChannel } from '../../src/channels/sandbox/sandbox.ts';
import { SANDBOX_WORLD } from '../../src/channels/sandbox/world.ts';
import { HOUR } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Db, Dialect } from '../../src/db/open.ts';
import { loadCatalogue } from '../../src/lessons/catalogue.ts';
import { silentLog } from '../../src/log.ts';
import { seedWorld } from '../../src/seed.ts';
import { type TestClock, testClock } from './clock.ts';
import { openTestDb } from './databases.ts';
import { until } from './wait.ts';

const STEP = HOUR;

export const ROOT = new URL('../../', import.meta.url).pathname;

export interface Pupil {
  /** Says something in the group, and waits until it is handled. */
  says(text: string): Promise<void>;
  /** The same in a private chat with the bot. */
  whispers(text: string): Promise<void>;
  /** Waits until the bot says something like this in their private chat. */
  hears(pattern: RegExp): Promise<string>;
}

export interface School {
  readonly db: Db;
  readonly app: App;
  readonly clock: TestClock;
  readonly sandbox: SandboxChannel;
  /** Where pictures of our own making lie. */
  readonly dataDir: string;
  pupil(name: string): Pupil;
  /** Moves the clock by `ms`, with a tick at the end and every hour: a longer step would be an outage. */
  pass(ms: number): Promise<void>;
  /** What the bot has said in the group so far. */
  said(roomKey?: string): Promise<string[]>;
  /** Waits until the bot has said something like this in the group. */
  hears(pattern: RegExp, roomKey?: string): Promise<string>;
  /** Stops the application and starts it anew on the same database. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function openSchool(
  dialect: Dialect,
  start = '2026-11-24T19:59:00+08:00',
  more: Partial<AppParts> = {},
): Promise<School> {
  const { db, close } = await openTestDb(dialect);
  const clock = testClock(start);
  const dataDir = mkdtempSync(join(tmpdir(), 'weike-school-'));
  const config = readConfig({ LESSONS_DIR: `${ROOT}lessons`, DATA_DIR: dataDir, LOG_LEVEL: 'silent' }, ROOT);
  const sandbox = openSandbox({ db, clock, lessonsDir: config.lessonsDir, dataDir });
  await seedWorld(db, (await loadCatalogue(config.lessonsDir)).lessons, config.zone, clock.now());
  const run = () =>
    openApp({
      config,
      db,
      clock,
      log: silentLog,
      redis: { path: inject('redisPath') },
      channels: [sandbox],
      queuePrefix: `t-${randomUUID()}`,
      ...more,
    });
  let app = await run();
  const roomOf = (key: string) => {
    const room = SANDBOX_WORLD.rooms.find((one) => one.key === key);
    if (!room) throw new Error(`no room ${key}`);
    return room;
  };
  const wordsOf = async (place: { roomId: string } | { contactId: string }) => {
    const messages = await sandbox.messages(place, { limit: 500 });
    return messages.filter(({ personId }) => personId === undefined).map(({ text }) => text);
  };
  const heard = (place: { roomId: string } | { contactId: string }, pattern: RegExp) =>
    until(async () => (await wordsOf(place)).findLast((text) => pattern.test(text)), {
      what: `the bot saying ${pattern}`,
    });

  return {
    db,
    get app() {
      return app;
    },
    clock,
    sandbox,
    dataDir,
    pupil(name) {
      const person = SANDBOX_WORLD.rooms.flatMap((room) => room.people).find((one) => one.name === name);
      const room = SANDBOX_WORLD.rooms.find((one) => one.people.some(({ id }) => id === person?.id));
      if (!person || !room) throw new Error(`nobody is called ${name}`);
      return {
        async says(text) {
          await sandbox.say(person.id, { roomId: room.id }, text);
          await app.settled();
        },
        async whispers(text) {
          await sandbox.say(person.id, 'private', text);
          await app.settled();
        },
        hears: (pattern) => heard({ contactId: person.id }, pattern),
      };
    },
    async pass(ms) {
      for (let left = ms; left > 0; left -= STEP) {
        clock.advance(Math.min(left, STEP));
        await app.tick();
      }
    },
    said: (key = 'huacha') => wordsOf({ roomId: roomOf(key).id }),
    hears: (pattern, key = 'huacha') => heard({ roomId: roomOf(key).id }, pattern),
    async restart() {
      await app.stop();
      app = await run();
    },
    async close() {
      await app.stop();
      await close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Nothing like this was said. */
export const neverSaid = (said: readonly string[], pattern: RegExp) =>
  expect(said.filter((text) => pattern.test(text))).toEqual([]);
