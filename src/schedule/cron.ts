/** Cron expressions of five fields, to the minute: which wall-clock times a local day has. */
import { CronExpressionParser } from 'cron-parser';

import { DAY, HOUR, MINUTE } from '../clock.ts';
import { UserError } from '../errors.ts';

/** Gives the times of a local day in ms since its midnight by the wall clock, ascending. Days are numbers, see `calendar.ts`. */
export type DayTimes = (day: number) => readonly number[];

const NONE: readonly number[] = [];
const read = new Map<string, DayTimes>();
const MOST_KEPT = 1_000;

/**
 * Reads an expression. Of day and weekday either will do when both are given. Throws `UserError` for what is
 * no expression, and for `H`, which would mean another time at each reading.
 */
export function readCron(cron: string): DayTimes {
  const before = read.get(cron);
  if (before) return before;
  const { expression, months, times } = parse(cron);
  const [first = 0] = times;
  const dayTimes: DayTimes = (day) => {
    const at = day * DAY;
    if (!months.has(new Date(at).getUTCMonth() + 1)) return NONE;
    return expression.includesDate(new Date(at + first)) ? times : NONE;
  };
  if (read.size >= MOST_KEPT) read.clear();
  read.set(cron, dayTimes);
  return dayTimes;
}

/** Wall-clock times are read as if they were UTC, which has neither gaps nor repeated hours. */
function parse(cron: string) {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5)
    throw new UserError(
      `--cron: expected five fields "minute hour day month weekday" such as "0 20 * * 1,3,5", got "${cron}"`,
    );
  if (/(?:^|[\s,])H/.test(cron))
    throw new UserError(`--cron: "${cron}": H isn't known here, name the minute`);
  try {
    const expression = CronExpressionParser.parse(fields.join(' '), { tz: 'UTC' });
    const { hour, minute, month } = expression.fields;
    const times = hour.values.flatMap((h) => minute.values.map((m) => h * HOUR + m * MINUTE));
    return { expression, months: new Set<number>(month.values), times };
  } catch (error) {
    throw new UserError(`--cron: "${cron}" isn't a cron expression: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
