/**
 * Files between the look at what they would change and the press that takes them in. They lie in the database, so that
 * a restart in between, or another machine, loses none; for a day at most, and not after they were taken in.
 */
import { DAY } from '../clock.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';
import type { UploadTable } from '../db/tables.ts';
import { UserError } from '../errors.ts';

export const UPLOAD_LIFE = DAY;
/** Of one person: the oldest make room. */
const MOST = 5;

export type UploadKind = UploadTable['kind'];

export interface Upload {
  readonly kind: UploadKind;
  /** As it was called on their disk. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** How it is to be read. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Gives the key under which its owner finds it again. */
export async function keepUpload(db: Db, upload: Upload, owner: string, now: number): Promise<string> {
  await forgetUploads(db, now);
  const older = await db
    .selectFrom('upload')
    .select('id')
    .where('owner', '=', owner)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .offset(MOST - 1)
    .limit(MOST)
    .execute();
  for (const { id } of older) await dropUpload(db, id);
  const id = newId();
  await db
    .insertInto('upload')
    .values({
      id,
      owner,
      kind: upload.kind,
      name: upload.name.slice(0, 200),
      options: JSON.stringify(upload.options),
      bytes: Buffer.from(upload.bytes).toString('base64'),
      created_at: now,
    })
    .execute();
  return id;
}

/** What its owner looked at. Throws `UserError` when it is a day old, was taken in, or is somebody else's. */
export async function getUpload(
  db: Db,
  { id, kind, owner }: { readonly id: string; readonly kind: UploadKind; readonly owner: string },
  now: number,
): Promise<Upload> {
  const row = await db
    .selectFrom('upload')
    .selectAll()
    .where('id', '=', id)
    .where('kind', '=', kind)
    .where('owner', '=', owner)
    .where('created_at', '>', now - UPLOAD_LIFE)
    .executeTakeFirst();
  if (!row) throw new UserError('这个文件已经收过，或者隔了一天，请重新选文件看一遍。没有改动。');
  return {
    kind: row.kind,
    name: row.name,
    bytes: Buffer.from(row.bytes, 'base64'),
    options: JSON.parse(row.options) as Record<string, unknown>,
  };
}

export async function dropUpload(db: Db, id: string): Promise<void> {
  await db.deleteFrom('upload').where('id', '=', id).execute();
}

export async function forgetUploads(db: Db, now: number): Promise<void> {
  await db
    .deleteFrom('upload')
    .where('created_at', '<=', now - UPLOAD_LIFE)
    .execute();
}
