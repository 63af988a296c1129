/** A job in the hands of a worker that is killed is handed on within 10 s, as often as that happens. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { Queue } from 'bullmq';
import { expect, inject, it } from 'vitest';

import { openQueue } from '../../src/delivery/queue.ts';
import { silentLog } from '../../src/log.ts';
import { until } from '../support/wait.ts';
import { endChild } from './chat.ts';

const HOLDER = new URL('holder.ts', import.meta.url).pathname;
/** The lock's 5 s and one check lie well within it. */
const HANDED_ON = 10_000;
/** What a loaded machine may need to start a process. */
const START = 20_000;

it('takes a killed worker’s job on within 10 s, again and again, and never fails it for that', async () => {
  const path = inject('redisPath');
  const prefix = `t-${randomUUID()}`;
  const job = randomUUID();
  const hold = (...more: string[]) => {
    const child = fork(HOLDER, [path, prefix, ...more], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    return { child, holds: once(child, 'message') };
  };
  let holder = hold(job);
  expect(await holder.holds).toEqual([{ holds: job }, undefined]);

  // Twice is once more than BullMQ's defaults forgive.
  for (let times = 0; times < 2; times += 1) {
    const next = hold();
    await endChild(holder.child);
    const killedAt = Date.now();
    expect(await next.holds).toEqual([{ holds: job }, undefined]);
    expect(Date.now() - killedAt).toBeLessThan(HANDED_ON + START);
    holder = next;
  }

  const delivered: string[] = [];
  const failed: unknown[] = [];
  const server = openQueue({
    redis: { path },
    accounts: ['sink'],
    deliver: async (id) => void delivered.push(id),
    log: { ...silentLog, error: (...told: unknown[]) => void failed.push(told) },
    prefix,
  });
  await endChild(holder.child);
  const killedAt = Date.now();
  await until(() => delivered.length > 0, { within: HANDED_ON, what: 'the job handed on' });
  console.log(`handed on after ${Date.now() - killedAt} ms`);
  const queue = new Queue('send-sink', { connection: { path }, prefix });
  await until(async () => (await queue.getJobCounts()).active === 0);
  expect(await queue.getJobCounts('active', 'wait', 'failed', 'completed', 'prioritized')).toEqual({
    active: 0,
    wait: 0,
    failed: 0,
    completed: 0,
    prioritized: 0,
  });
  expect(delivered).toEqual([job]);
  expect(failed).toEqual([]);
  await queue.close();
  await server.close();
}, 120_000);
