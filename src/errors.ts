/**
 * What went wrong and what happens next.
 *
 * - `UserError`: the person did something that can't be done. Its message is shown to them as it is, so it
 *   is written for them (Chinese in chat and on pages, English with the cure in the terminal).
 * - `PermanentError`: trying again can't help; a job that throws it is never retried.
 * - anything else: unexpected, logged with its cause, retried where retrying is safe.
 */
export class UserError extends Error {
  override name = 'UserError';
  /** In Chinese for a chat or a page, where the message is for the terminal. */
  readonly said: string | undefined;
  /** In English with the cure, where the message is for a chat or a page. */
  readonly typed: string | undefined;

  constructor(
    message: string,
    { said, typed, ...options }: ErrorOptions & { readonly said?: string; readonly typed?: string } = {},
  ) {
    super(message, options);
    this.said = said;
    this.typed = typed;
  }
}

export class PermanentError extends Error {
  override name = 'PermanentError';
}

/** The text of anything that was thrown, for a log line or a `reason` column. Never a stack. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return String(thrown);
}

/** What the disk or a SQLite file on it said, in plain words with the cure, by code. */
const DISK: Readonly<Record<string | number, string>> = {
  EACCES: 'there is no right to use it: give it to the user that runs weike',
  EPERM: 'there is no right to use it: give it to the user that runs weike',
  EROFS: 'it is mounted read-only',
  ENOSPC: 'the disk is full: make room',
  EDQUOT: 'the disk quota is used up: make room',
  EIO: 'the disk reports an error',
  EEXIST: 'a file stands where a folder should be',
  ENOTDIR: 'a file stands where a folder should be',
  ENOENT: 'it is not there',
  EISDIR: 'it is a folder, not a file',
  // SQLite's primary result codes.
  5: 'another program keeps it locked',
  8: 'it can not be written: it is read-only, or belongs to another user',
  10: 'the disk reports an error',
  11: 'it is damaged: restore a backup',
  13: 'the disk is full: make room',
  14: 'it can not be opened: look at the rights of the file and its folder',
  26: 'it is not a database: restore a backup, or name another file',
};

/** Why something on the disk failed, or `undefined` when the error isn't one of a disk. */
export function diskReason(thrown: unknown): string | undefined {
  const { code, errcode } = thrown as { code?: unknown; errcode?: unknown };
  if (code === 'ERR_SQLITE_ERROR') return typeof errcode === 'number' ? DISK[errcode & 0xff] : undefined;
  return typeof code === 'string' ? DISK[code] : undefined;
}

/** For a terminal: what happened, and where it was the disk what that means. */
export function wordsForTerminal(thrown: unknown): string {
  if (thrown instanceof UserError)
    return thrown.typed === undefined ? thrown.message : `${thrown.typed} (${thrown.message})`;
  const why = diskReason(thrown);
  return why === undefined ? reasonOf(thrown) : `${reasonOf(thrown)} (${why})`;
}
