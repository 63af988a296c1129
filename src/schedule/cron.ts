/** Cron expressions of five fields, to the minute, in a time zone. */
import { CronExpressionParser } from 'cron-parser';

import { UserError } from '../errors.ts';

/** The next time after `after`, ms; `undefined` when there is none. Throws `UserError` for a bad expression. */
export function nextAfter(cron: string, zone: string, after: number): number | undefined {
  const expression = parse(cron, zone, after);
  return expression.hasNext() ? expression.next().getTime() : undefined;
}

/** Up to `limit` times in (after, until]. */
export function timesBetween(
  cron: string,
  zone: string,
  after: number,
  until: number,
  limit: number,
): number[] {
  const times: number[] = [];
  let at: number | undefined = after;
  while (times.length < limit) {
    at = nextAfter(cron, zone, at);
    if (at === undefined || at > until) break;
    times.push(at);
  }
  return times;
}

function parse(cron: string, zone: string, after: number) {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5)
    throw new UserError(
      `--cron: expected five fields "minute hour day month weekday" such as "0 20 * * 1,3,5", got "${cron}"`,
    );
  try {
    return CronExpressionParser.parse(fields.join(' '), { tz: zone, currentDate: new Date(after) });
  } catch (error) {
    throw new UserError(`--cron: "${cron}" isn't a cron expression: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
