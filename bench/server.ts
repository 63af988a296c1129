/** The server's parts around a null channel: the real inbox, handler, planner, ledger, queue and courier. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type App, openApp } from '../src/app.ts';
import { systemClock } from '../src/clock.ts';
import { type Config, readConfig } from '../src/config.ts';
import { type Db, openDatabase } from '../src/db/open.ts';
import { openPrivateRedis, type PrivateRedis } from '../src/delivery/redis.ts';
import { silentLog } from '../src/log.ts';
import { type NullChannel, openNullChannel } from './null-channel.ts';
import { ACCOUNT, SOURCE } from './school.ts';

export interface BenchServer {
  readonly config: Config;
  readonly db: Db;
  readonly redis: PrivateRedis;
  readonly app: App;
  readonly channel: NullChannel;
  close(): Promise<void>;
}

/** A folder of lessons with the one of the bench in it. */
export function writeLessons(folder: string): string {
  const lessons = join(folder, 'lessons');
  mkdirSync(lessons, { recursive: true });
  writeFileSync(join(lessons, 'bench.md'), SOURCE);
  return lessons;
}

export const configOf = (folder: string): Config =>
  readConfig(
    {
      DATA_DIR: folder,
      LESSONS_DIR: writeLessons(folder),
      CHANNELS: ACCOUNT,
      WECHATY_PUPPET: 'wechaty-puppet-mock',
      LOG_LEVEL: 'silent',
      QUIET_HOURS: 'off',
      PACE: 'off',
    },
    folder,
  );

export async function openBenchServer(folder: string, file: string): Promise<BenchServer> {
  const config = configOf(folder);
  const redis = await openPrivateRedis(folder);
  const db = await openDatabase({ kind: 'sqlite', file }, Date.now());
  const channel = openNullChannel(ACCOUNT);
  const app = await openApp({
    config,
    db,
    clock: systemClock,
    log: silentLog,
    redis: { path: redis.path },
    channels: [channel],
  });
  return {
    config,
    db,
    redis,
    app,
    channel,
    async close() {
      await app.stop();
      await db.destroy();
      await redis.stop();
    },
  };
}
