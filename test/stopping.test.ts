/** The lock of the data folder, and how everything closes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { UserError } from '../src/errors.ts';
import { lockDataDir } from '../src/lock.ts';
import { silentLog } from '../src/log.ts';
import { openStopper } from '../src/stopper.ts';
import { testClock } from './support/clock.ts';
import { until } from './support/wait.ts';

describe('the lock of a data folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weike-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('makes the folder, for its owner alone, and is taken once', () => {
    const data = join(folder, 'a', 'b');
    const lock = lockDataDir(data);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(() => lockDataDir(data)).toThrow(UserError);
    expect(() => lockDataDir(data)).toThrow(
      /another server is running on .*: stop it first, or set DATA_DIR/,
    );
    lockDataDir(join(folder, 'a', 'c')).release();
    lock.release();
    lockDataDir(data).release();
  });

  it('is let go of when its process is killed', async () => {
    const program = `import { lockDataDir } from ${JSON.stringify(new URL('../src/lock.ts', import.meta.url).href)};
      lockDataDir(${JSON.stringify(folder)}); process.stdout.write('held'); setInterval(() => undefined, 1000);`;
    const holder: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', program]);
    const [said] = (await once(holder.stdout ?? holder, 'data')) as [Buffer];
    expect(said.toString()).toBe('held');
    expect(() => lockDataDir(folder)).toThrow(/another server is running/);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = await until(() => lockDataDir(folder));
    lock.release();
  });

  it('says plainly what is in the way', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const dir of [file, join(file, 'below')])
      expect(() => lockDataDir(dir)).toThrow(
        /can not be used: a file stands where a folder should be; or set DATA_DIR/,
      );
    writeFileSync(join(folder, 'lock.db'), 'no database at all, and long enough to be looked at');
    expect(() => lockDataDir(folder)).toThrow(/can not be used: it is not a database/);
    // Node's own making of folders never ends here.
    expect(() => lockDataDir('/proc/weike/data')).toThrow(/can not be used: it is not there/);
  });
});

describe('closing', () => {
  const clock = testClock('2026-11-24T20:00:00+08:00');
  const open = () => {
    const codes: number[] = [];
    return { codes, stop: openStopper(silentLog, clock, (code) => codes.push(code)) };
  };

  it('closes in the reverse order of opening, once, whatever fails', async () => {
    const { codes, stop } = open();
    const closed: string[] = [];
    stop.add(() => closed.push('first'));
    stop.add(() => {
      throw new Error('no');
    });
    stop.add(async () => {
      await Promise.reject(new Error('not either'));
    });
    stop.add(() => closed.push('last'));
    await Promise.all([stop.andExit('SIGTERM'), stop.andExit('SIGINT')]);
    await stop.all();
    expect(closed).toEqual(['last', 'first']);
    expect(codes).toEqual([0]);
  });

  it('goes on without what hangs', async () => {
    const { codes, stop } = open();
    const closed: string[] = [];
    stop.add(() => closed.push('first'));
    stop.add(() => new Promise(() => undefined));
    const ending = stop.andExit('SIGTERM', 3);
    await until(() => {
      clock.advance(1_000);
      return codes.length > 0;
    });
    await ending;
    expect(closed).toEqual(['first']);
    expect(codes).toEqual([3]);
  });

  it('gives up within ten seconds', async () => {
    const { codes, stop } = open();
    for (let at = 0; at < 5; at += 1) stop.add(() => new Promise(() => undefined));
    const began = clock.now();
    const ending = stop.andExit('SIGTERM');
    await until(() => {
      clock.advance(500);
      return codes.length > 0;
    });
    await ending;
    expect(codes).toEqual([1]);
    expect(clock.now() - began).toBeLessThan(10_000);
  });

  it('closes at once what is opened meanwhile', async () => {
    const { stop } = open();
    const closed: string[] = [];
    stop.add(() => {
      stop.add(() => closed.push('late'));
    });
    await stop.andExit('SIGTERM');
    expect(closed).toEqual(['late']);
    expect(stop.hasBegun()).toBe(true);
  });
});
