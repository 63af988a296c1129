/**
 * A run: a folder with a sink, a Redis of its own, a database and a server that is started, killed and
 * started again. It needs no test runner, so that the long form can use it too.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';

import type { Clock } from '../../src/clock.ts';
import type { Config } from '../../src/config.ts';
import { type Db, type Dialect, openDatabase } from '../../src/db/open.ts';
import { reasonOf } from '../../src/errors.ts';
import type { Health } from '../../src/health.ts';
import { recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { addSchedule } from '../../src/schedule/schedules.ts';
import type { Chat } from './chat.ts';
import { findContradictions } from './checker.ts';
import { lessonId, writeCourse } from './course.ts';
import type { Behaviour, Room } from './protocol.ts';
import { type FaultyRedis, openFaultyRedis } from './redis.ts';
import type { CrashPoint, FromServer, ServerConfig, ToServer } from './server.ts';
import { openSink, ZONE } from './sink-client.ts';
import { fastClock, type Speed } from './speed.ts';

const STANDSTILL = 60_000;
const SERVER = new URL('server.ts', import.meta.url).pathname;

export interface RigOptions {
  readonly dialect: Dialect;
  /** Without a database's name; needed for PostgreSQL. */
  readonly postgresUrl?: string;
  readonly seed: number;
  readonly rooms?: readonly Room[];
  /** Of private chats. */
  readonly behaviours?: readonly Behaviour[];
  readonly history?: boolean;
  /** How much faster than the world the run's clock goes. */
  readonly factor?: number;
  readonly lessons?: number;
  /** Where SQLite's file is, when not in the run's folder. */
  readonly databaseFolder?: string;
  /** Another chat than the sink. */
  readonly openChat?: (folder: string, speed: Speed) => Promise<Chat>;
}

export interface StartOptions {
  readonly crashAt?: CrashPoint;
  /** At which passing, from 1. */
  readonly crashNo?: number;
  /** A program to run it under. */
  readonly under?: readonly string[];
}

export interface Server {
  readonly child: ChildProcess;
  /** Of the server itself, also when it runs under another program. Rejects when it ends before it is ready. */
  readonly ready: Promise<number>;
  readonly gone: Promise<void>;
  isGone(): boolean;
  health(): Promise<Health>;
  kill(): Promise<void>;
}

export interface Rig {
  readonly folder: string;
  readonly db: Db;
  readonly database: Config['database'];
  readonly clock: Clock;
  readonly chat: Chat;
  readonly redis: FaultyRedis;
  readonly lessons: number;
  start(options?: StartOptions): Server;
  /** The one that was started last. */
  server(): Server;
  /** Plans lesson number `no` for all groups, `after` ms from now of the run's clock. */
  plan(no: number, after: number, closeAfter: number): Promise<void>;
  /** Waits, with a server running, until nothing is under way any more; rejects when nothing moves for a minute. */
  settle(): Promise<void>;
  /** Closes the test's own connections to the database, or opens them again. */
  detach(): Promise<void>;
  attach(): Promise<void>;
  contradictions(): Promise<string[]>;
  /** How many deliveries there are by kind and state: `lesson sent`. */
  states(): Promise<Record<string, number>>;
  /** What the servers of this run logged at level error or worse. */
  errors(): string[];
  /** Ends everything, once; with `keep` the folder stays for a look. */
  close(options?: { readonly keep?: boolean }): Promise<void>;
}

/** Rooms with the same behaviours and `people` each. */
export const makeRooms = (count: number, behaviours: readonly Behaviour[], people = 30): Room[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `room-${index + 1}`,
    topic: `试炼 ${index + 1} 群`,
    people: Array.from({ length: people }, (__, no) => ({
      contactId: `p-${index + 1}-${no + 1}`,
      name: `茶友${index + 1}号${no + 1}`,
    })),
    behaviours,
  }));

export async function openRig(options: RigOptions): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'weike-fault-'));
  const closers: (() => unknown)[] = [];
  const speed: Speed = { origin: Date.now(), factor: options.factor ?? 30 };
  const clock = fastClock(speed);
  const lessons = options.lessons ?? 30;
  const lessonsDir = join(folder, 'lessons');
  writeCourse(lessonsDir, lessons);
  try {
    const { database, drop } = await makeDatabase(options, folder);
    closers.push(drop);
    let db = await openDatabase(database, clock.now());
    closers.push(() => db.destroy());
    const chat = await (options.openChat ?? openSinkFor(options))(folder, speed);
    closers.push(() => chat.close());
    const { account } = chat.channel;
    for (const room of chat.rooms) {
      const seen = { account, roomId: room.id, topic: room.topic, members: room.people };
      const group = await recordSeenGroup(db, seen, clock.now());
      await setGroupEnabled(db, group.key, true, 'test', clock.now());
    }
    const redis = await openFaultyRedis(folder);
    closers.push(() => redis.close());
    const serverConfig: ServerConfig = {
      database,
      redis: { path: redis.path },
      dataDir: join(folder, 'data'),
      lessonsDir,
      speed,
      tickEvery: 100,
      sweepEvery: 1_500,
      channel: chat.channel,
    };
    mkdirSync(serverConfig.dataDir);
    writeFileSync(join(folder, 'server.json'), JSON.stringify(serverConfig, null, 2));

    const servers: Server[] = [];
    let isClosed = false;
    return {
      folder,
      get db() {
        return db;
      },
      database,
      clock,
      chat,
      redis,
      lessons,
      start(startOptions = {}) {
        const server = startServer(folder, startOptions);
        servers.push(server);
        return server;
      },
      server() {
        const last = servers.at(-1);
        if (!last) throw new Error('no server was started');
        return last;
      },
      async plan(no, after, closeAfter) {
        const now = clock.now();
        const added = {
          kind: 'lesson',
          content: lessonId(no),
          groups: 'all',
          when: { at: now + Math.max(1, after) },
          zone: ZONE,
          closeAfter,
        } as const;
        await addSchedule(db, added, 'test', now);
      },
      async settle() {
        const withHistory = chat.channel.kind === 'sink' && chat.channel.history;
        let left = '';
        let movedAt = Date.now();
        for (;;) {
          const now = (await listUnderWay(db, chat, clock.now(), withHistory)).join('; ');
          if (now === '') return;
          if (now !== left) movedAt = Date.now();
          left = now;
          if (Date.now() - movedAt > STANDSTILL) throw new Error(`never at rest: ${left}`);
          await new Promise((resolve) => setTimeout(resolve, 150));
        }
      },
      detach: () => db.destroy(),
      async attach() {
        db = await openDatabase(database, clock.now());
      },
      contradictions: () => findContradictions(db, chat.evidence()),
      async states() {
        const rows = await db
          .selectFrom('delivery')
          .select(({ fn }) => ['kind', 'state', fn.countAll<number>().as('count')])
          .groupBy(['kind', 'state'])
          .orderBy('kind')
          .orderBy('state')
          .execute();
        return Object.fromEntries(rows.map(({ kind, state, count }) => [`${kind} ${state}`, Number(count)]));
      },
      errors: () =>
        readFileSync(join(folder, 'server.log'), 'utf8')
          .split('\n')
          .filter((line) => /"level":[56]0/.test(line)),
      async close({ keep = false } = {}) {
        if (isClosed) return;
        isClosed = true;
        for (const server of servers) await server.kill();
        for (const close of closers.splice(0).toReversed()) await close();
        if (!keep) rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    for (const close of closers.toReversed()) await close();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Runs `work` with a run of its own, which ends with it; when it fails, the folder stays and the error names it. */
export async function withRig<T>(options: RigOptions, work: (rig: Rig) => Promise<T>): Promise<T> {
  const rig = await openRig(options);
  try {
    const result = await work(rig);
    await rig.close();
    return result;
  } catch (error) {
    await rig.close({ keep: true });
    throw new Error(`${reasonOf(error)} (seed ${options.seed}, see ${rig.folder})`, { cause: error });
  }
}

const openSinkFor = (options: RigOptions) => (folder: string, speed: Speed) =>
  openSink(folder, {
    account: 'sink',
    rooms: options.rooms ?? makeRooms(4, ['id']),
    behaviours: options.behaviours ?? ['id'],
    history: options.history ?? false,
    speed,
    seed: options.seed,
  });

async function makeDatabase(
  options: RigOptions,
  folder: string,
): Promise<{ database: Config['database']; drop: () => Promise<void> }> {
  if (options.dialect === 'sqlite') {
    const file = join(options.databaseFolder ?? folder, 'weike.db');
    return { database: { kind: 'sqlite', file }, drop: async () => undefined };
  }
  const server = options.postgresUrl;
  if (server === undefined) throw new Error('postgresUrl is needed');
  const name = `f_${randomUUID().replaceAll('-', '')}`;
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: `${server}/postgres` });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await run(`create database ${name}`);
  return {
    database: { kind: 'postgres', url: `${server}/${name}` },
    drop: () => run(`drop database ${name} with (force)`),
  };
}

function startServer(folder: string, { crashAt, crashNo = 1, under = [] }: StartOptions): Server {
  const output = openSync(join(folder, 'server.log'), 'a');
  const [program, ...args] = [...under, process.execPath, SERVER, join(folder, 'server.json')] as const;
  const child = spawn(program, args, {
    stdio: ['ignore', output, output, 'ipc'],
    env: { ...process.env, ...(crashAt ? { CRASH_AT: `${crashAt}:${crashNo}` } : {}) },
  });
  closeSync(output);
  const gone = once(child, 'exit').then(() => undefined);
  const asked = new Map<number, (health: Health) => void>();
  let last = 0;
  let pid: number | undefined;
  const ready = new Promise<number>((resolve, reject) => {
    child.on('message', (line: FromServer) => {
      if (line.tell === 'health') {
        asked.get(line.no)?.(line.health);
        asked.delete(line.no);
      } else {
        pid = line.pid;
        resolve(line.pid);
      }
    });
    child.on('error', reject);
    void gone.then(() => reject(new Error('the server ended before it was ready')));
  });
  ready.catch(() => undefined);
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  return {
    child,
    ready,
    gone,
    isGone,
    health() {
      last += 1;
      const no = last;
      return new Promise((resolve, reject) => {
        asked.set(no, resolve);
        void gone.then(() => reject(new Error('the server is gone')));
        child.send({ ask: 'health', no } satisfies ToServer, (error) => error && reject(error));
      });
    },
    async kill() {
      if (isGone()) return;
      if (under.length > 0 && pid !== undefined) process.kill(pid, 'SIGKILL');
      else child.kill('SIGKILL');
      await gone;
    },
  };
}

const UNDER_WAY = ['planned', 'queued', 'sending', 'awaiting-echo'] as const;

/** What isn't at rest yet, in words. Where the chat's past can be read, nothing stays unknown. */
async function listUnderWay(db: Db, chat: Chat, now: number, withHistory: boolean): Promise<string[]> {
  const count = async (what: string, rows: Promise<readonly unknown[]>) => {
    const { length } = await rows;
    return length === 0 ? [] : [`${length} ${what}`];
  };
  const pending = await chat.pending();
  return [
    ...(pending === 0 ? [] : [`${pending} messages not acknowledged`]),
    ...(await count(
      'messages not handled',
      db.selectFrom('message').select('id').where('state', '=', 'new').execute(),
    )),
    ...(await count(
      'schedules not planned',
      db
        .selectFrom('schedule')
        .select('id')
        .where('next_at', 'is not', null)
        .where('removed_at', 'is', null)
        .execute(),
    )),
    ...(await count(
      'quizzes not closed',
      db
        .selectFrom('quiz_window')
        .select('id')
        .where('closed_at', 'is', null)
        .where('closes_at', '<=', now + 10 * 60_000)
        .execute(),
    )),
    ...(await count(
      'answers not acknowledged',
      db.selectFrom('ack_item').select('id').where('delivery_id', 'is', null).execute(),
    )),
    ...(await count(
      'deliveries under way',
      db
        .selectFrom('delivery')
        .select('id')
        .where('state', 'in', [...UNDER_WAY, ...(withHistory ? (['unknown'] as const) : [])])
        .execute(),
    )),
  ];
}
