/** SVG made into a PNG with a font of our own: what a group sees doesn't hang on the machine's fonts. */
import { Worker } from 'node:worker_threads';

import { SECOND } from '../clock.ts';

export interface Drawing {
  readonly no: number;
  readonly svg: string;
}

export type Drawn =
  { readonly no: number; readonly png: Uint8Array } | { readonly no: number; readonly reason: string };

interface Waiting {
  readonly resolve: (png: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** What it takes of memory is given back when nothing was drawn for so long, ms. */
const IDLE = 20 * SECOND;

let thread: Worker | undefined;
let idle: NodeJS.Timeout | undefined;
let last = 0;
const waiting = new Map<number, Waiting>();

/** 750 px wide, some 30 KB. Drawn in a thread of its own: nobody waits meanwhile. Rejects where it can't be drawn. */
export async function renderPng(svg: string): Promise<Buffer> {
  clearTimeout(idle);
  const worker = (thread ??= openThread());
  last += 1;
  const no = last;
  worker.ref();
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      waiting.set(no, { resolve, reject });
      worker.postMessage({ no, svg } satisfies Drawing);
    });
  } finally {
    waiting.delete(no);
    if (waiting.size === 0) {
      // Nobody is kept from ending by it.
      worker.unref();
      idle = setTimeout(() => closeThread(worker), IDLE).unref();
    }
  }
}

function openThread(): Worker {
  const { TMPDIR } = process.env;
  const worker = new Worker(new URL('./png-worker.ts', import.meta.url), {
    // A thread needs none of the process's secrets.
    env: TMPDIR === undefined ? {} : { TMPDIR },
  });
  worker.on('message', (drawn: Drawn) => {
    const asked = waiting.get(drawn.no);
    if ('png' in drawn) asked?.resolve(Buffer.from(drawn.png));
    else asked?.reject(new Error(drawn.reason));
  });
  worker.on('error', (error: Error) => giveUp(worker, error));
  worker.on('exit', (code) => giveUp(worker, new Error(`the thread that draws ended with ${code}`)));
  return worker;
}

/** The next picture has a new thread. */
function giveUp(worker: Worker, error: Error): void {
  if (thread !== worker) return;
  thread = undefined;
  for (const { reject } of waiting.values()) reject(error);
}

function closeThread(worker: Worker): void {
  if (thread === worker) thread = undefined;
  void worker.terminate();
}
