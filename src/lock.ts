/** One server per data folder: a lock that the operating system lets go of, however we end. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { UserError } from './errors.ts';

/** Takes the lock, or throws `UserError` when another server has it. */
export function lockDataDir(dataDir: string): { release(): void } {
  mkdirSync(dataDir, { recursive: true });
  const lock = new DatabaseSync(join(dataDir, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    lock.close();
    throw new UserError(
      `another server is running on ${dataDir}: stop it first, or set DATA_DIR to another folder`,
      {
        cause: error,
      },
    );
  }
  return { release: () => lock.close() };
}
