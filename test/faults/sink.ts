/**
 * The sink: a chat server in a process of its own, with its own append-only log. It holds rooms and made-up
 * people, offers what they say until the bot acknowledges it, takes what the bot says, and reports about it as well or
 * as badly as each message's behaviour has it. Argument: the file of its configuration.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

import type { ChatTarget, Echo, InboundMessage } from '../../src/channels/channel.ts';
import {
  type Behaviour,
  type FromBot,
  type FromSink,
  readLines,
  type SinkConfig,
  type SinkEvent,
  targetKey,
  type ToBot,
  type ToSink,
  writeLine,
} from './protocol.ts';
import { seededRandom } from './random.ts';
import { fastClock } from './speed.ts';

/** When what isn't acknowledged is offered again, in real time. */
const OFFER_AGAIN = 1_000;
/** How many of the last messages come again after a reconnect, acknowledged or not. */
const COME_AGAIN = 5;
/** How long an `echo-first` call takes to return after the echo, in real time. */
const AFTER_ECHO = 60;

const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as SinkConfig;
const clock = fastClock(config.speed);
const random = seededRandom(config.seed);
const log = openSync(config.log, 'a');

const bots = new Set<Socket>();
const pending = new Map<string, { message: InboundMessage; offeredAt: number }>();
const recent: InboundMessage[] = [];
const said: Echo[] = [];
const attempts = new Map<string, number>();
let isOpen = true;
let sent = 0;

type Logged = SinkEvent extends infer E ? (E extends { at: number } ? Omit<E, 'at'> : never) : never;

function write(event: Logged): SinkEvent {
  const line = { ...event, at: clock.now() } as SinkEvent;
  writeSync(log, `${JSON.stringify(line)}\n`);
  fsyncSync(log);
  return line;
}

const toAll = (line: ToBot) => {
  for (const bot of bots) writeLine(bot, line);
};
const tell = (line: FromSink) => void process.send?.(line);
function offer(message: InboundMessage): void {
  const waiting = pending.get(message.id);
  if (waiting) waiting.offeredAt = Date.now();
  toAll({ op: 'inbound', message });
}
/** `ms` of the run's clock. */
const later = (ms: number, work: () => void) => void clock.sleep(ms).then(work);

function behaviourFor(target: ChatTarget): Behaviour {
  const room = target.kind === 'group' && config.rooms.find(({ id }) => id === target.roomId);
  return random.pick(room ? room.behaviours : config.behaviours);
}

function say(message: Extract<FromBot, { op: 'send' }>, how: Behaviour): Echo {
  sent += 1;
  const id = `s${sent}-${process.pid}`;
  const line = write({
    event: 'said',
    id,
    target: message.target,
    kind: message.kind,
    text: message.text,
    how,
  });
  const echo: Echo = {
    account: config.account,
    id,
    target: message.target,
    kind: message.kind,
    text: message.kind === 'text' ? message.text : '',
    at: line.at,
  };
  said.push(echo);
  if (line.event === 'said') tell({ tell: 'said', said: line });
  return echo;
}

function takeSend(bot: Socket, message: Extract<FromBot, { op: 'send' }>): void {
  const { no, target } = message;
  const how = behaviourFor(target);
  const receipt = (messageId?: string) =>
    writeLine(bot, { op: 'receipt', no, ...(messageId === undefined ? {} : { messageId }) });
  const fail = (kind: 'not-sent' | 'refused' | 'broken') => writeLine(bot, { op: 'failure', no, how: kind });
  const comeBack = (echo: Echo) => toAll({ op: 'echo', echo });
  const attempt = attempts.get(targetKey(target)) ?? 0;
  attempts.set(targetKey(target), attempt + 1);
  if (how === 'throws-before' && attempt % 3 < 2) {
    write({ event: 'unsaid', how, target });
    return fail('not-sent');
  }
  if (how === 'refused' || (how === 'lost' && attempt % 2 === 0)) {
    write({ event: 'unsaid', how, target });
    return fail(how === 'refused' ? 'refused' : 'broken');
  }
  const echo = say(message, how);
  switch (how) {
    case 'id':
    case 'throws-before':
    case 'lost':
      receipt(echo.id);
      return comeBack(echo);
    case 'id-only':
      return receipt(echo.id);
    case 'undefined':
      receipt();
      return later(config.lateEcho / 40, () => comeBack(echo));
    case 'echo-first':
      comeBack(echo);
      setTimeout(receipt, AFTER_ECHO);
      return;
    case 'duplicate-echo':
      receipt();
      for (const again of [1, 2, 3]) later((again * config.lateEcho) / 60, () => comeBack(echo));
      return;
    case 'late-echo':
      receipt();
      return later(config.lateEcho, () => comeBack(echo));
    case 'no-echo':
      return receipt();
    case 'throws-after':
      fail('broken');
      return later(config.lateEcho / 40, () => comeBack(echo));
    case 'throws-after-silent':
      return fail('broken');
    case 'hangs':
      return;
    case 'hangs-echo':
      return later(config.lateEcho / 40, () => comeBack(echo));
  }
}

function take(bot: Socket, line: FromBot): void {
  switch (line.op) {
    case 'ack':
      if (pending.delete(line.id)) write({ event: 'acknowledged', id: line.id });
      return;
    case 'send':
      return takeSend(bot, line);
    case 'history': {
      const key = targetKey(line.target);
      const echoes = said.filter((echo) => targetKey(echo.target) === key && echo.at >= line.since);
      return writeLine(bot, { op: 'history', no: line.no, echoes });
    }
  }
}

const server = createServer((bot) => {
  if (!isOpen) return bot.destroy();
  bots.add(bot);
  write({ event: 'connected' });
  bot.on('close', () => bots.delete(bot));
  bot.on('error', () => undefined);
  readLines(bot, (line) => take(bot, line as FromBot));
  const rooms = config.rooms.map(({ id, topic, people }) => ({ id, topic, people }));
  writeLine(bot, { op: 'welcome', rooms });
  for (const message of recent) offer(message);
  for (const { message } of pending.values()) offer(message);
  // Like a chat's protocol after a reconnect: of our own last words some come again.
  for (const echo of said.slice(-COME_AGAIN)) if (random.next() < 0.3) toAll({ op: 'echo', echo });
});

setInterval(() => {
  for (const { message, offeredAt } of pending.values())
    if (Date.now() - offeredAt >= OFFER_AGAIN) offer(message);
}, OFFER_AGAIN / 4);

process.on('message', (line: ToSink) => {
  switch (line.do) {
    case 'say':
      write({ event: 'offered', message: line.message, means: line.means });
      pending.set(line.message.id, { message: line.message, offeredAt: 0 });
      recent.push(line.message);
      if (recent.length > COME_AGAIN) recent.shift();
      return offer(line.message);
    case 'pending':
      return tell({ tell: 'pending', no: line.no, count: pending.size });
    case 'open':
      isOpen = line.open;
      if (!isOpen) for (const bot of bots) bot.destroy();
      return;
  }
});
process.on('disconnect', () => {
  closeSync(log);
  process.exit(0);
});
server.listen(config.socket, () => tell({ tell: 'ready' }));
