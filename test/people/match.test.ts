import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  findShift,
  isSameRoom,
  likeness,
  matchGroups,
  matchPeople,
  overlap,
  type Room,
  scoreGroup,
  scoreGroups,
  type Seat,
} from '../../src/people/match.ts';

const seats = (...nicknames: string[]): Seat[] =>
  nicknames.map((nickname, index) => ({ contactId: `c${index}-${nickname}`, nickname }));
const room = (id: string, topic: string, ...nicknames: string[]): Room => ({
  id,
  topic,
  seats: seats(...nicknames),
});
const NAMES = ['黄秀兰', '韦国强', '覃小燕', '农志远', '班美玲', '蒙建成'];
const none = new Set<string>();
const nothing = { before: none, after: none };

describe('groups', () => {
  it.each([
    ['the same topic and people', '花茶支部群', NAMES, 90],
    ['the same topic, two people changed', '花茶支部群', [...NAMES.slice(0, 4), '甲甲', '乙乙'], 68],
    ['another topic, the same people', '电商交流', NAMES, 45],
    ['a topic that is nearly the same', '花茶支部群2', NAMES, 72],
    ['the same topic only', '花茶支部群', ['甲甲', '乙乙'], 45],
    ['nothing in common', '老乡会', ['甲甲'], 0],
  ])('score by topic and members: %s', (_what, topic, people, score) =>
    expect(scoreGroup(room('g', '花茶支部群', ...NAMES), room('r', topic, ...people)).score).toBe(score),
  );

  it('count what was said there last, and say why', () => {
    const before = { ...room('g', '花茶支部群', ...NAMES), lastWords: ['黄秀兰: 早', '韦国强: 打卡'] };
    const after = { ...room('r', '花茶支部群', ...NAMES), lastWords: ['韦国强: 打卡', '覃小燕: 1A'] };
    expect(scoreGroup(before, after)).toEqual({
      score: 94,
      reasons: ['群名一样', '成员重合 100%', '最近的消息对得上 1 条'],
    });
  });

  it('bind when they are good and nothing else comes near', () => {
    const before = [
      room('tea', '花茶支部群', ...NAMES),
      room('shop', '村淘支部群', '陆有福', '蒙丽萍', '农大山'),
    ];
    const after = [
      room('r1', '村淘支部群', '陆有福', '蒙丽萍', '农大山'),
      room('r2', '花茶支部群', ...NAMES),
    ];
    expect(matchGroups(scoreGroups(before, after))).toMatchObject({
      sure: [
        { before: 'tea', after: 'r2' },
        { before: 'shop', after: 'r1' },
      ],
      doubtful: [],
    });
    // Two that look alike are for a person to tell apart.
    const twins = [room('r1', '花茶支部群', ...NAMES), room('r2', '花茶支部群', ...NAMES)];
    const { sure, doubtful } = matchGroups(scoreGroups([before[0] as Room], twins));
    expect(sure).toEqual([]);
    expect(doubtful.map(({ after: id }) => id)).toEqual(['r1', 'r2']);
  });

  it('are the same under the same id, unless another would be the better match', () => {
    const before = room('g', '花茶支部群', ...NAMES);
    const isSame = (after: Room, ...others: Room[]) =>
      isSameRoom(before, after, scoreGroups([before, ...others], [after]));
    expect(isSame(room('r', '花茶学习群', ...NAMES))).toBe(true);
    expect(isSame(room('r', '花茶支部群', '甲甲'))).toBe(true);
    expect(isSame(room('r', '老乡会', '甲甲', '乙乙'))).toBe(false);
    expect(isSame(room('r', '村淘支部群', ...NAMES), room('h', '村淘支部群', ...NAMES))).toBe(false);
    expect(isSame(room('r', '花茶支部群', ...NAMES), room('h', '花茶支部群', '甲甲'))).toBe(true);
    expect(isSame(room('r', '花茶支部群', '甲甲'), room('h', '花茶支部群', '甲甲'))).toBe(false);
  });

  it('likeness and overlap lie between 0 and 1 and are mutual', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 8 });
    fc.assert(
      fc.property(text, text, fc.array(text), fc.array(text), (a, b, left, right) => {
        const alike = likeness(a, b);
        expect(alike).toBeGreaterThanOrEqual(0);
        expect(alike).toBeLessThanOrEqual(1);
        expect(likeness(b, a)).toBeCloseTo(alike);
        const [one, other] = [seats(...left), seats(...right)];
        expect(overlap(one, other)).toBeCloseTo(overlap(other, one));
        if (left.length > 0) expect(overlap(one, one)).toBe(1);
      }),
    );
  });
});

describe('people', () => {
  const paired = (before: Seat[], after: Seat[]) => [{ groupId: 'g', before, after }];
  const seat = (contactId: string, nickname: string, more: Partial<Seat> = {}): Seat => ({
    contactId,
    nickname,
    ...more,
  });

  it.each<[string, Seat, Seat, 'sure' | 'doubtful' | 'none']>([
    ['the nickname', seat('a', '花茶支部-黄秀兰'), seat('b', '花茶支部-黄秀兰'), 'sure'],
    ['the name in it only', seat('a', '花茶支部-黄秀兰'), seat('b', '黄秀兰'), 'doubtful'],
    [
      'nickname but another own name',
      seat('a', '黄秀兰', { ownName: '兰' }),
      seat('b', '黄秀兰', { ownName: '强' }),
      'doubtful',
    ],
    [
      'nickname and own name',
      seat('a', '黄秀兰', { ownName: '兰' }),
      seat('b', '黄秀兰', { ownName: '兰' }),
      'sure',
    ],
    [
      'the remark alone',
      seat('a', '兰', { remark: '黄秀兰A1' }),
      seat('b', '快乐', { remark: '黄秀兰A1' }),
      'sure',
    ],
    [
      'nickname but another remark',
      seat('a', '黄秀兰', { remark: '甲' }),
      seat('b', '黄秀兰', { remark: '乙' }),
      'none',
    ],
    ['nothing', seat('a', '黄秀兰'), seat('b', '韦国强'), 'none'],
  ])('are told by %s', (_what, before, after, expected) => {
    const { sure, doubtful } = matchPeople(paired([before], [after]), none, nothing);
    expect(sure.length > 0 ? 'sure' : doubtful.length > 0 ? 'doubtful' : 'none').toBe(expected);
  });

  it('with a namesake are never sure: before, after, elsewhere or on the roster', () => {
    const ann = seat('a', '黄秀兰');
    const now = seat('b', '黄秀兰');
    const twin = seat('c', '村淘-黄秀兰');
    const sure = (
      rooms: ReturnType<typeof paired>,
      ambiguous = none,
      others: ReturnType<typeof paired> = [],
    ) => matchPeople(rooms, ambiguous, nothing, others).sure;
    expect(sure(paired([ann], [now]))).toHaveLength(1);
    expect(sure(paired([ann, twin], [now]))).toEqual([]);
    expect(sure(paired([ann], [now, twin]))).toEqual([]);
    expect(sure(paired([ann], [now]), new Set(['黄秀兰']))).toEqual([]);
    expect(sure(paired([ann], [now]), none, [{ groupId: 'h', before: [], after: [twin] }])).toEqual([]);
  });

  it('show that ids have moved', () => {
    const before = [seat('a', '黄秀兰'), seat('b', '韦国强'), seat('c', '覃小燕')];
    const shift = (after: Seat[]) => {
      const { replaced, shifted, moved } = findShift(paired(before, after));
      return [replaced, shifted, moved].map((ids) => [...ids].join(''));
    };
    expect(shift([seat('b', '黄秀兰'), seat('a', '韦国强'), seat('c', '覃小燕')])).toEqual(['', 'ab', 'ab']);
    expect(shift([seat('x', '黄秀兰'), seat('b', '韦国强'), seat('c', '覃小燕')])).toEqual(['a', '', '']);
    expect(shift([seat('b', '黄秀兰'), seat('x', '韦国强'), seat('c', '覃小燕')])).toEqual(['', 'b', 'b']);
    // Who left, came, or took a name shows nothing.
    expect(shift([seat('b', '老韦'), seat('c', '覃小燕'), seat('n', '新人')])).toEqual(['', '', '']);
    expect(shift([seat('b', '黄秀兰'), seat('c', '覃小燕')])).toEqual(['', 'b', '']);
  });
});
