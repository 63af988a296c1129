/**
 * The roster as a table: 姓名, 编号, 党支部, 状态, 角色. Pure rules: what a file says, row by row, with every
 * fault by sheet, row and column; and what would change when it is taken as the roster of the units it names.
 */
import { columnName, type Sheet, type SheetFault } from '../sheets/sheet.ts';
import type { RoleName } from '../db/tables.ts';
import { type LeftReason, readName, type RosterStatus, STATUS_NAMES } from './members.ts';
import { looksLikeIdCard, readNumber } from './number.ts';
import { needsUnit, readRole, ROLE_NAMES } from './roles.ts';

export const COLUMNS = ['姓名', '编号', '党支部', '状态', '角色'] as const;
type Column = (typeof COLUMNS)[number];

const HEADINGS: Readonly<Record<Column, RegExp>> = {
  姓名: /^(?:姓名|名字|党员姓名)$/u,
  编号: /^(?:编号|党员编号|成员编号)$/u,
  党支部: /^(?:所在)?(?:党支部|支部|党组织)(?:名称)?$/u,
  状态: /^(?:状态|类别|人员类别|身份)$/u,
  角色: /^(?:角色|职务|权限)$/u,
};

export interface RosterRow {
  readonly sheet: string;
  readonly row: number;
  /** The letter of each column, to point at. */
  readonly at: Readonly<Partial<Record<Column, string>>>;
  readonly name: string;
  readonly number?: string;
  /** As written: a name or a path. */
  readonly unit: string;
  readonly status?: RosterStatus;
  readonly mobile?: boolean;
  readonly left?: LeftReason;
  /** `null`: said to have none; absent: nothing said. */
  readonly role?: RoleName | null;
}

export interface ReadRoster {
  readonly rows: readonly RosterRow[];
  readonly faults: readonly SheetFault[];
  /** Headings that nobody asked for and that were not read. */
  readonly ignored: readonly string[];
}

/** Rows above the heading may hold a title. */
const LOOKED_FOR_HEADING = 10;

export function readRoster(sheets: readonly Sheet[]): ReadRoster {
  const read = sheets.filter(({ hidden, rows }) => !hidden && rows.length > 0).map(readSheet);
  const rows = read.flatMap((one) => one.rows);
  const faults = read.flatMap((one) => one.faults);
  if (rows.length === 0 && faults.length === 0)
    faults.push({
      sheet: sheets[0]?.name ?? '',
      row: 1,
      column: 'A',
      message: '没有一行成员',
      cure: '照着模板填',
      terminal: 'weike member template --out 名册.xlsx',
    });
  return { rows, faults, ignored: [...new Set(read.flatMap((one) => one.ignored))] };
}

function readSheet(sheet: Sheet): { rows: RosterRow[]; faults: SheetFault[]; ignored: string[] } {
  const isHeading = (cells: readonly string[]) =>
    cells.some((cell) => HEADINGS.姓名.test(cell.replaceAll(/\s/gu, '')));
  const index = sheet.rows.slice(0, LOOKED_FOR_HEADING).findIndex(({ cells }) => isHeading(cells));
  const heading = sheet.rows[index];
  if (!heading) {
    const row = sheet.rows[0]?.row ?? 1;
    const message = '没有表头：找不到「姓名」这一列';
    const cure = `第一行写 ${COLUMNS.join('、')}`;
    return { rows: [], faults: [{ sheet: sheet.name, row, column: 'A', message, cure }], ignored: [] };
  }
  const columns = new Map<Column, number>();
  const ignored: string[] = [];
  const faults: SheetFault[] = sheet.faults.filter(({ row }) => row > heading.row);
  for (const [at, cell] of heading.cells.entries()) {
    const title = cell.replaceAll(/\s/gu, '');
    const column = COLUMNS.find((one) => HEADINGS[one].test(title));
    if (column === undefined) ignored.push(...(title === '' ? [] : [title]));
    else if (columns.has(column))
      faults.push({
        sheet: sheet.name,
        row: heading.row,
        column: columnName(at + 1),
        message: `「${column}」这一列有两个`,
        cure: '只留一个',
      });
    else columns.set(column, at);
  }
  if (!columns.has('党支部'))
    faults.push({
      sheet: sheet.name,
      row: heading.row,
      column: 'A',
      message: '缺「党支部」这一列',
      cure: `表头写 ${COLUMNS.join('、')}`,
    });
  for (const { row, column, toRow, toColumn } of sheet.merged)
    if (toRow > heading.row)
      faults.push({
        sheet: sheet.name,
        row,
        column: columnName(column),
        message: `合并了单元格（到 ${columnName(toColumn)}${toRow}）`,
        cure: '取消合并，每一行都填上',
      });
  const faulty = new Set(faults.map(({ row }) => row));
  const rows = sheet.rows.slice(index + 1).flatMap(({ row, cells }) => {
    const own = new RowReader(sheet.name, row, cells, columns);
    const made = own.read();
    faults.push(...own.faults);
    return made && !faulty.has(row) ? [made] : [];
  });
  return { rows, faults, ignored };
}

/** One row, with the faults found in it. */
class RowReader {
  readonly faults: SheetFault[] = [];
  readonly #sheet: string;
  readonly #row: number;
  readonly #cells: readonly string[];
  readonly #columns: ReadonlyMap<Column, number>;

  constructor(sheet: string, row: number, cells: readonly string[], columns: ReadonlyMap<Column, number>) {
    this.#sheet = sheet;
    this.#row = row;
    this.#cells = cells;
    this.#columns = columns;
  }

  #text(column: Column): string {
    const at = this.#columns.get(column);
    return at === undefined ? '' : (this.#cells[at] ?? '').normalize('NFC').trim();
  }

  #fault(column: Column, message: string, cure: string, terminal?: string): undefined {
    const at = columnName((this.#columns.get(column) ?? 0) + 1);
    this.faults.push({
      sheet: this.#sheet,
      row: this.#row,
      column: at,
      message,
      cure,
      ...(terminal === undefined ? {} : { terminal }),
    });
    return undefined;
  }

  read(): RosterRow | undefined {
    if (COLUMNS.every((column) => this.#text(column) === '')) return undefined;
    const name = this.#readName();
    const number = this.#readNumber();
    const unit = this.#text('党支部');
    if (unit === '') this.#fault('党支部', '党支部没填', '填上党支部的名称');
    const standing = this.#readStanding();
    const role = this.#readRole();
    if (this.faults.length > 0 || name === undefined) return undefined;
    const at = Object.fromEntries(
      [...this.#columns].map(([column, index]) => [column, columnName(index + 1)]),
    );
    return {
      sheet: this.#sheet,
      row: this.#row,
      at,
      name,
      unit,
      ...(number === undefined ? {} : { number }),
      ...standing,
      ...(role === undefined ? {} : { role }),
    };
  }

  #readName(): string | undefined {
    // 张 三 is how two-letter names are set in print.
    const text = this.#text('姓名').replaceAll(/(?<=\p{Script=Han})\s+(?=\p{Script=Han})/gu, '');
    if (text === '') return this.#fault('姓名', '姓名没填', '填上姓名，或删掉这一行');
    if (looksLikeIdCard(text)) return this.#fault('姓名', '像是身份证号，不收', '填姓名');
    try {
      return readName(text);
    } catch {
      return this.#fault('姓名', '姓名太长或有不能用的字符', '姓名 1 到 40 个字');
    }
  }

  #readNumber(): string | undefined {
    const text = this.#text('编号');
    if (text === '') return undefined;
    if (looksLikeIdCard(text)) return this.#fault('编号', '像是身份证号，不收也不保存', '用县里自己编的号');
    try {
      return readNumber(text);
    } catch {
      return this.#fault('编号', `编号「${text.slice(0, 30)}」不合规矩`, '1 到 20 个字母、数字或 - _ .');
    }
  }

  #readStanding(): Pick<RosterRow, 'status' | 'mobile' | 'left'> {
    const text = this.#text('状态');
    if (text === '') return {};
    const standing = readStanding(text);
    if (standing) return standing;
    const known = Object.entries(STATUS_NAMES)
      .filter(([status]) => status !== 'guest')
      .map(([, name]) => name);
    this.#fault(
      '状态',
      `不认识状态「${text.slice(0, 20)}」`,
      `写 ${known.join('、')}，可加（流动）；或 转出、离开`,
    );
    return {};
  }

  #readRole(): RoleName | null | undefined {
    const text = this.#text('角色');
    if (text === '') return undefined;
    if (/^(?:成员|党员|普通党员|无|没有)$/u.test(text)) return null;
    const role = readRole(text);
    if (role && needsUnit(role)) return role;
    if (role)
      return this.#fault(
        '角色',
        `「${ROLE_NAMES[role]}」不能从名册给`,
        '请县管理员另外授权',
        'weike role grant',
      );
    return this.#fault('角色', `不认识角色「${text.slice(0, 20)}」`, '写 成员、支部书记 或 部门管理员');
  }
}

const STATUSES: readonly [RegExp, RosterStatus][] = [
  [/^(?:正式党员|正式|党员|中共党员)$/u, 'full'],
  [/^(?:预备党员|预备|中共预备党员)$/u, 'probationary'],
  [/^(?:发展对象|重点发展对象)$/u, 'prospective'],
  [/^(?:入党积极分子|积极分子)$/u, 'applicant'],
  [/^(?:群众|非党员)$/u, 'masses'],
];

/** `正式党员`, `正式党员（流动）`, `流动党员`, `转出`, `离开`; `undefined` when it is none of them. */
export function readStanding(text: string): Pick<RosterRow, 'status' | 'mobile' | 'left'> | undefined {
  const said = text.normalize('NFKC').replaceAll(/[\s()【】[\]、,，/]/gu, '');
  if (/^(?:已)?(?:转出|转走|转移)$/u.test(said)) return { left: 'transferred' };
  if (/^(?:已)?(?:离开|退出|停止|去世|退党|除名)$/u.test(said)) return { left: 'left' };
  const mobile = said.includes('流动');
  const plain = said.replace('流动', '');
  const [, status] = STATUSES.find(([pattern]) => pattern.test(plain)) ?? [];
  return status && { status, mobile };
}

/** As a roster has it; read back by `readStanding`. */
export const sayStanding = (status: RosterStatus, mobile: boolean): string =>
  `${STATUS_NAMES[status]}${mobile ? '（流动）' : ''}`;

/** Somebody who is or was on the roster. */
export interface KnownMember {
  readonly id: string;
  readonly name: string;
  readonly number: string | null;
  readonly unitId: string | null;
  readonly status: RosterStatus;
  readonly mobile: boolean;
  readonly left: boolean;
  /** Whether they hold this role for their unit. */
  readonly roles: readonly RoleName[];
  /** Whether whoever imports may change them. */
  readonly inScope: boolean;
}

/** A row whose unit is known. */
export interface PlacedRow extends RosterRow {
  readonly unitId: string;
}

export interface Change {
  readonly what: Column | '流动' | '回到名册';
  readonly before: string;
  readonly after: string;
}

export interface RosterDiff {
  readonly added: readonly PlacedRow[];
  readonly changed: readonly {
    readonly member: KnownMember;
    readonly row: PlacedRow;
    readonly changes: readonly Change[];
  }[];
  /** With the row that says so, or without one when the file doesn't have them. */
  readonly left: readonly {
    readonly member: KnownMember;
    readonly reason: LeftReason;
    readonly row?: PlacedRow;
  }[];
  readonly unchanged: number;
  readonly conflicts: readonly SheetFault[];
}

/**
 * What would change. A number tells who is meant; without one the name within the unit does, when only one is
 * called so: namesakes are never taken for each other. Whoever stands in a unit that the file names and isn't in
 * it has left, unless it is only a part of the roster.
 */
export function diffRoster(
  rows: readonly PlacedRow[],
  known: readonly KnownMember[],
  { partial, unitName }: { readonly partial: boolean; readonly unitName: (id: string | null) => string },
): RosterDiff {
  const conflicts: SheetFault[] = [];
  const conflict = (row: PlacedRow, column: Column, message: string, cure: string, terminal?: string) =>
    conflicts.push({
      sheet: row.sheet,
      row: row.row,
      column: row.at[column] ?? 'A',
      message,
      cure,
      ...(terminal === undefined ? {} : { terminal }),
    });
  const added: PlacedRow[] = [];
  const changed: RosterDiff['changed'][number][] = [];
  const left: RosterDiff['left'][number][] = [];
  const meant = new Map<string, PlacedRow>();
  const numbers = new Map<string, PlacedRow>();
  const fresh = new Map<string, PlacedRow>();
  let unchanged = 0;

  for (const row of rows) {
    if (row.number !== undefined) {
      const before = numbers.get(row.number);
      if (before) {
        conflict(row, '编号', `编号 ${row.number} 在第 ${before.row} 行已经有了`, '一人一号，改掉一个');
        continue;
      }
      numbers.set(row.number, row);
    }
    const found = findMember(row, known, conflict);
    if (found === 'conflict') continue;
    if (!found) {
      if (row.left !== undefined) {
        unchanged += 1;
        continue;
      }
      const key = `${row.unitId} ${row.name}`;
      const twin = row.number === undefined ? fresh.get(key) : undefined;
      fresh.set(key, row);
      if (twin) conflict(row, '姓名', `和第 ${twin.row} 行同名同支部`, '是两个人就都填编号，否则删掉一行');
      else added.push(row);
      continue;
    }
    const before = meant.get(found.id);
    if (before) {
      conflict(row, '姓名', `和第 ${before.row} 行是同一个人`, '删掉一行，或填上各自的编号');
      continue;
    }
    meant.set(found.id, row);
    if (row.left !== undefined) {
      if (found.left) unchanged += 1;
      else left.push({ member: found, reason: row.left, row });
      continue;
    }
    const changes = changesOf(row, found, unitName);
    if (changes.length === 0) unchanged += 1;
    else changed.push({ member: found, row, changes });
  }
  const units = new Set(rows.map(({ unitId }) => unitId));
  if (!partial)
    for (const member of known)
      if (
        !member.left &&
        member.inScope &&
        member.unitId !== null &&
        units.has(member.unitId) &&
        !meant.has(member.id)
      )
        left.push({ member, reason: 'left' });
  return { added, changed, left, unchanged, conflicts };
}

type Report = (row: PlacedRow, column: Column, message: string, cure: string, terminal?: string) => void;

function findMember(
  row: PlacedRow,
  known: readonly KnownMember[],
  conflict: Report,
): KnownMember | 'conflict' | undefined {
  const say = (column: Column, message: string, cure: string, terminal?: string): 'conflict' => {
    conflict(row, column, message, cure, terminal);
    return 'conflict';
  };
  const { number } = row;
  if (number !== undefined) {
    const holder = known.find((member) => member.number === number);
    if (holder && (!holder.inScope || holder.name !== row.name))
      return say(
        '编号',
        `编号 ${number} 已经是别人的`,
        '核对编号；要改名字，先在名册里改',
        'weike member change',
      );
    if (holder) return holder;
  }
  const namesakes = known.filter(({ name, inScope }) => inScope && name === row.name);
  const here = namesakes.filter(({ left, unitId }) => !left && unitId === row.unitId);
  if (number !== undefined) {
    const nameless = here.filter((member) => member.number === null);
    if (nameless.length > 1)
      return say('姓名', '支部里同名又没有编号的不止一个', '先在名册里给他们编号', 'weike member change');
    return nameless[0];
  }
  if (here.length > 1) return say('编号', `支部里叫「${row.name}」的不止一个`, '填上编号');
  if (here[0]) return here[0];
  if (namesakes.length > 0)
    return say(
      '编号',
      `「${row.name}」在别的支部或已离开的人里有同名的`,
      '是同一个人就填他原来的编号，不是就填一个新编号',
    );
  return undefined;
}

function changesOf(row: PlacedRow, member: KnownMember, unitName: (id: string | null) => string): Change[] {
  const changes: Change[] = [];
  if (member.left) changes.push({ what: '回到名册', before: '已离开', after: unitName(row.unitId) });
  else if (member.unitId !== row.unitId)
    changes.push({ what: '党支部', before: unitName(member.unitId), after: unitName(row.unitId) });
  if (row.number !== undefined && row.number !== member.number)
    changes.push({ what: '编号', before: member.number ?? '', after: row.number });
  if (row.status !== undefined && row.status !== member.status)
    changes.push({ what: '状态', before: STATUS_NAMES[member.status], after: STATUS_NAMES[row.status] });
  if (row.mobile !== undefined && row.mobile !== member.mobile)
    changes.push({ what: '流动', before: member.mobile ? '是' : '否', after: row.mobile ? '是' : '否' });
  const before = member.roles.map((role) => ROLE_NAMES[role]).join('、') || '成员';
  if (row.role === null && member.roles.length > 0) changes.push({ what: '角色', before, after: '成员' });
  if (row.role && !member.roles.includes(row.role))
    changes.push({ what: '角色', before, after: ROLE_NAMES[row.role] });
  return changes;
}
