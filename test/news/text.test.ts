/** Words out of mark-up: what is seen, the first two sentences, cuts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { countCharacters, cut, firstSentences, oneLine, plainText } from '../../src/news/text.ts';

describe('plain text of HTML', () => {
  it.each([
    ['<p>你好<b>世界</b></p><p>再见</p>', '你好世界\n再见'],
    ['a &lt; b &amp; c&nbsp;d', 'a < b & c d'],
    ['<script>alert(1)</script>看<style>p{}</style>得见', '看得见'],
    ['<p onclick="x>y">一<br>二<br/>三', '一\n二\n三'],
    ['没有<标签', '没有<标签'],
    ['<p>没有关\n的<div>标签', '没有关 的\n标签'],
    ['<![CDATA[x]]><!-- 注 -->后', 'x后'],
    ['&#x6a2a;&#24030;&bogus;', '横州&bogus;'],
    ['零\u200b宽\u2060和\ufeff控\u0000制', '零宽和控制'],
    ['<svg><text>图</text></svg>文', '文'],
  ])('%j', (html, text) => expect(plainText(html)).toBe(text));

  it('leaves no tag of the source, for any mark-up', () => {
    const piece = fc.constantFrom(
      '<p>',
      '</p>',
      '<script>',
      '</script>',
      '<',
      '>',
      '"',
      "'",
      '茶',
      ' ',
      '<br/>',
      '<!--',
      '-->',
      '&lt;',
      '<a href="',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = plainText(pieces.join(''));
        expect(text).not.toMatch(/<\/?(?:p|script|br)\/?>/);
        expect(text).toBe(text.trim());
      }),
    );
  });
});

describe('the first two sentences', () => {
  it.each([
    ['一句。两句。三句。', '一句。两句。'],
    ['只有一句', '只有一句'],
    ['他说：“好！”她说：“行？”走了。', '他说：“好！”她说：“行？”'],
    ['价格 3.5 元一斤。明天涨。后天跌。', '价格 3.5 元一斤。明天涨。'],
    ['English one. And two. And three.', 'English one. And two.'],
    ['标题一行\n正文第一句。正文第二句。', '标题一行 正文第一句。'],
    ['一句。\n两句。\n三句。', '一句。两句。'],
    ['真的吗？！太好了……走吧。', '真的吗？！太好了……'],
    ['。。。开头是句号。第二句。第三句。', '。。。开头是句号。第二句。'],
    ['', ''],
  ])('%j', (text, summary) => expect(firstSentences(text)).toBe(summary));

  it('is never longer than asked, never cuts a character in two, and begins the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.integer({ min: 2, max: 80 }),
        (text, limit) => {
          const summary = firstSentences(text, limit);
          expect(countCharacters(summary)).toBeLessThanOrEqual(limit);
          expect(summary.isWellFormed()).toBe(true);
        },
      ),
    );
  });

  it('cuts with a mark that something is missing', () => {
    expect(cut('茉莉花茶保存', 4)).toBe('茉莉花…');
    expect(cut('茉莉', 4)).toBe('茉莉');
    expect(cut('👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', 2)).toBe('👨‍👩‍👧…');
    expect(oneLine('a\n  b\tc')).toBe('a b c');
  });
});
