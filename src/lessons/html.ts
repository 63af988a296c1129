/** The plain HTML that a Word file becomes, as Markdown: headings, paragraphs, lists, tables, emphasis, links, pictures. */

interface Tag {
  readonly name: string;
  readonly closing: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

export const decodeEntities = (text: string): string =>
  text
    .replace(/&#x([0-9a-f]{1,6});/gi, (_, code: string) => String.fromCodePoint(Math.min(parseInt(code, 16), 0x10ffff)))
    .replace(/&#(\d{1,7});/g, (_, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff)))
    .replace(/&([a-z]+);/gi, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? whole);

/** Mark-up characters of a text as themselves. */
const escapeText = (text: string): string => text.replace(/[\\`*_[\]<>]/g, '\\$&');
const escapeStart = (line: string): string =>
  line.replace(/^(\s*)([#+-]|>)(?=\s)/, '$1\\$2').replace(/^(\s*\d+)([.)])(?=\s)/, '$1\\$2');

export interface Block {
  readonly kind: 'heading' | 'paragraph' | 'item' | 'table';
  /** Of a heading from 1; of an item its depth from 0. */
  readonly level: number;
  readonly ordered: boolean;
  /** Markdown; of a table its rows. */
  readonly text: string;
}

/** The blocks of the HTML, in order. `level` tells how deep an item lies. */
export function readBlocks(html: string): Block[] {
  const blocks: Block[] = [];
  const lists: boolean[] = [];
  let text = '';
  let row: string[] | undefined;
  let table: string[][] | undefined;
  const link: string[] = [];
  let heading = 0;
  const flush = () => {
    const said = text.replace(/[^\S\n]+/g, ' ').replace(/ *\n */g, '\n').trim();
    text = '';
    if (said === '' || table) return said;
    if (heading > 0) blocks.push({ kind: 'heading', level: heading, ordered: false, text: said.replaceAll('\n', ' ') });
    else if (lists.length > 0)
      blocks.push({ kind: 'item', level: lists.length - 1, ordered: lists.at(-1) ?? false, text: said });
    else blocks.push({ kind: 'paragraph', level: 0, ordered: false, text: said.split('\n').map(escapeStart).join('\n') });
    return said;
  };
  for (const [, tagged, plain] of html.matchAll(/<([^>]*)>|([^<]+)/g)) {
    if (plain !== undefined) {
      text += escapeText(decodeEntities(plain));
      continue;
    }
    const { name, closing, attributes } = readTag(tagged ?? '');
    switch (name) {
      case 'h1':
      case 'h2':
      case 'h3':
      case 'h4':
      case 'h5':
      case 'h6':
        if (!closing) flush();
        heading = closing ? heading : Number(name.slice(1));
        if (closing) flush();
        if (closing) heading = 0;
        break;
      case 'p':
        if (!table) flush();
        else if (closing) text += ' ';
        break;
      case 'ul':
      case 'ol':
        flush();
        if (closing) lists.pop();
        else lists.push(name === 'ol');
        break;
      case 'li':
        flush();
        break;
      case 'br':
        text += table ? ' ' : '\n';
        break;
      case 'strong':
      case 'b':
        text = emphasise(text, '**', closing);
        break;
      case 'em':
      case 'i':
        text = emphasise(text, '*', closing);
        break;
      case 'a':
        if (!closing) {
          link.push(attributes['href'] ?? '');
          text += '[';
        } else {
          const href = link.pop() ?? '';
          text = /^(?:https?:|mailto:)/i.test(href) ? `${text}](${href.replace(/[\s()<>]/g, (mark) => `%${mark.codePointAt(0)?.toString(16) ?? ''}`)})` : text.replace(/\[([^[]*)$/, '$1');
        }
        break;
      case 'img':
        text += `${table ? '' : '\n'}![${escapeText(attributes['alt'] ?? '').replaceAll('\n', ' ')}](${attributes['src'] ?? ''})${table ? '' : '\n'}`;
        break;
      case 'table':
        if (closing) {
          const made = table ?? [];
          table = undefined;
          text = '';
          if (made.length > 0) blocks.push({ kind: 'table', level: 0, ordered: false, text: writeTable(made) });
        } else {
          flush();
          table ??= [];
        }
        break;
      case 'tr':
        if (closing && row) table?.push(row);
        row = closing ? undefined : [];
        break;
      case 'td':
      case 'th':
        if (closing) row?.push(text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim());
        text = '';
        break;
      default:
    }
  }
  flush();
  return blocks;
}

/** Marks stand at the words, not at blanks, and an empty pair is none. */
function emphasise(text: string, mark: string, closing: boolean): string {
  if (!closing) return `${text}${mark}`;
  if (text.endsWith(mark)) return text.slice(0, -mark.length);
  const [, words = '', blanks = ''] = /^([\s\S]*?)(\s*)$/.exec(text) ?? [];
  return `${words}${mark}${blanks}`;
}

function readTag(source: string): Tag {
  const [, slash, name = ''] = /^(\/?)([a-z0-9]+)/i.exec(source) ?? [];
  const attributes: Record<string, string> = {};
  for (const [, key = '', value = ''] of source.matchAll(/([a-z-]+)="([^"]*)"/gi))
    attributes[key.toLowerCase()] = decodeEntities(value);
  return { name: name.toLowerCase(), closing: slash === '/', attributes };
}

function writeTable(rows: readonly string[][]): string {
  const width = Math.max(...rows.map((row) => row.length));
  const line = (cells: readonly string[]) =>
    `| ${Array.from({ length: width }, (_, index) => cells[index] ?? '').join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), `|${' --- |'.repeat(width)}`, ...body.map(line)].join('\n');
}

/** The blocks as a text of Markdown. */
export function writeBlocks(blocks: readonly Block[]): string {
  const parts: string[] = [];
  const numbers: number[] = [];
  let previous: Block | undefined;
  for (const block of blocks) {
    if (block.kind !== 'item') numbers.length = 0;
    const isTight = block.kind === 'item' && previous?.kind === 'item';
    if (parts.length > 0) parts.push(isTight ? '\n' : '\n\n');
    if (block.kind === 'heading') parts.push(`${'#'.repeat(Math.min(6, Math.max(2, block.level)))} ${block.text}`);
    else if (block.kind === 'item') {
      numbers.length = block.level + 1;
      numbers[block.level] = (numbers[block.level] ?? 0) + 1;
      const indent = '   '.repeat(block.level);
      const mark = block.ordered ? `${numbers[block.level] ?? 1}. ` : '- ';
      parts.push(`${indent}${mark}${block.text.replaceAll('\n', `\n${indent}${' '.repeat(mark.length)}`)}`);
    } else parts.push(block.text);
    previous = block;
  }
  return parts.join('');
}
