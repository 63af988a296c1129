/**
 * A private `redis-server` on a Unix socket in the data folder, for deployments without a Redis of their
 * own: append-only file on, nothing evicted, one per data folder. One that outlived a killed process of
 * ours is found by its socket and used again.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, lstatSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';

import { UserError } from '../errors.ts';

export interface PrivateRedis {
  readonly path: string;
  readonly pid: number;
  /** Whether it was found running rather than started. */
  readonly reused: boolean;
  /** Saves, ends it and waits for its end. */
  stop(): Promise<void>;
}

/**
 * One that runs and doesn't answer, frozen or broken, is ended: two must not write one file. It is known by its
 * process id and, since ids are used again, by the socket in its title.
 */
async function endSilent(pidFile: string, path: string): Promise<void> {
  const pid = Number(readText(pidFile));
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return;
  const title = await titleOf(pid);
  if (!title.includes('redis-server') || !title.includes(path)) return;
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

const titleOf = (pid: number) =>
  new Promise<string>((resolve) => {
    execFile('ps', ['-o', 'args=', '-p', String(pid)], (error, title) => resolve(error ? '' : title));
  });

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

/** The kernel's limit for a socket's path is 108 bytes with the closing zero. */
const LONGEST_PATH = 100;
const START_WAIT = 10_000;
/** How long one that was asked to end may take for it. */
const STOP_WAIT = 1_500;

/** Starts the data folder's Redis, or takes over the one that is running there. Throws `UserError` with the cure. */
export async function openPrivateRedis(dataDir: string): Promise<PrivateRedis> {
  const folder = join(dataDir, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = socketPath(folder);
  const running = await probe(path);
  if (running === 'loading') return handle(path, await untilAnswering(path), true);
  if (running !== undefined) return handle(path, running, true);

  const pidFile = join(folder, 'redis.pid');
  await endSilent(pidFile, path);
  rmSync(path, { force: true });
  const logFile = join(folder, 'redis.log');
  const child = start(folder, path, pidFile, logFile);
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new UserError(
              'redis-server is not installed: install it (Debian: apt-get install redis-server) or set REDIS_URL',
            )
          : new UserError(`redis-server could not be started: ${error.message}`, { cause: error }),
      ),
    );
    child.once('exit', (code) =>
      reject(new UserError(`redis-server ended at once (code ${code}): ${lastLine(logFile)}`)),
    );
  });
  failed.catch(() => undefined);
  const pid = await Promise.race([failed, untilAnswering(path)]).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  child.removeAllListeners();
  child.unref();
  return handle(path, pid, false);
}

function socketPath(folder: string): string {
  const inside = join(folder, 'redis.sock');
  if (Buffer.byteLength(inside) <= LONGEST_PATH) return inside;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const short = join(tmpdir(), `weike-${name}`);
  mkdirSync(short, { recursive: true, mode: 0o700 });
  // Anybody may have made it before us: what answers there would be theirs.
  const { uid, mode } = lstatSync(short);
  if ((process.getuid && uid !== process.getuid()) || (mode & 0o077) !== 0)
    throw new UserError(`${short} belongs to somebody else: remove it, or set DATA_DIR to a shorter path`);
  return join(short, 'redis.sock');
}

function start(folder: string, path: string, pidFile: string, logFile: string): ChildProcess {
  const settings = {
    port: '0',
    unixsocket: path,
    unixsocketperm: '700',
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    pidfile: pidFile,
    logfile: logFile,
  };
  const log = openSync(logFile, 'a', 0o600);
  try {
    // A group of its own: a Ctrl-C in the terminal is for us, and we end it when we have finished with it.
    return spawn(
      'redis-server',
      Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      {
        detached: true,
        stdio: ['ignore', log, log],
      },
    );
  } finally {
    closeSync(log);
  }
}

async function untilAnswering(path: string): Promise<number> {
  const deadline = Date.now() + START_WAIT;
  for (;;) {
    const found = await probe(path);
    if (typeof found === 'number') return found;
    // A long file takes its time.
    if (Date.now() > deadline && found !== 'loading')
      throw new UserError(`redis-server did not answer on ${path} within ${START_WAIT / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The process id of the Redis that answers there, that one is loading its file, or `undefined`. */
async function probe(path: string): Promise<number | 'loading' | undefined> {
  const client = new Redis({
    path,
    lazyConnect: true,
    retryStrategy: () => null,
    enableReadyCheck: false,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const info = await client.info();
    if (/^loading:1/m.test(info)) return 'loading';
    return Number(/^process_id:(\d+)/m.exec(info)?.[1]);
  } catch {
    return undefined;
  } finally {
    client.disconnect();
  }
}

function handle(path: string, pid: number, reused: boolean): PrivateRedis {
  return {
    path,
    pid,
    reused,
    async stop() {
      const client = new Redis({
        path,
        lazyConnect: true,
        retryStrategy: () => null,
        enableReadyCheck: false,
        connectTimeout: 700,
        commandTimeout: 700,
      });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.shutdown();
      } catch {
        // The connection breaks as it goes down, and one that is frozen doesn't answer: looked at below.
      } finally {
        client.disconnect();
      }
      const deadline = Date.now() + STOP_WAIT;
      while (isAlive(pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function lastLine(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
}
