/** What commands share: the settings, the database, the output. */
import Table from 'cli-table3';

import { type Config, readConfig, readEnvironment } from '../config.ts';
import { type Db, openDatabase } from '../db/open.ts';

export interface Output {
  readonly json?: boolean;
}

export const config = (): Config => readConfig(readEnvironment(process.env, process.cwd()), process.cwd());

/** Opens the database for one piece of work and closes it again. */
export async function withDb<T>(work: (db: Db, config: Config) => Promise<T>): Promise<T> {
  const settings = config();
  const db = await openDatabase(settings.database, Date.now());
  try {
    return await work(db, settings);
  } finally {
    await db.destroy();
  }
}

export const printJson = (value: unknown): void =>
  void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

/** Rows as JSON, or as a table with these columns that is no wider than the terminal. */
export function printRows(rows: readonly object[], columns: readonly string[], { json }: Output): void {
  if (json) return printJson(rows);
  if (rows.length === 0) return void process.stdout.write('nothing there\n');
  const cells = rows.map((row) => columns.map((column) => cell((row as Record<string, unknown>)[column])));
  process.stdout.write(`${drawTable([...columns], cells, process.stdout.columns)}\n`);
}

/** `width`: of the terminal, in columns; without it, as in a pipe, lines are as long as they are. */
export function drawTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width?: number,
): string {
  const natural = head.map((name, at) =>
    Math.max(...[name, ...rows.map((row) => row[at] ?? '')].map(widest)),
  );
  // Beside each cell a blank on either side, and a rule between them and at both ends.
  const widths = width === undefined ? natural : fitWidths(natural, width - 3 * head.length - 1);
  const fitted = (cells: readonly string[]) =>
    cells.map((text, at) => wrapText(text, widths[at] ?? LEAST_WIDTH));
  const table = new Table({ head: fitted(head), style: { head: [], border: [] } });
  for (const row of rows) table.push(fitted(row));
  return table.toString();
}

/** In lines of at most `width` columns, broken at blanks where there are some. The table's own wrapping loses Han. */
function wrapText(text: string, width: number): string {
  if (widest(text) <= width) return text;
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    let current = '';
    for (const piece of line.match(/\s+|[!-~]+|[^!-~\s]/gu) ?? []) {
      if (widest(current + piece) <= width) {
        current += piece;
        continue;
      }
      if (current.trim() !== '') lines.push(current.trimEnd());
      current = /^\s/u.test(piece) ? '' : piece;
      for (; widest(current) > width; current = current.slice(width)) lines.push(current.slice(0, width));
    }
    lines.push(current);
  }
  return lines.join('\n');
}

/** A column that can be read at all, in columns of a terminal. */
const LEAST_WIDTH = 6;
/** Instants, names and numbers are not broken while what is longer can give way, down to `LEAST_LONG`. */
const SHORT = 30;
const LEAST_LONG = 18;

/** The widest give way until all of them fit into `most`; none becomes narrower than can be read. */
export function fitWidths(natural: readonly number[], most: number): number[] {
  const first = narrow(natural, (width) => (width > SHORT ? LEAST_LONG : width), most);
  return narrow(first, () => LEAST_WIDTH, most);
}

/** Takes a column at a time from the widest that is above its own least width. */
function narrow(natural: readonly number[], least: (width: number) => number, most: number): number[] {
  const widths = [...natural];
  const floors = natural.map(least);
  for (let over = widths.reduce((sum, one) => sum + one, 0) - most; over > 0; over -= 1) {
    const room = widths.map((one, at) => (one > (floors[at] ?? 0) ? one : 0));
    const widestAt = room.indexOf(Math.max(...room));
    if ((room[widestAt] ?? 0) === 0) break;
    widths[widestAt] = (widths[widestAt] ?? 0) - 1;
  }
  return widths;
}

/** Han and the like take two columns of a terminal. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/gu;

/** Of the longest line of a text, in columns of a terminal. */
const widest = (text: string): number =>
  Math.max(...text.split('\n').map((line) => [...line].length + (line.match(WIDE)?.length ?? 0)));

/** An instant with its offset: in a table the local minute and second are enough. */
const INSTANT = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)$/u;

const cell = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value.replace(INSTANT, '$1 $2');
  return Array.isArray(value) ? value.join(' ') : `${value as string | number | boolean}`;
};

/** One thing as JSON, or a sentence. */
export function printOne(value: object, sentence: string, { json }: Output): void {
  if (json) printJson(value);
  else process.stdout.write(`${sentence}\n`);
}

/** What a person should know besides the result, on standard error. */
export const warn = (warnings: readonly string[]): void => {
  for (const warning of warnings) process.stderr.write(`weike: warning: ${warning}\n`);
};
