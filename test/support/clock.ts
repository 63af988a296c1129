/** A clock that a test moves. Sleepers wake when their time has come. */
import type { Clock } from '../../src/clock.ts';

export interface TestClock extends Clock {
  set(at: number): void;
  advance(ms: number): void;
}

export function testClock(start: string): TestClock {
  let now = Date.parse(start);
  let sleepers: { at: number; wake: () => void }[] = [];
  const wakeAll = () => {
    const due = sleepers.filter(({ at }) => at <= now);
    sleepers = sleepers.filter(({ at }) => at > now);
    for (const { wake } of due) wake();
  };
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms <= 0 || signal?.aborted) return resolve();
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          resolve();
        });
      }),
    set(at) {
      now = at;
      wakeAll();
    },
    advance(ms) {
      now += ms;
      wakeAll();
    },
  };
}
