/** Whose session it is on the members' own pages: the only place from which those pages learn who looks. */
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';

import { reasonOf } from '../errors.ts';
import { SESSION_COOKIE } from './guards.ts';
import { notice } from './layout.ts';
import type { LearnerView, LearningParts } from './learn-parts.ts';
import { rememberPlace } from './next-place.ts';
import { memberLoginPage } from './pages/quiz.ts';
import type { WebParts } from './parts.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Who learns, behind `requireLearner`. */
    learner: LearnerView;
  }
}

export const findLearner = async (learning: LearningParts, c: Context): Promise<LearnerView | undefined> => {
  const secret = getCookie(c, SESSION_COOKIE);
  return secret === undefined ? undefined : await learning.find(secret);
};

export const wantsJson = (c: Context): boolean =>
  (c.req.header('accept') ?? '').startsWith('application/json');

/** Lets members through; the others are told how to come in, and come back to the page that they wanted. */
export const requireLearner = (parts: WebParts, learning: LearningParts): MiddlewareHandler =>
  async function checkLearner(c, next) {
    c.header('Cache-Control', 'no-store');
    let learner: LearnerView | undefined;
    try {
      learner = await findLearner(learning, c);
    } catch (error) {
      parts.log.error({ reason: reasonOf(error) }, 'a session can not be looked up');
      const words = '数据库连不上，认不出您是谁。记下过的都还在，过一会儿再打开就行。';
      return wantsJson(c) ? c.json({ error: words }, 503) : c.html(notice('暂时进不去', words), 503);
    }
    if (learner) {
      c.set('learner', learner);
      return await next();
    }
    return askToComeIn(c, parts, c.req.path);
  };

/** Says how to come in; `place` is where that leads. */
export function askToComeIn(c: Context, parts: WebParts, place: string, chosen = 0) {
  c.header('Cache-Control', 'no-store');
  if (wantsJson(c)) return c.json({ error: '登录过期了' }, 401);
  rememberPlace(c, parts, place);
  return c.html(memberLoginPage(place, chosen), 401);
}
