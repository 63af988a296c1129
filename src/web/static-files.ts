/** The few files that pages load: read once, kept with their hash. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { Context } from 'hono';

const { resolve } = createRequire(import.meta.url);
const FOLDER = new URL('./static/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Files of packages, by the name under which pages ask for them. */
const PACKAGED: Readonly<Record<string, string>> = { 'htmx.js': 'htmx.org/dist/htmx.min.js' };

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
    [...readdirSync(FOLDER), ...Object.keys(PACKAGED)].map((name) => {
      const packaged = PACKAGED[name];
      const path = packaged === undefined ? new URL(name, FOLDER) : resolve(packaged);
      const text = readFileSync(path, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
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
