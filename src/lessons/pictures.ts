/**
 * Where the pictures are that go into a chat: beside the lessons' files, or under the data folder. There lie those
 * that were put beside a lesson in the console, under a name made from their bytes, so that the text that was approved
 * names exactly the picture that was seen; and those of our own making.
 */
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, sep } from 'node:path';

import { FOLDER } from './written-file.ts';

export interface PictureFolders {
  /** Absolute. */
  readonly lessonsDir: string;
  /** Absolute; without it there are only the pictures of the lessons' folder. */
  readonly dataDir?: string;
}

const KEPT = /^[0-9a-f]{32}\.jpg$/;
/** Before the name of a picture of our own making; no file of a lesson begins so. */
const MADE = 'data:';

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
export const isKeptPicture = (file: string): boolean =>
  KEPT.test(basename(file)) && file === `${FOLDER}${basename(file)}`;

/** How the ledger calls a picture of our own making. */
export const madePicture = (name: string): string => `${MADE}${name}`;

/** The name within the data folder's pictures of one of our own making; `undefined` for any other. */
export const madeName = (file: string): string | undefined =>
  file.startsWith(MADE) ? file.slice(MADE.length) : undefined;

/** The file on this disk. A name that leads out of its folder gives one that isn't there. */
export function picturePath({ lessonsDir, dataDir }: PictureFolders, file: string): string {
  const name = isKeptPicture(file) ? basename(file) : madeName(file);
  const folder = name === undefined ? lessonsDir : picturesDir(dataDir ?? '');
  const path = join(folder, name ?? file);
  return insideOf(folder, path) === undefined ? join(folder, '.nothing') : path;
}

/** The name of a picture that lies in one of the folders; `undefined` for any other file. */
export function pictureName({ lessonsDir, dataDir }: PictureFolders, path: string): string | undefined {
  const ours = dataDir === undefined ? undefined : insideOf(picturesDir(dataDir), path);
  if (ours !== undefined) return KEPT.test(ours) ? `${FOLDER}${ours}` : madePicture(ours);
  return insideOf(lessonsDir, path);
}

/** The path from a folder to a file below it, with `/`. */
function insideOf(folder: string, path: string): string | undefined {
  const inside = relative(folder, path);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) return undefined;
  return inside.split(sep).join('/');
}
