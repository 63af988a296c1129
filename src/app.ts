/**
 * All parts of a running server, put together: channels speak to the inbox, the inbox to the records, the
 * clock's tick to the planner, the planner to the ledger, the ledger through the queue to the channels.
 * `main.ts` runs it; the tests run it with a clock that they move.
 */
import { hostname } from 'node:os';

import type { Channel, ChannelSink } from './channels/channel.ts';
import { planAcks } from './chat/acks.ts';
import { type Notice, noticeCertifications, tellDeciders } from './chat/notices.ts';
import { carryOut, tellOfInvitation } from './chat/reach.ts';
import { forgetTalk } from './chat/forget.ts';
import { tellWaiting } from './chat/tell.ts';
import { REHEARSE_EVERY, rehearseDue } from './chat/rehearsal.ts';
import { sendWeekly } from './chat/weekly.ts';
import { handleNew, retryFailed } from './chat/handle.ts';
import { openInbox } from './chat/inbox.ts';
import { photoKeeper } from './chat/photos.ts';
import { NUDGE_EVERY, planReviews, remindGroups, sendPractice } from './chat/nudges.ts';
import { type Clock, SECOND } from './clock.ts';
import { type Config, leadsNowhere } from './config.ts';
import type { Db } from './db/open.ts';
import { makeComposer } from './delivery/compose.ts';
import { warmUpDigest } from './delivery/digests.ts';
import { forgetPictures } from './delivery/drawing.ts';
import { factMover } from './digest/follow.ts';
import { makeCourier } from './delivery/courier.ts';
import { quietHoursOf, quietUntil } from './delivery/pace.ts';
import { recordEcho } from './delivery/echo.ts';
import type { Delivery } from './delivery/ledger.ts';
import { releaseAccounts, RENEW, renewAccounts, takeAccounts } from './delivery/lease.ts';
import { openQueue, type RedisAddress, type SendQueue } from './delivery/queue.ts';
import { remindUnread } from './delivery/readings.ts';
import {
  beginEpoch,
  endEpoch,
  expireEchoes,
  listQueued,
  queueDue,
  searchHistory,
  settleOrphans,
} from './delivery/recover.ts';
import { expireHeld, guardStorm } from './delivery/storm.ts';
import { reasonOf } from './errors.ts';
import { type Catalogue, loadCatalogue } from './lessons/catalogue.ts';
import { picturePath } from './lessons/pictures.ts';
import { recordCatalogue } from './lessons/revisions.ts';
import { listWritten, stampWritten, withWritten } from './lessons/written.ts';
import { type Log, sparing } from './log.ts';
import type { FetchRules } from './news/fetch.ts';
import { openNewsroom } from './newsroom.ts';
import { type Passing, passOn } from './passing.ts';
import { settleChoices } from './people/match-choices.ts';
import { recordFriendRequest, recordInvitation } from './people/reach.ts';
import { beginLogin, finishLogin, reportGroup } from './people/relogin.ts';
import { settlePoints } from './quiz/settle.ts';
import { readPolicy } from './people/policies.ts';
import { getGroup } from './people/groups.ts';
import { forgetTries } from './people/sessions.ts';
import { forgetUploads } from './people/uploads.ts';
import { closeDueWindows } from './schedule/closing.ts';
import { endLate } from './schedule/late.ts';
import { planDue, rereadCalendar } from './schedule/planner.ts';
import { sayNextLesson } from './schedule/preview.ts';
import { serial } from './serial.ts';

export interface AppParts {
  readonly config: Config;
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly redis: RedisAddress;
  readonly channels: readonly Channel[];
  readonly random?: () => number;
  /** Sets queues of one Redis apart. */
  readonly queuePrefix?: string;
  /** Called when another server has taken one of the accounts: nothing is sent any more, and this one should end. */
  readonly onLost?: () => void;
  /** How strangers' addresses are read; for tests. */
  readonly fetchRules?: FetchRules;
  /** Called at the places where a crash leaves the most behind; for the fault tests. */
  readonly passing?: Passing;
}

export interface App {
  readonly catalogue: () => Catalogue;
  readonly queue: SendQueue;
  /** One round of everything that time brings; rounds never overlap. */
  tick(): Promise<void>;
  /** Makes good what a crash, an emptied queue or a silent channel lost; reads the lessons anew. */
  sweep(): Promise<void>;
  /** Ends an account's connection and makes a new one. Rejects when there is no such account here. */
  restart(account: string): Promise<void>;
  /** Resolves when every message that arrived is handled. */
  settled(): Promise<void>;
  /** One round of reading feeds, files and pasted addresses; it takes as long as strangers' sites do. */
  readNews(): Promise<void>;
  stop(): Promise<void>;
}

const BOT_NAME = '小课';
const COMPLAIN_EVERY = 30 * SECOND;
/** How often it is looked whether somebody has to be told of something. */
const TELL_EVERY = 10 * SECOND;

export async function openApp(parts: AppParts): Promise<App> {
  const { config, db, clock, log, channels, redis, passing = passOn } = parts;
  const accounts = channels.map(({ account }) => account);
  const channelOf = (account: string) => channels.find((channel) => channel.account === account);
  const linkBase = (channel: Channel | undefined) =>
    channel && (!channel.limits.paced || !leadsNowhere(config.publicUrl)) ? config.publicUrl : undefined;

  const place = {
    zone: config.zone,
    dataDir: config.dataDir,
    complain: (error: unknown) =>
      log.warn({ reason: reasonOf(error) }, "a digest's picture could not be made: it goes without"),
  };
  let folder = await readLessons();
  let catalogue = folder;
  let written = '';
  await takeWritten();
  const stopping = new AbortController();
  const epoch = await beginEpoch(db, clock.now());
  const owner = { instance: `${hostname()}:${config.dataDir}`, epoch };
  await takeAccounts(db, accounts, owner, clock, log);
  let renewedAt = clock.now();
  let isLost = false;
  let toldAt = 0;
  await retryFailed(db);

  const courier = makeCourier({
    db,
    clock,
    log,
    zone: config.zone,
    epoch,
    ...(config.pace ? { pace: config.pace } : {}),
    ...(config.quietHours ? { quietHours: config.quietHours } : {}),
    channelOf,
    compose: makeComposer({ ...place, linkBase, nextLesson, tellSecretary }),
    warmUp: (delivery) => warmUpDigest(db, delivery, place, clock.now()),
    picturePath: (file) => picturePath(config, file),
    random: parts.random ?? Math.random,
    signal: stopping.signal,
    passing,
  });
  const own = { epoch, isActive: (id: string) => courier.isActive(id) };
  await settleOrphans(db, accounts, own, clock.now());
  await rereadCalendar(db, clock.now());
  const queue = openQueue({
    redis,
    accounts,
    deliver: async (id) => {
      if (!isLost) await courier.deliver(id);
    },
    log,
    ...(parts.queuePrefix ? { prefix: parts.queuePrefix } : {}),
  });

  const handling = serial(async () => {
    await takeWritten();
    const handled = await handleNew({
      db,
      log,
      zone: config.zone,
      config,
      now: () => clock.now(),
      lessons: () => catalogue.lessons,
      botNames: (account) => [BOT_NAME, channelOf(account)?.status().name ?? BOT_NAME],
      linkBase: (account) => linkBase(channelOf(account)),
      // A message is acknowledged by its chat when it is written down, however long the backlog is.
      giveWay: () => inbox.settled(),
      passing,
    });
    if (handled > 0) await passing('handled');
    // A reply in a private chat doesn't wait for the next tick.
    if (handled > 0) await enqueue(await queueDue(db, accounts, clock.now()));
    if (handled > 0) await newsroom.pokeRequests();
  }, log);
  const inbox = openInbox(db, () => clock.now(), handling.poke);
  const newsroom = openNewsroom({
    db,
    clock,
    config,
    log,
    signal: stopping.signal,
    onAnswer: async () => await enqueue(await queueDue(db, accounts, clock.now())),
    ...(parts.fetchRules ? { rules: parts.fetchRules } : {}),
  });

  let owesJobs = false;
  const isComplaintDue = sparing(COMPLAIN_EVERY);
  async function enqueue(due: readonly Delivery[]) {
    if (due.length === 0 || isLost) return;
    await passing('before-enqueue');
    try {
      await queue.add(due);
      await passing('enqueued');
    } catch (error) {
      owesJobs = true;
      // Every second of an outage has its rounds.
      if (!isComplaintDue(clock.now())) return;
      log.warn(
        { reason: reasonOf(error), deliveries: due.length },
        'Redis took no jobs; they are added when it answers',
      );
    }
  }

  async function keepAccounts(now: number): Promise<void> {
    if (now - renewedAt < RENEW && now >= renewedAt) return;
    isLost = !(await renewAccounts(db, accounts, owner, now));
    renewedAt = now;
    if (!isLost) return;
    log.error('another server drives an account of ours: this one sends nothing any more');
    parts.onLost?.();
  }

  const ticking = serial(async () => {
    const now = clock.now();
    await keepAccounts(now);
    if (isLost) return;
    await takeWritten();
    if ((await planDue(db, catalogue.lessons, now)) > 0) await passing('planned');
    await guardStorms(now);
    await planAcks(db, now);
    await noticeCertifications(db, now);
    await settleChoices(db, factMover(config.zone), now);
    await tellPeople(now);
    // Answers that have arrived count before their quiz is closed.
    await inbox.settled();
    await handling.run();
    await closeDueWindows(db, now);
    await settlePoints(db, config.zone, now);
    photographing.poke();
    rehearse(now);
    await nudge(now);
    await expireEchoes(db, now);
    await expireHeld(db, now);
    await endLate(db, now);
    await enqueue(await queueDue(db, accounts, now));
    if (owesJobs) {
      owesJobs = false;
      await enqueue(await listQueued(db, accounts));
    }
  }, log);

  const keepPhotos = photoKeeper({ db, log, dataDir: config.dataDir, channelOf, now: () => clock.now() });
  // By itself: a channel may take its time over a picture.
  const photographing = serial(async () => void (await keepPhotos()), log);

  const sweeping = serial(async () => {
    if (isLost) return;
    folder = await readLessons();
    written = '';
    await takeWritten();
    await settleOrphans(db, accounts, own, clock.now());
    for (const channel of channels)
      if (channel.status().state === 'online') await searchHistory(db, channel, epoch, clock.now());
    await handling.run();
    await enqueue(await listQueued(db, accounts));
    await forgetTalk(db, clock.now());
    await remindUnread(db, reminderWait, clock.now());
    await forgetPictures(config.dataDir, clock.now());
    newsroom.poke();
    for (const channel of channels) await carryOut({ db, log, now: () => clock.now() }, channel);
    await forgetTries(db, clock.now());
    await forgetUploads(db, clock.now());
  }, log);

  // By itself: pictures are drawn.
  const rehearsing = serial(async () => {
    if (isLost || (await rehearseDue(db, place, clock.now())) === 0) return;
    await enqueue(await queueDue(db, accounts, clock.now()));
  }, log);
  let rehearsedAt = Number.NEGATIVE_INFINITY;

  function rehearse(now: number): void {
    if (now - rehearsedAt < REHEARSE_EVERY && now >= rehearsedAt) return;
    rehearsedAt = now;
    rehearsing.poke();
  }

  let nudgedAt = Number.NEGATIVE_INFINITY;

  /** Reminders and practice, not while people sleep. */
  async function nudge(now: number): Promise<void> {
    if (now - nudgedAt < NUDGE_EVERY && now >= nudgedAt) return;
    nudgedAt = now;
    const isQuiet = async (place = {}) => {
      const quiet = await quietHoursOf(db, config, place);
      return quiet !== undefined && quietUntil(quiet, now, config.zone) !== undefined;
    };
    await remindGroups(
      db,
      config.zone,
      now,
      (account) => linkBase(channelOf(account)),
      (groupId) => isQuiet({ groupId }),
    );
    if (await isQuiet()) return;
    await sendPractice(db, config.zone, now);
    await planReviews(db, config.zone, now);
    await sendWeekly(db, config.zone, now);
  }

  async function reminderWait(groupId: string): Promise<number | undefined> {
    const isWanted = await readPolicy(db, 'reading-reminder', { groupId });
    return isWanted ? await readPolicy(db, 'reading-reminder-after', { groupId }) : undefined;
  }

  async function guardStorms(now: number): Promise<void> {
    for (const channel of channels) {
      if (channel.status().state !== 'online') continue;
      const held = await guardStorm(db, channel.account, now);
      if (held > 0)
        log.warn(
          { account: channel.account, deliveries: held },
          'held after an outage: "weike delivery held"',
        );
    }
  }

  /** A folder that can't be read keeps what was read before. */
  async function readLessons(): Promise<Catalogue> {
    const read = await loadCatalogue(config.lessonsDir);
    await recordCatalogue(db, read, 'operator', clock.now());
    return read;
  }

  async function tellPeople(now: number): Promise<void> {
    if (now - toldAt < TELL_EVERY && now >= toldAt) return;
    toldAt = now;
    const states = channels.map((channel) => channel.status());
    await tellWaiting(db, { zone: config.zone, channels: states }, now);
  }

  /** What was approved, changed or taken back since, of the lessons that people wrote here. */
  async function takeWritten(): Promise<void> {
    const stamp = `written ${await stampWritten(db)}`;
    if (stamp === written) return;
    catalogue = withWritten(folder, await listWritten(db));
    written = stamp;
  }

  function nextLesson(trx: Db, groupId: string, now: number): Promise<string | undefined> {
    return sayNextLesson(trx, catalogue.lessons, groupId, now, config.zone);
  }

  async function tellSecretary(trx: Db, groupId: string, told: Notice, now: number): Promise<void> {
    const { unit_id: unitId } = await getGroup(trx, groupId);
    await tellDeciders(trx, unitId, told, now);
  }

  const sink: ChannelSink = {
    async message(message) {
      await inbox.write(message);
      await passing('inbox-committed');
    },
    async echo(echo) {
      await recordEcho(db, echo, clock.now());
      await passing('after-echo');
    },
    async group(group) {
      await reportGroup(db, group, clock.now());
    },
    async loggedIn(account) {
      await beginLogin(db, account, clock.now());
    },
    async listed(account, groups) {
      // What came under the ids of before is handled under the bindings of before.
      await inbox.settled();
      await handling.run();
      await finishLogin(db, account, groups, clock.now());
      handling.poke();
    },
    async friendRequest(request) {
      await recordFriendRequest(db, request, clock.now(), (parts.random ?? Math.random)());
    },
    async groupInvitation(invitation) {
      const no = await recordInvitation(db, invitation, clock.now());
      if (no !== undefined) await tellOfInvitation(db, no, invitation.topic, clock.now());
    },
  };
  for (const channel of channels) await channel.start(sink);
  handling.poke();

  return {
    catalogue: () => catalogue,
    queue,
    tick: ticking.run,
    sweep: sweeping.run,
    async restart(account) {
      const channel = channelOf(account);
      if (!channel) throw new Error(`there is no account ${account} here`);
      await channel.stop();
      await channel.start(sink);
    },
    async settled() {
      await inbox.settled();
      await handling.run();
    },
    readNews: newsroom.run,
    async stop() {
      stopping.abort();
      await Promise.allSettled(channels.map((channel) => channel.stop()));
      await inbox.settled();
      await Promise.allSettled([
        photographing.idle(),
        rehearsing.idle(),
        ticking.idle(),
        sweeping.idle(),
        handling.idle(),
      ]);
      await newsroom.idle();
      await queue.close();
      await releaseAccounts(db, owner);
      await endEpoch(db, epoch, clock.now());
    },
  };
}
