/** The setup script's decisions, and its fast path as a process. */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findProgram, missingPrograms, parseDotEnv, stampOf, wantedPuppets } from '../setup.mjs';
import { ROOT } from './support/school.ts';

describe('the decisions of setup', () => {
  it('reads a .env file', () => {
    expect(parseDotEnv('# all\nA=1\nexport B="x y"\n C = d # why\nnothing\n')).toEqual({
      A: '1',
      B: 'x y',
      C: 'd',
    });
  });

  it.each([
    ['no real channel needs no puppet', {}, []],
    ['the default puppet', { CHANNELS: 'sandbox,wechaty' }, ['wechaty-puppet-wechat4u']],
    [
      'the named one',
      { CHANNELS: 'wechaty', WECHATY_PUPPET: 'wechaty-puppet-padlocal' },
      ['wechaty-puppet-padlocal'],
    ],
    [
      'with a version',
      { CHANNELS: 'wechaty', WECHATY_PUPPET: '@juzi/wechaty-puppet@1.0.0' },
      ['@juzi/wechaty-puppet@1.0.0'],
    ],
    [
      'one for each account',
      {
        CHANNELS: 'wechaty:a,wechaty:b',
        WECHATY_PUPPET: 'one',
        WECHATY_PUPPET_B: 'two',
        WECHATY_PUPPET_OPTIONS: '{}',
      },
      ['one', 'two'],
    ],
    ['none that is there already', { CHANNELS: 'wechaty', WECHATY_PUPPET: 'wechaty-puppet-mock' }, []],
  ])('%s', (_name, env, expected) => {
    expect(wantedPuppets(env, { 'wechaty-puppet-mock': '1' })).toEqual(expected);
  });

  it.each(['a b', '; rm -rf /', '../evil', '--global', 'https://a.cn/x.tgz', 'git+ssh://a'])(
    'refuses %j as a puppet',
    (name) => {
      expect(() => wantedPuppets({ CHANNELS: 'wechaty', WECHATY_PUPPET: name }, {})).toThrow(
        /WECHATY_PUPPET: expected/,
      );
    },
  );

  it('installs anew when lock, Node, platform or puppet changed, and only then', () => {
    const stamps = [
      stampOf('lock', '24', 'linux-x64', []),
      stampOf('lock2', '24', 'linux-x64', []),
      stampOf('lock', '26', 'linux-x64', []),
      stampOf('lock', '24', 'linux-arm64', []),
      stampOf('lock', '24', 'linux-x64', ['p']),
    ];
    expect(new Set(stamps).size).toBe(5);
    expect(stampOf('lock', '24', 'linux-x64', [])).toBe(stamps[0]);
  });

  it('names what is missing, each with a cure', () => {
    const nothing = { program: () => false, file: () => false };
    const everything = { program: () => true, file: () => true };
    expect(missingPrograms('test', {}, everything)).toEqual([]);
    expect(missingPrograms('start', {}, nothing).map(({ name }) => name)).toEqual(['redis-server']);
    expect(missingPrograms('start', { REDIS_URL: 'redis://x' }, nothing)).toEqual([]);
    const all = missingPrograms('test', {}, nothing);
    expect(all.map(({ name }) => name)).toEqual(['redis-server', 'chromium', 'a Chinese font']);
    expect(all.every(({ cure }) => cure.includes('apt-get install'))).toBe(true);
  });

  it('finds programs in PATH', () => {
    expect(findProgram(['sh'], '/nowhere:/bin:/usr/bin')).toMatch(/\/sh$/);
    expect(findProgram(['weike-nothing'], process.env.PATH)).toBeUndefined();
  });
});

describe('setup as a process', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weike-setup-'));
    for (const file of ['setup.mjs', 'package.json', 'package-lock.json'])
      cpSync(join(ROOT, file), join(folder, file));
    mkdirSync(join(folder, 'bin'));
    program('npm', `echo "$*" >> "${folder}/npm.log"; mkdir -p "${folder}/node_modules"`);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function program(name: string, script: string) {
    const file = join(folder, 'bin', name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** Only the folder's programs, the shell's and this Node are there. */
  const setup = (mode: string, env: Record<string, string> = {}) =>
    new Promise<{ code: number; stderr: string }>((resolve) => {
      execFile(
        process.execPath,
        ['setup.mjs', mode],
        { cwd: folder, env: { PATH: `${folder}/bin:${folder}/system`, ...env }, encoding: 'utf8' },
        (error, _stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stderr }),
      );
    });
  const calls = () => readFileSync(join(folder, 'npm.log'), 'utf8').trim().split('\n');
  const shell = () => {
    mkdirSync(join(folder, 'system'));
    for (const name of ['sh', 'mkdir']) symlinkSync(`/bin/${name}`, join(folder, 'system', name));
  };

  it('installs once, and again when the lock changed', async () => {
    shell();
    program('redis-server', 'true');
    expect(await setup('start')).toMatchObject({ code: 0 });
    expect(await setup('start')).toEqual({ code: 0, stderr: '' });
    expect(calls()).toHaveLength(1);
    writeFileSync(join(folder, 'package-lock.json'), '{}');
    expect(await setup('start')).toMatchObject({ code: 0 });
    expect(calls()).toHaveLength(2);
  });

  it('installs the puppet that .env names, unsaved', async () => {
    shell();
    program('redis-server', 'true');
    writeFileSync(join(folder, '.env'), 'CHANNELS=wechaty\nWECHATY_PUPPET=wechaty-puppet-padlocal\n');
    expect(await setup('start')).toMatchObject({ code: 0 });
    expect(calls()[1]).toMatch(/^install --no-save --no-package-lock .*wechaty-puppet-padlocal$/);
  });

  it('says in one line what is missing where it can not install it', async () => {
    shell();
    const { code, stderr } = await setup('start');
    expect(code).toBe(1);
    expect(stderr.match(/redis-server is missing/g)).toHaveLength(1);
    expect(stderr).toMatch(/REDIS_URL/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(await setup('start', { REDIS_URL: 'redis://127.0.0.1' })).toMatchObject({ code: 0 });
  });

  it('names each missing program in one line of its own, with the way to get it and to do without', async () => {
    shell();
    const { code, stderr } = await setup('test');
    expect(code).toBe(1);
    const lines = stderr.split('\n').filter((line) => line.includes(' is missing. '));
    // Redis and Chromium; the Chinese font only where the machine has none.
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(new Set(lines.map((line) => line.split(' is missing')[0])).size).toBe(lines.length);
    expect(lines[0]).toMatch(
      /redis-server is missing\. Debian: apt-get install .*macOS: brew.*or set REDIS_URL/,
    );
    for (const line of lines.slice(1))
      expect(line).toMatch(/is missing\. Debian: apt-get install .*or go without/);
    expect(stderr.trim().split('\n').at(-1)).toBe("setup: can't go on without redis-server");
  });

  it('asks apt-get for nothing when it is not root, and only for what is missing when it is', async () => {
    shell();
    program('apt-get', `echo "$*" >> "${folder}/apt.log"`);
    program('chromium', 'true');
    await setup('test');
    const asked = existsSync(join(folder, 'apt.log')) ? readFileSync(join(folder, 'apt.log'), 'utf8') : '';
    if (process.getuid?.() !== 0) return expect(asked).toBe('');
    expect(asked).toMatch(/^update -q\ninstall -y -q --no-install-recommends redis-server/);
    expect(asked).not.toContain('chromium');
  });

  it('needs neither root nor apt-get where everything is there', async () => {
    shell();
    program('apt-get', `echo no >> "${folder}/apt.log"`);
    program('redis-server', 'true');
    expect(await setup('start')).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, 'apt.log'))).toBe(false);
  });

  it('says what is wrong with .env, and not to delete what is well', async () => {
    shell();
    mkdirSync(join(folder, '.env'));
    const { code, stderr } = await setup('start');
    expect(code).toBe(1);
    expect(stderr).toBe("setup: .env can't be read (EISDIR): make it a text file that this user may read\n");
  });

  it('reads a .env as Windows writes it', async () => {
    shell();
    writeFileSync(join(folder, '.env'), '\u{feff}REDIS_URL=redis://127.0.0.1\r\n');
    expect(await setup('start')).toMatchObject({ code: 0 });
  });

  it('loses no more than a moment when nothing is to be done', async () => {
    shell();
    program('redis-server', 'true');
    await setup('start');
    const times: number[] = [];
    for (let at = 0; at < 5; at += 1) {
      const began = performance.now();
      await setup('start');
      times.push(performance.now() - began);
    }
    // A bare Node beside it, since the machine may be busy.
    const began = performance.now();
    await new Promise((resolve) => execFile(process.execPath, ['-e', ''], resolve));
    const bare = performance.now() - began;
    expect(Math.min(...times)).toBeLessThan(300 + 2 * bare);
  });

  it('takes a missing browser for a failure in CI, for a line elsewhere', async () => {
    shell();
    program('redis-server', 'true');
    expect(await setup('test')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/chromium is missing/),
    });
    expect(await setup('test', { CI: 'true' })).toMatchObject({ code: 1 });
  });

  it('says so when npm fails, and tries again the next time', async () => {
    shell();
    program('redis-server', 'true');
    program('npm', 'exit 7');
    expect(await setup('start')).toMatchObject({ code: 1, stderr: expect.stringMatching(/npm ci failed/) });
    program('npm', `mkdir -p "${folder}/node_modules"`);
    expect(await setup('start')).toMatchObject({ code: 0 });
  });
});
