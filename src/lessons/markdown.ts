/** The one Markdown parser: CommonMark with tables; raw HTML is text like any other. */
import MarkdownIt from 'markdown-it';

export const markdown = new MarkdownIt('default', { html: false, linkify: false, typographer: false });

export type Token = ReturnType<typeof markdown.parse>[number];

export const tokensOf = (source: string): Token[] => markdown.parse(source, {});

/** Where the block that opens at `index` closes. */
export function closingOf(tokens: readonly Token[], index: number): number {
  const opening = tokens[index];
  if (!opening || opening.nesting !== 1) return index;
  const type = opening.type.replace(/_open$/, '_close');
  for (let at = index + 1; at < tokens.length; at += 1)
    if (tokens[at]?.type === type && tokens[at]?.level === opening.level) return at;
  return tokens.length - 1;
}

/** An attribute of a token as text; `''` when it has none. */
export const attributeOf = (token: Pick<Token, 'attrGet'>, name: string): string => String(token.attrGet(name) ?? '');
