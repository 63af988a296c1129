import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Db } from '../../src/db/open.ts';
import { sayDiff } from '../../src/cli/roster.ts';
import { addMember, listMembers } from '../../src/people/members.ts';
import {
  diffRoster,
  type KnownMember,
  type PlacedRow,
  readRoster,
  readStanding,
} from '../../src/people/roster.ts';
import { exportRoster, importRoster, planImport } from '../../src/people/roster-import.ts';
import { listRoles } from '../../src/people/roles.ts';
import { readActor, TERMINAL } from '../../src/people/scope.ts';
import { grantRole } from '../../src/people/roles.ts';
import { addUnit, getUnitByName } from '../../src/people/units.ts';
import { readSheets } from '../../src/sheets/read.ts';
import { writeWorkbook } from '../../src/sheets/write.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const HEAD = ['姓名', '编号', '党支部', '状态', '角色'];
const BY = { who: 'test' };
const TODAY = { day: '2026-11-24' };

const csv = (rows: readonly (readonly string[])[], encode = (text: string): Buffer => Buffer.from(text)) =>
  readSheets(encode([HEAD, ...rows].map((row) => row.join(',')).join('\r\n')), { name: '名册' });

/** GBK of the few characters that the test needs: no encoder is at hand. */
const GBK: Readonly<Record<string, string>> = {
  姓: 'd0d5',
  名: 'c3fb',
  编: 'b1e0',
  号: 'bac5',
  党: 'b5b3',
  支: 'd6a7',
  部: 'b2bf',
  状: 'd7b4',
  态: 'ccac',
  角: 'bdc7',
  色: 'c9ab',
  黄: 'bbc6',
  秀: 'd0e3',
  兰: 'c0bc',
  花: 'bba8',
  茶: 'b2e8',
  正: 'd5fd',
  式: 'cabd',
  员: 'd4b1',
};
const gbk = (text: string): Buffer =>
  Buffer.from([...text].map((one) => GBK[one] ?? Buffer.from(one, 'ascii').toString('hex')).join(''), 'hex');

describe('a standing', () => {
  it.each([
    ['正式党员', { status: 'full', mobile: false }],
    ['正式党员（流动）', { status: 'full', mobile: true }],
    ['流动党员', { status: 'full', mobile: true }],
    ['预备', { status: 'probationary', mobile: false }],
    ['入党积极分子', { status: 'applicant', mobile: false }],
    ['转出', { left: 'transferred' }],
    ['已离开', { left: 'left' }],
    ['团员', undefined],
  ])('%s', (text, standing) => expect(readStanding(text)).toEqual(standing));
});

describe('reading a roster', () => {
  it('finds the heading below a title and says every fault with its place', async () => {
    const sheets = await readSheets(
      Buffer.from(
        [
          '横州市电商党员名册,,,,',
          '所在支部,姓 名,党员编号,类别,职务,身份证号',
          '花茶党支部,张 三,a1,正式党员,书记,450127199001011234',
          '花茶党支部,,A2,正式党员,,',
          '花茶党支部,李四,450127199001011234,正式党员,,',
          ',王五,A3,党代表,县管理员,',
          '花茶党支部,赵六,A 4,,班长,',
        ].join('\n'),
      ),
      { name: '名册' },
    );
    const { rows, faults, ignored } = readRoster(sheets);
    expect(rows).toMatchObject([
      { row: 3, name: '张三', number: 'A1', unit: '花茶党支部', status: 'full', role: 'secretary' },
    ]);
    expect(ignored).toEqual(['身份证号']);
    expect(faults.map(({ row, column, message }) => `${column}${row} ${message}`)).toEqual([
      'B4 姓名没填',
      'C5 像是身份证号，不收也不保存',
      'A6 党支部没填',
      'D6 不认识状态「党代表」',
      'E6 「县管理员」不能从名册给',
      'C7 编号「A 4」不合规矩',
      'E7 不认识角色「班长」',
    ]);
    expect(JSON.stringify({ rows, faults })).not.toMatch(/450127/);
  });

  it('refuses merged cells, a missing heading and an empty file', async () => {
    const { default: exceljs } = await import('exceljs');
    const workbook = new exceljs.Workbook();
    const sheet = workbook.addWorksheet('花茶');
    sheet.addRows([['名册'], HEAD, ['黄秀兰', 'A1', '花茶', '正式党员'], ['韦国强', 'A2', '', '正式党员']]);
    sheet.mergeCells('A1:E1');
    sheet.mergeCells('C3:C4');
    workbook.addWorksheet('说明').addRow(['请按要求填写']);
    const read = readRoster(await readSheets(Buffer.from(await workbook.xlsx.writeBuffer())));
    expect(read.rows).toEqual([]);
    expect(
      read.faults.map(({ sheet: name, row, column, message }) => `${name} ${column}${row} ${message}`),
    ).toEqual(
      expect.arrayContaining(['花茶 C3 合并了单元格（到 C4）', '说明 A1 没有表头：找不到「姓名」这一列']),
    );
    expect(readRoster([]).faults).toMatchObject([{ message: '没有一行成员' }]);
  });
});

describe('a difference', () => {
  const names = fc.constantFrom('张三', '李四', '王五');
  const units = fc.constantFrom('u1', 'u2');
  const number = fc.option(fc.constantFrom('A1', 'A2', 'A3', 'A4'), { nil: undefined });
  const known = fc
    .uniqueArray(
      fc.record({ name: names, unitId: units, number, left: fc.boolean(), inScope: fc.constant(true) }),
      { maxLength: 5, selector: (one) => one.number ?? Symbol() },
    )
    .map((all) =>
      all.map((one, index): KnownMember => ({
        ...one,
        id: `m${index}`,
        number: one.number ?? null,
        status: 'full',
        mobile: false,
        roles: [],
      })),
    );
  const rows = fc.array(fc.record({ name: names, unitId: units, number }), { maxLength: 6 }).map((all) =>
    all.map(({ number: own, ...one }, index): PlacedRow => ({
      ...one,
      sheet: '名册',
      row: index + 2,
      at: {},
      unit: one.unitId,
      status: 'full',
      ...(own === undefined ? {} : { number: own }),
    })),
  );
  const options = { partial: false, unitName: (id: string | null) => id ?? '' };

  it('takes nobody for two, nobody twice, and never a namesake by name alone', () => {
    fc.assert(
      fc.property(known, rows, (before, file) => {
        const diff = diffRoster(file, before, options);
        const touched = [
          ...diff.changed.map(({ member }) => member.id),
          ...diff.left.map(({ member }) => member.id),
        ];
        expect(new Set(touched).size).toBe(touched.length);
        const placed = diff.added.length + diff.changed.length + diff.unchanged + diff.conflicts.length;
        expect(placed + diff.left.filter(({ row }) => row).length).toBe(file.length);
        for (const { member, row } of diff.changed) {
          expect(member.name).toBe(row.name);
          if (row.number !== undefined && member.number === row.number) continue;
          const twins = before.filter(
            (one) =>
              one.name === row.name && one.unitId === row.unitId && !one.left && one.number === member.number,
          );
          expect(twins.filter(({ id }) => id !== member.id && row.number === undefined)).toEqual([]);
          // Who has another number is another person.
          if (row.number !== undefined) expect(member.number).toBeNull();
        }
        for (const { member, row } of diff.left) if (!row) expect(member.left).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe.each(DIALECTS)('the roster on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
    await addUnit(db, { name: '花茶党支部' }, BY, 1);
    await addUnit(db, { name: '村淘党支部' }, BY, 2);
  });
  afterEach(async () => {
    await close();
  });

  const names = async (left = false) =>
    (await listMembers(db, { left })).map(({ name }) => name).toSorted((a, b) => a.localeCompare(b));

  it('shows the difference, then takes it as a whole', async () => {
    const first = await csv([
      ['黄秀兰', 'A1', '花茶党支部', '正式党员', '支部书记'],
      ['韦国强', 'A2', '花茶党支部', '预备党员', ''],
      ['覃小燕', '', '花茶党支部', '群众', '成员'],
      ['农志远', 'B1', '村淘党支部', '正式党员（流动）', ''],
    ]);
    const shown = await planImport(db, first, TODAY, TERMINAL);
    expect(shown.added).toHaveLength(4);
    expect(await names()).toEqual([]);
    expect(sayDiff(shown, false)).toMatch(
      /新增 4：\n  \+ 黄秀兰 A1　花茶党支部　正式党员　支部书记（第 2 行）/,
    );
    await importRoster(db, first, TODAY, TERMINAL, 10);
    expect(await names()).toHaveLength(4);
    expect(await listRoles(db, TERMINAL)).toMatchObject([
      { name: '黄秀兰', role: 'secretary', unit: '花茶党支部' },
    ]);
    expect(await planImport(db, first, TODAY, TERMINAL)).toMatchObject({
      added: [],
      changed: [],
      left: [],
      unchanged: 4,
      faults: [],
    });

    const second = await csv([
      ['韦国强', 'A2', '花茶党支部', '正式党员', ''],
      ['覃小燕', 'A3', '花茶党支部', '群众', ''],
      ['黄秀兰', 'A1', '村淘党支部', '正式党员', '成员'],
      ['农志远', 'B1', '村淘党支部', '转出', ''],
      ['班美玲', 'B2', '村淘党支部', '', ''],
    ]);
    const diff = await importRoster(db, second, TODAY, TERMINAL, 20);
    const said = sayDiff(diff, true);
    expect(said).toMatch(/~ 黄秀兰 A1　党支部：花茶党支部 → 村淘党支部，角色：支部书记 → 成员/);
    expect(said).toMatch(/~ 覃小燕　编号：无 → A3/);
    expect(said).toMatch(/~ 韦国强 A2　状态：预备党员 → 正式党员/);
    expect(said).toMatch(/- 农志远 B1　转出/);
    expect(await names(true)).toEqual(['农志远']);
    expect(await listRoles(db, TERMINAL)).toEqual([]);
    const trail = await db.selectFrom('audit').selectAll().where('what', '=', 'roster.import').execute();
    expect(trail).toHaveLength(2);

    // Back again, by number; and whoever the file doesn't have any more has left, unless it is a part.
    const third = await csv([['农志远', 'B1', '村淘党支部', '正式党员', '']]);
    expect((await planImport(db, third, { ...TODAY, partial: true }, TERMINAL)).left).toEqual([]);
    const left = await importRoster(db, third, TODAY, TERMINAL, 30);
    expect(left.left.map(({ member }) => member.name).toSorted((a, b) => a.localeCompare(b))).toEqual(
      ['班美玲', '黄秀兰'].toSorted((a, b) => a.localeCompare(b)),
    );
    expect(await names()).toContain('农志远');
  });

  it('takes nothing of a file with a fault, and never a namesake', async () => {
    await addMember(db, { name: '黄秀兰', unit: '花茶党支部', number: 'A1' }, BY, 1);
    await addMember(db, { name: '黄秀兰', unit: '村淘党支部', number: 'A9' }, BY, 1);
    const before = await db.selectFrom('member').selectAll().orderBy('id').execute();
    const file = await csv([
      ['韦国强', 'A1', '花茶党支部', '正式党员', ''],
      ['覃小燕', 'A5', '花茶党支部', '正式党员', ''],
      ['农志远', 'A5', '花茶党支部', '正式党员', ''],
      ['班美玲', '', '不在支部', '正式党员', ''],
      ['蒙建成', '', '花茶党支部', '正式党员', ''],
      ['蒙建成', '', '花茶党支部', '正式党员', ''],
    ]);
    const shown = await planImport(db, file, TODAY, TERMINAL);
    expect(shown.faults.map(({ row, column, message }) => `${column}${row} ${message}`)).toEqual([
      'B2 编号 A1 已经是别人的',
      'B4 编号 A5 在第 3 行已经有了',
      'C5 没有党组织「不在支部」',
      'A7 和第 6 行同名同支部',
    ]);
    await expect(importRoster(db, file, TODAY, TERMINAL, 10)).rejects.toThrow(/nothing was imported/);
    expect(await db.selectFrom('member').selectAll().orderBy('id').execute()).toEqual(before);

    const moved = await csv([['黄秀兰', '', '花茶党支部', '正式党员', '']]);
    expect((await planImport(db, moved, TODAY, TERMINAL)).faults).toEqual([]);
    await addUnit(db, { name: '青年党支部' }, BY, 3);
    const elsewhere = await csv([['黄秀兰', '', '青年党支部', '正式党员', '']]);
    expect((await planImport(db, elsewhere, TODAY, TERMINAL)).faults).toMatchObject([
      { column: 'B', message: '「黄秀兰」在别的支部或已离开的人里有同名的' },
    ]);
  });

  it('makes units only when asked, reads GBK, and gives back what it took', async () => {
    const text = `${HEAD.join(',')}\r\n黄秀兰,A1,花茶支部,正式党员,\r\n`;
    const sheets = await readSheets(gbk(text), { name: '名册' });
    expect((await planImport(db, sheets, TODAY, TERMINAL)).faults).toMatchObject([
      { message: '没有党组织「花茶支部」' },
    ]);
    const made = await importRoster(db, sheets, { ...TODAY, makeUnits: true }, TERMINAL, 10);
    expect(made.added).toMatchObject([{ name: '黄秀兰' }]);
    expect((await getUnitByName(db, '花茶支部')).kind).toBe('党支部');

    await addMember(db, { name: '=1+1', unit: '花茶支部', number: 'F1', mobile: true }, BY, 11);
    const rows = await exportRoster(db, 'all', TERMINAL);
    const cells = rows.map((row) => HEAD.map((column) => row[column as '姓名']));
    const columns = HEAD.map((title) => ({ title }));
    const file = join(mkdtempSync(join(tmpdir(), 'weike-roster-')), '名册.xlsx');
    try {
      writeFileSync(file, await writeWorkbook([{ name: '名册', columns, rows: cells }]));
      expect(await planImport(db, await readSheets(file), TODAY, TERMINAL)).toMatchObject({
        added: [],
        changed: [],
        left: [],
        faults: [],
        unchanged: 2,
      });
    } finally {
      rmSync(join(file, '..'), { recursive: true });
    }
  });

  it('lets a department import its own units only, and give only roles below its own', async () => {
    const { id: unitId } = await getUnitByName(db, '花茶党支部');
    await addMember(db, { name: '别人', unit: '村淘党支部', number: 'X1' }, BY, 1);
    const head = await addMember(db, { name: '部门长', unit: '花茶党支部', number: 'H1' }, BY, 1);
    await grantRole(db, { memberId: head.id, role: 'department', unitId }, TERMINAL, 2);
    const actor = await readActor(db, head.id, 3);
    const row = ['部门长', 'H1', '花茶党支部', '正式党员', ''];
    const outside = await csv([row, ['新人', 'N1', '村淘党支部', '正式党员', '']]);
    expect((await planImport(db, outside, TODAY, actor)).faults).toMatchObject([
      { message: '没有党组织「村淘党支部」' },
    ]);
    const taken = await csv([row, ['别人', 'X1', '花茶党支部', '正式党员', '']]);
    expect((await planImport(db, taken, TODAY, actor)).faults).toMatchObject([
      { message: '编号 X1 已经是别人的' },
    ]);
    const higher = await csv([row, ['新人', 'N1', '花茶党支部', '正式党员', '部门管理员']]);
    await expect(importRoster(db, higher, TODAY, actor, 4)).rejects.toThrow(/不归你给/);
    const fine = await csv([row, ['新人', 'N1', '花茶党支部', '正式党员', '支部书记']]);
    expect((await importRoster(db, fine, TODAY, actor, 5)).added).toHaveLength(1);
    expect(await names()).toHaveLength(3);
  });
});
