/** `/api/v1`: for programs with a key. Checks what was sent, asks whose the key is, answers in JSON. */
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { z } from 'zod';

import { reasonOf, UserError } from '../../errors.ts';
import { NotFoundError } from '../../people/scope.ts';
import { findToken, type FoundToken } from '../../people/tokens.ts';
import { MisfitError } from '../../schedule/add.ts';
import { sayTimes } from '../../schedule/words.ts';
import type { ConsoleSite, Desk } from '../console/parts.ts';
import { openRate, type Rate } from '../rate.ts';
import { openApiOf } from './document.ts';
import type { Endpoint } from './endpoint.ts';
import { answerProblem, type Problem, ProblemError } from './problem.ts';
import { READ } from './read.ts';
import { WRITE } from './write.ts';

export const BASE = '/api/v1';
export const ENDPOINTS: readonly Endpoint[] = [...READ, ...WRITE];

const LARGEST_BODY = 64 * 1_024;
/** Calls of one key in a minute. */
const CALLS_A_MINUTE = 600;
/** Calls without a key that works, in a minute, from all there are. */
const STRANGE_CALLS_A_MINUTE = 120;

export function apiRoutes(app: Hono, site: ConsoleSite): void {
  const rate = openRate(() => site.clock.now());
  const document = JSON.stringify(openApiOf(ENDPOINTS, `${site.config.publicUrl}${BASE}`));
  app.get(`${BASE}/openapi.json`, (c) => c.body(document, 200, { 'Content-Type': 'application/json' }));
  for (const one of ENDPOINTS)
    app.on(
      one.method.toUpperCase(),
      BASE + one.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      bodyLimit({
        maxSize: LARGEST_BODY,
        onError: (c) => answerProblem(c, { status: 413, title: 'The body is too large' }),
      }),
      async (c) => {
        try {
          return await answer(c, site, one, rate);
        } catch (error) {
          const problem = problemOf(error, site.config.zone);
          if (problem.status === 500)
            site.log.error({ reason: reasonOf(error), path: c.req.path }, 'a call of the interface failed');
          return answerProblem(c, problem);
        }
      },
    );
  app.all(`${BASE}/*`, (c) => {
    const isKnown = ENDPOINTS.some(({ path }) => matches(path, c.req.path.slice(BASE.length)));
    return answerProblem(
      c,
      isKnown ? { status: 405, title: 'No such method here' } : { status: 404, title: 'No such address' },
    );
  });
}

const matches = (path: string, asked: string): boolean =>
  new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(asked);

async function answer(c: Context, site: ConsoleSite, one: Endpoint, rate: Rate) {
  const token = await readToken(c, site);
  if (!rate.allows(token ? `token ${token.no}` : 'nobody', token ? CALLS_A_MINUTE : STRANGE_CALLS_A_MINUTE))
    return answerProblem(
      c,
      { status: 429, title: 'Too many requests: wait a minute' },
      { 'Retry-After': '60' },
    );
  if (!token)
    return answerProblem(
      c,
      {
        status: 401,
        title: 'No key, or one that does not work',
        detail: 'Send "Authorization: Bearer KEY"; "weike token create" makes a key.',
      },
      { 'WWW-Authenticate': 'Bearer' },
    );
  if (one.needs === 'write' && token.scope !== 'write')
    return answerProblem(c, { status: 403, title: 'The key may only read' });
  const faults: { at: string; message: string }[] = [];
  const given = {
    params: check(one.params, c.req.param(), 'path', faults),
    query: check(one.query, c.req.query(), 'query', faults),
    body: one.body ? check(one.body, await readJson(c), 'body', faults) : {},
  };
  if (faults.length > 0)
    return answerProblem(c, { status: 400, title: 'The request is not understood', errors: faults });
  const call: Desk = {
    ...site.console,
    site,
    actor: token.actor,
    now: site.clock.now(),
    zone: site.config.zone,
  };
  const result = await one.run(call, given as never);
  return c.json(result as object, one.status ?? 200, { 'Cache-Control': 'no-store' });
}

async function readToken(c: Context, site: ConsoleSite): Promise<FoundToken | undefined> {
  const [, secret] = /^Bearer ([\w-]{1,200})$/i.exec(c.req.header('authorization') ?? '') ?? [];
  return secret === undefined ? undefined : await findToken(site.console.db, secret, site.clock.now());
}

async function readJson(c: Context): Promise<unknown> {
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/json(?:;|$)/i.test(type))
    throw new ProblemError({ status: 415, title: 'Send JSON: "Content-Type: application/json"' });
  try {
    return await c.req.json();
  } catch {
    throw new ProblemError({ status: 400, title: 'The body is no JSON' });
  }
}

function check(
  schema: z.ZodObject | undefined,
  value: unknown,
  where: string,
  faults: { at: string; message: string }[],
): unknown {
  if (!schema) return {};
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  for (const { path, message } of read.error.issues)
    faults.push({ at: [where, ...path.map(String)].join('.'), message });
  return undefined;
}

function problemOf(error: unknown, zone: string): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof NotFoundError) return { status: 404, title: 'Not found', detail: error.message };
  if (error instanceof MisfitError)
    return {
      status: 409,
      title: 'It does not fit',
      detail: error.message,
      ...(error.nearest
        ? { errors: [{ at: 'body', message: `nearest: ${sayTimes(error.nearest, zone)}` }] }
        : {}),
    };
  if (error instanceof UserError)
    return { status: 422, title: 'This can not be done', detail: error.message };
  return { status: 500, title: 'It failed, and is on record. Nothing was half done: ask again later.' };
}
