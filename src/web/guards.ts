/** What stands before every page: the host's name, the origin of a change, headers, who may see it. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';

import { isLocalOnly, isLoopback } from '../config.ts';
import { reasonOf } from '../errors.ts';
import { type Actor, TERMINAL } from '../people/scope.ts';
import { notice } from './layout.ts';
import { loginFirst, membersOnlyHere } from './pages/login.ts';
import type { WebParts } from './parts.ts';

export const SESSION_COOKIE = 'weike_session';
export const SANDBOX_COOKIE = 'weike_sandbox';

const CSP = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export const securityHeaders = (): MiddlewareHandler =>
  async function setSecurityHeaders(c, next) {
    await next();
    c.header('Content-Security-Policy', CSP);
    c.header('X-Content-Type-Options', 'nosniff');
    // Not `no-referrer`: under it browsers send `Origin: null` with our own forms.
    c.header('Referrer-Policy', 'same-origin');
    c.header('X-Frame-Options', 'DENY');
  };

/** A refusal as the caller can read it: JSON for the script, a page for a person. */
function refuse(c: Context, status: 401 | 403 | 421 | 503, title: string, words: string) {
  return c.req.path.startsWith('/sandbox/api/')
    ? c.json({ error: `${title}：${words}` }, status)
    : c.html(notice(title, words), status);
}

const hostOf = (c: Context) => c.req.header('host') ?? new URL(c.req.url).host;

/** A server of this machine answers under this machine's names only: a foreign name pointed here is an attack. */
export const knownHost = ({ config }: WebParts): MiddlewareHandler =>
  async function checkHost(c, next) {
    const name = hostOf(c).replace(/:\d+$/, '');
    const own = new URL(config.publicUrl).hostname;
    if (isLoopback(config.host) && !isLoopback(name) && name !== own)
      return refuse(c, 421, '打不开', '这个地址不是这台机器的。请用启动时显示的地址打开。');
    return await next();
  };

/** What programs call with a key of their own: no cookie counts there, so that no page can call in another's name. */
const BY_KEY = '/api/v1/';

/** Every change comes from one of our own pages. */
export const sameOrigin = ({ config }: WebParts): MiddlewareHandler =>
  async function checkOrigin(c, next) {
    if (c.req.method === 'GET' || c.req.method === 'HEAD' || c.req.path.startsWith(BY_KEY))
      return await next();
    const origin = c.req.header('origin') ?? '';
    const site = c.req.header('sec-fetch-site') ?? 'same-origin';
    // A proxy in front may give us another Host: then the public address tells.
    const isOwn =
      URL.canParse(origin) &&
      (new URL(origin).host === hostOf(c) || origin === new URL(config.publicUrl).origin);
    if (isOwn && site === 'same-origin') return await next();
    return refuse(c, 403, '没有执行', '这个操作不是从本站的页面发起的，什么也没有改动。');
  };

declare module 'hono' {
  interface ContextVariableMap {
    /** Who looks at the page, behind `requireSession`. */
    viewer: Actor;
  }
}

/** Whoever sits at the machine that nobody else can reach. */
const LOCAL: Actor = { ...TERMINAL, who: 'console', via: 'console' };

/** Names and figures: all of them on a machine of one's own, else those of whoever came in. */
export const requireSession = (parts: WebParts): MiddlewareHandler =>
  async function checkSession(c, next) {
    const viewer = await findViewerOf(parts, c).catch((error: unknown) => {
      parts.log.error({ reason: reasonOf(error) }, 'a session can not be looked up');
      return 'unknown' as const;
    });
    if (viewer === 'unknown')
      return refuse(c, 503, '暂时进不去', '数据库连不上，认不出您是谁。记下过的都还在，恢复以后再打开就行。');
    if (!viewer) return await refuseVisitor(parts, c);
    c.set('viewer', viewer);
    return await next();
  };

/** A member who came in without a role is told so: to log in once more would lead them here again. */
async function refuseVisitor(parts: WebParts, c: Context) {
  const secret = getCookie(c, SESSION_COOKIE);
  const learner =
    secret === undefined ? undefined : await parts.learning?.find(secret).catch(() => undefined);
  return c.html(learner ? membersOnlyHere() : loginFirst(), 401);
}

async function findViewerOf(parts: WebParts, c: Context): Promise<Actor | undefined> {
  if (isLocalOnly(parts.config)) return LOCAL;
  const secret = getCookie(c, SESSION_COOKIE);
  return secret === undefined ? undefined : await parts.sessions.find(secret);
}

export const hasSession = async (parts: WebParts, c: Context): Promise<boolean> =>
  (await findViewerOf(parts, c)) !== undefined;

/** The sandbox: open on a machine of one's own, else by its token or a session. */
export const requireSandbox = (parts: WebParts): MiddlewareHandler =>
  async function checkSandbox(c, next) {
    if (isLocalOnly(parts.config)) return await next();
    const cookie = getCookie(c, SANDBOX_COOKIE);
    const expected = sandboxCookie(parts);
    if (cookie !== undefined && expected !== undefined && isSame(cookie, expected)) return await next();
    if (await hasSession(parts, c)) return await next();
    return refuse(
      c,
      401,
      '沙盒要凭口令进',
      '在地址后面加上 ?token= 和设置里的 SANDBOX_TOKEN；或在服务器上运行 npm run -s weike -- admin-link，用它给出的链接进来。',
    );
  };

/** Compares in constant time, whatever the lengths. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

export const isSandboxToken = ({ config }: WebParts, given: string): boolean =>
  config.sandboxToken !== undefined && isSame(given, config.sandboxToken);

/** What a browser keeps instead of the token itself; changing the token ends it. Absent without a token. */
export const sandboxCookie = ({ config }: WebParts): string | undefined =>
  config.sandboxToken === undefined
    ? undefined
    : createHmac('sha256', config.sandboxToken).update('weike sandbox').digest('base64url');

export const isSecure = ({ config }: WebParts) => config.publicUrl.startsWith('https:');

export const cookieOptions = (parts: WebParts, expires?: Date) => ({
  path: '/',
  httpOnly: true,
  sameSite: 'Lax' as const,
  secure: isSecure(parts),
  ...(expires ? { expires } : {}),
});
