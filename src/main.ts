/** The composition root: configuration -> database, queue, channels, web; one stop. */
import { mkdirSync } from 'node:fs';

import { schedule as every } from 'node-cron';

import { openApp } from './app.ts';
import type { Channel } from './channels/channel.ts';
import { openSandbox, type SandboxChannel } from './channels/sandbox/sandbox.ts';
import { SECOND, systemClock } from './clock.ts';
import { type Config, isLocalOnly, readConfig, readEnvironment } from './config.ts';
import { type Db, openDatabase } from './db/open.ts';
import { openPrivateRedis } from './delivery/redis.ts';
import { reasonOf, UserError } from './errors.ts';
import { loadCatalogue } from './lessons/catalogue.ts';
import { lockDataDir } from './lock.ts';
import { type Log, openLog } from './log.ts';
import { issueLoginToken } from './people/sessions.ts';
import { readHealth } from './health.ts';
import { seedWorld } from './seed.ts';
import { openSite } from './site.ts';

const STOP_WITHIN = 9 * SECOND;
/** Whether the first admin's link was printed is known by whether any was ever issued. */
const ADMIN = 'admin';

async function main(): Promise<void> {
  const config = readConfig(readEnvironment(process.env, process.cwd()), process.cwd());
  const log = openLog(config.logLevel);
  const closers: (() => unknown)[] = [];
  const stop = stopper(closers, log);
  try {
    await start(config, log, closers, () => void stop.andExit('another server', 1));
  } catch (error) {
    await stop.all();
    throw error;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop.andExit(signal));
}

async function start(
  config: Config,
  log: Log,
  closers: (() => unknown)[],
  onLost: () => void,
): Promise<void> {
  const clock = systemClock;
  mkdirSync(config.dataDir, { recursive: true });
  const lock = lockDataDir(config.dataDir);
  closers.push(() => lock.release());
  const [db, privateRedis] = await Promise.all([
    openDatabase(config.database, clock.now()),
    config.redisUrl ? undefined : openPrivateRedis(config.dataDir),
  ]).then(([opened, redis]) => {
    closers.push(() => opened.destroy());
    if (redis) closers.push(() => redis.stop());
    return [opened, redis] as const;
  });

  const sandbox = config.channels.some(({ kind }) => kind === 'sandbox')
    ? openSandbox({ db, clock, log, lessonsDir: config.lessonsDir })
    : undefined;
  if (sandbox)
    await seedWorld(db, (await loadCatalogue(config.lessonsDir)).lessons, config.zone, clock.now());
  const channels = await openChannels(config, log, sandbox);
  const redis = privateRedis ? { path: privateRedis.path } : { url: config.redisUrl ?? '' };
  const app = await openApp({ config, db, clock, log, redis, channels, onLost });
  closers.push(() => app.stop());

  const parts = { config, db, clock, log, channels, app, ...(sandbox ? { sandbox } : {}) };
  const site = await openSite(parts, () => readHealth(parts));
  closers.push(() => site.close());

  const round = (what: string, work: () => Promise<void>) => async () => {
    await work().catch((error: unknown) =>
      log.error({ reason: reasonOf(error) }, `the ${what} failed; the next one tries again`),
    );
  };
  const tickRound = round('tick', () => app.tick());
  const sweepRound = round('sweep', () => app.sweep());
  const tick = every('* * * * * *', tickRound, { noOverlap: true, name: 'tick' });
  const sweep = every('* * * * *', sweepRound, { noOverlap: true, name: 'sweep' });
  closers.push(() => Promise.all([tick.stop(), sweep.stop()]));
  void tickRound();
  void sweepRound();

  await greet(config, db, site.url, log, sandbox);
}

async function openChannels(
  config: Config,
  log: Log,
  sandbox: SandboxChannel | undefined,
): Promise<Channel[]> {
  const channels: Channel[] = sandbox ? [sandbox] : [];
  for (const channel of config.channels.filter(({ kind }) => kind === 'wechaty')) {
    const { openWechaty } = await import('./channels/wechaty/wechaty.ts');
    channels.push(openWechaty(channel, { clock: systemClock, log, dataDir: config.dataDir }));
  }
  return channels;
}

/** Tells the person at the terminal where to go. */
async function greet(config: Config, db: Db, url: string, log: Log, sandbox?: SandboxChannel): Promise<void> {
  const lines = [`微课 is running at ${url}/`];
  if (sandbox) lines.push(`Try it in the sandbox: ${url}/sandbox (a lesson arrives within a minute)`);
  if (!isLocalOnly(config)) {
    const known = await db.selectFrom('login_token').select('hash').limit(1).executeTakeFirst();
    if (!known)
      lines.push(
        `First admin, once, within ten minutes: ${config.publicUrl}/enter?t=${await issueLoginToken(db, ADMIN, systemClock.now())}`,
      );
  }
  log.info('ready');
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** Closes everything in the reverse order of opening, within the time that a supervisor grants. */
function stopper(closers: (() => unknown)[], log: Log) {
  let stopping = false;
  const all = async () => {
    for (const close of closers.splice(0).toReversed())
      await Promise.resolve()
        .then(close)
        .catch((error: unknown) => log.warn({ reason: reasonOf(error) }, 'a part did not close cleanly'));
  };
  return {
    all,
    async andExit(signal: string, code = 0) {
      if (stopping) return;
      stopping = true;
      log.info({ signal }, 'stopping');
      const timer = setTimeout(() => {
        log.error('not everything closed in time');
        process.exit(1);
      }, STOP_WITHIN);
      timer.unref();
      await all();
      process.exit(code);
    },
  };
}

process.on('unhandledRejection', (reason) => {
  process.stderr.write(`unexpected: ${reasonOf(reason)}\n`);
});

try {
  await main();
} catch (error) {
  const isExpected = error instanceof UserError || (error as NodeJS.ErrnoException).code !== undefined;
  process.stderr.write(`weike: ${isExpected ? reasonOf(error) : `could not start: ${reasonOf(error)}`}\n`);
  process.exit(1);
}
