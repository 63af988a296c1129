/** A `redis-server` of a test's own that can be killed, frozen, emptied and filled up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { Redis } from 'ioredis';

import { until } from '../support/wait.ts';

export interface FaultyRedis {
  readonly path: string;
  /** Runs a command on a connection of its own. */
  command(...words: string[]): Promise<unknown>;
  kill(): Promise<void>;
  /** Starts it again with what is on its disk, or with nothing. */
  start(options?: { readonly empty?: boolean }): Promise<void>;
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function openFaultyRedis(folder: string): Promise<FaultyRedis> {
  const data = join(folder, 'redis');
  const path = join(folder, 'redis.sock');
  let child: ChildProcess | undefined;
  let pid = 0;

  async function command(...words: string[]): Promise<unknown> {
    const client = new Redis({ path, lazyConnect: true, retryStrategy: () => null, commandTimeout: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const [first = '', ...rest] = words;
      return await client.call(first, ...rest);
    } finally {
      client.disconnect();
    }
  }

  async function start({ empty = false } = {}): Promise<void> {
    if (empty) rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { recursive: true });
    rmSync(path, { force: true });
    const settings = [
      '--port',
      '0',
      '--unixsocket',
      path,
      '--dir',
      data,
      '--appendonly',
      'yes',
      '--save',
      '',
    ];
    // The shell between ends it when we are gone, however we ended: then its standard input closes.
    const script = 'redis-server "$@" >/dev/null & echo $!; read _; kill -9 $!; wait $!';
    child = spawn('sh', ['-c', script, 'sh', ...settings], { stdio: ['pipe', 'pipe', 'ignore'] });
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    pid = Number(line.toString());
    await until(async () => (await command('ping')) === 'PONG', { within: 30_000, what: 'Redis' });
  }

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.stdin?.end();
    await gone;
  }

  await start();
  return {
    path,
    command,
    kill,
    start,
    freeze: () => void process.kill(pid, 'SIGSTOP'),
    thaw: () => void process.kill(pid, 'SIGCONT'),
    close: kill,
  };
}
