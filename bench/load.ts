/** Load as a chat makes it: so many senders, each waiting for its acknowledgement before it says the next. */

export interface Load {
  /** Per second, over the whole run. */
  readonly rate: number;
  /** How long each waited for its acknowledgement, ms. */
  readonly waits: readonly number[];
}

/** Calls `say(n)` for n from 0 to `count` - 1, `atOnce` under way at any time. */
export async function closedLoop(
  count: number,
  atOnce: number,
  say: (n: number) => Promise<void>,
): Promise<Load> {
  const waits: number[] = [];
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) {
        const n = next;
        next += 1;
        const said = performance.now();
        await say(n);
        waits.push(performance.now() - said);
      }
    }),
  );
  return { rate: (count / (performance.now() - began)) * 1_000, waits };
}
