/** Waits for something that has to come, on one clock. */
import type { Clock } from '../../clock.ts';

export interface Patience {
  /** `over` is called once after `ms`, unless it comes before. A wait that ends sooner stays as it is. */
  expect(ms: number): void;
  /** It has come, or nobody waits any more. */
  settle(): void;
}

export function openPatience(clock: Clock, over: () => void): Patience {
  let waiting = new AbortController();
  let until = Number.POSITIVE_INFINITY;

  function settle(): void {
    waiting.abort();
    waiting = new AbortController();
    until = Number.POSITIVE_INFINITY;
  }

  async function wait(ms: number, signal: AbortSignal): Promise<void> {
    await clock.sleep(ms, signal);
    if (!signal.aborted) over();
  }

  return {
    settle,
    expect(ms) {
      if (clock.now() + ms >= until) return;
      settle();
      until = clock.now() + ms;
      void wait(ms, waiting.signal);
    },
  };
}
