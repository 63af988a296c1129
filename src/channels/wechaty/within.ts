import { type Clock, SECOND } from '../../clock.ts';

/** The work's result, or a rejection after `ms` or when `signal` aborts; the work itself goes on unheard. */
export async function within<T>(
  work: Promise<T>,
  ms: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  const done = new AbortController();
  signal?.addEventListener('abort', () => done.abort(), { once: true });
  const timeout = clock.sleep(ms, done.signal).then((): never => {
    throw new Error(signal?.aborted ? 'given up' : `no answer within ${ms / SECOND} s`);
  });
  timeout.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    done.abort();
  }
}
