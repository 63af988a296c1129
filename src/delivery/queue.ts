/**
 * The queue: one BullMQ queue and one serial worker per account. A job is a delivery's id and nothing
 * else; losing Redis loses nothing, because the ledger's sweep adds the jobs again.
 */
import { Queue, Worker } from 'bullmq';

import { SECOND } from '../clock.ts';
import type { DeliveryKind } from '../db/tables.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** Where Redis is: a Unix socket's path or a `redis://` address. */
export type RedisAddress = { readonly path: string } | { readonly url: string };

export interface Job {
  readonly id: string;
  readonly account: string;
  readonly kind: DeliveryKind;
}

export interface SendQueue {
  /** Adds jobs; one that is there already stays as it is. Rejects at once when Redis doesn't answer. */
  add(jobs: readonly Job[]): Promise<void>;
  /** Whether Redis answers. */
  ping(): Promise<boolean>;
  /** Stops taking jobs, lets the running ones end, closes the connections. */
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly redis: RedisAddress;
  readonly accounts: readonly string[];
  readonly deliver: (deliveryId: string) => Promise<void>;
  readonly log: Log;
  readonly prefix?: string;
}

/** A reply doesn't wait behind a hundred lessons. Lower goes first. */
const PRIORITY: Readonly<Record<DeliveryKind, number>> = {
  reply: 1,
  ack: 2,
  key: 3,
  lesson: 4,
  notice: 4,
  bulletin: 4,
  digest: 5,
  brief: 5,
  reminder: 6,
};

/** A killed worker's job is handed on within the lock plus one check: under 10 s. */
const LOCK = 5 * SECOND;
const STALL_CHECK = 3 * SECOND;
const PING_WAIT = 2 * SECOND;

export function openQueue({ redis, accounts, deliver, log, prefix = 'weike' }: QueueOptions): SendQueue {
  const address = 'path' in redis ? { path: redis.path } : { url: redis.url };
  let lastComplaint = 0;
  const complain = (error: unknown) => {
    // A lost connection complains several times a second until it is back.
    if (Date.now() - lastComplaint < 10 * SECOND) return;
    lastComplaint = Date.now();
    log.warn({ reason: reasonOf(error) }, 'Redis does not answer; sending goes on when it is back');
  };

  const queues = new Map<string, Queue>();
  const workers: Worker[] = [];
  for (const account of accounts) {
    const name = `send-${account.replaceAll(':', '-')}`;
    const queue = new Queue(name, {
      connection: {
        ...address,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 1,
        connectTimeout: 5 * SECOND,
      },
      prefix,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    queue.on('error', complain);
    queues.set(account, queue);
    const worker = new Worker<{ deliveryId: string }>(name, async (job) => deliver(job.data.deliveryId), {
      connection: { ...address, maxRetriesPerRequest: null },
      prefix,
      concurrency: 1,
      lockDuration: LOCK,
      stalledInterval: STALL_CHECK,
      maxStalledCount: 1_000_000,
      runRetryDelay: SECOND,
    });
    worker.on('error', complain);
    worker.on('failed', (job, error) =>
      log.error(
        { delivery: job?.data.deliveryId, reason: reasonOf(error) },
        'a delivery job failed; the sweep will look again',
      ),
    );
    workers.push(worker);
  }

  return {
    async add(jobs) {
      for (const [account, queue] of queues) {
        const own = jobs.filter((job) => job.account === account);
        if (own.length === 0) continue;
        await queue.addBulk(
          own.map((job) => ({
            name: 'send',
            data: { deliveryId: job.id },
            opts: { jobId: `d-${job.id}`, priority: PRIORITY[job.kind] },
          })),
        );
      }
    },
    async ping() {
      const [queue] = queues.values();
      if (!queue) return true;
      return await Promise.race([
        queue.getJobCounts('wait').then(
          () => true,
          () => false,
        ),
        new Promise<boolean>((resolve) => setTimeout(resolve, PING_WAIT, false).unref()),
      ]);
    },
    async close() {
      await Promise.allSettled(workers.map((worker) => worker.close()));
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    },
  };
}
