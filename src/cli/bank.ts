/** The bank of questions from a terminal. */
import { writeFile } from 'node:fs/promises';

import { UserError } from '../errors.ts';
import { renderInline } from '../lessons/chat.ts';
import { listItems, retireItem } from '../quiz/bank.ts';
import { writeGift } from '../quiz/gift.ts';
import { writeMarkdown } from '../quiz/item-markdown.ts';
import { itemSheets, templateSheets } from '../quiz/item-table.ts';
import { writeWorkbook } from '../sheets/write.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

export const list = (options: Output & { tag?: string }): Promise<void> =>
  withDb(async (db) => {
    const rows = (await listItems(db, options.tag)).map((item) => ({
      no: item.no,
      type: item.type,
      stem: renderInline(item.stem),
      key: item.key,
      tags: item.tags,
      source: item.source,
    }));
    printRows(rows, ['no', 'type', 'stem', 'key', 'tags', 'source'], options);
  });

export async function template(options: Output & { out?: string }): Promise<void> {
  const out = options.out ?? '题库模板.xlsx';
  await save(out, await writeWorkbook(templateSheets()));
  printOne({ file: out }, `${out}: fill it in, then weike import ${out} --dry-run`, options);
}

/** Prints the text, or writes the file that `--out` names; what a format can't hold is named. */
export const exportBank = (
  options: Output & { format?: string; out?: string; tag?: string },
): Promise<void> =>
  withDb(async (db) => {
    const items = (await listItems(db, options.tag)).map((item) => ({ ...item, where: `题 ${item.no}` }));
    const written = await write(items, options.format ?? 'gift');
    if (options.out !== undefined) await save(options.out, written.content);
    else if (typeof written.content === 'string') process.stdout.write(written.content);
    else throw new UserError('name the file with --out FILE.xlsx');
    for (const { where, why } of written.left) process.stderr.write(`weike: ${where}: ${why}\n`);
    if (options.out !== undefined)
      printOne(
        { file: options.out, taken: written.taken, left: written.left },
        `${options.out}: ${written.taken} questions`,
        options,
      );
  });

async function write(
  items: readonly (Awaited<ReturnType<typeof listItems>>[number] & { where: string })[],
  format: string,
) {
  switch (format) {
    case 'gift': {
      const { text, taken, left } = writeGift(items);
      return { content: text, taken, left };
    }
    case 'md':
      return { content: writeMarkdown(items), taken: items.length, left: [] };
    case 'xlsx':
      return { content: await writeWorkbook(itemSheets(items)), taken: items.length, left: [] };
    default:
      throw new UserError(`--format: expected gift, md or xlsx, got "${format}"`);
  }
}

async function save(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(file, content).catch((error: Error) => {
    throw new UserError(`${file} can't be written: ${error.message}`, { cause: error });
  });
}

export const retire = (no: string, options: Output): Promise<void> =>
  withDb(async (db) => {
    if (!/^\d{1,9}$/.test(no)) throw new UserError(`expected a question's number, got "${no}"`);
    if (!(await retireItem(db, Number(no), 'cli', Date.now())))
      throw new UserError(`there is no question ${no} in the bank: see "weike bank list"`);
    printOne({ no: Number(no), retired: true }, `question ${no} is drawn no more`, options);
  });
