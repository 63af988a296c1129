/** Makes the files that people asked for, one after the other, beside everything else that the server does. */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { addDays, type Clock, startOfDay } from './clock.ts';
import type { Db } from './db/open.ts';
import { listGroupsOfUnit } from './digest/digest.ts';
import {
  endExport,
  exportsDir,
  type ExportJob,
  fileOf,
  forgetExports,
  nextExport,
  noteProgress,
  whoseJob,
} from './digest/export-jobs.ts';
import { ANSWER_COLUMNS, CHECKIN_COLUMNS, listAnswers, listCheckins, type Place } from './digest/facts.ts';
import { DELIVERY_COLUMNS, listDeliveryRows } from './digest/delivery-rows.ts';
import { readReport } from './digest/report.ts';
import { reasonOf } from './errors.ts';
import type { Log } from './log.ts';
import { TERMINAL } from './people/scope.ts';
import { serial } from './serial.ts';
import { toCsv } from './sheets/csv.ts';
import { streamWorkbook } from './sheets/write.ts';

export interface ExportParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly dataDir: string;
  readonly zone: string;
}

/** Facts that are read at a time. */
const BATCH = 1_000;

export function openExports({ db, clock, log, dataDir, zone }: ExportParts) {
  const folder = exportsDir(dataDir);
  const stopping = new AbortController();
  const rounds = serial(async () => {
    for (;;) {
      if (stopping.signal.aborted) return;
      for (const file of await forgetExports(db, clock.now())) await rm(join(folder, file), { force: true });
      const job = await nextExport(db);
      if (!job) return;
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await make(job);
        await endExport(db, job.id, 'ready', clock.now());
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error({ export: job.no, reason: reasonOf(error) }, 'a file could not be made');
        await endExport(db, job.id, 'failed', clock.now());
      }
    }
  }, log);

  /** What is half written lies beside its name until it is whole. */
  async function make(job: ExportJob): Promise<void> {
    const path = join(folder, fileOf(job));
    const part = `${path}.part`;
    try {
      if (job.kind === 'workbook') await makeWorkbook(job, part);
      else await makeCsv(job, part);
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  async function progress(job: ExportJob, done: number, total: number): Promise<void> {
    stopping.signal.throwIfAborted();
    await noteProgress(db, job.id, done, total);
    await setImmediate();
  }

  async function makeWorkbook(job: ExportJob, path: string): Promise<void> {
    const span = { kind: job.span, from: job.from_day, to: job.to_day };
    const sheets = await readReport({ db, span, zone, now: clock.now() }, whoseJob(job));
    await streamWorkbook(path, sheets, (done, total) => progress(job, done, total));
  }

  async function makeCsv(job: ExportJob, path: string): Promise<void> {
    const groupIds = await listGroupsOfUnit(db, { from: job.from_day, to: job.to_day }, whoseJob(job));
    const span = { from: startOfDay(job.from_day, zone), to: startOfDay(addDays(job.to_day, 1), zone) };
    const file = createWriteStream(path, { mode: 0o600 });
    const failed = new Promise<never>((_, reject) => file.once('error', reject));
    failed.catch(() => undefined);
    const write = (text: string) =>
      Promise.race([
        failed,
        new Promise<void>((resolve, reject) =>
          file.write(text, (error) => (error ? reject(error) : resolve())),
        ),
      ]);
    try {
      let done = 0;
      let isFirst = true;
      const put = async (rows: readonly object[], columns: readonly string[]) => {
        const text = toCsv(rows, columns);
        // The mark and the heading stand once, at the top.
        await write(isFirst ? text : text.slice(text.indexOf('\r\n') + 2));
        isFirst = false;
        done += rows.length;
        await progress(job, done, 0);
      };
      if (job.kind === 'deliveries')
        await put(await listDeliveryRows(db, span, groupIds, zone), DELIVERY_COLUMNS);
      else
        for (const groupId of groupIds.length > 0 ? groupIds : ['']) {
          let after: Place | undefined;
          for (;;) {
            const query = { groupId, ...span, limit: BATCH, ...(after ? { after } : {}) };
            const { rows, last } =
              job.kind === 'answers'
                ? await listAnswers(db, TERMINAL, query, zone)
                : await listCheckins(db, TERMINAL, query, zone);
            if (rows.length > 0 || isFirst)
              await put(rows, job.kind === 'answers' ? ANSWER_COLUMNS : CHECKIN_COLUMNS);
            if (!last || rows.length < BATCH) break;
            after = last;
          }
        }
      await progress(job, done, done);
    } finally {
      await new Promise<void>((resolve) => file.end(() => resolve()));
    }
  }

  return {
    poke: rounds.poke,
    /** Resolves when nothing is left to make. */
    idle: () => rounds.idle(),
    /** What is under way is broken off, and begun anew after the next start. */
    async close(): Promise<void> {
      stopping.abort();
      await rounds.idle();
      for (const name of await readdir(folder).catch(() => []))
        if (name.endsWith('.part')) await rm(join(folder, name), { force: true });
    },
  };
}

export type Exports = ReturnType<typeof openExports>;
