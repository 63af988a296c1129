/**
 * Markdown as chat text: no mark-up is left over, nothing of the visible text is lost. Pictures become
 * parts of their own, at their place.
 */
import type { ChatPart } from './lesson.ts';
import { attributeOf, closingOf, type Token, tokensOf } from './markdown.ts';

export const RULE = '———';

/** Renders a piece of Markdown. Texts that follow one another are one part. */
export function renderChat(source: string): ChatPart[] {
  const known = rendered.get(source);
  if (known) return [...known];
  const parts = mergeParts(renderBlocks(tokensOf(source), ''));
  if (rendered.size >= KEPT_RENDERED) rendered.clear();
  rendered.set(source, parts);
  return [...parts];
}

/** What was rendered lately: a lesson goes to a thousand groups in the same words. */
const rendered = new Map<string, readonly ChatPart[]>();
const KEPT_RENDERED = 200;

/** Renders the inside of a paragraph: a stem or an option. Pictures give their description. */
export function renderInline(source: string): string {
  return renderChat(source)
    .map((part) => (part.kind === 'text' ? part.text : part.alt))
    .join('\n');
}

/** Joins texts that follow one another, a line each: a chat bubble is narrow, blank lines are a waste. */
export function mergeParts(parts: readonly ChatPart[]): ChatPart[] {
  const merged: ChatPart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part.kind === 'text' && part.text === '') continue;
    if (part.kind === 'text' && last?.kind === 'text')
      merged[merged.length - 1] = { kind: 'text', text: `${last.text}\n${part.text}` };
    else merged.push(part);
  }
  return merged;
}

function renderBlocks(tokens: readonly Token[], indent: string): ChatPart[] {
  const parts: ChatPart[] = [];
  const say = (text: string) => parts.push({ kind: 'text', text: indentLines(text, indent) });
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) continue;
    const close = closingOf(tokens, at);
    const inner = tokens.slice(at + 1, close);
    switch (token.type) {
      case 'heading_open':
        for (const part of renderSpans(inner[0]?.children ?? []))
          if (part.kind === 'text') say(`【${part.text}】`);
          else parts.push(part);
        break;
      case 'paragraph_open':
        for (const part of renderSpans(inner[0]?.children ?? []))
          if (part.kind === 'text') say(part.text);
          else parts.push(part);
        break;
      case 'bullet_list_open':
        parts.push(...renderList(inner, indent, () => '• '));
        break;
      case 'ordered_list_open': {
        const start = Number(token.attrGet('start') ?? 1);
        parts.push(...renderList(inner, indent, (index) => `${start + index}. `));
        break;
      }
      case 'blockquote_open':
        parts.push(...renderBlocks(inner, `${indent}｜`));
        break;
      case 'table_open':
        for (const row of renderTable(inner)) say(row);
        break;
      case 'fence':
      case 'code_block':
        say(token.content.replace(/\n$/, ''));
        break;
      case 'hr':
        say(RULE);
        break;
      default:
        if (token.content) say(token.content.replace(/\n$/, ''));
    }
    at = close;
  }
  return parts;
}

function renderList(tokens: readonly Token[], indent: string, mark: (index: number) => string): ChatPart[] {
  const parts: ChatPart[] = [];
  let index = 0;
  for (let at = 0; at < tokens.length; at = closingOf(tokens, at) + 1) {
    if (tokens[at]?.type !== 'list_item_open') continue;
    const marked = mark(index);
    index += 1;
    const inside = indent + '　'.repeat(Math.ceil(marked.length / 2));
    const item = renderBlocks(tokens.slice(at + 1, closingOf(tokens, at)), inside);
    const [first, ...rest] = item;
    if (first?.kind === 'text') parts.push({ kind: 'text', text: indent + marked + first.text.slice(inside.length) }, ...rest);
    else parts.push({ kind: 'text', text: indent + marked.trimEnd() }, ...item);
  }
  return parts;
}

/** A row as a line: `头：格；头：格`, so that a narrow bubble keeps what belongs together. */
function renderTable(tokens: readonly Token[]): string[] {
  const rows: string[][] = [];
  for (const token of tokens) {
    if (token.type === 'tr_open') rows.push([]);
    if (token.type === 'inline') rows.at(-1)?.push(textOf(token.children ?? []));
  }
  const [head = [], ...body] = rows;
  if (body.length === 0) return [head.filter(Boolean).join('；')];
  return body.map((cells) => {
    const [first = '', ...rest] = cells;
    const named = rest.flatMap((cell, index) => {
      const name = head[index + 1] ?? '';
      return cell === '' ? (name === '' ? [] : [name]) : [name === '' ? cell : `${name}：${cell}`];
    });
    const lead = head[0] ? `${head[0]}：${first}` : first;
    return `• ${[lead, ...named].join('；')}`;
  });
}

/** The spans of a paragraph; a picture ends one text and begins another. */
function renderSpans(tokens: readonly Token[]): ChatPart[] {
  const parts: ChatPart[] = [];
  let text = '';
  const flush = () => {
    if (text.trim() !== '') parts.push({ kind: 'text', text: text.trim() });
    text = '';
  };
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) continue;
    if (token.type === 'link_open') {
      const close = closingOf(tokens, at);
      text += linkText(tokens.slice(at + 1, close), attributeOf(token, 'href'));
      at = close;
    } else if (token.type === 'image' && isLocal(attributeOf(token, 'src'))) {
      flush();
      parts.push({ kind: 'picture', file: decodeHref(attributeOf(token, 'src')), alt: altOf(token) });
    } else text += spanText(token);
  }
  flush();
  return parts;
}

function spanText(token: Token): string {
  switch (token.type) {
    case 'text':
    case 'code_inline':
    case 'html_inline':
    case 'text_special':
      return token.content;
    case 'softbreak':
    case 'hardbreak':
      return '\n';
    case 'image': {
      const alt = altOf(token);
      return `${alt}（${decodeHref(attributeOf(token, 'src'))}）`;
    }
    default:
      return '';
  }
}

/** The visible text of spans, pictures by their description. */
function textOf(tokens: readonly Token[]): string {
  let text = '';
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) continue;
    if (token.type === 'link_open') {
      const close = closingOf(tokens, at);
      text += linkText(tokens.slice(at + 1, close), attributeOf(token, 'href'));
      at = close;
    } else if (token.type === 'image') text += altOf(token);
    else text += spanText(token);
  }
  return text.replaceAll('\n', ' ').trim();
}

/** A picture's description: its words alone, as a page's `alt` has them. */
const altOf = (token: Token): string =>
  (token.children ?? []).map((child) => (child.type === 'image' ? altOf(child) : spanText(child))).join('').trim();

/** `title（url）`, or the address alone where it is its own title. */
function linkText(inside: readonly Token[], href: string): string {
  const address = decodeHref(href).replace(/^mailto:/, '');
  const title = textOf(inside);
  if (title === '' || title === address || title === decodeHref(href)) return address;
  return address === '' ? title : `${title}（${address}）`;
}

function decodeHref(href: string): string {
  try {
    return decodeURI(href);
  } catch {
    return href;
  }
}

const isLocal = (href: string) => href !== '' && !/^([a-z][a-z0-9+.-]*:|\/\/|#)/i.test(href);

const indentLines = (text: string, indent: string) =>
  indent === '' ? text : text.split('\n').map((line) => indent + line).join('\n');
