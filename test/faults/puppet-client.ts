/** Starts a puppet's server, plays the people in its chat, drops it and brings it back. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort } from '../support/postgres.ts';
import { type Chat, endChild, type Person, type SaidEvent } from './chat.ts';
import { evidenceOf, readChatLog } from './checker.ts';
import type { Meaning } from './protocol.ts';
import { ZONE } from './sink-client.ts';
import type { Speed } from './speed.ts';

const PROGRAM = new URL('puppet-server.ts', import.meta.url).pathname;
const ACCOUNT = 'wechaty:county';

export interface PuppetConfig {
  readonly account: string;
  readonly port: number;
  readonly token: string;
  readonly log: string;
  readonly speed: Speed;
  readonly people: number;
}

export interface ToPuppet {
  readonly who: Person;
  readonly where: { readonly roomId: string } | 'private';
  readonly text: string;
  readonly means: Meaning;
}

export type FromPuppet =
  | { readonly tell: 'ready'; readonly rooms: readonly { id: string; topic: string; people: string[] }[] }
  | { readonly tell: 'said'; readonly said: SaidEvent };

export interface PuppetChat extends Chat {
  drop(): Promise<void>;
  comeBack(): Promise<void>;
  /** It keeps its connections and answers nothing any more, or does again. */
  freeze(frozen: boolean): void;
}

/** While it is dropped nobody can say anything; what was said just before may never have been offered. */
export async function openPuppet(folder: string, speed: Speed, people: number): Promise<PuppetChat> {
  const config: PuppetConfig = {
    account: ACCOUNT,
    port: await freePort(),
    token: `insecure_${crypto.randomUUID()}`,
    log: join(folder, 'puppet.jsonl'),
    speed,
    people,
  };
  const file = join(folder, 'puppet.json');
  writeFileSync(file, JSON.stringify(config));
  const acknowledged = join(folder, 'acknowledged');
  const hearers: ((said: SaidEvent) => void)[] = [];

  async function start() {
    const started = fork(PROGRAM, [file], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const rooms = await new Promise<Extract<FromPuppet, { tell: 'ready' }>['rooms']>((resolve, reject) => {
      started.once('exit', () => reject(new Error('the puppet server ended')));
      started.on('message', (line: FromPuppet) => {
        if (line.tell === 'ready') resolve(line.rooms);
        else for (const hear of hearers) hear(line.said);
      });
    });
    return { started, rooms };
  }

  const first = await start();
  let child: ChildProcess = first.started;
  return {
    channel: {
      kind: 'puppet',
      account: ACCOUNT,
      endpoint: `127.0.0.1:${config.port}`,
      token: config.token,
      acknowledged,
    },
    rooms: first.rooms.map(({ id, topic, people: ids }) => ({
      id,
      topic,
      people: ids.map((contactId) => ({ contactId, name: contactId.replace('p', '茶友') })),
    })),
    say(who, where, text, means = {}) {
      if (child.connected) child.send({ who, where, text, means } satisfies ToPuppet, () => undefined);
    },
    // A puppet isn't told what was acknowledged: what is on its way can't be counted.
    pending: async () => 0,
    onSaid: (hear) => void hearers.push(hear),
    evidence() {
      const evidence = evidenceOf(readChatLog(config.log), ZONE);
      const ids = existsSync(acknowledged)
        ? readFileSync(acknowledged, 'utf8').split('\n').filter(Boolean)
        : [];
      return { ...evidence, acknowledged: new Set(ids) };
    },
    close: () => endChild(child),
    drop: () => endChild(child),
    freeze: (frozen) => void child.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    async comeBack() {
      child = (await start()).started;
    },
  };
}
