/** A bar for what takes longer than a second; only on a terminal, and on standard error. */
const WIDTH = 40;
const PATIENCE = 1_000;
const EVERY = 100;

export interface ProgressBar {
  /** From 0 to 1. */
  readonly set: (done: number) => void;
  close(): void;
}

export function openProgress(what: string, stream: NodeJS.WriteStream = process.stderr): ProgressBar {
  const began = performance.now();
  let drawn = 0;
  let isThere = false;
  return {
    set(done) {
      const now = performance.now();
      if (!stream.isTTY || now - began < PATIENCE || now - drawn < EVERY) return;
      drawn = now;
      isThere = true;
      const full = Math.round(Math.min(1, Math.max(0, done)) * WIDTH);
      const left = done > 0.02 ? `, ${Math.ceil(((now - began) * (1 - done)) / done / 1_000)} s left` : '';
      stream.write(
        `\r${what} [${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${Math.floor(done * 100)}%${left}   `,
      );
    },
    close() {
      if (isThere) stream.write(`\r${' '.repeat(WIDTH + what.length + 30)}\r`);
    },
  };
}
