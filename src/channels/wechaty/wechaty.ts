/**
 * Any account that wechaty can drive. The puppet's own events are tapped, because wechaty drops a message
 * whose payload can't be loaded at once; the account's health is judged by what is heard, not by its flag.
 */
import { basename } from 'node:path';

import { type Clock, MINUTE, SECOND } from '../../clock.ts';
import type { ChannelConfig } from '../../config.ts';
import { reasonOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import {
  type Channel,
  type ChannelSink,
  type ChannelState,
  type ChannelStatus,
  type ChatTarget,
  NotSentError,
  type OutboundPart,
  type Receipt,
  RefusedError,
} from '../channel.ts';
import { type Backoff, backoffDelay } from './backoff.ts';
import { openIntake } from './intake.ts';
import { callNames } from './mention.ts';
import { nameOf, readGroup, readMessage } from './messages.ts';
import { type Bot, buildBot, type GivenPuppet, loadVendor, type Puppet, type Vendor } from './vendor.ts';

export interface WechatyOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly dataDir: string;
  /** Shows the login code; the terminal by default. */
  readonly onQr?: (qr: string) => void;
  /** A puppet made elsewhere, for tests. */
  readonly puppet?: GivenPuppet;
  readonly reconnect?: Backoff;
  /** How often a quiet account is asked whether it still hears; two unanswered questions mean no. */
  readonly probeEvery?: number;
  /** How long a start may take before it is given up, ms. */
  readonly startWithin?: number;
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

/** Whether nobody's account can be banned behind this puppet. */
const isHarmless = (config: ChannelConfig) => config.puppet === 'wechaty-puppet-mock';

export function openWechaty(config: ChannelConfig, options: WechatyOptions): Channel {
  const { account } = config;
  const { clock, log } = options;
  let state: ChannelState = 'starting';
  let since = clock.now();
  let reason: string | undefined;
  let qr: string | undefined;
  let name: string | undefined;
  let lastTrafficAt: number | undefined;
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

  const heard = () => {
    lastTrafficAt = clock.now();
  };

  /** Connects, and again after every break, until it is stopped. */
  async function run(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      connection = new AbortController();
      const startedAt = clock.now();
      try {
        await connect(connection.signal, signal);
      } catch (error) {
        log.warn({ account, reason: reasonOf(error) }, 'the account could not connect');
        enter('offline', explain(error, config));
      }
      await disconnect();
      if (signal.aborted) return;
      if (state === 'online' || state === 'waiting-login') enter('offline', '连接断了，正在重连');
      if (clock.now() - startedAt > MINUTE) attempt = 1;
      await clock.sleep(backoffDelay(options.reconnect ?? RECONNECT, attempt, Math.random()), signal);
    }
  }

  /** Resolves when the connection has broken; rejects when it never came about. */
  async function connect(broken: AbortSignal, signal: AbortSignal): Promise<void> {
    vendor ??= await loadVendor();
    const own = await buildBot(config, options.dataDir, options.puppet);
    bot = own;
    listen(own, broken);
    await within(own.start(), options.startWithin ?? START_WITHIN, clock, broken);
    if (own.puppet.isLoggedIn) await loggedIn(own.puppet, broken);
    while (!broken.aborted && !signal.aborted) await probe(own.puppet, broken);
  }

  function giveUp(why: string): void {
    if (connection.signal.aborted) return;
    log.warn({ account, reason: why }, 'the connection is given up and made anew');
    enter('offline', '连接断了，正在重连');
    connection.abort();
  }

  function listen(own: Bot, broken: AbortSignal): void {
    const { puppet } = own;
    const live =
      <T extends unknown[]>(work: (...given: T) => Promise<void> | void) =>
      (...given: T) => {
        if (broken.aborted || stopping.signal.aborted) return;
        heard();
        Promise.resolve()
          .then(() => work(...given))
          .catch((error: unknown) =>
            log.warn({ account, reason: reasonOf(error) }, 'an event could not be taken'),
          );
      };
    own.on('error', (error: unknown) =>
      log.warn({ account, reason: reasonOf(error) }, 'the puppet reports an error'),
    );
    puppet.on(
      'scan',
      live(({ qrcode }) => showQr(qrcode ?? '')),
    );
    puppet.on(
      'login',
      live(() => loggedIn(puppet, broken)),
    );
    puppet.on(
      'logout',
      live(() => {
        intake.pause();
        enter('offline', '账号退出了登录，请重新扫码');
      }),
    );
    puppet.on(
      'ready',
      live(() => reportGroups(puppet, broken)),
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
      live(({ messageId }) => intake.push(messageId)),
    );
    for (const event of ['room-join', 'room-leave', 'room-topic'] as const)
      puppet.on(
        event,
        live(({ roomId }: { roomId: string }) => roomChanged(puppet, roomId)),
      );
    puppet.on('reset', () => giveUp('the puppet asks for a new start'));
  }

  async function showQr(code: string): Promise<void> {
    if (code === '' || code === qr) return;
    enter('waiting-login', '等待扫码登录');
    qr = code;
    if (options.onQr) return options.onQr(code);
    const { default: terminal } = await import('qrcode-terminal');
    terminal.generate(code, { small: true }, (picture: string) =>
      process.stderr.write(
        `${picture}\n${account}: scan this with the phone's chat, or open https://wechaty.js.org/qrcode/${encodeURIComponent(code)}\n`,
      ),
    );
  }

  async function loggedIn(puppet: Puppet, broken: AbortSignal): Promise<void> {
    if (state === 'online') return;
    intake.resume();
    name = await nameOf(puppet, puppet.currentUserId);
    enter('online');
    heard();
    log.info({ account }, 'logged in');
    await reportGroups(puppet, broken);
  }

  /** Every room that the account is in. One that can't be read is reported when it is next heard of. */
  async function reportGroups(puppet: Puppet, broken: AbortSignal): Promise<void> {
    for (const roomId of await puppet.roomList()) {
      if (broken.aborted) return;
      await reportGroup(puppet, roomId).catch((error: unknown) =>
        log.warn({ account, reason: reasonOf(error) }, 'a room could not be read'),
      );
    }
  }

  const known = new Set<string>();

  async function reportGroup(puppet: Puppet, roomId: string): Promise<void> {
    await sink?.group(await readGroup(puppet, account, roomId));
    known.add(roomId);
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
    if ('echo' in read) return await sink.echo(read.echo);
    const { roomId } = read.inbound;
    if (roomId !== undefined && !known.has(roomId)) await reportGroup(puppet, roomId);
    await sink.message(read.inbound);
  }

  /** Waits one interval; when nothing was heard in it, asks, and gives the connection up without an answer. */
  async function probe(puppet: Puppet, broken: AbortSignal): Promise<void> {
    const every = options.probeEvery ?? PROBE_EVERY;
    await clock.sleep(every, broken);
    if (broken.aborted || stopping.signal.aborted) return;
    if (clock.now() - (lastTrafficAt ?? since) < every || state !== 'online') return;
    const askedAt = clock.now();
    for (let asked = 0; asked < 2; asked += 1) {
      try {
        puppet.ding('probe');
      } catch (error) {
        log.warn({ account, reason: reasonOf(error) }, 'the account could not be asked');
      }
      await clock.sleep(every, broken);
      if (broken.aborted || (lastTrafficAt ?? 0) > askedAt) return;
    }
    giveUp('the account does not hear any more');
  }

  async function disconnect(): Promise<void> {
    connection.abort();
    intake.pause();
    const old = bot;
    bot = undefined;
    if (!old) return;
    await within(old.stop(), STOP_WITHIN, clock).catch((error: unknown) =>
      log.warn({ account, reason: reasonOf(error) }, 'the old connection did not close cleanly'),
    );
    if (options.puppet === undefined) old.puppet.removeAllListeners();
  }

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
    limits: { maxText: MAX_TEXT, paced: !isHarmless(config) },

    async start(given) {
      sink = given;
      stopping = new AbortController();
      enter('starting', '正在连接');
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
      ...(reason === undefined ? {} : { reason }),
      ...(qr === undefined ? {} : { qr }),
      ...(name === undefined ? {} : { name }),
      ...(lastTrafficAt === undefined ? {} : { lastTrafficAt }),
    }),

    async send(target, part): Promise<Receipt> {
      const puppet = bot?.puppet;
      if (state !== 'online' || !puppet?.isLoggedIn || !vendor)
        throw new NotSentError(reason ?? '账号不在线');
      const conversation = await conversationOf(puppet, target);
      const said = await sayPart(puppet, vendor, conversation, target, part);
      return typeof said === 'string' && said !== '' ? { messageId: said } : {};
    },
  };
}

async function sayPart(
  puppet: Puppet,
  vendor: Vendor,
  conversation: string,
  target: ChatTarget,
  part: OutboundPart,
) {
  if (part.kind === 'picture') {
    const file = await vendor.fileBox(part.path).catch((error: unknown) => {
      throw new RefusedError(`图片 ${basename(part.path)} 不在了`, { cause: error });
    });
    return await puppet.messageSendFile(conversation, file);
  }
  const mentioned = target.kind === 'group' ? [...(part.mention ?? [])] : [];
  if (mentioned.length === 0) return await puppet.messageSendText(conversation, part.text);
  const names = await Promise.all(mentioned.map((id) => nameOf(puppet, id, conversation)));
  return await puppet.messageSendText(conversation, callNames(part.text, names), mentioned);
}

/** The work's result, or a rejection after `ms` or when `signal` aborts; the work itself goes on unheard. */
async function within<T>(work: Promise<T>, ms: number, clock: Clock, signal?: AbortSignal): Promise<T> {
  const done = new AbortController();
  signal?.addEventListener('abort', () => done.abort(), { once: true });
  const timeout = clock.sleep(ms, done.signal).then((): never => {
    throw new Error(signal?.aborted ? 'given up' : `no answer within ${ms / SECOND} s`);
  });
  timeout.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    done.abort();
  }
}

/** In Chinese, for whoever looks at the state. */
function explain(error: unknown, config: ChannelConfig): string {
  const words = reasonOf(error);
  if (/Cannot find (?:package|module)|ERR_MODULE_NOT_FOUND|Puppet.*not.*(?:found|install)/i.test(words))
    return `没有安装 ${config.puppet ?? '这个 puppet'}：检查 WECHATY_PUPPET，再运行一次 npm start`;
  return `连不上：${words}`;
}
