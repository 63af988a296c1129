/** Waits for a condition instead of for luck. */
export async function until<T>(
  probe: () => T | Promise<T>,
  {
    within = 25_000,
    every = 20,
    what = 'the condition',
  }: { within?: number; every?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + within;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(
        `${what} did not come true within ${within} ms`,
        last === undefined ? {} : { cause: last },
      );
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
