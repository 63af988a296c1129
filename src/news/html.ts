/**
 * Reads HTML as a row of tags and texts, in one pass and without a tree: however deep, broken or hostile it is,
 * the time is that of its length.
 */
import { Tokenizer } from 'htmlparser2';

export interface HtmlListener {
  /** `attributes` has the names in small letters; the first of two equal names counts. */
  readonly open?: (name: string, attributes: ReadonlyMap<string, string>) => void;
  /** A closing tag, whether or not it closes anything. */
  readonly close?: (name: string) => void;
  /** A piece of text outside tags, entities decoded; what scripts and styles hold comes here too. */
  readonly text?: (text: string) => void;
}

/** Longest source that is looked at, in UTF-16 code units; what a summary needs stands at the beginning. */
const LOOKED_AT = 1_000_000;

export function scanHtml(html: string, { open, close, text }: HtmlListener): void {
  const source = html.slice(0, LOOKED_AT);
  let name = '';
  let attribute = '';
  let value: string[] = [];
  let attributes = new Map<string, string>();
  const opened = () => {
    if (name !== '') open?.(name, attributes);
    name = '';
  };
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      onopentagname(start, end) {
        name = source.slice(start, end).toLowerCase();
        attributes = new Map();
      },
      onattribname(start, end) {
        attribute = source.slice(start, end).toLowerCase();
        value = [];
      },
      onattribdata: (start, end) => void value.push(source.slice(start, end)),
      onattribentity: (code) => void value.push(String.fromCodePoint(code)),
      onattribend() {
        if (!attributes.has(attribute)) attributes.set(attribute, value.join(''));
      },
      onopentagend: opened,
      onselfclosingtag: opened,
      onclosetag: (start, end) => close?.(source.slice(start, end).toLowerCase()),
      ontext: (start, end) => text?.(source.slice(start, end)),
      ontextentity: (code) => text?.(String.fromCodePoint(code)),
      oncdata: (start, end, offset) => text?.(source.slice(start, end - offset)),
      oncomment: () => undefined,
      ondeclaration: () => undefined,
      onprocessinginstruction: () => undefined,
      onend: () => undefined,
    },
  );
  tokenizer.write(source);
  tokenizer.end();
}
