/**
 * The thread in which `png.ts` makes pictures. The fonts are cut down to the characters that the drawing has: whole,
 * each of them is read once for every line of text, which costs ten times as much as all the rest.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';

import { type ResvgRenderOptions, renderAsync } from '@resvg/resvg-js';
import subsetFont from 'subset-font';

import { reasonOf } from '../errors.ts';
import { encodeIndexed } from './indexed-png.ts';
import { FONT, WIDTH } from './look.ts';
import type { Drawing, Drawn } from './png.ts';

const FONTS = [
  '400Regular/NotoSansSC_400Regular.ttf',
  '500Medium/NotoSansSC_500Medium.ttf',
  '700Bold/NotoSansSC_700Bold.ttf',
];

/** OpenType's names of the family and the style: else the medium weight is of another family. */
const FAMILY = [16, 17];

const fontFile = (name: string) =>
  fileURLToPath(import.meta.resolve(`@expo-google-fonts/noto-sans-sc/${name}`));

async function makePng(svg: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'weike-fonts-'));
  try {
    const fontFiles: string[] = [];
    for (const [at, name] of FONTS.entries()) {
      const file = join(folder, `${at}.ttf`);
      // Whatever the drawing has is in the text of it.
      const own = await subsetFont(await readFile(fontFile(name)), svg, {
        targetFormat: 'sfnt',
        preserveNameIds: FAMILY,
      });
      await writeFile(file, own);
      fontFiles.push(file);
    }
    const options: ResvgRenderOptions = {
      fitTo: { mode: 'width', value: WIDTH },
      font: { loadSystemFonts: false, fontFiles, defaultFontFamily: FONT, sansSerifFamily: FONT },
    };
    const image = await renderAsync(svg, options);
    return encodeIndexed({ width: image.width, height: image.height, rgba: image.pixels });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function draw({ no, svg }: Drawing): Promise<Drawn> {
  try {
    return { no, png: await makePng(svg) };
  } catch (error) {
    return { no, reason: reasonOf(error) };
  }
}

let before: Promise<unknown> = Promise.resolve();
// One after the other: two at once take twice the memory, and no less time.
parentPort?.on('message', (drawing: Drawing) => {
  before = before.then(async () => parentPort?.postMessage(await draw(drawing)));
});
