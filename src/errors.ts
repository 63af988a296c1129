/**
 * What went wrong and what happens next.
 *
 * - `UserError`: the person did something that can't be done. Its message is shown to them as it is, so it
 *   is written for them (Chinese in chat and on pages, English with the cure in the terminal).
 * - `PermanentError`: trying again can't help; a job that throws it is never retried.
 * - anything else: unexpected, logged with its cause, retried where retrying is safe.
 */
export class UserError extends Error {
  override name = 'UserError';
}

export class PermanentError extends Error {
  override name = 'PermanentError';
}

/** The text of anything that was thrown, for a log line or a `reason` column. Never a stack. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return String(thrown);
}
