/** wechaty over gRPC: the puppet service's client against a server in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openWechaty } from '../../src/channels/wechaty/wechaty.ts';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { channelContract } from '../contracts/channel.ts';
import type { ChannelHarness } from '../contracts/harness.ts';
import type { MockChat } from '../support/mock-chat.ts';
import { freePort } from '../support/postgres.ts';

const PROGRAM = new URL('../support/puppet-server.ts', import.meta.url).pathname;

interface Server {
  readonly child: ChildProcess;
  readonly rooms: MockChat['rooms'];
  ask<T>(ask: 'say' | 'seen', given: unknown[]): Promise<T>;
}

async function openServer(port: number, token: string): Promise<Server> {
  const child = fork(PROGRAM, [String(port), token], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const [{ rooms }] = (await once(child, 'message')) as [{ rooms: MockChat['rooms'] }];
  let last = 0;
  return {
    child,
    rooms,
    ask: (ask, given) => {
      last += 1;
      const no = last;
      return new Promise((resolve) => {
        const hear = (message: { no: number; answer: never }) => {
          if (message.no !== no) return;
          child.off('message', hear);
          resolve(message.answer);
        };
        child.on('message', hear);
        child.send({ no, ask, given });
      });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function open(): Promise<ChannelHarness> {
  const port = await freePort();
  const token = `insecure_${randomUUID()}`;
  const dataDir = mkdtempSync(join(tmpdir(), 'weike-grpc-'));
  let server = await openServer(port, token);
  const channel = openWechaty(
    {
      kind: 'wechaty',
      account: 'wechaty:county',
      puppet: 'wechaty-puppet-service',
      puppetOptions: { endpoint: `127.0.0.1:${port}`, token, tls: { disable: true } },
    },
    {
      clock: systemClock,
      log: silentLog,
      dataDir,
      reconnect: { first: 200, longest: 1_000 },
      probeEvery: 1_500,
      startWithin: 3_000,
    },
  );
  return {
    channel,
    rooms: server.rooms,
    sayInRoom: (roomId, contactId, text, options) =>
      server.ask('say', [contactId, { roomId }, text, options?.mention ?? false]),
    sayInPrivate: (contactId, text) => server.ask('say', [contactId, 'bot', text, false]),
    seen: (target) =>
      server.ask('seen', [
        target.kind === 'group' ? { roomId: target.roomId } : { contactId: target.contactId },
      ]),
    goOffline: () => end(server.child),
    goOnline: async () => {
      server = await openServer(port, token);
    },
    async close() {
      await channel.stop();
      await end(server.child);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

channelContract('wechaty over gRPC', open);
