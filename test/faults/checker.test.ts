/** The checker finds what it is there for: each kind of loss, doubling and invention, planted into a sound run. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DAY, SECOND } from '../../src/clock.ts';
import { type Db, inTransaction } from '../../src/db/open.ts';
import { type Evidence, findContradictions } from './checker.ts';
import { makeRooms, openRig, type Rig } from './rig.ts';

interface Planted {
  readonly what: string;
  readonly finds: RegExp;
  readonly inDatabase?: (db: Db) => Promise<unknown>;
  readonly inEvidence?: (evidence: Evidence) => Evidence;
}

const first = (db: Db, table: 'answer' | 'checkin' | 'message') =>
  db.selectFrom(table).select('id').orderBy('id').limit(1);

const PLANTED: readonly Planted[] = [
  {
    what: 'a lost message',
    finds: /m\d+ was acknowledged and is lost/,
    inDatabase: (db) =>
      db.updateTable('message').set({ channel_id: 'other' }).where('id', '=', first(db, 'message')).execute(),
  },
  {
    what: 'a message that nobody said',
    finds: /other is in the inbox and was never said/,
    inDatabase: (db) =>
      db.updateTable('message').set({ channel_id: 'other' }).where('id', '=', first(db, 'message')).execute(),
  },
  {
    what: 'a message that was never handled',
    finds: /m\d+ is new/,
    inDatabase: (db) =>
      db.updateTable('message').set({ state: 'new' }).where('id', '=', first(db, 'message')).execute(),
  },
  {
    what: 'an answer that was recorded otherwise',
    finds: /meant .* and is recorded as/,
    inDatabase: (db) =>
      db.updateTable('answer').set({ value: 'D' }).where('id', '=', first(db, 'answer')).execute(),
  },
  {
    what: 'an answer that is marked wrongly',
    finds: /is marked wrongly/,
    inDatabase: (db) =>
      db
        .updateTable('answer')
        .set((eb) => ({ correct: eb(eb.val(1), '-', eb.ref('correct')) as never }))
        .execute(),
  },
  {
    what: 'an answer that does not count',
    finds: /of the answers .* 0 count/,
    inDatabase: (db) =>
      db.updateTable('answer').set({ counted: 0 }).where('id', '=', first(db, 'answer')).execute(),
  },
  {
    what: 'a check-in of another day',
    finds: /is on 2020-01-01/,
    inDatabase: (db) =>
      db.updateTable('checkin').set({ day: '2020-01-01' }).where('id', '=', first(db, 'checkin')).execute(),
  },
  {
    what: 'a quiz that was not open',
    finds: /answers a lesson that was seen and no quiz was open|was not open when it was written/,
    inDatabase: (db) =>
      db
        .updateTable('quiz_window')
        .set((eb) => ({ opens_at: eb.ref('closes_at') }))
        .execute(),
  },
  {
    what: 'a reply that is not owed',
    finds: /is owed a reply and has none/,
    inDatabase: (db) =>
      db
        .updateTable('delivery')
        .set((eb) => ({ cause: eb.fn<string>('lower', [eb.ref('id')]) }))
        .where('kind', '=', 'reply')
        .execute(),
  },
  {
    what: 'an acknowledgement that never comes',
    finds: /wait for an acknowledgement that never comes/,
    inDatabase: (db) => db.updateTable('ack_item').set({ delivery_id: null }).execute(),
  },
  {
    what: 'a slot without a delivery',
    finds: /schedule 1 has 0 deliveries/,
    inDatabase: (db) =>
      db.updateTable('delivery').set({ occurrence_id: null }).where('kind', '=', 'lesson').execute(),
  },
  {
    what: 'a delivery that never ends',
    finds: /is queued, which is no end/,
    inDatabase: (db) =>
      db.updateTable('delivery').set({ state: 'queued' }).where('kind', '=', 'lesson').execute(),
  },
  {
    what: 'a doubt without a reason',
    finds: /is unknown without a reason/,
    inDatabase: (db) =>
      db
        .updateTable('delivery')
        .set({ state: 'unknown', reason: null })
        .where('kind', '=', 'lesson')
        .execute(),
  },
  {
    what: 'words that count as sent and are not',
    finds: /counts as sent 1 times and was said 0/,
    inEvidence: (evidence) => ({ ...evidence, said: evidence.said.slice(1) }),
  },
  {
    what: 'words said twice',
    finds: /was said 2 times: 1 sent, 0 in doubt/,
    inEvidence: (evidence) => ({ ...evidence, said: [...evidence.said, ...evidence.said.slice(0, 1)] }),
  },
  {
    what: 'a lesson said twice, by the chat alone',
    finds: /^group room-\d: lesson 1 was said 2 times$/,
    inEvidence: (evidence) => ({
      ...evidence,
      said: [...evidence.said, ...evidence.said.filter(({ text }) => text.includes('标记001')).slice(0, 1)],
    }),
  },
  {
    what: 'words that stand in no ledger',
    finds: /was said and stands in no ledger/,
    inEvidence: (evidence) => ({
      ...evidence,
      said: [
        ...evidence.said,
        { at: 0, target: { kind: 'private', contactId: 'x' }, kind: 'text', text: '?' },
      ],
    }),
  },
  {
    what: 'a rollup that is not what the facts say',
    finds: /the rollup window .* is not what the facts say/,
    inDatabase: (db) =>
      db
        .updateTable('rollup_window')
        .set((eb) => ({ answers: eb('answers', '+', 1) }))
        .execute(),
  },
];

describe('the checker', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await openRig({ dialect: 'sqlite', seed: 61, rooms: makeRooms(2, ['id'], 6), lessons: 1 });
    await rig.plan(1, SECOND, DAY);
    await rig.start().ready;
    await rig.settle();
    for (const room of rig.chat.rooms)
      for (const who of room.people) {
        rig.chat.say(who, { roomId: room.id }, '1A 2C', { answers: { 1: 'A', 2: 'C' } });
        rig.chat.say(who, 'private', '打卡 好', { checkin: true, reply: true });
      }
    await rig.settle();
    await rig.server().kill();
  }, 180_000);
  afterAll(async () => {
    await rig.close();
  });

  it('finds nothing in a sound run', async () => {
    expect(await rig.contradictions()).toEqual([]);
  });

  it.each(PLANTED)('finds $what', async ({ finds, inDatabase, inEvidence = (evidence) => evidence }) => {
    const undo = new Error('undo');
    let found: readonly string[] = [];
    await inTransaction(rig.db, async (trx) => {
      await inDatabase?.(trx);
      found = await findContradictions(trx, inEvidence(rig.chat.evidence()));
      throw undo;
    }).catch((error: unknown) => {
      if (error !== undo) throw error;
    });
    expect(found.filter((one) => finds.test(one))).not.toEqual([]);
  });
});
