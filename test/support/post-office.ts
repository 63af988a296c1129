/** A ledger with one group, and channels that behave as a test says: what the tests of `delivery/` share. */
import { randomUUID } from 'node:crypto';

import {
  type Channel,
  type ChannelSink,
  type Echo,
  type OutboundPart,
  type Receipt,
} from '../../src/channels/channel.ts';
import { SECOND } from '../../src/clock.ts';
import type { Dialect } from '../../src/db/open.ts';
import { type CourierParts, makeCourier } from '../../src/delivery/courier.ts';
import { recordEcho } from '../../src/delivery/echo.ts';
import { type Delivery, findDelivery, type NewDelivery, planDeliveries } from '../../src/delivery/ledger.ts';
import type { Compose } from '../../src/delivery/prepare.ts';
import { beginEpoch, queueDue } from '../../src/delivery/recover.ts';
import { silentLog } from '../../src/log.ts';
import { recordSeenGroup, setGroupEnabled } from '../../src/people/groups.ts';
import { testClock } from './clock.ts';
import { openTestDb } from './databases.ts';

export const ACCOUNT = 'wechaty:county';
export const ROOM = 'room@chatroom';
export const OTHER_ROOM = 'other@chatroom';

/** `echo('')` brings the message back under the channel's next id. */
export type Behaviour = (text: string, echo: (id: string) => Promise<void>) => Promise<Receipt>;

export interface ChannelExtra {
  readonly history?: Channel['history'];
  readonly maxText?: number;
  /** Since when it is online, ms. */
  readonly since?: number;
}

export async function openPostOffice(dialect: Dialect, start = '2026-11-24T12:00:00+08:00') {
  const { db, close } = await openTestDb(dialect);
  const clock = testClock(start);
  const openGroup = async (roomId: string) => {
    const group = await recordSeenGroup(db, { account: ACCOUNT, roomId, topic: '花茶支部群' }, clock.now());
    return await setGroupEnabled(db, group.key, true, 'test', clock.now());
  };
  const group = await openGroup(ROOM);
  const other = await openGroup(OTHER_ROOM);
  const epoch = await beginEpoch(db, clock.now());
  const said: string[] = [];

  const echoOf = (id: string, text: string, at = clock.now(), roomId = ROOM): Echo => ({
    account: ACCOUNT,
    id,
    target: { kind: 'group', roomId },
    kind: 'text',
    text,
    at,
  });

  function channelThat(
    behave: Behaviour,
    { history, maxText = 2_000, since = 0 }: ChannelExtra = {},
  ): Channel {
    let sent = 0;
    return {
      account: ACCOUNT,
      limits: { maxText, paced: false },
      start: async (_sink: ChannelSink) => undefined,
      stop: async () => undefined,
      status: () => ({ account: ACCOUNT, state: 'online', since }),
      async send(_target, part: OutboundPart) {
        const text = part.kind === 'text' ? part.text : `[${part.alt}]`;
        sent += 1;
        const id = `m${sent}`;
        const receipt = await behave(text, async (own) => {
          await recordEcho(db, echoOf(own || id, text), clock.now());
        });
        said.push(text);
        return receipt;
      },
      ...(history ? { history } : {}),
    };
  }

  const courierFor = (channel: Channel, { compose, ...more }: Partial<CourierParts> = {}) =>
    makeCourier({
      db,
      clock,
      log: silentLog,
      zone: 'Asia/Shanghai',
      epoch,
      channelOf: () => channel,
      compose: compose ?? (async () => ({ skip: '没有内容可发' })),
      picturePath: (file) => file,
      random: () => 0.5,
      signal: new AbortController().signal,
      sendTimeout: 10 * SECOND,
      ...more,
    });

  return {
    db,
    close,
    clock,
    group,
    other,
    groupId: group.id,
    epoch,
    said,
    echoOf,
    channelThat,
    courierFor,
    /** Words that are fixed, unless `extra` says otherwise. */
    async plan(parts: string[] = ['一课'], extra: Partial<NewDelivery> = {}): Promise<string> {
      const [id] = await planDeliveries(
        db,
        [
          {
            cause: `test:${randomUUID()}`,
            kind: 'ack',
            account: ACCOUNT,
            groupId: group.id,
            plannedAt: clock.now(),
            parts: parts.map((body) => ({ kind: 'text', body })),
            ...extra,
          },
        ],
        clock.now(),
      );
      return id ?? '';
    },
    /** Queues what is due and has one delivery sent. */
    async send(channel: Channel, id: string, compose?: Compose): Promise<Delivery | undefined> {
      await queueDue(db, [ACCOUNT], clock.now());
      await courierFor(channel, compose ? { compose } : {}).deliver(id);
      return await findDelivery(db, id);
    },
  };
}

export type PostOffice = Awaited<ReturnType<typeof openPostOffice>>;
