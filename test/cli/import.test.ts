/** Imports and exports from a terminal, as a process of its own with files of its own. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { templateSheets } from '../../src/quiz/item-table.ts';
import { writeWorkbook } from '../../src/sheets/write.ts';

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;
let folder = '';
const path = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weike-import-'));
  mkdirSync(path('lessons'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function weike(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, DATA_DIR: path('data'), LESSONS_DIR: path('lessons'), LOG_LEVEL: 'silent' };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: folder, env }, (error, out, err) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      resolve({ code, out, err });
    });
  });
}

const report = async (...args: string[]) => {
  const { code, out } = await weike('import', ...args, '--json');
  return { code, ...(JSON.parse(out) as { taken: number; left: { where: string; why: string }[] }) };
};

describe('weike import', () => {
  it('previews, takes, and takes nothing twice', async () => {
    writeFileSync(path('t.xlsx'), await writeWorkbook(templateSheets()));
    expect(await report('t.xlsx', '--dry-run')).toMatchObject({ code: 0, taken: 6, left: [] });
    expect(JSON.parse((await weike('bank', 'list', '--json')).out)).toEqual([]);
    expect(await report('t.xlsx', '--tag', '模板')).toMatchObject({ code: 0, taken: 6, left: [] });
    const again = await report('t.xlsx');
    expect(again).toMatchObject({ code: 0, taken: 0 });
    expect(again.left.map(({ why }) => why)).toEqual(Array.from({ length: 6 }, () => '题库里已经有这道题'));
    const listed = JSON.parse((await weike('bank', 'list', '--tag', '模板', '--json')).out) as object[];
    expect(listed).toHaveLength(6);
    const exported = await weike('bank', 'export', '--format', 'gift');
    expect(exported.out).toContain('开封后的花茶最好怎么放？ {');
    expect(exported.err).toContain('题 6: GIFT 没有排序题');
  });

  it('puts a key right after a look at what it would change, retires and brings back', async () => {
    const json = async (...args: string[]) => {
      const { code, out } = await weike(...args, '--json');
      return { code, ...(JSON.parse(out) as Record<string, unknown>) };
    };
    const plan = { no: 1, before: ['B'], key: ['C'], quizzes: 0, open: 0, answers: 0, members: 0 };
    const more = { right: 0, wrong: 0, left: 0, reworded: 0 };
    expect(await json('bank', 'edit', '1', '--key', 'C', '--dry-run')).toEqual({
      code: 0,
      ...plan,
      ...more,
      remarked: null,
      dry_run: true,
    });
    expect(await json('bank', 'edit', '1', '--key', 'C')).toMatchObject({
      code: 0,
      remarked: 0,
      dry_run: false,
    });
    expect(JSON.parse((await weike('bank', 'list', '--json')).out)).toMatchObject([
      { no: 1, key: ['C'], version: 2, approved: true },
      ...Array.from({ length: 5 }, () => ({ version: 1 })),
    ]);
    expect((await weike('bank', 'edit', '1', '--key', 'X')).code).toBe(1);
    expect((await weike('bank', 'edit', '1')).code).toBe(1);
    expect((await weike('bank', 'edit', '99', '--key', 'A')).code).toBe(1);
    expect(await json('bank', 'retire', '1')).toEqual({ code: 0, no: 1, retired: true });
    expect(await json('bank', 'restore', '1')).toEqual({ code: 0, no: 1, retired: false });
    expect(await json('bank', 'approve', '1')).toEqual({ code: 0, no: 1, approved: true, missing: 0 });
    expect(JSON.parse((await weike('items', '--bank', '--json')).out)).toEqual([]);
    expect((await weike('items', '--from', '2026-13-01')).code).toBe(1);
    expect((await weike('bank', 'edit', '1', '--key', 'B')).out).toMatch(
      /marked 0 answers of 0 members in 0 quizzes/,
    );
  });

  it('takes what it can of a GIFT file in GBK, and says what not', async () => {
    // 甲？ {=乙 ~丙} in GBK, and an essay.
    const gbk = Buffer.concat([
      Buffer.from([0xbc, 0xd7, 0xa3, 0xbf]),
      Buffer.from(' {='),
      Buffer.from([0xd2, 0xd2]),
      Buffer.from(' ~'),
      Buffer.from([0xb1, 0xfb]),
      Buffer.from('}\r\n\r\nabc {}\r\n'),
    ]);
    writeFileSync(path('a.gift'), gbk);
    const read = await report('a.gift');
    expect(read).toMatchObject({ code: 0, taken: 1, left: [{ where: '第 3 行' }] });
    expect(read.left[0]?.why).toMatch(/问答题/);
  });

  it('takes nothing of what it can not read, and says why', async () => {
    writeFileSync(path('empty.gift'), '\n');
    expect(await report('empty.gift')).toMatchObject({ code: 1, taken: 0, left: [{ why: '没有找到题' }] });
    writeFileSync(path('bad.xlsx'), 'PK\u0003\u0004 nothing of the kind');
    expect(await weike('import', 'bad.xlsx')).toMatchObject({ code: 1, out: '' });
    expect((await weike('import', 'bad.xlsx', '--json')).err).toMatch(/打不开/);
    const unread = (why: RegExp) => ({
      code: 1,
      taken: 0,
      left: [{ why: expect.stringMatching(why) as string }],
    });
    expect(await report('bad.xlsx')).toMatchObject(unread(/打不开/));
    writeFileSync(path('noise.xlsx'), Buffer.from('fffe00d8ff81', 'hex'));
    expect(await report('noise.xlsx')).toMatchObject(unread(/不是表格/));
    expect((await weike('import', 'gone.xlsx')).err).toMatch(/can't be read/);
    writeFileSync(path('a.pdf'), 'x');
    expect((await weike('import', 'a.pdf')).err).toMatch(/expected \.gift/);
  });

  it('copies lessons with their pictures, none over another', async () => {
    const from = path('from');
    mkdirSync(join(from, 'selling'), { recursive: true });
    const lesson = (id: string, body: string) => `---\nid: ${id}\ntitle: 题\n---\n\n${body}\n`;
    writeFileSync(join(from, 'selling', 'a.md'), lesson('a', '![图](p.png)'));
    writeFileSync(join(from, 'selling', 'p.png'), Buffer.from('89504e470d0a1a0a00', 'hex'));
    writeFileSync(join(from, 'selling', 'b.md'), 'no lesson');
    const dry = await report(from, '--dry-run');
    expect(dry.taken).toBe(1);
    expect(dry.left[0]?.where).toBe('selling/b.md 第 1 行');
    expect(readdirSync(path('lessons'))).toEqual([]);
    expect(await report(from)).toMatchObject({ code: 0, taken: 1 });
    expect(readdirSync(path('lessons/selling')).toSorted()).toEqual(['a.md', 'p.png']);
    writeFileSync(join(from, 'selling', 'a.md'), lesson('a', '别的'));
    const other = await report(join(from, 'selling', 'a.md'));
    expect(other).toMatchObject({ code: 1, taken: 0 });
    expect(other.left[0]?.why).toMatch(/已经在 selling\/a\.md 里/);
    expect(readFileSync(path('lessons/selling/a.md'), 'utf8')).toContain('p.png');
  });
});
