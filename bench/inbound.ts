/** From an inbound message to its record on disk, beside single commits and beside the chat library alone. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { PuppetMock, mock } from 'wechaty-puppet-mock';
import { types } from 'wechaty-puppet';

import { openWechaty } from '../src/channels/wechaty/wechaty.ts';
import type { InboundMessage } from '../src/channels/channel.ts';
import { openInbox } from '../src/chat/inbox.ts';
import { systemClock } from '../src/clock.ts';
import { openDatabase } from '../src/db/open.ts';
import { silentLog } from '../src/log.ts';
import { type Bench, type Figure, figure, type Measured, percentile } from './figure.ts';
import { closedLoop, type Load } from './load.ts';
import { ACCOUNT, contactOf, nameOf, roomOf, writeCounty } from './school.ts';
import { openBenchServer } from './server.ts';

const GROUPS = 10;
const MEMBERS_PER_GROUP = 100;
/** Messages that are under way at any time: as many as the wechaty adapter allows itself. */
const AT_ONCE = 100;

export const inbound: Bench = {
  name: 'inbound',
  title: `inbound message to fsynced record, SQLite (WAL, synchronous=FULL), ${AT_ONCE} at once`,
  async run({ full, folder, say }) {
    const count = full ? 100_000 : 20_000;
    const now = Date.now();
    const county = { groups: GROUPS, membersPerGroup: MEMBERS_PER_GROUP, pastQuizzes: 0, now };
    const fresh = async (name: string) => {
      const file = join(folder, `${name}.db`);
      await writeCounty(file, county);
      return file;
    };
    say('bare single commits');
    const single = await singleCommits(await fresh('bare'), full ? 20_000 : 4_000);
    say('inbox');
    const grouped = await throughInbox(await fresh('inbox'), count);
    say('bare dispatch of wechaty');
    const dispatched = await bareDispatch(folder, count / 4);
    say('wechaty and inbox');
    const adapted = await throughWechaty(folder, await fresh('wechaty'), count / 4);
    say('the whole way of an answer');
    const whole = await throughApp(folder, await fresh('app'), count / 10);

    const rate = (what: string, { rate: value }: { rate: number }): Measured => ({ what, value, unit: '/s' });
    const wait = (what: string, { waits }: Load): Measured => ({
      what: `${what}: p99`,
      value: percentile(waits, 0.99),
      unit: 'ms',
    });
    const bare = rate('one commit each', single);
    const waits = { bare: wait('one commit', single), aim: { of: 'value', atMost: 20 } } as const;
    const figures: Figure[] = [
      figure(rate('inbox: message to commit', grouped), { bare, aim: { of: 'ratio', atLeast: 3 } }),
      figure(wait('inbox: message to commit', grouped), waits),
      figure(rate('mock chat, wechaty, inbox: event to commit', adapted), {
        bare: rate('wechaty dispatch alone', dispatched),
        note: `${(adapted.rate / single.rate).toFixed(1)} × single commits`,
      }),
      figure(wait('mock chat, wechaty, inbox: event to commit', adapted), waits),
      figure(rate('whole server: answer to its records', { rate: whole.handledRate }), { bare }),
      figure(wait('whole server: message to commit meanwhile', whole.written), waits),
    ];
    return figures;
  },
};

const messageOf = (n: number, now: number): InboundMessage => {
  const member = (n * 7) % (GROUPS * MEMBERS_PER_GROUP);
  return {
    account: ACCOUNT,
    id: `m${n}`,
    roomId: roomOf(Math.floor(member / MEMBERS_PER_GROUP)),
    contactId: contactOf(member),
    senderName: nameOf(member),
    kind: 'text',
    text: '1B 2AB 3对',
    mention: false,
    sentAt: now,
  };
};

/** The bare limit: the same row into the same table, each with a commit of its own. */
async function singleCommits(file: string, count: number): Promise<Load> {
  const db = new DatabaseSync(file);
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
  const insert = db.prepare(
    `insert into message (id, account, channel_id, room_id, contact_id, sender_name, kind, text, mention, sent_at,
      received_at, state) values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 'new')`,
  );
  const now = Date.now();
  const load = await closedLoop(count, 1, async (n) => {
    const { account, id, roomId = null, contactId, senderName, kind, text } = messageOf(n, now);
    insert.run(`bare-${n}`, account, id, roomId, contactId, senderName, kind, text, now, now);
  });
  db.close();
  return load;
}

async function throughInbox(file: string, count: number): Promise<Load> {
  const db = await openDatabase({ kind: 'sqlite', file }, Date.now());
  const inbox = openInbox(
    db,
    () => Date.now(),
    () => undefined,
  );
  const load = await closedLoop(count, AT_ONCE, (n) => inbox.write(messageOf(n, Date.now())));
  await expectRows(db, count);
  await db.destroy();
  return load;
}

async function expectRows(db: Awaited<ReturnType<typeof openDatabase>>, count: number): Promise<void> {
  const { rows } = await db
    .selectFrom('message')
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  if (rows !== count) throw new Error(`${rows} of ${count} messages are on disk`);
}

const BOT = 'bot';

/** A puppet of the mock that makes a message's payload up from its id, instead of keeping every one it ever saw. */
class LoadPuppet extends PuppetMock {
  override async messageRawPayload(id: string) {
    const { roomId = '', contactId, text, sentAt } = messageOf(Number(id.slice(1)), Date.now());
    return {
      id,
      talkerId: contactId,
      roomId,
      mentionIdList: [],
      text,
      timestamp: sentAt,
      type: types.Message.Text,
    };
  }
}

function makePuppet(): LoadPuppet {
  const mocker = new mock.Mocker();
  const puppet = new LoadPuppet({ mocker });
  const bot = mocker.createContact({ id: BOT, name: '小课' });
  for (let group = 0; group < GROUPS; group += 1) {
    const people = Array.from({ length: MEMBERS_PER_GROUP }, (_, at) => group * MEMBERS_PER_GROUP + at);
    for (const member of people) mocker.createContact({ id: contactOf(member), name: nameOf(member) });
    mocker.createRoom({
      id: roomOf(group),
      topic: `花茶支部 ${group} 群`,
      memberIdList: [BOT, ...people.map(contactOf)],
    });
  }
  mocker.use(() => {
    mocker.login(bot);
    return () => undefined;
  });
  return puppet;
}

/** Emits messages, and waits for each until `taken` is called with its id. */
async function emitAll(puppet: LoadPuppet, count: number, waiting: Map<string, () => void>): Promise<Load> {
  return await closedLoop(
    count,
    AT_ONCE,
    (n) =>
      new Promise((resolve) => {
        waiting.set(`m${n}`, resolve);
        puppet.emit('message', { messageId: `m${n}` });
      }),
  );
}

/** The chat library alone: an event until its `message` listener has it. */
async function bareDispatch(folder: string, count: number): Promise<Load> {
  process.env.WECHATY_LOG = 'silent';
  const { WechatyBuilder } = await import('wechaty');
  const puppet = makePuppet();
  const bot = WechatyBuilder.build({ name: join(folder, 'bare-bot'), puppet });
  const waiting = new Map<string, () => void>();
  const loggedIn = new Promise<void>((resolve) => bot.once('login', () => resolve()));
  bot.on('message', ({ id }) => {
    waiting.get(id)?.();
    waiting.delete(id);
  });
  await bot.start();
  await loggedIn;
  const load = await emitAll(puppet, count, waiting);
  await bot.stop();
  return load;
}

/** Our adapter on the same puppet, and the inbox behind it. */
async function throughWechaty(folder: string, file: string, count: number): Promise<Load> {
  const db = await openDatabase({ kind: 'sqlite', file }, Date.now());
  const inbox = openInbox(
    db,
    () => Date.now(),
    () => undefined,
  );
  const puppet = makePuppet();
  const channel = openWechaty(
    { kind: 'wechaty', account: ACCOUNT, puppet: 'wechaty-puppet-mock' },
    { clock: systemClock, log: silentLog, dataDir: folder, puppet },
  );
  const waiting = new Map<string, () => void>();
  let groups = 0;
  await channel.start({
    async message(message) {
      await inbox.write(message);
      waiting.get(message.id)?.();
      waiting.delete(message.id);
    },
    echo: async () => undefined,
    group: async () => void (groups += 1),
  });
  while (groups < GROUPS) await systemClock.sleep(10);
  const load = await emitAll(puppet, count, waiting);
  await expectRows(db, count);
  await channel.stop();
  await db.destroy();
  return load;
}

/** The whole server: from the channel's call until the answer, its rollups and its acknowledgement are recorded. */
async function throughApp(folder: string, file: string, count: number) {
  const server = await openBenchServer(folder, file);
  const sink = server.channel.sink();
  const began = performance.now();
  const written = await closedLoop(count, AT_ONCE, (n) => sink.message(messageOf(n, Date.now())));
  await server.app.settled();
  const handledRate = (count / (performance.now() - began)) * 1_000;
  const { rows } = await server.db
    .selectFrom('answer')
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  if (rows !== count * 3) throw new Error(`${rows} of ${count * 3} answers are recorded`);
  await server.close();
  return { handledRate, written };
}
