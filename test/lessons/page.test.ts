/** What a page shows of Markdown is safe, whoever wrote it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { renderPage } from '../../src/lessons/page.ts';

const page = (source: string) => renderPage(source, { picture: (href) => `/l/x/picture/${href}` });

/** All that the renderer may write, and the attributes of each. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  a: ['href', 'title', 'rel'],
  img: ['src', 'alt', 'title', 'loading'],
  code: ['class'],
  ol: ['start'],
  td: ['style'],
  th: ['style'],
  div: ['class'],
  ...Object.fromEntries(
    'p em strong s ul li blockquote pre hr br h1 h2 h3 h4 h5 h6 table thead tbody tr'
      .split(' ')
      .map((name) => [name, []]),
  ),
};

/** Everything in the HTML that isn't on the list; empty when all is well. */
function foreign(html: string): string[] {
  const found: string[] = [];
  const tags = html.matchAll(/<(\/?)([^\s/>]*)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*\/?>|</g);
  for (const [tag, , name, attributes = ''] of tags) {
    const allowed = ALLOWED[name ?? ''];
    if (name === undefined || !allowed) found.push(tag);
    for (const [, attribute = '', value = ''] of attributes.matchAll(/\s([^\s=]+)(?:="([^"]*)")?/g)) {
      if (!allowed?.includes(attribute)) found.push(`${name} ${attribute}`);
      if (attribute === 'href' && !/^(https?:|mailto:)/i.test(value)) found.push(value);
      if (attribute === 'src' && !value.startsWith('/l/x/picture/')) found.push(value);
      if (attribute === 'style' && !/^text-align:(left|right|center)$/.test(value)) found.push(value);
    }
  }
  return found;
}

describe('hostile Markdown', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<svg/onload=alert(1)>',
    '<!-- --><iframe src="//evil.example"></iframe>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](java&#10;script:alert(1))',
    '[x](vbscript:x)',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](file:///etc/passwd)',
    '[x](//evil.example)',
    '[x](/enter?t=1)',
    '[x](#top)',
    '<javascript:alert(1)>',
    '![x](javascript:alert(1))',
    '![x](data:image/svg+xml;base64,PHN2Zz4=)',
    '![x](https://evil.example/track.png)',
    '![x](//evil.example/track.png)',
    '![<script>](a.png "<script>")',
    '![" onerror="alert(1)](a.png)',
    '![x](a.png" onerror="alert\\(1\\))',
    '[x](https://a.cn/"onmouseover="alert\\(1\\))',
    '[x](https://a.cn "\\" onclick=\\"alert(1)")',
    '```"><script>alert(1)</script>\ncode\n```',
    '| <script> | b |\n|:-:|--|\n| ![x](https://evil.example/t.png) | [y](javascript:1) |',
    '[x]: javascript:alert(1)\n\n[x]',
    '**<b onclick=x>**',
  ])('%j is harmless', (source) => {
    expect(foreign(page(source))).toEqual([]);
  });

  it('is harmless whatever it is put together from', () => {
    const pieces = fc.constantFrom(
      ...['<', '>', '"', "'", '&', '`', '```', '![', '[', ']', '(', ')', '](', '<script>', '</script>'],
      ...['javascript:', 'https://a.cn/', 'onerror=', 'a.png', '\n', '\n\n', '    ', '> ', '- ', '1. ', '# '],
      ...['|', '|--|', '**', '_', '~~', '\\', '&lt;', '&#60;', '&#x3c;', '"><img src=x onerror=alert(1)>'],
      ...['茶', ' ', '\t', '\u{2028}', '\0', '\u{feff}', '[x]: javascript:1', '<!--', '-->', '<![CDATA[', 'x'],
    );
    const source = fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(source, fc.string({ unit: 'binary', maxLength: 80 })), (text) => {
        expect(foreign(page(text))).toEqual([]);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('a page', () => {
  it('shows raw HTML as text, and pictures from elsewhere as their address', () => {
    expect(page('<b>粗</b>')).toBe('<p>&lt;b&gt;粗&lt;/b&gt;</p>\n');
    expect(page('![罐](https://a.cn/p.png)')).toBe('<p>罐（https://a.cn/p.png）</p>\n');
    expect(page('![](data:image/png;base64,AA==)')).not.toContain('<img');
  });

  it('leads to the web, without telling where from, and leaves the words of other links', () => {
    expect(page('[官网](https://a.cn)')).toContain('<a href="https://a.cn" rel="noopener nofollow">官网</a>');
    expect(page('[站内](/enter)')).toContain('站内');
    expect(page('[站内](/enter)')).not.toContain('href');
  });

  it('lets wide tables scroll, and numbers go on', () => {
    expect(page('| a |\n|---|\n| b |')).toMatch(/^<div class="table"><table>[\s\S]*<\/table><\/div>/);
    expect(page('3. 三\n4. 四')).toContain('<ol start="3">');
  });

  it('asks for each picture by its own name, once it is needed', () => {
    const asked: string[] = [];
    const html = renderPage('![罐](pot.png) ![花](<a b.png>)', {
      picture: (href) => {
        asked.push(href);
        return `/p/${asked.length}`;
      },
    });
    expect(asked).toEqual(['pot.png', 'a%20b.png']);
    expect(html).toContain('<img src="/p/1" alt="罐" loading="lazy">');
  });
});
