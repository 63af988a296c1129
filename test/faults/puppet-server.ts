/**
 * A puppet's gRPC server in a process of its own, with a log of everything that people and the bot said, each line
 * synced. It is killed and started again on the same log; what it held in memory is lost then, as with a real one.
 * Argument: the file of its configuration.
 */
import { fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

import { PuppetServer } from 'wechaty-puppet-service';

import type { ChatTarget } from '../../src/channels/channel.ts';
import { makeMockChat } from '../support/mock-chat.ts';
import { PICTURE } from './course.ts';
import type { FromPuppet, PuppetConfig, ToPuppet } from './puppet-client.ts';
import type { SinkEvent } from './protocol.ts';
import { fastClock } from './speed.ts';

process.env.WECHATY_LOG = 'silent';
const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as PuppetConfig;
const clock = fastClock(config.speed);
const log = openSync(config.log, 'a');
const tell = (line: FromPuppet) => void process.send?.(line);

function write(event: SinkEvent): void {
  writeSync(log, `${JSON.stringify(event)}\n`);
  fsyncSync(log);
}

const chat = makeMockChat({ people: config.people, now: clock.now });
const saidAt = new Map<string, number>();

// The mock stamps what the bot says with the world's clock; here the run's is the chat's.
const load = chat.puppet.messageRawPayload.bind(chat.puppet);
chat.puppet.messageRawPayload = async (id) => {
  const payload = await load(id);
  return { ...payload, timestamp: saidAt.get(id) ?? payload.timestamp };
};

// Within the call that says it, before the bot gets its answer.
chat.puppet.on('message', ({ messageId }) => {
  const said = chat.saidAs(messageId);
  if (!said) return;
  const at = clock.now();
  saidAt.set(messageId, at);
  const target: ChatTarget =
    'roomId' in said.to
      ? { kind: 'group', roomId: said.to.roomId }
      : { kind: 'private', contactId: said.to.contactId };
  const event = {
    event: 'said',
    at,
    id: messageId,
    target,
    kind: said.kind,
    // A puppet sees a picture without a name; the course has one.
    text: said.kind === 'picture' ? PICTURE : said.text,
    how: 'undefined',
  } as const;
  write(event);
  tell({ tell: 'said', said: event });
});

const server = new PuppetServer({
  endpoint: `127.0.0.1:${config.port}`,
  puppet: chat.puppet,
  token: config.token,
  tls: { disable: true },
});
await server.start();

process.on('message', ({ who, where, text, means }: ToPuppet) => {
  const at = clock.now();
  const id = chat.say(who.contactId, where === 'private' ? 'bot' : where, text, false);
  write({
    event: 'offered',
    at,
    message: {
      account: config.account,
      id,
      ...(where === 'private' ? {} : { roomId: where.roomId }),
      contactId: who.contactId,
      senderName: who.name,
      kind: 'text',
      text,
      mention: false,
      sentAt: at,
    },
    means,
  });
});
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', (error) => process.stderr.write(`${String(error)}\n`));
process.on('unhandledRejection', (error) => process.stderr.write(`${String(error)}\n`));
tell({ tell: 'ready', rooms: chat.rooms });
