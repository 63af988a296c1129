/** Re-login: our keys stay, whatever the channel's ids do; nobody gets another's record. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { insertMessages } from '../../src/chat/inbox.ts';
import type { Db } from '../../src/db/open.ts';
import { planDeliveries } from '../../src/delivery/ledger.ts';
import { factMover } from '../../src/digest/follow.ts';
import {
  findGroup,
  type Group,
  listSeatChanges,
  recordSeenGroup,
  standstillOf,
} from '../../src/people/groups.ts';
import { bindIdentity, findMemberOf, memberOf } from '../../src/people/identities.ts';
import {
  chooseMatch,
  settleChoices,
  takeBackChoice,
  TAKEN_BACK_FOR,
} from '../../src/people/match-choices.ts';
import { acceptMatch, listMatches, rejectMatch } from '../../src/people/matching.ts';
import { addMember } from '../../src/people/members.ts';
import { beginLogin, finishLogin, reportGroup } from '../../src/people/relogin.ts';
import { TERMINAL } from '../../src/people/scope.ts';
import { DIALECTS, openTestDb } from '../support/databases.ts';

const ACCOUNT = 'wechaty';

interface Person {
  readonly name: string;
  /** Own name and remark, where the channel tells. */
  readonly ownName?: string;
  readonly remark?: string;
}

interface World {
  readonly rooms: readonly { readonly topic: string; readonly people: readonly number[] }[];
  readonly people: readonly Person[];
}

/** What the channel shows under these ids. */
const show = (world: World, roomIds: readonly string[], contactIds: readonly string[]) =>
  world.rooms.map(({ topic, people }, index) => ({
    account: ACCOUNT,
    roomId: roomIds[index] ?? '',
    topic,
    members: people.map((no) => {
      const { name, ...more } = world.people[no] as Person;
      return { contactId: contactIds[no] ?? '', name, ...more };
    }),
  }));

async function reset(db: Db) {
  for (const table of [
    'match_choice',
    'match_item',
    'login_seat',
    'message',
    'identity',
    'group_member',
    'chat_group',
    'account_login',
    'member_place',
    'member',
  ] as const)
    await db.deleteFrom(table).execute();
}

/** Everybody has a record before the login: their member's id, and each group its own. */
async function settleIn(db: Db, world: World, roomIds: readonly string[], contactIds: readonly string[]) {
  const groups: Group[] = [];
  for (const seen of show(world, roomIds, contactIds)) groups.push(await recordSeenGroup(db, seen, 10));
  await db.updateTable('chat_group').set({ enabled: 1 }).execute();
  const members: string[] = [];
  for (const [no, { name }] of world.people.entries()) {
    const contact = { account: ACCOUNT, contactId: contactIds[no] ?? '', nickname: name };
    members.push((await memberOf(db, contact, 20)).id);
  }
  return { groups, members };
}

async function logIn(db: Db, seen: ReturnType<typeof show>, now: number) {
  await beginLogin(db, ACCOUNT, now);
  for (const room of seen) await reportGroup(db, room, now + 1);
  await finishLogin(db, ACCOUNT, seen, now + 2);
}

describe.each(DIALECTS)('a login on %s', (dialect) => {
  let db: Db;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ db, close } = await openTestDb(dialect));
  });
  afterEach(async () => {
    await close();
  });

  const people = (...names: string[]): Person[] => names.map((name) => ({ name }));
  const TEA: World = {
    rooms: [
      { topic: '花茶支部群', people: [0, 1, 2, 3] },
      { topic: '村淘支部群', people: [4, 5, 6, 0] },
    ],
    people: people('花茶-黄秀兰', '花茶-韦国强', '覃小燕', '农志远', '陆有福', '蒙丽萍', '农大山'),
  };
  const ids = (prefix: string, world: World) => world.people.map((_, index) => `${prefix}${index}`);
  const roomIds = (prefix: string, world: World) => world.rooms.map((_, index) => `${prefix}${index}@x`);
  const boundTo = async (contactId: string) => (await findMemberOf(db, ACCOUNT, contactId))?.id;
  const roomsOf = async (groups: readonly Group[]) => {
    const rows = await db.selectFrom('chat_group').select(['id', 'room_id', 'state']).execute();
    return groups.map(({ id }) => rows.find((row) => row.id === id));
  };

  it('with all ids changed binds every group and everybody who can be told', async () => {
    const { groups, members } = await settleIn(db, TEA, roomIds('r', TEA), ids('c', TEA));
    await db.updateTable('identity').set({ how: 'code', confirmed: 1 }).execute();
    await logIn(db, show(TEA, roomIds('s', TEA), ids('d', TEA)), 100);
    expect(await roomsOf(groups)).toEqual(
      groups.map(({ id }, index) => ({ id, room_id: `s${index}@x`, state: 'ok' })),
    );
    for (const [no, memberId] of members.entries()) {
      expect(await boundTo(`d${no}`)).toBe(memberId);
      expect(await boundTo(`c${no}`)).toBeUndefined();
    }
    // A name can be taken by anybody: rights wait for a new word of somebody.
    const bound = await db
      .selectFrom('identity')
      .select(['how', 'confirmed'])
      .where('closed_at', 'is', null)
      .execute();
    expect(bound.every(({ how, confirmed }) => how === 'healed' && confirmed === 0)).toBe(true);
    expect(await listMatches(db, TERMINAL)).toEqual([]);
    expect(await db.selectFrom('chat_group').select('id').execute()).toHaveLength(2);
    const [first] = groups;
    expect(await listSeatChanges(db, first?.id ?? '', 0)).toEqual([]);
    // And again.
    await logIn(db, show(TEA, roomIds('t', TEA), ids('e', TEA)), 200);
    for (const [no, memberId] of members.entries()) expect(await boundTo(`e${no}`)).toBe(memberId);
  });

  it('keeps the rights of those whom our own remark tells', async () => {
    const world: World = {
      ...TEA,
      people: TEA.people.map((person, index) => (index === 0 ? { ...person, remark: '黄秀兰 A1' } : person)),
    };
    await settleIn(db, world, roomIds('r', world), ids('c', world));
    await db.updateTable('identity').set({ how: 'code', confirmed: 1 }).execute();
    await logIn(db, show(world, roomIds('s', world), ids('d', world)), 100);
    const confirmed = await db
      .selectFrom('identity')
      .select('contact_id')
      .where('closed_at', 'is', null)
      .where('confirmed', '=', 1)
      .execute();
    expect(confirmed).toEqual([{ contact_id: 'd0' }]);
  });

  it('with the same ids changes nothing, and notices who left and joined', async () => {
    const { groups, members } = await settleIn(db, TEA, roomIds('r', TEA), ids('c', TEA));
    const before = await db.selectFrom('identity').selectAll().orderBy('id').execute();
    const world: World = {
      people: [...TEA.people, { name: '新来的' }],
      rooms: [
        { topic: '花茶支部群', people: [0, 1, 2, 7] },
        { topic: '村淘学习群', people: [4, 5, 6, 0] },
      ],
    };
    await logIn(db, show(world, roomIds('r', TEA), [...ids('c', TEA), 'new']), 100);
    expect(await db.selectFrom('identity').selectAll().orderBy('id').execute()).toEqual(before);
    expect(await boundTo('c3')).toBe(members[3]);
    expect(await listSeatChanges(db, groups[0]?.id ?? '', 50)).toMatchObject([
      { name: '新来的', change: 'joined' },
      { name: '农志远', change: 'left' },
    ]);
    const { topic } = (await findGroup(db, ACCOUNT, 'r1@x')) as Group;
    expect(topic).toBe('村淘学习群');
    const trail = await db
      .selectFrom('audit')
      .select(['what', 'after'])
      .where('what', '=', 'group.members')
      .execute();
    expect(trail).toEqual([{ what: 'group.members', after: '{"joined":1,"left":1}' }]);
  });

  it('takes a new group beside the known ones for new, and a lost one for nothing else', async () => {
    const { groups } = await settleIn(db, TEA, roomIds('r', TEA), ids('c', TEA));
    const world: World = {
      people: TEA.people,
      rooms: [TEA.rooms[0] as World['rooms'][0], { topic: '老乡会', people: [4, 5] }],
    };
    await logIn(db, show(world, ['r0@x', 'other@x'], ids('c', TEA)), 100);
    expect(await roomsOf(groups)).toMatchObject([{ state: 'ok' }, { room_id: 'r1@x', state: 'ok' }]);
    expect(await findGroup(db, ACCOUNT, 'other@x')).toMatchObject({ enabled: 0, state: 'ok' });
    expect(await listMatches(db, TERMINAL)).toEqual([]);
  });

  it('quarantines what it can not tell, holds what is said there, and lets a person decide', async () => {
    const world: World = {
      people: people('花茶-黄秀兰', '花茶-韦国强', '覃小燕', '农志远'),
      rooms: [
        { topic: '花茶支部群', people: [0, 1, 2, 3] },
        { topic: '不要吵', people: [2, 3] },
      ],
    };
    const { groups, members } = await settleIn(db, world, roomIds('r', world), ids('c', world));
    const renamed: World = {
      ...world,
      rooms: [
        { topic: '电商交流', people: [0, 1, 2, 3] },
        { topic: '完全不同', people: [] },
      ],
    };
    const seen = show(renamed, roomIds('s', world), ids('d', world));
    await beginLogin(db, ACCOUNT, 100);
    const say = (id: string, roomId: string | undefined, contactId: string) => ({
      account: ACCOUNT,
      id,
      ...(roomId === undefined ? {} : { roomId }),
      contactId,
      senderName: world.people[Number(contactId.slice(1))]?.name ?? '',
      kind: 'text' as const,
      text: '1A',
      mention: false,
      sentAt: 101,
    });
    await insertMessages(
      db,
      [say('m1', 's0@x', 'd1'), say('m2', undefined, 'd1'), say('m3', 's1@x', 'd2')],
      101,
    );
    const states = async () =>
      Object.fromEntries(
        (await db.selectFrom('message').select(['channel_id', 'state', 'text']).execute()).map((row) => [
          row.channel_id,
          `${row.state} ${row.text ?? ''}`.trim(),
        ]),
      );
    expect(await states()).toEqual({ m1: 'held 1A', m2: 'held 1A', m3: 'held 1A' });
    for (const room of seen) await reportGroup(db, room, 102);
    const [tea] = groups;
    expect(await standstillOf(db, (await roomless(tea?.id)) as Group)).toMatchObject({ wait: true });
    await finishLogin(db, ACCOUNT, seen, 103);

    expect(await roomsOf(groups)).toMatchObject([{ state: 'quarantined' }, { state: 'quarantined' }]);
    expect(await standstillOf(db, (await roomless(tea?.id)) as Group)).toMatchObject({ wait: false });
    expect(await states()).toEqual({ m1: 'held 1A', m2: 'new 1A', m3: 'handled' });
    const [waiting] = await listMatches(db, TERMINAL);
    expect(waiting).toMatchObject({ kind: 'group', topic: '花茶支部群', candidate: '电商交流', score: 45 });
    expect(waiting?.reasons).toEqual(['群名不同（电商交流）', '成员重合 100%']);
    // In the meantime somebody speaks in private, and is a guest.
    const guest = await memberOf(db, { account: ACCOUNT, contactId: 'd1', nickname: '花茶-韦国强' }, 104);
    expect(members).not.toContain(guest.id);

    await acceptMatch(db, waiting?.no ?? 0, TERMINAL, factMover('Asia/Shanghai'), 105);
    expect(await roomsOf(groups)).toMatchObject([{ room_id: 's0@x', state: 'ok' }, { state: 'quarantined' }]);
    expect((await states()).m1).toBe('new 1A');
    expect(await boundTo('d0')).toBe(members[0]);
    expect(await boundTo('d1')).toBe(guest.id);
    await expect(
      acceptMatch(db, waiting?.no ?? 0, TERMINAL, factMover('Asia/Shanghai'), 106),
    ).rejects.toThrow(/没有找到/);
  });

  const roomless = (id = '') =>
    db.selectFrom('chat_group').selectAll().where('id', '=', id).executeTakeFirst();

  it('forgets what was held of a room that is none of ours', async () => {
    const world: World = {
      people: people('甲一', '乙二', '丙三', '丁四'),
      rooms: [{ topic: '花茶支部群', people: [0, 1, 2, 3] }],
    };
    await settleIn(db, world, ['r@x'], ids('c', world));
    const other: World = { ...world, rooms: [{ topic: '电商', people: [0, 1, 2, 3] }] };
    const seen = show(other, ['s@x'], ids('d', world));
    await logIn(db, seen, 100);
    const message = {
      account: ACCOUNT,
      id: 'm',
      roomId: 's@x',
      contactId: 'd0',
      senderName: '甲一',
      kind: 'text' as const,
      text: '私事',
      mention: false,
      sentAt: 104,
    };
    await insertMessages(db, [message], 104);
    const [waiting] = await listMatches(db, TERMINAL);
    await rejectMatch(db, waiting?.no ?? 0, TERMINAL, 105);
    expect(await db.selectFrom('message').select(['state', 'text']).execute()).toEqual([
      { state: 'handled', text: null },
    ]);
    expect(await findGroup(db, ACCOUNT, 's@x')).toMatchObject({ state: 'ok', enabled: 0 });
  });

  it('lets a press about a room be taken back for a minute, before anything is said or forgotten', async () => {
    const world: World = {
      people: people('甲一', '乙二', '丙三', '丁四'),
      rooms: [{ topic: '花茶支部群', people: [0, 1, 2, 3] }],
    };
    const { groups } = await settleIn(db, world, ['r@x'], ids('c', world));
    const other: World = { ...world, rooms: [{ topic: '电商', people: [0, 1, 2, 3] }] };
    await logIn(db, show(other, ['s@x'], ids('d', world)), 100);
    const said = {
      account: ACCOUNT,
      id: 'm',
      roomId: 's@x',
      contactId: 'd0',
      senderName: '甲一',
      kind: 'text' as const,
      text: '1A',
      mention: false,
      sentAt: 104,
    };
    await insertMessages(db, [said], 104);
    const held = async () =>
      (await db.selectFrom('message').select('state').execute()).map(({ state }) => state);
    const moveFacts = factMover('Asia/Shanghai');
    const no = (await listMatches(db, TERMINAL))[0]?.no ?? 0;
    const late = 200 + TAKEN_BACK_FOR;

    await chooseMatch(db, no, false, TERMINAL, 200);
    expect(await listMatches(db, TERMINAL)).toEqual([]);
    await expect(chooseMatch(db, no, true, TERMINAL, 201)).rejects.toThrow(/没有找到/);
    expect(await settleChoices(db, moveFacts, late - 1)).toBe(0);
    expect(await held()).toEqual(['held']);
    await expect(takeBackChoice(db, no, { ...TERMINAL, who: 'bob' }, 202)).rejects.toThrow(/没有找到/);
    await takeBackChoice(db, no, TERMINAL, 203);
    expect(await listMatches(db, TERMINAL)).toMatchObject([{ no }]);
    expect(await settleChoices(db, moveFacts, late)).toBe(0);

    await chooseMatch(db, no, true, TERMINAL, 300);
    expect(await roomsOf(groups)).toMatchObject([{ state: 'quarantined' }]);
    expect(await settleChoices(db, moveFacts, 300 + TAKEN_BACK_FOR)).toBe(1);
    expect(await roomsOf(groups)).toMatchObject([{ state: 'ok', room_id: 's@x' }]);
    expect(await held()).toEqual(['new']);
    await expect(takeBackChoice(db, no, TERMINAL, 400_000)).rejects.toMatchObject({
      said: expect.stringContaining('收不回来'),
    });
    const changes = await db
      .selectFrom('audit')
      .select('what')
      .where('what', 'like', 'match.%')
      .orderBy('id')
      .execute();
    expect(changes.map(({ what }) => what)).toEqual([
      'match.choose',
      'match.reopen',
      'match.choose',
      'match.accept',
    ]);
  });

  it('lets what can’t be any more wait for somebody again', async () => {
    const world: World = {
      people: people('甲一', '乙二', '丙三', '丁四'),
      rooms: [{ topic: '花茶支部群', people: [0, 1, 2, 3] }],
    };
    const { groups } = await settleIn(db, world, ['r@x'], ids('c', world));
    const other: World = { ...world, rooms: [{ topic: '电商', people: [0, 1, 2, 3] }] };
    await logIn(db, show(other, ['s@x'], ids('d', world)), 100);
    const no = (await listMatches(db, TERMINAL))[0]?.no ?? 0;
    await chooseMatch(db, no, true, TERMINAL, 200);
    const room = await findGroup(db, ACCOUNT, 's@x');
    await planDeliveries(
      db,
      [
        {
          cause: 'x',
          kind: 'digest',
          account: ACCOUNT,
          groupId: room?.id ?? '',
          content: 'day',
          plannedAt: 250,
        },
      ],
      250,
    );
    expect(await settleChoices(db, factMover('Asia/Shanghai'), 200 + TAKEN_BACK_FOR)).toBe(0);
    expect(await roomsOf(groups)).toMatchObject([{ state: 'quarantined' }]);
    expect(await listMatches(db, TERMINAL)).toMatchObject([{ no }]);
    await expect(chooseMatch(db, no, true, TERMINAL, 90_000)).rejects.toThrow(/当作另一个群在用/);
  });

  it('gives a doubtful person to a person, and then what the guest did', async () => {
    const world: World = {
      people: people('花茶-黄秀兰', '韦国强', '覃小燕'),
      rooms: [{ topic: '花茶支部群', people: [0, 1, 2] }],
    };
    const { members } = await settleIn(db, world, ['r@x'], ids('c', world));
    const now: World = { ...world, people: people('黄秀兰', '韦国强', '覃小燕') };
    await logIn(db, show(now, ['s@x'], ids('d', world)), 100);
    expect(await boundTo('d0')).toBeUndefined();
    expect(await boundTo('d1')).toBe(members[1]);
    const guest = await memberOf(db, { account: ACCOUNT, contactId: 'd0', nickname: '黄秀兰' }, 110);
    const [waiting] = await listMatches(db, TERMINAL);
    expect(waiting).toMatchObject({ kind: 'person', candidate: '黄秀兰 → 花茶-黄秀兰', score: 35 });
    await acceptMatch(db, waiting?.no ?? 0, TERMINAL, factMover('Asia/Shanghai'), 111);
    expect(await boundTo('d0')).toBe(members[0]);
    const { merged_into: merged } = await db
      .selectFrom('member')
      .select('merged_into')
      .where('id', '=', guest.id)
      .executeTakeFirstOrThrow();
    expect(merged).toBe(members[0]);
  });

  it('finds rooms that show up one by one, as a web protocol lists them', async () => {
    const { groups, members } = await settleIn(db, TEA, roomIds('r', TEA), ids('c', TEA));
    const [first, second] = show(TEA, roomIds('s', TEA), ids('d', TEA));
    await beginLogin(db, ACCOUNT, 100);
    await reportGroup(db, first as never, 101);
    await finishLogin(db, ACCOUNT, [first as never], 102);
    expect(await roomsOf(groups)).toMatchObject([{ state: 'ok' }, { state: 'quarantined' }]);
    expect(await boundTo('d4')).toBeUndefined();
    await reportGroup(db, second as never, 200);
    expect(await roomsOf(groups)).toMatchObject([{ state: 'ok' }, { room_id: 's1@x', state: 'ok' }]);
    for (const [no, memberId] of members.entries()) expect(await boundTo(`d${no}`)).toBe(memberId);
  });

  it('leads what is owed in private to where people are now, though ids go round in a ring', async () => {
    await settleIn(db, TEA, roomIds('r', TEA), ids('c', TEA));
    const owe = async (contactId: string) =>
      await planDeliveries(
        db,
        [
          {
            cause: `owed:${contactId}`,
            kind: 'reply',
            account: ACCOUNT,
            contactId,
            plannedAt: 90,
            parts: [{ kind: 'text', body: contactId }],
          },
        ],
        90,
      );
    for (const contactId of ['c1', 'c2', 'c3', 'c4', 'private']) await owe(contactId);
    // 韦国强, 覃小燕 and 农志远 change ids; 陆有福 is called otherwise now, and somebody else has what was his.
    const moved = ['d0', 'c2', 'c3', 'c1', 'd4', 'c4', 'd6'];
    const world: World = {
      ...TEA,
      people: TEA.people.map((person, index) => (index === 4 ? { name: '快乐每一天' } : person)),
    };
    await logIn(db, show(world, roomIds('s', TEA), moved), 100);
    const owed = await db
      .selectFrom('delivery')
      .select(['cause', 'contact_id', 'state'])
      .orderBy('cause')
      .execute();
    expect(owed).toEqual([
      { cause: 'owed:c1', contact_id: 'c2', state: 'planned' },
      { cause: 'owed:c2', contact_id: 'c3', state: 'planned' },
      { cause: 'owed:c3', contact_id: 'c1', state: 'planned' },
      { cause: 'owed:c4', contact_id: 'c4', state: 'skipped' },
      { cause: 'owed:private', contact_id: 'private', state: 'skipped' },
    ]);
  });

  it('makes nothing of whom an id belonged to before an earlier login', async () => {
    const { members } = await settleIn(db, TEA, roomIds('r', TEA), ids('c', TEA));
    // All ids go to the next one; who has them now is found by name only where a record is.
    await db.updateTable('identity').set({ closed_at: 30 }).where('contact_id', '=', 'c1').execute();
    const next = TEA.people.map((_, index) => `c${(index + 1) % TEA.people.length}`);
    await logIn(db, show(TEA, roomIds('s', TEA), next), 100);
    // 韦国强 has no record and c2, which was 覃小燕's: after the next login she hasn't his place.
    expect(await boundTo('c2')).toBeUndefined();
    await logIn(db, show(TEA, roomIds('t', TEA), ids('e', TEA)), 200);
    expect(await boundTo('e1')).toBeUndefined();
    expect(await boundTo('e2')).toBe(members[2]);
  });

  it('believes nobody who took a name while the ids stayed', async () => {
    const { members } = await settleIn(db, TEA, roomIds('r', TEA), ids('c', TEA));
    // Somebody leaves, and another calls himself so.
    const world: World = {
      people: TEA.people.map((person, index) => (index === 1 ? { name: '农志远' } : person)),
      rooms: [{ topic: '花茶支部群', people: [0, 1, 2] }, TEA.rooms[1] as World['rooms'][0]],
    };
    await logIn(db, show(world, roomIds('r', TEA), ids('c', TEA)), 100);
    expect(await boundTo('c1')).toBe(members[1]);
    expect(await boundTo('c3')).toBe(members[3]);
    expect(await listMatches(db, TERMINAL)).toEqual([]);
    // A new contact with the name of one who just left is for a person to say.
    const back: World = {
      people: [...TEA.people, { name: '花茶-黄秀兰' }],
      rooms: [
        { topic: '花茶支部群', people: [7, 1, 2] },
        { topic: '村淘支部群', people: [4, 5, 6] },
      ],
    };
    await logIn(db, show(back, roomIds('r', TEA), [...ids('c', TEA), 'new']), 200);
    expect(await boundTo('new')).toBeUndefined();
    expect(await listMatches(db, TERMINAL)).toMatchObject([{ kind: 'person', member_id: members[0] }]);
  });
});

describe('any permutation and renaming of ids', () => {
  let db: Db;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ db, close } = await openTestDb('sqlite'));
  });
  afterAll(async () => {
    await close();
  });

  const NAMES = ['黄秀兰', '韦国强', '覃小燕', '农志远', '班美玲', '蒙建成'];
  const TOPICS = ['花茶支部群', '村淘支部群', '花茶支部群2', '学习群'];
  const world = fc
    .record({
      people: fc.array(
        fc.record({ name: fc.constantFrom(...NAMES.flatMap((name) => [name, `花茶-${name}`])) }),
        {
          minLength: 2,
          maxLength: 7,
        },
      ),
      rooms: fc.array(
        fc.record({
          topic: fc.constantFrom(...TOPICS),
          people: fc.array(fc.nat(6), { minLength: 1, maxLength: 7 }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    })
    .map(({ people, rooms }): World => ({
      people,
      rooms: rooms.map(({ topic, people: seats }) => ({
        topic,
        people: [...new Set(seats.map((seat) => seat % people.length))],
      })),
    }));
  /** From the ids there were: any order of them, each perhaps replaced by a fresh one. */
  const moved = (prefix: string) =>
    fc
      .tuple(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }),
        fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
        fc.constantFrom('fresh', 'mixed', 'old', 'same'),
      )
      .map(([order, flags, how]) =>
        order.map((no, index) =>
          how === 'same'
            ? `${prefix}${index}`
            : how === 'fresh' || (how === 'mixed' && flags[index])
              ? `n${prefix}${no}`
              : `${prefix}${no}`,
        ),
      );

  /** What an observer sees of two rooms: by it a group may be taken for another. */
  const looksOf = (given: World, no: number) =>
    `${given.rooms[no]?.topic} ${[...(given.rooms[no]?.people ?? [])]
      .map((one) => given.people[one]?.name)
      .toSorted((a = '', b = '') => a.localeCompare(b))
      .join()}`;

  const seven = (prefix: string, order: string) => [...order].map((no) => `${prefix}${no}`);
  /** What once went wrong: half of the groups listed, and an id went to somebody in the other half. */
  const FOUND: [World, { contacts: string[]; rooms: string[]; listed: number }[]][] = [
    [
      {
        people: [{ name: '农志远' }, { name: '黄秀兰' }, { name: '黄秀兰' }, { name: '黄秀兰' }],
        rooms: [
          { topic: '花茶支部群', people: [3] },
          { topic: '学习群', people: [0] },
        ],
      },
      [{ contacts: seven('c', '4350261'), rooms: seven('r', '0123456'), listed: 1 }],
    ],
    [
      {
        people: [{ name: '黄秀兰' }, { name: '黄秀兰' }, { name: '覃小燕' }],
        rooms: [
          { topic: '花茶支部群', people: [1] },
          { topic: '花茶支部群', people: [2] },
        ],
      },
      [{ contacts: seven('c', '6205431'), rooms: seven('r', '0123456'), listed: 1 }],
    ],
    // Of a group that an earlier login left in doubt only the names go on meaning anything.
    [
      {
        people: [{ name: '黄秀兰' }, { name: '黄秀兰' }, { name: '花茶-韦国强' }],
        rooms: [
          { topic: '花茶支部群', people: [0] },
          { topic: '花茶支部群', people: [2, 0] },
          { topic: '花茶支部群', people: [0, 2] },
        ],
      },
      [
        { contacts: seven('nc', '5436012'), rooms: seven('nr', '6031524'), listed: 0 },
        { contacts: seven('nc', '2150346'), rooms: seven('nr', '4031256'), listed: 3 },
      ],
    ],
  ];

  it('loses no record, and never binds one person to another’s', async () => {
    const login = fc.record({ contacts: moved('c'), rooms: moved('r'), listed: fc.nat(4) });
    await fc.assert(
      fc.asyncProperty(world, fc.array(login, { minLength: 1, maxLength: 2 }), async (given, logins) => {
        await reset(db);
        let contacts = given.people.map((_, index) => `c${index}`);
        const { groups, members } = await settleIn(
          db,
          given,
          given.rooms.map((_, index) => `r${index}`),
          contacts,
        );
        const before = await db.selectFrom('member').select(['id', 'name']).orderBy('id').execute();
        const bare = (no: number) => given.people[no]?.name.replace('花茶-', '') ?? '';
        const isSeen = (no: number) => given.rooms.some(({ people }) => people.includes(no));
        /** Whether at some login an id was seen to have gone to somebody who is called otherwise. */
        let isVisible = false;
        for (const [index, { contacts: ids, rooms, listed }] of logins.entries()) {
          const at = 100 * (index + 1);
          isVisible ||= given.people.some((_, no) => {
            const whose = contacts.indexOf(ids[no] ?? '');
            return isSeen(no) && whose >= 0 && bare(whose) !== bare(no);
          });
          contacts = ids.slice(0, given.people.length);
          // All groups at once, or one after the other: some before the list of all, some after.
          const seen = show(given, rooms, ids);
          await beginLogin(db, ACCOUNT, at);
          for (const room of seen) await reportGroup(db, room, at + 1);
          await finishLogin(db, ACCOUNT, seen.slice(0, seen.length - Math.min(listed, seen.length)), at + 2);
          for (const room of seen) await reportGroup(db, room, at + 3);

          // No group is taken for one that a person could tell from it.
          const now = await db.selectFrom('chat_group').selectAll().execute();
          for (const [no, { id, key }] of groups.entries()) {
            const row = now.find((one) => one.id === id);
            expect(row?.key).toBe(key);
            if (row?.state !== 'ok' || (row.seen_at ?? 0) < at) continue;
            const shown = rooms.slice(0, given.rooms.length).indexOf(row.room_id);
            if (shown !== no) expect(looksOf(given, shown)).toBe(looksOf(given, no));
          }
          // Nobody speaks as another. Only people with one name, of whom nobody can tell, may have changed
          // places, and they only when no id was seen to have gone to somebody who is called otherwise.
          for (const no of given.people.keys()) {
            const id = isSeen(no) ? (await findMemberOf(db, ACCOUNT, ids[no] ?? ''))?.id : undefined;
            const whose = members.indexOf(id ?? '');
            if (whose >= 0 && whose !== no) expect([bare(whose), isVisible]).toEqual([bare(no), false]);
          }
        }
        // No record is lost: every member is there, and whoever speaks now isn't taken for another either.
        expect(await db.selectFrom('member').select(['id', 'name']).orderBy('id').execute()).toEqual(before);
        for (const [no, { name }] of given.people.entries()) {
          if (!isSeen(no)) continue;
          const contact = { account: ACCOUNT, contactId: contacts[no] ?? '', nickname: name };
          const whose = members.indexOf((await memberOf(db, contact, 900)).id);
          if (whose >= 0 && whose !== no) expect([bare(whose), isVisible]).toEqual([bare(no), false]);
        }
      }),
      { numRuns: Number(process.env.RELOGIN_RUNS ?? 300), examples: FOUND },
    );
  }, 1_200_000);

  it('binds everybody again when all ids are fresh and no two are called alike', async () => {
    const distinct = fc.record({
      count: fc.integer({ min: 2, max: 6 }),
      rooms: fc.array(fc.uniqueArray(fc.nat(5), { minLength: 2 }), { minLength: 1, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(distinct, async ({ count, rooms }) => {
        await reset(db);
        const given: World = {
          people: NAMES.slice(0, count).map((name) => ({ name: `支部-${name}` })),
          rooms: rooms.map((seats, index) => ({
            topic: TOPICS[index === 2 ? 3 : index] ?? '',
            people: [...new Set(seats.map((seat) => seat % count))],
          })),
        };
        const { members } = await settleIn(
          db,
          given,
          ['r0', 'r1', 'r2'],
          NAMES.map((_, index) => `c${index}`),
        );
        await logIn(
          db,
          show(
            given,
            ['s0', 's1', 's2'],
            NAMES.map((_, index) => `d${index}`),
          ),
          100,
        );
        for (const no of new Set(given.rooms.flatMap(({ people }) => people)))
          expect((await findMemberOf(db, ACCOUNT, `d${no}`))?.id).toBe(members[no]);
      }),
      { numRuns: 50 },
    );
  }, 60_000);

  it('takes nobody of the roster for a namesake who was never seen', async () => {
    await reset(db);
    const given: World = {
      people: [{ name: '花茶-黄秀兰' }, { name: '韦国强' }],
      rooms: [{ topic: '花茶支部群', people: [0, 1] }],
    };
    const ann = await addMember(db, { name: '黄秀兰' }, { who: 'test' }, 1);
    await settleIn(db, given, ['r0'], ['c0', 'c1']);
    expect((await findMemberOf(db, ACCOUNT, 'c0'))?.id).toBe(ann.id);
    await addMember(db, { name: '黄秀兰' }, { who: 'test' }, 2);
    await bindIdentity(db, { account: 'other', contactId: 'c9', memberId: ann.id, how: 'code' }, 3);
    await logIn(db, show(given, ['s0'], ['d0', 'd1']), 100);
    expect(await findMemberOf(db, ACCOUNT, 'd0')).toBeUndefined();
    expect(await listMatches(db, TERMINAL)).toMatchObject([{ kind: 'person', member_id: ann.id }]);
  });
});
