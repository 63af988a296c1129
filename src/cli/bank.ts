/** The bank of questions from a terminal. */
import { writeFile } from 'node:fs/promises';

import { applyBankEdit, planBankEdit } from '../digest/rekey-bank.ts';
import { UserError } from '../errors.ts';
import { renderInline } from '../lessons/chat.ts';
import {
  approveItem,
  getItem,
  listItems,
  listStandings,
  restoreItem,
  retireItem,
  terminalBy,
} from '../quiz/bank.ts';
import { writeGift } from '../quiz/gift.ts';
import { writeMarkdown } from '../quiz/item-markdown.ts';
import { itemSheets, readKey, templateSheets } from '../quiz/item-table.ts';
import { writeWorkbook } from '../sheets/write.ts';
import { type Output, printOne, printRows, withDb } from './parts.ts';

export const list = (options: Output & { tag?: string }): Promise<void> =>
  withDb(async (db) => {
    const items = await listItems(db, options.tag);
    const standings = await listStandings(
      db,
      items.filter(({ isApproved }) => !isApproved),
    );
    const rows = items.map((item) => ({
      no: item.no,
      type: item.type,
      stem: renderInline(item.stem),
      key: item.key,
      tags: item.tags,
      source: item.source,
      version: item.version,
      approved: item.isApproved,
      /** Looks that it still needs. */
      missing: standings.get(item.id)?.missing ?? 0,
    }));
    printRows(rows, ['no', 'type', 'stem', 'key', 'tags', 'source', 'approved'], options);
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

function readNumber(no: string): number {
  if (!/^\d{1,9}$/.test(no)) throw new UserError(`expected a question's number, got "${no}"`);
  return Number(no);
}

export const retire = (no: string, options: Output): Promise<void> =>
  withDb(async (db) => {
    if (!(await retireItem(db, readNumber(no), 'cli', Date.now())))
      throw new UserError(`there is no question ${no} in the bank: see "weike bank list"`);
    printOne({ no: Number(no), retired: true }, `question ${no} is drawn no more`, options);
  });

export const restore = (no: string, options: Output): Promise<void> =>
  withDb(async (db) => {
    const isBack = await restoreItem(db, readNumber(no), 'cli', Date.now());
    printOne(
      { no: Number(no), retired: false },
      `question ${no} ${isBack ? 'is' : 'was'} in the bank`,
      options,
    );
  });

export const approve = (no: string, options: Output): Promise<void> =>
  withDb(async (db) => {
    const { version } = await getItem(db, readNumber(no));
    const { isApproved, missing } = await approveItem(db, { no: Number(no), version }, OPERATOR, Date.now());
    printOne(
      { no: Number(no), approved: isApproved, missing },
      isApproved
        ? `question ${no} may be drawn`
        : `question ${no} is looked at by you; it needs ${missing} more`,
      options,
    );
  });

const OPERATOR = terminalBy('cli');

export interface EditOptions extends Output {
  readonly key?: string;
  readonly stem?: string;
  readonly explanation?: string;
  readonly tag?: readonly string[];
  readonly reworded?: boolean;
  readonly dryRun?: boolean;
}

/** Writes a question anew; another key marks anew every quiz that has asked it. */
export const edit = (no: string, options: EditOptions): Promise<void> =>
  withDb(async (db, config) => {
    const { key, stem, explanation, tag, reworded = false, dryRun = false } = options;
    if ([key, stem, explanation, tag].every((one) => one === undefined))
      throw new UserError('name what is changed: --key, --stem, --explanation or --tag');
    const item = await getItem(db, readNumber(no));
    const to = {
      type: item.type,
      stem: stem ?? item.stem,
      options: item.options,
      key: key === undefined ? item.key : readKey(item.type, key),
      explanation: explanation ?? item.explanation,
      tags: tag ?? item.tags,
    };
    const change = { no: item.no, version: item.version, to, reworded };
    const plan = await planBankEdit(db, change);
    const done = dryRun
      ? undefined
      : await applyBankEdit(db, change, OPERATOR, { zone: config.zone, now: Date.now() });
    printOne(
      {
        no: item.no,
        before: item.key,
        key: to.key,
        quizzes: plan.windows.length,
        open: plan.open,
        answers: plan.answers,
        members: plan.members,
        right: plan.right,
        wrong: plan.wrong,
        left: plan.left,
        reworded: plan.reworded,
        remarked: done?.remarked ?? null,
        dry_run: dryRun,
      },
      `${dryRun ? 'would mark' : 'marked'} ${plan.answers} answers of ${plan.members} members in ` +
        `${plan.windows.length} quizzes anew (${plan.right} become right, ${plan.wrong} cease to be)` +
        (plan.left > 0 ? `; ${plan.left} quizzes asked it otherwise and stay as they are` : ''),
      options,
    );
  });
