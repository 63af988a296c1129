/** The private Redis of a data folder: one, found again, replaced when it is broken, gone when we go. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openPrivateRedis, type PrivateRedis } from '../../src/delivery/redis.ts';
import { until } from '../support/wait.ts';

describe('the private Redis', () => {
  let folder: string;
  let opened: PrivateRedis[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weike-redis-'));
    opened = [];
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const redis of opened) await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(dir = folder): Promise<PrivateRedis> {
    const redis = await openPrivateRedis(dir);
    opened.push(redis);
    return redis;
  }
  async function ask<T>(redis: PrivateRedis, work: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis({ path: redis.path });
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }
  const isAlive = (pid: number) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  /** Servers whose title names the socket. */
  async function servers(path: string): Promise<string[]> {
    const list = await new Promise<string>((resolve, reject) => {
      execFile('ps', ['-eo', 'pid,args'], (error, out) => (error ? reject(error) : resolve(out)));
    });
    return list.split('\n').filter((line) => line.includes('redis-server') && line.includes(path));
  }

  it('listens on a socket that is ours alone, writes everything down and evicts nothing', async () => {
    const redis = await open();
    expect(redis).toMatchObject({ path: join(folder, 'redis', 'redis.sock'), reused: false });
    expect(statSync(join(folder, 'redis')).mode & 0o777).toBe(0o700);
    expect(statSync(redis.path).mode & 0o777).toBe(0o700);
    const setting = (name: string) => ask(redis, (client) => client.config('GET', name));
    expect(await setting('port')).toEqual(['port', '0']);
    expect(await setting('appendonly')).toEqual(['appendonly', 'yes']);
    expect(await setting('maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  });

  it('ends with us, and has kept what was written', async () => {
    const first = await open();
    await ask(first, (client) => client.set('word', '茶'));
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    await first.stop();
    const second = await open();
    expect(second.reused).toBe(false);
    expect(await ask(second, (client) => client.get('word'))).toBe('茶');
  });

  it('is found again when it outlived us', async () => {
    // A process that opens it and is killed.
    const module = new URL('../../src/delivery/redis.ts', import.meta.url).href;
    const program = `const { openPrivateRedis } = await import(${JSON.stringify(module)});
      const { pid } = await openPrivateRedis(${JSON.stringify(folder)});
      process.stdout.write(String(pid)); setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(owner.stdout, 'data')) as [Buffer];
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const redis = await open();
    expect(redis).toMatchObject({ pid: Number(said.toString()), reused: true });
    expect(await servers(redis.path)).toHaveLength(1);
    await redis.stop();
    expect(await servers(redis.path)).toEqual([]);
  }, 60_000);

  it('is one, however often it is asked for', async () => {
    const first = await open();
    const again = await Promise.all([open(), open()]);
    for (const redis of again) expect(redis).toMatchObject({ pid: first.pid, reused: true });
    expect(await servers(first.path)).toHaveLength(1);
  });

  it('takes the place of a socket that nobody listens to, and of a file', async () => {
    const path = join(folder, 'redis', 'redis.sock');
    mkdirSync(dirname(path));
    const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.stdout.write('up'))`;
    const owner = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(owner.stdout, 'data');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(existsSync(path)).toBe(true);
    const first = await open();
    expect(first.reused).toBe(false);
    await first.stop();
    writeFileSync(path, 'no socket');
    expect((await open()).reused).toBe(false);
  });

  it('replaces one that is frozen, and leaves it no file to write to', async () => {
    const frozen = await open();
    await ask(frozen, (client) => client.set('word', '茶'));
    process.kill(frozen.pid, 'SIGSTOP');
    const next = await open();
    expect(next.reused).toBe(false);
    expect(next.pid).not.toBe(frozen.pid);
    expect(isAlive(frozen.pid)).toBe(false);
    expect(await ask(next, (client) => client.get('word'))).toBe('茶');
    expect(await servers(next.path)).toHaveLength(1);
  }, 60_000);

  it('is ended even when it is frozen', async () => {
    const redis = await open();
    process.kill(redis.pid, 'SIGSTOP');
    await redis.stop();
    await until(() => !isAlive(redis.pid));
  }, 30_000);

  it('ends no other process that has got its number', async () => {
    mkdirSync(join(folder, 'redis'));
    const other = spawn('sleep', ['60']);
    writeFileSync(join(folder, 'redis', 'redis.pid'), String(other.pid));
    await open();
    expect(other.exitCode).toBeNull();
    expect(other.signalCode).toBeNull();
    other.kill();
    await once(other, 'exit');
  });

  it('has its socket elsewhere where the path would be too long for one', async () => {
    const long = join(folder, 'x'.repeat(60), 'y'.repeat(60));
    mkdirSync(long, { recursive: true });
    const redis = await open(long);
    expect(Buffer.byteLength(redis.path)).toBeLessThan(108);
    expect(existsSync(join(long, 'redis', 'appendonlydir'))).toBe(true);
    expect(await ask(redis, (client) => client.ping())).toBe('PONG');
    expect(await openPrivateRedis(long)).toMatchObject({ pid: redis.pid, reused: true });
    await redis.stop();
    rmSync(dirname(redis.path), { recursive: true, force: true });
  });

  it('says how to get it where it is missing', async () => {
    vi.stubEnv('PATH', join(folder, 'nothing'));
    await expect(open()).rejects.toThrow(
      'redis-server is not installed: install it (Debian: apt-get install redis-server) or set REDIS_URL',
    );
  });

  it('says what it said when it could not start, and does not stay', async () => {
    mkdirSync(join(folder, 'redis', 'appendonlydir'), { recursive: true });
    writeFileSync(join(folder, 'redis', 'appendonlydir', 'appendonly.aof.manifest'), 'nonsense\n');
    await expect(open()).rejects.toThrow(/redis-server ended at once \(code 1\): \S/);
    expect(await servers(join(folder, 'redis'))).toEqual([]);
  });
});
