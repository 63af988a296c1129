/** A small disk of a test's own: an ext4 file system in a file, mounted through a loop device. Needs root. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Disk {
  /** Where it is mounted. */
  readonly folder: string;
  /** Leaves no byte free. */
  fill(): void;
  empty(): void;
  /** Read-only or not; nothing may be open for writing. */
  setReadOnly(readOnly: boolean): void;
  /** What a disk error does: the kernel makes the file system read-only under everybody's hands. */
  breakDown(): void;
  /** Unmounts it, repairs it and mounts it again; nothing may be open. */
  repair(): void;
  close(): void;
}

const MEGABYTES = 48;

const run = (program: string, ...args: string[]) =>
  void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });

export function openDisk(): Disk {
  const home = mkdtempSync(join(tmpdir(), 'weike-disk-'));
  const image = join(home, 'image');
  const folder = join(home, 'mounted');
  const ballast = join(folder, 'ballast');
  const mount = () => run('mount', '-o', 'loop', image, folder);
  writeFileSync(image, '');
  truncateSync(image, MEGABYTES * 1024 * 1024);
  mkdirSync(folder);
  try {
    run('mkfs.ext4', '-q', '-F', '-m', '0', image);
    mount();
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'w');
      try {
        for (const size of [1024 * 1024, 4096, 1])
          try {
            for (const block = Buffer.alloc(size); ;) writeSync(file, block);
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          }
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(ballast, { force: true }),
    setReadOnly: (readOnly) => run('mount', '-o', `remount,${readOnly ? 'ro' : 'rw'}`, folder),
    breakDown: () => run('mount', '-o', 'remount,abort', folder),
    repair() {
      run('umount', folder);
      try {
        run('e2fsck', '-fy', image);
      } catch (error) {
        // 1 says that faults were found and mended.
        if ((error as { status?: number }).status !== 1) throw error;
      }
      mount();
    },
    close() {
      run('umount', folder);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Why there can be no such disk here, or `undefined` when there can. */
export function whyNoDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting needs root';
  if (!existsSync('/dev/loop-control')) return 'there are no loop devices';
  try {
    openDisk().close();
    return undefined;
  } catch (error) {
    return `mounting failed: ${(error as Error).message.split('\n')[0]}`;
  }
}
