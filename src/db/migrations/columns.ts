/** The few words in which the two databases differ, for migrations. */
import { type RawBuilder, sql } from 'kysely';

export interface ColumnTypes {
  /** For the little that can't be said in words of both. */
  readonly dialect: 'sqlite' | 'postgres';
  /** 64-bit integer. */
  readonly int: RawBuilder<unknown>;
  /** What ends a `create table`: SQLite checks types only in strict tables. */
  readonly end: RawBuilder<unknown>;
}

export const columnTypes = (dialect: 'sqlite' | 'postgres'): ColumnTypes =>
  dialect === 'sqlite'
    ? { dialect, int: sql.raw('integer'), end: sql.raw('strict') }
    : { dialect, int: sql.raw('bigint'), end: sql.raw('') };

export type Run = (...statements: readonly RawBuilder<unknown>[]) => Promise<void>;

export interface Migration {
  readonly name: string;
  /** Plain SQL through `run`: a migration knows the schema of its own time, not today's `Tables`. */
  readonly up: (run: Run, columns: ColumnTypes) => Promise<void>;
}
