/**
 * The data folder: made when it isn't there, for us alone, and locked: one server per folder. The operating
 * system lets go of the lock, however we end.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { diskReason, reasonOf, UserError } from './errors.ts';

const BUSY = 5;
/** A lock that nobody refers to any more would be collected as garbage, and let go of with that. */
const HELD = new Set<DatabaseSync>();

/** Takes the lock, or throws `UserError` when another server has it or the folder can't be used. */
export function lockDataDir(dataDir: string): { release(): void } {
  let lock: DatabaseSync | undefined;
  try {
    makeFolder(dataDir);
    lock = new DatabaseSync(join(dataDir, 'lock.db'), { timeout: 0 });
    lock.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    lock?.close();
    const isTaken = ((error as { errcode?: number }).errcode ?? 0) % 256 === BUSY;
    throw new UserError(
      isTaken
        ? `another server is running on ${dataDir}: stop it first, or set DATA_DIR to another folder`
        : `the data folder ${dataDir} can not be used: ${diskReason(error) ?? reasonOf(error)}; or set DATA_DIR to another folder`,
      { cause: error },
    );
  }
  const held = lock;
  HELD.add(held);
  return {
    release() {
      HELD.delete(held);
      held.close();
    },
  };
}

/** Step by step: Node's own recursion never ends where nothing can be made, as under /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) {
    if (statSync(folder).isDirectory()) return;
    throw Object.assign(new Error(`${folder} is no folder`), { code: 'ENOTDIR' });
  }
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder, { mode: 0o700 });
}
