/** Whose fault an error of a query is: the database's present state, or what was asked of it. */

/** Primary result codes of SQLite that blame the statement or its values: ERROR, TOOBIG, CONSTRAINT, MISMATCH, RANGE. */
const SQLITE_ASKED: readonly number[] = [1, 18, 19, 20, 25];

/**
 * Classes of SQLSTATE that blame the server's state: connection, wrong transaction state (read-only), rolled
 * back (deadlock, serialization), resources, not in a state to do it (locked), stopped by the operator, the
 * system, internal.
 */
const POSTGRES_STATE: readonly string[] = ['08', '25', '40', '53', '55', '57', '58', 'XX'];

/**
 * Whether the database could not do its work (locked, full, read-only, gone), so that the same query is to be
 * tried again later as it is. Reads codes of `node:sqlite`, SQLSTATEs and codes of the system, never words: a
 * connection that broke without any code isn't known by this.
 */
export function isDatabaseFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode, syscall } = error as { code?: unknown; errcode?: unknown; syscall?: unknown };
  if (code === 'ERR_SQLITE_ERROR')
    return typeof errcode === 'number' && !SQLITE_ASKED.includes(errcode & 0xff);
  if (typeof code !== 'string') return false;
  if (/^[0-9A-Z]{5}$/.test(code) && 'severity' in error) return POSTGRES_STATE.includes(code.slice(0, 2));
  return typeof syscall === 'string' || /^E[A-Z]+$/.test(code);
}
