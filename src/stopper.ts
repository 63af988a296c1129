/** Closes what was opened, in the reverse order, within the time that a supervisor grants. */
import { type Clock, SECOND } from './clock.ts';
import { reasonOf } from './errors.ts';
import type { Log } from './log.ts';

/** All of it. */
const STOP_WITHIN = 8 * SECOND;
/** One part: what hangs, such as a Redis that is gone, doesn't keep the others from closing. */
const CLOSE_WITHIN = 4 * SECOND;

export interface Stopper {
  /** What is opened while everything closes is closed at once. */
  add(part: () => unknown): void;
  /** Closes all parts; never rejects. */
  all(): Promise<void>;
  hasBegun(): boolean;
  /** Closes all parts once and ends the process, whatever hangs. */
  andExit(cause: string, code?: number): Promise<void>;
}

export function openStopper(log: Log, clock: Clock, exit: (code: number) => void): Stopper {
  let stopping = false;
  const parts: (() => unknown)[] = [];

  async function close(part: () => unknown): Promise<void> {
    try {
      await part();
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'a part did not close cleanly');
    }
  }

  /** Whether the work ended in time. */
  async function within(ms: number, work: Promise<void>): Promise<boolean> {
    const waiting = new AbortController();
    const isLate = await Promise.race([
      work.then(() => false),
      clock.sleep(ms, waiting.signal).then(() => true),
    ]);
    waiting.abort();
    return !isLate;
  }

  async function all(): Promise<void> {
    for (const part of parts.splice(0).toReversed())
      if (!(await within(CLOSE_WITHIN, close(part)))) log.warn('a part did not close in time');
  }

  return {
    all,
    hasBegun: () => stopping,
    add(part) {
      if (stopping) void close(part);
      else parts.push(part);
    },
    async andExit(cause, code = 0) {
      if (stopping) return;
      stopping = true;
      log.info({ cause }, 'stopping');
      if (await within(STOP_WITHIN, all())) return exit(code);
      log.error('not everything closed in time');
      exit(1);
    },
  };
}
