/**
 * The server under test, a process of its own: all parts of `openApp` around the sink (or a puppet), without pages, with
 * ticks in quick succession. Argument: the file of its configuration. Environment: `CRASH_AT=point:n` ends it by
 * SIGKILL when it passes that point for the n-th time.
 */
import { appendFileSync, readFileSync } from 'node:fs';

import { type App, openApp } from '../../src/app.ts';
import type { Channel } from '../../src/channels/channel.ts';
import { systemClock } from '../../src/clock.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/open.ts';
import type { RedisAddress } from '../../src/delivery/queue.ts';
import { reasonOf } from '../../src/errors.ts';
import { type Health, readHealth } from '../../src/health.ts';
import { openLog } from '../../src/log.ts';
import type { PassedPoint } from '../../src/passing.ts';
import { openSinkChannel } from './sink-channel.ts';
import { fastClock, type Speed } from './speed.ts';

export interface ServerConfig {
  readonly database: Config['database'];
  readonly redis: RedisAddress;
  readonly dataDir: string;
  readonly lessonsDir: string;
  readonly speed: Speed;
  /** In real time, ms. */
  readonly tickEvery: number;
  readonly sweepEvery: number;
  readonly channel:
    | { readonly kind: 'sink'; readonly account: string; readonly socket: string; readonly history: boolean }
    | {
        readonly kind: 'puppet';
        readonly account: string;
        readonly endpoint: string;
        readonly token: string;
        /** Ids of messages that were acknowledged, one a line. */
        readonly acknowledged: string;
      };
}

/** Points of the adapter, besides those of the application. */
export type CrashPoint = PassedPoint | 'before-send' | 'inside-send';

export type ToServer = { readonly ask: 'health'; readonly no: number };
export type FromServer =
  | { readonly tell: 'ready'; readonly pid: number }
  | { readonly tell: 'health'; readonly no: number; readonly health: Health };

const given = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ServerConfig;
const clock = fastClock(given.speed);
const log = openLog('info');
const [crashPoint, crashNo = '1'] = (process.env.CRASH_AT ?? '').split(':');
let passed = 0;

function passing(point: CrashPoint): void {
  if (point !== crashPoint) return;
  passed += 1;
  if (passed === Number(crashNo)) process.kill(process.pid, 'SIGKILL');
}

async function openChannel(channel: ServerConfig['channel']): Promise<Channel> {
  if (channel.kind === 'sink')
    return openSinkChannel({
      ...channel,
      clock,
      onSend: () => passing('before-send'),
      onInside: () => passing('inside-send'),
    });
  const { openWechaty } = await import('../../src/channels/wechaty/wechaty.ts');
  const { account, endpoint, token } = channel;
  const puppet = openWechaty(
    {
      kind: 'wechaty',
      account,
      puppet: 'wechaty-puppet-service',
      puppetOptions: { endpoint, token, tls: { disable: true } },
    },
    {
      clock: systemClock,
      log,
      dataDir: given.dataDir,
      reconnect: { first: 200, longest: 1_000 },
      probeEvery: 1_500,
      startWithin: 3_000,
    },
  );
  return {
    ...puppet,
    limits: { ...puppet.limits, paced: false },
    start: (sink) =>
      puppet.start({
        ...sink,
        async message(message) {
          await sink.message(message);
          appendFileSync(channel.acknowledged, `${message.id}\n`);
        },
      }),
  };
}

const round = (what: string, every: number, work: (app: App) => Promise<void>) =>
  async function rounds(app: App): Promise<never> {
    for (;;) {
      await work(app).catch((error: unknown) => log.error({ reason: reasonOf(error) }, `the ${what} failed`));
      await systemClock.sleep(every);
    }
  };

process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (reason) => log.error({ reason: reasonOf(reason) }, 'unhandled rejection'));

try {
  const db = await openDatabase(given.database, clock.now());
  const channel = await openChannel(given.channel);
  const config = {
    ...readConfig({ DATA_DIR: given.dataDir, LESSONS_DIR: given.lessonsDir, QUIET_HOURS: 'off' }, '/'),
    database: given.database,
  };
  const channels = [channel];
  const app = await openApp({ config, db, clock, log, redis: given.redis, channels, passing });
  process.on('message', (asked: ToServer) => {
    void readHealth({ config, db, clock, channels, app }).then((health) =>
      process.send?.({ tell: 'health', no: asked.no, health } satisfies FromServer),
    );
  });
  void round('tick', given.tickEvery, (one) => one.tick())(app);
  void round('sweep', given.sweepEvery, (one) => one.sweep())(app);
  process.send?.({ tell: 'ready', pid: process.pid } satisfies FromServer);
} catch (error) {
  log.error({ reason: reasonOf(error) }, 'could not start');
  process.exit(1);
}
