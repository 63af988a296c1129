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

  it('sees no quiz inside a fence', () => {
    const { lesson } = parseLesson('---\nid: a\ntitle: 标题\n---\n\n```\n## 小测\n```\n', 'a.md');
    expect(lesson?.questions).toEqual([]);
  });
});
