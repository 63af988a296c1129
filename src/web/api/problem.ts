/** Errors as programs read them: `application/problem+json` (RFC 9457). */
import type { Context } from 'hono';

export interface Problem {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 503;
  readonly title: string;
  readonly detail?: string;
  /** What is wrong where, in what was sent. */
  readonly errors?: readonly { readonly at: string; readonly message: string }[];
}

export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

export function answerProblem(
  c: Context,
  { status, ...rest }: Problem,
  headers: Record<string, string> = {},
) {
  return c.body(JSON.stringify({ type: 'about:blank', status, ...rest }), status, {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Cache-Control': 'no-store',
    ...headers,
  });
}
