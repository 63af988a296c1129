/** Names as people say them, against the lessons that ship with us and the groups of the sandbox. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { loadCatalogue } from '../../src/lessons/catalogue.ts';
import { editDistance, findNamed, type Named, soundsOf } from '../../src/lessons/names.ts';

const { lessons } = await loadCatalogue(new URL('../../lessons', import.meta.url).pathname);
const ALL: Named<string>[] = [
  ...lessons.map(({ id, title, tags }) => ({ value: id, names: [title, id], words: tags })),
  ...[...new Set(lessons.map(({ course }) => course))].map((course) => ({ value: `course:${course}`, names: [course] })),
];
const GROUPS: Named<string>[] = [
  { value: 'huacha', names: ['花茶协会党支部群', 'huacha', '花茶协会党支部'] },
  { value: 'cuntao', names: ['村淘服务站党支部群', 'cuntao', '村淘服务站党支部'] },
  { value: 'jiguan', names: ['商务局机关党支部群', 'jiguan', '商务局机关党支部'] },
];

describe('a lesson by its name', () => {
  it.each<[said: string, way: string, found: string | number, sure: boolean]>([
    ['茉莉花茶怎么存才不跑香', 'exact', 'cunchu-huacha', true],
    ['《茉莉花茶怎么存才不跑香》', 'exact', 'cunchu-huacha', true],
    ['cunchu-huacha', 'exact', 'cunchu-huacha', true],
    ['CUNCHU HUACHA', 'exact', 'cunchu-huacha', true],
    ['网上卖货', 'exact', 'course:网上卖货', true],
    ['怎么存', 'part', 'cunchu-huacha', true],
    ['保鲜', 'part', 'cunchu-huacha', true],
    ['三会一课', 'part', 'sanhui-yike', true],
    ['花茶保鲜', 'words', 'cunchu-huacha', true],
    ['花茶', 'part', 3, false],
    ['党员', 'part', 4, false],
    ['huacha', 'part', 3, false],
    ['hua cha bao xian', 'sound', 'cunchu-huacha', false],
    ['huachabaoxian', 'sound', 'cunchu-huacha', false],
    ['花茶保险', 'sound', 'cunchu-huacha', false],
    ['三回一棵', 'sound', 'sanhui-yike', false],
    ['hcbx', 'initials', 'cunchu-huacha', false],
    ['shyk', 'initials', 'sanhui-yike', false],
    ['wsmh', 'initials', 'course:网上卖货', false],
    ['huaca baoxian', 'slip', 'cunchu-huacha', false],
    ['第一次直播怎么播', 'slip', 'zhibo-di-yi-chang', false],
    ['茉莉花茶咋么存', 'slip', 'cunchu-huacha', false],
  ])(
    '%s is understood by %s',
    (said, way, found, sure) => {
      const got = findNamed(said, ALL);
      expect(got?.way).toBe(way);
      expect(got?.sure).toBe(sure);
      if (typeof found === 'number') expect(got?.values).toHaveLength(found);
      else expect(got?.values).toEqual([found]);
    },
  );

  it.each(['', ' ', '茶', 'a', 'zz', '。。', '股票', '🍵🍵', '排课', 'x'.repeat(500), '花'.repeat(300), '\0', '周五 20:00'])(
    '%j means nothing',
    (said) => expect(findNamed(said, ALL)).toBeUndefined(),
  );
});

describe('a group by its name', () => {
  it.each<[said: string, found: string, sure: boolean]>([
    ['花茶支部群', 'huacha', true],
    ['花茶协会', 'huacha', true],
    ['huacha', 'huacha', true],
    ['cuntao', 'cuntao', true],
    ['cun tao', 'cuntao', true],
    ['机关支部', 'jiguan', true],
    ['hcxh', 'huacha', false],
  ])('%s', (said, found, sure) => {
    const got = findNamed(said, GROUPS);
    expect(got?.values).toEqual([found]);
    expect(got?.sure).toBe(sure);
  });

  it('says that several are meant', () => {
    expect(findNamed('党支部群', GROUPS)?.values).toEqual(['huacha', 'cuntao', 'jiguan']);
    expect(findNamed('党支部群', GROUPS)?.sure).toBe(false);
  });
});

describe('rules of names', () => {
  const name = fc.string({ unit: fc.constantFrom(...'花茶保鲜茉莉横州直播党员学习网店'), minLength: 2, maxLength: 12 });

  it('finds every name by itself, by its sound, and by its middle', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), (names) => {
        const all = names.map((one) => ({ value: one, names: [one] }));
        for (const one of names) {
          expect(findNamed(one, all)).toEqual({ way: 'exact', values: [one], sure: true });
          if ([...one].length >= 2) expect(findNamed(soundsOf(one).join(''), all)?.values ?? [one]).toContain(one);
          // What is a whole name of its own means that one.
          const head = [...one].slice(0, 2).join('');
          expect(findNamed(head, all)?.values).toContain(names.includes(head) ? head : one);
        }
      }),
    );
  });

  it('never throws, never takes long, never is sure of several', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (said) => {
        const got = findNamed(said, ALL);
        if (got?.sure) expect(got.values).toHaveLength(1);
        expect(got === undefined || got.values.length > 0).toBe(true);
      }),
    );
  });
});

describe('the distance of words', () => {
  it.each<[string, string, number]>([
    ['', '', 0],
    ['课表', '课表', 0],
    ['课表', '表课', 1],
    ['排行傍', '排行榜', 1],
    ['谁没有学', '谁没学', 1],
    ['', '排课', 2],
    ['通知', '进度', 2],
  ])('%s to %s', (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance);
    expect(editDistance(other, one)).toBe(distance);
  });
});
