/**
 * One structured log, on standard error so that standard output holds only what a command answers.
 * Personal data never goes in: ids and counts, no names, no message text.
 */
import { type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export function openLog(level: string): Log {
  const pretty = process.stderr.isTTY
    ? {
        transport: {
          target: 'pino-pretty',
          options: { destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' },
        },
      }
    : {};
  return pretty.transport ? pino({ level, ...pretty }) : pino({ level }, pino.destination(2));
}

/** For tests and commands that must stay quiet. */
export const silentLog: Log = pino({ level: 'silent' });

/** Says of one moment after another, ms, whether a complaint is due again: at first, and then once in `every` ms. */
export function sparing(every: number): (now: number) => boolean {
  let last = -Infinity;
  return (now) => {
    // A clock that was put back is no reason to be silent.
    if (now >= last && now - last < every) return false;
    last = now;
    return true;
  };
}
