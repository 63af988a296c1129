import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { composeKey, composeLesson } from '../../src/lessons/compose.ts';
import type { Question } from '../../src/lessons/lesson.ts';
import { parseLesson } from '../../src/lessons/parse.ts';
import { markAnswer } from '../../src/quiz/mark.ts';
import { seededRandom, shuffled } from '../../src/quiz/random.ts';
import { shuffleOptions, toCanonical } from '../../src/quiz/shuffle.ts';

const SOURCE = `---
id: a
title: 存茶
---

正文

## 小测

1. 怎么放？

   - [ ] 保鲜袋
   - [x] 胶圈罐
   - [ ] 原袋

2. （多选）怕什么？

   - [x] 潮
   - [x] 光
   - [ ] 低温
   - [x] 异味

3. （排序）先后？

   - 起花
   - 拌和
   - 养花

   答案：CBA

4. 哪个对？

   - [ ] 甲
   - [ ] 乙
   - [x] 以上都对
`;

const lesson = parseLesson(SOURCE, 'a.md').lesson;
const questions: readonly Question[] = lesson?.questions ?? [];

describe('options in another order', () => {
  it('mark as they would have in their own', () => {
    fc.assert(
      fc.property(fc.uuid(), (seed) => {
        const orders = shuffleOptions(questions, seed);
        expect(shuffleOptions(questions, seed)).toEqual(orders);
        expect(orders[4]).toBeUndefined();
        for (const question of questions.slice(0, 3)) {
          const shown = orders[question.no] ?? '';
          expect([...shown].toSorted().join('')).toBe('ABCDEFGH'.slice(0, question.options.length));
          const seen = question.key.map((letter) => 'ABCDEFGH'[shown.indexOf(letter)] ?? '');
          const canonical = toCanonical({ [question.no]: seen }, questions, orders)[question.no] ?? [];
          expect(markAnswer(question, canonical)).toBe(true);
          expect(canonical.join('')).toBe(question.key.join(''));
        }
      }),
    );
  });

  it('are shown and keyed by the letters of the group', () => {
    const orders = { 1: 'BCA', 2: 'CDAB', 3: 'CAB' };
    const words = (parts: ReturnType<typeof composeLesson>) =>
      parts.map((part) => (part.kind === 'text' ? part.text : '')).join('\n');
    if (!lesson) throw new Error('the lesson has a fault');
    const asked = words(composeLesson(lesson, { orders }));
    expect(asked).toContain('1. 怎么放？\nA 胶圈罐  B 原袋  C 保鲜袋');
    expect(asked).toContain('A 低温  B 异味  C 潮  D 光');
    expect(asked).toContain('3. 先后？（排序）\nA 养花  B 起花  C 拌和');
    expect(asked).toMatch(/回复如 1A 2AC 3(?!ACB)[ABC]{3} 4A/);
    const key = words(composeKey(lesson, [], { orders }));
    expect(key).toContain('1. A 胶圈罐');
    expect(key).toContain('2. B 异味；C 潮；D 光');
    expect(key).toContain('3. ACB（A 养花 → C 拌和 → B 起花）');
    expect(key).toContain('4. C 以上都对');
  });
});

describe('seeded chance', () => {
  it('is even, and the same for the same seed', () => {
    expect([1, 2, 3].map(seededRandom('a'))).toEqual([1, 2, 3].map(seededRandom('a')));
    const counts = new Map<string, number>();
    for (let no = 0; no < 6_000; no += 1) {
      const order = shuffled([...'ABC'], seededRandom(`window ${no}`)).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
