/**
 * A chat that lives in the database: three groups of made-up people and the bot. It keeps the promises of the
 * channel port to the letter, so that what works here works on a real account.
 */
import { type Clock, SECOND } from '../../clock.ts';
import { newId } from '../../db/ids.ts';
import type { Db } from '../../db/open.ts';
import { reasonOf, UserError } from '../../errors.ts';
import { pictureName } from '../../lessons/pictures.ts';
import { type Log, silentLog } from '../../log.ts';
import {
  type Channel,
  type ChannelSink,
  type ChannelState,
  type ChatTarget,
  type Echo,
  type InboundMessage,
  NotSentError,
  type OutboundPart,
  RefusedError,
} from '../channel.ts';
import {
  findMessage,
  insertMessage,
  type MessageSpan,
  readMessages,
  readSaid,
  readSpoken,
  type SandboxMessage,
  type SandboxPlace,
} from './messages.ts';
import { seedSandbox } from './seed.ts';
import { BOT_NAME, SANDBOX_WORLD, type SandboxPerson, type SandboxRoom, type SandboxWorld } from './world.ts';

export type { MessageSpan, SandboxMessage, SandboxPlace } from './messages.ts';

export interface SandboxOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly log?: Log;
  /** Absolute. Only pictures below it can be sent; without it none can. */
  readonly lessonsDir?: string;
  /** Absolute: pictures of our own making lie below it. */
  readonly dataDir?: string;
}

export interface SayOptions {
  /** Whether the bot is mentioned; taken from `@小课` in the text when left out. */
  readonly mention?: boolean;
  /**
   * Small letters and digits, chosen by the caller for this one message: saying it again with the same key
   * gives the id of the first time and says nothing. The id ends in `.KEY`.
   */
  readonly key?: string;
}

export interface SandboxChannel extends Channel {
  /**
   * Says something as a person. Resolves with the message's id once it is stored and was offered to the sink;
   * what the sink didn't take is offered again, also after a restart. Throws `UserError` when nothing was said.
   */
  say(
    personId: string,
    where: { readonly roomId: string } | 'private',
    text: string,
    options?: SayOptions,
  ): Promise<string>;
  /** Messages of one chat, or of several together, oldest first. */
  messages(where: SandboxPlace | readonly SandboxPlace[], span: MessageSpan): Promise<SandboxMessage[]>;
  message(id: string): Promise<SandboxMessage | undefined>;
  /**
   * Calls `listener` for each new message of that chat, in the order of ids and after it is stored: whoever
   * hears of a message finds all earlier ones with `messages`. The result ends it.
   */
  subscribe(place: SandboxPlace, listener: (message: SandboxMessage) => void): () => void;
  world(): SandboxWorld;
}

const ACCOUNT = 'sandbox';
const MAX_TEXT = 2_000;
/** How many messages of people are offered again at a start. */
const OFFERED_AGAIN = 200;
/** Among how many of a person's last messages a key is looked for. */
const KEYS_KEPT = 50;
const RETRY = SECOND;

const placeKey = (place: SandboxPlace) =>
  'roomId' in place ? `room ${place.roomId}` : `private ${place.contactId}`;

const rooms = new Map(SANDBOX_WORLD.rooms.map((room) => [room.id, room]));
const people = new Map(
  SANDBOX_WORLD.rooms.flatMap((room) => room.people.map((person) => [person.id, { person, room }] as const)),
);

export function openSandbox({
  db,
  clock,
  log = silentLog,
  lessonsDir,
  dataDir,
}: SandboxOptions): SandboxChannel {
  let state: ChannelState = 'starting';
  let since = clock.now();
  let lastTrafficAt: number | undefined;
  let sink: ChannelSink | undefined;
  let stopping = new AbortController();
  /** Writing and telling happen one message at a time: ids then appear in their order, also on PostgreSQL. */
  let turn: Promise<unknown> = Promise.resolve();
  const listeners = new Map<string, Set<(message: SandboxMessage) => void>>();

  const enter = (next: ChannelState) => {
    state = next;
    since = clock.now();
  };

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = turn.then(work);
    turn = run.catch(() => undefined);
    return run;
  }

  async function write(draft: Omit<SandboxMessage, 'id' | 'at'>, key?: string): Promise<SandboxMessage> {
    const at = clock.now();
    const message = { ...draft, id: key === undefined ? newId() : `${newId()}.${key}`, at };
    await insertMessage(db, message);
    lastTrafficAt = at;
    for (const listener of listeners.get(placeKey(message.place)) ?? []) listener(message);
    return message;
  }

  function inbound(message: SandboxMessage): InboundMessage {
    const contactId = message.personId ?? '';
    const person = people.get(contactId)?.person;
    const inRoom = 'roomId' in message.place;
    return {
      account: ACCOUNT,
      id: message.id,
      ...('roomId' in message.place ? { roomId: message.place.roomId } : {}),
      contactId,
      senderName: (inRoom ? person?.nickname : person?.name) ?? contactId,
      kind: message.kind,
      text: message.kind === 'text' ? message.text : '',
      mention: message.mention,
      sentAt: message.at,
    };
  }

  /** Offers a message to the sink once; false when it has to be offered again. */
  async function offer(message: SandboxMessage, to: ChannelSink): Promise<boolean> {
    try {
      await to.message(inbound(message));
      return true;
    } catch (error) {
      log.warn({ message: message.id, reason: reasonOf(error) }, 'the inbox did not take a sandbox message');
      return false;
    }
  }

  /** Ends when it was taken or the channel stopped; the next start offers it once more. */
  async function offerAgain(message: SandboxMessage, signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(RETRY, signal);
      if (signal.aborted || !sink || (await offer(message, sink))) return;
    }
  }

  async function handOver(message: SandboxMessage): Promise<void> {
    if (sink && !(await offer(message, sink))) void offerAgain(message, stopping.signal);
  }

  function placeOf(target: ChatTarget): SandboxPlace {
    if (target.kind === 'group') {
      if (!rooms.has(target.roomId)) throw new RefusedError('沙盒里没有这个群');
      return { roomId: target.roomId };
    }
    if (!people.has(target.contactId)) throw new RefusedError('沙盒里没有这个人');
    return { contactId: target.contactId };
  }

  function bodyOf(part: OutboundPart): Pick<SandboxMessage, 'kind' | 'text' | 'picture'> {
    if (part.kind === 'text') {
      if (part.text.length > MAX_TEXT) throw new RefusedError(`一条消息最多 ${MAX_TEXT} 个字`);
      return { kind: 'text', text: withMentions(part.text, part.mention ?? []) };
    }
    const folders = { lessonsDir: lessonsDir ?? '', ...(dataDir === undefined ? {} : { dataDir }) };
    const picture = lessonsDir === undefined ? undefined : pictureName(folders, part.path);
    if (picture === undefined) throw new RefusedError('图片不在课程文件夹里');
    return { kind: 'picture', text: part.alt, picture };
  }

  const echoOf = (message: SandboxMessage): Echo => ({
    account: ACCOUNT,
    id: message.id,
    target:
      'roomId' in message.place
        ? { kind: 'group', roomId: message.place.roomId }
        : { kind: 'private', contactId: message.place.contactId },
    kind: message.kind,
    text: message.kind === 'text' ? message.text : '',
    at: message.at,
  });

  async function saidBefore(personId: string, key: string): Promise<string | undefined> {
    const said = await readSaid(db, { personId, limit: KEYS_KEPT });
    return said.find(({ id }) => id.endsWith(`.${key}`))?.id;
  }

  return {
    account: ACCOUNT,
    limits: { maxText: MAX_TEXT, paced: false },

    async start(given) {
      sink = given;
      stopping = new AbortController();
      const { signal } = stopping;
      await seedSandbox(db, clock.now());
      enter('online');
      for (const room of SANDBOX_WORLD.rooms)
        await given.group({ account: ACCOUNT, roomId: room.id, topic: room.topic, members: rosterOf(room) });
      // A crash may have come between storing a message and the inbox: ids make a second offer harmless.
      const said = await readSaid(db, { limit: OFFERED_AGAIN });
      await Promise.all(
        said.map(async (message) => {
          if (!(await offer(message, given))) void offerAgain(message, signal);
        }),
      );
    },

    async stop() {
      stopping.abort();
      sink = undefined;
      enter('stopped');
      await turn;
    },

    status: () => ({
      account: ACCOUNT,
      state,
      since,
      name: BOT_NAME,
      ...(state === 'online' ? {} : { reason: state === 'stopped' ? '沙盒已停' : '沙盒还没启动' }),
      ...(lastTrafficAt === undefined ? {} : { lastTrafficAt }),
    }),

    async send(target, part) {
      if (state !== 'online') throw new NotSentError('沙盒没有在运行');
      const place = placeOf(target);
      const body = bodyOf(part);
      const message = await inTurn(() => write({ ...body, place, mention: false }));
      try {
        await sink?.echo(echoOf(message));
      } catch (error) {
        // The receipt says the same; an echo that nobody took is no failure of the send.
        log.warn({ message: message.id, reason: reasonOf(error) }, 'the echo of a sandbox message was lost');
      }
      return { messageId: message.id };
    },

    async history(target, from) {
      return (await readSpoken(db, placeOf(target), from)).map(echoOf);
    },

    async say(personId, where, text, { mention = text.includes(`@${BOT_NAME}`), key } = {}) {
      if (state === 'stopped') throw new UserError('沙盒已停，这句话没有发出去');
      const known = people.get(personId);
      if (!known) throw new UserError('沙盒里没有这个人');
      if (where !== 'private' && known.room.id !== where.roomId)
        throw new UserError(`${known.person.name} 不在这个群里`);
      const place = where === 'private' ? { contactId: personId } : { roomId: where.roomId };
      const said = await inTurn(async () => {
        const before = key === undefined ? undefined : await saidBefore(personId, key);
        return before ?? (await write({ place, personId, kind: 'text', text, mention }, key));
      });
      if (typeof said === 'string') return said;
      await handOver(said);
      return said.id;
    },

    messages: async (where, span) =>
      await readMessages(db, Array.isArray(where) ? where : [where as SandboxPlace], span),

    message: (id) => findMessage(db, id),

    subscribe(place, listener) {
      const key = placeKey(place);
      const there = listeners.get(key) ?? new Set();
      listeners.set(key, there);
      // A listener of its own, so that the same function may listen twice.
      const own = (message: SandboxMessage) => listener(message);
      there.add(own);
      return () => void there.delete(own);
    },

    world: () => SANDBOX_WORLD,
  };
}

const rosterOf = (room: SandboxRoom) =>
  room.people.map((person: SandboxPerson) => ({ contactId: person.id, name: person.nickname }));

/** As chats do it: `@nickname` before the text for whoever isn't named in it yet. */
function withMentions(text: string, contactIds: readonly string[]): string {
  const calls = contactIds
    .map((id) => people.get(id)?.person.nickname)
    .filter((nickname) => nickname !== undefined && !text.includes(`@${nickname}`))
    .map((nickname) => `@${nickname}\u2005`);
  return calls.join('') + text;
}
