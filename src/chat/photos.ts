/** Fetches the pictures beside check-ins from their channels, one round at a time. */
import { join } from 'node:path';

import type { Channel } from '../channels/channel.ts';
import { dropWithdrawn, keepPhoto, listPhotosDue, shrinkPhoto } from '../checkin/photos.ts';
import { SECOND } from '../clock.ts';
import type { Db } from '../db/open.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';

export interface PhotoParts {
  readonly db: Db;
  readonly log: Log;
  readonly dataDir: string;
  readonly channelOf: (account: string) => Channel | undefined;
  readonly now: () => number;
}

const WAIT = 15 * SECOND;
/** How often one picture is asked for. */
const TRIES = 3;

/** Gives a function that keeps what is due and tells how many pictures that were. It never rejects for one of them. */
export function photoKeeper({ db, log, dataDir, channelOf, now }: PhotoParts): () => Promise<number> {
  const folder = join(dataDir, 'photos');
  const failures = new Map<string, number>();
  return async function keepPhotos() {
    let kept = 0;
    for (const due of await listPhotosDue(db, now())) {
      const tried = failures.get(due.messageId) ?? 0;
      const channel = channelOf(due.account);
      if (tried >= TRIES || !channel?.picture) continue;
      try {
        const bytes = await within(channel.picture(due.channelId), WAIT);
        if (await keepPhoto(db, folder, due, await shrinkPhoto(bytes), now())) kept += 1;
      } catch (error) {
        failures.set(due.messageId, tried + 1);
        log.warn(
          { message: due.messageId, reason: reasonOf(error) },
          'a picture beside a check-in could not be kept',
        );
      }
    }
    if (failures.size > 1_000) failures.clear();
    await dropWithdrawn(db, folder);
    return kept;
  };
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no picture within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
