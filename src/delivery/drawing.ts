/** Pictures of our own making: drawn once, kept as files below the data folder, forgotten in time. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { DAY } from '../clock.ts';
import { renderPng } from '../digest/png.ts';
import { madePicture, picturePath } from '../lessons/pictures.ts';
import type { Draft } from './ledger.ts';

export interface DrawingPlace {
  /** Absolute: pictures go below it; without it there are none. */
  readonly dataDir?: string;
  /** Hears why a picture could not be made; the words go without it. */
  readonly complain?: (error: unknown) => void;
}

/** A drawing as a part of a delivery; `undefined` where it can't be made. `draw` gives the SVG, and asks no database. */
export async function drawPicture(
  { dataDir, complain }: DrawingPlace,
  draw: () => Promise<string>,
  alt: string,
): Promise<Draft | undefined> {
  if (dataDir === undefined) return undefined;
  try {
    return { kind: 'picture', body: await makePicture(dataDir, await draw()), alt };
  } catch (error) {
    // A full disk, a font that is gone.
    complain?.(error);
    return undefined;
  }
}

/** Below the data folder's pictures. */
export const DIGEST_PICTURES = 'digests';

/** Makes a PNG of an SVG, once: the same drawing is the same file. Gives its name. */
async function makePicture(dataDir: string, svg: string): Promise<string> {
  const hash = createHash('sha256').update(svg).digest('hex').slice(0, 32);
  const name = madePicture(`${DIGEST_PICTURES}/${hash}.png`);
  const path = picturePath({ lessonsDir: '', dataDir }, name);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere) return name;
  const png = await renderPng(svg);
  await mkdir(join(dataDir, 'pictures', DIGEST_PICTURES), { recursive: true });
  // Nobody finds half a picture.
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, png);
  await rename(unfinished, path);
  return name;
}

/** Pictures are kept as long as somebody may want one sent again. */
export const PICTURES_KEPT = 60 * DAY;

/** Forgets old pictures. Gives how many. */
export async function forgetPictures(dataDir: string, now: number): Promise<number> {
  const folder = join(dataDir, 'pictures', DIGEST_PICTURES);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let forgotten = 0;
  for (const name of names) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (mtimeMs > now - PICTURES_KEPT) continue;
    await rm(path, { force: true });
    forgotten += 1;
  }
  return forgotten;
}

/** Forgets all of them: some name the honoured, and one of those is to be forgotten. What is sent again is drawn anew. */
export const forgetAllPictures = (dataDir: string): Promise<number> => forgetPictures(dataDir, Infinity);
