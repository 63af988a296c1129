/** Real servers for all tests of a run: one PostgreSQL, one Redis, each in a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { openPrivateRedis } from '../../src/delivery/redis.ts';
import { openPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
    redisPath: string;
  }
}

export default async function setup(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'weike-test-'));
  const [redis, postgres] = await Promise.all([openPrivateRedis(folder), openPostgres()]);
  project.provide('postgresUrl', postgres.url);
  project.provide('redisPath', redis.path);
  return async () => {
    await Promise.allSettled([redis.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
}
