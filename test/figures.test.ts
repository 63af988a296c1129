/** The same facts give the same figure wherever it is said. */
import { describe, expect, it } from 'vitest';

import { composeGroupDay } from '../src/digest/daily.ts';
import { composeDigest } from '../src/digest/words.ts';
import { NO_COUNTS, sayPercent, shareRight } from '../src/figures.ts';
import { composeKey } from '../src/lessons/compose.ts';
import { parseLesson } from '../src/lessons/parse.ts';
import { unitBoard } from '../src/quiz/boards.ts';
import { addMember } from '../src/people/members.ts';
import { sayFacility } from '../src/web/console/item-figures.ts';
import { ZONE } from './support/classroom.ts';
import { DIALECTS, openTestDb } from './support/databases.ts';
import { branchDigest } from './support/digests.ts';

const SOURCE = `---
id: a
title: 存茶
---

正文

## 小测

1. 怎么放？

   - [ ] 保鲜袋
   - [x] 胶圈罐
`;

describe('a question', () => {
  it('is said to be got right by all or by none only where it is', () => {
    expect([undefined, 0, 0.001, 0.499, 0.996, 1].map((facility) => sayFacility({ facility }))).toEqual([
      '—',
      '0%',
      '1%',
      '50%',
      '99%',
      '100%',
    ]);
  });
});

describe('the share of right answers', () => {
  it.each([
    [0, 3, '0%'],
    [1, 300, '1%'],
    [2, 3, '67%'],
    [299, 300, '99%'],
    [3, 3, '100%'],
  ])('%i of %i is %s at closing time, in a day’s and in a week’s digest', (correct, answers, said) => {
    const { lesson } = parseLesson(SOURCE, 'a.md');
    if (!lesson) throw new Error('the lesson has a fault');
    const key = composeKey(lesson, [{ question: 1, answers, correct }]);
    expect(key.map((part) => (part.kind === 'text' ? part.text : '')).join('\n')).toContain(
      `${answers} 人答，${said} 答对`,
    );
    const day = { lessons: [], people: 300, learned: 300, answered: 300, answers, correct, checkedIn: 0 };
    expect(composeGroupDay('2026-11-24', day, { zone: ZONE })).toContain(`（${said}）`);
    const counts = { ...NO_COUNTS, base: 300, learned: 300, answered: 300, answers, correct, days: 300 };
    expect(composeDigest(branchDigest('week', { counts }))).toContain(said);
    expect(sayPercent(shareRight({ answers, correct }))).toBe(said);
  });
});

describe.each(DIALECTS)('a board on %s', (dialect) => {
  it('says how many took part as digests do', async () => {
    const { db, close } = await openTestDb(dialect);
    try {
      for (let no = 0; no < 201; no += 1)
        await addMember(db, { name: `茶友${no}`, unit: '支部' }, { who: 'test' }, 1);
      const group = {
        id: 'g',
        key: 'g1',
        account: 'sandbox',
        room_id: 'r',
        topic: '群',
        enabled: 1 as const,
        created_at: 1,
      };
      await db.insertInto('chat_group').values(group).execute();
      const members = await db.selectFrom('member').select('id').orderBy('id').execute();
      const board = async (earned: number) => {
        await db.deleteFrom('point').execute();
        const points = members.slice(0, earned).map(({ id }) => ({
          id: `p${id}`,
          member_id: id,
          group_id: 'g',
          day: '2026-11-24',
          rule: 'right' as const,
          fact: id,
          tenths: 10,
          at: 1,
        }));
        if (points.length > 0) await db.insertInto('point').values(points).execute();
        const [place] = await unitBoard(db, 'with-points', { from: '2026-11-24', to: '2026-11-24' });
        return place && sayPercent(place.withPoints);
      };
      for (const earned of [0, 1, 100, 200, 201])
        expect(await board(earned)).toBe(sayPercent({ part: earned, base: members.length }));
      expect(await board(200)).toBe('99%');
    } finally {
      await close();
    }
  });
});
