/**
 * Bytes as text, in whatever encoding they are: by byte order mark, HTTP header, XML declaration or HTML meta
 * element, then by trying. Chinese sites often declare one encoding and send another, so a declaration counts
 * only as long as the bytes agree with it.
 */
import { FeedFault } from './fault.ts';

export interface Decoded {
  readonly text: string;
  /** As the Encoding Standard names it: `utf-8`, `gb18030`, `utf-16le` … */
  readonly encoding: string;
}

/** How far into the bytes a declaration is looked for. */
const HEAD = 1_024;

const MARKS: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ['utf-32le', [0xff, 0xfe, 0, 0]],
  ['utf-32be', [0, 0, 0xfe, 0xff]],
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['gb18030', [0x84, 0x31, 0x95, 0x33]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/** Without a mark, a document that begins with `<` gives its width away by the zeros around it. */
const ZEROS: typeof MARKS = [
  ['utf-32le', [0x3c, 0, 0, 0]],
  ['utf-32be', [0, 0, 0, 0x3c]],
  ['utf-16le', [0x3c, 0]],
  ['utf-16be', [0, 0x3c]],
];

/** Superset for subset: what is declared as GB2312 or GBK holds characters of GB18030 in practice. */
const WIDER: Readonly<Record<string, string>> = { gbk: 'gb18030', gb2312: 'gb18030' };

/** Any byte is a character in these: that they fit says nothing. */
const FITS_ALL = new Set(['windows-1252', 'iso-8859-2', 'windows-1251', 'windows-1250', 'koi8-r']);

const begins = (bytes: Uint8Array, mark: readonly number[]): boolean =>
  bytes.length >= mark.length && mark.every((byte, at) => bytes[at] === byte);

/** Decodes by what the bytes say of themselves; `contentType` is the HTTP header. Throws `FeedFault` for UTF-32. */
export function decodeText(bytes: Uint8Array, contentType?: string): Decoded {
  const marked = [...MARKS, ...ZEROS].find(([, mark]) => begins(bytes, mark))?.[0];
  if (marked?.startsWith('utf-32')) throw new FeedFault('encoding', `its encoding ${marked} isn't in use`);
  if (marked !== undefined) return { text: decodeAs(marked, bytes, false) ?? '', encoding: marked };

  const declared = [charsetOf(contentType), declarationOf(bytes)].filter((name) => name !== undefined);
  const sure = declared.filter((name) => !FITS_ALL.has(name));
  const asUtf8 = decodeAs('utf-8', bytes, true);
  if (asUtf8 !== undefined && (sure[0] === undefined || sure[0] === 'utf-8' || isChinese(asUtf8)))
    return { text: asUtf8, encoding: 'utf-8' };
  for (const encoding of [...sure, ...(asUtf8 === undefined ? [] : ['utf-8']), 'gb18030', ...declared]) {
    const text = decodeAs(encoding, bytes, true);
    if (text !== undefined) return { text, encoding };
  }
  // Some bytes are broken whatever it is: the reading that loses the least.
  const readings = [...sure, 'utf-8', 'gb18030'].map((encoding) => {
    const text = decodeAs(encoding, bytes, false) ?? '';
    return { text, encoding, lost: text.split('\u{fffd}').length - 1 };
  });
  const [best] = readings.toSorted((a, b) => a.lost - b.lost);
  return { text: best?.text ?? '', encoding: best?.encoding ?? 'utf-8' };
}

/** The text without its mark; `undefined` when the encoding is unknown or, if `fatal`, the bytes don't fit. */
function decodeAs(encoding: string, bytes: Uint8Array, fatal: boolean): string | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal }).decode(bytes);
    return text.startsWith('\u{feff}') ? text.slice(1) : text;
  } catch {
    return undefined;
  }
}

/** The charset of a Content-Type header, as the standard names it; `undefined` when there is no known one. */
function charsetOf(contentType: string | undefined): string | undefined {
  return nameOf(/charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType ?? '')?.[1]);
}

/** What `<?xml encoding="…"?>` or `<meta charset="…">` says. */
function declarationOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, HEAD)).toString('latin1');
  const xml = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)/i.exec(head)?.[1];
  return nameOf(xml ?? /<meta\s[^>]*?charset\s*=\s*["']?([\w.:-]+)/i.exec(head)?.[1]);
}

function nameOf(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    const { encoding } = new TextDecoder(label);
    // What could read as text in a wide encoding has said so by its zeros.
    return encoding.startsWith('utf-16') ? 'utf-8' : (WIDER[encoding] ?? encoding);
  } catch {
    return undefined;
  }
}

/** Bytes of GBK that happen to be valid UTF-8 read as Greek, Cyrillic or Arabic there, never as Chinese. */
function isChinese(text: string): boolean {
  let chinese = 0;
  let between = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0x3000 && code <= 0x9fff) chinese += 1;
    else if (code >= 0x80 && code <= 0x7ff) between += 1;
  }
  return chinese > between;
}
