/** Everything that a chat was seen to report about a message, each in a group of its own, on both databases. */
import { isDeepStrictEqual } from 'node:util';

import { describe, expect, inject, it } from 'vitest';

import type { DeliveryState } from '../../src/db/tables.ts';
import { DAY, SECOND } from '../../src/clock.ts';
import { DIALECTS } from '../support/databases.ts';
import { until } from '../support/wait.ts';
import { conclude } from './crash.ts';
import { BEHAVIOURS, type Behaviour } from './protocol.ts';
import { makeRooms, withRig } from './rig.ts';

/** What the ledger says in the end; with a chat whose past can be read, nothing that was said stays in doubt. */
const ENDS: Readonly<Record<Behaviour, readonly [without: DeliveryState, withHistory: DeliveryState]>> = {
  id: ['sent', 'sent'],
  'id-only': ['sent', 'sent'],
  undefined: ['sent', 'sent'],
  'echo-first': ['sent', 'sent'],
  'duplicate-echo': ['sent', 'sent'],
  'late-echo': ['sent', 'sent'],
  'no-echo': ['unknown', 'sent'],
  'throws-before': ['sent', 'sent'],
  'throws-after': ['sent', 'sent'],
  'throws-after-silent': ['unknown', 'sent'],
  // Not said, and while its process lives nobody can be sure that it won't be.
  lost: ['unknown', 'unknown'],
  hangs: ['unknown', 'sent'],
  'hangs-echo': ['sent', 'sent'],
  refused: ['failed', 'failed'],
};

describe.concurrent.each(DIALECTS)('a chat, with the ledger on %s,', (dialect) => {
  it.each([
    ['without a past', 0],
    ['whose past can be read', 1],
  ] as const)(
    '%s, reports in every way',
    async (_name, which) => {
      const rooms = BEHAVIOURS.flatMap((behaviour) =>
        makeRooms(1, [behaviour], 2).map((room) => ({ ...room, id: `room-${behaviour}` })),
      );
      const postgresUrl = inject('postgresUrl');
      const history = which === 1;
      await withRig({ dialect, postgresUrl, seed: 3, rooms, history, lessons: 1 }, async (rig) => {
        await rig.plan(1, SECOND, DAY);
        await rig.start().ready;
        const read = async () => {
          const rows = await rig.db
            .selectFrom('delivery')
            .innerJoin('chat_group', 'chat_group.id', 'delivery.group_id')
            .select(['chat_group.room_id', 'delivery.state'])
            .where('kind', '=', 'lesson')
            .execute();
          return Object.fromEntries(rows.map((row) => [row.room_id.replace('room-', ''), row.state]));
        };
        const ends = BEHAVIOURS.map((behaviour) => [behaviour, ENDS[behaviour][which]] as const);
        await untilEqual(read, Object.fromEntries(ends));
        if (which === 1) {
          // Once the process that lost it is gone, the past proves that it was never said.
          await rig.server().kill();
          await rig.start().ready;
          await untilEqual(async () => (await read()).lost, 'sent');
        }
        await conclude(rig, 0);
      });
    },
    120_000,
  );
});

async function untilEqual<T>(read: () => Promise<T>, expected: T): Promise<void> {
  let got: T | undefined;
  await until(async () => isDeepStrictEqual((got = await read()), expected), {
    within: 60_000,
    every: 100,
  }).catch(() => undefined);
  expect(got).toEqual(expected);
}
