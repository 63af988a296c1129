/**
 * Who was erased, kept beside the database: a backup of before brings names back, and at the next start they are
 * erased again. The file holds ids that mean nobody, and no name.
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Db } from '../db/open.ts';
import { eraseMember } from './rights.ts';

export const tombstoneFile = (dataDir: string): string => join(dataDir, 'tombstones.jsonl');

interface Stone {
  readonly member: string;
  readonly at: number;
}

async function readStones(file: string): Promise<Stone[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    // The last line of a crash may be half a line: the database has that one.
    try {
      const { member, at } = JSON.parse(line) as Partial<Stone>;
      return typeof member === 'string' && typeof at === 'number' ? [{ member, at }] : [];
    } catch {
      return [];
    }
  });
}

/** Writes a tombstone before anybody is erased: a crash in between is made good at the next start. */
export async function writeTombstone(file: string, memberId: string, now: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, `${JSON.stringify({ member: memberId, at: now })}\n`, { flush: true });
}

/** Erases again whoever an old backup brought back; gives how many. What only the database knows is written down. */
export async function applyTombstones(
  db: Db,
  file: string,
  { day, now }: { readonly day: string; readonly now: number },
): Promise<number> {
  const stones = await readStones(file);
  const inFile = new Set(stones.map(({ member }) => member));
  let erased = 0;
  for (const memberId of inFile)
    if (await eraseMember(db, memberId, { day, by: { who: 'operator', via: 'start' }, now })) erased += 1;
  const known = await db.selectFrom('tombstone').select(['member_id', 'at']).execute();
  for (const { member_id: memberId, at } of known)
    if (!inFile.has(memberId)) await writeTombstone(file, memberId, at);
  return erased;
}
