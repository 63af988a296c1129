/** The tests that the mutants of delivery and planning are tried against, on SQLite alone: speed is all there. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Without what starts processes or simulates weeks: each mutant is tried against all that reaches it.
    include: ['test/delivery/*.test.ts', 'test/schedule/{fold,kinds,late,misfire,planner,syllabus}.test.ts'],
    globalSetup: ['test/support/servers.ts'],
    setupFiles: ['test/support/mutants.ts'],
    env: { TEST_DIALECTS: 'sqlite' },
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
