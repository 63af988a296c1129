/** One sentence about what was just done, said on the next page and gone, with a button that undoes it. */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';

import { cookieOptions } from '../guards.ts';
import type { WebParts } from '../parts.ts';

const COOKIE = 'weike_said';
/** Seconds. */
const KEPT = 120;
/** A browser keeps 4 KB in a cookie, and Chinese takes nine bytes a character there. */
const LONGEST = 240;

const SAID = z.object({
  text: z.string(),
  kind: z.enum(['good', 'bad']),
  undo: z
    .object({
      path: z.string().regex(/^\/(?![/\\])/),
      fields: z.record(z.string(), z.string()),
      label: z.string(),
    })
    .optional(),
});

export type Said = z.infer<typeof SAID>;
export type Undo = NonNullable<Said['undo']>;

export function say(c: Context, parts: WebParts, said: Omit<Said, 'kind'> & { kind?: Said['kind'] }): void {
  const text = [...said.text].slice(0, LONGEST).join('');
  const value = JSON.stringify({ kind: 'good', ...said, text });
  setCookie(c, COOKIE, value, { ...cookieOptions(parts), maxAge: KEPT });
}

/** What was said, once. */
export function heard(c: Context, parts: WebParts): Said | undefined {
  const value = getCookie(c, COOKIE);
  if (value === undefined) return undefined;
  deleteCookie(c, COOKIE, cookieOptions(parts));
  try {
    return SAID.parse(JSON.parse(value));
  } catch {
    return undefined;
  }
}
