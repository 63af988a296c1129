import { open } from 'node:fs/promises';

import { isoInZone } from '../clock.ts';
import { UserError } from '../errors.ts';
import { LARGEST_FEED } from '../news/parse.ts';
import { parseApart } from '../news/parse-apart.ts';
import { config, type Output, printJson, printRows } from './parts.ts';

/** A feed's file, as scripts rely on it. `published` is ISO 8601 or null, `link` an absolute address or null. */
export async function parse(file: string, output: Output): Promise<void> {
  const { zone } = config();
  const feed = await parseApart({ bytes: await readStart(file, LARGEST_FEED + 1), zone });
  const items = feed.items.map(({ id, title, link, published, summary }) => ({
    id,
    title,
    link: link ?? null,
    published: published === undefined ? null : isoInZone(published, zone),
    summary,
  }));
  if (output.json) return printJson({ title: feed.title, items });
  process.stdout.write(`${feed.title}\n`);
  printRows(items, ['title', 'published', 'link', 'summary'], output);
}

/** The first bytes of a file, at most `most`; `-` is standard input. */
async function readStart(file: string, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const handle = file === '-' ? undefined : await open(file, 'r');
  try {
    if ((await handle?.stat())?.isDirectory())
      throw new UserError(`${file} is a folder, expected a feed's file`);
    for await (const chunk of handle?.createReadStream({ autoClose: false }) ?? process.stdin) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size >= most) break;
    }
    return Buffer.concat(chunks).subarray(0, most);
  } finally {
    await handle?.close();
  }
}
