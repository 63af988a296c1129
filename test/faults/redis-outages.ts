/** Everything that can happen to Redis. The ledger is the truth: nothing of it is lost or in doubt by any of these. */
import type { Outage } from './outages.ts';

/** `long`: how long the killed and the frozen one stay away, in real time, ms. */
export const redisOutages = (long: number): readonly Outage[] => [
  {
    name: 'killed and started again',
    begin: ({ redis }) => redis.kill(),
    end: ({ redis }) => redis.start(),
    lasts: long,
    shows: ({ status, parts }) => status === 'down' && parts.queue === 'down',
    keepsRecords: true,
  },
  {
    name: 'frozen',
    begin: ({ redis }) => redis.freeze(),
    end: ({ redis }) => redis.thaw(),
    lasts: long,
    shows: ({ status, parts }) => status === 'down' && parts.queue === 'down',
    keepsRecords: true,
  },
  {
    name: 'emptied',
    begin: async ({ redis }) => void (await redis.command('flushall')),
    end: () => undefined,
    lasts: 0,
  },
  {
    name: 'restarted empty',
    begin: async ({ redis }) => {
      await redis.kill();
      await redis.start({ empty: true });
    },
    end: () => undefined,
    lasts: 0,
  },
  {
    name: 'out of memory',
    begin: async ({ redis }) => void (await redis.command('config', 'set', 'maxmemory', '1')),
    end: async ({ redis }) => void (await redis.command('config', 'set', 'maxmemory', '0')),
    lasts: 1_500,
    shows: ({ status, parts }) => status === 'down' && parts.queue === 'down',
    keepsRecords: true,
  },
  {
    name: 'connections cut',
    begin: async ({ redis }) => {
      for (let times = 0; times < 3; times += 1) {
        await redis.command('client', 'kill', 'type', 'normal', 'skipme', 'yes');
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    },
    end: () => undefined,
    lasts: 0,
  },
];
