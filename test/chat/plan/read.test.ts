/** Whole sentences: what, to whom, when, against the lessons that ship with us. It is Tuesday, 24 November 2026. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type Addressee,
  type Content,
  type PlanContext,
  readPlan,
  type Slot,
} from '../../../src/chat/plan/read.ts';
import { loadCatalogue } from '../../../src/lessons/catalogue.ts';
import type { Named } from '../../../src/lessons/names.ts';

const { lessons } = await loadCatalogue(new URL('../../../lessons', import.meta.url).pathname);

const contents: Named<Content>[] = [
  ...lessons.map(({ id, title, tags }) => ({
    value: { kind: 'lesson' as const, id, say: id },
    names: [title, id],
    words: tags,
  })),
  ...[...new Set(lessons.map(({ course }) => course))].map((course) => ({
    value: { kind: 'course' as const, id: course, say: `课程${course}` },
    names: [course],
  })),
  {
    value: { kind: 'lesson', id: 'sanyuesan', say: 'sanyuesan' },
    names: ['三月三日晚上8点去歌圩', 'sanyuesan'],
  },
];
const groups: Named<Addressee>[] = [
  { value: { id: 'huacha', say: 'huacha' }, names: ['花茶协会党支部群', 'huacha', '花茶协会党支部'] },
  { value: { id: 'cuntao', say: 'cuntao' }, names: ['村淘服务站党支部群', 'cuntao', '村淘服务站党支部'] },
];
const context: PlanContext = {
  now: Date.parse('2026-11-24T19:59:00+08:00'),
  zone: 'Asia/Shanghai',
  quiet: { from: 1320, to: 420 },
  contents,
  groups,
};

const sayGroups = (value: readonly Addressee[]) => value.map(({ say }) => say).join('+');
const show = <T>(slot: Slot<T>, say: (value: T) => string) =>
  slot.kind === 'known'
    ? say(slot.value)
    : slot.kind === 'choice'
      ? slot.options.map((one) => say(one.value)).join(' | ')
      : '?';

const read = (said: string, here = context) => {
  const draft = readPlan(said, here);
  return [
    show(draft.content, ({ say }) => say),
    show(draft.groups, sayGroups),
    show(draft.when, ({ say }) => say),
  ];
};

const FRIDAY = '11月27日 周五 20:00';
const CUNCHU = 'cunchu-huacha';

describe('a plan', () => {
  it.each<[said: string, content: string, groups: string, when: string]>([
    ['花茶保鲜 周五 20:00 花茶支部群', CUNCHU, 'huacha', FRIDAY],
    ['花茶保鲜周五20:00花茶支部群', CUNCHU, 'huacha', FRIDAY],
    ['周五 20:00 花茶群 花茶保鲜', CUNCHU, 'huacha', FRIDAY],
    ['花茶支部群 花茶保鲜 周五晚上8点', CUNCHU, 'huacha', FRIDAY],
    ['花茶保鲜，周五 20:00，村淘群', CUNCHU, 'cuntao', FRIDAY],
    ['花茶保鮮 週五 20：00 花茶支部群', CUNCHU, 'huacha', FRIDAY],
    ['排花茶保鲜到村淘群 周五 20:00', CUNCHU, 'cuntao', FRIDAY],
    ['帮我 给花茶群 排 三会一课，周五晚上8点', 'sanhui-yike', 'huacha', FRIDAY],
    ['《茉莉花茶怎么存才不跑香》 周五 20:00 huacha', CUNCHU, 'huacha', FRIDAY],
    ['花茶保鲜 花茶支部群、村淘支部群 周五 20:00', CUNCHU, 'huacha+cuntao', FRIDAY],
    ['花茶保鲜 周五 20:00 所有群', CUNCHU, 'huacha+cuntao', FRIDAY],
    ['花茶保鲜 周五 20:00 每个群', CUNCHU, 'huacha+cuntao', FRIDAY],
    ['网上卖货 每周一三五 20:00 花茶群', '课程网上卖货', 'huacha', '每周一、三、五 20:00'],
    // A name that looks like a time is a name.
    ['三月三日晚上8点去歌圩 周五 20:00 花茶群', 'sanyuesan', 'huacha', FRIDAY],
    ['《三月三日晚上8点去歌圩》 周五 20:00 花茶群', 'sanyuesan', 'huacha', FRIDAY],
    // Unsure, or several: asked about.
    ['hua cha bao xian 周五 20:00 cun tao', CUNCHU, 'cuntao', FRIDAY],
    ['huacha baoxian 周五 20:00 huacha', CUNCHU, 'huacha', FRIDAY],
    ['花茶 周五 20:00 村淘群', 'yinzhi-huacha | pai-huacha | cunchu-huacha', 'cuntao', FRIDAY],
    [
      'huacha 周五 20:00',
      'yinzhi-huacha | pai-huacha | cunchu-huacha',
      'huacha | cuntao | huacha+cuntao',
      FRIDAY,
    ],
    ['保鲜 周五 20:00 党支部群', CUNCHU, 'huacha | cuntao', FRIDAY],
    ['三会一课 周五 20:00', 'sanhui-yike', 'huacha | cuntao | huacha+cuntao', FRIDAY],
    ['花茶保鲜 周五 8点 花茶群', CUNCHU, 'huacha', '11月27日 周五 早上 08:00 | 11月27日 周五 晚上 20:00'],
    // Not there: asked about.
    ['股票知识 周五 20:00 花茶群', '?', 'huacha', FRIDAY],
    ['《秘密》 周五 20:00 花茶群', '?', 'huacha', FRIDAY],
    ['花茶保鲜 周五 20:00 机关群', CUNCHU, 'huacha | cuntao | huacha+cuntao', FRIDAY],
    ['花茶保鲜 周五 花茶群', CUNCHU, 'huacha', '?'],
    ['花茶保鲜', CUNCHU, 'huacha | cuntao | huacha+cuntao', '?'],
    ['周五 20:00', '?', 'huacha | cuntao | huacha+cuntao', FRIDAY],
    ['', '?', 'huacha | cuntao | huacha+cuntao', '?'],
  ])('%s', (said, ...expected) => expect(read(said)).toEqual(expected));

  it.each<[said: string, kind: string]>([
    ['hcbx 周五 20:00 花茶群', 'choice'],
    ['花茶保险 周五 20:00 花茶群', 'choice'],
    ['huachabaoxian 周五 20:00 花茶群', 'choice'],
    ['花茶保鲜 周五 20:00 花茶群', 'known'],
  ])('asks whether %s is the lesson: %s', (said, kind) => {
    const { content } = readPlan(said, context);
    expect(content.kind).toBe(kind);
    expect(show(content, ({ say }) => say)).toBe(CUNCHU);
  });

  it('takes the only group there is, and says when there is none', () => {
    const [one] = groups;
    expect(read('三会一课 周五 20:00', { ...context, groups: one ? [one] : [] })[1]).toBe('huacha');
    const { groups: none } = readPlan('三会一课 周五 20:00', { ...context, groups: [] });
    expect(none).toMatchObject({ kind: 'ask', text: expect.stringMatching(/没有启用的群/) as string });
  });

  it('reads how long the quiz stays open', () => {
    expect(readPlan('花茶保鲜 周五 20:00 花茶群 答题2小时', context)).toMatchObject({
      closeAfter: 2 * 3_600_000,
      when: { kind: 'known' },
      content: { kind: 'known' },
    });
    expect(readPlan('花茶保鲜 周五 20:00 花茶群', context).closeAfter).toBeUndefined();
  });
});

describe('rules of a plan', () => {
  it('finds each lesson by its title, its id and its sound, in any order of the three', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...lessons),
        fc.constantFrom(...groups),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }),
        fc.boolean(),
        (lesson, group, order, byId) => {
          const parts = [byId ? lesson.id : `《${lesson.title}》`, '周五 20:00', group.names[0] ?? ''];
          const said = order.map((index) => parts[index]).join(' ');
          expect(read(said)).toEqual([lesson.id, group.value.say, FRIDAY]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('never throws, and never knows what was not said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (said) => {
        const draft = readPlan(said, context);
        expect(draft.when.kind).not.toBe('known');
        if (draft.groups.kind === 'known') expect(draft.groups.value.length).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });
});
