/** Where the queue looks for Redis: at the address that it was given, whatever its port, password and database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { openQueue } from '../../src/delivery/queue.ts';
import { silentLog } from '../../src/log.ts';
import { until } from '../support/wait.ts';

const PASSWORD = 'jasmine';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

let folder: string;
let port: number;
let server: ChildProcess;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weike-queue-'));
  port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--requirepass', PASSWORD];
  server = spawn('redis-server', [...settings, '--dir', folder], { stdio: 'ignore' });
});
afterEach(async () => {
  server.kill('SIGTERM');
  await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

it('sends through a Redis of its own port, password and database', async () => {
  const url = `redis://:${PASSWORD}@127.0.0.1:${port}/3`;
  const delivered: string[] = [];
  const queue = openQueue({
    redis: { url },
    accounts: ['sandbox'],
    deliver: async (id) => void delivered.push(id),
    log: silentLog,
  });
  const client = new Redis(url, { lazyConnect: true });
  try {
    await until(() => queue.ping(), { within: 10_000 });
    expect(await client.get('weike:pulse')).toBe('1');
    await queue.add([{ id: 'd1', account: 'sandbox', kind: 'lesson' }]);
    await until(() => delivered.includes('d1'), { within: 10_000 });
  } finally {
    client.disconnect();
    await queue.close();
  }
});
