/** Coming in by a link or by a desk code, and going out. */
import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';

import { MINUTE } from '../clock.ts';
import { hashOfAddress, sayAgent } from '../people/sessions.ts';
import { cookieOptions, SESSION_COOKIE } from './guards.ts';
import { takePlace } from './next-place.ts';
import { crowdedPage, deskPage, enterPage, leftPage, staleLinkPage } from './pages/login.ts';
import type { BrowserView, WebParts } from './parts.ts';

const DESK_COOKIE = 'weike_desk';
/** The largest form: a link's secret. */
const LARGEST_FORM = 4 * 1024;

export function loginRoutes(parts: WebParts): Hono {
  const app = new Hono();
  // By their paths: mounted at the top, a bare `use` would hold for every page of the site.
  for (const path of ['/enter', '/login/*', '/logout'])
    app.use(path, async function keepNothing(c, next) {
      await next();
      c.header('Cache-Control', 'no-store');
    });

  app.get('/enter', async (c) => {
    const secret = c.req.query('t') ?? '';
    return (await parts.sessions.isLinkLive(secret))
      ? c.html(enterPage(secret))
      : c.html(staleLinkPage(), 410);
  });
  app.use('/enter', bodyLimit({ maxSize: LARGEST_FORM, onError: (c) => c.html(staleLinkPage(), 413) }));
  app.post('/enter', async (c) => {
    const { t } = await c.req.parseBody();
    const spent = typeof t === 'string' ? await parts.sessions.spendLink(t, browserOf(c)) : undefined;
    return spent ? comeIn(c, parts, spent) : c.html(staleLinkPage(), 410);
  });

  app.get('/login', async (c) => {
    const shown = readDesk(c);
    const state = shown ? await parts.entry.deskState(shown.browser) : 'gone';
    if (shown && state === 'claimed') {
      const opened = await parts.entry.spendDesk(shown.browser);
      deleteCookie(c, DESK_COOKIE, cookieOptions(parts));
      if (opened) return comeIn(c, parts, opened);
    }
    const now = parts.clock.now();
    if (shown && state === 'waiting') return c.html(deskPage(shown.code, minutesTo(shown.expiresAt, now)));
    const started = await parts.entry.startDesk(browserOf(c));
    if (!started) return c.html(crowdedPage(), 429);
    const { browser, code, expiresAt } = started;
    const value = [browser, code, expiresAt].join('.');
    setCookie(c, DESK_COOKIE, value, cookieOptions(parts, new Date(expiresAt)));
    return c.html(deskPage(code, minutesTo(expiresAt, now)));
  });
  app.get('/login/state', async (c) => {
    const shown = readDesk(c);
    return c.json({ state: shown ? await parts.entry.deskState(shown.browser) : 'gone' });
  });

  app.post('/logout', async (c) => {
    const secret = getCookie(c, SESSION_COOKIE);
    if (secret !== undefined) await parts.entry.endSession(secret);
    deleteCookie(c, SESSION_COOKIE, cookieOptions(parts));
    return c.html(leftPage());
  });
  return app;
}

/** To the page that was wanted, else to the console for whoever has a role, and to their own for the others. */
async function comeIn(
  c: Context,
  parts: WebParts,
  { session, expiresAt }: { session: string; expiresAt: number },
) {
  setCookie(c, SESSION_COOKIE, session, cookieOptions(parts, new Date(expiresAt)));
  // What the terminal's link opens is nobody's: there are no pages of their own to lead to.
  const wanted = (await parts.learning?.find(session)) ? takePlace(c, parts) : undefined;
  return c.redirect(wanted ?? ((await parts.sessions.find(session)) ? '/' : '/me'), 303);
}

const minutesTo = (at: number, now: number) => Math.max(1, Math.ceil((at - now) / MINUTE));

/** What this browser shows: only it knows the code, of which the server keeps a hash. */
function readDesk(c: Context): { browser: string; code: string; expiresAt: number } | undefined {
  const match = /^([\w-]{20,60})\.(\d{6})\.(\d{10,16})$/.exec(getCookie(c, DESK_COOKIE) ?? '');
  return match ? { browser: match[1] ?? '', code: match[2] ?? '', expiresAt: Number(match[3]) } : undefined;
}

/** Of a request: which browser it is, and where, as a hash. */
export const browserOf = (c: Context): BrowserView => ({
  agent: sayAgent(c.req.header('user-agent') ?? ''),
  from: hashOfAddress(addressOf(c)),
});

/** Where the connection comes from; a request that was made without one has no address. */
function addressOf(c: Context): string {
  const { incoming } = (c.env ?? {}) as { incoming?: unknown };
  return incoming === undefined ? '' : (getConnInfo(c).remote.address ?? '');
}
