/** The port's adapter to the sink. It acknowledges a message to the sink once `sink.message` has resolved. */
import { createConnection, type Socket } from 'node:net';
import { basename } from 'node:path';

import {
  type Channel,
  type ChannelSink,
  type ChannelStatus,
  type ChatTarget,
  type Echo,
  NotSentError,
  type OutboundPart,
  type Receipt,
  RefusedError,
} from '../../src/channels/channel.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { type FromBot, readLines, type ToBot, writeLine } from './protocol.ts';

export interface SinkChannelOptions {
  readonly account: string;
  readonly socket: string;
  readonly clock: Clock;
  /** Whether the chat's past can be read. */
  readonly history: boolean;
  /** Called before the words leave us. */
  readonly onSend: () => void;
  /** Called when the words have left us and nothing has come back. */
  readonly onInside: () => void;
}

/** In real time. */
const RECONNECT = 100;
const ECHO_AGAIN = 200;

type Answer = Extract<ToBot, { no: number }>;

export function openSinkChannel(options: SinkChannelOptions): Channel {
  const { account, clock } = options;
  let sink: ChannelSink | undefined;
  let socket: Socket | undefined;
  let isOnline = false;
  let since = clock.now();
  let lastTrafficAt: number | undefined;
  let last = 0;
  let timer: NodeJS.Timeout | undefined;
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (reason: Error) => void }>();

  function setOnline(online: boolean): void {
    if (isOnline !== online) since = clock.now();
    isOnline = online;
  }

  function connect(): void {
    const own = createConnection(options.socket);
    socket = own;
    own.on('error', () => undefined);
    own.on('close', () => {
      setOnline(false);
      for (const { reject } of waiting.values()) reject(new Error('the connection to the sink broke'));
      waiting.clear();
      if (sink) timer = setTimeout(connect, RECONNECT);
    });
    readLines(own, (line) => {
      lastTrafficAt = clock.now();
      void take(own, line as ToBot);
    });
  }

  async function take(own: Socket, line: ToBot): Promise<void> {
    switch (line.op) {
      case 'welcome':
        for (const { id, topic, people } of line.rooms)
          await sink?.group({ account, roomId: id, topic, members: people }).catch(() => undefined);
        setOnline(true);
        return;
      case 'inbound':
        if (!sink) return;
        try {
          await sink.message(line.message);
        } catch {
          // Not acknowledged: the sink offers it again.
          return;
        }
        return writeLine(own, { op: 'ack', id: line.message.id });
      case 'echo':
        return await takeEcho(line.echo);
      default:
        waiting.get(line.no)?.resolve(line);
        waiting.delete(line.no);
    }
  }

  /** An echo is told once by the sink: it is kept until the database takes it. */
  async function takeEcho(echo: Echo): Promise<void> {
    while (sink) {
      try {
        return await sink.echo(echo);
      } catch {
        await systemClock.sleep(ECHO_AGAIN);
      }
    }
  }

  type Asked = FromBot extends infer B ? (B extends { no: number } ? Omit<B, 'no'> : never) : never;

  async function ask(line: Asked): Promise<Answer> {
    if (!socket || !isOnline) throw new NotSentError('聊天服务器连不上');
    if (line.op === 'send') options.onSend();
    last += 1;
    const no = last;
    const answer = new Promise<Answer>((resolve, reject) => waiting.set(no, { resolve, reject }));
    // Awaited below; a break in between must not go unheard.
    answer.catch(() => undefined);
    await new Promise<void>((resolve) =>
      socket?.write(`${JSON.stringify({ ...line, no })}\n`, () => resolve()),
    );
    if (line.op === 'send') options.onInside();
    return await answer;
  }

  return {
    account,
    limits: { maxText: 2_000, paced: false },
    async start(given) {
      sink = given;
      connect();
    },
    async stop() {
      sink = undefined;
      clearTimeout(timer);
      socket?.destroy();
    },
    status: (): ChannelStatus => ({
      account,
      state: isOnline ? 'online' : 'offline',
      since,
      ...(isOnline ? {} : { reason: '聊天服务器连不上' }),
      ...(lastTrafficAt === undefined ? {} : { lastTrafficAt }),
    }),
    async send(target: ChatTarget, part: OutboundPart): Promise<Receipt> {
      const text = part.kind === 'text' ? part.text : basename(part.path);
      const answer = await ask({ op: 'send', target, kind: part.kind, text });
      if (answer.op === 'receipt')
        return answer.messageId === undefined ? {} : { messageId: answer.messageId };
      if (answer.op !== 'failure') throw new Error('the sink answered something else');
      if (answer.how === 'not-sent') throw new NotSentError('现在发不出去');
      if (answer.how === 'refused') throw new RefusedError('账号被移出了这个群');
      throw new Error('the call failed');
    },
    ...(options.history
      ? {
          async history(target: ChatTarget, from: number) {
            const answer = await ask({ op: 'history', target, since: from });
            return answer.op === 'history' ? answer.echoes : [];
          },
        }
      : {}),
  };
}
