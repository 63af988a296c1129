/**
 * Parses a feed in a thread of its own, with a limit of time and memory: bytes from the network may be made to
 * keep a parser busy for ever, and the server has other things to do meanwhile.
 */
import { Worker } from 'node:worker_threads';

import { SECOND } from '../clock.ts';
import { type FaultCode, FeedFault } from './fault.ts';
import type { FeedSource, ParsedFeed } from './parse.ts';

export type ParseReply =
  { readonly feed: ParsedFeed } | { readonly code: FaultCode; readonly message: string };

const LIMIT = 10 * SECOND;
/** MB of the thread's heap: a feed of the largest size needs a tenth of it. */
const MEMORY = 512;

/** As `parseFeed`; throws `FeedFault` for what takes longer than `limit` (ms) as well. */
export async function parseApart(source: FeedSource, limit = LIMIT): Promise<ParsedFeed> {
  const worker = new Worker(new URL('./parse-worker.ts', import.meta.url), {
    workerData: source,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY },
    // A thread needs none of the process's secrets.
    env: {},
    stderr: true,
    stdout: true,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const reply = await new Promise<ParseReply>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new FeedFault('too-long', `the feed took longer than ${limit / SECOND} s to parse`)),
        limit,
      );
      worker.once('message', resolve);
      worker.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          error.code === 'ERR_WORKER_OUT_OF_MEMORY'
            ? new FeedFault('too-large', 'the feed takes too much memory to parse', { cause: error })
            : new FeedFault('malformed', 'the feed could not be parsed', { cause: error }),
        ),
      );
      worker.once('exit', () => reject(new FeedFault('malformed', 'the feed could not be parsed')));
    });
    if ('feed' in reply) return reply.feed;
    throw new FeedFault(reply.code, reply.message);
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
