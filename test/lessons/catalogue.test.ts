/** The lessons' folder as people leave it: twins, pictures, encodings, hidden files, what can't be read. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { loadCatalogue, loadLessonFile, picturesOf, pictureType } from '../../src/lessons/catalogue.ts';
import { PIXEL } from '../contracts/channel.ts';
import { ROOT } from '../support/school.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weike-catalogue-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(file: string, content: string | Buffer) {
  mkdirSync(dirname(join(dir, file)), { recursive: true });
  writeFileSync(join(dir, file), content);
}
const lesson = (id: string, rest = '', body = '正文') => `---\nid: ${id}\ntitle: 题目 ${id}\n${rest}---\n\n${body}\n`;
const load = async () => {
  const { lessons, faults } = await loadCatalogue(dir);
  return {
    ids: lessons.map(({ id }) => id),
    faults: faults.map(({ file, line, message }) => `${file}:${line} ${message}`),
    cures: faults.map(({ cure }) => cure),
  };
};

describe('the catalogue', () => {
  it('is empty for an empty folder, and refused for none', async () => {
    expect(await load()).toEqual({ ids: [], faults: [], cures: [] });
    await expect(loadCatalogue(join(dir, 'nix'))).rejects.toThrow(/the lessons' folder .* see LESSONS_DIR/);
  });

  it('has courses in the order of their folders, lessons by their place, then those without a place', async () => {
    put('b/1.md', lesson('b1', 'course: 乙\norder: 2\n'));
    put('b/2.md', lesson('b2', 'course: 乙\norder: 1\n'));
    put('a/9.md', lesson('a9', 'course: 甲\norder: 3\n'));
    put('a/deep/er/0.md', lesson('a0', 'course: 甲\norder: 1\n'));
    put('z.md', lesson('z'));
    expect((await load()).ids).toEqual(['a0', 'a9', 'b2', 'b1', 'z']);
  });

  it('takes only lessons: no hidden file or folder, no draft, no README, no news, no other file', async () => {
    put('ok.md', lesson('ok'));
    for (const file of [
      '.hidden.md',
      '_draft.md',
      '.git/x.md',
      '_old/x.md',
      'README.md',
      'a/README.md',
      'news/x.md',
      'x.txt',
      'x.md.bak',
    ])
      put(file, 'no lesson at all');
    mkdirSync(join(dir, 'folder.md'));
    expect(await load()).toMatchObject({ ids: ['ok'], faults: [] });
  });

  it('leaves out the second of two lessons with one id or one place, and says where the first is', async () => {
    put('1.md', lesson('same'));
    put('2.md', lesson('same', '', '别的正文'));
    put('3.md', lesson('c3', 'course: 课\norder: 1\n'));
    put('4.md', lesson('c4', 'course: 课\norder: 1\n'));
    put('5.md', lesson('c5', 'course: 课\n'));
    put('6.md', lesson('c6', 'course: 课\n'));
    const { ids, faults } = await load();
    expect(ids.toSorted()).toEqual(['c3', 'c5', 'c6', 'same']);
    expect(faults).toEqual(['2.md:1 id「same」已经在 1.md 里', '4.md:1 「课」的第 1 课已经在 3.md 里']);
  });

  it('lists the faults of all files together, each with a cure, and keeps the lessons without', async () => {
    put('a.md', '正文\n');
    put('b.md', '---\nid: B\ntitle: ""\n---\n\n');
    put('c.md', lesson('ok'));
    const { ids, faults, cures } = await load();
    expect(ids).toEqual(['ok']);
    expect(faults).toEqual([
      'a.md:1 没有文件头',
      'b.md:2 id「B」的写法不对',
      'b.md:3 没有 title',
      'b.md:5 没有正文',
    ]);
    expect(cures.every((cure) => /\p{Script=Han}/u.test(cure))).toBe(true);
  });
});

describe('a file', () => {
  it.each([
    ['GBK', Buffer.from([0xb2, 0xe8, 0x0a])],
    ['UTF-16', Buffer.from(`\u{feff}${lesson('a')}`, 'utf16le')],
    ['half a character', Buffer.from([0xe8, 0x8c])],
  ])('in %s is a fault with the cure', async (_name, bytes) => {
    put('a.md', bytes);
    const { faults, cures } = await load();
    expect(faults).toEqual(['a.md:1 文字编码不是 UTF-8']);
    expect(cures[0]).toContain('另存为');
  });

  it('may begin with a byte order mark and end its lines as Windows does, and is the same lesson', async () => {
    put('a.md', lesson('a'));
    const [plain] = (await loadCatalogue(dir)).lessons;
    put('a.md', `\u{feff}${lesson('a').replaceAll('\n', '\r\n')}`);
    const [windows] = (await loadCatalogue(dir)).lessons;
    expect(windows).toEqual(plain);
  });

  it('with a NUL, or of a megabyte, is no lesson', async () => {
    put('a.md', `${lesson('a')}\0`);
    put('b.md', lesson('b', '', '茶'.repeat(100_000)));
    put('c.md', lesson('c', '', 'x'.repeat(3_000_000)));
    expect((await load()).faults).toEqual([
      'a.md:1 这不是文本文件',
      'c.md:1 文件太大了',
    ]);
  });

  it('that can not be read does not keep the others back', async () => {
    put('a.md', lesson('a'));
    put('b.md', lesson('b'));
    chmodSync(join(dir, 'b.md'), 0o000);
    // Root reads everything: then nothing is wrong.
    const expected = process.getuid?.() === 0 ? [] : ['b.md:1 这个文件读不出来'];
    expect((await load()).faults).toEqual(expected);
  });

  it('that is gone is told to whoever named it', async () => {
    await expect(loadLessonFile(dir, 'nix.md')).rejects.toThrow(/ENOENT/);
  });

  it('is not found through a link: what lies elsewhere is not the folder’s', async () => {
    put('../linked.md', lesson('linked'));
    symlinkSync('../linked.md', join(dir, 'link.md'));
    expect(await load()).toMatchObject({ ids: [], faults: [] });
    rmSync(join(dir, '../linked.md'));
  });
});

describe('pictures', () => {
  const withPicture = (href: string) => put('course/a.md', lesson('a', '', `正文\n\n![图](${href})`));

  it.each(['dot.png', 'sub/dot.png', '../shared/dot.png', '<a b.png>', '%E8%8C%B6.png'])(
    'at %s are found',
    async (href) => {
      for (const file of ['course/dot.png', 'course/sub/dot.png', 'shared/dot.png', 'course/a b.png', 'course/茶.png'])
        put(file, PIXEL);
      withPicture(href);
      expect((await load()).faults).toEqual([]);
    },
  );

  it.each([
    ['nix.png', 'course/a.md:8 找不到图片 course/nix.png'],
    ['../../outside.png', 'course/a.md:8 图片 ../outside.png 不在微课文件夹里'],
    ['text.png', 'course/a.md:8 图片 course/text.png 不是 PNG、JPEG 或 GIF'],
    ['large.png', 'course/a.md:8 图片 course/large.png 超过 2 MB'],
    ['empty.png', 'course/a.md:8 图片 course/empty.png 不是 PNG、JPEG 或 GIF'],
    ['picture.svg', 'course/a.md:8 图片 course/picture.svg 不是 PNG、JPEG 或 GIF'],
  ])('at %s are a fault', async (href, expected) => {
    put('course/text.png', '<script>');
    put('course/empty.png', '');
    put('course/picture.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
    put('course/large.png', Buffer.concat([PIXEL, Buffer.alloc(2 * 1024 * 1024)]));
    withPicture(href);
    expect((await load()).faults).toEqual([expected]);
  });

  it('are looked for in questions, options and explanations too', async () => {
    const quiz = '## 小测\n\n1. 哪个？![甲](q.png)\n\n   - [x] ![乙](o.png)\n   - [ ] 丙\n\n   > ![丁](e.png)\n';
    put('a.md', lesson('a', '', `正文\n\n${quiz}`));
    expect((await load()).faults).toEqual([
      'a.md:10 找不到图片 q.png',
      'a.md:12 找不到图片 o.png',
      'a.md:15 找不到图片 e.png',
    ]);
    for (const name of ['q.png', 'o.png', 'e.png']) put(name, PIXEL);
    const [loaded] = (await loadCatalogue(dir)).lessons;
    expect(loaded && picturesOf(loaded)).toEqual(['q.png', 'o.png', 'e.png']);
  });

  it('from elsewhere are none of ours', async () => {
    withPicture('https://example.org/a.png');
    expect((await load()).faults).toEqual([]);
  });

  it.each([
    [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 'image/png'],
    [[0xff, 0xd8, 0xff, 0xe0], 'image/jpeg'],
    [[...Buffer.from('GIF89a')], 'image/gif'],
    [[...Buffer.from('RIFF')], undefined],
    [[0x89, 0x50], undefined],
    [[], undefined],
  ])('are known by their first bytes %#', async (bytes, expected) => {
    put('x', Buffer.from(bytes));
    expect(await pictureType(join(dir, 'x'))).toBe(expected);
  });
});

describe('the lessons that ship', async () => {
  const { lessons, faults } = await loadCatalogue(join(ROOT, 'lessons'));
  /** Visible characters of the body, without marks, blanks and picture addresses. */
  const lengthOf = (body: string) =>
    [...body.replaceAll(/!\[[^\]]*\]\([^)]*\)/g, '').replaceAll(/[\s#*|>_`\-[\]()]/g, '')].length;

  it('are at least sixteen in four courses, without a fault, each place once', () => {
    expect(faults).toEqual([]);
    expect(lessons.length).toBeGreaterThanOrEqual(16);
    const courses = Map.groupBy(lessons, ({ course }) => course);
    expect([...courses.keys()].toSorted()).toEqual(['党员基础', '守法安全', '网上卖货', '茉莉之乡'].toSorted());
    for (const own of courses.values())
      expect(own.map(({ order }) => order)).toEqual(own.map((_, index) => index + 1));
  });

  it.each(lessons.map((one) => [one.id, one] as const))(
    '%s is short, asks two or three questions, explains each, and names its sources as to be checked',
    (_id, { body, questions, sources, author, category, tags, minutes }) => {
      expect(lengthOf(body)).toBeGreaterThanOrEqual(150);
      expect(lengthOf(body)).toBeLessThanOrEqual(500);
      expect(questions.length).toBeGreaterThanOrEqual(2);
      expect(questions.length).toBeLessThanOrEqual(3);
      for (const { explanation } of questions) expect(explanation).not.toBe('');
      expect(sources.length).toBeGreaterThan(0);
      for (const source of sources) expect(source).toMatch(/待核/);
      for (const text of [author, category, ...tags]) expect(text).not.toBe('');
      expect(minutes).toBeLessThanOrEqual(3);
    },
  );
});
