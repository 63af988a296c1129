/** Questions from a file into the bank, for the terminal and the console alike: read, looked at, taken in. */
import { extname } from 'node:path';

import type { Db } from '../db/open.ts';
import { UserError } from '../errors.ts';
import { MEGABYTE } from '../sheets/archive.ts';
import { decodeText } from '../sheets/decode.ts';
import { readSheets } from '../sheets/read.ts';
import { addItems, type BankBy, knownHashes } from './bank.ts';
import type { Carried, Left, Taken } from './carry.ts';
import { readGift } from './gift.ts';
import { hashItem } from './item.ts';
import { readItemSheets } from './item-table.ts';

/** What a file of questions may be called. */
export const BANK_FILES: readonly string[] = ['.xlsx', '.xlsm', '.csv', '.gift', '.txt'];
const LARGEST = 5 * MEGABYTE;

export const isBankFile = (name: string): boolean => BANK_FILES.includes(extname(name).toLowerCase());

/** By the ending of its name; what it holds is looked at all the same. Throws `UserError` when it can't be read at all. */
export async function readItemFile(name: string, bytes: Uint8Array): Promise<Carried> {
  if (bytes.length > LARGEST) throw new UserError(`文件超过 ${LARGEST / MEGABYTE} MB；请分成几个文件`);
  switch (extname(name).toLowerCase()) {
    case '.gift':
    case '.txt':
      return readGift(decodeText(bytes));
    case '.xlsx':
    case '.xlsm':
    case '.csv':
      return readItemSheets(await readSheets(bytes, { name }));
    default:
      throw new UserError('题库收 Excel（.xlsx）、CSV 和 GIFT（.gift、.txt）；别的格式请先另存。');
  }
}

export interface ItemImport {
  /** What isn't in the bank yet. */
  readonly fresh: readonly Taken[];
  /** What isn't carried over, or not whole, with its place and the reason. */
  readonly left: readonly Left[];
  /** Whether there was nothing wrong with the file: all that is left is there already. */
  readonly isWhole: boolean;
}

const twinOf = ({ where }: Taken): Left => ({ where, why: '题库里已经有这道题' });

function reportOf(carried: Carried, isNew: readonly boolean[], name: string): ItemImport {
  const { taken, left } = carried;
  if (taken.length === 0 && left.length === 0)
    return { fresh: [], left: [{ where: name, why: '没有找到题' }], isWhole: false };
  return {
    fresh: taken.filter((_, index) => isNew[index]),
    left: [...left, ...taken.filter((_, index) => !isNew[index]).map(twinOf)],
    isWhole: left.length === 0,
  };
}

/** What would be taken; nothing is changed. */
export async function planItems(db: Db, carried: Carried, name: string): Promise<ItemImport> {
  const hashes = carried.taken.map(({ item }) => hashItem(item));
  const known = await knownHashes(db, hashes);
  return reportOf(
    carried,
    hashes.map((hash) => !known.has(hash) && Boolean(known.add(hash))),
    name,
  );
}

/** Takes in what isn't there yet, all at once, with these tags besides its own. */
export async function takeItems(
  db: Db,
  carried: Carried,
  { name, tags }: { readonly name: string; readonly tags: readonly string[] },
  by: BankBy,
  now: number,
): Promise<ItemImport> {
  const items = carried.taken.map(({ item, where }) => ({
    ...item,
    tags: [...new Set([...item.tags, ...tags])],
    source: `${name} ${where}`,
  }));
  return reportOf(carried, await addItems(db, items, by, now), name);
}
