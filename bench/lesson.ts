/** One lesson to a thousand groups: planner, ledger, queue and courier, beside a bare queue with two commits a job. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { Queue, Worker } from 'bullmq';

import { systemClock } from '../src/clock.ts';
import { addSchedule } from '../src/schedule/schedules.ts';
import { openPrivateRedis } from '../src/delivery/redis.ts';
import { type Bench, figure, median } from './figure.ts';
import { LESSON, writeCounty, ZONE } from './school.ts';
import { openBenchServer } from './server.ts';

const GROUPS = 1_000;

export const lesson: Bench = {
  name: 'lesson',
  title: `one lesson to ${GROUPS.toLocaleString('en')} groups on a sink that answers at once`,
  async run({ full, folder, say }) {
    const rounds = full ? 5 : 2;
    const [ours, bare]: [number[], number[]] = [[], []];
    for (let round = 1; round <= rounds; round += 1) {
      say(`round ${round} of ${rounds}`);
      bare.push(await bareQueue(join(folder, `bare-${round}`)));
      ours.push(await throughServer(join(folder, `ours-${round}`)));
    }
    return [
      figure(
        { what: 'from the tick to the last commit', value: median(ours), unit: 'ms' },
        {
          bare: { what: 'BullMQ worker and two commits a job', value: median(bare), unit: 'ms' },
          aim: { of: 'ratio', atMost: 1.2 },
          note: `middle of ${rounds} rounds`,
        },
      ),
    ];
  },
};

/** A bare worker with concurrency 1 whose job is two commits, the jobs added as one bulk: ms until the last is done. */
async function bareQueue(folder: string): Promise<number> {
  const redis = await openPrivateRedis(folder);
  const db = new DatabaseSync(join(folder, 'bare.db'));
  db.exec('pragma journal_mode = wal; pragma synchronous = full');
  db.exec('create table job (id text primary key, state text not null) strict');
  const claim = db.prepare(`insert into job (id, state) values (?, 'sending')`);
  const settle = db.prepare(`update job set state = 'sent' where id = ?`);
  const connection = { path: redis.path, maxRetriesPerRequest: null };
  const queue = new Queue('bare', { connection, defaultJobOptions: { removeOnComplete: true } });
  const ids = Array.from({ length: GROUPS }, (_, at) => `job-${at}`);
  let done = 0;
  let worker: Worker | undefined;
  const began = performance.now();
  await queue.addBulk(ids.map((jobId) => ({ name: 'send', data: { jobId }, opts: { jobId } })));
  await new Promise<void>((resolve, reject) => {
    worker = new Worker<{ jobId: string }>(
      'bare',
      async ({ data }) => {
        claim.run(data.jobId);
        settle.run(data.jobId);
      },
      { connection, concurrency: 1 },
    );
    worker.on('error', reject);
    worker.on('completed', () => {
      done += 1;
      if (done === GROUPS) resolve();
    });
  });
  const took = performance.now() - began;
  await worker?.close();
  await queue.close();
  db.close();
  await redis.stop();
  return took;
}

/** The server with a schedule that has come due: ms from the tick until the ledger says `sent` for all. */
async function throughServer(folder: string): Promise<number> {
  const file = join(folder, 'weike.db');
  const now = Date.now();
  await writeCounty(file, { groups: GROUPS, membersPerGroup: 1, pastQuizzes: 0, now });
  const server = await openBenchServer(folder, file);
  const { app, db, channel } = server;
  await app.sweep();
  // The county's own quiz is of another revision: this lesson is new to every group.
  const when = { at: Date.now() + 50 };
  const content = LESSON?.id ?? '';
  await addSchedule(db, { kind: 'lesson', content, groups: 'all', when, zone: ZONE }, 'bench', Date.now());
  await systemClock.sleep(100);
  const began = performance.now();
  await app.tick();
  // By the sink first: looking into the database while it works would slow it down.
  while (channel.sent() < GROUPS) await systemClock.sleep(1);
  for (;;) {
    const { left } = await db
      .selectFrom('delivery')
      .select(({ fn }) => fn.countAll<number>().as('left'))
      .where('state', 'in', ['planned', 'queued', 'sending'])
      .executeTakeFirstOrThrow();
    if (left === 0) break;
  }
  const took = performance.now() - began;
  const { sent } = await db
    .selectFrom('delivery')
    .select(({ fn }) => fn.countAll<number>().as('sent'))
    .where('state', '=', 'sent')
    .where('sent_at', '>=', now)
    .executeTakeFirstOrThrow();
  if (sent !== GROUPS) throw new Error(`${sent} of ${GROUPS} were sent`);
  await server.close();
  return took;
}
