/** The server as a process of its own: started in an empty folder, stopped, killed and started again. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SANDBOX_WORLD } from '../../src/channels/sandbox/world.ts';
import { ROOT } from '../support/school.ts';
import { freePort } from '../support/postgres.ts';
import { until } from '../support/wait.ts';

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; rejects with code and output when it fails. */
const run = (
  program: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Run> =>
  new Promise((resolve, reject) => {
    execFile(program, args, { ...options, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? -1);
      if (error === null) resolve({ code, stdout, stderr });
      else reject(Object.assign(new Error(stderr), { code, stdout, stderr }));
    });
  });

/** Processes whose command line names the folder. */
async function processesOf(folder: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid,args']);
  return stdout.split('\n').filter((line) => line.includes(folder) && !line.includes('ps -eo'));
}

describe('the server', () => {
  let folder: string;
  let port: number;
  let server: ChildProcess | undefined;
  let output: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weike-start-'));
    port = await freePort();
  });
  afterEach(async () => {
    if (server && server.exitCode === null && server.signalCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const environment = () => ({
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    DATA_DIR: folder,
    PORT: String(port),
    LOG_LEVEL: 'warn',
  });

  async function start(command = [process.execPath, 'src/main.ts']): Promise<ChildProcess> {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { cwd: ROOT, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    server = child;
    output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    await until(() => output.includes('running at') || child.exitCode !== null, {
      within: 60_000,
      what: 'the server ready',
    });
    expect(output).toContain(`http://127.0.0.1:${port}/`);
    return child;
  }

  async function stop(child: ChildProcess, signal: NodeJS.Signals) {
    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }

  const get = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`);
  const weike = async (...args: string[]) => {
    const { stdout } = await run(process.execPath, ['src/cli.ts', ...args], {
      cwd: ROOT,
      env: environment(),
    });
    return stdout;
  };
  const say = async (person: string, text: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/sandbox/api/say`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: `http://127.0.0.1:${port}` },
      body: JSON.stringify({ person, where: 'group', text, key: crypto.randomUUID().replaceAll('-', '') }),
    });
    expect(response.status).toBe(200);
  };

  it('starts by npm start, answers, and leaves nothing behind on SIGTERM', async () => {
    const child = await start(['npm', 'start', '--silent']);
    const health = (await (await get('/healthz')).json()) as { status: string };
    expect(health.status).toBe('ok');
    expect((await get('/')).status).toBe(200);
    expect((await get('/sandbox')).status).toBe(200);
    expect(await stop(child, 'SIGTERM')).toBe(0);
    await until(async () => (await processesOf(folder)).length === 0, { what: 'no child left' });
  }, 120_000);

  it('stops on SIGINT with code 0', async () => {
    const child = await start();
    expect(await stop(child, 'SIGINT')).toBe(0);
    expect(await processesOf(folder)).toEqual([]);
  });

  it('refuses a second server on the same data', async () => {
    await start();
    const second = run(process.execPath, ['src/main.ts'], {
      cwd: ROOT,
      env: { ...environment(), PORT: '0' },
    });
    await expect(second).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/another server is running/),
    });
  });

  it('teaches a class from the terminal, and keeps it over a kill -9', async () => {
    const first = await start();
    const groups = JSON.parse(await weike('group', 'list', '--json')) as {
      key: string;
      members: number;
      enabled: boolean;
    }[];
    expect(groups).toMatchObject([
      { key: 'huacha', members: 12, enabled: true },
      { key: 'cuntao', members: 12, enabled: true },
      { key: 'qingnian', members: 12, enabled: true },
    ]);
    const sent = JSON.parse(
      await weike('send', '--lesson', 'cunchu-huacha', '--group', 'huacha', '--json'),
    ) as {
      occurrence: string;
      deliveries: string[];
    };
    expect(sent.deliveries).toHaveLength(1);
    const state = async () =>
      (JSON.parse(await weike('delivery', 'list', '--json')) as { id: string; state: string }[]).find(
        ({ id }) => id === sent.deliveries[0],
      )?.state;
    await until(async () => (await state()) === 'sent', {
      every: 300,
      within: 20_000,
      what: 'the lesson sent',
    });
    const [ann, bob] = SANDBOX_WORLD.rooms[0]?.people ?? [];
    await say(ann?.id ?? '', '1B 2ABD 3密封');
    await say(bob?.id ?? '', '打卡，回去换罐子');
    first.kill('SIGKILL');
    await once(first, 'exit');

    const second = await start();
    const answers = JSON.parse(await weike('export', 'answers', '--format', 'json')) as {
      value: string;
      correct: boolean;
    }[];
    expect(answers.map(({ value, correct }) => [value, correct])).toEqual([
      ['B', true],
      ['ABD', true],
      ['密封', true],
    ]);
    const csv = await weike('export', 'checkins');
    expect(csv.startsWith('\u{feff}message_id,group,member_id,member,day,note,written_at,')).toBe(true);
    expect(csv).toContain('回去换罐子');
    await expect(weike('send', '--lesson', 'cunchu-huacha', '--group', 'huacha')).rejects.toMatchObject({
      code: 1,
    });
    expect(await stop(second, 'SIGTERM')).toBe(0);
    await until(async () => (await processesOf(folder)).length === 0, { what: 'no child left' });
    expect(existsSync(join(folder, 'weike.db'))).toBe(true);
  }, 120_000);

  it('has one answer to wrong settings, in words', async () => {
    const env = { ...environment(), PORT: 'x', QUIET_HOURS: 'late' };
    const started = run(process.execPath, ['src/main.ts'], { cwd: ROOT, env });
    await expect(started).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/PORT: .*; QUIET_HOURS: /),
    });
    await expect(started).rejects.not.toMatchObject({ stderr: expect.stringMatching(/\n\s+at /) });
  });

  it('keeps commands apart: used wrongly 2, failed 1', async () => {
    await expect(weike('schedule', 'ad')).rejects.toMatchObject({ code: 2 });
    await expect(
      weike('schedule', 'add', '--lesson', 'nothing', '--all', '--at', '2030-01-01T20:00'),
    ).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/there is no lesson "nothing"/),
    });
    await expect(weike('lesson', 'render', '--as', 'chat', '/nowhere.md')).rejects.toMatchObject({ code: 1 });
    const list = JSON.parse(await weike('lesson', 'list', '--json')) as unknown[];
    expect(list.length).toBeGreaterThanOrEqual(16);
    expect(JSON.parse(await weike('lesson', 'check', '--json'))).toEqual([]);
    expect(readFileSync(join(ROOT, '.env.example'), 'utf8')).toContain('PORT=8080');
  });
});
