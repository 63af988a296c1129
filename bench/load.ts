/** Load as a chat makes it: so many senders, each waiting for its acknowledgement before it says the next. */

export interface Load {
  /** Per second, over the whole run. */
  readonly rate: number;
  /** How long each waited for its acknowledgement, ms. */
  readonly waits: readonly number[];
}

/**
 * Calls `say(n)` for n from 0 to `count` - 1, `atOnce` under way at any time. The first fifth warms up, is waited for
 * and isn't measured.
 */
export async function closedLoop(
  count: number,
  atOnce: number,
  say: (n: number) => Promise<void>,
): Promise<Load> {
  const warm = Math.floor(count / 5);
  await loop(0, warm, atOnce, say);
  return await loop(warm, count, atOnce, say);
}

async function loop(
  from: number,
  to: number,
  atOnce: number,
  say: (n: number) => Promise<void>,
): Promise<Load> {
  const waits: number[] = [];
  let next = from;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < to) {
        const n = next;
        next += 1;
        const said = performance.now();
        await say(n);
        waits.push(performance.now() - said);
      }
    }),
  );
  return { rate: ((to - from) / (performance.now() - began)) * 1_000, waits };
}
