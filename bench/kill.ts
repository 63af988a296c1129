/**
 * From kill -9 to the next send: a worker dies with the only job in its hands, and a new process is started at once,
 * as a supervisor does it. Beside a bare BullMQ worker with its default settings.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { openPrivateRedis } from '../src/delivery/redis.ts';
import { type Bench, figure, median } from './figure.ts';
import { writeCounty } from './school.ts';

const PROGRAM = new URL('kill-worker.ts', import.meta.url).pathname;
/** BullMQ's defaults take a lock of 30 s and two looks, 30 s apart; more than that is a fault. */
const GIVE_UP = 180_000;

export type Kind = 'ours' | 'bare';
/** What the child tells: it has the job in its hands, or it has sent. */
export type Told = 'holding' | 'sent';

export const kill: Bench = {
  name: 'kill',
  title: 'kill -9 of a server with the only job in its hands, to the send by the next',
  async run({ full, folder, say }) {
    say('ours and the bare worker, side by side (the bare one takes about a minute)');
    const rounds = full ? 5 : 3;
    const ours = (async () => {
      const took: number[] = [];
      for (let round = 1; round <= rounds; round += 1)
        took.push(await killAndWait('ours', join(folder, `ours-${round}`)));
      return took;
    })();
    const [own, bare] = await Promise.all([ours, killAndWait('bare', join(folder, 'bare'))]);
    return [
      figure(
        { what: 'kill -9 to the next send', value: Math.max(...own) / 1_000, unit: 's' },
        {
          bare: { what: 'BullMQ with its defaults', value: bare / 1_000, unit: 's' },
          aim: { of: 'value', atMost: 10 },
          note: `the longest of ${rounds}, middle ${(median(own) / 1_000).toFixed(1)} s; the start of the new process is part of it`,
        },
      ),
    ];
  },
};

/** ms from the kill to the send. */
async function killAndWait(kind: Kind, folder: string): Promise<number> {
  const redis = await openPrivateRedis(folder);
  if (kind === 'ours')
    await writeCounty(join(folder, 'weike.db'), {
      groups: 1,
      membersPerGroup: 1,
      pastQuizzes: 0,
      now: Date.now(),
    });
  const start = (isFirst: boolean) =>
    fork(PROGRAM, [kind, folder, redis.path, isFirst ? 'first' : 'second'], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  const first = start(true);
  try {
    await told(first, 'holding');
    first.kill('SIGKILL');
    await once(first, 'exit');
  } finally {
    await end(first);
  }
  const killedAt = performance.now();
  const second = start(false);
  try {
    await told(second, 'sent');
    return performance.now() - killedAt;
  } finally {
    await end(second);
    await redis.stop();
  }
}

async function told(child: ChildProcess, what: Told): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the worker never told "${what}"`)), GIVE_UP);
    child.on('message', (message) => {
      if (message !== what) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the worker ended with code ${code}`));
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
