/**
 * Pictures of lessons that were written here: kept beside the database under a name made from their bytes, so that
 * the text that was approved names exactly the picture that was seen.
 */
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { FOLDER } from './written-file.ts';

const NAME = /^[0-9a-f]{32}\.jpg$/;

export const picturesDir = (dataDir: string): string => join(dataDir, 'pictures');

/** Writes a JPEG down. Gives the name under which a lesson has it. Idempotent. */
export async function keepPicture(folder: string, bytes: Uint8Array): Promise<string> {
  const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}.jpg`;
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(`${path}.part`, bytes, { mode: 0o600 });
  await rename(`${path}.part`, path);
  return name;
}

/** Whether a written lesson may name this file. */
export const isKeptPicture = (file: string): boolean => NAME.test(basename(file)) && file === `${FOLDER}${basename(file)}`;

/** Where a picture's file is on this disk; `file` as a lesson names it from the lessons' folder down. */
export const pathOfPicture = (lessonsDir: string, folder: string, file: string): string =>
  isKeptPicture(file) ? join(folder, basename(file)) : join(lessonsDir, file);
