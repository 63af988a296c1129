/** A chat from the outside, as the test that plays the people has it: the sink, or a puppet's server. */
import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import type { Evidence } from './checker.ts';
import type { Meaning, Room, SinkEvent } from './protocol.ts';
import type { ServerConfig } from './server.ts';

export interface Person {
  readonly contactId: string;
  readonly name: string;
}

export type SaidEvent = Extract<SinkEvent, { event: 'said' }>;

export interface Chat {
  /** How the server under test gets there. */
  readonly channel: ServerConfig['channel'];
  readonly rooms: readonly Pick<Room, 'id' | 'topic' | 'people'>[];
  /** Says something as a person. */
  say(who: Person, where: { readonly roomId: string } | 'private', text: string, means?: Meaning): void;
  /** How many messages are offered and not acknowledged. */
  pending(): Promise<number>;
  /** Calls for everything that the bot says. */
  onSaid(hear: (said: SaidEvent) => void): void;
  evidence(): Evidence;
  close(): Promise<void>;
}

/** Ends a child of ours, however it is, and waits for its end. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
