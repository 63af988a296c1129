import { mkdtempSync, rmSync, statfsSync } from 'node:fs';

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Databases of a moment: where there is room in memory, no disk has to be waited for. */
const MEMORY = '/dev/shm';
const ROOM = 4 * 1024 ** 3;

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM;
  } catch {
    return false;
  }
}

if (process.env.TMPDIR === undefined && hasRoom()) {
  const folder = mkdtempSync(`${MEMORY}/weike-test-`);
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}

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
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Real servers share two cores with the tests.
    maxWorkers: 2,
    sequence: { sequencer: SlowFirst },
  },
});
