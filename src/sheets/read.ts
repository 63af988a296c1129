/**
 * Reads a table that somebody uploads: xlsx or CSV, as text cell by cell. What is broken, encrypted, too large or
 * no table at all is refused as a whole with a `UserError` in Chinese, for the person who brought it.
 */
import { readFile, stat } from 'node:fs/promises';

import { CsvError, parse } from 'csv-parse/sync';
import type { Cell, CellFormulaValue, CellValue, Worksheet } from 'exceljs';

import { UserError } from '../errors.ts';
import { isArchive, isOldOffice, MEGABYTE, unpackArchive } from './archive.ts';
import { decodeText } from './decode.ts';
import {
  columnName,
  columnNumber,
  type MergedRange,
  type Sheet,
  type SheetFault,
  type SheetRow,
} from './sheet.ts';

export interface ReadOptions {
  /** Bytes of the file. */
  readonly maxBytes?: number;
  /** Filled rows of a sheet. */
  readonly maxRows?: number;
  /** Columns of a sheet. */
  readonly maxColumns?: number;
  /** The name of the one sheet of a CSV file. */
  readonly name?: string;
}

const DEFAULTS = { maxBytes: 5 * MEGABYTE, maxRows: 10_000, maxColumns: 100, name: 'CSV' };
const LIMITS = { maxUnpacked: 32 * MEGABYTE, maxFiles: 500 };
/** The reader makes an object of every cell and of every cell of a merged range, whatever the rows are. */
const MOST_CELLS = 400_000;
const MOST_MERGED_CELLS = 50_000;

/** Reads a file by its path, or its bytes. Throws `UserError` when it can't be read at all. */
export async function readSheets(file: string | Uint8Array, options: ReadOptions = {}): Promise<Sheet[]> {
  const limits = { ...DEFAULTS, ...options };
  const bytes = typeof file === 'string' ? await readBytes(file, limits.maxBytes) : file;
  if (bytes.length > limits.maxBytes) throw tooLarge(limits.maxBytes);
  if (bytes.length === 0) throw new UserError('文件是空的');
  if (isOldOffice(bytes))
    throw new UserError('这是旧的 .xls 格式，或者加了密码；请用 Excel 或 WPS 另存为 .xlsx（不加密码）');
  const sheets = isArchive(bytes) ? await readXlsx(bytes) : [readCsv(bytes, limits.name)];
  for (const sheet of sheets) {
    if (sheet.rows.length > limits.maxRows)
      throw new UserError(`「${sheet.name}」超过 ${limits.maxRows} 行；请分成几个文件`);
    if (sheet.rows.some(({ cells }) => cells.length > limits.maxColumns))
      throw new UserError(`「${sheet.name}」超过 ${limits.maxColumns} 列；请按模板填写`);
  }
  return sheets;
}

async function readBytes(path: string, maxBytes: number): Promise<Buffer> {
  const found = await stat(path).catch((error: Error) => {
    throw new UserError(`${path} can't be read: ${error.message}`, { cause: error });
  });
  if (found.size > maxBytes) throw tooLarge(maxBytes);
  return await readFile(path);
}

const tooLarge = (maxBytes: number) =>
  new UserError(`文件超过 ${Math.floor(maxBytes / MEGABYTE)} MB；请去掉图片或分成几个文件`);

const DELIMITERS = [',', '\t', ';', '，'] as const;

function readCsv(bytes: Uint8Array, name: string): Sheet {
  const text = decodeTable(bytes);
  const [head = ''] = text.split(/\r?\n/, 1);
  const count = (delimiter: string) => head.split(delimiter).length;
  const delimiter = DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best));
  try {
    const records = parse(text, {
      bom: true,
      delimiter,
      relax_column_count: true,
      skip_empty_lines: false,
    });
    const rows = records.map((cells, index) => makeRow(index + 1, cells));
    return { name, hidden: false, rows: rows.filter(isFilled), merged: [], faults: [] };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? `第 ${error.lines} 行附近` : '有一处';
    throw new UserError(`CSV ${line}的引号不成对；请用 Excel 或 WPS 打开后另存一份`, { cause: error });
  }
}

/** A file that is called .xlsx and is neither that nor text is no table. */
function decodeTable(bytes: Uint8Array): string {
  try {
    return decodeText(bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      '这不是表格，或者文字编码读不出；请用 Excel 或 WPS 另存为 .xlsx，或另存为 CSV（UTF-8）',
      {
        cause: error,
      },
    );
  }
}

const isFilled = ({ cells }: SheetRow) => cells.length > 0;

function makeRow(row: number, cells: readonly string[]): SheetRow {
  const trimmed = cells.map((cell) => cell.trim());
  return { row, cells: trimmed.slice(0, trimmed.findLastIndex((cell) => cell !== '') + 1) };
}

async function readXlsx(bytes: Uint8Array): Promise<Sheet[]> {
  checkParts(bytes);
  const { default: exceljs } = await import('exceljs');
  const workbook = new exceljs.Workbook();
  try {
    // What isn't text is left aside: some of it the reader would unfold cell by cell over a million rows.
    const ignoreNodes = [
      'dataValidations',
      'conditionalFormatting',
      'extLst',
      'drawing',
      'picture',
      'legacyDrawing',
      'cols',
    ];
    await workbook.xlsx.load(Buffer.from(bytes) as unknown as ArrayBuffer, { ignoreNodes });
  } catch (error) {
    throw new UserError('这个 Excel 文件读不出来；请用 Excel 或 WPS 打开后另存为 .xlsx 再试', {
      cause: error,
    });
  }
  return workbook.worksheets.map(readWorksheet);
}

/** Holds what would make the reader run for minutes: entities, far too many cells, merged ranges over whole sheets. */
function checkParts(bytes: Uint8Array): void {
  const files = unpackArchive(bytes, LIMITS);
  if (!files.some(({ name }) => name === 'xl/workbook.xml'))
    throw new UserError('这不是 Excel 文件；请用 Excel 或 WPS 另存为 .xlsx');
  let cells = 0;
  let merged = 0;
  for (const file of files) {
    if (!/\.(?:xml|rels)$/.test(file.name)) continue;
    if (file.bytes.includes('<!DOCTYPE')) throw new UserError('这个 Excel 文件里有不该有的内容，不能读');
    if (!file.name.startsWith('xl/worksheets/')) continue;
    const xml = file.bytes.toString('latin1');
    for (const _ of xml.matchAll(/<c[\s>/]/g)) cells += 1;
    for (const [, ref = ''] of xml.matchAll(/<mergeCell\s[^>]*?ref="([^"]*)"/g)) merged += areaOf(ref);
    if (cells > MOST_CELLS) throw new UserError('表格太大了；请删掉多余的行列，或分成几个文件');
    if (merged > MOST_MERGED_CELLS) throw new UserError('合并的单元格太多了；请取消合并后再试');
  }
}

function readRange(ref: string): MergedRange {
  const [, from = 'A', row = '1', to = from, toRow = row] =
    /^([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?$/i.exec(ref) ?? [];
  return { row: Number(row), column: columnNumber(from), toRow: Number(toRow), toColumn: columnNumber(to) };
}

function areaOf(ref: string): number {
  const { row, column, toRow, toColumn } = readRange(ref);
  return (Math.abs(toRow - row) + 1) * (Math.abs(toColumn - column) + 1);
}

function readWorksheet(worksheet: Worksheet): Sheet {
  const faults: SheetFault[] = [];
  const rows: SheetRow[] = [];
  worksheet.eachRow((row, number) => {
    const cells: string[] = [];
    row.eachCell((cell, column) => {
      while (cells.length < column - 1) cells.push('');
      const read = cell.isMerged && cell.master !== cell ? '' : readCell(cell);
      cells[column - 1] = typeof read === 'string' ? read : '';
      if (typeof read !== 'string')
        faults.push({ sheet: worksheet.name, row: number, column: columnName(column), ...read });
    });
    const made = makeRow(number, cells);
    if (isFilled(made)) rows.push(made);
  });
  const merges = (worksheet.model as { merges?: readonly string[] }).merges ?? [];
  return {
    name: worksheet.name,
    hidden: worksheet.state !== 'visible',
    rows,
    merged: merges.map(readRange),
    faults,
  };
}

type CellProblem = Pick<SheetFault, 'message' | 'cure'>;

/** A cell's text as the spreadsheet shows it, or why there is none. */
function readCell(cell: Cell): string | CellProblem {
  const { value } = cell;
  if (isFormula(value)) {
    const { result } = value;
    if (result === undefined || result === null)
      return { message: '公式没有算出结果', cure: '复制这一格，选择性粘贴为“值”' };
    return readValue(result, cell.numFmt);
  }
  return readValue(value, cell.numFmt);
}

const isFormula = (value: CellValue): value is CellFormulaValue =>
  typeof value === 'object' && value !== null && ('formula' in value || 'sharedFormula' in value);

function readValue(value: CellValue, format: string | undefined): string | CellProblem {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'number') return sayNumber(value, format ?? '');
  if (value instanceof Date) return sayDate(value);
  if ('richText' in value) return value.richText.map(({ text }) => text).join('');
  if ('error' in value) return { message: `单元格里是错误值 ${value.error}`, cure: '改成要填的内容' };
  if ('text' in value) return readValue(value.text, format);
  return { message: '读不出这一格的内容', cure: '改成普通文字' };
}

/** Fifteen digits are what a spreadsheet keeps; `95%` and `000123` as they are shown. */
function sayNumber(value: number, format: string): string {
  if (/^0{2,}$/.test(format)) return String(Math.round(value)).padStart(format.length, '0');
  if (format.includes('%')) return `${tidy(value * 100)}%`;
  return tidy(value);
}

const tidy = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e21
    ? BigInt(value).toString()
    : String(Number(value.toPrecision(15)));

/** The reader gives the wall clock as if it were UTC. */
function sayDate(value: Date): string {
  if (Number.isNaN(value.getTime())) return '';
  const [day = '', time = ''] = value.toISOString().split('T');
  return time.startsWith('00:00:00') ? day : `${day} ${time.slice(0, 5)}`;
}
