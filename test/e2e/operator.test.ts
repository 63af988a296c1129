/** What an operator meets on standard error: plain lines with the cure, no stack, nothing of the vendors'. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { freePort } from '../support/postgres.ts';
import { ROOT } from '../support/school.ts';
import { until } from '../support/wait.ts';

describe('the server, wrongly started', () => {
  let folder: string;
  let children: ChildProcess[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weike-operator-'));
    children = [];
  });
  afterEach(async () => {
    for (const child of children)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    rmSync(folder, { recursive: true, force: true });
  });

  function start(env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [join(ROOT, 'src/main.ts')], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        LESSONS_DIR: join(ROOT, 'lessons'),
        PORT: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    const said = { out: '', err: '' };
    child.stdout.on('data', (data: Buffer) => (said.out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (said.err += data.toString()));
    return { child, said };
  }
  async function fails(env: Record<string, string>): Promise<string> {
    const { child, said } = start(env);
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, out: said.out }).toEqual({ code: 1, out: '' });
    return said.err;
  }

  it('says in one line what is wrong and how to mend it', async () => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'bad'));
    writeFileSync(join(folder, 'bad', 'weike.db'), 'no database at all, and long enough to be looked at');
    const programs = join(folder, 'programs');
    mkdirSync(programs);
    symlinkSync(process.execPath, join(programs, 'node'));
    const cases: [Record<string, string>, RegExp][] = [
      [{ PORT: 'x', PACE: 'y' }, /^weike: Settings: PORT: expected .*; PACE: expected/],
      [{ DATA_DIR: 'file' }, /^weike: the data folder .* a file stands .* set DATA_DIR/],
      [{ DATA_DIR: 'bad' }, /^weike: the database file .* is not a database: restore a backup/],
      [{ LESSONS_DIR: 'nowhere' }, /^weike: the lessons' folder .* see LESSONS_DIR/],
      [
        { DATABASE_URL: `postgres://u:geheimnis@127.0.0.1:${await freePort()}/d` },
        /^weike: the database at .* can not be reached .* see DATABASE_URL/,
      ],
      [{ PATH: programs }, /^weike: redis-server is not installed: install it .* or set REDIS_URL/],
    ];
    for (const [env, expected] of cases) {
      const words = await fails(env);
      expect(words).toMatch(expected);
      expect(words.trim().split('\n')).toHaveLength(1);
      expect(words).not.toMatch(/geheimnis|\n\s+at /);
    }
  }, 120_000);

  it('lets nobody else read what it writes', async () => {
    const { said } = start({ DATA_DIR: 'data' });
    await until(() => said.err.includes('running at'), { within: 60_000 });
    for (const file of ['data', 'data/weike.db', 'data/redis'])
      expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
  }, 90_000);

  it('keeps the vendor’s log to itself, and says why an account is not there', async () => {
    const { child, said } = start({
      CHANNELS: 'wechaty',
      WECHATY_PUPPET: 'wechaty-puppet-that-is-nowhere',
      LOG_LEVEL: 'warn',
    });
    await until(() => said.err.includes('could not connect') && said.err.includes('running at'), {
      within: 60_000,
      what: 'a try',
    });
    const { port } = new URL(/running at (\S+)/.exec(said.err)?.[1] ?? '');
    const health = (await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()) as {
      status: string;
      parts: { channels: unknown };
    };
    expect(health).toMatchObject({
      status: 'degraded',
      parts: {
        channels: [
          {
            account: 'wechaty',
            state: 'offline',
            reason: '没有安装 wechaty-puppet-that-is-nowhere：检查 WECHATY_PUPPET，再运行一次 npm start',
          },
        ],
      },
    });
    child.kill('SIGTERM');
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(0);
    expect(said.out).toBe('');
    for (const line of said.err.trim().split('\n'))
      if (!line.startsWith('微课 is running')) expect(JSON.parse(line)).toHaveProperty('msg');
  }, 90_000);

  it('ends when it is told to while it starts, and leaves no Redis behind', async () => {
    for (const after of [50, 300, 700]) {
      const { child } = start({ DATA_DIR: 'data' });
      await new Promise((resolve) => setTimeout(resolve, after));
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    const list = await new Promise<string>((resolve) => {
      const ps = spawn('ps', ['-eo', 'args']);
      let text = '';
      ps.stdout.on('data', (data: Buffer) => (text += data.toString()));
      ps.on('close', () => resolve(text));
    });
    expect(list.split('\n').filter((line) => line.includes(folder) && !line.includes('ps '))).toEqual([]);
    expect(dirname(folder)).toBe(tmpdir());
  }, 90_000);
});
