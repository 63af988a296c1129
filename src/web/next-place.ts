/** Where somebody wanted to go who had to come in first, and what they had chosen there. */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';

import { cookieOptions } from './guards.ts';
import type { WebParts } from './parts.ts';

const PLACE = 'weike_next';
const CHOSEN = 'weike_chosen';
/** Only pages of members: anything else would let a link lead somebody elsewhere behind the login. */
const OURS = /^\/(?:q\/[\w-]{1,80}|l\/[\w-]{1,80}|me(?:\/[a-z]{1,20})?)$/;
/** A browser drops larger ones. */
const LARGEST = 3_000;

/** An hour by the browser's own clock, which may be wrong. */
const soon = (parts: WebParts) => ({ ...cookieOptions(parts), maxAge: 3_600 });

/** Remembers a page of ours for an hour; others are left out. */
export function rememberPlace(c: Context, parts: WebParts, path: string): void {
  if (OURS.test(path)) setCookie(c, PLACE, path, soon(parts));
}

/** The page that was remembered, once. */
export function takePlace(c: Context, parts: WebParts): string | undefined {
  const path = getCookie(c, PLACE);
  if (path === undefined) return undefined;
  deleteCookie(c, PLACE, cookieOptions(parts));
  return OURS.test(path) ? path : undefined;
}

export type Chosen = Readonly<Record<number, readonly string[]>>;

/** Keeps what was chosen in a quiz in the browser itself, while its owner comes in again. */
export function rememberChosen(c: Context, parts: WebParts, quiz: string, chosen: Chosen): void {
  const value = JSON.stringify({ quiz, chosen });
  if (encodeURIComponent(value).length <= LARGEST) setCookie(c, CHOSEN, value, soon(parts));
}

/** What was chosen in that quiz. It comes from the browser: whoever shows it looks at it as at anything typed. */
export function readChosen(c: Context, quiz: string): Chosen {
  try {
    const kept: unknown = JSON.parse(getCookie(c, CHOSEN) ?? '');
    if (typeof kept !== 'object' || kept === null || !('quiz' in kept) || kept.quiz !== quiz) return {};
    const chosen = 'chosen' in kept && typeof kept.chosen === 'object' ? kept.chosen : {};
    return Object.fromEntries(
      Object.entries(chosen ?? {}).filter(
        ([no, value]) =>
          /^\d{1,2}$/.test(no) && Array.isArray(value) && value.every((one) => typeof one === 'string'),
      ),
    ) as Chosen;
  } catch {
    return {};
  }
}

export const forgetChosen = (c: Context, parts: WebParts): void => {
  if (getCookie(c, CHOSEN) !== undefined) deleteCookie(c, CHOSEN, cookieOptions(parts));
};
