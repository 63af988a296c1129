/**
 * A process to be killed: the server's parts, or a bare worker. Arguments: kind, folder, the Redis socket, and
 * whether it is the first, which stops with the job in its hands, or the second, which sends.
 */
import { join } from 'node:path';

import { Queue, Worker } from 'bullmq';

import { openApp } from '../src/app.ts';
import { systemClock } from '../src/clock.ts';
import { openDatabase } from '../src/db/open.ts';
import { silentLog } from '../src/log.ts';
import { listEnabledGroups } from '../src/people/groups.ts';
import { sendNow } from '../src/schedule/send-now.ts';
import type { Told } from './kill.ts';
import { openNullChannel } from './null-channel.ts';
import { ACCOUNT, ZONE } from './school.ts';
import { configOf } from './server.ts';

const [, , kind = '', folder = '', path = '', turn = ''] = process.argv;
const isFirst = turn === 'first';
const tell = (what: Told) => process.send?.(what);
/** Until the parent kills it. */
const forever = () => new Promise<never>(() => undefined);

async function ours(): Promise<void> {
  const config = configOf(folder);
  const db = await openDatabase({ kind: 'sqlite', file: join(folder, 'weike.db') }, Date.now());
  const channel = openNullChannel(ACCOUNT, () => tell('sent'));
  const app = await openApp({
    config,
    db,
    clock: systemClock,
    log: silentLog,
    redis: { path },
    channels: [channel],
    async passing(point) {
      if (!isFirst || point !== 'before-claim') return;
      tell('holding');
      await forever();
    },
  });
  if (isFirst) {
    const [lesson] = app.catalogue().lessons;
    if (!lesson) throw new Error('there is no lesson');
    await sendNow(db, { lesson, groups: await listEnabledGroups(db), zone: ZONE }, 'bench', Date.now());
  }
  await app.sweep();
  // As `main.ts` does it.
  for (;;) {
    await app.tick();
    await systemClock.sleep(1_000);
  }
}

async function bare(): Promise<void> {
  const connection = { path, maxRetriesPerRequest: null };
  const queue = new Queue('bare', { connection });
  if (isFirst) await queue.add('send', {});
  const worker = new Worker(
    'bare',
    async () => {
      tell(isFirst ? 'holding' : 'sent');
      if (isFirst) await forever();
    },
    { connection },
  );
  worker.on('error', () => undefined);
}

await (kind === 'ours' ? ours() : bare());
