/** A binary heap: the least by `before` comes out first. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => number;

  /** `before` is negative when `a` comes out before `b`. */
  constructor(before: (a: T, b: T) => number) {
    this.#before = before;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.#before(item, items[above] as T) >= 0) break;
      items[at] = items[above] as T;
      at = above;
    }
    items[at] = item;
  }

  /** Takes the least out. */
  take(): T | undefined {
    const items = this.#items;
    const [least] = items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return least;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && this.#before(items[below + 1] as T, items[below] as T) < 0) below += 1;
      if (this.#before(items[below] as T, last) >= 0) break;
      items[at] = items[below] as T;
      at = below;
    }
    items[at] = last;
    return least;
  }
}
