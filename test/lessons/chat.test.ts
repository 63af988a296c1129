import spec from 'commonmark-spec';
import { describe, expect, it } from 'vitest';

import { renderChat, renderInline } from '../../src/lessons/chat.ts';
import { markdown } from '../../src/lessons/markdown.ts';

const chat = (source: string) =>
  renderChat(source)
    .map((part) => (part.kind === 'text' ? part.text : `<${part.file}|${part.alt}>`))
    .join('\n');

describe('chat text', () => {
  it.each([
    ['a heading stands in brackets', '## 存茶\n\n正文', '【存茶】\n正文'],
    ['emphasis and code leave no mark-up', '**密封** _避光_ `单放`', '密封 避光 单放'],
    ['bullets, nested', '- 密封\n  - 用罐\n- 避光', '• 密封\n　• 用罐\n• 避光'],
    ['numbers are kept', '3. 三\n4. 四', '3. 三\n4. 四'],
    ['a link shows its address', '[官网](https://a.cn/x)', '官网（https://a.cn/x）'],
    ['an address alone stays alone', '<https://a.cn/x>', 'https://a.cn/x'],
    ['raw HTML is shown literally', '<b>粗</b>', '<b>粗</b>'],
    ['a table is lines', '| 品 | 价 |\n|--|--|\n| 花茶 | 30 |\n| 绿茶 | 20 |', '• 品：花茶；价：30\n• 品：绿茶；价：20'],
    ['a quote', '> 一\n> 二', '｜一\n｜二'],
    ['a rule', '上\n\n---\n\n下', '上\n———\n下'],
    ['entities are decoded', '&amp; &lt; &copy;', '& < ©'],
    ['code is literal', '```\n*x*\n```', '*x*'],
    ['a local picture is a part of its own', '前 ![罐](pot.png) 后', '前\n<pot.png|罐>\n后'],
    ['a picture from elsewhere is its address', '![罐](https://a.cn/p.png)', '罐（https://a.cn/p.png）'],
  ])('%s', (_name, source, expected) => {
    expect(chat(source)).toBe(expected);
  });

  it('gives a stem or an option as one line of text', () => {
    expect(renderInline('用 **罐** [看](https://a.cn)')).toBe('用 罐 看（https://a.cn）');
  });
});

/** What a reader of the page would see, worked out from the HTML alone. */
function visible(source: string): string[] {
  const html = markdown.render(source);
  const alts = [...html.matchAll(/ alt="([^"]*)"/g)].map(([, alt = '']) => alt);
  const text = [html.replace(/<[^>]*>/g, ' '), ...alts].join(' ');
  const decoded = text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
  return decoded.split(/\s+/u).filter(Boolean);
}

const bare = (text: string) => text.replace(/[\s【】•｜（）；：]+/gu, '');

describe('every example of the CommonMark specification', () => {
  it.each(spec.tests.map((test) => [test.number, test.section, test.markdown.replaceAll('→', '\t')] as const))(
    '%i (%s) keeps what a reader sees',
    (_number, _section, source) => {
      const rendered = bare(chat(source));
      for (const word of visible(source)) expect(rendered).toContain(bare(word));
    },
  );
});
