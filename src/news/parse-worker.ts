/** The thread in which `parse-apart.ts` parses one feed. */
import { parentPort, workerData } from 'node:worker_threads';

import { FeedFault } from './fault.ts';
import { type FeedSource, parseFeed } from './parse.ts';
import type { ParseReply } from './parse-apart.ts';

const reply = (answer: ParseReply) => parentPort?.postMessage(answer);

try {
  reply({ feed: parseFeed(workerData as FeedSource) });
} catch (error) {
  if (error instanceof FeedFault) reply({ code: error.code, message: error.message });
  else throw error;
}
