/**
 * The queue: one BullMQ queue and one serial worker per account. A job is a delivery's id and nothing
 * else; losing Redis loses nothing, because the ledger's sweep adds the jobs again.
 */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

import { SECOND } from '../clock.ts';
import type { DeliveryKind } from '../db/tables.ts';
import { reasonOf } from '../errors.ts';
import { type Log, sparing } from '../log.ts';

/** Where Redis is: a Unix socket's path or a `redis://` address. */
export type RedisAddress = { readonly path: string } | { readonly url: string };

export interface Job {
  readonly id: string;
  readonly account: string;
  readonly kind: DeliveryKind;
}

export interface SendQueue {
  /**
   * Adds jobs; one that is there already stays as it is. Rejects within 2 s when Redis doesn't answer or takes
   * nothing, and at once as long as it is known not to.
   */
  add(jobs: readonly Job[]): Promise<void>;
  /** Whether Redis answers and takes something in. */
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
  weekly: 4,
  digest: 5,
  brief: 5,
  reminder: 6,
};

/** A killed worker's job is handed on within the lock plus one check: under 10 s. */
const LOCK = 5 * SECOND;
const STALL_CHECK = 2 * SECOND;
/** One that is frozen or cut off without a word never answers. */
const ANSWER_WITHIN = 2 * SECOND;

export function openQueue({ redis, accounts, deliver, log, prefix = 'weike' }: QueueOptions): SendQueue {
  const address = 'path' in redis ? { path: redis.path } : { url: redis.url };
  const isComplaintDue = sparing(10 * SECOND);
  const complain = (error: unknown) => {
    // A lost connection complains several times a second until it is back.
    if (!isComplaintDue(Date.now())) return;
    log.warn({ reason: reasonOf(error) }, 'Redis does not answer; sending goes on when it is back');
  };

  const producer = {
    ...address,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: 5 * SECOND,
  };
  // Of its own connection, which waits for the first contact.
  const listening = { ...producer, enableOfflineQueue: true };
  // BullMQ reads a `url` among the options, ioredis takes no notice of it there.
  const pulse = 'url' in redis ? new Redis(redis.url, listening) : new Redis(listening);
  pulse.on('error', complain);
  const queues = new Map<string, Queue>();
  const workers: Worker[] = [];
  for (const account of accounts) {
    const name = `send-${account.replaceAll(':', '-')}`;
    const queue = new Queue(name, {
      connection: producer,
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

  let isDeaf = false;
  let asking: Promise<boolean> | undefined;
  /** A write: a Redis that is full answers and takes nothing in. */
  const ping = (): Promise<boolean> => {
    asking ??= within(pulse.set(`${prefix}:pulse`, '1', 'EX', 60), ANSWER_WITHIN).then(
      () => true,
      () => false,
    );
    return asking.then((answers) => {
      isDeaf = !answers;
      asking = undefined;
      return answers;
    });
  };

  async function addTo(queue: Queue, jobs: readonly Job[]): Promise<void> {
    const added = queue.addBulk(
      jobs.map(({ id, kind }) => ({
        name: 'send',
        data: { deliveryId: id },
        opts: { jobId: `d-${id}`, priority: PRIORITY[kind] },
      })),
    );
    await within(added, ANSWER_WITHIN);
  }

  return {
    async add(jobs) {
      if (isDeaf) {
        void ping();
        throw new Error('Redis does not answer');
      }
      try {
        for (const [account, queue] of queues) {
          const own = jobs.filter((job) => job.account === account);
          if (own.length > 0) await addTo(queue, own);
        }
      } catch (error) {
        isDeaf = true;
        throw error;
      }
    },
    ping,
    async close() {
      await Promise.allSettled(workers.map((worker) => worker.close()));
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
      pulse.disconnect();
    },
  };
}

/** What `work` gives, or a rejection after `ms`; a late rejection of its own goes unheard. */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  work.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, ms, new Error(`Redis did not answer within ${ms / SECOND} s`));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
