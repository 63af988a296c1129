/** How often somebody may do something: counted by whole minutes, in memory; a restart begins anew. */
import { MINUTE } from '../clock.ts';

export interface Rate {
  /** Counts one more; false when it is above `most` in this minute. */
  allows(who: string, most: number): boolean;
}

export function openRate(now: () => number): Rate {
  let minute = 0;
  const counts = new Map<string, number>();
  return {
    allows(who, most) {
      const current = Math.floor(now() / MINUTE);
      if (current !== minute) counts.clear();
      minute = current;
      const count = (counts.get(who) ?? 0) + 1;
      counts.set(who, count);
      return count <= most;
    },
  };
}
