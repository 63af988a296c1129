/**
 * What scripts rely on: standard output holds JSON and nothing else, each command's shape, exit codes, the
 * columns of the exports. Fields may be added; these stay.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { toCsv } from '../../src/sheets/csv.ts';
import { openDatabase } from '../../src/db/open.ts';
import { openSchool, ROOT, type School } from '../support/school.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weike-shapes-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function weike(
  args: readonly string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
) {
  return new Promise<Ran>((resolve) => {
    const child = execFile(
      process.execPath,
      [join(ROOT, 'src/cli.ts'), ...args],
      {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
          DATA_DIR: folder,
          LESSONS_DIR: join(ROOT, 'lessons'),
          ...env,
        },
        maxBuffer: 10_000_000,
      },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
    child.stdin?.end(input);
  });
}

const readCsv = (text: string) => parse<Record<string, string>>(text, { bom: true, columns: true });

/** What a command gives, when it went well and said nothing besides. */
async function json<T = unknown>(...args: string[]): Promise<T> {
  const { code, out, err } = await weike([...args, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as T;
}

const ID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$/);

describe('after a class', () => {
  beforeAll(async () => {
    const school: School = await openSchool('sqlite');
    await school.pass(21_000);
    await school.hears(/第1课/);
    const speaker = school.pupil('黄秀兰');
    await speaker.says('1A 2C 3错');
    await speaker.says('1B');
    await school.pupil('韦国强').says('打卡 =HYPERLINK("http://evil")，回去"换罐子"\n第二行');
    await school.db.updateTable('member').set({ name: '=1+1' }).where('name', '=', '覃小燕').execute();
    await school.pupil('农志远').says('2B');
    // The server's database as the commands find it.
    await copyDatabase(school);
    await school.close();
  }, 60_000);

  async function copyDatabase(school: School) {
    const { sql } = await import('kysely');
    await sql`vacuum into ${join(folder, 'weike.db')}`.execute(school.db);
  }

  it('group list and group enable', async () => {
    const groups = await json<unknown[]>('group', 'list');
    expect(groups).toMatchObject([
      { key: 'huacha', account: 'sandbox', topic: '花茶协会党支部群', enabled: true, members: 12 },
      { key: 'cuntao', account: 'sandbox', topic: '村淘服务站党支部群', enabled: true, members: 12 },
      { key: 'qingnian', account: 'sandbox', topic: '青年电商党支部群', enabled: true, members: 12 },
    ]);
    expect(await json('group', 'disable', 'cuntao')).toMatchObject({ key: 'cuntao', enabled: false });
    expect(await json('group', 'enable', 'cuntao')).toMatchObject({
      key: 'cuntao',
      account: 'sandbox',
      topic: '村淘服务站党支部群',
      enabled: true,
      members: 12,
    });
  });

  it('audit: with names for people, with ids for scripts', async () => {
    const printed = await json<unknown[]>('code', 'print', '--unit', '花茶协会党支部');
    const { code, out } = await weike(['audit', '--what', 'code.issue']);
    expect(code).toBe(0);
    expect(out).toMatch(/code\.issue[^\n]*花茶协会党支部[^\n]*members:\[[^\n]*韦国强[^\n]*黄秀兰/);
    expect(out).not.toMatch(/[0-9a-f]{8}-[0-9a-f-]{27}/);
    const [row] = await json<{ after: { members: string[] } }[]>('audit', '--what', 'code.issue');
    expect(row?.after.members).toHaveLength(printed.length);
  });

  it('member add and member list', async () => {
    const added = await json('member', 'add', ' 陈水英 ', '--unit', '花茶协会党支部');
    expect(added).toMatchObject({ id: ID, name: '陈水英', unit: '花茶协会党支部', status: 'full' });
    const all = await json<{ name: string }[]>('member', 'list');
    expect(all).toHaveLength(37);
    const again = await weike(['member', 'add', '陈水英', '--unit', '花茶协会党支部']);
    expect(again).toMatchObject({ code: 0, err: expect.stringContaining('there was a 陈水英 already') });
    const [, undo = ''] = /"weike (member leave \S+)"/.exec(again.err) ?? [];
    expect(await weike(undo.split(' '))).toMatchObject({ code: 0 });
    for (const one of all)
      expect(one).toMatchObject({
        id: ID,
        name: expect.any(String),
        status: expect.stringMatching(/^[a-z]+$/),
      });
    expect(all.find(({ name }) => name === '陈水英')).toMatchObject({ unit: '花茶协会党支部' });
  });

  it('lesson list', async () => {
    const lessons = await json<{ id: string }[]>('lesson', 'list');
    expect(lessons.length).toBeGreaterThanOrEqual(16);
    for (const one of lessons)
      expect(one).toMatchObject({
        id: expect.stringMatching(/^[a-z0-9-]+$/),
        title: expect.any(String),
        course: expect.any(String),
        questions: expect.any(Number),
      });
  });

  it('schedule add, list, preview and remove', async () => {
    const added = await json<{ no: number }>(
      ...['schedule', 'add', '--lesson', 'cunchu-huacha', '--group', 'huacha', '--at', '2096-12-01T20:00'],
    );
    const shape = {
      no: expect.any(Number),
      id: ID,
      content: 'lesson:cunchu-huacha',
      groups: ['huacha'],
      when: '2096-12-01T20:00:00+08:00',
      next_at: '2096-12-01T20:00:00+08:00',
    };
    expect(added).toMatchObject(shape);
    const listed = await json<{ no: number; content: string; groups: string[] }[]>('schedule', 'list');
    expect(listed.find(({ no }) => no === added.no)).toMatchObject(shape);
    for (const one of listed) {
      expect(one.content).toMatch(/^(lesson|course|digest):./);
      expect(one.groups.length).toBeGreaterThan(0);
      expect(one).toHaveProperty('next_at');
    }
    const previewed = await json<unknown[]>('schedule', 'preview', '--days', '7');
    expect(previewed.length).toBeGreaterThan(0);
    for (const one of previewed)
      expect(one).toMatchObject({
        at: TIME,
        group: expect.stringMatching(/^(huacha|cuntao|qingnian)$/),
        content: expect.stringMatching(/^(lesson|digest):./),
      });
    expect(await json('schedule', 'remove', String(added.no))).toMatchObject({ no: added.no });
    const { code, out } = await weike(['schedule', 'remove', String(added.no), '--json']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it('send and delivery list', async () => {
    const sent = await json<{ deliveries: string[] }>(
      ...['send', '--lesson', 'cunchu-huacha', '--group', 'huacha', '--group', 'cuntao'],
    );
    expect(sent).toMatchObject({ occurrence: ID, deliveries: [ID, ID] });
    const rows = await json<{ id: string; no: number }[]>('delivery', 'list');
    const own = rows.filter(({ id }) => sent.deliveries.includes(id));
    expect(own).toHaveLength(2);
    for (const one of own)
      expect(one).toMatchObject({
        no: expect.any(Number),
        id: ID,
        group: expect.stringMatching(/^(huacha|cuntao)$/),
        kind: 'lesson',
        content: 'cunchu-huacha',
        state: 'planned',
        reason: null,
        planned_at: TIME,
        sent_at: null,
      });
    expect(await json('delivery', 'list', '--state', 'sent', '--limit', '1')).toMatchObject([
      { state: 'sent', sent_at: TIME },
    ]);
  });

  it('admin-link', async () => {
    expect(await json('admin-link')).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:8080\/enter\?t=[\w-]{32}$/),
    });
  });

  describe('exports', () => {
    const COLUMNS = {
      answers: [
        ...[
          'message_id',
          'group',
          'member_id',
          'member',
          'lesson',
          'question',
          'value',
          'correct',
          'counted',
        ],
        ...['written_at', 'recorded_at'],
      ],
      checkins: ['message_id', 'group', 'member_id', 'member', 'day', 'note', 'written_at'],
      deliveries: ['no', 'id', 'group', 'kind', 'content', 'state', 'reason', 'planned_at', 'sent_at'],
      members: ['id', 'name', 'unit', 'status'],
    };

    it.each(Object.entries(COLUMNS))('of %s have their columns in their order', async (what, columns) => {
      const { code, out, err } = await weike(['export', what]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      // Columns may be added, behind these.
      expect(out.startsWith(`\u{feff}${columns.join(',')}`)).toBe(true);
      expect(out.endsWith('\r\n')).toBe(true);
      const rows = readCsv(out);
      const same = await json<Record<string, unknown>[]>('export', what, '--format', 'json');
      expect(rows.length).toBeGreaterThan(0);
      expect(same).toHaveLength(rows.length);
      for (const row of same) for (const column of columns) expect(row).toHaveProperty(column);
    });

    it('of answers have one row per question answered, the last one counting', async () => {
      const rows = await json('export', 'answers', '--format', 'json', '--group', 'huacha');
      const common = {
        group: 'huacha',
        lesson: 'hengzhou-moli',
        member_id: ID,
        written_at: TIME,
        recorded_at: TIME,
      };
      expect(rows).toMatchObject([
        { ...common, member: '黄秀兰', question: 1, value: 'A', correct: false, counted: false },
        { ...common, member: '黄秀兰', question: 2, value: 'C', counted: true },
        { ...common, member: '黄秀兰', question: 3, value: '错', counted: true },
        { ...common, member: '黄秀兰', question: 1, value: 'B', correct: true, counted: true },
        { ...common, member: '农志远', question: 2, value: 'B', counted: true },
      ]);
    });

    it('make formulas harmless and keep quotes, commas and line ends', async () => {
      const { out } = await weike(['export', 'checkins']);
      const [row] = readCsv(out);
      expect(row?.note).toBe('HYPERLINK("http://evil")，回去"换罐子"\n第二行');
      const members = (await weike(['export', 'members'])).out;
      expect(members).toContain("'=1+1");
      expect(members).not.toMatch(/(^|,)=1\+1/m);
      // JSON is no spreadsheet.
      const names = (await json<{ name: string }[]>('export', 'members', '--format', 'json')).map(
        ({ name }) => name,
      );
      expect(names).toContain('=1+1');
      expect(await json('export', 'checkins', '--format', 'json')).toMatchObject([
        { note: 'HYPERLINK("http://evil")，回去"换罐子"\n第二行', day: '2026-11-24' },
      ]);
    });

    it('hold the days that were asked for', async () => {
      const count = async (...given: string[]) =>
        (await json<unknown[]>('export', 'answers', '--format', 'json', ...given)).length;
      expect(await count('--from', '2026-11-24', '--to', '2026-11-24')).toBe(5);
      expect(await count('--from', '2026-11-25')).toBe(0);
      expect(await count('--to', '2026-11-23')).toBe(0);
      expect(await count('--group', 'cuntao')).toBe(0);
    });
  });

  it('member erase: also the pictures that may name them', async () => {
    const added = await json<{ id: string }>('member', 'add', '要忘记的人', '--unit', '花茶协会党支部');
    const pictures = join(folder, 'pictures', 'digests');
    mkdirSync(pictures, { recursive: true });
    writeFileSync(join(pictures, 'x.png'), 'a picture');
    expect(await json('member', 'erase', added.id)).toEqual({ id: added.id, erased: true });
    expect(readdirSync(pictures)).toEqual([]);
    expect(await json('member', 'erase', added.id)).toEqual({ id: added.id, erased: false });
  });

  it('digest render, report, rollup verify and rebuild', async () => {
    const of = ['--unit', '花茶协会党支部', '--day', '2026-11-24'];
    const day = await json<{ text: string }>('digest', 'render', '--kind', 'day', ...of);
    expect(day).toMatchObject({
      kind: 'day',
      who: '花茶协会党支部',
      from: '2026-11-24',
      to: '2026-11-24',
      counts: { learned: 3, answered: 2, answers: 4, days: 3, checkins: 1 },
      units: [],
      text: expect.stringMatching(/^【学习简报】花茶协会党支部 11月24日\n• 学了 3 \/ \d+ 人/),
    });
    const text = await weike([
      'digest',
      'render',
      '--kind',
      'week',
      ...of,
      '--as',
      'text',
      '--out',
      'week.txt',
    ]);
    expect(text).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(join(folder, 'week.txt'), 'utf8')).toMatch(
      /^【学习简报】花茶协会党支部 11月23日—29日/,
    );
    await json('digest', 'render', '--kind', 'month', ...of, '--as', 'png', '--out', 'month.png');
    expect(readFileSync(join(folder, 'month.png')).subarray(1, 4).toString()).toBe('PNG');
    // A group's day as the group gets it.
    const group = ['--group', 'huacha', '--day', '2026-11-24'];
    const its = await json<{ text: string }>('digest', 'render', '--kind', 'day', ...group, '--as', 'text');
    expect(its).toMatchObject({ kind: 'day', from: '2026-11-24', to: '2026-11-24' });
    expect(its.text).toMatch(/^【学习简报】11月24日\n• [^]*———\n学了 \d+ \/ \d+ 人，作答 \d+ 人/);
    expect((await weike(['digest', 'render', '--kind', 'year', ...of])).code).toBe(2);
    expect((await weike(['digest', 'render', '--kind', 'week', '--unit', '没有这个'])).code).toBe(1);

    const report = ['report', '--unit', '花茶协会党支部', '--out', '台账.xlsx'];
    expect(await json(...report, '--month', '2026-11')).toMatchObject({
      out: '台账.xlsx',
      month: '2026-11',
      rows: { 党组织: 1, 人员: expect.any(Number), 微课: 1 },
    });
    expect((await weike([...report, '--month', '2026-13'])).code).toBe(2);
    expect(await json(...report, '--quarter', '2026-q4')).toMatchObject({
      quarter: '2026-Q4',
      rows: { 党组织: 1, 微课: 1 },
    });
    expect((await weike([...report, '--quarter', '2026-Q5'])).code).toBe(2);
    expect(await weike(report)).toMatchObject({ code: 1, err: expect.stringContaining('--quarter 2026-Q4') });

    expect(await json('rollup', 'verify')).toEqual([]);
    const db = await openDatabase({ kind: 'sqlite', file: join(folder, 'weike.db') }, 0);
    await db.updateTable('rollup_group_day').set({ learned: 9 }).execute();
    await db.destroy();
    const wrong = await weike(['rollup', 'verify', '--json']);
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.out)).toMatchObject([
      {
        table: 'rollup_group_day',
        key: expect.stringContaining('2026-11-24'),
        kept: { learned: 9 },
        counted: { learned: 3 },
      },
    ]);
    expect(await json('rollup', 'rebuild')).toEqual({ seconds: expect.any(Number) });
    expect(await json('rollup', 'verify')).toEqual([]);
  }, 60_000);
});

describe('lesson check', () => {
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  it('gives nothing and 0 for the lessons that ship', async () => {
    expect(await json('lesson', 'check')).toEqual([]);
  });

  it('gives each fault with file, line, message and cure, and 1', async () => {
    const files = [write('one.md', '---\nid: A\ntitle: 题\n---\n正文\n'), write('two.md', '正文\n')];
    const { code, out, err } = await weike(['lesson', 'check', ...files, '--json']);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    const faults = JSON.parse(out) as unknown[];
    expect(faults).toEqual([
      { file: files[0], line: 2, message: 'id「A」的写法不对', cure: expect.any(String) },
      { file: files[1], line: 1, message: '没有文件头', cure: expect.any(String) },
    ]);
    const readable = await weike(['lesson', 'check', ...files]);
    expect(readable.code).toBe(1);
    expect(readable.out).toContain('没有文件头');
  });
});

describe('lesson render and interpret', () => {
  it('render standard input as chat and as page', async () => {
    const input = '# 题\n\n**重** [官网](https://a.cn)\n';
    expect(await weike(['lesson', 'render', '-'], { input })).toEqual({
      code: 0,
      out: '【题】\n重 官网（https://a.cn）\n',
      err: '',
    });
    const page = await weike(['lesson', 'render', '-', '--as', 'page'], { input });
    expect(page.out).toContain('<strong>重</strong>');
    const { out } = await weike(['lesson', 'render', '-', '--json'], { input });
    expect(JSON.parse(out)).toEqual({ text: '【题】\n重 官网（https://a.cn）' });
  });

  it('say what messages are, a line each', async () => {
    const lines = [
      { id: 1, quiz: ['single4', 'single4'], where: 'group', mention: false, text: '1A 2C' },
      { id: 'b', quiz: [], where: 'group', mention: false, text: '打卡 学会了' },
      { id: 3, quiz: [], where: 'dm', mention: false, text: '帮助' },
    ];
    const input = lines.map((line) => JSON.stringify(line)).join('\n');
    const { code, out, err } = await weike(['interpret', '--stdin'], { input });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { id: 1, kind: 'answer', answers: { 1: ['A'], 2: ['C'] } },
      { id: 'b', kind: 'checkin', note: '学会了' },
      { id: 3, kind: 'command', name: 'help' },
    ]);
  });
});

describe.concurrent('exit codes', () => {
  it.each([
    ['help', ['--help'], 0],
    ['help of a command', ['schedule', 'add', '--help'], 0],
    ['no command', [], 2],
    ['an unknown command', ['nonsense'], 2],
    ['an unknown command of a group', ['lesson', 'nonsense'], 2],
    ['a missing argument', ['group', 'enable'], 2],
    ['a missing option', ['send', '--group', 'huacha'], 2],
    ['an unknown option', ['lesson', 'list', '--nonsense'], 2],
    ['an option without its value', ['send', '--lesson'], 2],
    ['an unknown group', ['group', 'enable', 'nonsense'], 1],
    ['an unknown lesson', ['send', '--lesson', 'nonsense', '--group', 'huacha'], 1],
    ['a file that is not there', ['lesson', 'render', '/nowhere.md'], 1],
    ['an unknown export', ['export', 'nonsense'], 1],
    ['a day that is none', ['export', 'answers', '--from', '2026-02-30'], 1],
    ['a state that is none', ['delivery', 'list', '--state', 'nonsense'], 1],
  ])('%s', async (_name, args, expected) => {
    const { code, out, err } = await weike(args);
    expect(code).toBe(expected);
    if (expected === 0) return expect(err).toBe('');
    // Whatever goes wrong is no result, and no stack.
    expect(out).toBe('');
    expect(err).not.toBe('');
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('is 1 with wrong settings and with a database that can not be opened', async () => {
    const wrong = await weike(['group', 'list', '--json'], { env: { PORT: 'x', ZONE: 'y' } });
    expect(wrong).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^weike: Settings: PORT: .*; ZONE: /),
    });
    writeFileSync(join(folder, 'broken.db'), 'no database at all, and long enough to be looked at');
    const broken = await weike(['group', 'list', '--json'], { env: { DATABASE_URL: 'sqlite:broken.db' } });
    expect(broken).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^weike: the database file/),
    });
  });
});

describe('a spreadsheet', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('takes %j for a text', (text) => {
    const [row] = readCsv(toCsv([{ a: text }], ['a']));
    expect(row?.a).toBe(`'${text}`);
  });

  it.each(['"', 'a"b', ',', 'a\nb', 'a\r\nb', ' a ', '', '茶', 'NULL', '0012'])('keeps %j', (text) => {
    const [row] = readCsv(toCsv([{ a: text, b: 'x' }], ['a', 'b']));
    expect(row?.a).toBe(text);
  });

  it('has its header also without a row', () => {
    expect(toCsv([], ['a', 'b'])).toBe('\u{feff}a,b\r\n');
    expect(toCsv([{ a: null, b: undefined, c: 1 }], ['a', 'b'])).toBe('\u{feff}a,b\r\n,\r\n');
  });
});

it('an empty database gives empty lists', async () => {
  const env = { DATABASE_URL: 'sqlite:empty.db' };
  for (const args of [
    ['group', 'list'],
    ['member', 'list'],
    ['schedule', 'list'],
    ['delivery', 'list'],
  ])
    expect(await weike([...args, '--json'], { env })).toEqual({ code: 0, out: '[]\n', err: '' });
  const db = await openDatabase({ kind: 'sqlite', file: join(folder, 'empty.db') }, 0);
  await db.destroy();
});
