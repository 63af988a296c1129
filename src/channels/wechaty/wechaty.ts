/**
 * Any account that wechaty can drive. The puppet's own events are tapped, because wechaty drops a message
 * whose payload can't be loaded at once; the account's health is judged by what is heard, not by its flag.
 */
import { type Clock, MINUTE, SECOND } from '../../clock.ts';
import { type ChannelConfig, isPaced } from '../../config.ts';
import { reasonOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import {
  type Channel,
  type ChannelSink,
  type ChannelState,
  type ChannelStatus,
  type ChatTarget,
  NotSentError,
  type Receipt,
  RefusedError,
  type SeenGroup,
} from '../channel.ts';
import { type Backoff, backoffDelay } from './backoff.ts';
import { explain } from './explain.ts';
import { ECHO_WITHIN, isDeaf, openHearing } from './hearing.ts';
import { openIntake } from './intake.ts';
import { showLoginCode } from './login-code.ts';
import { nameOf, readGroup, readMessage } from './messages.ts';
import { acceptFriendship, acceptRoomInvitation, listenForRequests } from './requests.ts';
import { openPatience } from './patience.ts';
import { sayPart } from './say.ts';
import { prepareServiceStop } from './service.ts';
import { readSendError } from './throttle.ts';
import { type Bot, buildBot, type GivenPuppet, loadVendor, type Puppet, type Vendor } from './vendor.ts';
import { leaveWechat4u } from './wechat4u.ts';
import { within } from './within.ts';

export interface WechatyOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly dataDir: string;
  /** Shows the login code; the terminal by default. */
  readonly onQr?: (qr: string) => void;
  /** A puppet made elsewhere, or how to make one for each connection, for tests. */
  readonly puppet?: GivenPuppet | (() => GivenPuppet);
  readonly reconnect?: Backoff;
  /** How often a quiet account is asked whether it still hears; two unanswered questions mean no. */
  readonly probeEvery?: number;
  /** The first connection waits for it: loading the vendor's code takes the whole processor for a second. */
  readonly after?: Promise<unknown>;
  /** How long a start may take before it is given up, ms. */
  readonly startWithin?: number;
  /** How long neither a login nor a code to scan may fail to come before the connection is made anew, ms. */
  readonly loginWithin?: number;
  /** The same after an error, ms. */
  readonly recoverWithin?: number;
  /** How long an echo may take before its absence counts against the account's hearing, ms. */
  readonly echoWithin?: number;
  /** In [0, 1), for the jitter. */
  readonly random?: () => number;
}

const MAX_TEXT = 2_000;
const RECONNECT: Backoff = { first: SECOND, longest: 5 * MINUTE };
const RETRY_MESSAGE: Backoff = { first: 200, longest: 30 * SECOND };
/** Messages whose payload is being loaded or stored; the ids of the others wait. */
const AT_ONCE = 100;
const TRIES_OF_OLD = 20;
const PROBE_EVERY = 30 * SECOND;
const STOP_WITHIN = 3 * SECOND;
const START_WITHIN = MINUTE;
const LOGIN_WITHIN = 2 * MINUTE;
const RECOVER_WITHIN = 5 * SECOND;
/** The same complaint isn't written down more often: some puppets fail a hundred times a second. */
const COMPLAIN_EVERY = MINUTE;

const LOST = '连接断了，正在重连';

export function openWechaty(config: ChannelConfig, options: WechatyOptions): Channel {
  const { account } = config;
  const { clock, log } = options;
  let state: ChannelState = 'starting';
  let since = clock.now();
  let reason: string | undefined;
  let qr: string | undefined;
  let name: string | undefined;
  const hearing = openHearing(() => clock.now());
  const random = options.random ?? Math.random;
  /** In a row, since anything was last heard. */
  let deafRestarts = 0;
  let sink: ChannelSink | undefined;
  let bot: Bot | undefined;
  let vendor: Vendor | undefined;
  let running: Promise<void> | undefined;
  let stopping = new AbortController();
  /** Aborted when the present connection is given up. */
  let connection = new AbortController();

  const intake = openIntake({
    clock,
    atOnce: AT_ONCE,
    take,
    retry: RETRY_MESSAGE,
    triesOfOld: TRIES_OF_OLD,
    onFailure({ error, attempt, isLost }) {
      const what = { account, attempt, reason: reasonOf(error) };
      if (isLost) log.error(what, 'a message of an earlier connection can not be loaded any more');
      else log.warn(what, 'a message could not be taken yet');
    },
  });

  function enter(next: ChannelState, why?: string): void {
    if (state !== next) since = clock.now();
    state = next;
    reason = why;
    if (next !== 'waiting-login') qr = undefined;
  }

  /** Connects, and again after every break, until it is stopped. */
  async function run(signal: AbortSignal): Promise<void> {
    await Promise.race([options.after, aborted(signal)]);
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      connection = new AbortController();
      const startedAt = clock.now();
      try {
        await connect(connection.signal, signal);
      } catch (error) {
        if (!signal.aborted && !connection.signal.aborted) {
          log.warn({ account, reason: reasonOf(error) }, 'the account could not connect');
          enter('offline', explain(error, config.puppet));
        }
      }
      await disconnect();
      if (signal.aborted) return;
      if (state !== 'offline') enter('offline', LOST);
      // What lasted was a good connection; one that was deaf wasn't, however long it lasted.
      if (deafRestarts > 0) attempt = Math.max(attempt, deafRestarts);
      else if (clock.now() - startedAt > MINUTE) attempt = 1;
      await clock.sleep(backoffDelay(options.reconnect ?? RECONNECT, attempt, random()), signal);
    }
  }

  /** Resolves when the connection has broken; rejects when it never came about. */
  async function connect(broken: AbortSignal, signal: AbortSignal): Promise<void> {
    vendor ??= await loadVendor();
    const given = typeof options.puppet === 'function' ? options.puppet() : options.puppet;
    const own = await buildBot(config, options.dataDir, given);
    bot = own;
    hearing.begin();
    listen(own, broken);
    await within(own.start(), options.startWithin ?? START_WITHIN, clock, broken);
    if (own.puppet.isLoggedIn) await loggedIn(own.puppet, broken);
    else if (state !== 'waiting-login') login.expect(options.loginWithin ?? LOGIN_WITHIN);
    while (!broken.aborted && !signal.aborted) await watch(own.puppet, broken);
  }

  function giveUp(cause: string, words: string): void {
    if (connection.signal.aborted) return;
    log.warn({ account, reason: cause }, 'the connection is given up and made anew');
    enter('offline', words);
    connection.abort();
  }

  /** A connection to which neither a login nor a code to scan comes is made anew. */
  const login = openPatience(clock, () => giveUp('neither a login nor a code to scan came', reason ?? LOST));

  let complained = { reason: '', at: Number.NEGATIVE_INFINITY };
  function complain(error: unknown): void {
    const why = reasonOf(error).slice(0, 300);
    if (why === complained.reason && clock.now() - complained.at < COMPLAIN_EVERY) return;
    complained = { reason: why, at: clock.now() };
    log.warn({ account, reason: why }, 'the puppet reports an error');
  }

  function failed(error: unknown, broken: AbortSignal): void {
    if (broken.aborted || stopping.signal.aborted) return;
    complain(error);
    if (state === 'online') return;
    enter('offline', explain(error, config.puppet));
    login.expect(options.recoverWithin ?? RECOVER_WITHIN);
  }

  function listen(own: Bot, broken: AbortSignal): void {
    const { puppet } = own;
    const live =
      <T extends unknown[]>(work: (...given: T) => Promise<void> | void) =>
      (...given: T) => {
        if (broken.aborted || stopping.signal.aborted) return;
        hearing.sign();
        Promise.resolve()
          .then(() => work(...given))
          .catch((error: unknown) =>
            log.warn({ account, reason: reasonOf(error) }, 'an event could not be taken'),
          );
      };
    own.on('error', (error: unknown) => failed(error, broken));
    puppet.on(
      'scan',
      live(({ qrcode, status }) => scanned(qrcode ?? '', status)),
    );
    puppet.on(
      'login',
      live(() => loggedIn(puppet, broken)),
    );
    puppet.on(
      'logout',
      live(() => loggedOut()),
    );
    puppet.on(
      'ready',
      // Before the login rooms would be taken for those of the account's last one.
      live(() => (state === 'online' ? reportGroups(puppet, broken) : undefined)),
    );
    puppet.on(
      'heartbeat',
      live(() => undefined),
    );
    puppet.on(
      'dong',
      live(() => undefined),
    );
    puppet.on(
      'message',
      live(({ messageId }) => {
        hears();
        intake.push(messageId);
      }),
    );
    for (const event of ['room-join', 'room-leave', 'room-topic'] as const)
      puppet.on(
        event,
        live(({ roomId }: { roomId: string }) => roomChanged(puppet, roomId)),
      );
    listenForRequests(puppet, account, () => sink, live);
    puppet.on(
      'reset',
      live(() => giveUp('the puppet asks for a new start', LOST)),
    );
  }

  /** Something was said in a chat, by whomever: the account hears. */
  function hears(): void {
    hearing.traffic();
    if (deafRestarts === 0) return;
    deafRestarts = 0;
    if (state === 'online') reason = undefined;
  }

  /** Each code is shown once; a code that the phone has read needs only a press there. */
  async function scanned(code: string, status: number): Promise<void> {
    login.settle();
    if (status === vendor?.scanned) return enter('waiting-login', '已扫码，请在手机上按确认');
    if (code === '') return;
    enter('waiting-login', '等待扫码登录');
    if (code === qr) return;
    qr = code;
    if (options.onQr) options.onQr(code);
    else await showLoginCode(account, code);
  }

  async function loggedIn(puppet: Puppet, broken: AbortSignal): Promise<void> {
    login.settle();
    if (state === 'online') return;
    known.clear();
    // Ids may have changed with the login: nothing is taken in before that is on record.
    await persist(() => sink?.loggedIn?.(account), broken);
    if (broken.aborted) return;
    intake.resume();
    name = await nameOf(puppet, puppet.currentUserId);
    if (broken.aborted || stopping.signal.aborted) return;
    enter('online', deafRestarts > 0 ? '重新连上了，还没有听到消息' : undefined);
    log.info({ account }, 'logged in');
    await reportGroups(puppet, broken);
  }

  function loggedOut(): void {
    intake.pause();
    enter('offline', '账号退出了登录，请重新扫码');
    login.expect(options.loginWithin ?? LOGIN_WITHIN);
  }

  /** Every room that the account is in. One that can't be read is reported when it is next heard of. */
  async function reportGroups(puppet: Puppet, broken: AbortSignal): Promise<void> {
    const groups: SeenGroup[] = [];
    for (const roomId of await persist(() => puppet.roomList(), broken, [])) {
      if (broken.aborted) return;
      try {
        groups.push(await reportGroup(puppet, roomId));
      } catch (error) {
        log.warn({ account, reason: reasonOf(error) }, 'a room could not be read');
      }
    }
    await persist(() => sink?.listed?.(account, groups), broken);
  }

  const known = new Set<string>();

  async function reportGroup(puppet: Puppet, roomId: string): Promise<SeenGroup> {
    const group = await readGroup(puppet, account, roomId);
    await sink?.group(group);
    known.add(roomId);
    return group;
  }

  /** Does what has to be done before anything else can go on, however often it fails, until the connection breaks. */
  async function persist<T>(work: () => Promise<T> | undefined, broken: AbortSignal, otherwise?: T) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await work()) as T;
      } catch (error) {
        if (broken.aborted) return otherwise as T;
        log.warn({ account, attempt, reason: reasonOf(error) }, 'a login could not be taken in yet');
      }
      await clock.sleep(backoffDelay(RETRY_MESSAGE, attempt, Math.random()), broken);
      if (broken.aborted) return otherwise as T;
    }
  }

  async function roomChanged(puppet: Puppet, roomId: string): Promise<void> {
    await puppet.roomPayloadDirty(roomId);
    await puppet.roomMemberPayloadDirty(roomId);
    await reportGroup(puppet, roomId);
  }

  /** Brings a message to the sink. Rejects when its payload or the disk refuses: then it comes again. */
  async function take(id: string, again: boolean): Promise<void> {
    const puppet = bot?.puppet;
    if (!puppet || !vendor || !sink || connection.signal.aborted) throw new Error('not connected');
    // A payload that was loaded half must not be remembered.
    if (again) await puppet.messagePayloadDirty(id).catch(() => undefined);
    const read = await readMessage(puppet, vendor, account, id);
    if (!read) return;
    if ('echo' in read) {
      hearing.echo();
      return await sink.echo(read.echo);
    }
    const { roomId } = read.inbound;
    if (roomId !== undefined && !known.has(roomId)) await reportGroup(puppet, roomId);
    await sink.message(read.inbound);
  }

  /** Waits one interval, then judges the account's hearing. */
  async function watch(puppet: Puppet, broken: AbortSignal): Promise<void> {
    const every = options.probeEvery ?? PROBE_EVERY;
    await clock.sleep(every, broken);
    if (broken.aborted || stopping.signal.aborted || state !== 'online') return;
    if (!puppet.isLoggedIn) return loggedOut();
    const now = clock.now();
    if (isDeaf(hearing.heard(), now, options.echoWithin ?? ECHO_WITHIN)) return foundDeaf();
    if (now - (hearing.lastHeardAt() ?? since) < every) return;
    if (!(await answers(puppet, every, broken)))
      giveUp('the account gives no sign of life', '账号没有回应，正在重新连接');
  }

  /** Asks twice whether it is there; any sign of life is an answer. */
  async function answers(puppet: Puppet, every: number, broken: AbortSignal): Promise<boolean> {
    const mark = hearing.mark();
    for (let asked = 0; asked < 2; asked += 1) {
      try {
        puppet.ding('probe');
      } catch (error) {
        log.warn({ account, reason: reasonOf(error) }, 'the account could not be asked');
      }
      await clock.sleep(every, broken);
      if (broken.aborted || hearing.since(mark)) return true;
    }
    return false;
  }

  function foundDeaf(): void {
    const { length } = hearing.heard().unanswered;
    deafRestarts += 1;
    const again = deafRestarts > 1 ? `（第 ${deafRestarts} 次）` : '';
    giveUp(
      'the account does not hear any more',
      `发出的 ${length} 条没有回音，也听不到别的消息，正在重新连接${again}`,
    );
  }

  async function disconnect(): Promise<void> {
    connection.abort();
    intake.pause();
    login.settle();
    const old = bot;
    bot = undefined;
    if (!old) return;
    const { puppet } = old;
    leaveWechat4u(puppet);
    const closeStores = prepareServiceStop(puppet);
    const complainOfStop = (error: unknown) =>
      log.warn({ account, reason: reasonOf(error) }, 'the old connection did not close cleanly');
    await within(old.stop(), STOP_WITHIN, clock).catch(complainOfStop);
    await within(closeStores(), STOP_WITHIN, clock).catch(complainOfStop);
    if (typeof options.puppet === 'object') return;
    puppet.removeAllListeners();
    // An error that nobody listens to would end the process.
    puppet.on('error', () => undefined);
  }

  const onlinePuppet = () => (state === 'online' && bot?.puppet.isLoggedIn ? bot.puppet : undefined);

  async function conversationOf(puppet: Puppet, target: ChatTarget): Promise<string> {
    if (target.kind === 'private') return target.contactId;
    const rooms = await puppet.roomList().catch((error: unknown) => {
      throw new NotSentError('群列表读不到，稍后再发', { cause: error });
    });
    if (!rooms.includes(target.roomId)) throw new RefusedError('账号不在这个群里');
    return target.roomId;
  }

  return {
    account,
    limits: { maxText: MAX_TEXT, paced: isPaced(config) },

    async start(given) {
      sink = given;
      stopping = new AbortController();
      enter('starting', '正在连接');
      deafRestarts = 0;
      running = run(stopping.signal);
    },

    async stop() {
      stopping.abort();
      connection.abort();
      intake.pause();
      intake.clear();
      sink = undefined;
      await running?.catch(() => undefined);
      enter('stopped', '已停');
    },

    status: (): ChannelStatus => ({
      account,
      state,
      since,
      ...optional('reason', reason),
      ...optional('qr', qr),
      ...optional('name', name),
      ...optional('lastTrafficAt', hearing.lastTrafficAt()),
      ...optional('lastHeardAt', hearing.lastHeardAt()),
      ...optional('deafRestarts', deafRestarts || undefined),
    }),

    async acceptFriend(id) {
      await acceptFriendship(onlinePuppet(), id);
    },

    async acceptInvitation(id) {
      await acceptRoomInvitation(onlinePuppet(), id);
    },

    async picture(id) {
      const puppet = onlinePuppet();
      if (!puppet) throw new NotSentError(reason ?? '账号不在线');
      return await (await puppet.messageImage(id, ARTWORK)).toBuffer();
    },

    async send(target, part): Promise<Receipt> {
      const puppet = bot?.puppet;
      if (state !== 'online' || !puppet?.isLoggedIn || !vendor)
        throw new NotSentError(reason ?? '账号不在线');
      const conversation = await conversationOf(puppet, target);
      const mark = hearing.mark();
      const receipt = await sayPart(puppet, vendor, conversation, target, part).catch((error: unknown) => {
        throw readSendError(error);
      });
      if (receipt.messageId === undefined) hearing.said(mark);
      return receipt;
    },
  };
}

/** The puppet's word for a picture as it was taken (`ImageType.Artwork`). */
const ARTWORK = 3;

/** A field that is there only with a value. */
const optional = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [k in K]?: V };

/** Resolves when it aborts. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
