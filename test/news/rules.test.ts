/** The rules of the desk without a database: one address for one page, sameness, relevance, pages, files, waiting. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DAY, HOUR } from '../../src/clock.ts';
import { readRetryAfter, spread, waitAfterFailure } from '../../src/news/feeds.ts';
import { readNewsFile } from '../../src/news/files.ts';
import { canonicalLink } from '../../src/news/link.ts';
import { readHtml } from '../../src/news/page.ts';
import { judge, readKeywords } from '../../src/news/relevance.ts';
import { gramsOf, isSame, likeness, printOf } from '../../src/news/similar.ts';

const ZONE = 'Asia/Shanghai';

describe('the canonical form of an address', () => {
  it.each([
    [
      'https://www.hznews.cn/a/1.html?utm_source=wx&from=timeline#top',
      'http://m.hznews.cn/a/1.html',
      'https://hznews.cn/a/1.html/',
      'https://HZNEWS.cn:443/a//1.html?spm=1.2.3&share_token=x',
    ],
    [
      'https://hznews.cn/',
      'http://hznews.cn',
      'https://www.hznews.cn/index.html',
      'https://hznews.cn/index.php?src=1',
    ],
    ['https://hznews.cn/p?b=2&a=1', 'https://hznews.cn/p?a=1&b=2&_t=99'],
    ['https://hznews.cn/茶', 'https://hznews.cn/%E8%8C%B6', 'https://hznews.cn/%e8%8c%b6'],
    [
      'https://mp.weixin.qq.com/s?__biz=MzA=&mid=1&idx=1&sn=ab&chksm=x&scene=21#wechat_redirect',
      'http://mp.weixin.qq.com/s?sn=ab&idx=1&mid=1&__biz=MzA=&key=y&uin=z&pass_ticket=q',
    ],
  ])('is one for %s and its like', (...links) => {
    const forms = new Set(links.map(canonicalLink));
    expect(forms.size).toBe(1);
    expect([...forms][0]).not.toBe('');
  });

  it.each([
    ['https://hznews.cn/a/1.html', 'https://hznews.cn/a/2.html'],
    ['https://hznews.cn/p?id=1', 'https://hznews.cn/p?id=2'],
    ['https://hznews.cn/p', 'https://other.cn/p'],
    ['https://hznews.cn:8080/p', 'https://hznews.cn/p'],
    ['https://mp.weixin.qq.com/s/abc', 'https://mp.weixin.qq.com/s/abd'],
  ])('tells %s from %s', (a, b) => expect(canonicalLink(a)).not.toBe(canonicalLink(b)));

  it('is nothing for what is no address, and never throws', () => {
    expect(canonicalLink('javascript:alert(1)')).toBe('');
    fc.assert(fc.property(fc.string(), (text) => void canonicalLink(text)));
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
        const form = canonicalLink(url);
        // The form of the form is itself.
        expect(canonicalLink(`https://${form}`)).toBe(form);
      }),
    );
  });
});

const print = (title: string, summary = '') => printOf({ title, summary });

describe('the same piece of news', () => {
  it.each([
    ['横州茉莉花茶上半年网上卖了三成', '横州茉莉花茶上半年网上卖了三成！', '', ''],
    ['横州：快递进村补贴延长到明年六月', '横州 快递进村补贴延长到明年六月', '村里每件补两角。', ''],
    [
      '茉莉花开了',
      '横州茉莉花开得早',
      '横州市今年的茉莉花比去年早开十天，合作社已经开始收购，预计产量增加一成。',
      '横州市今年的茉莉花比去年早开十天，合作社已经开始收购，预计产量增加一成。',
    ],
    ['ＡＢＣ电商培训开班', 'abc电商培训开班', '', ''],
  ])('%s = %s', (a, b, first, second) => {
    expect(isSame(print(a, first), print(b, second))).toBe(true);
    expect(isSame(print(b, second), print(a, first))).toBe(true);
  });

  it.each([
    ['横州茉莉花茶上半年网上卖了三成', '快递进村补贴延到明年六月', '', ''],
    ['今日茉莉花收购价', '今日茉莉花收购价', '每斤 12 元，和昨天一样。', '每斤 13 元，比昨天涨。'],
    ['11月24日茉莉花行情', '11月25日茉莉花行情', '', ''],
    ['通知', '通知', '明天开会，地点在村部。', '后天停电检修，请大家准备。'],
    ['', '', '', ''],
  ])('%s is not %s', (a, b, first, second) => expect(isSame(print(a, first), print(b, second))).toBe(false));

  it('is measured between 0 and 1, alike from both sides', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }), (a, b) => {
        const [x, y] = [gramsOf(a), gramsOf(b)];
        const value = likeness(x, y);
        expect(value).toBe(likeness(y, x));
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(likeness(x, x)).toBe(x.size === 0 ? 0 : 1);
      }),
    );
  });
});

describe('relevance', () => {
  const yardstick = { keywords: readKeywords('茉莉花:5 横州：5 直播,物流'), stopWords: ['彩票'] };

  it('reads the words as people write them', () => {
    expect(yardstick.keywords).toEqual([
      { word: '茉莉花', weight: 5 },
      { word: '横州', weight: 5 },
      { word: '直播', weight: 1 },
      { word: '物流', weight: 1 },
    ]);
  });

  it.each([
    ['横州茉莉花开了', '茉莉花在横州', 15 + 15 + 5 + 5, '产业行情'],
    ['直播培训报名', '', 3, '直播电商'],
    ['一条快递补贴的新办法', '物流', 1, '政策补贴'],
    ['天气', '晴', 0, ''],
  ])('of %s', (title, summary, relevance, category) => {
    expect(judge({ title, summary }, yardstick)).toEqual({ relevance, category });
  });

  it('names the word of the stop list', () => {
    expect(judge({ title: '茉莉花', summary: '买彩票' }, yardstick).stopped).toBe('彩票');
  });
});

describe('a page', () => {
  const read = (html: string, url = 'https://www.hznews.cn/a/1.html') =>
    readHtml({ bytes: Buffer.from(html), contentType: 'text/html', url }, ZONE);

  it.each([
    [
      'of a government site',
      '<meta name="ArticleTitle" content="关于快递进村补贴的通知"><meta name="PubDate" content="2026-11-24 10:00"><meta name="ContentSource" content="横州市商务局"><meta name="Description" content="一是每件补两角。二是月底申报。三是联系商务局。"><title>关于快递进村补贴的通知_横州市人民政府</title>',
      {
        title: '关于快递进村补贴的通知',
        summary: '一是每件补两角。二是月底申报。',
        source: '横州市商务局',
        published: Date.parse('2026-11-24T10:00+08:00'),
      },
    ],
    [
      'of WeChat',
      '<meta property="og:title" content="茉莉花开了 &amp; 人来了"><meta property="og:description" content="花田里的一天"><meta property="og:site_name" content="微信公众平台"><title></title>',
      { title: '茉莉花开了 & 人来了', summary: '花田里的一天', source: '微信公众平台' },
    ],
    [
      'with nothing but words',
      '<title>合作社收花了 - 横州新闻网</title><h1> 合作社\n收花了 </h1><script>var x="<p>不是正文，很长很长很长很长很长很长很长</p>"</script><p>短</p><p>今天一早，合作社门口就排起了队，花农们都来交花。价格比昨天高。</p>',
      {
        title: '合作社 收花了',
        summary: '今天一早，合作社门口就排起了队，花农们都来交花。价格比昨天高。',
        source: 'hznews.cn',
      },
    ],
    [
      'with a title only',
      '<title>只有标题_横州新闻网</title>',
      { title: '只有标题', summary: '', source: 'hznews.cn' },
    ],
  ])('%s', (_, html, page) => expect(read(html)).toEqual({ url: 'https://www.hznews.cn/a/1.html', ...page }));

  it('has the address that it calls its own, on its own host', () => {
    const link = (href: string) => read(`<title>标题在这</title><link rel="canonical" href="${href}">`).url;
    expect(link('/a/one.html')).toBe('https://www.hznews.cn/a/one.html');
    expect(link('https://evil.example/')).toBe('https://www.hznews.cn/a/1.html');
    expect(link('javascript:alert(1)')).toBe('https://www.hznews.cn/a/1.html');
  });

  it('is none without a title, or when it is something else', () => {
    expect(() => read('<p>没有标题</p>')).toThrow(expect.objectContaining({ code: 'empty' }));
    expect(() =>
      readHtml({ bytes: Buffer.from('x'), contentType: 'application/pdf', url: 'https://a.cn/' }, ZONE),
    ).toThrow(expect.objectContaining({ code: 'content-type' }));
  });

  it('in GBK is read', () => {
    const bytes = Buffer.concat([
      Buffer.from('<meta charset="gb2312"><title>'),
      Buffer.from([0xdc, 0xd4, 0xc0, 0xf2, 0xbb, 0xa8]),
      Buffer.from('</title>'),
    ]);
    expect(readHtml({ bytes, url: 'https://a.cn/' }, ZONE).title).toBe('茉莉花');
  });
});

describe('a Markdown item', () => {
  const head = (lines: string) => `---\n${lines}\n---\n\n一句。两句。三句。\n`;
  it('is read', () => {
    expect(
      readNewsFile(
        head('title: 标题\nsource: 商务局\nurl: https://a.cn/1\ndate: 2026-11-24'),
        'news/a.md',
        ZONE,
      ),
    ).toEqual({
      news: {
        file: 'news/a.md',
        kind: 'news',
        title: '标题',
        summary: '一句。两句。',
        source: '商务局',
        published: Date.parse('2026-11-24T00:00+08:00'),
        category: '',
        url: 'https://a.cn/1',
      },
      faults: [],
    });
  });
  it('of a notice keeps all its words', () => {
    expect(
      readNewsFile(head('title: 开会\nsource: 支部\ndate: 2026-11-24\nkind: 通知'), 'a', ZONE).news,
    ).toMatchObject({
      kind: 'notice',
      summary: '一句。两句。三句。',
    });
  });
  it.each([
    ['没有文件头', 1, '没有文件头'],
    [head('source: a\ndate: 2026-11-24'), 1, '没有 title'],
    [head('title: a\ndate: 2026-11-24'), 1, '没有 source'],
    [head('title: a\nsource: b'), 1, '没有 date，或者读不懂'],
    [head('title: a\nsource: b\ndate: 昨天'), 4, '没有 date，或者读不懂'],
    [head('title: a\nsource: b\ndate: 2026-11-24\nurl: www.a.cn'), 5, 'url 不是网址'],
    [head('title: a\nsource: b\ndate: 2026-11-24\nkind: 广告'), 5, '不认识的 kind「广告」'],
    [head('title: a\nsource: b\ndate: 2026-11-24\nauthor: c'), 5, '文件头里不认识「author」'],
    ['---\ntitle: a\nsource: b\ndate: 2026-11-24\n---\n', 6, '没有正文'],
    ['---\ntitle: [\n---\n文\n', 2, /文件头写错了/],
  ])('%j has a fault', (source, line, message) => {
    const { news, faults } = readNewsFile(source, 'news/a.md', ZONE);
    expect(news).toBeUndefined();
    expect(faults[0]).toMatchObject({ file: 'news/a.md', line, message: expect.stringMatching(message) });
    expect(faults[0]?.cure).not.toBe('');
  });
});

describe('waiting after a failure', () => {
  it('doubles up to a day', () => {
    expect([1, 2, 3, 4, 5, 50].map((failures) => waitAfterFailure(HOUR, failures) / HOUR)).toEqual([
      2, 4, 8, 16, 24, 24,
    ]);
    expect(waitAfterFailure(3 * DAY, 1)).toBe(3 * DAY);
  });
  it('is as long as the site says, up to a week', () => {
    expect(waitAfterFailure(HOUR, 1, 2 * DAY)).toBe(2 * DAY);
    expect(waitAfterFailure(HOUR, 1, 300 * DAY)).toBe(7 * DAY);
  });
  it('reads seconds and dates', () => {
    const now = Date.parse('2026-11-24T12:00:00Z');
    expect(readRetryAfter('120', now)).toBe(120_000);
    expect(readRetryAfter('Tue, 24 Nov 2026 13:00:00 GMT', now)).toBe(HOUR);
    for (const text of [undefined, '', '-5', 'soon', 'Tue, 24 Nov 2026 11:00:00 GMT'])
      expect(readRetryAfter(text, now)).toBe(0);
  });
  it('spreads feeds over a quarter of the interval', () => {
    for (let no = 1; no < 50; no += 1) {
      expect(spread(HOUR, no)).toBeGreaterThanOrEqual(HOUR);
      expect(spread(HOUR, no)).toBeLessThan(HOUR * 1.25);
    }
    expect(new Set(Array.from({ length: 50 }, (_, no) => spread(HOUR, no))).size).toBeGreaterThan(40);
  });
});
