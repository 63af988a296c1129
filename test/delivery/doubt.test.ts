/** What ends a doubt, to the millisecond: echoes, deadlines, the history, the storm guard, and what is due. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Channel, Echo } from '../../src/channels/channel.ts';
import { DAY, HOUR, MINUTE } from '../../src/clock.ts';
import type { PartState } from '../../src/db/tables.ts';
import { recordEcho } from '../../src/delivery/echo.ts';
import { type Delivery, findDelivery, listParts, type Part } from '../../src/delivery/ledger.ts';
import {
  beginEpoch,
  ECHO_WAIT,
  endEpoch,
  expireEchoes,
  listQueued,
  queueDue,
  REASONS,
  searchHistory,
  settleOrphans,
  SYNC_WINDOW,
} from '../../src/delivery/recover.ts';
import { expireHeld, guardStorm } from '../../src/delivery/storm.ts';
import { DIALECTS } from '../support/databases.ts';
import { ACCOUNT, openPostOffice, OTHER_ROOM, type PostOffice, ROOM } from '../support/post-office.ts';

const HASH = 'a'.repeat(64);

describe.each(DIALECTS)('a doubt on %s', (dialect) => {
  let office: PostOffice;
  let now: number;
  beforeEach(async () => {
    office = await openPostOffice(dialect);
    now = office.clock.now();
  });
  afterEach(async () => {
    await office.close();
  });

  const get = async (id: string): Promise<Delivery> => {
    const delivery = await findDelivery(office.db, id);
    if (!delivery) throw new Error('no such delivery');
    return delivery;
  };
  const force = async (id: string, set: Partial<Delivery>) => {
    await office.db.updateTable('delivery').set(set).where('id', '=', id).execute();
  };
  const forceParts = async (id: string, set: Partial<Part>) => {
    await office.db.updateTable('delivery_part').set(set).where('delivery_id', '=', id).execute();
  };
  /** A delivery in doubt, whose parts were begun at `now`. */
  const doubtful = async (texts = ['一'], set: Partial<Delivery> = {}, extra = {}) => {
    const id = await office.plan(texts, extra);
    await force(id, { state: 'unknown', epoch: 'dead', ...set });
    await forceParts(id, { state: 'unknown', sending_at: now });
    return id;
  };
  const stateOf = async (id: string) => (await get(id)).state;
  const partsOf = async (id: string) => (await listParts(office.db, id)).map(({ state }) => state);
  const hear = (echo: Echo) => recordEcho(office.db, echo, now + 5);

  describe('an echo', () => {
    it('that belongs to nobody changes nothing', async () => {
      const id = await doubtful();
      const echo = office.echoOf('m1', '一', now);
      expect(await hear({ ...echo, text: '二' })).toBe(false);
      expect(await hear({ ...echo, account: 'wechaty:north' })).toBe(false);
      expect(await hear(office.echoOf('m1', '一', now, OTHER_ROOM))).toBe(false);
      expect(await hear({ ...echo, kind: 'picture' })).toBe(false);
      expect(await hear({ ...echo, target: { kind: 'private', contactId: 'ann' } })).toBe(false);
      expect(await partsOf(id)).toEqual(['unknown']);
    });

    it('settles the part and the delivery, with its own id and time', async () => {
      const id = await doubtful();
      expect(await hear(office.echoOf('m1', ' 一\n', now + 2))).toBe(true);
      expect(await listParts(office.db, id)).toMatchObject([
        { state: 'sent', message_id: 'm1', sent_at: now + 2 },
      ]);
      expect(await get(id)).toMatchObject({ state: 'sent', sent_at: now + 2, reason: null });
    });

    it('that comes again changes nothing, and serves no other part', async () => {
      const [first, second] = [await doubtful(), await doubtful()];
      const echo = office.echoOf('m1', '一', now);
      expect(await hear(echo)).toBe(true);
      const before = await listParts(office.db, first);
      expect(await hear({ ...echo, at: now + 9 })).toBe(true);
      expect(await listParts(office.db, first)).toEqual(before);
      expect(await stateOf(second)).toBe('unknown');
    });

    it('by its id finds its part, whatever it says', async () => {
      const id = await doubtful();
      await forceParts(id, { message_id: 'm7' });
      expect(await hear(office.echoOf('m7', '改了样子', now))).toBe(true);
      expect(await stateOf(id)).toBe('sent');
      // One that has an id already isn't found by its words.
      const other = await doubtful();
      await forceParts(other, { message_id: 'm8' });
      expect(await hear(office.echoOf('m9', '一', now))).toBe(false);
    });

    it('by its id leaves a part that is planned anew', async () => {
      const id = await doubtful();
      await forceParts(id, { message_id: 'm7', state: 'planned' });
      await force(id, { state: 'planned' });
      expect(await hear(office.echoOf('m7', '一', now))).toBe(true);
      expect(await partsOf(id)).toEqual(['planned']);
    });

    it('may be a minute behind by the channel’s clock, and not more', async () => {
      const id = await doubtful();
      expect(await hear(office.echoOf('m1', '一', now - MINUTE - 1))).toBe(false);
      expect(await hear(office.echoOf('m2', '一', now - MINUTE))).toBe(true);
      expect(await stateOf(id)).toBe('sent');
    });

    it('goes to the part that was begun nearest to its time, and of equals to the first', async () => {
      const [late, early] = [await doubtful(), await doubtful(['一', '一'])];
      await forceParts(late, { sending_at: now + 10 });
      await hear(office.echoOf('m1', '一', now + 4));
      expect([await partsOf(early), await partsOf(late)]).toEqual([['sent', 'unknown'], ['unknown']]);
      await hear(office.echoOf('m2', '一', now + 9));
      expect([await partsOf(early), await partsOf(late)]).toEqual([['sent', 'unknown'], ['sent']]);
    });

    it('is heard in a private chat, and of a picture', async () => {
      const target = { kind: 'private', contactId: 'ann' } as const;
      const words = await doubtful(['一'], { group_id: null, contact_id: 'ann' });
      const picture = await doubtful([], {}, { parts: [{ kind: 'picture', body: 'cha.png', alt: '茶' }] });
      expect(await hear({ ...office.echoOf('m1', '一', now), target })).toBe(true);
      expect(await hear({ ...office.echoOf('m2', '', now), kind: 'picture' })).toBe(true);
      expect([await stateOf(words), await stateOf(picture)]).toEqual(['sent', 'sent']);
    });

    it.each(['sending', 'awaiting-echo', 'unknown'] as const)('settles a part that is %s', async (state) => {
      const id = await doubtful();
      await forceParts(id, { state });
      await force(id, { state });
      expect(await hear(office.echoOf('m1', '一', now))).toBe(true);
      expect(await partsOf(id)).toEqual(['sent']);
      // What is being sent is its courier's to conclude.
      expect(await stateOf(id)).toBe(state === 'sending' ? 'sending' : 'sent');
    });

    it.each(['failed', 'skipped'] as const)('proves that what was %s was said after all', async (state) => {
      const id = await doubtful(['一', '二'], { state, reason: '有人决定不发', hash: HASH, kind: 'lesson' });
      await hear(office.echoOf('m1', '一', now));
      expect(await stateOf(id)).toBe(state);
      await hear(office.echoOf('m2', '二', now));
      expect(await get(id)).toMatchObject({ state: 'sent', reason: '看到它在群里了', sent_at: now + 5 });
    });

    it('leaves one that was given up when another has taken its place, unless it was wished for twice', async () => {
      const lesson = { hash: HASH, kind: 'lesson', state: 'skipped' } as const;
      const given = await doubtful(['一'], lesson);
      const wished = await doubtful(['二'], { ...lesson, again: 1 });
      const place = await doubtful(['三'], { ...lesson, state: 'sent' });
      await hear(office.echoOf('m1', '一', now));
      await hear(office.echoOf('m2', '二', now));
      expect([await stateOf(given), await stateOf(wished), await stateOf(place)]).toEqual([
        'skipped',
        'sent',
        'sent',
      ]);
      const expired = await doubtful(['四'], { state: 'expired' });
      await hear(office.echoOf('m4', '四', now));
      expect(await stateOf(expired)).toBe('expired');
    });
  });

  describe('a deadline', () => {
    it('of an echo is half a minute after the last word of the delivery', async () => {
      const waiting = async (updatedAt: number) => {
        const id = await doubtful(['一', '二'], { state: 'awaiting-echo', updated_at: updatedAt });
        await office.db
          .updateTable('delivery_part')
          .set(({ eb }) => ({
            state: eb
              .case()
              .when('seq', '=', 0)
              .then<PartState>('sent')
              .else<PartState>('awaiting-echo')
              .end(),
          }))
          .where('delivery_id', '=', id)
          .execute();
        return id;
      };
      const [over, open] = [await waiting(now - ECHO_WAIT), await waiting(now - ECHO_WAIT + 1)];
      const other = await doubtful(['一'], { state: 'sending', updated_at: 0 });
      expect(await expireEchoes(office.db, now)).toBe(1);
      expect(await get(over)).toMatchObject({ state: 'unknown', reason: REASONS.noEcho });
      expect(await partsOf(over)).toEqual(['sent', 'unknown']);
      expect(await stateOf(open)).toBe('awaiting-echo');
      expect(await partsOf(open)).toEqual(['sent', 'awaiting-echo']);
      expect(await stateOf(other)).toBe('sending');
      expect(await expireEchoes(office.db, now)).toBe(0);
    });
  });

  describe('a start', () => {
    it('is on record with its end', async () => {
      const epoch = await beginEpoch(office.db, now + 1);
      const boots = () => office.db.selectFrom('boot').selectAll().orderBy('started_at').execute();
      expect(await boots()).toMatchObject([
        { epoch: office.epoch, ended_at: null },
        { epoch, started_at: now + 1, ended_at: null },
      ]);
      await endEpoch(office.db, epoch, now + 2);
      expect(await boots()).toMatchObject([{ ended_at: null }, { epoch, ended_at: now + 2 }]);
    });

    it('settles what nobody is sending, on our accounts only', async () => {
      const sending = { state: 'sending' } as const;
      const begun = await doubtful(['一'], sending);
      const fresh = await doubtful(['二'], sending);
      const ours = await doubtful(['三'], { ...sending, epoch: office.epoch });
      const active = await doubtful(['四'], { ...sending, epoch: office.epoch });
      const foreign = await doubtful(['五'], { ...sending, account: 'wechaty:north' });
      for (const id of [begun, ours, active, foreign]) await forceParts(id, { state: 'sending' });
      await forceParts(fresh, { state: 'planned', sending_at: null });
      const own = { epoch: office.epoch, isActive: (id: string) => id === active };
      expect(await settleOrphans(office.db, [], own, now)).toBe(0);
      expect(await settleOrphans(office.db, [ACCOUNT], own, now)).toBe(3);
      expect(await get(begun)).toMatchObject({ state: 'unknown', reason: REASONS.crashed });
      expect(await partsOf(begun)).toEqual(['unknown']);
      expect(await get(fresh)).toMatchObject({ state: 'planned', due_at: now });
      expect(await stateOf(ours)).toBe('unknown');
      expect([await stateOf(active), await partsOf(active)]).toEqual(['sending', ['sending']]);
      expect(await stateOf(foreign)).toBe('sending');
      // Another process's rows are an orphan's even when one of ours has the same idea of being active.
      await force(active, { epoch: 'dead' });
      expect(await settleOrphans(office.db, [ACCOUNT], own, now)).toBe(1);
    });
  });

  describe('the history', () => {
    const asked: { target: unknown; since: number }[] = [];
    const channelWith = (said: readonly Echo[], since: number): Channel => ({
      ...office.channelThat(async () => ({}), { since }),
      history: async (target, from) => {
        asked.push({ target, since: from });
        return said.filter((echo) => JSON.stringify(echo.target) === JSON.stringify(target));
      },
    });
    beforeEach(() => {
      asked.length = 0;
    });
    const search = (channel: Channel, at: number) => searchHistory(office.db, channel, office.epoch, at);

    it('is asked once for each chat, from a minute before what was begun first there', async () => {
      const [late, early] = [await doubtful(), await doubtful(['二'])];
      const privately = await doubtful(['三'], { group_id: null, contact_id: 'ann' });
      await forceParts(late, { sending_at: now + 7 });
      const target = { kind: 'private', contactId: 'ann' } as const;
      const said = [office.echoOf('m1', '一', now + 7), { ...office.echoOf('m3', '三', now), target }];
      expect(await search(channelWith(said, 0), now + 10)).toBe(2);
      expect(asked).toEqual([
        { target: { kind: 'group', roomId: ROOM }, since: now - MINUTE },
        { target, since: now - MINUTE },
      ]);
      expect([await stateOf(late), await stateOf(early), await stateOf(privately)]).toEqual([
        'sent',
        'unknown',
        'sent',
      ]);
      const { history: _, ...without } = channelWith(said, 0);
      expect(await search(without, now + DAY)).toBe(0);
    });

    it('is asked for nothing but doubt of its account', async () => {
      await doubtful(['一'], { state: 'skipped' });
      const foreign = await doubtful(['二']);
      await forceParts(foreign, { account: 'wechaty:north' });
      const settled = await doubtful(['三']);
      await forceParts(settled, { state: 'sent' });
      const nowhere = await doubtful(['四'], { group_id: null });
      expect(await search(channelWith([], 0), now + DAY)).toBe(0);
      expect(asked).toEqual([]);
      expect(await stateOf(nowhere)).toBe('unknown');
    });

    it.each([
      ['when both windows are over', 0, 0, 1],
      ['a moment after the login', 1, 0, 0],
      ['a moment after the send', 0, 1, 0],
    ])('proves %s that a dead process said nothing', async (_, login, send, decided) => {
      const id = await doubtful();
      await forceParts(id, { sending_at: now + send });
      const at = now + SYNC_WINDOW;
      expect(await search(channelWith([], now + login), at)).toBe(decided);
      expect(await get(id)).toMatchObject(
        decided === 1 ? { state: 'planned', reason: REASONS.notThere, due_at: at } : { state: 'unknown' },
      );
    });

    it('proves nothing about a call of our own', async () => {
      const id = await doubtful(['一'], { epoch: office.epoch });
      expect(await search(channelWith([], 0), now + DAY)).toBe(0);
      expect(await stateOf(id)).toBe('unknown');
    });

    it('plans only the part again that is not there', async () => {
      const id = await doubtful(['一', '二']);
      expect(await search(channelWith([office.echoOf('m1', '一', now)], 0), now + SYNC_WINDOW)).toBe(2);
      expect(await partsOf(id)).toEqual(['sent', 'planned']);
      expect(await stateOf(id)).toBe('planned');
    });
  });

  describe('what is due', () => {
    it('is queued at its hour, on our accounts, and listed by it', async () => {
      const [second, first] = [await office.plan(), await office.plan()];
      await force(first, { due_at: now - 1 });
      await force(second, { due_at: now });
      const early = await office.plan();
      await force(early, { due_at: now + 1 });
      const held = await office.plan();
      await force(held, { state: 'held' });
      const foreign = await office.plan();
      await force(foreign, { account: 'wechaty:north' });
      expect(await queueDue(office.db, [], now)).toEqual([]);
      const queued = await queueDue(office.db, [ACCOUNT], now);
      expect(new Set(queued.map(({ id }) => id))).toEqual(new Set([first, second]));
      expect(queued[0]).toMatchObject({ state: 'queued', updated_at: now });
      expect(await queueDue(office.db, [ACCOUNT], now)).toEqual([]);
      expect((await listQueued(office.db, [ACCOUNT])).map(({ id }) => id)).toEqual([first, second]);
      expect(await listQueued(office.db, [])).toEqual([]);
      expect(await listQueued(office.db, ['wechaty:north'])).toEqual([]);
      expect([await stateOf(early), await stateOf(held), await stateOf(foreign)]).toEqual([
        'planned',
        'held',
        'planned',
      ]);
    });
  });

  describe('the storm guard', () => {
    const PULSE = 20_000;
    const seenAt = async () =>
      (await office.db.selectFrom('account_pulse').selectAll().execute()).map((row) => row.seen_at);

    it('writes a sign of life at most every twenty seconds, and follows a clock that is set back', async () => {
      await guardStorm(office.db, ACCOUNT, now);
      await guardStorm(office.db, ACCOUNT, now + PULSE - 1);
      expect(await seenAt()).toEqual([now]);
      await guardStorm(office.db, ACCOUNT, now + PULSE);
      expect(await seenAt()).toEqual([now + PULSE]);
      await guardStorm(office.db, ACCOUNT, now + PULSE);
      await guardStorm(office.db, ACCOUNT, now - HOUR);
      expect(await seenAt()).toEqual([now - HOUR]);
    });

    it('holds after more than three hours what had come due, for a day after its hour', async () => {
      const due = await office.plan(['一'], { kind: 'lesson', plannedAt: now + HOUR });
      const queued = await office.plan(['二'], { kind: 'digest', plannedAt: now + 2 * HOUR });
      await force(queued, { state: 'queued' });
      const reply = await office.plan(['三'], { kind: 'reply', plannedAt: now + HOUR });
      const ack = await office.plan(['四'], { kind: 'ack', plannedAt: now + HOUR });
      const sending = await office.plan(['五'], { kind: 'lesson', plannedAt: now });
      await force(sending, { state: 'sending' });
      const foreign = await office.plan(['六'], { kind: 'lesson', plannedAt: now });
      await force(foreign, { account: 'wechaty:north' });
      await guardStorm(office.db, ACCOUNT, now);
      const back = now + 3 * HOUR;
      const future = await office.plan(['七'], { kind: 'lesson', plannedAt: back + 2 });
      expect(await guardStorm(office.db, ACCOUNT, back)).toBe(0);
      // As long as that exactly is no outage; from the sign of life on it is counted anew.
      await office.db.updateTable('account_pulse').set({ seen_at: now }).execute();
      expect(await guardStorm(office.db, ACCOUNT, back + 1)).toBe(2);
      expect(await get(due)).toMatchObject({
        state: 'held',
        held_until: now + HOUR + DAY,
        updated_at: back + 1,
        reason: '停了 3 小时，先扣下，等人放行',
      });
      expect(await stateOf(queued)).toBe('held');
      for (const id of [reply, ack, foreign, future]) expect(await stateOf(id)).toBe('planned');
      expect(await stateOf(sending)).toBe('sending');
      expect(await seenAt()).toEqual([back + 1]);

      expect(await expireHeld(office.db, now + HOUR + DAY - 1)).toBe(0);
      expect(await expireHeld(office.db, now + HOUR + DAY)).toBe(1);
      expect(await get(due)).toMatchObject({
        state: 'expired',
        held_until: null,
        reason: '扣下后没有人放行，过期作废',
        updated_at: now + HOUR + DAY,
      });
    });
  });
});
