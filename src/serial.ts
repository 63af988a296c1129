/** Rounds of work that never overlap. */
import { reasonOf } from './errors.ts';
import type { Log } from './log.ts';

/** Runs a job one at a time. `poke` asks for a run soon and never rejects; `run` resolves after one that began later. */
export function serial(job: () => Promise<void>, log: Log) {
  let current: Promise<void> | undefined;
  let again: Promise<void> | undefined;
  const start = (): Promise<void> => {
    const run = job().finally(() => {
      if (current === run) current = undefined;
    });
    current = run;
    return run;
  };
  const run = (): Promise<void> => {
    if (!current) return start();
    again ??= current
      .catch(() => undefined)
      .then(() => {
        again = undefined;
        return start();
      });
    return again;
  };
  return {
    run,
    poke: () =>
      void run().catch((error: unknown) =>
        log.error({ reason: reasonOf(error) }, 'a round failed; the next one tries again'),
      ),
    async idle() {
      while (current ?? again) await (again ?? current)?.catch(() => undefined);
    },
  };
}
