/** Starts the sink and plays the people in it. */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Chat, endChild, type SaidEvent } from './chat.ts';
import { evidenceOf, readChatLog } from './checker.ts';
import type { FromSink, SinkConfig, ToSink } from './protocol.ts';
import { fastClock } from './speed.ts';

const SINK = new URL('sink.ts', import.meta.url).pathname;
export const ZONE = 'Asia/Shanghai';
/** An echo is waited for 30 s. */
const LATE_ECHO = 45_000;

type SinkOptions = Pick<SinkConfig, 'account' | 'rooms' | 'behaviours' | 'speed' | 'seed'> & {
  /** Whether the bot can read the chat's past. */
  readonly history: boolean;
};

export interface SinkChat extends Chat {
  /** Cuts the bot off, or lets it in again. */
  open(open: boolean): void;
}

export async function openSink(folder: string, { history, ...given }: SinkOptions): Promise<SinkChat> {
  const config: SinkConfig = {
    ...given,
    socket: join(folder, 'sink.sock'),
    log: join(folder, 'sink.jsonl'),
    lateEcho: LATE_ECHO,
  };
  const { account } = config;
  const clock = fastClock(config.speed);
  const file = join(folder, 'sink.json');
  writeFileSync(file, JSON.stringify(config));
  const child = fork(SINK, [file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const hearers: ((said: SaidEvent) => void)[] = [];
  const asked = new Map<number, (count: number) => void>();
  let last = 0;
  const told = (line: ToSink) => void (child.connected && child.send(line, () => undefined));
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the sink ended')));
    child.on('message', (line: FromSink) => {
      if (line.tell === 'ready') resolve();
      else if (line.tell === 'said') for (const hear of hearers) hear(line.said);
      else {
        asked.get(line.no)?.(line.count);
        asked.delete(line.no);
      }
    });
  });
  return {
    channel: { kind: 'sink', account, socket: config.socket, history },
    rooms: config.rooms,
    say(who, where, text, means = {}) {
      last += 1;
      told({
        do: 'say',
        message: {
          account,
          id: `m${last}`,
          ...(where === 'private' ? {} : { roomId: where.roomId }),
          contactId: who.contactId,
          senderName: who.name,
          kind: 'text',
          text,
          mention: false,
          sentAt: clock.now(),
        },
        means,
      });
    },
    pending() {
      last += 1;
      const no = last;
      return new Promise((resolve) => {
        asked.set(no, resolve);
        told({ do: 'pending', no });
      });
    },
    onSaid: (hear) => void hearers.push(hear),
    evidence: () => evidenceOf(readChatLog(config.log), ZONE),
    open: (open) => told({ do: 'open', open }),
    close: () => endChild(child),
  };
}
