import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The tests' temporary files: where there is room for them in memory, no disk has to be waited for. */
const MEMORY = '/dev/shm';
const ROOM = 4 * 1024 ** 3;

/** A folder in memory, where programs may run too; `undefined` where there is none. */
function openMemory(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (process.env.TMPDIR !== undefined || bavail * bsize < ROOM) return undefined;
    const folder = mkdtempSync(`${MEMORY}/weike-test-`);
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755);
    const program = `${folder}/runs`;
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    if (spawnSync(program).status !== 0) return undefined;
    // The servers that the tests start lie there as well.
    process.env.TMPDIR = folder;
    return folder;
  } catch {
    return undefined;
  }
}

const memory = openMemory();

/** What takes long goes first, so that no worker is left alone with it at the end. */
const SLOW = /e2e|\/faults\/|\/cli\/|wechaty-service|learning\.test|secretary-week|desk\.test/;

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification) => SLOW.test(moduleId);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/servers.ts'],
    // Waiting costs nothing where all is well: only a busy machine needs so long.
    testTimeout: 60_000,
    hookTimeout: 90_000,
    // Real servers share two cores with the tests.
    maxWorkers: 2,
    env: {
      // Of the programs that tests start: each is compiled once.
      NODE_COMPILE_CACHE: new URL('node_modules/.cache/node', import.meta.url).pathname,
      ...(memory === undefined ? {} : { TMPDIR: memory }),
    },
    sequence: { sequencer: SlowFirst },
  },
});
