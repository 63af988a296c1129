/** Real time, run faster: thirty seconds' waits pass in one, and all processes of a run agree on the hour. */
import { type Clock, systemClock } from '../../src/clock.ts';

export interface Speed {
  /** The instant at which the run's clock and the world's agreed, ms. */
  readonly origin: number;
  readonly factor: number;
}

export const fastClock = ({ origin, factor }: Speed): Clock => ({
  now: () => Math.floor(origin + (Date.now() - origin) * factor),
  sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
});
