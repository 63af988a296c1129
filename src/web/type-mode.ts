/** The large-type mode: a cookie, and a style sheet that changes tokens and nothing else. */
import { type Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

const COOKIE = 'weike_type';
const YEAR = 365 * 24 * 3600;

const LARGE = `:root{--small:16px;--text:20px;--title:24px;--big:30px}
.if-usual{display:none}.if-large{display:inline}
`;

/** `GET /type.css`, and `POST /type`, which changes the mode and leads back to the page that asked. */
export function typeModeRoutes(isSecure: boolean): Hono {
  const routes = new Hono();
  routes.get('/type.css', (c) => {
    const headers = { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': 'no-store' };
    return c.body(isLarge(c) ? LARGE : '', 200, headers);
  });
  routes.post('/type', (c) => {
    const value = isLarge(c) ? 'usual' : 'large';
    setCookie(c, COOKIE, value, {
      path: '/',
      sameSite: 'Lax',
      httpOnly: true,
      secure: isSecure,
      maxAge: YEAR,
    });
    return c.redirect(pathOf(c.req.header('referer')), 303);
  });
  return routes;
}

const isLarge = (c: Context) => getCookie(c, COOKIE) === 'large';

/** Only a path of ours: an address of another site would make this an open redirect. */
function pathOf(referer: string | undefined): string {
  if (!referer || !URL.canParse(referer)) return '/';
  const { pathname, search } = new URL(referer);
  return `/${pathname.replace(/^[/\\]+/, '')}${search}`;
}
