/**
 * Mutation testing of what must not be wrong: the ledger, its states and outcomes, recovery, pace, the planner.
 * `npm run mutants` prints the score and writes reports/mutation.
 */
export default {
  mutate: [
    'src/delivery/{attempts,brought,echo,ledger,outcome,pace,pace-rules,recover,resolve,states,storm}.ts',
    'src/schedule/{misfire,planner,syllabus}.ts',
  ],
  plugins: ['@stryker-mutator/vitest-runner'],
  // TypeScript 7 lacks the interface by which Stryker would rewrite the file; nothing in it needs that.
  tsconfigFile: 'none',
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutants.config.ts', related: false },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 20_000,
  timeoutFactor: 3,
  incremental: true,
  incrementalFile: 'reports/mutation/incremental.json',
  tempDirName: 'reports/stryker',
  ignorePatterns: ['/data', '/reports', '/shots', '/docs'],
  symlinkNodeModules: true,
  reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: 'reports/mutation/index.html' },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  thresholds: { high: 90, low: 85, break: 85 },
};
