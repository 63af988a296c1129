import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseLesson } from '../../src/lessons/parse.ts';
import { readGift, writeGift } from '../../src/quiz/gift.ts';
import { checkItem, escapeMarkdown, hashItem, type Item } from '../../src/quiz/item.ts';
import { writeMarkdown } from '../../src/quiz/item-markdown.ts';
import { itemSheets, readItemSheets, templateSheets } from '../../src/quiz/item-table.ts';
import { readSheets } from '../../src/sheets/read.ts';
import { writeWorkbook } from '../../src/sheets/write.ts';

const only = (source: string) => {
  const { taken, left } = readGift(source);
  return { ...taken[0]?.item, left: left.map(({ where, why }) => `${where}：${why}`) };
};

describe('GIFT', () => {
  it.each([
    [
      'a single choice',
      '怎么放？ {=罐 ~袋 ~盒}',
      { type: 'single', stem: '怎么放？', options: ['罐', '袋', '盒'], key: ['A'] },
    ],
    ['a set', '怕什么？ {~%50%潮 ~%50%光 ~%-100%低温}', { type: 'multi', key: ['A', 'B'] }],
    [
      'a set of thirds',
      '怕什么？ {~%33.33333%潮 ~%33.33333%光 ~%33.33333%味 ~冷}',
      { type: 'multi', key: ['A', 'B', 'C'] },
    ],
    ['a judgement', '茶叶可以和腊肉放一起。{F}', { type: 'truefalse', key: ['错'] }],
    [
      'a judgement with what is said of it',
      '对不对？ {T#不对#对了}',
      { type: 'truefalse', key: ['对'], explanation: '不对\n\n对了' },
    ],
    ['a word with variants', '两个字是 {=密封 =密封保存}', { type: 'text', key: ['密封', '密封保存'] }],
    [
      'a word in the middle',
      '花茶要 {=密封} 保存。',
      { type: 'text', stem: '花茶要 \\_\\_\\_\\_\\_ 保存。', key: ['密封'] },
    ],
    ['a number', '含水量？ {#8.5}', { type: 'number', key: ['8.5'] }],
    ['a number with a tolerance', '含水量？ {#8.5:0.5}', { type: 'number', key: ['8.5±0.5'] }],
    ['a range', '含水量？ {#8..9}', { type: 'number', key: ['8~9'] }],
    ['an explanation', '怎么放？ {=罐 ~袋 ####胶圈能密封}', { explanation: '胶圈能密封' }],
    ['what is said of options', '怎么放？ {=罐#对 ~袋#漏气}', { explanation: 'A：对\n\nB：漏气' }],
    [
      'a title and tags',
      '// [tag:保鲜] [tag:花茶]\n::第一题::怎么放？ {=罐 ~袋}',
      { stem: '怎么放？', tags: ['保鲜', '花茶'] },
    ],
    ['a category', '$CATEGORY: $course$/花茶/保鲜\n\n怎么放？ {=罐 ~袋}', { tags: ['保鲜'] }],
    ['escapes', '1\\:2 \\{是\\} 几\\=几？ {=a\\~b ~c}', { stem: '1:2 {是} 几=几？', options: ['a~b', 'c'] }],
    ['HTML', '[html]<p>怎么<b>放</b>？<br>想一想</p> {=罐 ~袋}', { stem: '怎么放？\n想一想' }],
    [
      'mark-up that is none',
      '5 * 3 * 2 = <几>？'.replace('=', '\\=') + ' {=30 ~31}',
      { stem: '5 \\* 3 \\* 2 = \\<几\\>？' },
    ],
    ['line ends of Windows', '怎么放？ {\r\n=罐\r\n~袋\r\n}\r\n', { type: 'single', options: ['罐', '袋'] }],
  ])('takes %s', (_name, source, expected) => {
    const read = only(source);
    expect(read.left).toEqual([]);
    expect(read).toMatchObject(expected);
  });

  it.each([
    ['an essay', '谈谈体会。 {}', /问答题/],
    ['a matching', '连线 {=甲 -> 1 =乙 -> 2}', /连线题/],
    ['a description', '下面三题看图回答。', /没有 \{ \}|只有说明/],
    ['no right option', '怎么放？ {~罐 ~袋}', /没有全对的答案/],
    ['two right ones', '怎么放？ {=罐 ~袋 =盒}', /几个全对/],
    ['two alike', '怎么放？ {=罐 ~袋 ~袋}', /两个一样的选项/],
    [
      'too many',
      `怎么放？ {=1 ${Array.from({ length: 9 }, (_, no) => `~${no + 2}`).join(' ')}}`,
      /超过 8 个/,
    ],
    ['an unfinished one', '怎么放？ {=罐 ~袋', /没有写完/],
    ['one that breaks off', '坏题{', /没有写完/],
    ['a bare colon', '时间：8:30 {=对 ~错}', /读不懂/],
  ])('names %s and leaves it', (_name, source, why) => {
    const read = only(source);
    expect(read.type).toBeUndefined();
    expect(read.left.join()).toMatch(why);
  });

  it.each([
    ['partial weights', '怎么放？ {=罐 ~%50%盒 ~袋}', /部分分/],
    ['a partly right word', '两个字 {=密封 =%50%密闭}', /部分分/],
    ['a picture', '[html]看图 <img src\\="a.png"> 怎么放？ {=罐 ~袋}', /图片没有带过来/],
  ])('takes a question and names its %s', (_name, source, why) => {
    const read = only(source);
    expect(read.type).toBeDefined();
    expect(read.left.join()).toMatch(why);
  });

  it('says where, and one fault costs no other question', () => {
    const { taken, left } = readGift(
      '// 题库\n\n甲？ {=1 ~2}\n\n坏的 {=1 ~2\n\n::丙题::丙？ {}\n\n丁？ {T}\n',
    );
    expect(taken.map(({ where }) => where)).toEqual(['第 3 行', '第 9 行']);
    expect(left.map(({ where }) => where)).toEqual(['第 5 行', '第 7 行（丙题）']);
  });
});

/** Words that every form can carry: no blanks at the ends, nothing that only looks like a blank. */
const word = fc
  .array(fc.constantFrom(...'茶花罐密封潮光ABxy12*_`[]<>#~={}:\\|&+-.()（）％，。'), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => `甲${parts.join('')}`);
const shown = word.map(escapeMarkdown);
const letters = (count: number) => [...'ABCDEFGH'].slice(0, count);
const item: fc.Arbitrary<Item> = fc
  .record({
    type: fc.constantFrom(
      'single' as const,
      'multi' as const,
      'truefalse' as const,
      'text' as const,
      'number' as const,
      'order' as const,
    ),
    stem: shown,
    options: fc.uniqueArray(shown, {
      minLength: 2,
      maxLength: 8,
      selector: (text) => text.normalize('NFKC'),
    }),
    explanation: fc.oneof(fc.constant(''), shown),
    words: fc.uniqueArray(
      word.map((text) => text.replace(/[|*]/g, '')),
      { minLength: 1, maxLength: 3 },
    ),
    low: fc.integer({ min: -99, max: 99 }),
    width: fc.integer({ min: 0, max: 9 }),
    seed: fc.nat(),
  })
  .map(({ type, stem, options, explanation, words, low, width, seed }): Item => {
    const all = letters(options.length);
    const isChoice = type === 'single' || type === 'multi' || type === 'order';
    const keys: Readonly<Record<Item['type'], string[]>> = {
      single: [all[seed % all.length] ?? 'A'],
      multi: all.filter((_, index) => index === 0 || (seed >> index) % 2 === 1),
      truefalse: [seed % 2 === 0 ? '对' : '错'],
      text: words,
      number: [`${low}~${low + width}`],
      order: all.toReversed(),
    };
    return { type, stem, options: isChoice ? options : [], key: keys[type], explanation, tags: ['保鲜'] };
  })
  .filter((one) => checkItem(one).length === 0);

describe('questions that go out and come back', () => {
  it('as GIFT', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 4 }), (items) => {
        const { text, taken, left } = writeGift(items.map((one) => ({ ...one, where: '第 1 题' })));
        // Options are Markdown, where -\> is an arrow too; keys are plain words, where it is none.
        const goes = ({ type, options, key }: Item) =>
          type !== 'order' &&
          !options.some((one) => /-\\?>/.test(one)) &&
          !key.some((one) => one.includes('->'));
        expect(left).toHaveLength(items.filter((one) => !goes(one)).length);
        const back = readGift(text);
        expect(back.left).toEqual([]);
        expect(back.taken).toHaveLength(taken);
        const kept = items.filter(goes);
        // One right letter of a set is a single choice with the same key.
        const alike = (one: Item) => ({
          ...one,
          type: one.type === 'multi' && one.key.length === 1 ? 'single' : one.type,
        });
        expect(back.taken.map((one) => alike(one.item))).toEqual(kept.map(alike));
      }),
      { numRuns: 300 },
    );
  });

  it('as Markdown of a lesson', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 4 }), (items) => {
        const source = `---\nid: a\ntitle: 题\n---\n\n正文\n\n## 小测\n\n${writeMarkdown(items)}`;
        const { lesson, faults } = parseLesson(source, 'a.md');
        expect(faults, source).toEqual([]);
        const back = lesson?.questions.map(({ type, stem, options, key, explanation }) => ({
          type,
          stem,
          options,
          key,
          explanation,
        }));
        expect(back).toEqual(
          items.map(({ type, stem, options, key, explanation }) => ({
            type,
            stem,
            options,
            key,
            explanation,
          })),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('as a workbook', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(item, { minLength: 1, maxLength: 4, selector: hashItem }),
        async (items) => {
          const back = readItemSheets(await readSheets(await writeWorkbook(itemSheets(items))));
          expect(back.left).toEqual([]);
          expect(back.taken.map((one) => one.item)).toEqual(items);
        },
      ),
      { numRuns: 25 },
    );
  });
});

const csv = async (text: string) => readItemSheets(await readSheets(Buffer.from(text)));
const HEAD = '题型,题目,选项A,选项B,选项C,答案,解析,标签\n';

describe('a table of questions', () => {
  it('takes its own template', async () => {
    const { taken, left } = readItemSheets(await readSheets(await writeWorkbook(templateSheets())));
    expect(left).toEqual([]);
    expect(taken.map(({ item: one }) => one.type)).toEqual([
      'single',
      'multi',
      'truefalse',
      'text',
      'number',
      'order',
    ]);
  });

  it('takes other headings, a title above them, and types that go without saying', async () => {
    const { taken, left } = await csv(
      '花茶题库\n题干,A,B,正确答案,知识点\n怎么放？,罐,袋,a,保鲜 花茶\n怕什么？,潮,光,AB,\n可以晒。,,,×,\n两个字？,,,密封|密闭,\n',
    );
    expect(left).toEqual([]);
    expect(taken.map(({ item: one, where }) => [where, one.type, one.key.join(), one.tags.join()])).toEqual([
      ['「CSV」第 3 行', 'single', 'A', '保鲜,花茶'],
      ['「CSV」第 4 行', 'multi', 'A,B', ''],
      ['「CSV」第 5 行', 'truefalse', '错', ''],
      ['「CSV」第 6 行', 'text', '密封,密闭', ''],
    ]);
  });

  it.each([
    ['no question', `${HEAD}单选,,罐,袋,,A,,\n`, '「CSV」第 2 行 B 列：没有题目'],
    ['no right option', `${HEAD}单选,怎么放？,罐,袋,,,,\n`, '「CSV」第 2 行 F 列：没有写对的答案'],
    [
      'a right option that is not there',
      `${HEAD}单选,怎么放？,罐,袋,,C,,\n`,
      '「CSV」第 2 行 F 列：答案「C」里有不存在的选项',
    ],
    ['two alike', `${HEAD}单选,怎么放？,罐,罐,,A,,\n`, '「CSV」第 2 行 C 列：有两个一样的选项'],
    ['an option left out', `${HEAD}单选,怎么放？,罐,,盒,A,,\n`, '「CSV」第 2 行 C 列：有一个选项是空的'],
    ['one option', `${HEAD}单选,怎么放？,罐,,,A,,\n`, '「CSV」第 2 行 C 列：选项少于两个'],
    [
      'several for a single choice',
      `${HEAD}单选,怎么放？,罐,袋,,AB,,\n`,
      '「CSV」第 2 行 F 列：单选题写了几个对的，改成多选题或只留一个',
    ],
    [
      'a type that there is not',
      `${HEAD}连线,怎么放？,罐,袋,,A,,\n`,
      '「CSV」第 2 行 A 列：不认识题型「连线」；写 单选、多选、判断、填空、填数、排序',
    ],
    [
      'a judgement of something else',
      `${HEAD}判断,可以晒。,,,,也许,,\n`,
      '「CSV」第 2 行 F 列：判断题的答案要写 对 或 错',
    ],
    [
      'a number that is none',
      `${HEAD}填数,多少？,,,,很多,,\n`,
      '「CSV」第 2 行 F 列：答案不是数，写成 95，或 95±2，或 0.5~0.8',
    ],
    [
      'an order that misses one',
      `${HEAD}排序,先后？,甲,乙,丙,BA,,\n`,
      '「CSV」第 2 行 F 列：顺序要用完 ABC 这 3 个字母',
    ],
    [
      'one question twice',
      `${HEAD}单选,怎么放？,罐,袋,,A,,\n单选,怎么放？,袋,罐,,B,,\n`,
      '「CSV」第 3 行：和第 2 行是同一道题',
    ],
    ['no headings', '怎么放？,罐,袋,A\n', '「CSV」：没有找到表头：第一行要有 题目 和 答案'],
    ['no rows', HEAD, '整个文件：表头下面没有题'],
    ['nothing', '\n\n', '整个文件：表格是空的'],
  ])('says where there is %s', async (_name, text, expected) => {
    const { left } = await csv(text);
    expect(left.map(({ where, why }) => `${where}：${why}`)).toEqual([expected]);
  });
});
