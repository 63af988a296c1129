import { describe, expect, it } from 'vitest';

import { parseLesson } from '../../src/lessons/parse.ts';

const HEAD = '---\nid: a-b\ntitle: 标题\n---\n\n正文\n\n## 小测\n\n';
const faults = (source: string) => parseLesson(source, 'a.md').faults.map(({ line, message }) => `${line} ${message}`);

describe('the faults of a lesson', () => {
  it.each([
    ['no front matter', '正文\n', ['1 没有文件头']],
    ['no id, no title', '---\ncourse: 网上卖货\n---\n正文\n', ['1 没有 id', '1 没有 title']],
    ['a bad id', '---\nid: A b\ntitle: 标题\n---\n正文\n', ['2 id「A b」的写法不对']],
    ['an unknown key', '---\nid: a\ntitle: 标题\nfoo: 1\n---\n正文\n', ['4 文件头里不认识「foo」']],
    ['no body', '---\nid: a\ntitle: 标题\n---\n', ['5 没有正文']],
    ['a quiz without questions', HEAD, ['8 小测下面没有题']],
    ['none right', `${HEAD}1. 题\n   - [ ] 甲\n   - [ ] 乙\n`, ['10 第 1 题没有标出对的选项']],
    ['two right', `${HEAD}1. 题\n   - [x] 甲\n   - [x] 乙\n`, ['10 第 1 题标了几个对的']],
    ['one option', `${HEAD}1. 题\n   - [x] 甲\n`, ['10 第 1 题只有一个选项']],
    ['two alike', `${HEAD}1. 题\n   - [x] 甲\n   - [ ] 甲\n`, ['12 第 1 题有两个一样的选项']],
    ['neither options nor an answer', `${HEAD}1. 题\n`, ['10 第 1 题既没有选项也没有答案']],
    ['an empty answer', `${HEAD}1. 题\n\n   答案：\n`, ['10 第 1 题的答案是空的']],
    ['an order without its answer', `${HEAD}1. （排序）题\n   - 甲\n   - 乙\n`, ['10 第 1 题没有写出顺序']],
    ['an order that misses a step', `${HEAD}1. （排序）题\n   - 甲\n   - 乙\n   - 丙\n\n   答案：BA\n`, ['10 第 1 题的顺序和步骤对不上']],
    ['an order with a box ticked', `${HEAD}1. （排序）题\n   - [x] 甲\n   - 乙\n\n   答案：BA\n`, ['10 第 1 题是排序题，不用 [x]']],
    ['an order without steps', `${HEAD}1. （排序）题\n\n   答案：BA\n`, ['10 第 1 题没有要排的步骤']],
    ['two steps alike', `${HEAD}1. （排序）题\n   - 甲\n   - 甲\n\n   答案：BA\n`, ['12 第 1 题有两个一样的步骤']],
    ['options without boxes', `${HEAD}1. 题\n   - 甲\n   - [x] 乙\n`, ['11 选项前面没有方框']],
    ['a number that is none', `${HEAD}1. （填数）题\n\n   答案：很多\n`, ['10 第 1 题的答案不是数']],
    ['a range from high to low', `${HEAD}1. 题\n\n   答案：0.8~0.5\n`, ['10 第 1 题的答案不是数']],
    ['a judgement that is none', `${HEAD}1. （判断）题\n\n   答案：也许\n`, ['10 第 1 题是判断题']],
    ['options under a number', `${HEAD}1. （填数）题\n   - [x] 甲\n   - [ ] 乙\n`, ['10 第 1 题写了（填数）却有选项']],
    ['a draw without a count', `${HEAD}抽题：保鲜\n`, ['10 抽题写得不对']],
    ['a draw of too many', `${HEAD}抽题：保鲜 30\n`, ['10 抽题一次抽 1 到 10 道']],
    ['one tag drawn twice', `${HEAD}抽题：保鲜 1；保鲜 2\n`, ['10 抽题里「保鲜」写了两次']],
    ['a draw stuck to a question', `${HEAD}1. 题\n\n   答案：对\n抽题：保鲜 1\n`, ['12 抽题和上面的题连在一起了']],
    ['text of no question', `${HEAD}随便写的\n\n1. 题\n\n   答案：对\n`, ['10 小测里有一段不属于任何题']],
    ['a section after the quiz', `${HEAD}1. 题\n\n   答案：对\n\n## 尾\n`, ['14 小测后面还有别的标题']],
  ])('%s', (_name, source, expected) => {
    expect(faults(source)).toEqual(expected);
    expect(parseLesson(source, 'a.md').lesson).toBeUndefined();
  });

  it('takes line ends and a byte order mark as they come', () => {
    const source = `${HEAD}1. （多选）题\n   - [x] 甲\n   - [x] 乙\n`;
    const plain = parseLesson(source, 'a.md').lesson;
    expect(plain?.questions[0]).toMatchObject({ type: 'multi', key: ['A', 'B'], stem: '题' });
    expect(parseLesson(`\u{feff}${source.replaceAll('\n', '\r\n')}`, 'a.md').lesson).toEqual(plain);
  });

  it.each([
    ['（填数）题\n\n   答案：95', { type: 'number', key: ['95'], stem: '题' }],
    ['题\n\n   答案：95±2', { type: 'number', key: ['95±2'] }],
    ['题\n\n   答案：0.5～0.8', { type: 'number', key: ['0.5～0.8'] }],
    ['题\n\n   答案：95% ± 2%', { type: 'number', key: ['95% ± 2%'] }],
    ['题\n\n   答案：95', { type: 'text', key: ['95'] }],
    ['（填空）题\n\n   答案：3~5', { type: 'text', key: ['3~5'] }],
    ['（填空）题\n\n   答案：对', { type: 'text', key: ['对'] }],
    ['（判断）题\n\n   答案：错', { type: 'truefalse', key: ['错'], stem: '题' }],
    ['题（排序）\n   - 甲\n   - 乙\n   - 丙\n\n   答案：b、a、c', { type: 'order', key: ['B', 'A', 'C'], options: ['甲', '乙', '丙'], stem: '题' }],
    ['（排序）题\n   - [ ] 甲\n   - [ ] 乙\n\n   答案：BA\n\n   > 先乙', { type: 'order', key: ['B', 'A'], explanation: '先乙' }],
  ])('reads %j', (question, expected) => {
    const { lesson, faults: found } = parseLesson(`${HEAD}1. ${question}\n`, 'a.md');
    expect(found).toEqual([]);
    expect(lesson?.questions[0]).toMatchObject(expected);
  });

  it.each([
    ['alone', '抽题：保鲜 3\n', 0, [{ tag: '保鲜', count: 3 }]],
    ['before the questions', '抽题：保鲜 3道\n1. 题\n\n   答案：对\n', 1, [{ tag: '保鲜', count: 3 }]],
    ['behind the questions, several', '1. 题\n\n   答案：对\n\n抽题: 保鲜 3；直播 带货 1\n', 1, [{ tag: '保鲜', count: 3 }, { tag: '直播 带货', count: 1 }]],
  ])('reads a draw %s', (_name, quiz, count, draws) => {
    const { lesson, faults: found } = parseLesson(`${HEAD}${quiz}`, 'a.md');
    expect(found).toEqual([]);
    expect(lesson?.questions).toHaveLength(count);
    expect(lesson?.draws).toEqual(draws);
  });

  it('sees no quiz inside a fence', () => {
    const { lesson } = parseLesson('---\nid: a\ntitle: 标题\n---\n\n```\n## 小测\n```\n', 'a.md');
    expect(lesson?.questions).toEqual([]);
  });
});
