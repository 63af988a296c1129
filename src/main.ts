/** The composition root: configuration -> database, queue, channels, web; one stop. */
import { flushCompileCache } from 'node:module';

import { schedule as every, setLogger } from 'node-cron';

import { openApp } from './app.ts';
import type { Channel } from './channels/channel.ts';
import { openSandbox, type SandboxChannel } from './channels/sandbox/sandbox.ts';
import { localDay, SECOND, systemClock } from './clock.ts';
import { type Config, isLocalOnly, readConfig, readEnvironment } from './config.ts';
import { type Db, openDatabase } from './db/open.ts';
import { forgetAllPictures } from './delivery/drawing.ts';
import { openPrivateRedis } from './delivery/redis.ts';
import { reasonOf, UserError, wordsForTerminal } from './errors.ts';
import { loadCatalogue } from './lessons/catalogue.ts';
import { lockDataDir } from './lock.ts';
import { type Log, openLog } from './log.ts';
import { issueLoginToken } from './people/sessions.ts';
import { applyTombstones, tombstoneFile } from './people/tombstones.ts';
import { type Greeting, greeting } from './greeting.ts';
import { readHealth } from './health.ts';
import { seedWorld } from './seed.ts';
import { openSite } from './site.ts';
import { openStopper } from './stopper.ts';

/** Whether the first admin's link was printed is known by whether any was ever issued. */
const ADMIN = 'admin';

/** How long a stop waits for a start that is under way. */
const START_WITHIN = 2 * SECOND;

async function main(): Promise<void> {
  // What we write holds names and logins: it is nobody else's to read.
  process.umask(0o077);
  const config = readConfig(readEnvironment(process.env, process.cwd()), process.cwd());
  const log = openLog(config.logLevel);
  const stop = openStopper(log, systemClock, (code) => process.exit(code));
  // What is half open can't be closed: whoever ends us while we start waits a moment.
  let starting: Promise<unknown> = Promise.resolve();
  const end = async (signal: string) => {
    await Promise.race([starting.catch(() => undefined), systemClock.sleep(START_WITHIN)]);
    await stop.andExit(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(signal));
  process.on('unhandledRejection', (reason) => log.error({ reason: reasonOf(reason) }, 'unexpected'));
  process.on('uncaughtException', (error) => {
    // Whatever state this leaves behind, the next start mends it from the ledger.
    log.error({ reason: reasonOf(error) }, 'unexpected; the server stops');
    void stop.andExit('an unexpected error', 1);
  });
  try {
    const add = (part: () => unknown) => stop.add(part);
    starting = start(config, log, add, () => void stop.andExit('another server', 1));
    await starting;
  } catch (error) {
    if (stop.hasBegun()) return;
    await stop.all();
    throw error;
  }
}

/** `add` takes what closes a part, in the order of opening. */
async function start(
  config: Config,
  log: Log,
  add: (close: () => unknown) => void,
  onLost: () => void,
): Promise<void> {
  const clock = systemClock;
  const lock = lockDataDir(config.dataDir);
  add(() => lock.release());
  const [db, privateRedis] = await together(
    openDatabase(config.database, clock.now()).then((opened) => {
      add(() => opened.destroy());
      return opened;
    }),
    config.redisUrl
      ? Promise.resolve(undefined)
      : openPrivateRedis(config.dataDir).then((opened) => {
          add(() => opened.stop());
          return opened;
        }),
  );

  // An old backup may have brought back whom somebody asked us to forget.
  const again = await applyTombstones(db, tombstoneFile(config.dataDir), {
    day: localDay(clock.now(), config.zone),
    now: clock.now(),
  });
  if (again > 0) {
    await forgetAllPictures(config.dataDir);
    log.warn({ members: again }, 'members that a backup had brought back are erased again');
  }

  const sandbox = config.channels.some(({ kind }) => kind === 'sandbox')
    ? openSandbox({ db, clock, log, lessonsDir: config.lessonsDir, dataDir: config.dataDir })
    : undefined;
  const isNew =
    sandbox !== undefined &&
    (await seedWorld(db, (await loadCatalogue(config.lessonsDir)).lessons, config.zone, clock.now()));
  const served = Promise.withResolvers<void>();
  const channels = await openChannels(config, log, sandbox, served.promise);
  const redis = privateRedis ? { path: privateRedis.path } : { url: config.redisUrl ?? '' };
  const app = await openApp({ config, db, clock, log, redis, channels, onLost });
  add(() => app.stop());

  const parts = { config, db, clock, log, channels, app, ...(sandbox ? { sandbox } : {}) };
  const site = await openSite(parts, () => readHealth(parts));
  add(() => site.close());
  served.resolve();

  // Its own warnings go to standard error; that a round takes longer than its second is no news.
  const quiet = () => undefined;
  setLogger({
    info: quiet,
    warn: quiet,
    debug: quiet,
    error: (error) => log.error({ reason: reasonOf(error) }, 'the clock failed'),
  });
  const round = (what: string, work: () => Promise<void>) => async () => {
    await work().catch((error: unknown) =>
      log.error({ reason: reasonOf(error) }, `the ${what} failed; the next one tries again`),
    );
  };
  const tickRound = round('tick', () => app.tick());
  const sweepRound = round('sweep', () => app.sweep());
  const tick = every('* * * * * *', tickRound, { noOverlap: true, name: 'tick' });
  const sweep = every('* * * * *', sweepRound, { noOverlap: true, name: 'sweep' });
  add(() => Promise.all([tick.stop(), sweep.stop()]));
  void tickRound();
  void sweepRound();

  await greet(db, log, { config, url: site.url, lessons: app.catalogue().lessons.length, isNew });
}

/** Both, or the rejection of one when the other has come to its end too: then what it opened can be closed. */
async function together<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return await Promise.all([one, other]);
}

async function openChannels(
  config: Config,
  log: Log,
  sandbox: SandboxChannel | undefined,
  served: Promise<void>,
): Promise<Channel[]> {
  const channels: Channel[] = sandbox ? [sandbox] : [];
  for (const channel of config.channels.filter(({ kind }) => kind === 'wechaty')) {
    const { openWechaty } = await import('./channels/wechaty/wechaty.ts');
    channels.push(openWechaty(channel, { clock: systemClock, log, dataDir: config.dataDir, after: served }));
  }
  return channels;
}

/** Tells the person at the terminal where to go. */
async function greet(
  db: Db,
  log: Log,
  { config, ...about }: Omit<Greeting, 'adminToken'> & { readonly config: Config },
): Promise<void> {
  const isShut =
    !isLocalOnly(config) && !(await db.selectFrom('login_token').select('hash').limit(1).executeTakeFirst());
  const adminToken = isShut ? await issueLoginToken(db, ADMIN, systemClock.now()) : undefined;
  const { lines, warnings } = greeting({
    config,
    ...about,
    ...(adminToken === undefined ? {} : { adminToken }),
  });
  for (const warning of warnings) log.warn(warning);
  log.info('ready');
  // Compiled once for the next start, also when this one ends without a word.
  flushCompileCache();
  process.stderr.write(`${lines.join('\n')}\n`);
}

try {
  await main();
} catch (error) {
  const isExpected = error instanceof UserError || (error as NodeJS.ErrnoException).code !== undefined;
  const words = wordsForTerminal(error);
  process.stderr.write(`weike: ${isExpected ? words : `could not start: ${words}`}\n`);
  process.exit(1);
}
