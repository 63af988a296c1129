/**
 * Photos beside check-ins: a picture that the same person said in the same place within two minutes of a 打卡. It is
 * made anew, smaller and without what the camera wrote into it (place, time, device).
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { MINUTE } from '../clock.ts';
import { newId } from '../db/ids.ts';
import type { Db } from '../db/open.ts';

const BESIDE = 2 * MINUTE;
/** A picture that can't be had for so long isn't tried any more. */
const TRIED_FOR = 10 * MINUTE;
const BATCH = 20;
const LARGEST = 20 * 1024 * 1024;
/** Unpacked, a picture of a few kilobytes may be gigabytes. */
const MOST_PIXELS = 60_000_000;
const SIDE = 1_280;
const QUALITY = 80;

export interface PhotoDue {
  readonly messageId: string;
  readonly account: string;
  /** The channel's own id of the picture. */
  readonly channelId: string;
  readonly memberId: string;
  readonly checkinId: string;
}

/** Pictures beside a check-in that aren't kept yet. */
export async function listPhotosDue(db: Db, now: number): Promise<PhotoDue[]> {
  const rows = await db
    .selectFrom('message as picture')
    .innerJoin('message as word', (join) =>
      join
        .onRef('word.account', '=', 'picture.account')
        .onRef('word.contact_id', '=', 'picture.contact_id')
        .on((eb) => eb('word.sent_at', '>=', eb('picture.sent_at', '-', BESIDE)))
        .on((eb) => eb('word.sent_at', '<=', eb('picture.sent_at', '+', BESIDE))),
    )
    .innerJoin('checkin', 'checkin.message_id', 'word.id')
    .leftJoin('checkin_photo', 'checkin_photo.message_id', 'picture.id')
    .select([
      'picture.id as messageId',
      'picture.account',
      'picture.channel_id as channelId',
      'picture.room_id as pictureRoom',
      'word.room_id as wordRoom',
      'checkin.member_id as memberId',
      'checkin.id as checkinId',
    ])
    .where('picture.kind', '=', 'picture')
    .where('picture.state', '=', 'handled')
    .where('picture.received_at', '>', now - TRIED_FOR)
    .where('checkin.withdrawn_at', 'is', null)
    .where('checkin_photo.id', 'is', null)
    .where('checkin.member_id', 'not in', erased(db))
    .orderBy('picture.received_at')
    .orderBy('word.sent_at', 'desc')
    .limit(BATCH)
    .execute();
  const seen = new Set<string>();
  return rows.flatMap(({ pictureRoom, wordRoom, ...due }) => {
    // Null isn't equal to null in a join.
    if (pictureRoom !== wordRoom || seen.has(due.messageId)) return [];
    seen.add(due.messageId);
    return [due];
  });
}

export interface Shrunk {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/** A JPEG of at most 1280 pixels a side, upright, with no metadata. Rejects when the bytes are no picture, or a bomb. */
export async function shrinkPhoto(bytes: Uint8Array): Promise<Shrunk> {
  if (bytes.length > LARGEST) throw new RangeError(`a picture of ${bytes.length} bytes`);
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
    .rotate()
    .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: QUALITY })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
}

/** Writes the file, then the row that names it. Gives whether this picture wasn't kept before. */
export async function keepPhoto(
  db: Db,
  folder: string,
  due: PhotoDue,
  photo: Shrunk,
  now: number,
): Promise<boolean> {
  const id = newId();
  const file = `${new Date(now).toISOString().slice(0, 7)}/${id}.jpg`;
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, photo.bytes, { mode: 0o600 });
  const inserted = await db
    .insertInto('checkin_photo')
    .values({
      id,
      member_id: due.memberId,
      checkin_id: due.checkinId,
      message_id: due.messageId,
      file,
      width: photo.width,
      height: photo.height,
      bytes: photo.bytes.length,
      created_at: now,
      withdrawn_at: null,
    })
    .onConflict((conflict) => conflict.column('message_id').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!inserted) await rm(path, { force: true });
  return inserted !== undefined;
}

/** Members who were forgotten: a photo of theirs isn't kept, even when it was under way. */
const erased = (db: Db) => db.selectFrom('member').select('id').where('erased_at', 'is not', null);

/**
 * Removes the files of photos that were withdrawn or whose owner was erased; their rows stay, without a file. Gives
 * how many.
 */
export async function dropWithdrawn(db: Db, folder: string): Promise<number> {
  const rows = await db
    .selectFrom('checkin_photo')
    .select(['id', 'file'])
    .where((eb) => eb.or([eb('withdrawn_at', 'is not', null), eb('member_id', 'in', erased(db))]))
    .where('file', '!=', '')
    .execute();
  for (const { id, file } of rows) {
    await rm(join(folder, file), { force: true });
    await db.updateTable('checkin_photo').set({ file: '' }).where('id', '=', id).execute();
  }
  return rows.length;
}
