/** The roster as a file: template, import, export. */
import { writeFile } from 'node:fs/promises';

import { UserError } from '../errors.ts';
import { exportRoster, importRoster, planImport, type PlannedImport } from '../people/roster-import.ts';
import { COLUMNS, type PlacedRow } from '../people/roster.ts';
import { STATUS_NAMES } from '../people/members.ts';
import { ROLE_NAMES } from '../people/roles.ts';
import { readTree } from '../people/places.ts';
import { TERMINAL } from '../people/scope.ts';
import { subtreeIn } from '../people/tree.ts';
import { getInTree } from '../people/units.ts';
import { readSheets } from '../sheets/read.ts';
import { type NewColumn, writeWorkbook } from '../sheets/write.ts';
import { toCsv } from '../sheets/csv.ts';
import { readDay } from './org.ts';
import { type Output, printJson, printOne, withDb } from './parts.ts';

const SHEET: readonly NewColumn[] = [
  { title: '姓名', width: 12 },
  { title: '编号', width: 12, note: '县里自己编的号。不要填身份证号。' },
  { title: '党支部', width: 28, note: '和 weike org list 里的名称一样。' },
  {
    title: '状态',
    width: 18,
    choices: [
      ...Object.entries(STATUS_NAMES)
        .filter(([status]) => status !== 'guest')
        .map(([, name]) => name),
      '正式党员（流动）',
      '预备党员（流动）',
      '转出',
      '离开',
    ],
  },
  { title: '角色', width: 12, choices: ['成员', '支部书记', '部门管理员'] },
];

async function writeTable(file: string, rows: readonly Record<string, string>[]): Promise<void> {
  if (/\.csv$/i.test(file)) return await writeFile(file, toCsv(rows, COLUMNS));
  if (!/\.xlsx$/i.test(file))
    throw new UserError(`--out: expected a file ending in .xlsx or .csv, got "${file}"`);
  const cells = rows.map((row) => COLUMNS.map((column) => row[column] ?? ''));
  await writeFile(file, await writeWorkbook([{ name: '名册', columns: SHEET, rows: cells }]));
}

export async function template(options: Output & { out?: string }): Promise<void> {
  const file = options.out ?? '';
  await writeTable(file, []);
  printOne({ file, columns: COLUMNS }, `${file} is there, with the columns ${COLUMNS.join(', ')}`, options);
}

export const exportTo = (options: Output & { out?: string; unit?: string }): Promise<void> =>
  withDb(async (db) => {
    const tree = await readTree(db);
    const unitIds =
      options.unit === undefined ? 'all' : [...subtreeIn(tree, [getInTree(tree, options.unit).id])];
    const rows = await exportRoster(db, unitIds, TERMINAL);
    if (options.out === undefined) return printJson(rows);
    await writeTable(options.out, rows);
    printOne(
      { file: options.out, members: rows.length },
      `${rows.length} members are in ${options.out}`,
      options,
    );
  });

export interface ImportOptions extends Output {
  readonly dryRun?: boolean;
  readonly partial?: boolean;
  readonly makeUnits?: boolean;
  readonly from?: string;
}

/** Gives 1 when a fault kept the file out. */
export const importFrom = (file: string, options: ImportOptions): Promise<number> =>
  withDb(async (db, { zone }) => {
    const now = Date.now();
    const sheets = await readSheets(file, { name: '名册' });
    const how = {
      partial: options.partial === true,
      makeUnits: options.makeUnits === true,
      day: readDay(options.from, now, zone),
    };
    const planned = await planImport(db, sheets, how, TERMINAL);
    const isTaken = options.dryRun !== true && planned.faults.length === 0;
    const done = isTaken ? await importRoster(db, sheets, how, TERMINAL, now) : planned;
    // What was planned says of new units that they are new; what was done no more.
    const shown = { ...done, units: planned.units };
    if (options.json) printJson(toJson(shown, isTaken));
    else process.stdout.write(`${sayDiff(shown, isTaken)}\n`);
    return planned.faults.length > 0 ? 1 : 0;
  });

const rowOf = ({ sheet, row, name, number, unit, status, mobile, role }: PlacedRow) => ({
  sheet,
  row,
  name,
  number: number ?? null,
  unit,
  status: status ?? 'full',
  mobile: mobile ?? false,
  role: role ?? null,
});

const toJson = (planned: PlannedImport, applied: boolean) => ({
  applied,
  new: planned.added.map(rowOf),
  changed: planned.changed.map(({ member, row, changes }) => ({
    id: member.id,
    name: member.name,
    number: member.number,
    sheet: row.sheet,
    row: row.row,
    changes,
  })),
  left: planned.left.map(({ member, reason }) => ({
    id: member.id,
    name: member.name,
    number: member.number,
    reason,
  })),
  conflicts: planned.faults,
  unchanged: planned.unchanged,
  units: planned.units,
  ignored: planned.ignored,
});

/** The difference as a person reads it. */
export function sayDiff(planned: PlannedImport, applied: boolean): string {
  const named = (name: string, number: string | null | undefined) => (number ? `${name} ${number}` : name);
  const sections: [string, string[]][] = [
    ['新建党组织', planned.units.map((name) => `+ ${name}`)],
    [
      '新增',
      planned.added.map(
        ({ name, number, unit, status = 'full', mobile, role, row }) =>
          `+ ${named(name, number)}　${unit}　${STATUS_NAMES[status]}${mobile ? '（流动）' : ''}${role ? `　${ROLE_NAMES[role]}` : ''}（第 ${row} 行）`,
      ),
    ],
    [
      '变动',
      planned.changed.map(
        ({ member, row, changes }) =>
          `~ ${named(member.name, member.number)}　${changes
            .map(({ what, before, after }) => `${what}：${before || '无'} → ${after}`)
            .join('，')}（第 ${row.row} 行）`,
      ),
    ],
    [
      '离开',
      planned.left.map(
        ({ member, reason, row }) =>
          `- ${named(member.name, member.number)}　${reason === 'transferred' ? '转出' : '离开'}${row ? `（第 ${row.row} 行）` : '（文件里没有）'}`,
      ),
    ],
    [
      '问题',
      planned.faults.map(
        ({ sheet, row, column, message, cure, terminal }) =>
          `! ${sheet} 第 ${row} 行 ${column} 列：${message}。${cure}${terminal === undefined ? '' : `（${terminal}）`}`,
      ),
    ],
  ];
  const lines = sections
    .filter(([, rows]) => rows.length > 0)
    .flatMap(([title, rows]) => [`${title} ${rows.length}：`, ...rows.map((row) => `  ${row}`)]);
  if (planned.ignored.length > 0) lines.push(`没有读的列：${planned.ignored.join('、')}`);
  const end =
    planned.faults.length > 0
      ? '有问题，什么都没有改。'
      : applied
        ? '已导入。'
        : '只是看看，什么都没有改。去掉 --dry-run 就导入。';
  return [...lines, `不变 ${planned.unchanged}。${end}`].join('\n');
}
