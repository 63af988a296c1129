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

/** Rows as JSON, or as a table with these columns. */
export function printRows(rows: readonly object[], columns: readonly string[], { json }: Output): void {
  if (json) return printJson(rows);
  if (rows.length === 0) return void process.stdout.write('nothing there\n');
  const table = new Table({ head: [...columns], style: { head: [], border: [] } });
  for (const row of rows) table.push(columns.map((column) => cell((row as Record<string, unknown>)[column])));
  process.stdout.write(`${table.toString()}\n`);
}

const cell = (value: unknown): string => {
  if (value === null || value === undefined) return '';
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
