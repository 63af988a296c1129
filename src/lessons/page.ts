/** Markdown as safe HTML for a page: raw HTML is text, links lead to the web only, pictures are our own. */
import { attributeOf, markdown } from './markdown.ts';

export interface PageOptions {
  /** The address of a picture that stands beside the lesson. */
  readonly picture: (href: string) => string;
}

const WEB = /^(https?:|mailto:)/i;
const LOCAL = /^(?![a-z][a-z0-9+.-]*:|\/\/|#)/i;

/** HTML that may stand in a page as it is. */
export function renderPage(source: string, { picture }: PageOptions): string {
  const tokens = markdown.parse(source, {});
  for (const token of tokens) for (const child of token.children ?? []) secure(child, picture);
  const html = markdown.renderer.render(tokens, markdown.options, {});
  return html.replaceAll('<table>', '<div class="table"><table>').replaceAll('</table>', '</table></div>');
}

type Span = NonNullable<ReturnType<typeof markdown.parse>[number]['children']>[number];

function secure(token: Span, picture: (href: string) => string): void {
  if (token.type === 'link_open') {
    const href = attributeOf(token, 'href');
    if (WEB.test(href)) token.attrSet('rel', 'noopener nofollow');
    else token.attrs = [];
  }
  if (token.type === 'image') {
    const src = attributeOf(token, 'src');
    if (LOCAL.test(src) && src !== '') {
      token.attrSet('src', picture(src));
      token.attrSet('loading', 'lazy');
    } else {
      // A picture from elsewhere would tell its host who reads: only its address is shown.
      const alt = token.content;
      token.type = 'text';
      token.tag = '';
      token.attrs = null;
      token.children = null;
      token.content = `${alt}（${src}）`;
    }
  }
}
