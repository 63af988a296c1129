/**
 * Takes in what a chat reports, so many at a time. A flood costs an id per message and not its payload; an id
 * that can't be taken yet leaves its place to the others and comes again later; none is dropped because there are
 * many, or because the connection breaks.
 */
import { setMaxListeners } from 'node:events';

import type { Clock } from '../../clock.ts';
import { type Backoff, backoffDelay } from './backoff.ts';

export interface IntakeOptions {
  readonly clock: Clock;
  /** How many are being taken at the same time. */
  readonly atOnce: number;
  /** Rejects when the id has to come again; `again`: it did before. */
  readonly take: (id: string, again: boolean) => Promise<void>;
  readonly retry: Backoff;
  /**
   * How often an id of an earlier connection is tried on the present one: after a new login ids may mean
   * nothing. One of the present connection is tried for as long as it lasts.
   */
  readonly triesOfOld: number;
  /** Hears of every failure; `isLost` when the id is given up. */
  readonly onFailure: (failure: {
    readonly error: unknown;
    readonly attempt: number;
    readonly isLost: boolean;
  }) => void;
}

export interface Intake {
  push(id: string): void;
  /** Begins, or goes on with what was left, on a new connection. */
  resume(): void;
  /** The connection is gone: nothing is taken until `resume`. */
  pause(): void;
  /** How many ids are known and not taken yet. */
  size(): number;
  /** Forgets everything. */
  clear(): void;
}

interface Waiting {
  readonly id: string;
  /** The connection on which it was last tried. */
  readonly connection: number;
  /** On that connection. */
  readonly attempts: number;
  /** Whether it came in by an earlier connection. */
  readonly isOld: boolean;
}

export function openIntake(options: IntakeOptions): Intake {
  let queue = new Fifo<Waiting>();
  let connection = 0;
  let isOpen = false;
  let underWay = 0;
  let sleeping = 0;
  let stopped = endOfIntake();

  function pump(): void {
    while (isOpen && underWay < options.atOnce) {
      const next = queue.shift();
      if (!next) return;
      underWay += 1;
      void takeOne(next, stopped.signal).finally(() => {
        underWay -= 1;
        pump();
      });
    }
  }

  async function takeOne(waiting: Waiting, signal: AbortSignal): Promise<void> {
    const tried = connection;
    try {
      await options.take(waiting.id, waiting.attempts > 0);
    } catch (error) {
      if (signal.aborted) return;
      const isSame = waiting.connection === tried;
      const failed: Waiting = {
        id: waiting.id,
        connection: tried,
        attempts: isSame ? waiting.attempts + 1 : 1,
        isOld: waiting.isOld || !isSame,
      };
      // What failed because the connection broke under it is not held against it.
      const isLost = failed.isOld && failed.attempts >= options.triesOfOld && tried === connection && isOpen;
      options.onFailure({ error, attempt: failed.attempts, isLost });
      if (!isLost) void comeAgain(failed, signal);
    }
  }

  async function comeAgain(waiting: Waiting, signal: AbortSignal): Promise<void> {
    sleeping += 1;
    await options.clock.sleep(backoffDelay(options.retry, waiting.attempts, Math.random()), signal);
    if (signal.aborted) return;
    sleeping -= 1;
    queue.push(waiting);
    pump();
  }

  return {
    push(id) {
      queue.push({ id, connection, attempts: 0, isOld: false });
      pump();
    },
    resume() {
      connection += 1;
      isOpen = true;
      pump();
    },
    pause() {
      isOpen = false;
    },
    size: () => queue.size + sleeping + underWay,
    clear() {
      stopped.abort();
      stopped = endOfIntake();
      queue = new Fifo();
      sleeping = 0;
    },
  };
}

/** Each id that sleeps listens to it. */
function endOfIntake(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** First in, first out, without moving the rest at each step. */
class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.size === 0) return undefined;
    this.#head += 1;
    if (this.#head > 1_000 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
