/** The live stream of the sandbox: server-sent events, without loss and without doubles. */
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';

import type { SandboxChannel, SandboxMessage, SandboxPlace } from '../channels/sandbox/sandbox.ts';
import { SECOND } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';

export interface EventStream {
  readonly sandbox: SandboxChannel;
  readonly places: readonly SandboxPlace[];
  /** The id after which to begin; absent: what is said from now on. */
  readonly after?: string;
  readonly view: (message: SandboxMessage) => Promise<unknown>;
  readonly log: Log;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

const BATCH = 100;
/** Keeps proxies from closing a quiet stream and tells the page that the line is alive. */
const HEARTBEAT = 15 * SECOND;
/** How soon a browser comes back by itself, ms. */
const RETRY = 1_000;

/**
 * Events `message` with the message's id and `view(message)` as JSON; `beat` while it is quiet. Being told of
 * a message only wakes the stream: what it sends is read from the log after the last id that it sent, so
 * that a slow reader, a reconnection and a burst all come out the same.
 */
export function streamMessages(
  c: Context,
  { sandbox, places, after, view, log, signal }: EventStream,
): Response {
  const response = streamSSE(c, async (stream) => {
    const bell = makeBell();
    const unsubscribe = places.map((place) => sandbox.subscribe(place, bell.ring));
    const isOpen = () => !signal.aborted && !stream.aborted;
    stream.onAbort(bell.ring);
    signal.addEventListener('abort', bell.ring);
    try {
      let last = after ?? (await sandbox.messages(places, { limit: 1 })).at(-1)?.id ?? '';
      await stream.writeSSE({ event: 'beat', data: '', retry: RETRY });
      while (isOpen()) {
        const batch = await sandbox.messages(places, { after: last, limit: BATCH });
        for (const message of batch) {
          if (!isOpen()) return;
          last = message.id;
          await stream.writeSSE({ event: 'message', id: last, data: JSON.stringify(await view(message)) });
        }
        if (batch.length === BATCH) continue;
        if (!(await bell.wait(HEARTBEAT)) && isOpen()) await stream.writeSSE({ event: 'beat', data: '' });
      }
    } catch (error) {
      // The page comes back by itself and goes on after the last id that it saw.
      log.warn({ reason: reasonOf(error) }, 'a sandbox stream broke off');
    } finally {
      for (const end of unsubscribe) end();
      signal.removeEventListener('abort', bell.ring);
    }
  });
  response.headers.set('Cache-Control', 'no-cache, no-transform');
  // nginx would hold events back otherwise.
  response.headers.set('X-Accel-Buffering', 'no');
  return response;
}

/** `wait` resolves true when it rang since the last wait began, false after `ms` of silence. */
function makeBell() {
  let rang = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rang = true;
      wake?.();
    },
    async wait(ms: number): Promise<boolean> {
      if (!rang)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      wake = undefined;
      const heard = rang;
      rang = false;
      return heard;
    },
  };
}
