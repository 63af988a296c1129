/** Who kept their id at a login: the rule by itself, on what the login has shown so far. */
import { describe, expect, it } from 'vitest';

import { judge } from '../../src/people/judge.ts';
import type { PairedRoom, Seat } from '../../src/people/match.ts';

/** `a 黄秀兰, b 韦国强` */
const seats = (text: string): Seat[] =>
  text === ''
    ? []
    : text.split(', ').map((one) => {
        const [contactId = '', nickname = ''] = one.split(' ');
        return { contactId, nickname };
      });
const rooms = (...pairs: readonly (readonly [string, string])[]): PairedRoom[] =>
  pairs.map(([before, after], index) => ({
    groupId: `g${index}`,
    before: seats(before),
    after: seats(after),
  }));
const verdictOf = (
  shown: PairedRoom[],
  more: { formerly?: string[]; privately?: [string, string][]; ambiguous?: string[] } = {},
) => {
  const { moved, kept, unsure } = judge({
    rooms: shown,
    roomsChanged: false,
    ambiguous: new Set(more.ambiguous),
    formerly: new Set(more.formerly),
    privately: new Map(more.privately),
  });
  return [moved, [...kept].toSorted().join(''), [...unsure].toSorted().join('')];
};

const FOUR = 'a 黄秀兰, b 韦国强, c 覃小燕, d 农志远';

describe('after a login', () => {
  it('everybody is kept who is there under the same id and name', () => {
    expect(verdictOf(rooms([FOUR, FOUR]))).toEqual(['none', 'abcd', '']);
  });

  it('somebody who took another’s name while the others stayed is who they were', () => {
    expect(verdictOf(rooms([FOUR, 'a 黄秀兰, b 农志远, c 覃小燕']))).toEqual(['none', 'abc', '']);
  });

  it('two who changed ids are not, and namesakes with them', () => {
    const shown = rooms([
      `${FOUR}, e 黄秀兰, f 班美玲`,
      'a 黄秀兰, b 覃小燕, c 韦国强, d 农志远, e 黄秀兰, f 班美玲',
    ]);
    expect(verdictOf(shown)).toEqual(['some', 'df', 'abce']);
  });

  it('an id under the name of another waits as long as its own group isn’t shown', () => {
    const hidden = rooms(
      [`${FOUR}, g 班美玲`, 'a 黄秀兰, b 韦国强, c 覃小燕, e 农志远, g 班美玲'],
      ['e 蒙建成', ''],
    );
    expect(verdictOf(hidden)).toEqual(['some', 'abcg', 'de']);
    const shown = rooms(
      [`${FOUR}, g 班美玲`, 'a 黄秀兰, b 韦国强, c 覃小燕, e 农志远, g 班美玲'],
      ['e 蒙建成', 'e 蒙建成'],
    );
    expect(verdictOf(shown)).toEqual(['none', 'abceg', '']);
  });

  it('namesakes are believed while groups are missing only beside others who are as they were', () => {
    const twins = 'a 黄秀兰, b 黄秀兰';
    expect(verdictOf(rooms([twins, twins], ['c 覃小燕', '']))).toEqual(['none', '', 'ab']);
    expect(verdictOf(rooms([`${twins}, d 农志远`, `${twins}, d 农志远`], ['c 覃小燕', '']))).toEqual([
      'none',
      'abd',
      '',
    ]);
    expect(verdictOf(rooms([twins, twins]))).toEqual(['none', 'ab', '']);
  });

  it('a namesake isn’t believed when one of the name went out and one came in', () => {
    const shown = rooms([`${FOUR}, e 黄秀兰`, 'a 黄秀兰, b 韦国强, c 覃小燕, d 农志远, n 黄秀兰']);
    expect(verdictOf(shown)).toEqual(['none', 'bcd', 'a']);
  });

  it('an id known from a private chat that comes in under a known name went to another', () => {
    const shown = rooms([FOUR, 'p 黄秀兰, b 韦国强, c 覃小燕, d 农志远']);
    expect(verdictOf(shown, { privately: [['p', '蒙建成']] })).toEqual(['some', 'bcd', 'ap']);
    expect(verdictOf(shown)).toEqual(['none', 'bcd', '']);
  });

  it('most ids elsewhere mean that no id means anything', () => {
    expect(verdictOf(rooms([FOUR, 'b 黄秀兰, c 韦国强, d 覃小燕, a 农志远']))).toEqual(['all', '', 'abcd']);
    expect(verdictOf(rooms([FOUR, 'n 黄秀兰, o 韦国强, p 覃小燕, d 农志远']))).toEqual(['all', '', 'abcd']);
  });

  it('names of a group that was lost long ago still count', () => {
    const shown = rooms(['a 黄秀兰', ''], ['', 'a 韦国强']);
    expect(verdictOf(shown, { formerly: ['韦国强'] })[2]).toBe('a');
  });
});
