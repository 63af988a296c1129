/** Reads what `strace -f -y -ttt -T` wrote: which files were synced between two moments of a conversation. */
import { spawnSync } from 'node:child_process';

/** The options that `readTrace` needs, before `-o FILE` and the program or `-p PID`. */
export const STRACE = [
  'strace',
  ...['-f', '-y', '-ttt', '-T', '-s', '4000'],
  ...[
    '-e',
    'trace=read,readv,recvmsg,recvfrom,write,writev,sendmsg,sendto,fsync,fdatasync',
    '-e',
    'signal=none',
  ],
] as const;

/** Why nothing can be traced here, or `undefined` when it can. */
export function whyNoStrace(): string | undefined {
  const { error, status, stderr } = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], {
    encoding: 'utf8',
  });
  if (error) return 'strace is not installed';
  return status === 0 ? undefined : `strace can't trace here: ${stderr.split('\n')[0]}`;
}

export interface Call {
  readonly name: string;
  /** Between the brackets, as strace shows it. */
  readonly text: string;
  /** Seconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly failed: boolean;
}

/** Whole calls, in the order in which they ended. Those that strace shows in two pieces are put together. */
export function readTrace(text: string): Call[] {
  const begun = new Map<string, { name: string; text: string; from: number }>();
  const calls: Call[] = [];
  for (const line of text.split('\n')) {
    const head = /^(?:(\d+) +)?(\d+\.\d+) (.*)$/.exec(line);
    if (!head) continue;
    const [, thread = '', at = '', rest = ''] = head;
    const unfinished = /^(\w+)\((.*?),? *<unfinished \.\.\.>$/.exec(rest);
    if (unfinished) {
      const [, name = '', shown = ''] = unfinished;
      begun.set(thread, { name, text: shown, from: Number(at) });
      continue;
    }
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    const start = resumed
      ? begun.get(thread)
      : { name: /^\w+/.exec(rest)?.[0] ?? '', text: '', from: Number(at) };
    const result = /\) += (-?\d+).*<(\d+\.\d+)>$/.exec(rest);
    if (!start || !result) continue;
    const [ending = '', code = '0', lasted = '0'] = result;
    const shown = (resumed?.[2] ?? rest.slice(start.name.length + 1)).slice(0, -ending.length);
    calls.push({
      name: start.name,
      text: start.text + shown,
      from: start.from,
      to: start.from + Number(lasted),
      failed: code.startsWith('-'),
    });
  }
  return calls;
}

const IS_READ = /^(?:read|readv|recvmsg|recvfrom)$/;
const IS_WRITE = /^(?:write|writev|sendmsg|sendto)$/;
const IS_SYNC = /^(?:fsync|fdatasync)$/;

export interface Moment {
  readonly arrivedAt: number;
  readonly acknowledgedAt: number;
}

/** When the message was read from the chat and when its acknowledgement was written; `undefined` when it wasn't. */
export function momentOf(calls: readonly Call[], id: string): Moment | undefined {
  const arrived = calls.find(({ name, text }) => IS_READ.test(name) && text.includes(`\\"id\\":\\"${id}\\"`));
  const told = calls.find(
    ({ name, text }) => IS_WRITE.test(name) && text.includes(`{\\"op\\":\\"ack\\",\\"id\\":\\"${id}\\"}`),
  );
  return arrived && told && { arrivedAt: arrived.to, acknowledgedAt: told.from };
}

/** Whether a file like this was synced, successfully and whole, in that time. */
export const wasSynced = (
  calls: readonly Call[],
  file: RegExp,
  { arrivedAt, acknowledgedAt }: Moment,
): boolean =>
  calls.some(
    ({ name, text, from, to, failed }) =>
      IS_SYNC.test(name) && file.test(text) && !failed && from >= arrivedAt && to <= acknowledgedAt,
  );
