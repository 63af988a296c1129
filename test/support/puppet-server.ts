/**
 * A process of its own: a mock puppet behind the puppet service's gRPC server. Its parent tells it over IPC
 * what people say, and asks what they saw. Arguments: port, token.
 */
import { PuppetServer } from 'wechaty-puppet-service';

import { type MockChat, makeMockChat } from './mock-chat.ts';

export type Question =
  | { readonly no: number; readonly ask: 'say'; readonly given: Parameters<MockChat['say']> }
  | { readonly no: number; readonly ask: 'seen'; readonly given: Parameters<MockChat['seen']> };

process.env.WECHATY_LOG = 'silent';
const [, , port = '', token = ''] = process.argv;
const chat = makeMockChat();
const server = new PuppetServer({
  endpoint: `127.0.0.1:${port}`,
  puppet: chat.puppet,
  token,
  tls: { disable: true },
});
await server.start();

process.on('message', (question: Question) => {
  const answer = question.ask === 'say' ? chat.say(...question.given) : chat.seen(...question.given);
  process.send?.({ no: question.no, answer });
});
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', (error) => process.stderr.write(`${String(error)}\n`));
process.on('unhandledRejection', (error) => process.stderr.write(`${String(error)}\n`));
process.send?.({ ready: true, rooms: chat.rooms });
