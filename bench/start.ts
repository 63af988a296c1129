/** How long the server takes to be ready, and how much memory it holds, in a county of a thousand groups. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { type Bench, figure, median } from './figure.ts';
import { writeCounty } from './school.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const GROUPS = 1_000;
const MEMBERS_PER_GROUP = 100;
/** Ticks, a sweep and the first garbage collections lie in it. */
const RESTS_FOR = 10_000;
const READY_WITHIN = 60_000;
/** As `npm start` runs it: young objects are collected sooner, and 50 MB less are held. */
const MAIN = ['--max-semi-space-size=8', join(ROOT, 'src/main.ts')];

interface Started {
  /** ms from the spawn to the first answer of `/healthz`. */
  readonly ready: number;
  /** Of these, ms on the processor. */
  readonly busy: number;
  /** Resident, MB, after a rest. */
  readonly memory: number;
  /** The private Redis, MB. */
  readonly redis: number;
}

export const start: Bench = {
  name: 'start',
  title: `start with ${GROUPS.toLocaleString('en')} groups and ${(GROUPS * MEMBERS_PER_GROUP).toLocaleString('en')} members`,
  async run({ full, folder, say }) {
    say('writing the county');
    await writeCounty(join(folder, 'weike.db'), {
      groups: GROUPS,
      membersPerGroup: MEMBERS_PER_GROUP,
      pastQuizzes: full ? 10 : 1,
      now: Date.now(),
    });
    writeFileSync(join(folder, 'bare.mjs'), BARE);
    const rounds = full ? 5 : 3;
    const runs = { bare: [] as Started[], sandbox: [] as Started[], wechaty: [] as Started[] };
    const settings = { sandbox: 'sandbox', wechaty: 'wechaty:county' };
    for (let round = 1; round <= rounds; round += 1) {
      say(`round ${round} of ${rounds}`);
      runs.bare.push(await startOnce(folder, [join(folder, 'bare.mjs')], {}));
      for (const kind of ['sandbox', 'wechaty'] as const)
        runs[kind].push(await startOnce(folder, MAIN, { CHANNELS: settings[kind] }));
    }
    const ready = (what: string, all: readonly Started[]) => ({
      what,
      value: median(all.map((one) => one.ready)) / 1_000,
      unit: 's',
    });
    const memory = (what: string, all: readonly Started[]) => ({
      what,
      value: Math.max(...all.map((one) => one.memory)),
      unit: 'MB',
    });
    const redis = Math.round(Math.max(...runs.wechaty.map((one) => one.redis)));
    const bareReady = ready('node, the database, a port', runs.bare);
    const bareMemory = memory('node, the database, a port', runs.bare);
    const readyExtra = (all: readonly Started[]) => {
      const busy = (median(all.map((one) => one.busy)) / 1_000).toFixed(1);
      return {
        bare: bareReady,
        aim: { of: 'value', atMost: 2 },
        note: `${busy} s of it on the processor`,
      } as const;
    };
    const memoryExtra = {
      bare: bareMemory,
      aim: { of: 'value', atMost: 300 },
      note: `resident after ${RESTS_FOR / 1_000} s, the most of ${rounds} starts; its Redis holds ${redis} MB more`,
    } as const;
    return [
      figure(ready('start to ready, sandbox', runs.sandbox), readyExtra(runs.sandbox)),
      figure(ready('start to ready, wechaty (mock)', runs.wechaty), readyExtra(runs.wechaty)),
      figure(memory('memory, sandbox', runs.sandbox), memoryExtra),
      figure(memory('memory, wechaty (mock)', runs.wechaty), memoryExtra),
    ];
  },
};

/** The least that a server of that kind needs. */
const BARE = `
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
const db = new DatabaseSync(process.env.DATA_DIR + '/weike.db');
const groups = db.prepare('select count(*) as groups from chat_group');
createServer((_, answer) => answer.end(JSON.stringify(groups.get()))).listen(Number(process.env.PORT), '127.0.0.1');
`;

async function startOnce(
  folder: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Started> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      DATA_DIR: folder,
      LESSONS_DIR: join(ROOT, 'lessons'),
      PORT: String(port),
      WECHATY_PUPPET: 'wechaty-puppet-mock',
      LOG_LEVEL: 'error',
      PACE: 'off',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  child.stderr.on('data', (data: Buffer) => said.push(data.toString()));
  try {
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`the server ended: ${said.join('')}`);
      if (performance.now() - began > READY_WITHIN) throw new Error(`not ready: ${said.join('')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const ready = performance.now() - began;
    const busy = processorMs(child.pid ?? 0);
    await new Promise((resolve) => setTimeout(resolve, RESTS_FOR));
    const memory = residentMb(child.pid ?? 0);
    const redis = childrenOf(child.pid ?? 0).reduce((sum, pid) => sum + residentMb(pid), 0);
    return { ready, busy, memory, redis };
  } finally {
    await stop(child);
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}

/** From Linux's /proc. */
function residentMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1_024;
}

/** User and system time so far; the kernel counts in hundredths of a second. */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
