import { describe, expect, it } from 'vitest';

import { UserError } from '../../src/errors.ts';
import { readDocx } from '../../src/lessons/docx.ts';
import { readBlocks, writeBlocks } from '../../src/lessons/html.ts';
import { parseLesson } from '../../src/lessons/parse.ts';
import { makeZip, type ZipFile } from '../support/zip.ts';

const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const paragraph = (text: string, style = '') =>
  `<w:p>${style === '' ? '' : `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
const RELS = 'http://schemas.openxmlformats.org';

function docx(body: string, more: readonly ZipFile[] = []): Buffer {
  return makeZip([
    {
      name: '[Content_Types].xml',
      bytes: `<Types xmlns="${RELS}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="png" ContentType="image/png"/><Default Extension="emf" ContentType="image/x-emf"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
    },
    {
      name: '_rels/.rels',
      bytes: `<Relationships xmlns="${RELS}/package/2006/relationships"><Relationship Id="r1" Type="${RELS}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
    },
    {
      name: 'word/_rels/document.xml.rels',
      bytes: `<Relationships xmlns="${RELS}/package/2006/relationships"><Relationship Id="p1" Type="${RELS}/officeDocument/2006/relationships/image" Target="media/image1.png"/><Relationship Id="p2" Type="${RELS}/officeDocument/2006/relationships/image" Target="media/image2.emf"/></Relationships>`,
    },
    {
      name: 'word/styles.xml',
      bytes: `<w:styles ${W}><w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style><w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style></w:styles>`,
    },
    {
      name: 'word/document.xml',
      bytes: `<w:document ${W} xmlns:r="${RELS}/officeDocument/2006/relationships" xmlns:a="${RELS}/drawingml/2006/main" xmlns:wp="${RELS}/drawingml/2006/wordprocessingDrawing" xmlns:pic="${RELS}/drawingml/2006/picture"><w:body>${body}</w:body></w:document>`,
    },
    ...more,
  ]);
}

const picture = (id: string) =>
  `<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="a" descr="存茶"/><a:graphic><a:graphicData><pic:pic><pic:blipFill><a:blip r:embed="${id}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`;

describe('a Word file', () => {
  it('becomes a lesson with its pictures and its quiz', async () => {
    const body = [
      paragraph('花茶怎么存', 'H1'),
      paragraph('最怕三样：潮、光、异味。* 不是重点。'),
      picture('p1'),
      paragraph('怎么做', 'H2'),
      paragraph('换成罐。'),
      picture('p2'),
      paragraph('小测', 'H2'),
      paragraph('1、开封后怎么放？（ B ）'),
      paragraph('A、保鲜袋  B、胶圈罐  C、原袋'),
      paragraph('解析：胶圈能密封。'),
      paragraph('2. 最怕哪几样？'),
      paragraph('A. 潮'),
      paragraph('B. 光'),
      paragraph('C. 低温'),
      paragraph('答案：AB'),
      paragraph('3. 可以和腊肉放一起。（×）'),
      paragraph('4. 最要紧的两个字是____。'),
      paragraph('答案：密封'),
      paragraph('5. 谈谈你的体会。'),
    ].join('');
    const more = [
      { name: 'word/media/image1.png', bytes: Buffer.from('89504e470d0a1a0a', 'hex') },
      { name: 'word/media/image2.emf', bytes: 'x' },
    ];
    const draft = await readDocx(docx(body, more), '存茶.docx');
    expect(draft.title).toBe('花茶怎么存');
    expect(draft.pictures).toHaveLength(1);
    expect(draft.left.map(({ where, why }) => `${where}：${why}`)).toEqual([
      '第 2 张图：image/x-emf 的图不能用，另存为 PNG 或 JPG 再插入',
      '小测第 5 题：没有找到答案，加一行 答案：B 再导入',
    ]);
    const { lesson, faults } = parseLesson(draft.source, 'a.md');
    expect(faults, draft.source).toEqual([]);
    expect(lesson?.body).toContain('\\* 不是重点');
    expect(lesson?.body).toContain(`![存茶](${draft.pictures[0]?.name})`);
    expect(lesson?.body).toContain('## 怎么做\n\n换成罐。');
    expect(lesson?.questions.map(({ type, stem, key }) => [type, stem, key.join()])).toEqual([
      ['single', '开封后怎么放？（　）', 'B'],
      ['multi', '最怕哪几样？', 'A,B'],
      ['truefalse', '可以和腊肉放一起。（　）', '错'],
      ['text', '最要紧的两个字是\\_\\_\\_\\_。', '密封'],
    ]);
    expect(lesson?.questions[0]?.explanation).toBe('胶圈能密封。');
  });

  it('without a quiz and without a heading has its first line, or its name, for a title', async () => {
    expect((await readDocx(docx(paragraph('一句话')), '存茶.docx')).title).toBe('一句话');
    expect((await readDocx(docx(paragraph('长'.repeat(100))), '存茶.docx')).title).toBe('存茶');
    expect(parseLesson((await readDocx(docx(''), '存茶.docx')).source, 'a.md').faults).toEqual([]);
  });

  it('of five megabytes is read in a few seconds', async () => {
    const bytes = Buffer.from(Array.from({ length: 5_000_000 }, (_, at) => (at * 7919) % 251));
    bytes.write('\u0089PNG\r\n\u001a\n', 0, 'latin1');
    const began = performance.now();
    const draft = await readDocx(docx(paragraph('题目') + picture('p1'), [{ name: 'word/media/image1.png', bytes }]), 'a.docx');
    expect(draft.left[0]?.why).toMatch(/超过 2 MB/);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it.each([
    ['no archive', Buffer.from('一些文字'), /不是 Word/],
    ['an old one', Buffer.from('d0cf11e0a1b11ae10000', 'hex'), /旧的 \.doc/],
    ['a workbook', makeZip([{ name: 'xl/workbook.xml', bytes: '' }]), /不是 Word/],
    ['a bomb', docx('', [{ name: 'word/a.xml', bytes: Buffer.alloc(80 * 1024 * 1024) }]), /解开后太大/],
    ['a bomb that lies', docx('', [{ name: 'word/a.xml', bytes: Buffer.alloc(1_000_000), claims: 9 }]), /解开后太大/],
    ['entities', docx('', [{ name: 'word/b.xml', bytes: '<!DOCTYPE a [<!ENTITY b "c">]>' }]), /不该有/],
    ['a book', docx(paragraph('茶'.repeat(3_000_000))), /文字太多/],
    ['broken words', makeZip([{ name: 'word/document.xml', bytes: '<w:document' }]), /读不出来/],
  ])('that is %s is refused', async (_name, bytes, reason) => {
    await expect(readDocx(bytes, 'a.docx')).rejects.toThrow(reason);
    await expect(readDocx(bytes, 'a.docx')).rejects.toBeInstanceOf(UserError);
  });
});

describe('HTML as Markdown', () => {
  it.each([
    ['<p>一<strong>二 </strong>三<em></em></p>', '一**二** 三'],
    ['<ol><li>一<ul><li>甲</li></ul></li><li>二</li></ol>', '1. 一\n   - 甲\n2. 二'],
    ['<p><a href="https://a.cn/(x)">官网</a> <a href="javascript:alert(1)">坏</a> <a id="b"></a></p>', '[官网](https://a.cn/%28x%29) 坏'],
    ['<table><tr><td><p>品</p></td><td><p>价|元</p></td></tr><tr><td>花茶</td></tr></table>', '| 品 | 价\\|元 |\n| --- | --- |\n| 花茶 |  |'],
    ['<p>1. 不是列表</p><p># 也不是标题</p><p>&lt;b&gt;</p>', '1\\. 不是列表\n\n\\# 也不是标题\n\n\\<b\\>'],
    ['<h1>大</h1><p>字<br />行</p>', '## 大\n\n字\n行'],
  ])('%s', (html, expected) => {
    expect(writeBlocks(readBlocks(html))).toBe(expected);
  });
});
