/** The few files that pages load: read once, kept with their hash. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import type { Context } from 'hono';

const FOLDER = new URL('./static/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

interface StaticFile {
  readonly text: string;
  readonly type: string;
  readonly tag: string;
}

export const etagOf = (text: string): string =>
  `"${createHash('sha256').update(text).digest('base64url').slice(0, 20)}"`;

/** Whether the reader has this version. Compression makes a tag weak: `W/` before it changes nothing. */
export const isKnown = (c: Context, tag: string): boolean =>
  (c.req.header('if-none-match') ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === tag);

/** Answers with the file of that name, 304 when the reader has it, or `undefined` when there is none. */
export function staticFiles(): (c: Context, name: string) => Response | undefined {
  const files = new Map<string, StaticFile>(
    readdirSync(FOLDER).map((name) => {
      const text = readFileSync(new URL(name, FOLDER), 'utf8');
      return [
        name,
        { text, type: TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain', tag: etagOf(text) },
      ] as const;
    }),
  );
  return (c, name) => {
    const file = files.get(name);
    if (!file) return undefined;
    const headers = { ETag: file.tag, 'Cache-Control': 'no-cache' };
    if (isKnown(c, file.tag)) return c.body(null, 304, headers);
    return c.body(file.text, 200, { ...headers, 'Content-Type': file.type });
  };
}
