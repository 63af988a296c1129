/** Scheduling from the terminal, as a script sees it: JSON on standard output, the rest on standard error. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { add } from '../../src/cli/schedules.ts';
import { isoInZone } from '../../src/clock.ts';
import { openDatabase } from '../../src/db/open.ts';
import { recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { ROOT } from '../support/school.ts';

describe('weike schedule', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weike-cli-'));
    const db = await openDatabase({ kind: 'sqlite', file: join(folder, 'weike.db') }, 0);
    for (const no of [1, 2]) {
      const seen = { account: 'wechaty', roomId: `r${no}@x`, topic: `群${no}` };
      const { key } = await recordSeenGroup(db, seen, 1);
      await setGroupEnabled(db, key, true, 'test', 1);
    }
    await db.destroy();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  interface Ran {
    readonly code: number;
    readonly out: string;
    readonly err: string;
  }
  const weike = (...args: string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const env = {
        PATH: process.env.PATH,
        CHANNELS: 'wechaty',
        DATA_DIR: folder,
        LESSONS_DIR: `${ROOT}lessons`,
      };
      execFile(process.execPath, [`${ROOT}src/cli.ts`, ...args], { cwd: folder, env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  const json = async (...args: string[]): Promise<unknown> => {
    const { code, out, err } = await weike(...args, '--json');
    expect(err).toBe('');
    expect(code).toBe(0);
    return JSON.parse(out);
  };

  it('adds with every policy, lists it readably, and previews each second', async () => {
    const common = ['schedule', 'add', '--course', '网上卖货', '--group', 'g1', '--group', 'g2'];
    const added = await json(
      ...common,
      '--monthly',
      '第一个周五 20:00',
      '--misfire',
      'skip',
      '--grace',
      '90m',
    );
    expect(added).toMatchObject({
      no: 1,
      content: 'course:网上卖货',
      groups: ['g1', 'g2'],
      when: 'first fri 20:00',
      days: 'all',
      misfire: 'skip',
      grace: '1h30m',
      again: false,
      warnings: [],
    });
    expect(added).toHaveProperty('next_at', expect.stringMatching(/T20:00:00\+08:00$/));
    // An hour that won't come while this runs.
    const hour = Number(isoInZone(Date.now(), 'Asia/Shanghai').slice(11, 13)) < 14 ? 19 : 10;
    await json(...common, '--cron', `0 ${hour} * * *`, '--move-to-next-workday', '--misfire', 'fold');
    await json(
      'schedule',
      'add',
      '--lesson',
      'cunchu-huacha',
      '--all',
      '--at',
      '2096-12-01T20:00',
      '--again',
    );
    const listed = (await json('schedule', 'list')) as { when: string; days: string; again: boolean }[];
    expect(listed.map(({ when, days, again }) => [when, days, again])).toEqual([
      ['first fri 20:00', 'all', false],
      [`0 ${hour} * * *`, 'move-to-next-workday', false],
      ['2096-12-01T20:00:00+08:00', 'all', true],
    ]);
    const all = (await json('schedule', 'preview', '--days', '30')) as Record<string, unknown>[];
    const [first, second] = all.filter(({ schedule }) => schedule === 2);
    expect(first).toMatchObject({ group: 'g1', at: expect.stringContaining(`T${hour}:00:00+08:00`) });
    expect(second).toMatchObject({ group: 'g2', at: expect.stringContaining(`T${hour}:00:06+08:00`) });
    expect(second).toMatchObject({ nominal_at: first?.at, content: first?.content });
  });

  it('warns on standard error when a person looks', async () => {
    const { code, out, err } = await weike(
      ...['schedule', 'add', '--digest', 'day', '--all', '--cron', '30 18 * * *', '--workdays-only'],
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^schedule \d+: digest:day to all, next at /);
    expect(err).toMatch(
      /^weike: warning: the holidays of \d{4} are not published yet: .*only its Saturdays and Sundays/,
    );
  });

  it('refuses on standard error with exit code 1, and writes nothing', async () => {
    const night = ['--digest', 'day', '--all', '--cron', '0 23 * * *', '--json'];
    const { code, out, err } = await weike('schedule', 'add', ...night);
    expect(err).toMatch(
      /^weike: .* quiet hours 22:00-07:00 of wechaty; the nearest plan that fits: --cron '\d+ 21 \* \* \*'\n$/,
    );
    expect(out).toBe('');
    expect(code).toBe(1);
  });

  describe('with bad input', () => {
    beforeAll(() => {
      vi.stubEnv('CHANNELS', 'wechaty');
      vi.stubEnv('DATA_DIR', folder);
      vi.stubEnv('LESSONS_DIR', `${ROOT}lessons`);
    });
    afterAll(() => {
      vi.unstubAllEnvs();
    });

    const daily = { digest: 'day', all: true, group: [], cron: '0 20 * * *' };
    it.each<[string, Record<string, unknown>, RegExp]>([
      ['a time that is over', { cron: undefined, at: '2020-01-01T20:00' }, /that time is over/],
      ['a time that is none', { cron: undefined, at: 'soon' }, /--at: expected a time like/],
      ['an unknown group', { all: false, group: ['g99'] }, /no group has the key "g99": known are g1, g2/],
      ['no group', { all: false }, /name a group with --group KEY, or --all/],
      ['an unknown lesson', { digest: undefined, lesson: 'x' }, /there is no lesson "x"/],
      ['an unknown course', { digest: undefined, course: 'x' }, /there is no course "x": known are /],
      ['an unknown digest', { digest: 'hour' }, /--digest: expected/],
      ['two times', { monthly: '15 20:00' }, /exactly one of --at TIME, --cron EXPRESSION and --monthly/],
      ['two calendars', { workdaysOnly: true, skipHolidays: true }, /at most one of --workdays-only/],
      ['a policy that is none', { misfire: 'retry' }, /--misfire: expected catch-up, fold, skip, got/],
      ['a grace that is none', { grace: 'soon' }, /--grace: expected a duration/],
      ['a closing that is none', { close: 'late' }, /--close: expected a duration/],
      ['a rule of the month that is none', { cron: undefined, monthly: 'sometimes' }, /--monthly: expected/],
    ])('such as %s is refused', async (_what, given, message) => {
      await expect(add({ ...daily, ...given })).rejects.toThrow(message);
    });
  });
});
