/** What stands before every page: the host's name, the origin of a change, headers, who may see it. */
import { createHash, timingSafeEqual } from 'node:crypto';

import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';

import { isLocalOnly, isLoopback } from '../config.ts';
import { notice } from './layout.ts';
import type { WebParts } from './parts.ts';

export const SESSION_COOKIE = 'weike_session';
export const SANDBOX_COOKIE = 'weike_sandbox';

const CSP = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
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
    c.header('Referrer-Policy', 'same-origin');
    c.header('X-Frame-Options', 'DENY');
  };

const hostName = (c: Context) => (c.req.header('host') ?? '').replace(/:\d+$/, '');

/** A server of this machine answers under this machine's names only: a foreign name pointed here is an attack. */
export const knownHost = ({ config }: WebParts): MiddlewareHandler =>
  async function checkHost(c, next) {
    const name = hostName(c);
    const own = new URL(config.publicUrl).hostname;
    if (isLoopback(config.host) && !isLoopback(name) && name !== own)
      return c.html(notice('打不开', '这个地址不是这台机器的。'), 421);
    return await next();
  };

/** Every change comes from one of our own pages. */
export const sameOrigin = (): MiddlewareHandler =>
  async function checkOrigin(c, next) {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return await next();
    const origin = c.req.header('origin');
    const site = c.req.header('sec-fetch-site');
    const isOwn =
      origin !== undefined && URL.canParse(origin) && new URL(origin).host === c.req.header('host');
    if (isOwn && (site === undefined || site === 'same-origin')) return await next();
    return c.html(notice('没有执行', '这个操作不是从本站的页面发起的，什么也没有改动。'), 403);
  };

/** Names and figures: open on a machine of one's own, else for whoever came in by a link. */
export const requireSession = (parts: WebParts): MiddlewareHandler =>
  async function checkSession(c, next) {
    if (isLocalOnly(parts.config) || (await hasSession(parts, c))) return await next();
    return c.html(
      notice('请先登录', '在服务器上运行 npm run -s weike -- admin-link，用它给出的链接进来。'),
      401,
    );
  };

export async function hasSession(parts: WebParts, c: Context): Promise<boolean> {
  const secret = getCookie(c, SESSION_COOKIE);
  return secret !== undefined && (await parts.sessions.find(secret)) !== undefined;
}

/** The sandbox: open on a machine of one's own, else by its token or a session. */
export const requireSandbox = (parts: WebParts): MiddlewareHandler =>
  async function checkSandbox(c, next) {
    if (isLocalOnly(parts.config)) return await next();
    const cookie = getCookie(c, SANDBOX_COOKIE);
    if (cookie !== undefined && isSandboxToken(parts, cookie)) return await next();
    if (await hasSession(parts, c)) return await next();
    return c.html(
      notice('沙盒没有对外开放', '打开时在地址后面加上 ?token=，后面是设置里的 SANDBOX_TOKEN。'),
      401,
    );
  };

/** Compares in constant time. */
export function isSandboxToken({ config }: WebParts, given: string): boolean {
  if (!config.sandboxToken) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(config.sandboxToken));
}
