/**
 * What the sink (a chat server in a process of its own) and its clients say to each other: one JSON object a
 * line over a Unix socket for the bot, IPC for the test that plays the people.
 */
import type { Socket } from 'node:net';

import type { ChatTarget, Echo, InboundMessage } from '../../src/channels/channel.ts';
import type { Speed } from './speed.ts';

/**
 * What the sink does with a message of the bot's.
 *
 * | name | said | the call returns | our own message comes back |
 * | --- | --- | --- | --- |
 * | `id` | yes | its id | yes |
 * | `id-only` | yes | its id | never |
 * | `undefined` | yes | nothing | yes |
 * | `echo-first` | yes | nothing, late | before the call returns |
 * | `duplicate-echo` | yes | nothing | three times |
 * | `late-echo` | yes | nothing | when it isn't waited for any more |
 * | `no-echo` | yes | nothing | never |
 * | `throws-before` | every third time | else certainly not sent; then its id | yes |
 * | `throws-after` | yes | an error | yes |
 * | `throws-after-silent` | yes | an error | never |
 * | `lost` | every second time | else an error; then its id | yes |
 * | `hangs` | yes | never | never |
 * | `hangs-echo` | yes | never | yes |
 * | `refused` | no | a refusal | never |
 */
export const BEHAVIOURS = [
  'id',
  'id-only',
  'undefined',
  'echo-first',
  'duplicate-echo',
  'late-echo',
  'no-echo',
  'throws-before',
  'throws-after',
  'throws-after-silent',
  'lost',
  'hangs',
  'hangs-echo',
  'refused',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export interface Room {
  readonly id: string;
  readonly topic: string;
  readonly people: readonly { readonly contactId: string; readonly name: string }[];
  /** One is drawn for each message. */
  readonly behaviours: readonly Behaviour[];
}

export interface SinkConfig {
  readonly socket: string;
  /** The append-only log, one JSON object a line, each synced before anything is answered. */
  readonly log: string;
  readonly account: string;
  readonly rooms: readonly Room[];
  /** For private chats. */
  readonly behaviours: readonly Behaviour[];
  readonly speed: Speed;
  readonly seed: number;
  /** Longer than an echo is waited for, ms of the run's clock. */
  readonly lateEcho: number;
}

/** What a person's message means, as the one who wrote it knows it. */
export interface Meaning {
  readonly answers?: Readonly<Record<number, string>>;
  readonly checkin?: boolean;
  /** Whether it is to be replied to at once: private chats and commands. */
  readonly reply?: boolean;
}

export type SinkEvent =
  | {
      readonly event: 'offered';
      readonly at: number;
      readonly message: InboundMessage;
      readonly means: Meaning;
    }
  | { readonly event: 'acknowledged'; readonly at: number; readonly id: string }
  | {
      readonly event: 'said';
      readonly at: number;
      readonly id: string;
      readonly target: ChatTarget;
      readonly kind: 'text' | 'picture';
      /** The text, or the picture's file name. */
      readonly text: string;
      readonly how: Behaviour;
    }
  /** A send that ended without anything being said. */
  | { readonly event: 'unsaid'; readonly at: number; readonly how: Behaviour; readonly target: ChatTarget }
  | { readonly event: 'connected'; readonly at: number };

export type FromBot =
  | { readonly op: 'ack'; readonly id: string }
  | {
      readonly op: 'send';
      readonly no: number;
      readonly target: ChatTarget;
      readonly kind: 'text' | 'picture';
      readonly text: string;
    }
  | { readonly op: 'history'; readonly no: number; readonly target: ChatTarget; readonly since: number };

export type ToBot =
  | { readonly op: 'welcome'; readonly rooms: readonly Pick<Room, 'id' | 'topic' | 'people'>[] }
  | { readonly op: 'inbound'; readonly message: InboundMessage }
  | { readonly op: 'echo'; readonly echo: Echo }
  | { readonly op: 'receipt'; readonly no: number; readonly messageId?: string }
  | { readonly op: 'failure'; readonly no: number; readonly how: 'not-sent' | 'refused' | 'broken' }
  | { readonly op: 'history'; readonly no: number; readonly echoes: readonly Echo[] };

/** Over IPC, from the test. */
export type ToSink =
  | { readonly do: 'say'; readonly message: InboundMessage; readonly means: Meaning }
  | { readonly do: 'pending'; readonly no: number }
  /** Cuts the bot's connections and refuses new ones, or takes them again. */
  | { readonly do: 'open'; readonly open: boolean };

export type FromSink =
  | { readonly tell: 'ready' }
  | { readonly tell: 'said'; readonly said: Extract<SinkEvent, { event: 'said' }> }
  | { readonly tell: 'pending'; readonly no: number; readonly count: number };

export function writeLine(socket: Socket, line: FromBot | ToBot): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(line)}\n`);
}

export function readLines(socket: Socket, take: (line: unknown) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (data: string) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(JSON.parse(line));
  });
}

export const targetKey = (target: ChatTarget): string =>
  target.kind === 'group' ? `group ${target.roomId}` : `private ${target.contactId}`;
